"""What routing's events mean to a conversation (routing.md §30): a pure function.

The ``command_id`` is derived from the reservation or item, so that an event that is told twice counts once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contactcenter.conversations.ids import derived
from contactcenter.conversations.lines import Directory
from contactcenter.conversations.messages import Actor, Command, Refused
from contactcenter.routing import messages as m

_ENDS: Mapping[Any, str] = {
    m.OfferTimedOut: "offer_timed_out",
    m.OfferDeclined: "offer_declined",
    m.OfferWithdrawn: "offer_withdrawn",
}


def command_of(event: Any, directory: Directory) -> Command | None:
    """The command that an event becomes; None when it concerns no conversation."""
    if isinstance(event, m.ItemReserved):
        return _command(event.item, "offer", event.reservation, _offer(event, directory))
    name = _ENDS.get(type(event))
    if name is not None:
        reason = getattr(event, "reason", None)
        return _command(event.item, name, event.reservation, {"reservation": event.reservation, "reason": reason})
    if isinstance(event, m.OfferAccepted):
        return _command(event.item, "accept", event.reservation, {"reservation_id": event.reservation})
    if isinstance(event, m.ItemLeft) and event.reason == "expired":
        return _command(event.item, "item_expired", event.command_id or event.queue, {})
    if isinstance(event, m.ItemLeft) and event.reason == "queue_deleted":
        return _command(event.item, "queue_deleted", event.command_id or event.queue, {"queue": event.queue})
    return None


def customer_is_gone(event: m.ItemReserved, refused: Refused) -> m.CustomerGone | None:
    """What routing is told when it offers a call that is over."""
    if refused.code not in ("conversation_ended", "unknown_target"):
        return None
    return m.CustomerGone(command_id=derived(event.reservation, "gone"), item=event.item)


def _command(conversation: str, name: str, key: str, args: dict[str, Any]) -> Command:
    command_id = derived("routing", name, key)
    return Command(command_id=command_id, conversation=conversation, name=name, actor=Actor("routing"), args=args)


def _offer(event: m.ItemReserved, directory: Directory) -> dict[str, Any]:
    queue, user = directory.queue(event.queue), directory.user(event.agent)
    found: dict[str, Any] = {
        "reservation": event.reservation,
        "agent": event.agent,
        "deadline": event.deadline,
        "explain": event.explain,
    }
    if user is not None:
        found["agent_name"] = user.name
    if queue is not None:
        found |= {
            "wrapup_prompt": queue.wrapup_prompt,
            "wrapup_timeout_ms": queue.wrapup_timeout_ms,
            "auto_answer": queue.auto_answer,
            "script_id": queue.script,
        }
    return found
