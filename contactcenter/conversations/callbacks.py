"""Asking for a callback: what a flow, a client or an agent wants, as the command that begins one (desk.md §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from contactcenter.conversations.lines import Directory, QueueFacts
from contactcenter.conversations.messages import Actor, Command, Refused
from contactcenter.conversations.state import Callback, QueuePlace
from contactcenter.routing.messages import HIGHEST_SCORE, OWNED_CALLBACK
from dsl.expressions.phone import valid_number

HOUR_MS = 3_600_000
DELIVERIES = ("UseQueueSetting", "UseAgentReservation", "NoAgentReservation")
"""Words for whether an agent is taken before the customer is called (``customerFirstCallbackDeliveryMode``)."""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """Who is to be called, when, and what is asked of the agent.

    ``place`` is what is asked of an agent: the fields of a ``QueuePlace`` beside its queue. ``scheduled`` is UTC ms,
    None for as soon as possible; ``keep_wait_of`` the ``enqueued_at`` of a place that is given up for it (UTC ms).
    ``owner`` is the agent who keeps it. Numbers that are none are kept as they are, unless ``validate``; ``country``
    (``DE`` or ``49``) is where national ones belong.
    """

    queue: str
    numbers: tuple[str, ...]
    name: str | None = None
    scheduled: int | None = None
    place: Mapping[str, Any] = field(default_factory=dict)
    owner: str | None = None
    keep_wait_of: int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    screen_pop: Mapping[str, Any] | None = None
    script_id: str | None = None
    caller_id: str | None = None
    caller_id_name: str | None = None
    delivery: str = "UseQueueSetting"
    validate: bool = False
    country: str | None = None
    origin: str | None = None


def create_callback(
    asked: CallbackRequest, directory: Directory, identity: str, command_id: str, actor: Actor, now: int
) -> Command | Refused:
    """The command that begins the callback ``identity``; refused when the queue or a number is not there."""
    queue = directory.queue(asked.queue)
    if queue is None:
        return Refused("unknown_target", f"there is no queue {asked.queue}")
    numbers = _numbers(asked)
    if isinstance(numbers, Refused):
        return numbers
    place: QueuePlace | Refused = queue.place(**asked.place)
    if asked.owner is not None and isinstance(place, QueuePlace):
        place = owned(place, queue, asked.owner, asked.scheduled, now)
    if isinstance(place, Refused):
        return place
    rules = queue.callback
    if asked.delivery != "UseQueueSetting":
        rules = replace(rules, customer_first=True, reserve=asked.delivery == "UseAgentReservation")
    due = asked.scheduled if asked.scheduled is not None else now
    callback = Callback(
        numbers=numbers,
        place=place,
        due=due,
        waits_since=asked.keep_wait_of if asked.scheduled is None and asked.keep_wait_of is not None else due,
        rules=rules,
        script_id=asked.script_id or queue.callback_script,
        caller_id=asked.caller_id,
        caller_id_name=asked.caller_id_name,
        origin=asked.origin,
    )
    args: dict[str, Any] = {
        "callback": callback,
        "name": asked.name,
        "scheduled": asked.scheduled,
        "attributes": dict(asked.attributes),
        "screen_pop": dict(asked.screen_pop) if asked.screen_pop else None,
    }
    return Command(command_id=command_id, conversation=identity, name="create_callback", actor=actor, args=args)


def asked_of_an_agent(place: QueuePlace) -> dict[str, Any]:
    """What who waits asks of an agent, for the callback that takes the place."""
    whole = ("priority", "skills", "skill_names", "skill_expression", "language_id", "language_name", "label_id")
    return {name: getattr(place, name) for name in (*whole, "preferred")}


def owned(place: QueuePlace, queue: QueueFacts, agent: str, at: int | None, now: int) -> QueuePlace | Refused:
    """The place, kept for one agent; refused where the queue has no such callbacks, or not so far ahead."""
    if queue.owned_ahead_h is None:
        return Refused("limit", f"the queue {queue.name} has no callbacks that belong to an agent")
    if at is not None and at > now + queue.owned_ahead_h * HOUR_MS:
        return Refused("limit", f"an agent keeps a callback {queue.owned_ahead_h} hours ahead at most")
    return replace(place, preferred=((agent, HIGHEST_SCORE),), direct=None, flags=(OWNED_CALLBACK,))


def _numbers(asked: CallbackRequest) -> tuple[str, ...] | Refused:
    given = [number.strip() for number in asked.numbers if number.strip()]
    if not given:
        return Refused("limit", "a callback needs a number")
    found = []
    for number in given:
        known = valid_number(number, asked.country)
        if known is None and asked.validate:
            return Refused("limit", f"{number} is no telephone number; write it like +49 30 901820")
        found.append(known or number)
    return tuple(dict.fromkeys(found))
