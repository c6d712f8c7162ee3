"""Calling customers back: asked for, waited for, dialled, tried again, put off (routing.md §15, conversations.md §6).

The customer of such a conversation has one leg of the medium callback, which lives from the moment it is asked for
(``scheduled`` until its time, then ``offering``) to the end; every attempt is a further leg, a call.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import end_conversation, leave, leave_queue, withdraw_offer
from contactcenter.conversations.deciding.queueing import enter_queue, keep_company, start_execution
from contactcenter.conversations.deciding.talking import after_leaving, bridge_all
from contactcenter.conversations.messages import Refused
from contactcenter.conversations.state import PEOPLE_INSIDE, Callback, Participant
from contactcenter.routing.messages import MOST_DAYS_AHEAD

MOST_AHEAD_MS = MOST_DAYS_AHEAD * 24 * 3_600_000


def create(draft: Draft) -> Refused | None:
    """``create_callback {callback, name?, scheduled?, entry?, attributes?, screen_pop?}``: a customer is to be called.

    ``entry`` is the queue place that routing has given already; customer-first callbacks have none before the customer
    is on the line.
    """
    if draft.before is not None:
        return draft.refuse("wrong_state", "this callback is there already")
    wanted = draft.read("callback", Callback)
    if wanted is None or not wanted.numbers:
        return draft.refuse("limit", "a callback needs a number")
    refused = _bad_time(draft, draft.args.get("scheduled"))
    if refused is not None:
        return refused
    if not draft.settings.callback_keeps_place:
        wanted = replace(wanted, waits_since=wanted.due)
    address = _address(wanted.number)
    draft.emit(
        "ConversationStarted",
        {
            "media_type": "callback",
            "direction": "outbound",
            "ani": address,
            "dnis": wanted.caller_id,
            "address": address,
            "callback": wanted,
        }
        | draft.home,
    )
    leg = draft.new_leg("scheduled" if wanted.due > draft.at else "offering", "outbound", media="callback")
    draft.add_participant("customer", leg=leg, name=draft.args.get("name"), address=address, ani=address)
    draft.set_attributes(draft.args.get("attributes"))
    if draft.args.get("screen_pop"):
        draft.emit("ScreenPop", {"moment": "set", "script": draft.args["screen_pop"]})
    if not _dials_first(wanted):
        entry: dict[str, Any] = draft.args.get("entry") or {}
        since = wanted.due if wanted.due > draft.at else wanted.waits_since
        at = entry.get("enqueued_at", since)
        enter_queue(draft, wanted.place, enqueued_at=at, entry_id=entry.get("entry_id"))
    return None


def _address(number: str) -> str:
    return f"tel:{number}" if number.startswith("+") else number


def _bad_time(draft: Draft, scheduled: Any) -> Refused | None:
    if scheduled is None:
        return None
    if not isinstance(scheduled, int) or scheduled < draft.at:
        return draft.refuse("limit", "the time of a callback lies in the past")
    if scheduled > draft.at + MOST_AHEAD_MS:
        return draft.refuse("limit", f"a callback is scheduled {MOST_DAYS_AHEAD} days ahead at most")
    return None


def _dials_first(callback: Callback) -> bool:
    """Whether the customer is called before any agent is taken."""
    return callback.rules.customer_first and not callback.rules.reserve


def asked_for(draft: Draft) -> Refused | None:
    """``callback_created {callback}``: the caller of this conversation will be called back by that one."""
    identity = str(draft.args.get("callback"))
    if identity not in draft.state.callbacks:
        draft.emit("CallbackCreated", {"callback": identity})
    return None


# Attempts.


def dial(draft: Draft) -> Refused | None:
    """``dial {number?}``: by the agent who has the callback, or by the clock where the customer comes first."""
    callback, customer = draft.state.callback, draft.state.customer
    if callback is None or customer is None:
        return draft.refuse("wrong_state", "this is no callback")
    if _calls(customer):
        return None
    if draft.command.actor.kind == "clock":
        if not _dials_first(callback) or draft.state.queue_entry is not None or _is_scheduled(customer):
            return None
    else:
        agent = draft.state.participant(draft.command.participant)
        if agent is None or not agent.talking:
            return draft.refuse("wrong_state", "accept the callback first")
    number = draft.args.get("number")
    if number is not None and number not in callback.numbers:
        return draft.refuse("unknown_target", f"{number} is no number of this callback")
    call_customer(draft, number)
    return None


def _calls(customer: Participant) -> bool:
    """Whether a call to the customer is on its way, or going on."""
    return customer.leg is not None and customer.leg.living and customer.leg.media == "call"


def _is_scheduled(customer: Participant) -> bool:
    return customer.leg is not None and customer.leg.state == "scheduled"


def _begun(draft: Draft) -> tuple[Callback, Participant]:
    """A callback that has begun, and its customer."""
    callback, customer = draft.state.callback, draft.state.customer
    assert callback is not None
    assert customer is not None
    return callback, customer


def _with_first(number: str, callback: Callback) -> list[str]:
    """The numbers, with this one to be dialled."""
    return [number, *(other for other in callback.numbers if other != number)]


def call_customer(draft: Draft, number: str | None = None) -> None:
    """Place one call to the customer."""
    callback, customer = _begun(draft)
    changes: dict[str, Any] = {"attempts": callback.attempts + 1, "called": draft.at, "left": None}
    if number is not None and number != callback.number:
        changes["numbers"] = _with_first(number, callback)
    draft.emit("CallbackChanged", changes)
    leg = draft.new_leg("dialing", "outbound", media="call")
    draft.emit("LegAdded", {"leg": leg}, participant=customer.id, leg=leg.id)


def customer_answered(draft: Draft) -> None:
    """Somebody has answered the call: the agent is there already, or the customer waits at the old place.

    Of an answering machine (``machine``, from adapters that can tell) an agent who is there decides.
    """
    callback, customer = _begun(draft)
    rules, machine = callback.rules, draft.args.get("machine") is True
    reaction, flow = (rules.machine, rules.machine_flow) if machine else (rules.live_voice, rules.live_voice_flow)
    if draft.state.has_agent:
        bridge_all(draft)
    elif reaction == "HangUp" and machine:
        _not_reached(draft, customer, "system", "answering_machine")
    elif reaction == "HangUp":
        end_conversation(draft, "system", "self_service")
    elif reaction == "TransferToFlow" and flow:
        start_execution(draft, flow, "outbound")
    else:
        enter_queue(draft, callback.place, enqueued_at=callback.waits_since)
        keep_company(draft)


def is_called_back(draft: Draft, participant: Participant) -> bool:
    """Whether this is the customer of a callback."""
    return draft.state.callback is not None and participant.purpose == "customer"


def call_over(draft: Draft, customer: Participant, disconnect_type: str, error: str | None = None) -> None:
    """A call to the customer has ended, or never came about."""
    callback, _ = _begun(draft)
    agents = list(draft.state.talking(PEOPLE_INSIDE))
    if customer.talking and (not agents or callback.rules.customer_first):
        end_conversation(draft, disconnect_type)
        return
    _not_reached(draft, customer, disconnect_type, error)


def _not_reached(draft: Draft, customer: Participant, disconnect_type: str, error: str | None) -> None:
    """The call is over without a talk: the agent who called decides what is next, else it is tried again."""
    callback, _ = _begun(draft)
    agents = list(draft.state.talking(PEOPLE_INSIDE))
    draft.end_leg(customer, disconnect_type, error)
    draft.emit("CallbackChanged", {"left": draft.at})
    if not callback.rules.customer_first:
        if agents:
            bridge_all(draft)
        return
    for agent in agents:
        leave(draft, agent, "system")
    _try_again(draft)


def _try_again(draft: Draft) -> None:
    """Nobody answered: once more after a while, until there were enough attempts."""
    callback, _ = _begun(draft)
    if callback.attempts > callback.rules.retries:
        end_conversation(draft, "uncallable", "failed")
    else:
        wait_until(draft, draft.at + callback.rules.retry_delay_s * 1000)


# Waiting.


def wait_until(draft: Draft, due: int, **changes: Any) -> None:
    """The callback waits for its time, from now on without a call and without an agent."""
    draft.emit("CallbackChanged", {"due": due, **changes})
    callback, customer = _begun(draft)
    assert customer.leg is not None
    state = "scheduled" if due > draft.at else "offering"
    if customer.leg.state != state:
        draft.emit("LegChanged", {"state": state}, participant=customer.id, leg=customer.leg.id)
    if not _dials_first(callback):
        enter_queue(draft, callback.place, enqueued_at=due)


def due(draft: Draft) -> None:
    """Its time has come: routing offers it, or the customer is called, as soon as the pace allows."""
    customer = draft.state.customer
    if customer is not None and customer.leg is not None and _is_scheduled(customer):
        draft.emit("LegChanged", {"state": "offering"}, participant=customer.id, leg=customer.leg.id)


def reschedule(draft: Draft) -> Refused | None:
    """``reschedule {at, number?, place?}``: another time, another number; whoever has it now is free again."""
    callback, customer = draft.state.callback, draft.state.customer
    if callback is None or customer is None:
        return draft.refuse("wrong_state", "this is no callback")
    at = draft.args.get("at")
    refused = _bad_time(draft, at)
    if refused is not None:
        return refused
    if at is None:
        return draft.refuse("limit", "say when the customer is to be called")
    if customer.talking:
        return draft.refuse("wrong_state", "the customer is on the line")
    number = draft.args.get("number")
    withdraw_offer(draft, "withdrawn", "transfer.notavailable")
    leave_queue(draft, "rescheduled")
    if _calls(customer):
        draft.end_leg(customer, "client")
    for agent in tuple(draft.state.talking(PEOPLE_INSIDE)):
        leave(draft, agent, "client")
    changes: dict[str, Any] = {"attempts": 0, "called": None, "left": None, "waits_since": at}
    if number:
        changes["numbers"] = _with_first(number, callback)
    if draft.args.get("place"):
        changes["place"] = draft.args["place"]
    wait_until(draft, at, **changes)
    return None


def cancel(draft: Draft) -> Refused | None:
    """``cancel_callback``: nobody needs to be called any more; without effect once an agent has it."""
    if draft.state.callback is None:
        return draft.refuse("wrong_state", "this is no callback")
    if draft.state.accepted is None and not draft.state.has_agent:
        end_conversation(draft, "system", "cancelled")
    return None


# Its own deadlines.


def dial_by_itself(draft: Draft) -> None:
    """The agent has not dialled in time."""
    call_customer(draft)


def end_by_itself(draft: Draft) -> None:
    """The call is over and the agent has not ended the callback in time."""
    for agent in tuple(draft.state.talking(PEOPLE_INSIDE)):
        leave(draft, agent, "system")
        after_leaving(draft, agent)


def expire(draft: Draft) -> None:
    """Nobody could be called for as long as anything may wait."""
    end_conversation(draft, "timeout", "expired", reason="expired")
