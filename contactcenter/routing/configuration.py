"""The organisation as routing sees it: the vendor's JSON, read into typed values (routing.md §2, §10, §29).

The plain form, which ``Configure`` carries and the journal keeps word for word:

``{"queues": [...], "agents": [...], "skills": [{"id", "name"}], "languages": [...], "labels": [...],
"groups": [{"id", "members"}], "skillGroups": [...], "utilization": {...}, "knobs": {...}}``

A queue is the vendor's queue object with ``members`` (``{"id", "ringNumber", "joined"}``) and an optional block
``x-callwright`` of knobs. An agent is ``{"id", "name", "skills": [{"id", "proficiency", "state"}], "languages",
"groups": [id], "utilization", "directRoutingBackup"}``. Unknown fields are ignored here and stay in the plain form.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec

from contactcenter.organisation import Knobs

DEFAULT_ALERTING_S = {"call": 8, "callback": 30, "chat": 30, "email": 300, "message": 30, "workitem": 30}
"""Alerting timeout of a medium whose queue says nothing (routing.md §12)."""

DEFAULT_CAPACITY = {"call": 1, "callback": 1, "chat": 4, "email": 1, "message": 1, "workitem": 1}
"""Units of a medium that an agent may have (routing.md §10)."""

BAD_CONFIGURATION = (msgspec.ValidationError, ValueError, KeyError, TypeError)
"""What reading a plain configuration raises when it has not the shape told above."""


class _Vendor(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, kw_only=True):
    pass


class Reference(_Vendor, frozen=True):
    """A thing named by id."""

    id: str
    name: str | None = None


class ServiceLevel(_Vendor, frozen=True):
    """So many (0..1) answered within so many milliseconds."""

    percentage: float = 0.8
    duration_ms: int = 20_000


class MediaSettings(_Vendor, frozen=True):
    """How a queue handles one medium; the last four belong to callbacks (§15)."""

    enable_auto_answer: bool | None = False
    alerting_timeout_seconds: float | None = None
    service_level: ServiceLevel | None = None
    mode: str | None = None
    pacing_modifier: float | None = None
    max_retry_count: int | None = None
    retry_delay_seconds: float | None = None


NOTHING_SET = MediaSettings()


class Expansion(_Vendor, frozen=True):
    """When a ring ends."""

    type: str
    threshold: float


class RingActions(_Vendor, frozen=True):
    """What happens on leaving a ring."""

    skills_to_remove: tuple[Reference, ...] | None = None


class Ring(_Vendor, frozen=True):
    """A bullseye ring (§6)."""

    expansion_criteria: tuple[Expansion, ...] | None = None
    actions: RingActions | None = None
    member_groups: tuple[Reference, ...] | None = None

    @property
    def ends_after_ms(self) -> int | None:
        """How long an item stays; None is for ever."""
        for criterion in self.expansion_criteria or ():
            if criterion.type == "TIMEOUT_SECONDS":
                return round(criterion.threshold * 1000)
        return None

    @property
    def removes(self) -> tuple[str, ...]:
        """Skills and languages that no longer count in the next ring."""
        return tuple(skill.id for skill in (self.actions and self.actions.skills_to_remove) or ())


class Bullseye(_Vendor, frozen=True):
    """Rings from the inside out."""

    rings: tuple[Ring, ...] = ()


class PreferredRule(_Vendor, frozen=True):
    """A step of preferred-agent routing (§7)."""

    operator: str = "ANY"
    threshold: float | None = None
    wait_seconds: float = 0

    def admits(self, score: int) -> bool:
        """Whether an agent with this score belongs to the step."""
        return self.operator == "ANY" or score >= (self.threshold or 0)


class ConditionalRule(_Vendor, frozen=True):
    """A step of conditional group routing (§8)."""

    metric: str
    operator: str
    condition_value: float
    queue: Reference | None = None
    groups: tuple[Reference, ...] | None = None
    wait_seconds: float = 0


class ConditionalGroups(_Vendor, frozen=True):
    """Conditional group routing."""

    rules: tuple[ConditionalRule, ...] = ()


class SimpleMetric(_Vendor, frozen=True):
    """A figure of a queue, of this one without ``queue_id``."""

    metric: str
    queue_id: str | None = None


class Condition(_Vendor, frozen=True):
    """A figure compared with a value."""

    simple_metric: SimpleMetric
    operator: str
    value: float


class ActivationRule(_Vendor, frozen=True):
    """Conditions, how they combine (``1 AND (2 OR 3)``), and the groups that follow."""

    conditions: tuple[Condition, ...] | None = None
    condition_expression: str | None = None
    groups: tuple[Reference, ...] | None = None


class GroupActivation(_Vendor, frozen=True):
    """Conditional group activation (§8)."""

    pilot_rule: ActivationRule | None = None
    rules: tuple[ActivationRule, ...] | None = None


class AgentOwned(_Vendor, frozen=True):
    """Callbacks that belong to one agent for a while."""

    enable_agent_owned_callbacks: bool | None = False
    max_owned_callback_hours: int | None = None
    max_owned_callback_delay_hours: int | None = None


class DirectRouting(_Vendor, frozen=True):
    """Waiting for one agent, and where to go then; also an agent's own backup settings."""

    backup_queue_id: str | None = None
    queue_id: str | None = None
    user_id: str | None = None
    wait_for_agent: bool | None = False
    agent_wait_seconds: float | None = None


class Predictive(_Vendor, frozen=True):
    """A scorer is asked, and its best agents come first (§9)."""

    respect_skills: bool = True
    timeout_seconds: float = 60


class Member(_Vendor, frozen=True):
    """An agent in a queue."""

    id: str
    ring_number: int | None = None
    joined: bool | None = True


class Queue(_Vendor, frozen=True, dict=True):
    """A queue in the vendor's fields; which routing method runs follows from the blocks that are set (§5)."""

    id: str
    name: str = ""
    media_settings: Mapping[str, MediaSettings | None] | None = None
    routing_rules: tuple[PreferredRule, ...] | None = None
    bullseye: Bullseye | None = None
    conditional_group_routing: ConditionalGroups | None = None
    conditional_group_activation: GroupActivation | None = None
    predictive_routing: Predictive | None = None
    scoring_method: str | None = None
    skill_evaluation_method: str | None = None
    last_agent_routing_mode: str | None = None
    member_groups: tuple[Reference, ...] | None = None
    enable_manual_assignment: bool | None = False
    agent_owned_routing: AgentOwned | None = None
    direct_routing: DirectRouting | None = None
    members: tuple[Member, ...] = ()
    extension: Mapping[str, Any] = msgspec.field(default_factory=dict, name="x-callwright")  # knobs of any type
    knobs: Knobs = Knobs()

    @cached_property
    def priority_only(self) -> bool:
        """Whether waiting counts for nothing but a tie."""
        return self.scoring_method == "PriorityOnly"

    @cached_property
    def evaluation(self) -> str:
        """ALL, BEST or NONE."""
        return self.skill_evaluation_method or "ALL"

    @cached_property
    def rings(self) -> tuple[Ring, ...]:
        """Bullseye rings, none without bullseye."""
        return self.bullseye.rings if self.bullseye else ()

    @cached_property
    def plain(self) -> bool:
        """Whether any member may have at once what asks for nobody by name: no prediction, steps, groups or rings."""
        remembers = (self.last_agent_routing_mode or "Disabled") != "Disabled"
        stepwise = self.predictive_routing or self.conditional_group_routing or self.rings or self.knobs.steps
        return not (remembers or stepwise)

    def media(self, medium: str) -> MediaSettings:
        """Settings of a medium."""
        return (self.media_settings or {}).get(medium) or NOTHING_SET

    def offer(self, medium: str) -> tuple[int, bool]:
        """How long an offer of this medium alerts (ms), and whether the queue has it answered by itself."""
        known = self._offers.get(medium)
        if known is None:
            settings = self.media(medium)
            seconds = settings.alerting_timeout_seconds
            alerting_ms = round((DEFAULT_ALERTING_S.get(medium, 30) if seconds is None else seconds) * 1000)
            known = self._offers[medium] = alerting_ms, bool(settings.enable_auto_answer)
        return known

    @cached_property
    def _offers(self) -> dict[str, tuple[int, bool]]:
        return {}


class MediaUtilization(_Vendor, frozen=True):
    """Units of one medium; ``interruptable_media_types`` are those that may be alerted on top of it."""

    maximum_capacity: int = 1
    interruptable_media_types: tuple[str, ...] | None = None
    include_non_acd: bool | None = True


class LabelUtilization(_Vendor, frozen=True):
    """Units with one label; ``interrupting_label_ids`` may be alerted on top of them."""

    maximum_capacity: int = 25
    interrupting_label_ids: tuple[str, ...] | None = None


class Utilization(_Vendor, frozen=True):
    """How much an agent may have at once (§10)."""

    utilization: Mapping[str, MediaUtilization] | None = None
    label_utilizations: Mapping[str, LabelUtilization] | None = None
    max_inbound_calls: int | None = None

    def of(self, medium: str) -> MediaUtilization:
        """The limits of a medium."""
        found = (self.utilization or {}).get(medium)
        return found or MediaUtilization(maximum_capacity=DEFAULT_CAPACITY.get(medium, 1))


class HeldSkill(_Vendor, frozen=True):
    """A skill or language that an agent has; only active ones count, also at proficiency 0."""

    id: str
    proficiency: float | None = 0.0
    state: str | None = "active"


class Agent(_Vendor, frozen=True):
    """Somebody who may be offered work."""

    id: str
    name: str = ""
    skills: tuple[HeldSkill, ...] | None = None
    languages: tuple[HeldSkill, ...] | None = None
    groups: tuple[str, ...] | None = None
    utilization: Utilization | None = None
    acd_auto_answer: bool | None = False
    direct_routing_backup: DirectRouting | None = None

    def held(self) -> dict[str, int]:
        """Active skills and languages with their proficiency in hundredths."""
        both = (*(self.skills or ()), *(self.languages or ()))
        return {sys.intern(one.id): round((one.proficiency or 0) * 100) for one in both if one.state == "active"}


class Group(_Vendor, frozen=True):
    """A group or team by its members."""

    id: str
    members: tuple[str, ...] = ()


class SkillCondition(_Vendor, frozen=True):
    """A comparison of a held skill's proficiency; false when it is not held."""

    routing_skill: Reference | None = None
    language_skill: Reference | None = None
    comparator: str = "GreaterThanOrEqualTo"
    proficiency: float = 0
    child_conditions: tuple[SkillGroupCondition, ...] | None = None


class SkillGroupCondition(_Vendor, frozen=True):
    """Conditions joined by ``And``, ``Or`` or ``Not`` (none of them)."""

    routing_skill_conditions: tuple[SkillCondition, ...] | None = None
    language_skill_conditions: tuple[SkillCondition, ...] | None = None
    operation: str = "And"


class SkillGroup(_Vendor, frozen=True):
    """A group whose members follow from their skills."""

    id: str
    skill_conditions: tuple[SkillGroupCondition, ...] | None = None


class Configuration(_Vendor, frozen=True):
    """Everything that routing knows about the organisation; see the module's head for the plain form."""

    queues: tuple[Queue, ...] = ()
    agents: tuple[Agent, ...] = ()
    skills: tuple[Reference, ...] = ()
    languages: tuple[Reference, ...] = ()
    labels: tuple[Reference, ...] = ()
    groups: tuple[Group, ...] = ()
    skill_groups: tuple[SkillGroup, ...] = ()
    utilization: Utilization = Utilization()
    knobs: Mapping[str, Any] = {}  # of any type; ``Knobs`` checks them


def read_configuration(plain: Mapping[str, Any]) -> Configuration:
    """The typed form of a plain configuration; raises one of ``BAD_CONFIGURATION`` when it has another shape."""
    read = msgspec.convert(plain, Configuration, strict=False)
    knobs = dict(read.knobs)
    queues = tuple(
        msgspec.structs.replace(queue, knobs=msgspec.convert({**knobs, **queue.extension}, Knobs, strict=False))
        for queue in read.queues
    )
    return msgspec.structs.replace(read, queues=queues)
