"""From events to state: ``apply(state, event)`` (conversations.md §12).

One function per event type, listed in ``APPLIERS``. Replaying a stream gives the same state byte for byte; an event
of an unknown type stops the load, because a state that lacks something must not decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from contactcenter.conversations.messages import ConversationEvent
from contactcenter.conversations.segments import settle
from contactcenter.conversations.state import (
    Acw,
    Callback,
    Consult,
    Conversation,
    ExecutionRecord,
    Leg,
    Media,
    Offer,
    Participant,
    QueueEntry,
    Transfer,
    Wrapup,
)

T = TypeVar("T")
Applier = Callable[[Conversation, ConversationEvent], Conversation]


class UnknownEvent(Exception):  # noqa: N818  (a log written by a newer version)
    """The stream holds an event of a type that this version does not know."""


def apply(state: Conversation | None, event: ConversationEvent) -> Conversation:
    """The state after an event. Raises ``UnknownEvent``."""
    if event.type == "ConversationStarted":
        return _read(Conversation, {**event.data, "id": event.conversation, "rev": event.rev, "start": event.at})
    applier = APPLIERS.get(event.type)
    if applier is None:
        raise UnknownEvent(f"conversation {event.conversation} has an event {event.type} that is not known here")
    if state is None:
        raise UnknownEvent(f"conversation {event.conversation} does not begin with ConversationStarted")
    return settle(replace(applier(state, event), rev=event.rev), event.at)


def replay(events: Iterable[ConversationEvent]) -> Conversation | None:
    """The state that a whole stream gives; None for an empty one. Raises ``UnknownEvent``."""
    state: Conversation | None = None
    for event in events:
        state = apply(state, event)
    return state


def _read(kind: type[T], data: Mapping[str, Any]) -> T:
    return msgspec.convert(data, kind)


def _change(state: Conversation, participant: str | None, **changes: Any) -> Conversation:
    """The state with some fields of one participant replaced."""
    found = tuple(replace(p, **changes) if p.id == participant else p for p in state.participants)
    return replace(state, participants=found)


def _change_leg(state: Conversation, leg: str | None, changes: Mapping[str, Any]) -> Conversation:
    """The state with some fields of one leg replaced."""
    owner = state.by_leg(leg)
    if owner is None:
        return state
    legs = tuple(replace(own, **changes) if own.id == leg else own for own in owner.legs)
    return _change(state, owner.id, legs=legs)


def _media(state: Conversation, holder: str, at: int) -> Conversation:
    return replace(state, media=Media(holder=holder, epoch=state.media.epoch + 1, since=at))


# Participants and legs.


def _participant_added(state: Conversation, event: ConversationEvent) -> Conversation:
    added = _read(Participant, {**event.data, "id": event.participant, "start": event.at})
    divisions = tuple(dict.fromkeys((*state.divisions, *event.data.get("divisions", ()))))
    return replace(state, participants=(*state.participants, added), divisions=divisions)


def _leg_changed(state: Conversation, event: ConversationEvent) -> Conversation:
    owner = state.by_leg(event.leg)
    if owner is None:
        return state
    changes: dict[str, Any] = dict(event.data)
    stamps = {"connected": "connected", "disconnected": "disconnected", "alerting": "start_alerting"}
    if changes.get("state") in stamps:
        changes[stamps[changes["state"]]] = event.at
    if changes.get("state") == "disconnected":
        changes |= _unheld(next(own for own in owner.legs if own.id == event.leg), event.at) | {"lost_since": None}
    state = _change_leg(state, event.leg, changes)
    if changes.get("state") == "connected" and owner.connected is None:
        state = _change(state, owner.id, connected=event.at)
    accepted = state.accepted
    if accepted is not None and accepted.participant_id == owner.id and changes.get("state") in stamps:
        state = replace(state, accepted=None)
    return state


def _unheld(leg: Leg, at: int) -> dict[str, Any]:
    since = leg.hold_since
    return {"held": False, "hold_since": None, "held_ms": leg.held_ms + (at - since if since is not None else 0)}


def _attributes_set(state: Conversation, event: ConversationEvent) -> Conversation:
    owner = state.participant(event.participant)
    return _change(state, event.participant, attributes={**owner.attributes, **event.data}) if owner else state


def _contact_linked(state: Conversation, event: ConversationEvent) -> Conversation:
    data = event.data
    return _change(
        state,
        event.participant,
        external_contact_id=data["contact"],
        external_contact_division=data.get("division"),
        contact_linked_by=data["how"],
        name=data.get("name") or getattr(state.participant(event.participant), "name", None),
    )


def _contact_unlinked(state: Conversation, event: ConversationEvent) -> Conversation:
    return _change(state, event.participant, external_contact_id=None, contact_linked_by=event.data["how"])


def _leg_added(state: Conversation, event: ConversationEvent) -> Conversation:
    owner = state.participant(event.participant)
    leg = _read(Leg, event.data["leg"])
    return _change(state, event.participant, legs=(*owner.legs, leg)) if owner else state


# Callbacks.


def _callback_changed(state: Conversation, event: ConversationEvent) -> Conversation:
    return replace(state, callback=_read(Callback, {**msgspec.to_builtins(state.callback), **event.data}))


def _callback_created(state: Conversation, event: ConversationEvent) -> Conversation:
    return replace(state, callbacks=(*state.callbacks, event.data["callback"]))


# Executions and media.


def _execution_started(state: Conversation, event: ConversationEvent) -> Conversation:
    record = _read(ExecutionRecord, {**event.data, "started": event.at})
    return _media(replace(state, executions=(*state.executions, record)), f"execution:{record.id}", event.at)


def _execution_ended(state: Conversation, event: ConversationEvent) -> Conversation:
    identity = event.data["id"]
    records = tuple(
        replace(e, ended=event.at, reason=event.data["reason"]) if e.id == identity and e.ended is None else e
        for e in state.executions
    )
    ended = replace(state, executions=records)
    # Whoever spoke last is silent now; the event that follows in the same commit says who speaks next.
    return _media(ended, "none", event.at) if state.media.execution == identity else ended


def _media_held(state: Conversation, event: ConversationEvent) -> Conversation:
    return _media(state, "hold", event.at)


def _bridged(state: Conversation, event: ConversationEvent) -> Conversation:
    return _media(state, f"bridge:{event.data['bridge_id']}", event.at)


def _held(state: Conversation, event: ConversationEvent) -> Conversation:
    return _change_leg(state, event.leg, {"held": True, "hold_since": event.at})


def _resumed(state: Conversation, event: ConversationEvent) -> Conversation:
    owner = state.by_leg(event.leg)
    leg = next((own for own in owner.legs if own.id == event.leg), None) if owner else None
    return _change_leg(state, event.leg, _unheld(leg, event.at)) if leg else state


def _muted(state: Conversation, event: ConversationEvent) -> Conversation:
    return _change_leg(state, event.leg, event.data)


# Queue and offers.


def _queue_entered(state: Conversation, event: ConversationEvent) -> Conversation:
    return replace(state, queue_entry=_read(QueueEntry, event.data))


def _queue_changed(state: Conversation, event: ConversationEvent) -> Conversation:
    entry = state.queue_entry
    if entry is None:
        return state
    place = entry.place
    if "place" in event.data:
        place = msgspec.convert({**msgspec.to_builtins(place), **event.data["place"]}, type(place))
    at = event.data.get("enqueued_at", entry.enqueued_at)
    return replace(state, queue_entry=replace(entry, place=place, enqueued_at=at, confirmed=True))


def _queue_left(state: Conversation, event: ConversationEvent) -> Conversation:
    left = _change(state, event.participant, outcome=event.data["outcome"])
    return replace(left, queue_entry=None, last_place=state.queue_entry)


def _offer_made(state: Conversation, event: ConversationEvent) -> Conversation:
    offer = _read(Offer, {**event.data["offer"], "since": event.at, "participant_id": event.participant})
    return replace(state, offer=offer)


def _offer_ended(state: Conversation, event: ConversationEvent) -> Conversation:
    offer = state.offer
    if offer is None or event.data["how"] != "accepted":
        return replace(state, offer=None)
    return replace(state, offer=None, accepted=replace(offer, since=event.at))


# Transfer and consult.


def _transfer_changed(state: Conversation, event: ConversationEvent) -> Conversation:
    changed = _read(Transfer, event.data)
    others = tuple(t for t in state.transfers if t.id != changed.id)
    return replace(state, transfers=(*others, changed))


def _consult_changed(state: Conversation, event: ConversationEvent) -> Conversation:
    if "ended" in event.data:
        return replace(state, consult=None)
    return replace(state, consult=_read(Consult, event.data))


# Facts about the conversation.


def _screen_pop(state: Conversation, event: ConversationEvent) -> Conversation:
    return replace(state, screen_pop=event.data["script"]) if event.data.get("moment") == "set" else state


def _recording_changed(state: Conversation, event: ConversationEvent) -> Conversation:
    return replace(state, **event.data)


def _tag_changed(state: Conversation, event: ConversationEvent) -> Conversation:
    return replace(state, external_tag=event.data["tag"])


def _label_changed(state: Conversation, event: ConversationEvent) -> Conversation:
    """Whoever waits is marked at once."""
    label, entry = event.data.get("label"), state.queue_entry
    marked = replace(entry, place=replace(entry.place, label_id=label)) if entry is not None else None
    return replace(state, label_id=label, queue_entry=marked)


def _language_changed(state: Conversation, event: ConversationEvent) -> Conversation:
    return replace(state, language=event.data["language"])


# Wrap-up and end.


def _acw_started(state: Conversation, event: ConversationEvent) -> Conversation:
    acw = Acw(state="pending", start=event.at, deadline=event.data.get("deadline"))
    return _change(state, event.participant, acw=acw)


def _acw_extended(state: Conversation, event: ConversationEvent) -> Conversation:
    owner = state.participant(event.participant)
    if owner is None or owner.acw is None:
        return state
    acw = replace(owner.acw, deadline=event.data["deadline"], extended=owner.acw.extended + 1)
    return _change(state, owner.id, acw=acw)


def _acw_requested(state: Conversation, event: ConversationEvent) -> Conversation:
    return _change(state, event.participant, acw_requested=event.data["requested"])


def _wrapup_saved(state: Conversation, event: ConversationEvent) -> Conversation:
    return _change(state, event.participant, wrapup=_read(Wrapup, {**event.data, "end": event.at}))


def _acw_ended(state: Conversation, event: ConversationEvent) -> Conversation:
    owner = state.participant(event.participant)
    if owner is None or owner.acw is None:
        return state
    changes: dict[str, Any] = {"acw": replace(owner.acw, state=event.data["state"], end=event.at)}
    if owner.wrapup is not None:
        changes["wrapup"] = replace(owner.wrapup, duration_s=(event.at - owner.acw.start) // 1000, end=event.at)
    return _change(state, owner.id, **changes)


def _conversation_ended(state: Conversation, event: ConversationEvent) -> Conversation:
    data = event.data
    ended = replace(
        state, state="closing", end=event.at, outcome=data["outcome"], disconnect_type=data.get("disconnect_type")
    )
    return _media(ended, "none", event.at)


def _conversation_closed(state: Conversation, event: ConversationEvent) -> Conversation:
    return replace(state, state="closed", closed=event.at)


def _alarm(state: Conversation, event: ConversationEvent) -> Conversation:
    owner = state.participant(event.participant)
    return _change(state, event.participant, alarms=owner.alarms + 1) if owner else state


APPLIERS: Mapping[str, Applier] = {
    "ParticipantAdded": _participant_added,
    "LegAdded": _leg_added,
    "LegChanged": _leg_changed,
    "CallbackChanged": _callback_changed,
    "CallbackCreated": _callback_created,
    "AttributesSet": _attributes_set,
    "ContactLinked": _contact_linked,
    "ContactUnlinked": _contact_unlinked,
    "ExecutionStarted": _execution_started,
    "ExecutionEnded": _execution_ended,
    "ExecutionFaulted": _execution_ended,
    "QueueEntered": _queue_entered,
    "QueueChanged": _queue_changed,
    "QueueLeft": _queue_left,
    "OfferMade": _offer_made,
    "OfferEnded": _offer_ended,
    "MediaHeld": _media_held,
    "Bridged": _bridged,
    "Held": _held,
    "Resumed": _resumed,
    "Muted": _muted,
    "TransferChanged": _transfer_changed,
    "ConsultChanged": _consult_changed,
    "ScreenPop": _screen_pop,
    "RecordingChanged": _recording_changed,
    "TagChanged": _tag_changed,
    "LabelChanged": _label_changed,
    "LanguageChanged": _language_changed,
    "AcwRequested": _acw_requested,
    "AcwStarted": _acw_started,
    "AcwExtended": _acw_extended,
    "WrapupSaved": _wrapup_saved,
    "AcwEnded": _acw_ended,
    "ConversationEnded": _conversation_ended,
    "ConversationClosed": _conversation_closed,
    "Alarm": _alarm,
    "Corrected": _wrapup_saved,
}
"""All event types but the first. Beyond conversations.md §12: QueueChanged (routing was patched, or has confirmed an
entry), LabelChanged, LanguageChanged, AcwRequested, AcwExtended, LegAdded (a call of a callback), CallbackCreated,
CallbackChanged, Alarm (a deadline that only calls somebody's attention)."""
