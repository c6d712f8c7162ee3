"""The traffic file: who calls how often, who works when, and which queues lie between them (docs/routing.md)."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Source, did_you_mean, finding, plain, read_yaml
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
    return (None if findings else plan), findings


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
        duration = self.ms(tree, "duration", 8 * HOUR_MS)
        return Plan(
            queues=queues,
            teams=tuple(self.team(item, number, names) for number, item in enumerate(self.maps(tree, "agents"), 1)),
            calls=tuple(self.calls(item, names, duration) for item in self.maps(tree, "calls")),
            duration=duration,
            warm_up=self.ms(tree, "warm_up", 0),
            seed=int(self.number(tree, "seed", 1)),
            batches=max(2, int(self.number(tree, "batches", 20))),
            confidence=min(0.9999, max(0.5, self.number(tree, "confidence", 0.99))),
            knobs=_mapping(tree.get("knobs")),
        )

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

    def calls(self, item: Map, queues: Sequence[Any], duration: int) -> Calls:
        self.known(item, CALL_KEYS, "a stream of calls")
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
            media=self.text(item, "media") or "call",
        )

    def rates(self, item: Map, duration: int) -> tuple[tuple[int, float], ...]:
        node = item.get("per_hour")
        if isinstance(node, Seq):
            steps = []
            for step in node.items:
                if isinstance(step, Map):
                    self.known(step, ("until", "per_hour"), "a step of a rate")
                    steps.append((self.ms(step, "until", duration), self.number(step, "per_hour", 0)))
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
            return {key.text: self.number(node, key.text, 0) for key, _ in node}
        return dict.fromkeys(self.names(node), 3.0)


def _mapping(node: Node | None) -> Mapping[str, Any]:
    value = plain(node) if isinstance(node, Map) else {}
    return value if isinstance(value, dict) else {}
