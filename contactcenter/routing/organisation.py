"""The configuration made ready for decisions: by id, with memberships, limits and names resolved."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from contactcenter.organisation import Knobs
from contactcenter.organisation.expressions import Tree, read_numbered
from contactcenter.routing.configuration import (
    Agent,
    Configuration,
    GroupActivation,
    MediaUtilization,
    Queue,
    Reference,
    Utilization,
    read_configuration,
)
from contactcenter.routing.skills import Holds, in_skill_group, read_skill_expression
from contactcenter.routing.state import MEDIA

OUTERMOST = 99
"""A ring number beyond all rings: every member is inside of it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an agent may have at once; ``media`` by medium, ``roomy`` media that fit when there is nothing else.

    ``rooms`` keeps what fits beside a load, once that has been worked out (capacity.py).
    """

    media: Mapping[str, MediaUtilization]
    utilization: Utilization
    roomy: frozenset[str]
    above: Mapping[str, frozenset[str]]
    rooms: dict[tuple[tuple[str, int], ...], frozenset[str]] = field(default_factory=dict, compare=False)

    def on_top_of(self, medium: str) -> frozenset[str]:
        """Media that may be alerted while one of ``medium`` runs, itself included."""
        return self.above.get(medium, frozenset())

    def takes(self, medium: str, running: int) -> bool:
        """Whether one more fits beside ``running`` of the same medium."""
        limit = self.media.get(medium)
        if limit is None or running >= limit.maximum_capacity:
            return False
        most = self.utilization.max_inbound_calls
        return medium != "call" or most is None or running < most


@dataclass(slots=True)
class Organisation:
    """Look-ups over one configuration."""

    configuration: Configuration
    knobs: Knobs
    queues: dict[str, Queue]
    agents: dict[str, Agent]
    groups: dict[str, frozenset[str]]
    limits: dict[str, Limits]
    skills: dict[str, str]
    languages: dict[str, str]
    labels: dict[str, str]
    auto_answering: frozenset[str]
    """Agents who take every offer without a click."""

    _expressions: dict[str, Tree[Holds]] = field(default_factory=dict)

    def skill_id(self, name: str) -> str | None:
        """A skill, else a language, by id or by name without regard to case."""
        return self.skills.get(name) or self.skills.get(name.casefold())

    def language_id(self, name: str) -> str | None:
        """A language, else a skill, by id or by name without regard to case."""
        return self.languages.get(name) or self.languages.get(name.casefold())

    def label_id(self, name: str) -> str | None:
        """A utilisation label by id or by name without regard to case."""
        return self.labels.get(name) or self.labels.get(name.casefold())

    def expression(self, text: str) -> Tree[Holds]:
        """A skill expression, read once; raises ``BadExpression``."""
        if text not in self._expressions:
            self._expressions[text] = read_skill_expression(text, self.skill_id)
        return self._expressions[text]

    def members(self, queue: Queue, on: frozenset[str]) -> dict[str, int]:
        """Joined members with their ring; groups under conditional activation only while they are ``on``."""
        switched = activated_groups(queue.conditional_group_activation)
        named = {group.id for group in queue.member_groups or ()} - switched | (switched & on)
        if queue.conditional_group_routing:
            named |= {g.id for rule in queue.conditional_group_routing.rules for g in rule.groups or ()} - switched
        ring_of_group: dict[str, int] = {}
        for number, ring in enumerate(queue.rings, 1):
            for group in ring.member_groups or ():
                ring_of_group.setdefault(group.id, number)
                named.add(group.id)
        rings: dict[str, int] = {}
        for group_id, number in sorted(ring_of_group.items(), key=lambda pair: (pair[1], pair[0])):
            for agent in self.groups.get(group_id, ()):
                rings.setdefault(agent, number)
        found = {agent: rings.get(agent, 1) for group_id in named for agent in self.groups.get(group_id, ())}
        for member in queue.members:
            if member.joined is False:
                found.pop(member.id, None)
            elif member.ring_number is None:
                found[member.id] = rings.get(member.id, 1)
            else:
                found[member.id] = min(member.ring_number, rings.get(member.id, OUTERMOST))
        return {agent: ring for agent, ring in found.items() if agent in self.agents}


def build(plain: Mapping[str, Any]) -> Organisation:
    """The organisation of a plain configuration; raises one of ``BAD_CONFIGURATION``."""
    configuration = read_configuration(plain)
    for queue in configuration.queues:
        _check_activation(queue.conditional_group_activation)
    agents = {agent.id: agent for agent in configuration.agents}
    groups = {group.id: set(group.members) for group in configuration.groups}
    for agent in configuration.agents:
        held = agent.held()
        for group in agent.groups or ():
            groups.setdefault(group, set()).add(agent.id)
        for skill_group in configuration.skill_groups:
            conditions = skill_group.skill_conditions or ()
            if conditions and all(in_skill_group(condition, held) for condition in conditions):
                groups.setdefault(skill_group.id, set()).add(agent.id)
    organisation = Organisation(
        configuration=configuration,
        knobs=msgspec.convert(dict(configuration.knobs), Knobs, strict=False),
        queues={sys.intern(queue.id): queue for queue in configuration.queues},
        agents=agents,
        groups={group: frozenset(members) for group, members in groups.items()},
        limits=_all_limits(configuration),
        skills=_names(configuration.skills, configuration.languages),
        languages=_names(configuration.languages, configuration.skills),
        labels=_names(configuration.labels, _limited_labels(configuration)),
        auto_answering=frozenset(agent.id for agent in configuration.agents if agent.acd_auto_answer),
    )
    for queue in configuration.queues:
        for step in queue.knobs.steps:
            if step.expression is not None:
                organisation.expression(step.expression)  # read now, so that it is refused now
    return organisation


def _limited_labels(configuration: Configuration) -> list[Reference]:
    """Labels that somebody's limits name."""
    utilizations = (configuration.utilization, *(agent.utilization for agent in configuration.agents))
    return [Reference(id=label) for one in utilizations if one for label in one.label_utilizations or ()]


def _check_activation(activation: GroupActivation | None) -> None:
    if activation is None:
        return
    for rule in (*(activation.rules or ()), *((activation.pilot_rule,) if activation.pilot_rule else ())):
        read_numbered(rule.condition_expression or "", len(rule.conditions or ()))


def activated_groups(activation: GroupActivation | None) -> set[str]:
    """Groups that some activation rule names."""
    rules = (activation.rules if activation else None) or ()
    return {group.id for rule in rules for group in rule.groups or ()}


def _names(*kinds: Iterable[Reference]) -> dict[str, str]:
    """Ids, and names without regard to case, of the first kind before the second."""
    names: dict[str, str] = {}
    for kind in kinds:
        for reference in kind:
            names.setdefault((reference.name or reference.id).casefold(), sys.intern(reference.id))
    return names | {reference.id: sys.intern(reference.id) for kind in kinds for reference in kind}


def _all_limits(configuration: Configuration) -> dict[str, Limits]:
    common = _limits(configuration.utilization)
    return {
        agent.id: common if agent.utilization in (None, Utilization()) else _limits(agent.utilization or Utilization())
        for agent in configuration.agents
    }


def _limits(utilization: Utilization) -> Limits:
    media = {medium: utilization.of(medium) for medium in MEDIA}
    roomy = frozenset(medium for medium, limit in media.items() if limit.maximum_capacity > 0)
    if utilization.max_inbound_calls == 0:
        roomy -= {"call"}
    above = {medium: frozenset({medium, *(limit.interruptable_media_types or ())}) for medium, limit in media.items()}
    return Limits(media, utilization, roomy, above)
