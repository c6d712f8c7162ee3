"""What agents do about callbacks at the desk: put one off, plan another (desk.md §9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from callwright.numbers import bare
from callwright.serving.appointments import moment, wall_time, zone_of
from contactcenter.conversations import (
    Actor,
    CallbackRequest,
    Conversation,
    Participant,
    Refused,
    asked_of_an_agent,
    create_callback,
    derived,
)
from contactcenter.organisation.schedules import next_open
from dsl.expressions.phone import country_of
from web.sentences import sentence
from web.services import Outcome, User

if TYPE_CHECKING:
    from callwright.serving.desk import DeskService

DEFAULT_ZONE = "UTC"
HOUR_MS = 3_600_000
NEAR_MS = 24 * HOUR_MS
"""Two callbacks of one customer within this time are probably one too many."""

NOTE = "callback.note"
"""The participant data that tells the agent who calls what it is about."""


def shown(state: Conversation, owned: bool, now: int) -> dict[str, Any] | None:
    """A callback as the desk shows it at ``now`` (UTC ms); ``owned``: its queue lets an agent keep it.

    ``due`` and ``later``, a time to put it off to, are wall times of the customer.
    """
    callback, customer = state.callback, state.customer
    if callback is None or customer is None:
        return None
    zone = zone_of(callback.number) or DEFAULT_ZONE
    calling = customer.leg is not None and customer.leg.living and customer.leg.media == "call"
    return {
        "numbers": list(callback.numbers),
        "dueAt": callback.due,
        "zone": zone,
        "due": wall_time(callback.due, zone),
        "later": wall_time(now + HOUR_MS, zone),
        "attempt": callback.attempts,
        "note": state.attributes.get(NOTE),
        "calling": calling and not customer.talking,
        "talking": calling and customer.talking,
        "mayKeep": owned,
    }


def plan_for(state: Conversation) -> dict[str, Any] | None:
    """What a new callback for a call's customer begins with; None for a callback, and without a queue."""
    number = bare(state.ani or "")
    if state.callback is not None or (state.queue_entry or state.last_place) is None:
        return None
    return {"number": number if number.startswith("+") else "", "zone": zone_of(number)}


async def reschedule(
    desk: DeskService, user: User, conversation: str, args: Mapping[str, Any], command_id: str
) -> Outcome:
    """``reschedule {at, zone, number?, keep?, allowClosed?}``: whoever has it, or a supervisor, puts it off."""
    state = await desk.conversations.read(conversation)
    if state is None or (state.by_user(user.id) is None and not user.may("supervisor")):
        return Outcome(404, {"code": "not.found", "message": "There is no such interaction."})
    when = _open_time(desk, user, state.callback.place.queue_id if state.callback else "", args)
    if isinstance(when, Outcome):
        return when
    at, moved = when
    given: dict[str, Any] = {"at": at}
    if args.get("number"):
        given["number"] = args["number"]
    if args.get("keep"):
        given["owner"] = user.id
    outcome = await desk.converse(user, "reschedule", conversation, given, derived(command_id, "reschedule"))
    return Outcome(outcome.status, {**outcome.body, **_notice(at, moved, args)})


async def cancel(desk: DeskService, user: User, conversation: str, args: Mapping[str, Any], command_id: str) -> Outcome:
    """``callback.cancel``: a supervisor ends one that waits."""
    if not user.may("supervisor"):
        return Outcome(403, {"code": "forbidden", "message": "Only a supervisor cancels a callback that waits."})
    return await desk.converse(user, "cancel_callback", conversation, {}, derived(command_id, "cancel"))


async def schedule(
    desk: DeskService, user: User, conversation: str, args: Mapping[str, Any], command_id: str
) -> Outcome:
    """``callback.schedule {at, zone, number?, note?, keep?, allowDuplicate?, allowClosed?}``: for the customer of an
    interaction."""
    state = await desk.conversations.read(conversation)
    mine = state.by_user(user.id) if state is not None else None
    entry = (state.queue_entry or state.last_place) if state is not None else None
    if state is None or mine is None or entry is None:
        return Outcome(409, {"code": "wrong_state", "message": "A callback needs an interaction of a queue."})
    when = _open_time(desk, user, entry.place.queue_id, args)
    if isinstance(when, Outcome):
        return when
    at, moved = when
    number = str(args.get("number") or bare(state.ani or ""))
    request = CallbackRequest(
        queue=entry.place.queue_id,
        numbers=(number,),
        name=state.customer.name if state.customer else None,
        scheduled=at,
        place={name: value for name, value in asked_of_an_agent(entry.place).items() if name != "preferred"},
        owner=user.id if args.get("keep") else None,
        attributes={**_handed_on(state), **({NOTE: str(args["note"])} if args.get("note") else {})},
        validate=True,
        country=country_of(bare(state.ani or "")),
        origin=conversation,
    )
    identity = derived(command_id, "callback")
    made = create_callback(
        request, desk.directory, identity, derived(identity, "create"), Actor("user", user.id), desk.clock.now()
    )
    if isinstance(made, Refused):
        return _refused(made)
    numbers = made.args["callback"].numbers
    other = None if args.get("allowDuplicate") else _near(desk, numbers, state.customer, at)
    if other is not None:
        return Outcome(409, {"code": "duplicate", "message": _duplicate(other)})
    answer = await desk.conversations.send(made)
    if isinstance(answer, Refused):
        return _refused(answer)
    return Outcome(200, {"state": "scheduled", "callback": identity, **_notice(at, moved, args)})


def _refused(refusal: Refused) -> Outcome:
    return Outcome(409, {"code": refusal.code, "message": sentence(refusal.message)})


def _open_time(desk: DeskService, user: User, queue: str, args: Mapping[str, Any]) -> tuple[int, bool] | Outcome:
    """The time that was asked for (UTC ms), and whether clocks leave it out and it was moved on; an ``Outcome`` that
    says why where nobody can be called back then."""
    when = _when(args)
    if isinstance(when, Outcome):
        return when
    return _closed(desk, user, queue, when[0], args) or when


def _closed(desk: DeskService, user: User, queue: str, at: int, args: Mapping[str, Any]) -> Outcome | None:
    """Nobody calls back outside of the queue's hours, unless a supervisor says so; the next opening is suggested."""
    facts = desk.directory.queue(queue)
    hours = facts.callback_hours if facts is not None else None
    if facts is None or hours is None or (args.get("allowClosed") and user.may("supervisor")):
        return None
    asked = datetime.fromtimestamp(at / 1000, UTC)
    opens = next_open(hours, asked)
    if opens == asked:
        return None
    if opens is None:
        return Outcome(409, {"code": "closed", "message": f"{facts.name} is closed then, and does not open again."})
    suggested = round(opens.timestamp() * 1000)
    zone = str(args.get("zone") or hours.time_zone)
    time = wall_time(suggested, zone).replace("T", " ")
    message = f"{facts.name} is closed then. It opens at {time} ({zone})."
    return Outcome(409, {"code": "closed", "message": message, "suggested": suggested})


def _handed_on(state: Conversation) -> dict[str, str]:
    """The participant data that the new callback takes over: a note was for this one."""
    return {name: text for name, text in state.attributes.items() if name != NOTE}


def _when(args: Mapping[str, Any]) -> tuple[int, bool] | Outcome:
    at = args.get("at")
    if isinstance(at, int):
        return at, False
    try:
        return moment(str(at or ""), str(args.get("zone") or DEFAULT_ZONE))
    except ValueError as problem:
        return Outcome(400, {"code": "bad.request", "message": str(problem)})


def _notice(at: int, moved: bool, args: Mapping[str, Any]) -> dict[str, Any]:
    zone = str(args.get("zone") or DEFAULT_ZONE)
    if not moved:
        return {"at": at}
    time = wall_time(at, zone).replace("T", " ")
    return {"at": at, "notice": f"Clocks leave this time out in {zone}: it is {time}."}


def _near(desk: DeskService, numbers: tuple[str, ...], customer: Participant | None, at: int) -> Conversation | None:
    """Another open callback for this number or contact, about the same time."""
    contact = customer.external_contact_id if customer else None
    for other in desk.conversations.open():
        callback = other.callback
        if callback is None or abs(callback.due - at) > NEAR_MS:
            continue
        known = other.customer.external_contact_id if other.customer else None
        if set(numbers) & set(callback.numbers) or (contact is not None and known == contact):
            return other
    return None


def _duplicate(other: Conversation) -> str:
    assert other.callback is not None
    zone = zone_of(other.callback.number) or DEFAULT_ZONE
    due = wall_time(other.callback.due, zone).replace("T", " ")
    return f"There is a callback for this customer already, at {due} ({zone})."
