"""Consultation and conference (conversations.md §8; races 10 and 11)."""

from __future__ import annotations

from msgspec.structs import replace

from contactcenter.conversations.deciding.connecting import hold_for
from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import end_consult, leave, withdraw_offer
from contactcenter.conversations.deciding.talking import bridge_all, bridge_consult
from contactcenter.conversations.deciding.transfers import call_out
from contactcenter.conversations.messages import Refused
from contactcenter.conversations.state import EVERYBODY, PEOPLE_OUTSIDE, Consult, Destination, Participant, Transfer

SPEAK_TO = ("DESTINATION", "OBJECT", "BOTH", "CONFERENCE")


def consult(draft: Draft) -> Refused | None:
    """``consult {to, speak_to?}`` and ``conference {to}``: ask a third party while the customer waits."""
    agent = draft.state.participant(draft.command.participant)
    to = draft.read("to", Destination)
    staying = draft.command.name == "conference"
    speak_to = "CONFERENCE" if staying else str(draft.args.get("speak_to") or "DESTINATION")
    refused = _may_consult(draft, agent, to, speak_to)
    if refused is not None or agent is None or to is None:
        return refused
    hold_for(draft, agent)
    target = call_out(draft, to, "consult")
    made = Consult(
        id=draft.new_id("consult"),
        initiator=agent.id,
        target=target,
        speak_to=speak_to,
        since=draft.at,
        deadline=draft.at + draft.settings.consult_timeout_s * 1000,
        staying=staying,
    )
    draft.emit("ConsultChanged", made, participant=agent.id)
    return None


def _may_consult(draft: Draft, agent: Participant | None, to: Destination | None, speak_to: str) -> Refused | None:
    state = draft.state
    if agent is None or not agent.talking:
        return draft.refuse("wrong_state", "only a connected agent can consult")
    if state.open_transfer is not None or state.consult is not None:
        return draft.refuse("transfer_open", "another transfer or consultation is open")
    if to is None or to.flow is not None or to.queue is not None or (to.user_id is None) == (to.number is None):
        return draft.refuse("unknown_target", "a consultation has exactly one target: a user or a number")
    if to.user_id is not None and any(p.user_id == to.user_id for p in state.living(EVERYBODY)):
        return draft.refuse("unknown_target", "the target takes part already")
    if speak_to not in SPEAK_TO:
        return draft.refuse("wrong_state", f"speak_to is one of {', '.join(SPEAK_TO)}")
    parties = sum(1 for _ in state.living(EVERYBODY))
    most = draft.settings.conference_max if draft.command.name == "conference" else 3
    if parties >= most:
        return draft.refuse("limit", f"at most {most} parties")
    return None


def update(draft: Draft) -> Refused | None:
    """``consult_update {speak_to}``: idempotent."""
    current, speak_to = draft.state.consult, draft.args.get("speak_to")
    if current is None or current.connected is None:
        return draft.refuse("wrong_state", "nobody is being consulted")
    if speak_to not in SPEAK_TO:
        return draft.refuse("wrong_state", f"speak_to is one of {', '.join(SPEAK_TO)}")
    if current.speak_to != speak_to:
        draft.emit("ConsultChanged", replace(current, speak_to=speak_to), participant=current.initiator)
        bridge_consult(draft, speak_to)
    return None


def complete(draft: Draft) -> Refused | None:
    """``consult_complete``: the agent leaves, customer and target talk."""
    current = draft.state.consult
    target = draft.state.participant(current.target) if current else None
    initiator = draft.state.participant(current.initiator) if current else None
    if current is None or initiator is None or target is None or not target.talking:
        return draft.refuse("wrong_state", "the consulted party is not connected")
    destination = Destination(user_id=target.user_id, number=None if target.user_id else target.address)
    end_consult(draft, "completed")
    draft.emit(
        "TransferChanged",
        Transfer(
            id=draft.new_id("transfer"),
            kind="consult",
            state="Complete",
            initiator=initiator.id,
            destination=destination,
            issued=current.since,
            modified=draft.at,
            command_id=draft.command.command_id,
            participant_id=target.id,
        ),
        participant=initiator.id,
    )
    leave(draft, initiator, "transfer.consult")
    bridge_all(draft)
    return None


def cancel(draft: Draft) -> Refused | None:
    """``consult_cancel``: the target goes, the customer is taken back; idempotent."""
    current = draft.state.consult
    if current is None:
        return None
    end_asking(draft, "cancelled")
    return None


def end_asking(draft: Draft, why: str) -> None:
    """End the target's leg in whatever state it is, and go back to the customer."""
    current = draft.state.consult
    assert current is not None
    offer = draft.state.offer or draft.state.accepted
    if offer is not None and offer.participant_id == current.target:
        withdraw_offer(draft, "timed_out" if why == "noanswer" else "withdrawn")
    target = draft.state.participant(current.target)
    end_consult(draft, why)
    if target is not None and target.living:
        leave(draft, target, "peer" if target.purpose in PEOPLE_OUTSIDE else "client")
    bridge_all(draft)
