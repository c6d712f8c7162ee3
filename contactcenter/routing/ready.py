"""Choosing an agent for an item: one integer per property, one bit per agent, bits in idle order (routing.md §26.2).

Bit positions are *idle slots*: an agent gets a new one, above all others, when the idle reference time changes, and
keeps it through breaks and status changes. Eligible agents are the AND of a few integers; the one who has been idle
longest is the lowest bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from contactcenter.routing.capacity import label_fits, media_load, media_with_room
from contactcenter.routing.organisation import OUTERMOST, Organisation
from contactcenter.routing.signature import Need, Signature, compared_skills, without
from contactcenter.routing.skills import COMPARE, All, Holds, Not, Some, Tree
from contactcenter.routing.state import MEDIA, Item, State

Name = tuple[str, ...] | tuple[str, str, int]
"""What an integer is for: ("skill", s), ("level", s, 250), ("queue", q), ("ring", q, 2), ("group", g), ("room", m)."""

WALKED_AT_MOST = 64
"""Up to so many candidates proficiencies are simply added up; above, layers are faster."""


@dataclass(slots=True)
class Choice:
    """The agent chosen, if any, and how many were left after each step."""

    agent: str | None
    order: str
    counts: dict[str, int] = field(default_factory=dict)


NOBODY = Choice(None, "none")


class Ready:
    """The agents' side of the index."""

    def __init__(self, state: State, organisation: Organisation) -> None:
        self._state, self._organisation = state, organisation
        self._names: dict[Name, int] = {}
        self._masks: list[int] = []
        self._slot: dict[str, int] = {}
        self._agents: list[str | None] = []
        self._numbers: dict[str, tuple[int, ...]] = {}
        self._rooms = {medium: self._number(("room", medium)) for medium in MEDIA}
        self.room = {agent: self._room_of(agent) for agent in state.agents}
        self.fresh: dict[str, None] = dict.fromkeys(state.agents)
        """Agents who may take something that they could not take before; a dict because it keeps the order."""

        queues = organisation.queues.values()
        self._ringed = {queue.id for queue in queues if queue.rings}
        self._knows_levels = any(queue.evaluation == "BEST" for queue in queues)
        self._groups: dict[str, list[str]] = {}
        for group, members in sorted(organisation.groups.items()):
            for member in members:
                self._groups.setdefault(member, []).append(group)
        self._labels = any(limits.utilization.label_utilizations for limits in organisation.limits.values())
        self._compact()

    # -- upkeep

    def _compact(self) -> None:
        """Slots anew, without gaps, in idle order; ``room`` stays, so that ``room_changed`` sees what has changed."""
        agents = sorted(self._state.agents.values(), key=lambda agent: (agent.idle, agent.seq))
        self._agents = [agent.id for agent in agents]
        self._slot = {agent.id: slot for slot, agent in enumerate(agents)}
        rows: dict[int, bytearray] = {}
        for slot, agent in enumerate(agents):
            self._numbers[agent.id] = self._numbers_of(agent.id)
            rooms = [self._rooms[medium] for medium in self.room[agent.id]]
            for number in (*self._numbers[agent.id], *rooms):
                row = rows.setdefault(number, bytearray(len(agents) // 8 + 1))
                row[slot // 8] |= 1 << slot % 8
        self._masks = [int.from_bytes(rows.get(number, b""), "little") for number in range(len(self._names))]

    def _number(self, name: Name) -> int:
        number = self._names.setdefault(name, len(self._names))
        if number == len(self._masks):
            self._masks.append(0)
        return number

    def _numbers_of(self, agent_id: str) -> tuple[int, ...]:
        agent = self._state.agents[agent_id]
        names: list[Name] = [("skill", skill) for skill in agent.held]
        names += [("queue", queue) for queue in agent.queues]
        names += [("ring", queue, ring) for queue, ring in agent.queues.items() if queue in self._ringed]
        names += [("group", group) for group in self._groups.get(agent_id, ())]
        if self._knows_levels:
            names += [("level", skill, level) for skill, level in agent.held.items()]
        return tuple(self._number(name) for name in names)

    def _room_of(self, agent_id: str) -> frozenset[str]:
        organisation = self._organisation
        return media_with_room(self._state.agents[agent_id], organisation.limits[agent_id], organisation.knobs)

    def profile_changed(self, agent: str) -> None:
        """Skills or queues of an agent are others now."""
        bit = 1 << self._slot[agent]
        self._flip(self._numbers[agent], bit)
        self._numbers[agent] = self._numbers_of(agent)
        self._flip(self._numbers[agent], bit)
        self.fresh[agent] = None

    def room_changed(self, agent: str) -> None:
        """Status or units of an agent have changed."""
        before, after = self.room[agent], self._room_of(agent)
        if self._labels or not after <= before:
            self.fresh[agent] = None
        if before != after:
            self.room[agent] = after
            self._flip(map(self._rooms.__getitem__, before ^ after), 1 << self._slot[agent])

    def idle_changed(self, agent: str) -> None:
        """The agent goes to the end of the idle order."""
        if len(self._agents) > 2 * len(self._state.agents) + 64:
            self._compact()
            return
        old, new = self._slot[agent], len(self._agents)
        self._agents[old] = None
        self._agents.append(agent)
        self._slot[agent] = new
        both = 1 << old | 1 << new
        self._flip(self._numbers[agent], both)
        self._flip(map(self._rooms.__getitem__, self.room[agent]), both)

    def _flip(self, numbers: Iterable[int], bits: int) -> None:
        masks = self._masks
        for number in numbers:
            masks[number] ^= bits

    def _mask(self, *name: str) -> int:
        number = self._names.get(name)
        return 0 if number is None else self._masks[number]

    # -- choosing

    def choose(self, item: Item, signature: Signature, at: int) -> Choice:
        """The agent who gets this item now."""
        steps = self._steps(signature)
        found = next(reversed(steps.values()))
        if found and item.excluded:
            for agent, until in item.excluded.items():
                if until > at and agent in self._slot:
                    found &= ~(1 << self._slot[agent])
            steps["not excluded"] = found
        if not found:
            return NOBODY
        return self._ordered(found, item, signature, {step: left.bit_count() for step, left in steps.items()})

    def _steps(self, signature: Signature) -> dict[str, int]:
        """Who is left after each condition, up to the first that leaves nobody."""
        steps = {"candidates": self._pool(signature)}
        found = steps["candidates"]
        if not found:
            return steps
        if signature.label is None:
            found &= self._mask("room", signature.media)
        else:
            found = self._bits(agent for agent in self._walk(found) if self._label_fits(agent, signature))
        steps["with room"] = found
        if found and signature.need.expression is not None:
            found = self._meeting(self._tree(signature.need), found)
        else:
            for skill in signature.need.skills:
                if not found:
                    break
                found &= self._mask("skill", skill)
        steps["with skills"] = found
        return steps

    def _pool(self, signature: Signature) -> int:
        if signature.agents is not None:
            found = self._bits(agent for agent in signature.agents if agent in self._slot)
            return found & self._mask("queue", signature.queue) if signature.members else found
        found = self._mask("queue", signature.queue)
        if signature.ring < OUTERMOST:
            inside = 0
            for ring in range(1, signature.ring + 1):
                number = self._names.get(("ring", signature.queue, ring))
                inside |= 0 if number is None else self._masks[number]
            found &= inside
        if signature.groups is not None:
            inside = 0
            for group in signature.groups:
                inside |= self._mask("group", group)
            found &= inside
        return found

    def _label_fits(self, agent: str, signature: Signature) -> bool:
        organisation = self._organisation
        limits = organisation.limits[agent]
        return label_fits(self._state.agents[agent], signature.media, signature.label, limits, organisation.knobs)

    def _tree(self, need: Need) -> Tree[Holds]:
        return without(self._organisation.expression(need.expression or ""), need.removed)

    def _meeting(self, tree: Tree[Holds], base: int) -> int:
        """Those of ``base`` who meet the expression; never a bare complement."""
        match tree:
            case All(parts):
                for part in parts:
                    base = self._meeting(part, base)
                return base
            case Some(parts):
                found = 0
                for part in parts:
                    found |= self._meeting(part, base)
                return found
            case Not(part):
                return base ^ self._meeting(part, base)
        compare = COMPARE[tree.comparator]
        found = 0
        for level, mask in self._levels(tree.skill):
            if compare(level, tree.level):
                found |= mask
        return base & found

    def _levels(self, skill: str) -> list[tuple[int, int]]:
        """Proficiencies that somebody has in a skill, with who; kept from the first time that they are asked for."""
        if not self._knows_levels:
            self._knows_levels = True
            for agent, slot in self._slot.items():
                before, self._numbers[agent] = self._numbers[agent], self._numbers_of(agent)
                self._flip(self._numbers[agent][len(before) :], 1 << slot)
        known = {level for agent in self._state.agents.values() if (level := agent.held.get(skill)) is not None}
        return [(level, self._masks[self._number(("level", skill, level))]) for level in sorted(known)]

    def _ordered(self, found: int, item: Item, signature: Signature, counts: dict[str, int]) -> Choice:
        queue = self._organisation.queues[signature.queue]
        if item.scores and item.stage.method == "Predictive":
            best = min(self._walk(found), key=lambda agent: -item.scores.get(agent, 0))
            return Choice(best, "score", counts)
        skills = compared_skills(signature.need, self._organisation) if queue.evaluation == "BEST" else ()
        if skills:
            if queue.knobs.candidate_cap is not None:
                found = self._lowest(found, queue.knobs.candidate_cap)
            return Choice(self._best(found, skills), "best average proficiency", counts)
        tiebreak = queue.knobs.agent_tiebreak
        if tiebreak == "least_loaded_then_idle":
            return Choice(min(self._walk(found), key=lambda a: self._load(a, signature.media)), "least loaded", counts)
        if tiebreak == "least_versatile_then_idle":
            held = self._state.agents
            return Choice(min(self._walk(found), key=lambda a: len(held[a].held)), "least versatile", counts)
        return Choice(self._agent_at(found), "longest idle", counts)

    def _load(self, agent: str, medium: str) -> int:
        organisation = self._organisation
        load = media_load(self._state.agents[agent], organisation.limits[agent], organisation.knobs)
        return load.get(medium, 0)

    def _best(self, found: int, skills: tuple[str, ...]) -> str:
        """The highest sum of proficiencies, which orders as the average does; then longest idle."""
        if found.bit_count() <= WALKED_AT_MOST:
            held = self._state.agents
            return min(self._walk(found), key=lambda agent: -sum(held[agent].held.get(skill, 0) for skill in skills))
        layers = {0: found}
        for skill in skills:
            levels = self._levels(skill)
            grown: dict[int, int] = {}
            for total, mask in layers.items():
                for level, holders in levels:
                    if both := mask & holders:
                        grown[total + level] = grown.get(total + level, 0) | both
                        mask ^= both
                if mask:  # held only through another branch of an expression
                    grown[total] = grown.get(total, 0) | mask
            layers = grown
        return self._agent_at(layers[max(layers)])

    # -- bits

    def _agent_at(self, found: int) -> str:
        agent = self._agents[(found & -found).bit_length() - 1]
        assert agent is not None
        return agent

    def _walk(self, found: int) -> Iterator[str]:
        """Agents of the bits, longest idle first."""
        while found:
            lowest = found & -found
            yield self._agent_at(lowest)
            found ^= lowest

    def _lowest(self, found: int, n: int) -> int:
        kept = 0
        while found and n:
            lowest = found & -found
            kept |= lowest
            found ^= lowest
            n -= 1
        return kept

    def _bits(self, agents: Iterable[str]) -> int:
        found = 0
        for agent in agents:
            found |= 1 << self._slot[agent]
        return found

    def idle_agents(self, queue: str) -> int:
        """How many members of a queue are free for a call."""
        return (self._mask("queue", queue) & self._mask("room", "call")).bit_count()

    def facts(self) -> dict[str, Any]:
        """What the index holds, for comparing with one built anew (any plain values)."""
        order = sorted(self._slot, key=self._slot.__getitem__)
        masks = {name: self._masks[number] for name, number in self._names.items() if name[0] != "level"}
        members = {name: sorted(self._walk(mask)) for name, mask in masks.items() if mask}
        return {"order": order, "members": members, "room": dict(self.room)}
