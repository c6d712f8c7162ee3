"""Choosing an item for an agent who became free: one line per signature, heads in order (routing.md §26.3).

Heads lie by queue, medium and first skill, so that an agent meets only lines of which one skill is held already.
However many items wait, a choice costs as much as there are such places. Items that only certain agents may have lie
in those agents' own lines instead.

A choice waits for memory longer than it computes. So the ranks of the first heads of all skills lie close together in
arrays, which say in one go how far an agent has to look, and nearly always where; only there is anything else touched.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from math import inf

import msgspec

from contactcenter.routing.capacity import label_fits
from contactcenter.routing.organisation import OUTERMOST, Organisation
from contactcenter.routing.ready import Ready, Seat
from contactcenter.routing.signature import Order, Signature, meets_expression, order_of, rank, signature_of
from contactcenter.routing.state import Item, State

NO_SKILL = ""
"""Where the heads lie of lines that ask for no skill, or for an expression."""

UNSURE = 1
"""In the place of a skill's number: nobody holds it."""

BEYOND = 1e300
"""Above the rank of every order, and below that of none."""


class Entry(msgspec.Struct, order=True, gc=False):
    """An item that has a place in a queue; the smaller one comes first, since no two orders are the same.

    ``rank`` is that of its order, ``places`` are those of its queue and medium. While it may be offered it has a
    ``signature`` and lies in its ``line``, or, where that names agents, in theirs. A ``choosy`` one excludes somebody.
    """

    order: Order
    rank: float
    item: Item
    places: Places
    signature: Signature | None = None
    line: Line | None = None
    choosy: bool = False


class Line(msgspec.Struct, gc=False, eq=False):
    """Items of one signature in order.

    ``skill`` is the number of the first skill that it asks for; ``second`` that of the other one that must be held for
    the line to fit, the same where there is none, and UNSURE where it asks for more than its medium and two skills.
    """

    signature: Signature
    heads: Heads
    skill: int
    second: int
    items: list[Entry]


Head = tuple[Order, int, Entry]
"""Where a line stands among those of its first skill: its first item, what must be held besides, and the item."""


class Heads:
    """The heads of the lines of a queue and medium in order, by the number of their first skill.

    Of each skill ``first`` has the rank of its first head, ``second`` what else must be held for it to fit for certain
    (UNSURE where more is to be looked at), and ``other`` the rank of the first head of which that says nothing. Ranks
    are infinite where there is none.
    """

    __slots__ = ("by_skill", "first", "medium", "other", "second")

    def __init__(self, medium: str, skills: int) -> None:
        self.medium = medium
        self.by_skill: dict[int, list[Head]] = {}
        self.first, self.other = array("d"), array("d")
        self.second = array("I")
        self.grow(skills)

    def grow(self, skills: int) -> None:
        """Make room for so many skills."""
        new = skills - len(self.first)
        self.first.extend([inf] * new)
        self.other.extend([inf] * new)
        self.second.extend([0] * new)

    def add(self, head: Entry, line: Line) -> None:
        """A line has this head now."""
        heads = self.by_skill.setdefault(line.skill, [])
        insort(heads, (head.order, UNSURE if head.choosy else line.second, head))
        self._note(line.skill, heads)

    def drop(self, head: Entry, line: Line) -> None:
        """The line's head is gone."""
        heads = self.by_skill[line.skill]
        del heads[bisect_left(heads, (head.order,))]
        self._note(line.skill, heads)

    def _note(self, skill: int, heads: Sequence[Head]) -> None:
        if not heads:
            self.first[skill] = self.other[skill] = inf
            return
        _, second, head = heads[0]
        self.first[skill], self.second[skill] = head.rank, second
        others = 0 if second == UNSURE else 1
        self.other[skill] = heads[others][2].rank if others < len(heads) else inf


class Places:
    """Orders of a queue; ``_ranks`` finds nearly everything without looking at the orders themselves."""

    __slots__ = ("_orders", "_ranks")

    def __init__(self) -> None:
        self._ranks = array("d")
        self._orders: list[Order] = []

    def __len__(self) -> int:
        return len(self._orders)

    def before(self, entry: Entry) -> int:
        """How many come before; who is new, or has just come and asks, is nearly always the last."""
        ranks, orders, of = self._ranks, self._orders, entry.rank
        if not ranks or of > ranks[-1]:
            return len(ranks)
        if orders[-1] == entry.order:
            return len(orders) - 1
        at = bisect_left(ranks, of)
        return at if ranks[at] != of else bisect_left(orders, entry.order, at, bisect_right(ranks, of, at))

    def add(self, entry: Entry) -> None:
        """One more."""
        at = self.before(entry)
        self._ranks.insert(at, entry.rank)
        self._orders.insert(at, entry.order)

    def drop(self, entry: Entry) -> None:
        """One less."""
        at = self.before(entry)
        del self._ranks[at], self._orders[at]


class Waiting:
    """The items' side of the index."""

    def __init__(self, state: State, organisation: Organisation, ready: Ready) -> None:
        self._state, self._organisation, self._ready = state, organisation, ready
        self._entries: dict[str, Entry] = {}
        self._lines: dict[Signature, Line] = {}
        self._heads: dict[str, list[Heads]] = {}
        """By queue, of each medium that something has waited in."""
        self._skills: dict[str | None, int] = {NO_SKILL: 0, None: UNSURE}
        self._own: dict[str, list[Entry]] = {}
        self._places: dict[tuple[str, str], Places] = {}
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
        queue = self._organisation.queues[item.queue]
        places = self._places.get((item.queue, item.media))
        if places is None:
            places = self._places[item.queue, item.media] = Places()
        order = order_of(item, queue)
        entry = self._entries[item.id] = Entry(order, rank(order), item, places)
        places.add(entry)

    def left(self, item: Item) -> None:
        """The item has no place any more; called before its order changes."""
        entry = self._entries.pop(item.id)
        entry.places.drop(entry)

    def add(self, item: Item) -> None:
        """The item may be offered."""
        entry, signature = self._entries[item.id], signature_of(item, self._organisation.queues[item.queue])
        self.fresh[item.id] = None
        entry.choosy = bool(item.excluded)
        if signature.agents is not None:
            entry.signature = signature
            for agent in signature.agents:
                insort(self._own.setdefault(agent, []), entry)
            return
        line = self._lines.get(signature) or self._new_line(signature)
        entry.signature, entry.line = line.signature, line
        items = line.items
        if items and items[-1] < entry:
            items.append(entry)
            return
        insort(items, entry)
        if items[0] is entry:
            if len(items) > 1:
                line.heads.drop(items[1], line)
            line.heads.add(entry, line)

    def _new_line(self, signature: Signature) -> Line:
        need = signature.need
        skills = need.skills or (NO_SKILL,)
        asks_more = signature.label or signature.groups is not None or need.expression is not None
        sure = len(skills) <= 2 and signature.ring == OUTERMOST and not asks_more
        second = self._skill(skills[-1]) if sure else UNSURE
        first, heads = self._skill(skills[0]), self._heads_of(signature)
        line = self._lines[signature] = Line(signature, heads, first, second, [])
        return line

    def _heads_of(self, signature: Signature) -> Heads:
        of_queue = self._heads.setdefault(signature.queue, [])
        for heads in of_queue:
            if heads.medium == signature.media:
                return heads
        of_queue.append(Heads(signature.media, len(self._skills)))
        return of_queue[-1]

    def less_choosy(self, item: Item) -> None:
        """The item excludes fewer agents than before."""
        self.fresh[item.id] = None

    def remove(self, item: Item) -> None:
        """The item may not be offered for now."""
        entry = self._entries.get(item.id)
        if entry is None or entry.signature is None:
            return
        line, agents = entry.line, entry.signature.agents
        entry.line = entry.signature = None
        if line is None:
            for agent in agents or ():
                own = self._own[agent]
                del own[bisect_left(own, entry)]
            return
        items = line.items
        if items[0] is not entry:
            del items[bisect_left(items, entry)]
            return
        del items[0]
        line.heads.drop(entry, line)
        if items:
            line.heads.add(items[0], line)
        else:
            del self._lines[line.signature]

    def _skill(self, skill: str) -> int:
        """The number of a skill; a new one makes room in the lists."""
        number = self._skills.get(skill)
        if number is None:
            number = self._skills[skill] = len(self._skills)
            for of_queue in self._heads.values():
                for heads in of_queue:
                    heads.grow(len(self._skills))
        return number

    # -- choosing

    def order(self, item: Item) -> Order:
        """The item's place in the order."""
        entry = self._entries.get(item.id)
        return order_of(item, self._organisation.queues[item.queue]) if entry is None else entry.order

    def entry(self, item_id: str) -> Entry | None:
        """The item, if it has a place in a queue."""
        return self._entries.get(item_id)

    def signature(self, item: Item) -> Signature:
        """The item's line."""
        entry = self._entries.get(item.id)
        known = None if entry is None else entry.signature
        return signature_of(item, self._organisation.queues[item.queue]) if known is None else known

    def choose(self, agent_id: str, at: int) -> Entry | None:
        """The item that this agent should have now: the first in order over all queues (§3, I4)."""
        seat = self._ready.seats[agent_id]
        room, labelled = seat.room, seat.limits.utilization.label_utilizations
        if not room and not labelled:
            return None
        best: Entry | None = None
        for entry in self._own.get(agent_id, ()):
            if self._may_have(entry, seat, at):
                best = entry
                break
        bound = BEYOND if best is None else best.rank
        if not seat.skills:
            self._prepare(seat)
        skills = seat.skills
        sure: Sequence[Head] = ()
        near: list[tuple[float, Sequence[Head], int]] = []
        for of_queue in seat.queues:
            for heads in of_queue:
                bits = seat.bits if heads.medium in room else 0
                if not bits and not labelled:
                    continue
                first, second = heads.first, heads.second
                for skill in skills:
                    if (least := first[skill]) > bound:
                        continue
                    if not bits >> second[skill] & 1:
                        if (least := heads.other[skill]) <= bound:
                            near.append((least, heads.by_skill[skill], bits))
                    elif least < bound:
                        bound, sure = least, heads.by_skill[skill]
                    else:
                        near.append((least, heads.by_skill[skill], bits))
        if sure:
            best = sure[0][2]
        for least, lines, bits in near:
            if least <= bound:
                best = self._look_through(lines, bits, seat, best, at)
        return best

    def _look_through(self, heads: Sequence[Head], bits: int, seat: Seat, best: Entry | None, at: int) -> Entry | None:
        """The first item of these lines that the agent may have, if it comes before ``best``."""
        for order, second, head in heads:
            if best is not None and order > best.order:
                break
            if second == UNSURE:
                first = self._first(head, seat, at)
                if first is not None and (best is None or first < best):
                    best = first
            elif bits >> second & 1:
                return head
        return best

    def _prepare(self, seat: Seat) -> None:
        """Where an agent's choice looks: the heads of the queues, and what is held by number and as bits."""
        seat.queues = tuple(self._heads.setdefault(queue, []) for queue in seat.agent.queues)
        seat.skills = (self._skills[NO_SKILL], *map(self._skill, seat.agent.held))
        seat.bits = sum(1 << number for number in seat.skills)

    def _first(self, head: Entry, seat: Seat, at: int) -> Entry | None:
        """The first item of a line that the agent may have, nearly always the head."""
        line = head.line
        if line is None or not self._fits(line.signature, seat):
            return None
        for entry in line.items:
            if not self._excluded(entry, seat.agent.id, at):
                return entry
        return None

    def _may_have(self, entry: Entry, seat: Seat, at: int) -> bool:
        signature = entry.signature
        fits = signature is not None and self._fits(signature, seat)
        return fits and not self._excluded(entry, seat.agent.id, at)

    def _excluded(self, entry: Entry, agent: str, at: int) -> bool:
        return entry.choosy and entry.item.excluded.get(agent, 0) > at

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
        elif not meets_expression(need, agent.held, self._organisation):
            return False
        groups = self._organisation.groups
        return signature.groups is None or any(agent.id in groups.get(group, ()) for group in signature.groups)

    # -- views

    def position(self, item: Item) -> int:
        """1 + items before this one in its queue and medium, or in its queue alone (knob ``piq_scope``)."""
        entry = self._entries[item.id]
        if self._organisation.queues[item.queue].knobs.piq_scope == "queue":
            return 1 + sum(places.before(entry) for (queue, _), places in self._places.items() if queue == item.queue)
        return 1 + entry.places.before(entry)

    def in_queue(self, queue: str, media: str | None = None) -> int:
        """How many have a place in a queue."""
        return sum(
            len(places) for (q, m), places in self._places.items() if q == queue and (media is None or m == media)
        )

    def lines(self) -> Iterator[tuple[Signature, int]]:
        """Signatures and how many wait in each, for figures of the index itself."""
        return ((signature, len(line.items)) for signature, line in self._lines.items())
