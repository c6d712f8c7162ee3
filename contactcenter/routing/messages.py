"""What routing is asked and what it tells (routing.md §28.6, §30).

Commands carry a ``command_id``; the same id again gives the same answer. Events are what the core decides;
they are journalled on ``routing/<shard>`` and everything that others do follows from a durable event. Ids are
UUID texts, times UTC milliseconds. Skills, languages, queues and agents are named by id.

They are plain values that cannot refer to themselves, so the collector need not look at them (``gc=False``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

HIGHEST_SCORE = 100
"""What the best of an item's preferred agents may have; the lowest score is 0."""

OWNED_CALLBACK = "AGENT_OWNED_CALLBACK"
"""The flag of a callback that belongs to one agent for a while (routing.md §7)."""

MOST_DAYS_AHEAD = 30
"""How far ahead an item may be scheduled, where its queue says nothing else."""


class Requirement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What an item asks of an agent: skills in the order of the flow, a language, an expression instead of
    both."""

    skills: tuple[str, ...] = ()
    language: str | None = None
    expression: str | None = None
    preferred: tuple[tuple[str, int], ...] = ()
    """(agent, score 0..``HIGHEST_SCORE``)"""

    direct: str | None = None
    flags: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """The skills, and the language after them."""
        return (*self.skills, self.language) if self.language else self.skills


class _Command(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, kw_only=True, gc=False):
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
    waited_since: int | None = None
    """The ``enqueued_at`` of the queue that the item was in before; it counts where ``keep_wait_on_queue_change``."""

    not_before: int | None = None
    """A scheduled callback enters the queue then, and that is its ``enqueued_at``."""


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
    """An accepted item's unit: ``unit`` = connected, held, resumed, interrupted, acw or released.

    ``released`` is the end of after-call work, or of the interaction when there is none.
    """

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


class JoinQueue(_Command, frozen=True):
    """The agent takes part in a queue; kept until the next ``Configure``."""

    agent: str
    queue: str
    ring: int = 1


class LeaveQueue(_Command, frozen=True):
    """The agent takes no part in a queue any more; open offers go on."""

    agent: str
    queue: str


class SetSkills(_Command, frozen=True):
    """The agent's skills and languages with their proficiency 0.0..5.0, all of them; kept until the next
    ``Configure``."""

    agent: str
    skills: Mapping[str, float]


class DeskLost(_Command, frozen=True):
    """Nothing has been heard of the agent's desk for ``agent_heartbeat_s``."""

    agent: str


class Scores(_Command, frozen=True):
    """The predictive scorer's answer for an item: agent to score 0..100; empty when it failed."""

    item: str
    scores: Mapping[str, int] = {}


class Metrics(_Command, frozen=True):
    """Figures of queues that conditional routing may read (§8): queue to metric to value, missing ones have none.

    Metrics: EstimatedWaitTime (seconds), ServiceLevel (percent), IdleAgentCount.
    """

    values: Mapping[str, Mapping[str, float]]


class Configure(_Command, frozen=True):
    """Replace the organisation as routing sees it; plain values as ``routing.configuration`` builds them."""

    configuration: Mapping[str, Any]


class Tick(_Command, frozen=True):
    """Time has passed: fire what is due."""


Command: TypeAlias = (
    Enqueue
    | PatchRouting
    | Cancel
    | CustomerGone
    | Accept
    | Decline
    | DeliveryFailed
    | UnitChanged
    | SetStatus
    | Heartbeat
    | NonAcd
    | Assign
    | Pull
    | JoinQueue
    | LeaveQueue
    | SetSkills
    | DeskLost
    | Scores
    | Metrics
    | Configure
    | Tick
)


class Accepted(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, gc=False):
    """The command was carried out; ``data`` is what it asked for (position, enqueued_at, reservation ...)."""

    data: Mapping[str, Any] = {}


class Refused(msgspec.Struct, frozen=True, tag=True):
    """The command was not carried out, and why in words.

    ``code`` = unknown_queue, unknown_skill, unknown_label, unknown_agent, unknown_media, unknown_status, unknown_unit,
    bad_expression, bad_priority, bad_proficiency, bad_ring, bad_schedule, bad_score, bad_command, bad_configuration,
    too_many_skills, duplicate, closed, not_waiting, stale_reservation, not_on_queue, not_allowed, no_capacity,
    agent_in_two_shards, not_owner, internal, unavailable.
    """

    code: str
    message: str


Answer: TypeAlias = Accepted | Refused


class _Event(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, kw_only=True, gc=False):
    command_id: str = ""
    answer: Mapping[str, Any] | None = None
    """On the last event of a command: what it was answered, kept for its repetitions."""


class Stage(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The step of a routing method that a waiting item is in (routing.md §5): who may be offered it, until when.

    ``agents`` or ``groups`` restrict the candidates, ``ring`` is the outermost bullseye ring that may; ``skills``
    tells whether the requirement counts, ``expression`` what is asked in its place, ``members`` whether only the
    queue's members do. ``rule`` is the planner in ``stages`` that made it, ``method`` the vendor's word for it.
    """

    method: str = "Standard"
    rule: str = "group"
    step: int = 0
    until: int | None = None
    agents: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    ring: int | None = None
    skills: bool = True
    members: bool = True
    expression: str | None = None


class ItemEnqueued(_Event, frozen=True):
    """The item waits; ``at`` is its ``enqueued_at``.

    A scheduled one has no ``stage`` yet, and in old journals ``StageEntered`` follows.
    """

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
    not_before: int | None = None
    """Set for a scheduled item, which is not in the queue before ``ItemDue``."""

    stage: Stage | None = None


class ItemDue(_Event, frozen=True):
    """A scheduled item's time has come: it waits from now on."""

    item: str


class StageEntered(_Event, frozen=True):
    """The item has gone on to another step; ``removed`` are skills that no longer count, ``why`` the earlier step's
    end."""

    item: str
    stage: Stage
    removed: tuple[str, ...] = ()
    why: str = ""


class RoutingPatched(_Event, frozen=True):
    """A waiting item asks for something else now; the whole of it."""

    item: str
    requirement: Requirement
    priority: int
    label: str | None = None


class ItemMoved(_Event, frozen=True):
    """The item waits in another queue (direct routing's backup), since ``at``."""

    item: str
    queue: str
    at: int
    seq: int
    requirement: Requirement


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
    media: str = "call"
    label: str | None = None
    auto_answer: bool = False
    alert: Mapping[str, Any] = {}
    explain: Mapping[str, Any] = {}


class OfferAccepted(_Event, frozen=True):
    """The offer was taken, and the item waits no longer in ``queue``; in old journals ``ItemLeft`` says so.

    ``status`` is the agent's routing status from now on, where it is another.
    """

    reservation: str
    item: str
    agent: str
    queue: str | None = None
    status: str | None = None


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


class ItemBroughtForward(_Event, frozen=True):
    """The item has waited for ``max_wait_s``: from now on it comes before all that have not (routing.md §3)."""

    item: str


class ItemLeft(_Event, frozen=True):
    """The item waits no longer.

    ``reason`` = abandoned, transferred, flow_out, callback, cancelled, expired or queue_deleted; answered in old
    journals only.
    """

    item: str
    queue: str
    reason: str


class AgentStatusChanged(_Event, frozen=True):
    """Routing status: OFF_QUEUE, IDLE, INTERACTING, NOT_RESPONDING or COMMUNICATING, and since when."""

    agent: str
    status: str
    since: int


class IdleForgotten(_Event, frozen=True):
    """These agents have handled nothing within the look-back: as if they never had (routing.md §4)."""

    agents: tuple[str, ...] = ()


class UnitMoved(_Event, frozen=True):
    """An agent's unit has another state; see ``UnitChanged``.

    ``status`` is the agent's routing status from now on, where it is another.
    """

    reservation: str
    item: str
    agent: str
    unit: str
    status: str | None = None


TellsStatus: TypeAlias = AgentStatusChanged | OfferAccepted | UnitMoved
"""Events with a routing status, or None where it has not changed with them."""


class NonAcdChanged(_Event, frozen=True):
    """The agent has so many conversations of a medium that routing did not assign."""

    agent: str
    media: str
    count: int


class ExclusionsEnded(_Event, frozen=True):
    """Agents whom the item excluded for a while after an offer that was not taken may be offered it again."""

    item: str


class AgentJoinedQueue(_Event, frozen=True):
    """The agent takes part in a queue."""

    agent: str
    queue: str
    ring: int = 1


class AgentLeftQueue(_Event, frozen=True):
    """The agent takes no part in a queue any more."""

    agent: str
    queue: str


class AgentSkillsChanged(_Event, frozen=True):
    """The agent's skills and languages, proficiency in hundredths."""

    agent: str
    skills: Mapping[str, int]


class ConfigChanged(_Event, frozen=True):
    """The organisation as routing sees it, in its plain form."""

    configuration: Mapping[str, Any]


class GroupActivated(_Event, frozen=True):
    """Conditional group activation lets a group of a queue take part."""

    queue: str
    group: str


class GroupDeactivated(_Event, frozen=True):
    """Conditional group activation keeps a group of a queue out; open offers go on."""

    queue: str
    group: str


class MetricsSampled(_Event, frozen=True):
    """The figures that conditions are decided by."""

    values: Mapping[str, Mapping[str, float]]


class ScoresReceived(_Event, frozen=True):
    """What the predictive scorer said about an item."""

    item: str
    scores: Mapping[str, int]


class Answered(_Event, frozen=True):
    """As ``answer`` of the event before; in old journals only."""

    data: Mapping[str, Any] = {}


Event: TypeAlias = (
    ItemEnqueued
    | ItemDue
    | StageEntered
    | RoutingPatched
    | ItemMoved
    | ItemReserved
    | OfferAccepted
    | OfferDeclined
    | OfferTimedOut
    | OfferWithdrawn
    | ItemBroughtForward
    | ItemLeft
    | AgentStatusChanged
    | IdleForgotten
    | UnitMoved
    | NonAcdChanged
    | ExclusionsEnded
    | AgentJoinedQueue
    | AgentLeftQueue
    | AgentSkillsChanged
    | ConfigChanged
    | GroupActivated
    | GroupDeactivated
    | MetricsSampled
    | ScoresReceived
    | Answered
)
