"""What routing is told after a commit (conversations.md §7, routing.md §30): a pure function of the events.

Every message takes its ``command_id`` from the event that causes it, so that a repetition is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contactcenter.conversations.ids import derived
from contactcenter.conversations.messages import ConversationEvent
from contactcenter.conversations.state import Conversation, Participant, QueueEntry, shown_attributes
from contactcenter.routing import messages as m

_CANCEL_REASONS = {
    "flow_out": "flow_out",
    "flow_disconnect": "flow_out",
    "callback": "callback",
    "cancelled": "cancelled",
    "rescheduled": "cancelled",
}
_GONE_ALREADY = frozenset({"answered", "refused", "expired"})


def enqueue(
    state: Conversation,
    entry: QueueEntry,
    command_id: str,
    *,
    keep_wait_of: int | None = None,
    not_before: int | None = None,
) -> m.Enqueue:
    """The item of a queue entry, with what its alert shows."""
    place = entry.place
    customer = state.customer
    return m.Enqueue(
        command_id=command_id,
        item=state.id,
        queue=place.queue_id,
        media=state.media_type,
        label=place.label_id or state.label_id,
        requirement=m.Requirement(
            skills=place.skills,
            language=place.language_id,
            expression=place.skill_expression,
            preferred=place.preferred,
            direct=place.direct,
            flags=place.flags,
        ),
        priority=place.priority,
        alert=alert(state),
        customer=(customer.external_contact_id or customer.ani) if customer else None,
        keep_wait_of=keep_wait_of,
        waited_since=state.last_place.enqueued_at if state.last_place is not None else None,
        not_before=not_before,
    )


def patch(item: str, place: Mapping[str, Any], command_id: str) -> m.PatchRouting:
    """What is to change of a waiting caller: fields of a ``QueuePlace``; what is left out stays, what is empty goes."""
    return m.PatchRouting(
        command_id=command_id,
        item=item,
        priority=place.get("priority"),
        skills=tuple(place["skills"]) if "skills" in place else None,
        language=_given(place, "language_id"),
        expression=_given(place, "skill_expression"),
        label=_given(place, "label_id"),
        preferred=tuple((agent, score) for agent, score in place["preferred"]) if "preferred" in place else None,
    )


def _given(place: Mapping[str, Any], name: str) -> str | None:
    """A text of the place: None where it is left out, empty where it is to go."""
    return (place[name] or "") if name in place else None


def alert(state: Conversation) -> dict[str, object]:
    """What whoever is offered the call may see before it is accepted (routing.md §12)."""
    customer = state.customer
    found = {
        "conversation": state.id,
        "name": customer.name if customer else None,
        "address": customer.address if customer else None,
        "record": state.crm_record,
        "attributes": shown_attributes(state.attributes),
        "callback": {"number": state.callback.number, "due": state.callback.due} if state.callback else None,
    }
    return {name: value for name, value in found.items() if value}


def messages(event: ConversationEvent, before: Conversation | None, after: Conversation) -> Iterator[m.Command]:
    """The messages that one event causes; ``after`` is the state after the whole commit."""
    if before is None:
        return
    command_id = derived("conversation", event.conversation, event.rev)
    participant = after.participant(event.participant)
    match event.type:
        case "QueueEntered" if not event.data.get("confirmed", True) and after.queue_entry is not None:
            kept = after.queue_entry.enqueued_at
            keep_wait_of, not_before = (kept, None) if kept < event.at else (None, kept)
            yield enqueue(after, after.queue_entry, command_id, keep_wait_of=keep_wait_of, not_before=not_before)
        case "LabelChanged" if before.queue_entry is not None:
            yield m.PatchRouting(command_id=command_id, item=after.id, label=event.data.get("label") or "")
        case "QueueLeft":
            yield from _left(event, before, command_id)
        case "OfferEnded" if event.data["how"] == "declined" and event.data["kind"] == "acd":
            yield m.Decline(
                command_id=command_id, reservation=event.data["reservation_id"], agent=event.data["agent_id"]
            )
        case "LegChanged" if participant is not None:
            yield from _leg(event, before, after, participant, command_id)
        case "Held" | "Resumed" | "AcwStarted" | "AcwEnded" if participant is not None and participant.user_id:
            if participant.purpose == "agent":
                yield m.UnitChanged(
                    command_id=command_id, item=after.id, agent=participant.user_id, unit=_UNITS[event.type]
                )


_UNITS = {"Held": "held", "Resumed": "resumed", "AcwStarted": "acw", "AcwEnded": "released"}


def _left(event: ConversationEvent, before: Conversation, command_id: str) -> Iterator[m.Command]:
    outcome = event.data["outcome"]
    if outcome in _GONE_ALREADY:
        return
    if outcome in _CANCEL_REASONS:
        yield m.Cancel(command_id=command_id, item=before.id, reason=_CANCEL_REASONS[outcome])
    else:
        yield m.CustomerGone(command_id=command_id, item=before.id)


def _leg(
    event: ConversationEvent, before: Conversation, after: Conversation, participant: Participant, command_id: str
) -> Iterator[m.Command]:
    former = before.participant(participant.id)
    state, user = event.data.get("state"), participant.user_id
    if user is None:
        return
    accepted = before.accepted
    waiting = accepted is not None and accepted.participant_id == participant.id
    if state == "disconnected" and waiting and accepted is not None and accepted.kind == "acd":
        if event.data.get("error"):
            yield m.DeliveryFailed(command_id=command_id, reservation=accepted.reservation_id)
        else:
            # Routing has let the item go with the accept; what is left of it is the agent's unit (race 1).
            yield m.UnitChanged(command_id=command_id, item=after.id, agent=user, unit="released")
    elif participant.purpose == "user" and state == "connected":
        yield m.NonAcd(command_id=command_id, agent=user, media=after.media_type, change=1)
    elif state == "disconnected" and former is not None and former.talking:
        if participant.purpose == "user":
            yield m.NonAcd(command_id=command_id, agent=user, media=after.media_type, change=-1)
        elif participant.acw is None:
            yield m.UnitChanged(command_id=command_id, item=after.id, agent=user, unit="released")
