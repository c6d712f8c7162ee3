"""The traffic file: who calls how often, who works when, and which queues lie between them (docs/routing.md)."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from contactcenter.organisation.knobs import check_knobs
from contactcenter.organisation.queues import MEDIA, read_words
from contactcenter.organisation.reading import Names
from contactcenter.organisation.reading import Reader as Settings
from contactcenter.organisation.routing_limits import check_limits, check_media_units
from contactcenter.organisation.routing_rules import check_queue, check_utilization
from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Severity, Source, did_you_mean, finding, plain, read_yaml
from simulator.script import duration_ms

FILE_KEYS = (
    *("schema", "seed", "duration", "warm_up", "batches", "confidence"),
    *("queues", "agents", "calls", "skills", "knobs"),
)
TEAM_KEYS = ("name", "count", "queues", "skills", "shifts", "answer_after", "utilization")
CALL_KEYS = (
    *("name", "queue", "per_hour", "handle", "patience", "wrap_up"),
    *("skills", "language", "priority", "media"),
)
DRAW_KEYS = ("mean", "deviation", "shape")
SHAPES = ("exponential", "lognormal", "fixed")
HOUR_MS = 3_600_000
STOPPING = ("unknown-key", "unknown-queue")
"""Findings that are warnings elsewhere; here the figures would be those of another day."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A random time: its mean and deviation in ms, and its shape."""

    mean: float
    shape: str = "exponential"
    deviation: float = 0.0

    def take(self, source: random.Random) -> int:
        """One value, in whole ms."""
        if self.shape == "fixed":
            return round(self.mean)
        if self.shape == "exponential":
            return round(source.expovariate(1 / self.mean))
        variance = math.log(1 + (self.deviation / self.mean) ** 2)
        return round(source.lognormvariate(math.log(self.mean) - variance / 2, math.sqrt(variance)))


@dataclass(frozen=True, slots=True)
class Team:
    """Agents alike: ``shifts`` are (from, to) in ms since the start, none means always."""

    name: str
    count: int
    queues: tuple[str, ...]
    skills: Mapping[str, float] = field(default_factory=dict)
    shifts: tuple[tuple[int, int], ...] = ()
    answer_after: Draw | None = None
    utilization: Mapping[str, Any] | None = None  # the vendor's JSON, read by routing

    def members(self) -> list[str]:
        """The agents' ids."""
        return [f"{self.name} {number}" for number in range(1, self.count + 1)]


@dataclass(frozen=True, slots=True)
class Calls:
    """A stream of arrivals: ``rates`` are (until, per hour) in ms since the start."""

    name: str
    queue: str
    rates: tuple[tuple[int, float], ...]
    handle: Draw
    patience: Draw | None = None
    wrap_up: Draw | None = None
    skills: tuple[str, ...] = ()
    language: str | None = None
    priority: int = 0
    media: str = "call"

    def rate(self, at: int) -> float:
        """Arrivals per ms at a time."""
        return next((per_hour for until, per_hour in self.rates if at < until), 0.0) / HOUR_MS


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole traffic file; times in ms."""

    queues: tuple[Mapping[str, Any], ...]  # the vendor's JSON, read by routing
    teams: tuple[Team, ...]
    calls: tuple[Calls, ...]
    duration: int
    warm_up: int = 0
    seed: int = 1
    batches: int = 20
    confidence: float = 0.99
    knobs: Mapping[str, Any] = field(default_factory=dict)  # as ``routing.configuration.Knobs``

    def configuration(self) -> dict[str, Any]:
        """The organisation as ``Configure`` carries it: ids are names."""
        skills = {skill for team in self.teams for skill in team.skills} | {
            skill for calls in self.calls for skill in (*calls.skills, *((calls.language,) if calls.language else ()))
        }
        members: dict[str, list[str]] = {}
        for team in self.teams:
            for queue in team.queues:
                members.setdefault(queue, []).extend(team.members())
        return {
            "skills": [{"id": skill, "name": skill} for skill in sorted(skills)],
            "agents": [
                {
                    "id": agent,
                    "name": agent,
                    "skills": [{"id": skill, "proficiency": level} for skill, level in team.skills.items()],
                    **({"utilization": team.utilization} if team.utilization else {}),
                }
                for team in self.teams
                for agent in team.members()
            ],
            "queues": [
                {**queue, "id": queue["name"], "members": [{"id": agent} for agent in members.get(queue["name"], ())]}
                for queue in self.queues
            ],
            "knobs": dict(self.knobs),
        }


def read_plan(source: Source) -> tuple[Plan | None, list[Diagnostic]]:
    """A traffic file, and what is wrong with it; no plan where there is an error."""
    tree, findings = read_yaml(source, {})
    if tree is None:
        return None, findings
    reader = _Reader(findings)
    if not isinstance(tree, Map):
        reader.report("wrong-kind", "a traffic file is a mapping with queues, agents and calls", tree)
        return None, findings
    plan = reader.file(tree)
    wrong = any(found.severity is Severity.ERROR or found.code in STOPPING for found in findings)
    return (None if wrong else plan), findings


@dataclass(frozen=True, slots=True)
class _Reader:
    findings: list[Diagnostic]

    def report(self, code: str, message: str, node: Node, remedy: str | None = None) -> None:
        self.findings.append(finding(code, message, node.span, help=remedy))

    def file(self, tree: Map) -> Plan:
        self.known(tree, FILE_KEYS, "a traffic file")
        nodes = self.maps(tree, "queues")
        queues = tuple(_mapping(node) for node in nodes)
        names = [queue.get("name") for queue in queues]
        for node, name in zip(nodes, names, strict=True):
            if not isinstance(name, str):
                self.report("missing-parameter", 'a queue has a "name"', node)
        duration, staff = self.ms(tree, "duration", 8 * HOUR_MS), self.maps(tree, "agents")
        self.routing(tree, nodes, staff)
        teams = tuple(self.team(item, number, names) for number, item in enumerate(staff, 1))
        held = {skill for team in teams for skill in team.skills}
        return Plan(
            queues=queues,
            teams=teams,
            calls=tuple(self.calls(item, names, held, duration) for item in self.maps(tree, "calls")),
            duration=duration,
            warm_up=self.ms(tree, "warm_up", 0),
            seed=int(self.number(tree, "seed", 1)),
            batches=max(2, int(self.number(tree, "batches", 20))),
            confidence=self.within(tree, "confidence", 0.99, 0.5, 0.9999),
            knobs=_mapping(tree.get("knobs")),
        )

    def routing(self, tree: Map, queues: Sequence[Map], teams: Sequence[Map]) -> None:
        """What is the vendor's or the routing's, held against what the organisation's file may say."""
        settings = Settings(Names())
        for body in queues:
            name = self.text(body, "name")
            what = "a queue" if name is None else f'the queue "{name}"'
            read_words(body, what, settings)
            check_queue(body, what, settings)
            check_limits(body, what, settings)
            check_knobs(body.get("x-callwright"), what, settings)
        check_knobs(tree.get("knobs"), "a traffic file", settings)
        for number, team in enumerate(teams, 1):
            whose = f'the team "{self.text(team, "name") or number}"'
            check_utilization(team.get("utilization"), whose, settings)
            check_media_units(team.get("utilization"), whose, settings)
        self.findings.extend(found for found in settings.findings if found.severity is not Severity.INFO)

    def team(self, item: Map, number: int, queues: Sequence[Any]) -> Team:
        self.known(item, TEAM_KEYS, "a team of agents")
        joined = self.names(item.get("queues"))
        for name in joined:
            self.queue(name, queues, item)
        shifts = []
        for shift in self.maps(item, "shifts") if item.get("shifts") else ():
            self.known(shift, ("from", "to"), "a shift")
            shifts.append((self.ms(shift, "from", 0), self.ms(shift, "to", 1 << 60)))
        return Team(
            name=self.text(item, "name") or f"team {number}",
            count=int(self.number(item, "count", 1)),
            queues=joined,
            skills=self.proficiencies(item.get("skills")),
            shifts=tuple(shifts),
            answer_after=self.draw(item, "answer_after"),
            utilization=_mapping(item.get("utilization")) or None,
        )

    def calls(self, item: Map, queues: Sequence[Any], held: Set[str], duration: int) -> Calls:
        self.known(item, CALL_KEYS, "a stream of calls")
        for key in ("skills", "language"):
            for skill in self.names(item.get(key)):
                if held and skill not in held:
                    message, node = f'no agent of this file has the skill "{skill}"', item.get(key) or item
                    self.report("unknown-skill", message, node, did_you_mean(skill, held))
        media = self.text(item, "media") or "call"
        if media not in MEDIA:
            self.report(
                "bad-literal", f'there is no medium "{media}"', item.get("media") or item, did_you_mean(media, MEDIA)
            )
        queue = self.text(item, "queue") or ""
        self.queue(queue, queues, item)
        handle = self.draw(item, "handle")
        if handle is None:
            self.report("missing-parameter", 'calls have a time to "handle" them', item, 'such as "handle: 5m"')
        return Calls(
            name=self.text(item, "name") or queue,
            queue=queue,
            rates=self.rates(item, duration),
            handle=handle or Draw(1),
            patience=self.draw(item, "patience"),
            wrap_up=self.draw(item, "wrap_up"),
            skills=self.names(item.get("skills")),
            language=self.text(item, "language"),
            priority=int(self.number(item, "priority", 0)),
            media=media,
        )

    def rates(self, item: Map, duration: int) -> tuple[tuple[int, float], ...]:
        node = item.get("per_hour")
        if isinstance(node, Seq):
            steps = []
            for step in node.items:
                if isinstance(step, Map):
                    self.known(step, ("until", "per_hour"), "a step of a rate")
                    steps.append((self.ms(step, "until", duration), self.number(step, "per_hour", 0)))
                    if steps[1:] and steps[-1][0] <= steps[-2][0]:
                        self.report(
                            "out-of-range", '"until" lies after that of the step before', step.get("until") or step
                        )
            return tuple(steps)
        if node is None:
            self.report("missing-parameter", 'calls have a rate "per_hour"', item, 'such as "per_hour: 96"')
        return ((duration, self.number(item, "per_hour", 0)),)

    def draw(self, item: Map, key: str) -> Draw | None:
        node = item.get(key)
        if not isinstance(node, Map):
            mean = self.ms(item, key, 0) if node is not None else 0
            return Draw(mean) if mean > 0 else None
        self.known(node, DRAW_KEYS, "a random time")
        shape = self.text(node, "shape") or ("lognormal" if node.get("deviation") else "exponential")
        if shape not in SHAPES:
            self.report("bad-literal", f'there is no shape "{shape}"', node, did_you_mean(shape, SHAPES))
        mean = self.ms(node, "mean", 0)
        if mean <= 0:
            self.report("missing-parameter", 'a random time has a "mean" above 0', node)
        return Draw(mean or 1, shape, self.ms(node, "deviation", 0))

    # -- parts

    def known(self, item: Map, keys: Sequence[str], what: str) -> None:
        for key, _ in item:
            if key.text not in keys:
                remedy = did_you_mean(key.text, keys)
                self.findings.append(finding("unknown-key", f'{what} has no key "{key.text}"', key.span, help=remedy))

    def queue(self, name: str, queues: Sequence[Any], node: Node) -> None:
        if name not in queues:
            remedy = did_you_mean(name, [str(queue) for queue in queues])
            self.report("unknown-queue", f'there is no queue "{name}" in this file', node, remedy)

    def maps(self, item: Map, key: str) -> list[Map]:
        node = item.get(key)
        if not isinstance(node, Seq) or not node.items:
            self.report("missing-parameter", f'"{key}" is a list with at least one entry', item)
            return []
        found = [entry for entry in node.items if isinstance(entry, Map)]
        if len(found) < len(node.items):
            self.report("wrong-kind", f'every entry of "{key}" is a mapping', node)
        return found

    def text(self, item: Map, key: str) -> str | None:
        node = item.get(key)
        return node.text if isinstance(node, Scalar) else None

    def number(self, item: Map, key: str, missing: float) -> float:
        node = item.get(key)
        if node is None:
            return missing
        value = plain(node)
        if isinstance(value, bool) or not isinstance(value, int | float) or (value < 0 and key != "priority"):
            self.report("bad-literal", f'"{key}" is a number that is not negative', node)
            return missing
        return value

    def within(self, item: Map, key: str, missing: float, low: float, high: float) -> float:
        value = self.number(item, key, missing)
        if not low <= value <= high:
            message = f'"{key}" must lie between {low:g} and {high:g}, not {value:g}'
            self.report("out-of-range", message, item.get(key) or item)
        return value

    def ms(self, item: Map, key: str, missing: int) -> int:
        node = item.get(key)
        if node is None:
            return missing
        found = duration_ms(node.text) if isinstance(node, Scalar) else None
        if found is None:
            self.report("bad-literal", f'"{key}" is a time such as 90s, 5m or 8h', node)
        return missing if found is None else found

    def names(self, node: Node | None) -> tuple[str, ...]:
        if isinstance(node, Scalar):
            return (node.text,)
        items = node.items if isinstance(node, Seq) else ()
        return tuple(item.text for item in items if isinstance(item, Scalar))

    def proficiencies(self, node: Node | None) -> Mapping[str, float]:
        if isinstance(node, Map):
            return {key.text: self.within(node, key.text, 0, 0, 5) for key, _ in node}
        return dict.fromkeys(self.names(node), 3.0)


def _mapping(node: Node | None) -> Mapping[str, Any]:
    value = plain(node) if isinstance(node, Map) else {}
    return value if isinstance(value, dict) else {}
