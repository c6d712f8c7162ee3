"""Offers to one agent (conversations.md §3.1, §8; races 1 to 4)."""

from __future__ import annotations

from typing import Any

from contactcenter.conversations.deciding.connecting import connect, unanswered
from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import end_offer
from contactcenter.conversations.messages import Refused
from contactcenter.conversations.state import Offer, Purpose


def offer(draft: Draft) -> Refused | None:
    """``offer {reservation, agent, deadline, ...}`` by routing: the agent's leg alerts."""
    state, args = draft.state, draft.args
    if state.offer is not None and state.offer.reservation_id == args["reservation"]:
        return None
    entry = state.queue_entry
    if entry is None:
        return draft.refuse("wrong_state", "the conversation waits in no queue")
    if state.offer is not None or state.accepted is not None:
        return draft.refuse("wrong_state", "the conversation is being offered already")
    _make(
        draft,
        args["agent"],
        args.get("agent_name"),
        {
            "reservation_id": args["reservation"],
            "agent_id": args["agent"],
            "deadline": args["deadline"],
            "kind": "acd",
            "auto_answer": _answers_itself(draft),
        },
        explain=args.get("explain"),
        queue_id=entry.place.queue_id,
        wrapup_prompt=args.get("wrapup_prompt"),
        wrapup_timeout_ms=args.get("wrapup_timeout_ms"),
        alerting_timeout_ms=max(args["deadline"] - draft.at, 0),
        script_id=args.get("script_id"),
    )
    return None


def _answers_itself(draft: Draft) -> bool:
    """Whether the offer is accepted for the agent: where the queue says so, and where a callback reserves one."""
    callback = draft.state.callback
    if callback is None:
        return bool(draft.args.get("auto_answer"))
    return callback.rules.auto_answer or callback.rules.reserve


def offer_directly(draft: Draft, user: str, name: str | None, kind: str, alert_ms: int, **facts: Any) -> str:
    """An offer by the conversation itself, without a reservation; gives the participant."""
    deadline = draft.at + alert_ms
    fields = {"reservation_id": draft.new_id("offer"), "agent_id": user, "deadline": deadline, "kind": kind}
    return _make(draft, user, name, fields, purpose="user", alerting_timeout_ms=alert_ms, **facts)


def _make(
    draft: Draft,
    user: str,
    name: str | None,
    fields: dict[str, Any],
    *,
    purpose: Purpose = "agent",
    explain: Any = None,
    **facts: Any,
) -> str:
    leg = draft.new_leg("alerting", "inbound")
    participant = draft.add_participant(purpose, leg=leg, user_id=user, name=name, **facts)
    data = {"offer": fields} | ({"explain": explain} if explain else {})
    entry = draft.state.queue_entry
    if entry is not None:
        data["queue_id"] = entry.place.queue_id
    draft.emit("OfferMade", data, participant=participant, leg=leg.id)
    return participant


def accept(draft: Draft) -> Refused | None:
    """``accept {reservation_id, open?}``: with ``open`` the agent's device is there and is connected at once."""
    current = _current(draft)
    if isinstance(current, Refused):
        return current
    if current.kind != "acd" and draft.at > current.deadline:
        return draft.refuse("stale_reservation", "the offer is over")
    participant = draft.state.participant(current.participant_id)
    if participant is None or participant.leg is None:
        return draft.refuse("wrong_state", "the offer has no participant")
    end_offer(draft, current, "accepted")
    if draft.args.get("open"):
        connect(draft, participant)
    else:
        draft.emit("LegChanged", {"state": "contacting"}, participant=participant.id, leg=participant.leg.id)
    return None


def decline(draft: Draft) -> Refused | None:
    """``decline {reservation_id}``: as if it had not been answered."""
    found = _current(draft)
    if isinstance(found, Refused):
        return found
    unanswered(draft, "declined")
    return None


def _current(draft: Draft) -> Offer | Refused:
    """The open offer, if it is the one that the command means and the actor's own."""
    state = draft.state
    wanted = draft.args.get("reservation_id")
    if state.offer is None or (wanted is not None and wanted != state.offer.reservation_id):
        return draft.refuse("stale_reservation", "this offer is not open any more")
    if draft.command.actor.kind == "user" and draft.command.actor.id != state.offer.agent_id:
        return draft.refuse("stale_reservation", "the offer is somebody else's")
    return state.offer


def offer_ended(draft: Draft) -> Refused | None:
    """``offer_timed_out``, ``offer_declined``, ``offer_withdrawn`` by routing; of another offer it is stale."""
    current = draft.state.offer
    if current is None or current.reservation_id != draft.args.get("reservation"):
        return None
    unanswered(draft, _HOW[draft.command.name])
    return None


_HOW = {"offer_timed_out": "timed_out", "offer_declined": "declined", "offer_withdrawn": "withdrawn"}
