"""While people talk: hold, mute, bridge, hang-up (conversations.md §8; races 9, 12, 21)."""

from __future__ import annotations

from collections.abc import Iterable

from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import (
    end_consult,
    end_conversation,
    leave,
    someone_is_left,
    withdraw_offer,
)
from contactcenter.conversations.deciding.queueing import back_to_queue
from contactcenter.conversations.messages import Refused
from contactcenter.conversations.state import EVERYBODY, PEOPLE_INSIDE, PEOPLE_OUTSIDE, Participant


def bridge(draft: Draft, participants: Iterable[Participant]) -> None:
    """These hear each other from now on."""
    data = {"bridge_id": draft.new_id("bridge"), "participants": [p.id for p in participants]}
    draft.emit("Bridged", data)


def bridge_all(draft: Draft) -> None:
    """Everybody who is connected hears everybody; nobody is on hold any more."""
    for participant in tuple(draft.state.talking(EVERYBODY)):
        _unhold(draft, participant)
    bridge(draft, _present(draft))


def _present(draft: Draft) -> list[Participant]:
    return [p for p in draft.state.talking(EVERYBODY) if p.leg is not None and p.leg.lost_since is None]


def _hold(draft: Draft, participant: Participant) -> None:
    leg = participant.leg
    if leg is not None and leg.state == "connected" and not leg.held:
        draft.emit("Held", participant=participant.id, leg=leg.id)


def _unhold(draft: Draft, participant: Participant) -> None:
    leg = participant.leg
    if leg is not None and leg.held:
        draft.emit("Resumed", participant=participant.id, leg=leg.id)


def bridge_consult(draft: Draft, speak_to: str) -> None:
    """Who hears whom during a consultation: DESTINATION, OBJECT, BOTH or CONFERENCE."""
    consult = draft.state.consult
    assert consult is not None
    asked = {consult.initiator, consult.target}
    waiting: set[str] = set()
    if speak_to == "DESTINATION":
        waiting = {p.id for p in _present(draft)} - asked
    elif speak_to == "OBJECT":
        waiting = {consult.target}
    for participant in _present(draft):
        (_hold if participant.id in waiting else _unhold)(draft, participant)
    bridge(draft, [p for p in _present(draft) if p.id not in waiting])


def hold(draft: Draft) -> Refused | None:
    """``hold``: idempotent; the other side hears hold audio."""
    found = _connected(draft)
    if isinstance(found, Refused):
        return found
    if found.leg is None or found.leg.held:
        return None
    if found.purpose in PEOPLE_INSIDE and (draft.state.consult is not None or draft.state.open_transfer is not None):
        return draft.refuse("wrong_state", "a transfer or consultation decides who is on hold")
    _hold(draft, found)
    if found.purpose in PEOPLE_INSIDE and draft.state.media.bridge and not _agents_talking(draft):
        draft.emit("MediaHeld", participant=found.id)
    return None


def _agents_talking(draft: Draft) -> bool:
    return any(not p.leg.held for p in draft.state.talking(PEOPLE_INSIDE) if p.leg is not None)


def resume(draft: Draft) -> Refused | None:
    """``resume``: idempotent."""
    found = _connected(draft)
    if isinstance(found, Refused):
        return found
    if found.leg is None or not found.leg.held:
        return None
    if found.purpose in PEOPLE_INSIDE and (draft.state.consult is not None or draft.state.open_transfer is not None):
        return draft.refuse("wrong_state", "a transfer or consultation decides who is on hold")
    _unhold(draft, found)
    if found.purpose in PEOPLE_INSIDE and not draft.state.media.bridge:
        bridge(draft, _present(draft))
    return None


def mute(draft: Draft) -> Refused | None:
    """``mute``, ``unmute``, ``confine``, ``unconfine``: the own leg only, idempotent."""
    found = _connected(draft)
    if isinstance(found, Refused):
        return found
    field, value = _FLAGS[draft.command.name]
    if found.leg is not None and getattr(found.leg, field) != value:
        draft.emit("Muted", {field: value}, participant=found.id, leg=found.leg.id)
    return None


_FLAGS = {
    "mute": ("muted", True),
    "unmute": ("muted", False),
    "confine": ("confined", True),
    "unconfine": ("confined", False),
}


def secure_pause(draft: Draft) -> Refused | None:
    """``secure_pause {on}``: recording and captions pause."""
    found = _connected(draft)
    if isinstance(found, Refused):
        return found
    wanted = draft.args.get("on", True) is True
    if draft.state.secure_pause != wanted:
        draft.emit("RecordingChanged", {"secure_pause": wanted}, participant=found.id)
    return None


def recording(draft: Draft) -> Refused | None:
    """``recording_state {state}``: none, active or paused."""
    wanted = draft.args.get("state")
    if wanted not in ("none", "active", "paused"):
        return draft.refuse("wrong_state", f'there is no recording state "{wanted}"')
    if draft.state.recording_state != wanted:
        draft.emit("RecordingChanged", {"recording_state": wanted})
    return None


def dtmf(draft: Draft) -> Refused | None:
    """``dtmf {digits}``: keys for the far leg. An effect without a trace in the state, so that no digits are logged."""
    found = _connected(draft)
    if isinstance(found, Refused):
        return found
    digits = str(draft.args.get("digits") or "")
    if not digits or set(digits) - set("0123456789*#ABCD,"):
        return draft.refuse("wrong_state", "dtmf takes the keys 0 to 9, *, # and A to D")
    return None


def hang_up(draft: Draft) -> Refused | None:
    """``hangup`` by a person: ends the own leg; without effect when it has ended (race 9)."""
    participant = draft.state.participant(draft.command.participant)
    if participant is None:
        return draft.refuse("not_participant", "only a participant can hang up")
    if not participant.living:
        return None
    if participant.purpose in PEOPLE_OUTSIDE:
        end_conversation(draft, "endpoint")
        return None
    if not participant.talking:
        return draft.refuse("wrong_state", "the leg is not connected; an offer is declined")
    leave(draft, participant, "client")
    after_leaving(draft, participant)
    return None


def after_leaving(draft: Draft, gone: Participant) -> None:
    """An agent or a third party has left: the others talk on, or the conversation ends."""
    consult = draft.state.consult
    if consult is not None and gone.id in (consult.initiator, consult.target):
        _consult_broken(draft, gone.id == consult.target)
        if draft.state.state != "open":
            return
    if not someone_is_left(draft):
        if _lost_to_a_race(draft) and back_to_queue(draft):
            return
        end_conversation(draft, "peer")
    elif draft.state.media.execution is None and draft.state.queue_entry is None and draft.state.open_transfer is None:
        bridge_all(draft)


def _consult_broken(draft: Draft, target_left: bool) -> None:
    """One side of a consultation has left: the target's leg ends with it only if it was not connected yet."""
    consult = draft.state.consult
    assert consult is not None
    target = draft.state.participant(consult.target)
    end_consult(draft, "target_gone" if target_left else "initiator_gone")
    if not target_left and target is not None and not target.talking:
        withdraw_offer(draft, "withdrawn", "transfer.notavailable")
        remaining = draft.state.participant(consult.target)
        if remaining is not None:
            draft.end_leg(remaining, "transfer.notavailable")


def _lost_to_a_race(draft: Draft) -> bool:
    """The last party had hung up before it knew that a consultation was completed (race 10)."""
    epoch, transfers = draft.command.epoch, draft.state.transfers
    completed = bool(transfers) and transfers[-1].kind == "consult"
    stale = epoch is not None and draft.before is not None and epoch < draft.before.media.epoch
    return completed and stale and draft.settings.consult_lost == "queue"


def end(draft: Draft) -> Refused | None:
    """``end`` by a supervisor, ``disconnect`` by a client: the whole conversation."""
    end_conversation(draft, "system")
    return None


def _connected(draft: Draft) -> Participant | Refused:
    participant = draft.state.participant(draft.command.participant)
    if participant is None:
        return draft.refuse("not_participant", "only a participant can do this")
    if not participant.talking:
        return draft.refuse("wrong_state", f"the leg is {participant.leg.state if participant.leg else 'not there'}")
    return participant
