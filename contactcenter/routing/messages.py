"""What routing is asked and what it tells (routing.md §28.6, §30).

Commands carry a ``command_id``; the same id again gives the same answer. Events are what the core decides;
they are journalled on ``routing/<shard>`` and everything that others do follows from a durable event. Ids are
UUID texts, times UTC milliseconds. Skills, languages, queues and agents are named by id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec


class Requirement(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an item asks of an agent: skills in the order of the flow, a language, an expression instead of
    both."""

    skills: tuple[str, ...] = ()
    language: str | None = None
    expression: str | None = None
    preferred: tuple[tuple[str, int], ...] = ()
    """(agent, score 0..100)"""

    direct: str | None = None
    flags: tuple[str, ...] = ()


class _Command(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, kw_only=True):
    command_id: str


class Enqueue(_Command, frozen=True):
    """Put an item into a queue.

    ``item`` is the conversation's (or work item's) id; ``alert`` is handed to whoever is offered it.
    ``keep_wait_of`` is the ``enqueued_at`` of an earlier entry that still counts (recovery after a failover).
    """

    item: str
    queue: str
    media: str = "call"
    label: str | None = None
    requirement: Requirement = Requirement()
    priority: int = 0
    alert: Mapping[str, Any] = {}
    customer: str | None = None
    """What tells the same customer again, for last-agent routing (contact id or number)."""

    keep_wait_of: int | None = None


class PatchRouting(_Command, frozen=True):
    """Change a waiting item; fields left out stay, empty ones are removed."""

    item: str
    priority: int | None = None
    skills: tuple[str, ...] | None = None
    language: str | None = None
    expression: str | None = None
    label: str | None = None
    preferred: tuple[tuple[str, int], ...] | None = None


class Cancel(_Command, frozen=True):
    """The item leaves: ``reason`` = transferred, flow_out, callback or cancelled."""

    item: str
    reason: str


class CustomerGone(_Command, frozen=True):
    """The customer has hung up; an open offer is withdrawn in the same step, the agent's status stays."""

    item: str


class Accept(_Command, frozen=True):
    """The agent takes the offer; refused with ``stale_reservation`` unless it is the open one."""

    reservation: str
    agent: str


class Decline(_Command, frozen=True):
    """The agent does not take the offer."""

    reservation: str
    agent: str


class DeliveryFailed(_Command, frozen=True):
    """The agent's device could not be reached: item back with its key, agent NOT_RESPONDING."""

    reservation: str


class UnitChanged(_Command, frozen=True):
    """An accepted item's unit: ``unit`` = connected, held, resumed, interrupted, acw or released (end of after-call work)."""

    item: str
    agent: str
    unit: str


class SetStatus(_Command, frozen=True):
    """The agent goes on or off queue: ``status`` = on_queue or off_queue; also the way out of NOT_RESPONDING."""

    agent: str
    status: str


class Heartbeat(_Command, frozen=True):
    """The agent's desk is there."""

    agent: str


class NonAcd(_Command, frozen=True):
    """A conversation that routing did not assign begins (+1) or ends (-1) at the agent."""

    agent: str
    media: str
    change: int


class Assign(_Command, frozen=True):
    """A supervisor gives the item to an agent (routing.md §19)."""

    item: str
    agent: str
    by: str


class Pull(_Command, frozen=True):
    """An agent takes a waiting item (routing.md §19)."""

    item: str
    agent: str


class Configure(_Command, frozen=True):
    """Replace the organisation as routing sees it; plain values as ``routing.configuration`` builds them."""

    configuration: Mapping[str, Any]


class Tick(_Command, frozen=True):
    """Time has passed: fire what is due."""


class Accepted(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """The command was carried out; ``data`` is what it asked for (position, enqueued_at, reservation ...)."""

    data: Mapping[str, Any] = {}


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The command was not carried out: ``code`` = unknown_queue, unknown_skill, unknown_agent, duplicate, closed, not_waiting,
    stale_reservation, no_capacity, sensitive, unavailable ... and why in words.
    """

    code: str
    message: str


Answer: TypeAlias = Accepted | Refused


class _Event(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, kw_only=True):
    command_id: str = ""


class ItemEnqueued(_Event, frozen=True):
    """The item waits; ``at`` is its ``enqueued_at``."""

    item: str
    queue: str
    media: str
    at: int
    seq: int
    requirement: Requirement
    priority: int
    label: str | None = None
    alert: Mapping[str, Any] = {}
    customer: str | None = None


class ItemReserved(_Event, frozen=True):
    """An offer: one item to one agent until ``deadline``.

    ``explain`` says why this agent (routing.md §22).
    """

    reservation: str
    item: str
    agent: str
    queue: str
    deadline: int
    method: str
    alert: Mapping[str, Any] = {}
    explain: Mapping[str, Any] = {}


class OfferAccepted(_Event, frozen=True):
    """The offer was taken."""

    reservation: str
    item: str
    agent: str


class OfferDeclined(_Event, frozen=True):
    """The agent said no; the item waits on at its place, the agent is NOT_RESPONDING."""

    reservation: str
    item: str
    agent: str


class OfferTimedOut(_Event, frozen=True):
    """The alerting time is over; as declined."""

    reservation: str
    item: str
    agent: str


class OfferWithdrawn(_Event, frozen=True):
    """The offer is void without anybody's fault: ``reason`` = customer_gone, cancelled, off_queue, patched, desk_lost,
    delivery_failed."""

    reservation: str
    item: str
    agent: str
    reason: str


class ItemLeft(_Event, frozen=True):
    """The item waits no longer: ``reason`` = answered, abandoned, transferred, flow_out, callback, cancelled, expired."""

    item: str
    queue: str
    reason: str


class AgentStatusChanged(_Event, frozen=True):
    """Routing status: OFF_QUEUE, IDLE, INTERACTING, NOT_RESPONDING or COMMUNICATING, and since when."""

    agent: str
    status: str
    since: int
