"""Choosing an agent for an item: one integer per property, one bit per agent (routing.md §26.2).

Eligible agents are the AND of a few integers. Who of them has been idle longest is found by walking them, when they
are few, or by walking all who are free in idle order, when they are many: there the first one comes soon. Bits keep
their places when the idle order changes, which it does with every call that ends.
"""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from contactcenter.organisation.expressions import All, Not, Some, Tree
from contactcenter.routing.capacity import label_fits, media_load, media_with_room
from contactcenter.routing.organisation import OUTERMOST, Limits, Organisation
from contactcenter.routing.signature import Need, Signature, compared_skills, without
from contactcenter.routing.skills import COMPARE, Holds
from contactcenter.routing.state import AgentState, Item, State

if TYPE_CHECKING:
    from contactcenter.routing.waiting import Heads

Name = tuple[str, ...] | tuple[str, str, int] | tuple[str, frozenset[str]]
"""What an integer is for: ("skill", s), ("level", s, 250), ("queue", q), ("ring", q, 2), ("group", g), ("room", media).

An agent has one set of media with room at a time, so that a change of it touches two integers, and one where it is the
empty set: nobody asks who has room for nothing.
"""

WALKED_AT_MOST = 64
"""Up to so many candidates proficiencies are simply added up; above, layers are faster."""

STEPS = 6
"""Finding the next bit takes as long as so many steps in the idle order."""

PLACE_BITS = 24
_PLACE = (1 << PLACE_BITS) - 1


class Choice(msgspec.Struct, frozen=True, gc=False):
    """The agent chosen, if any, and how many were left after each step."""

    agent: str | None
    order: str
    counts: dict[str, int] = {}


NOBODY = Choice(None, "none")

SCORE, BEST, LEAST_LOADED, LEAST_VERSATILE = "score", "best average proficiency", "least loaded", "least versatile"
"""Orders of agents, as an explanation names them."""

TIEBREAKS = {"least_loaded_then_idle": LEAST_LOADED, "least_versatile_then_idle": LEAST_VERSATILE}


@dataclass(slots=True)
class Seat:
    """An agent as the index knows it, all in one place; ``place`` is the agent's bit.

    ``room`` are the media that there is room for, ``numbers`` those of the integers that have the bit but for the
    room's. ``queues``, ``skills`` and ``bits`` belong to the items' side (waiting.py): empty until it asks.
    """

    agent: AgentState
    limits: Limits
    place: int
    room: frozenset[str] = frozenset()
    numbers: tuple[int, ...] = ()
    queues: tuple[Sequence[Heads], ...] = ()
    skills: tuple[int, ...] = ()
    bits: int = 0


class Ready:
    """The agents' side of the index."""

    def __init__(self, state: State, organisation: Organisation) -> None:
        self._state, self._organisation = state, organisation
        agents = sorted(state.agents.values(), key=lambda agent: agent.seq)
        self._agents = [agent.id for agent in agents]
        self.seats = {a.id: Seat(a, organisation.limits[a.id], place) for place, a in enumerate(agents)}
        self._names: dict[Name, int] = {}
        self._masks: list[int] = []
        self._rooms: dict[frozenset[str], int] = {}
        self._roomy: dict[str, list[int]] = {}
        """By medium: the rooms that it is in."""

        self._sizes: dict[str, int] = {}
        """By queue: how many candidates it has, once that was counted."""

        self._levels: dict[str, dict[int, int]] = {}
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
        for seat in self.seats.values():
            seat.room, seat.numbers = self._room_of(seat), self._numbers_of(seat.agent)
        self._fill()
        self._idle = [_idle_key(seat) for seat in self.seats.values()]
        self.free = sorted(self._idle[seat.place] for seat in self.seats.values() if self._stands(seat))
        """Who may be offered something, in idle order."""

    # -- upkeep

    def _fill(self) -> None:
        """The integers, each by way of its bytes."""
        rows: dict[int, bytearray] = {}
        for seat in self.seats.values():
            byte, bit = seat.place >> 3, 1 << (seat.place & 7)
            room = (self._room_number(seat.room),) if seat.room else ()
            for number in (*seat.numbers, *room):
                row = rows.get(number)
                if row is None:
                    row = rows[number] = bytearray(len(self._agents) // 8 + 1)
                row[byte] |= bit
        self._masks = [int.from_bytes(rows.get(number, b""), "little") for number in range(len(self._names))]

    def _stands(self, seat: Seat) -> bool:
        """Whether the agent stands in the idle order: has room, or might have some for a label."""
        return self._labels or bool(seat.room)

    def _number(self, name: Name) -> int:
        number = self._names.setdefault(name, len(self._names))
        if number == len(self._masks):
            self._masks.append(0)
        return number

    def _numbers_of(self, agent: AgentState) -> tuple[int, ...]:
        names: list[Name] = [("skill", skill) for skill in agent.held]
        names += [("queue", queue) for queue in agent.queues]
        names += [("ring", queue, ring) for queue, ring in agent.queues.items() if queue in self._ringed]
        names += [("group", group) for group in self._groups.get(agent.id, ())]
        numbers = tuple(self._number(name) for name in names)
        return (*numbers, *itertools.starmap(self._level, agent.held.items())) if self._knows_levels else numbers

    def _level(self, skill: str, level: int) -> int:
        number = self._levels.setdefault(skill, {})[level] = self._number(("level", skill, level))
        return number

    def _room_number(self, media: frozenset[str]) -> int:
        number = self._rooms.get(media)
        if number is None:
            number = self._rooms[media] = self._number(("room", media))
            for medium in media:
                self._roomy.setdefault(medium, []).append(number)
        return number

    def _room_of(self, seat: Seat) -> frozenset[str]:
        return media_with_room(seat.agent, seat.limits, self._organisation.knobs)

    def profile_changed(self, agent: str) -> None:
        """Skills or queues of an agent are others now."""
        seat = self.seats[agent]
        bit = 1 << seat.place
        self._sizes.clear()
        self._flip(seat.numbers, bit)
        seat.numbers, seat.skills = self._numbers_of(seat.agent), ()
        self._flip(seat.numbers, bit)
        self.fresh[agent] = None

    def room_changed(self, agent: str) -> None:
        """Status or units of an agent have changed."""
        seat = self.seats[agent]
        before, after = seat.room, media_with_room(seat.agent, seat.limits, self._organisation.knobs)
        if self._labels or not after <= before:
            self.fresh[agent] = None
        if before == after:
            return
        bit = 1 << seat.place
        if before:
            self._masks[self._rooms[before]] ^= bit
        if after:
            self._masks[self._room_number(after)] ^= bit
        seat.room = after
        if self._labels or (before and after):
            return  # stands where it stood
        if before:
            del self.free[bisect_left(self.free, self._idle[seat.place])]
        else:
            insort(self.free, self._idle[seat.place])

    def idle_changed(self, agent: str) -> None:
        """The agent's idle reference time is another now."""
        seat = self.seats[agent]
        before, after = self._idle[seat.place], _idle_key(seat)
        self._idle[seat.place] = after
        if self._stands(seat):
            del self.free[bisect_left(self.free, before)]
            insort(self.free, after)

    def _flip(self, numbers: Iterable[int], bit: int) -> None:
        masks = self._masks
        for number in numbers:
            masks[number] ^= bit

    def _mask(self, *name: str) -> int:
        number = self._names.get(name)
        return 0 if number is None else self._masks[number]

    def _with_room(self, medium: str) -> int:
        found = 0
        for number in self._roomy.get(medium, ()):
            found |= self._masks[number]
        return found

    # -- choosing

    def choose(self, item: Item, signature: Signature, at: int, wanting: Sequence[str] = ()) -> Choice:
        """The agent who gets this item now; ``wanting`` are those for whom ``Waiting.choose`` has just found it."""
        if not self.free:
            return NOBODY
        if len(self.free) == 1 and not item.excluded:
            only = self._agents[self.free[0] & _PLACE]
            if only in wanting:  # where there is always work, an agent who is freed is alone, and is known to fit
                counts = {"candidates": self._size(signature), "with room": 1, "with skills": 1}
                return Choice(only, self._order(item, signature), counts)
        steps = self._steps(signature)
        found = steps[-1][1]
        if found and item.excluded:
            for agent, until in item.excluded.items():
                if until > at and agent in self.seats:
                    found &= ~(1 << self.seats[agent].place)
            steps.append(("not excluded", found))
        if not found:
            return NOBODY
        order, counts = self._order(item, signature), {step: _count(left) for step, left in steps}
        return Choice(self._first_of(found, order, item, signature), order, counts)

    def _size(self, signature: Signature) -> int:
        """How many candidates there are; all of a queue are counted again only after somebody's profile has changed."""
        if signature.agents is not None or signature.groups is not None or signature.ring < OUTERMOST:
            return self._pool(signature).bit_count()
        size = self._sizes.get(signature.queue)
        if size is None:
            size = self._sizes[signature.queue] = self._pool(signature).bit_count()
        return size

    def _steps(self, signature: Signature) -> list[tuple[str, int]]:
        """Who is left after each condition, up to the first that leaves nobody."""
        found = self._pool(signature)
        steps = [("candidates", found)]
        if not found:
            return steps
        if signature.label is None:
            found &= self._with_room(signature.media)
        else:
            found = self._bits(agent for agent in self._each(found) if self._label_fits(agent, signature))
        steps.append(("with room", found))
        if found and signature.need.expression is not None:
            found = self._meeting(self._tree(signature.need), found)
        else:
            for skill in signature.need.skills:
                if not found:
                    break
                found &= self._mask("skill", skill)
        steps.append(("with skills", found))
        return steps

    def _pool(self, signature: Signature) -> int:
        if signature.agents is not None:
            found = self._bits(agent for agent in signature.agents if agent in self.seats)
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
        seat = self.seats[agent]
        return label_fits(seat.agent, signature.media, signature.label, seat.limits, self._organisation.knobs)

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
        for level, mask in self._levels_of(tree.skill):
            if compare(level, tree.level):
                found |= mask
        return base & found

    def _levels_of(self, skill: str) -> list[tuple[int, int]]:
        """Proficiencies that somebody has in a skill, with who; kept from the first time that they are asked for."""
        if not self._knows_levels:
            self._knows_levels = True
            for seat in self.seats.values():
                before, seat.numbers = seat.numbers, self._numbers_of(seat.agent)
                self._flip(seat.numbers[len(before) :], 1 << seat.place)
        known = self._levels.get(skill, {})
        return [(level, mask) for level, number in sorted(known.items()) if (mask := self._masks[number])]

    def _order(self, item: Item, signature: Signature) -> str:
        """By what agents who may have the item are told apart (§4)."""
        queue = self._organisation.queues[signature.queue]
        if item.scores and item.stage.method == "Predictive":
            return SCORE
        if queue.evaluation == "BEST" and compared_skills(signature.need, self._organisation):
            return BEST
        return TIEBREAKS.get(queue.knobs.agent_tiebreak, "longest idle")

    def _first_of(self, found: int, order: str, item: Item, signature: Signature) -> str:
        """Who of these agents is the first in an order; ties go to who has been idle longest."""
        agents = self._state.agents
        if order == SCORE:
            return self._least(found, lambda agent: -item.scores.get(agent, 0))
        if order == BEST:
            cap = self._organisation.queues[signature.queue].knobs.candidate_cap
            skills = compared_skills(signature.need, self._organisation)
            return self._best(found if cap is None else self._longest(found, cap), skills)
        if order == LEAST_LOADED:
            return self._least(found, lambda agent: self._load(agent, signature.media))
        if order == LEAST_VERSATILE:
            return self._least(found, lambda agent: len(agents[agent].held))
        return self._longest_idle(found)

    def _load(self, agent: str, medium: str) -> int:
        seat = self.seats[agent]
        return media_load(seat.agent, seat.limits, self._organisation.knobs).get(medium, 0)

    def _best(self, found: int, skills: tuple[str, ...]) -> str:
        """The highest sum of proficiencies, which orders as the average does; then longest idle."""
        if found.bit_count() <= WALKED_AT_MOST:
            held = self._state.agents
            return self._least(found, lambda agent: -sum(held[agent].held.get(skill, 0) for skill in skills))
        layers = {0: found}
        for skill in skills:
            levels = self._levels_of(skill)
            grown: dict[int, int] = {}
            for total, mask in layers.items():
                for level, holders in levels:
                    if both := mask & holders:
                        grown[total + level] = grown.get(total + level, 0) | both
                        mask ^= both
                if mask:  # held only through another branch of an expression
                    grown[total] = grown.get(total, 0) | mask
            layers = grown
        return self._longest_idle(layers[max(layers)])

    # -- bits

    def _longest_idle(self, found: int) -> str:
        """Of these agents the one who stands first in the idle order."""
        if not found & (found - 1):
            return self._agents[found.bit_length() - 1]
        few = found.bit_count()
        if STEPS * few * few <= len(self.free):
            return self._agents[min(map(self._idle.__getitem__, _places(found))) & _PLACE]
        row = found.to_bytes(len(self._agents) // 8 + 1, "little")
        for key in self.free:
            place = key & _PLACE
            if row[place >> 3] >> (place & 7) & 1:
                return self._agents[place]
        raise AssertionError("nobody of them is free")

    def _least(self, found: int, measure: Callable[[str], float]) -> str:
        """Of these agents the one with the least of something; ties go to who has been idle longest."""
        least = min(_places(found), key=lambda place: (measure(self._agents[place]), self._idle[place]))
        return self._agents[least]

    def _longest(self, found: int, n: int) -> int:
        """The n of these agents who have been idle longest."""
        kept = heapq.nsmallest(n, map(self._idle.__getitem__, _places(found)))
        return sum(1 << (key & _PLACE) for key in kept)

    def _each(self, found: int) -> Iterator[str]:
        """Agents of the bits."""
        return map(self._agents.__getitem__, _places(found))

    def _bits(self, agents: Iterable[str]) -> int:
        found = 0
        for agent in agents:
            found |= 1 << self.seats[agent].place
        return found

    def facts(self) -> dict[str, Any]:
        """What the index holds, for comparing with one built anew (any plain values)."""
        order = [self._agents[key & _PLACE] for key in self.free]
        masks = {name: self._masks[number] for name, number in self._names.items() if name[0] != "level"}
        members = {name: sorted(self._each(mask)) for name, mask in masks.items() if mask}
        return {"order": order, "members": members, "room": {agent: seat.room for agent, seat in self.seats.items()}}


def _idle_key(seat: Seat) -> int:
    """Where the agent stands in the idle order: by the rank of the reference time, then as in the configuration."""
    return seat.agent.idle << PLACE_BITS | seat.place


def _count(found: int) -> int:
    """How many bits there are; nearly always one, which is told at a tenth of the price of counting."""
    return found.bit_count() if found & (found - 1) else 1


def _places(found: int) -> Iterator[int]:
    """Where the bits are."""
    while found:
        lowest = found & -found
        yield lowest.bit_length() - 1
        found ^= lowest
