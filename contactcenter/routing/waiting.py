"""Choosing an item for an agent who became free: one heap per signature, heads in order (routing.md §26.3).

Heads lie by queue, medium and first skill, so that an agent meets only lines of which one skill is held already.
However many items wait, a choice costs as much as there are such places. Items that only certain agents may have lie
in those agents' own lines instead.

A choice waits for memory longer than it computes. So the ranks of the first heads of all skills lie close together in
arrays, which say in one go how far an agent has to look, and nearly always where; only there is anything else touched.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence, Set
from heapq import heappop, heappush
from math import inf

import msgspec

from contactcenter.organisation.expressions import holds
from contactcenter.routing.capacity import label_fits
from contactcenter.routing.organisation import OUTERMOST, Organisation
from contactcenter.routing.ready import Ready, Seat
from contactcenter.routing.signature import Order, Signature, order_of, rank, signature_of, without
from contactcenter.routing.state import AgentState, Item, State

NO_SKILL = ""
"""Where the heads lie of lines that ask for no skill, or for an expression."""

UNSURE = 1
"""In the place of a skill's number: nobody holds it."""

NOTHING: Order = 1 << 200
"""After the order of every item."""

NONE: Mapping[str, Heads] = {}


class Line(msgspec.Struct, gc=False, eq=False):
    """Items of one signature as a heap.

    ``skill`` is the number of the first skill that it asks for; ``second`` that of the other one that must be held for
    the line to fit, the same where there is none, and UNSURE where it asks for more than its medium and two skills.
    """

    signature: Signature
    skill: int
    second: int
    items: list[Order]


Head = tuple[Order, int, Line]
"""Where a line stands among those of its first skill: its first item, and ``second``."""


class Placed(msgspec.Struct, frozen=True, gc=False, eq=False):
    """An item that may be offered, and its line; without one it lies in the agents' own."""

    item: Item
    signature: Signature
    line: Line | None


class Heads:
    """The heads of the lines of a queue and medium in order, by the number of their first skill.

    Of each skill ``first`` has the rank of its first head, ``second`` what else must be held for it to fit for certain
    (UNSURE where more is to be looked at), and ``other`` the rank of the first head of which that says nothing. Ranks
    are infinite where there is none.
    """

    __slots__ = ("by_skill", "first", "other", "second")

    def __init__(self, skills: int) -> None:
        self.by_skill: dict[int, list[Head]] = {}
        self.first, self.other = array("d"), array("d")
        self.second = array("l")
        self.grow(skills)

    def grow(self, skills: int) -> None:
        """Make room for so many skills."""
        new = skills - len(self.first)
        self.first.extend([inf] * new)
        self.other.extend([inf] * new)
        self.second.extend([0] * new)

    def add(self, head: Order, line: Line, choosy: Set[Order]) -> None:
        """A line has this head now; of ``choosy`` items, which exclude somebody, nothing is certain."""
        heads = self.by_skill.setdefault(line.skill, [])
        insort(heads, (head, UNSURE if head in choosy else line.second, line))
        self._note(line.skill, heads)

    def drop(self, head: Order, line: Line) -> None:
        """The line's head is gone."""
        heads = self.by_skill[line.skill]
        del heads[bisect_left(heads, (head,))]
        self._note(line.skill, heads)

    def _note(self, skill: int, heads: Sequence[Head]) -> None:
        if not heads:
            self.first[skill] = self.other[skill] = inf
            return
        head, second, _ = heads[0]
        self.first[skill], self.second[skill] = rank(head), second
        others = 0 if second == UNSURE else 1
        self.other[skill] = rank(heads[others][0]) if others < len(heads) else inf


class Waiting:
    """The items' side of the index."""

    def __init__(self, state: State, organisation: Organisation, ready: Ready) -> None:
        self._state, self._organisation, self._ready = state, organisation, ready
        self._orders: dict[str, Order] = {}
        """Of the items that have a place in a queue."""
        self._placed: dict[Order, Placed] = {}
        self._lines: dict[Signature, Line] = {}
        self._heads: dict[str, dict[str, Heads]] = {}
        """By queue and medium."""
        self._skills: dict[str | None, int] = {NO_SKILL: 0, None: UNSURE}
        self._own: dict[str, list[Order]] = {}
        self._places: dict[tuple[str, str], list[Order]] = {}
        self._choosy: set[Order] = set()
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
        order = self._orders[item.id] = order_of(item, self._organisation.queues[item.queue])
        places = self._places.get((item.queue, item.media))
        if places is None:
            places = self._places[item.queue, item.media] = []
        insort(places, order)

    def left(self, item: Item) -> None:
        """The item has no place any more; called before its order changes."""
        places = self._places[item.queue, item.media]
        del places[bisect_left(places, self._orders.pop(item.id))]

    def add(self, item: Item) -> None:
        """The item may be offered."""
        order, signature = self._orders[item.id], signature_of(item, self._organisation.queues[item.queue])
        self.fresh[item.id] = None
        if item.excluded:
            self._choosy.add(order)
        if signature.agents is not None:
            self._placed[order] = Placed(item, signature, None)
            for agent in signature.agents:
                insort(self._own.setdefault(agent, []), order)
            return
        line = self._lines.get(signature) or self._new_line(signature)
        self._placed[order] = Placed(item, line.signature, line)
        items = line.items
        before = items[0] if items else NOTHING
        heappush(items, order)
        if order < before:
            heads = self._heads_of(line)
            if before != NOTHING:
                heads.drop(before, line)
            heads.add(order, line, self._choosy)

    def _new_line(self, signature: Signature) -> Line:
        need = signature.need
        skills = need.skills or (NO_SKILL,)
        asks_more = signature.label or signature.groups is not None or need.expression is not None
        sure = len(skills) <= 2 and signature.ring == OUTERMOST and not asks_more
        second = self._skill(skills[-1]) if sure else UNSURE
        line = self._lines[signature] = Line(signature, self._skill(skills[0]), second, [])
        return line

    def _heads_of(self, line: Line) -> Heads:
        signature = line.signature
        by_medium = self._heads.setdefault(signature.queue, {})
        heads = by_medium.get(signature.media)
        if heads is None:
            heads = by_medium[signature.media] = Heads(len(self._skills))
        return heads

    def remove(self, item_id: str) -> None:
        """The item may not be offered for now."""
        order = self._orders.get(item_id, NOTHING)
        placed = self._placed.pop(order, None)
        if placed is None:
            return
        self._choosy.discard(order)
        line = placed.line
        if line is None:
            for agent in placed.signature.agents or ():
                own = self._own[agent]
                del own[bisect_left(own, order)]
            return
        items = line.items
        if items[0] != order:
            return  # found and dropped when it comes to the head
        heads = self._heads_of(line)
        heads.drop(order, line)
        while items and not self._lies(items[0], line):
            heappop(items)
        if items:
            heads.add(items[0], line, self._choosy)
        else:
            del self._lines[line.signature]

    def _skill(self, skill: str) -> int:
        """The number of a skill; a new one makes room in the lists."""
        number = self._skills.get(skill)
        if number is None:
            number = self._skills[skill] = len(self._skills)
            for by_medium in self._heads.values():
                for heads in by_medium.values():
                    heads.grow(len(self._skills))
        return number

    def _lies(self, order: Order, line: Line) -> bool:
        """Whether an entry of a line is still so, and has not been left behind by a change."""
        placed = self._placed.get(order)
        return placed is not None and placed.line is line

    # -- choosing

    def order(self, item: Item) -> Order:
        """The item's place in the order."""
        order = self._orders.get(item.id)
        return order_of(item, self._organisation.queues[item.queue]) if order is None else order

    def placed(self, order: Order) -> Placed | None:
        """The item of an order, if it may be offered."""
        return self._placed.get(order)

    def signature(self, item: Item) -> Signature:
        """The item's line."""
        placed = self._placed.get(self._orders.get(item.id, NOTHING))
        return signature_of(item, self._organisation.queues[item.queue]) if placed is None else placed.signature

    def choose(self, agent_id: str, at: int) -> Order | None:
        """The item that this agent should have now: the first in order over all queues (§3, I4)."""
        seat = self._ready.seats[agent_id]
        agent, room, labelled = seat.agent, seat.room, seat.limits.utilization.label_utilizations
        if not room and not labelled:
            return None
        best = NOTHING
        for order in self._own.get(agent_id, ()):
            if self._fits(self._placed[order].signature, seat) and not self._excluded(order, agent_id, at):
                best = order
                break
        bound = rank(best)
        if not seat.skills:
            self._number_skills(seat)
        skills = seat.skills
        sure: Sequence[Head] = ()
        near: list[tuple[float, Sequence[Head], int]] = []
        for queue in agent.queues:
            for medium, heads in self._heads.get(queue, NONE).items():
                if medium not in room and not labelled:
                    continue
                first, second, bits = heads.first, heads.second, seat.bits if medium in room else 0
                for skill in skills:
                    if first[skill] > bound:
                        continue
                    fits = bits >> second[skill] & 1
                    if fits and first[skill] < bound:
                        bound, sure = first[skill], heads.by_skill[skill]
                    elif (least := first[skill] if fits else heads.other[skill]) <= bound:
                        near.append((least, heads.by_skill[skill], bits))
        if sure:
            best = sure[0][0]
        for least, lines, bits in near:
            if least <= bound:
                best = self._look_through(lines, bits, seat, best, at)
        return None if best == NOTHING else best

    def _look_through(self, heads: Sequence[Head], bits: int, seat: Seat, best: Order, at: int) -> Order:
        """The first item of these lines that the agent may have, if it comes before ``best``."""
        for order, second, line in heads:
            if order > best:
                break
            if second == UNSURE:
                if self._fits(line.signature, seat):
                    best = min(best, self._first(line, seat.agent.id, at))
            elif bits >> second & 1:
                return order
        return best

    def _number_skills(self, seat: Seat) -> None:
        """What an agent holds by number: as they are, and as bits."""
        seat.skills = (self._skills[NO_SKILL], *map(self._skill, seat.agent.held))
        seat.bits = sum(1 << number for number in seat.skills)

    def _first(self, line: Line, agent: str, at: int) -> Order:
        """The first item of a line that does not exclude the agent, nearly always the head."""
        if not self._excluded(line.items[0], agent, at):
            return line.items[0]
        for order in sorted(line.items):
            if self._lies(order, line) and not self._excluded(order, agent, at):
                return order
        return NOTHING

    def _excluded(self, order: Order, agent: str, at: int) -> bool:
        return order in self._choosy and self._placed[order].item.excluded.get(agent, 0) > at

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
        scope, order = self._organisation.queues[item.queue].knobs.piq_scope, self.order(item)
        if scope == "queue":
            return 1 + sum(bisect_left(p, order) for (queue, _), p in self._places.items() if queue == item.queue)
        return 1 + bisect_left(self._places[item.queue, item.media], order)

    def in_queue(self, queue: str, media: str | None = None) -> int:
        """How many have a place in a queue."""
        return sum(
            len(places) for (q, m), places in self._places.items() if q == queue and (media is None or m == media)
        )

    def lines(self) -> Iterator[tuple[Signature, int]]:
        """Signatures and how many wait in each, for figures of the index itself."""
        return ((signature, len(line.items)) for signature, line in self._lines.items())
