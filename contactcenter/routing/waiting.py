"""Choosing an item for an agent who became free: one heap per signature, heads in order (routing.md §26.3).

Heads lie by queue and first skill, so that an agent meets only lines of which one skill is held already. The walk
costs as much as there are such lines before the first that fits, however many items wait. Items that only certain
agents may have lie in those agents' own lines instead.

A walk touches an agent's skills in each of its queues. It waits for memory longer than it computes, so what it looks
at first lies close together: skills are numbered, and the rank of the first head of each, and what that asks for
besides, are in arrays.
"""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from math import inf

from contactcenter.organisation.expressions import holds
from contactcenter.routing.capacity import label_fits
from contactcenter.routing.organisation import OUTERMOST, Organisation
from contactcenter.routing.ready import Ready, Seat
from contactcenter.routing.signature import Signature, key_of, signature_of, without
from contactcenter.routing.state import AgentState, Item, Key, State

NO_SKILL = ""
"""Where the heads lie of lines that ask for no skill, or for an expression."""


class Line:
    """Items of one signature as a heap.

    ``skill`` and ``second`` are the numbers of the first two skills that it asks for. A ``plain`` line asks for a
    medium and the skills ``more`` besides its first one, and for nothing else.
    """

    __slots__ = ("items", "media", "more", "plain", "second", "signature", "skill")

    def __init__(self, signature: Signature, skill: int, second: int) -> None:
        self.signature, self.skill, self.second = signature, skill, second
        self.items: list[tuple[Key, str]] = []
        self.media, self.more = signature.media, signature.need.skills[1:]
        asks_more = signature.label or signature.groups is not None or signature.need.expression is not None
        self.plain = not asks_more and signature.ring == OUTERMOST


Head = tuple[Key, Line]


class Heads:
    """The heads of a queue's lines in order, by the number of their first skill.

    Of each skill ``first`` has the rank of its first head, ``second`` what that head asks for besides, and ``after``
    the rank of the next one; ranks are infinite where nobody waits.
    """

    __slots__ = ("after", "by_skill", "first", "second")

    def __init__(self, skills: int) -> None:
        self.by_skill: dict[int, list[Head]] = {}
        self.first, self.second, self.after = array("d"), array("l"), array("d")
        self.grow(skills)

    def grow(self, skills: int) -> None:
        """Make room for so many skills."""
        new = skills - len(self.first)
        self.first.extend([inf] * new)
        self.second.extend([0] * new)
        self.after.extend([inf] * new)

    def add(self, key: Key, line: Line) -> None:
        """A line has this head now."""
        heads = self.by_skill.setdefault(line.skill, [])
        insort(heads, (key, line))
        self._note(line.skill, heads)

    def drop(self, key: Key, line: Line) -> None:
        """The line's head is gone."""
        heads = self.by_skill[line.skill]
        at = bisect_left(heads, (key,))
        assert heads[at][0] == key
        del heads[at]
        self._note(line.skill, heads)

    def _note(self, skill: int, heads: list[Head]) -> None:
        if not heads:
            self.first[skill] = self.after[skill] = inf
            return
        key, line = heads[0]
        self.first[skill], self.second[skill] = rank(key), line.second
        self.after[skill] = rank(heads[1][0]) if len(heads) > 1 else inf


class Places:
    """Keys in order; ``_ranks`` finds nearly everything without looking at the keys themselves."""

    __slots__ = ("_keys", "_ranks")

    def __init__(self) -> None:
        self._ranks = array("d")
        self._keys: list[Key] = []

    def __len__(self) -> int:
        return len(self._keys)

    def before(self, key: Key) -> int:
        """How many keys are smaller."""
        of = rank(key)
        at = bisect_left(self._ranks, of)
        if at == len(self._ranks) or self._ranks[at] != of:
            return at
        return bisect_left(self._keys, key, at, bisect_right(self._ranks, of, at))

    def add(self, key: Key) -> None:
        """One more."""
        at = self.before(key)
        self._ranks.insert(at, rank(key))
        self._keys.insert(at, key)

    def drop(self, key: Key) -> None:
        """One less."""
        at = self.before(key)
        del self._ranks[at], self._keys[at]


BEYOND = 1e300
"""Above the rank of every key, and below that of none."""


def rank(key: Key) -> float:
    """A number in the order of the keys, but for ties; exact, since it is a time in ms or a priority."""
    return key[1] + _CLASSES[key[0]]


_CLASSES = {-1: -1e15, 0: -1e14, 1: 0.0}


class Waiting:
    """The items' side of the index."""

    def __init__(self, state: State, organisation: Organisation, ready: Ready) -> None:
        self._state, self._organisation, self._ready = state, organisation, ready
        self._placed: dict[str, tuple[Key, Signature, Line | None]] = {}
        self._lines: dict[Signature, Line] = {}
        self._heads: dict[str, Heads] = {}
        self._skills: dict[str, int] = {NO_SKILL: 0}
        self._own: dict[str, list[tuple[Key, str]]] = {}
        self._places: dict[tuple[str, str], Places] = {}
        self._choosy: set[str] = set()
        """Items that exclude somebody."""
        self.fresh: dict[str, None] = {}
        """Items that may be offered to somebody they could not be offered to before, in order of their change."""

        for item in state.items.values():
            if item.not_before is None:
                self.entered(item)
            if item.waits:
                self.add(item)

    # -- upkeep

    def entered(self, item: Item) -> None:
        """The item has a place in its queue, whether it is being offered or not."""
        places = self._places.get((item.queue, item.media))
        if places is None:
            places = self._places[item.queue, item.media] = Places()
        places.add(self.key(item))

    def left(self, item: Item) -> None:
        """The item has no place any more; called before its key changes."""
        self._places[item.queue, item.media].drop(self.key(item))

    def add(self, item: Item) -> None:
        """The item may be offered."""
        queue = self._organisation.queues[item.queue]
        key, signature = key_of(item, queue), signature_of(item, queue)
        self.fresh[item.id] = None
        if item.excluded:
            self._choosy.add(item.id)
        if signature.agents is not None:
            self._placed[item.id] = (key, signature, None)
            for agent in signature.agents:
                insort(self._own.setdefault(agent, []), (key, item.id))
            return
        line = self._lines.get(signature)
        if line is None:
            first, second = (*signature.need.skills, NO_SKILL, NO_SKILL)[:2]
            line = self._lines[signature] = Line(signature, self._skill(first), self._skill(second))
        self._placed[item.id] = (key, signature, line)
        before = line.items[0][0] if line.items else None
        heapq.heappush(line.items, (key, item.id))
        if line.items[0][0] == key:
            heads = self._heads.get(signature.queue)
            if heads is None:
                heads = self._heads[signature.queue] = Heads(len(self._skills))
            if before is not None:
                heads.drop(before, line)
            heads.add(key, line)

    def remove(self, item_id: str) -> None:
        """The item may not be offered for now."""
        placed = self._placed.pop(item_id, None)
        if placed is None:
            return
        key, signature, line = placed
        self._choosy.discard(item_id)
        if line is None:
            for agent in signature.agents or ():
                own = self._own[agent]
                del own[bisect_left(own, (key, item_id))]
            return
        items = line.items
        if items[0][0] != key:
            return  # found and dropped when it comes to the head
        heads = self._heads[signature.queue]
        heads.drop(key, line)
        while items and not self._lies(items[0], line):
            heapq.heappop(items)
        if items:
            heads.add(items[0][0], line)
        else:
            del self._lines[signature]

    def _skill(self, skill: str) -> int:
        """The number of a skill; a new one makes room in the arrays."""
        number = self._skills.get(skill)
        if number is None:
            number = self._skills[skill] = len(self._skills)
            for heads in self._heads.values():
                heads.grow(len(self._skills))
        return number

    def _number_skills(self, seat: Seat) -> None:
        """What an agent holds by number: as they are, and as bits."""
        seat.skills = (self._skills[NO_SKILL], *map(self._skill, seat.agent.held))
        seat.bits = sum(1 << number for number in seat.skills)

    def _lies(self, entry: tuple[Key, str], line: Line) -> bool:
        """Whether an entry of a line is still so, and has not been left behind by a change."""
        placed = self._placed.get(entry[1])
        return placed is not None and placed[2] is line and placed[0] == entry[0]

    # -- choosing

    def key(self, item: Item) -> Key:
        """The item's place in the order."""
        placed = self._placed.get(item.id)
        if placed is not None:
            return placed[0]
        return key_of(item, self._organisation.queues[item.queue])

    def signature(self, item: Item) -> Signature:
        """The item's line."""
        placed = self._placed.get(item.id)
        if placed is not None:
            return placed[1]
        return signature_of(item, self._organisation.queues[item.queue])

    def choose(self, agent_id: str, at: int) -> tuple[Key, str] | None:
        """The item that this agent should have now: the smallest key over all queues (§3, I4)."""
        seat = self._ready.seats[agent_id]
        agent, room = seat.agent, seat.room
        if not room and not seat.limits.utilization.label_utilizations:
            return None
        best: tuple[Key, str] | None = None
        for key, item_id in self._own.get(agent_id, ()):
            if self._fits(self._placed[item_id][1], seat) and not self._excluded(item_id, agent_id, at):
                best = (key, item_id)
                break
        bound = BEYOND if best is None else rank(best[0])
        if not seat.skills:
            self._number_skills(seat)
        skills, bits, held = seat.skills, seat.bits, agent.held
        for queue in agent.queues:
            heads = self._heads.get(queue)
            if heads is None:
                continue
            first, second, after = heads.first, heads.second, heads.after
            for skill in skills:
                if first[skill] > bound or (not bits >> second[skill] & 1 and after[skill] > bound):
                    continue
                for key, line in heads.by_skill[skill]:
                    if best is not None and key > best[0]:
                        break
                    if line.plain:
                        if line.media not in room or not all(map(held.__contains__, line.more)):
                            continue
                    elif not self._fits(line.signature, seat):
                        continue
                    found = self._first(line, agent_id, at)
                    if found is not None and (best is None or found < best):
                        best, bound = found, rank(found[0])
        return best

    def _first(self, line: Line, agent: str, at: int) -> tuple[Key, str] | None:
        """The first item of a line that does not exclude the agent, nearly always the head."""
        if not self._excluded(line.items[0][1], agent, at):
            return line.items[0]
        for entry in sorted(line.items):
            if self._lies(entry, line) and not self._excluded(entry[1], agent, at):
                return entry
        return None

    def _excluded(self, item_id: str, agent: str, at: int) -> bool:
        return item_id in self._choosy and self._state.items[item_id].excluded.get(agent, 0) > at

    def _fits(self, signature: Signature, seat: Seat) -> bool:
        agent = seat.agent
        ring = agent.queues.get(signature.queue)
        if ring is None:
            if signature.members:
                return False
        elif signature.agents is None and ring > signature.ring:
            return False
        if signature.label is None:
            if signature.media not in seat.room:
                return False
        elif not label_fits(agent, signature.media, signature.label, seat.limits, self._organisation.knobs):
            return False
        need = signature.need
        if need.expression is None:
            for skill in need.skills:
                if skill not in agent.held:
                    return False
        elif not self._meets(signature, agent):
            return False
        groups = self._organisation.groups
        return signature.groups is None or any(agent.id in groups.get(group, ()) for group in signature.groups)

    def _meets(self, signature: Signature, agent: AgentState) -> bool:
        need = signature.need
        tree = without(self._organisation.expression(need.expression or ""), need.removed)
        return holds(tree, lambda leaf: leaf.true_for(agent.held))

    # -- views

    def position(self, item: Item) -> int:
        """1 + items before this one in its queue and medium, or in its queue alone (knob ``piq_scope``)."""
        scope, key = self._organisation.queues[item.queue].knobs.piq_scope, self.key(item)
        if scope == "queue":
            return 1 + sum(places.before(key) for (queue, _), places in self._places.items() if queue == item.queue)
        return 1 + self._places[item.queue, item.media].before(key)

    def in_queue(self, queue: str, media: str | None = None) -> int:
        """How many have a place in a queue."""
        return sum(
            len(places) for (q, m), places in self._places.items() if q == queue and (media is None or m == media)
        )

    def lines(self) -> Iterator[tuple[Signature, int]]:
        """Signatures and how many wait in each, for figures of the index itself."""
        return ((signature, len(line.items)) for signature, line in self._lines.items())
