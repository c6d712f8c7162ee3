"""How a conversation ends: everything open is withdrawn in the same step (conversations.md §0.6, §8, C4)."""

from __future__ import annotations

from msgspec.structs import replace

from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.wrapup import begin_wrapup, close_if_over
from contactcenter.conversations.state import PEOPLE_INSIDE, PEOPLE_OUTSIDE, Offer, Participant

_INSIDE_TYPES = {"endpoint": "peer", "client": "peer"}
"""What the legs of the agents end with when the customer's ends with this; the same otherwise."""


def withdraw_offer(draft: Draft, how: str, disconnect_type: str = "transfer.noanswer") -> None:
    """End the open offer, and the leg that was being placed for an accepted one."""
    state = draft.state
    for offer in (state.offer, state.accepted):
        participant = state.participant(offer.participant_id) if offer else None
        if participant is not None:
            draft.end_leg(participant, disconnect_type)
    if state.offer is not None:
        end_offer(draft, state.offer, how)


def end_offer(draft: Draft, offer: Offer, how: str) -> None:
    """Nobody can take the offer any more: it was accepted, declined, timed_out, withdrawn, or has failed."""
    data = {"how": how, "reservation_id": offer.reservation_id, "agent_id": offer.agent_id, "kind": offer.kind}
    draft.emit("OfferEnded", data, participant=offer.participant_id)


def leave_queue(draft: Draft, outcome: str) -> None:
    """Give up the place in the queue."""
    entry = draft.state.queue_entry
    if entry is not None:
        data = {"entry_id": entry.entry_id, "outcome": outcome, "queue_id": entry.place.queue_id}
        draft.emit("QueueLeft", data, participant=entry.participant_id)


def close_transfer(draft: Draft, state: str) -> None:
    """End the open transfer."""
    transfer = draft.state.open_transfer
    if transfer is not None:
        draft.emit("TransferChanged", replace(transfer, state=state, modified=draft.at))


def end_consult(draft: Draft, why: str) -> None:
    """End the consultation; legs are the caller's business."""
    consult = draft.state.consult
    if consult is not None:
        draft.emit("ConsultChanged", {"id": consult.id, "ended": why}, participant=consult.initiator)


def end_conversation(draft: Draft, customer_type: str, outcome: str | None = None, *, reason: str = "hangup") -> None:
    """End all legs and whatever is open; ``customer_type`` is what the customer's leg ends with."""
    outcome = outcome or _outcome(draft)
    draft.set_attributes(draft.args.get("attributes"))
    draft.end_execution(reason)
    withdraw_offer(draft, "withdrawn", "peer" if customer_type == "endpoint" else customer_type)
    leave_queue(draft, _LEFT.get(outcome, outcome))
    close_transfer(draft, "Canceled")
    end_consult(draft, "ended")
    inside = _INSIDE_TYPES.get(customer_type, customer_type)
    leaving = [p for p in draft.state.participants if p.living]
    for participant in leaving:
        _end_legs(draft, participant.id, customer_type if participant.purpose in PEOPLE_OUTSIDE else inside)
    draft.emit("ConversationEnded", {"outcome": outcome, "disconnect_type": customer_type})
    for participant in leaving:
        if participant.purpose in PEOPLE_INSIDE and participant.talking:
            begin_wrapup(draft, participant.id)
    close_if_over(draft)


def _end_legs(draft: Draft, identity: str, disconnect_type: str) -> None:
    """Who is called back has the callback and the call."""
    while (participant := draft.state.participant(identity)) is not None and participant.living:
        draft.end_leg(participant, disconnect_type)


_LEFT = {"self_service": "flow_disconnect", "answered": "abandoned", "failed": "abandoned"}
"""What leaving the queue is called when the conversation ends with this outcome; the same otherwise."""


def _outcome(draft: Draft) -> str:
    """What became of a conversation that ends now without having been told."""
    state = draft.state
    served = any(p.purpose in PEOPLE_INSIDE and p.connected is not None for p in state.participants)
    if state.callback is not None:
        reached = state.customer is not None and state.customer.connected is not None
        tried = served or state.callback.attempts > 0
        return ("answered" if served else "abandoned") if reached else "failed" if tried else "cancelled"
    if served:
        return "answered"
    if state.callbacks:
        return "callback"
    if any(p.purpose == "external" and p.connected is not None for p in state.participants):
        return "transferred_out"
    return "abandoned"


def leave(draft: Draft, participant: Participant, disconnect_type: str) -> None:
    """An agent leaves: its leg ends, its wrap-up begins; what becomes of the others is decided by the caller."""
    draft.end_leg(participant, disconnect_type)
    begin_wrapup(draft, participant.id)


def someone_is_left(draft: Draft) -> bool:
    """Whether at least two parties, one of them outside, or an offer, a dial or a queue still make a conversation."""
    state = draft.state
    outside = sum(1 for _ in state.living(PEOPLE_OUTSIDE))
    inside = sum(1 for _ in state.living(PEOPLE_INSIDE))
    waiting = state.queue_entry is not None or state.running is not None or state.offer or state.accepted
    return (outside >= 1 and (inside >= 1 or outside >= 2 or bool(waiting))) or (outside == 0 and inside >= 2)
