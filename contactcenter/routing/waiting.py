"""Choosing an item for an agent who became free: one heap per signature, heads in order (routing.md §26.3).

Heads lie by queue and first skill, so that an agent meets only lines of which one skill is held already. The walk
costs as much as there are such lines before the first that fits, however many items wait. Items that only certain
agents may have lie in those agents' own lines instead.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterator

from contactcenter.routing.capacity import label_fits
from contactcenter.routing.organisation import OUTERMOST, Organisation
from contactcenter.routing.ready import Ready
from contactcenter.routing.signature import Signature, key_of, signature_of, without
from contactcenter.routing.skills import holds
from contactcenter.routing.state import AgentState, Item, Key, State

NO_SKILL = ""
"""Where the heads lie of lines that ask for no skill, or for an expression."""


class Line:
    """Items of one signature as a heap.

    A ``plain`` line asks for a medium and the skills ``more`` besides its first one, and for nothing else.
    """

    __slots__ = ("items", "media", "more", "plain", "signature")

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.items: list[tuple[Key, str]] = []
        self.media, self.more = signature.media, signature.need.skills[1:]
        asks_more = signature.label or signature.groups is not None or signature.need.expression is not None
        self.plain = not asks_more and signature.ring == OUTERMOST


Head = tuple[Key, Line]


class Heads:
    """The heads of a queue's lines in order, by first skill.

    ``first`` has the smallest key of each as one number: a walk over an agent's skills touches little memory that way,
    and what it does not touch it does not wait for.
    """

    __slots__ = ("by_skill", "first")

    def __init__(self) -> None:
        self.by_skill: dict[str, list[Head]] = {}
        self.first: dict[str, int] = {}

    def add(self, key: Key, line: Line) -> None:
        """A line has this head now."""
        skill = _first_skill(line.signature)
        heads = self.by_skill.setdefault(skill, [])
        insort(heads, (key, line))
        if heads[0][1] is line:
            self.first[skill] = _number(key)

    def drop(self, key: Key, line: Line) -> None:
        """The line's head is gone."""
        skill = _first_skill(line.signature)
        heads = self.by_skill[skill]
        at = bisect_left(heads, (key,))
        assert heads[at][0] == key
        del heads[at]
        if not heads:
            del self.by_skill[skill], self.first[skill]
        elif at == 0:
            self.first[skill] = _number(heads[0][0])


_HALF, _BITS = 1 << 55, 56
BEYOND = 1 << 4 * _BITS
"""Above the number of every key."""


def _number(key: Key) -> int:
    """The key as one number with the same order."""
    kind, high, low, seq = key
    return (((kind << _BITS) + high + _HALF << _BITS) + low + _HALF << _BITS) + seq


class Waiting:
    """The items' side of the index."""

    def __init__(self, state: State, organisation: Organisation, ready: Ready) -> None:
        self._state, self._organisation, self._ready = state, organisation, ready
        self._placed: dict[str, tuple[Key, Signature, Line | None]] = {}
        self._lines: dict[Signature, Line] = {}
        self._heads: dict[str, Heads] = {}
        self._own: dict[str, list[tuple[Key, str]]] = {}
        self._places: dict[tuple[str, str], list[Key]] = {}
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
        insort(self._places.setdefault((item.queue, item.media), []), self.key(item))

    def left(self, item: Item) -> None:
        """The item has no place any more; called before its key changes."""
        places = self._places[item.queue, item.media]
        del places[bisect_left(places, self.key(item))]

    def add(self, item: Item) -> None:
        """The item may be offered."""
        queue = self._organisation.queues[item.queue]
        key, signature = key_of(item, queue), signature_of(item, queue)
        self.fresh[item.id] = None
        if signature.agents is not None:
            self._placed[item.id] = (key, signature, None)
            for agent in signature.agents:
                insort(self._own.setdefault(agent, []), (key, item.id))
            return
        line = self._lines.get(signature)
        if line is None:
            line = self._lines[signature] = Line(signature)
        self._placed[item.id] = (key, signature, line)
        before = line.items[0][0] if line.items else None
        heapq.heappush(line.items, (key, item.id))
        if line.items[0][0] == key:
            heads = self._heads.setdefault(signature.queue, Heads())
            if before is not None:
                heads.drop(before, line)
            heads.add(key, line)

    def remove(self, item_id: str) -> None:
        """The item may not be offered for now."""
        placed = self._placed.pop(item_id, None)
        if placed is None:
            return
        key, signature, line = placed
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
        agent = self._state.agents[agent_id]
        labelled = self._organisation.limits[agent_id].utilization.label_utilizations
        if not self._ready.room[agent_id] and not labelled:
            return None
        best: tuple[Key, str] | None = None
        for key, item_id in self._own.get(agent_id, ()):
            if self._fits(self._placed[item_id][1], agent) and not self._excluded(item_id, agent_id, at):
                best = (key, item_id)
                break
        bound = BEYOND if best is None else _number(best[0])
        room, held = self._ready.room[agent_id], agent.held
        skills = (NO_SKILL, *held)
        for queue in agent.queues:
            heads = self._heads.get(queue)
            if heads is None:
                continue
            first = heads.first
            for skill in skills:  # their order does not matter: the smallest key wins
                if first.get(skill, BEYOND) >= bound:
                    continue
                for key, line in heads.by_skill[skill]:
                    if best is not None and key > best[0]:
                        break
                    if line.plain:
                        if line.media not in room or not all(map(held.__contains__, line.more)):
                            continue
                    elif not self._fits(line.signature, agent):
                        continue
                    found = self._first(line, agent_id, at)
                    if found is not None and (best is None or found < best):
                        best, bound = found, _number(found[0])
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
        excluded = self._state.items[item_id].excluded
        return bool(excluded) and excluded.get(agent, 0) > at

    def _fits(self, signature: Signature, agent: AgentState) -> bool:
        ring = agent.queues.get(signature.queue)
        if ring is None:
            if signature.members:
                return False
        elif signature.agents is None and ring > signature.ring:
            return False
        if signature.label is None:
            if signature.media not in self._ready.room[agent.id]:
                return False
        elif not self._label_fits(signature, agent):
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

    def _label_fits(self, signature: Signature, agent: AgentState) -> bool:
        limits = self._organisation.limits[agent.id]
        return label_fits(agent, signature.media, signature.label, limits, self._organisation.knobs)

    def _meets(self, signature: Signature, agent: AgentState) -> bool:
        need = signature.need
        tree = without(self._organisation.expression(need.expression or ""), need.removed)
        return holds(tree, lambda leaf: leaf.true_for(agent.held))

    # -- views

    def position(self, item: Item) -> int:
        """1 + items before this one in its queue and medium, or in its queue alone (knob ``piq_scope``)."""
        scope = self._organisation.queues[item.queue].knobs.piq_scope
        key = self.key(item)
        if scope == "queue":
            lists = [places for (queue, _), places in self._places.items() if queue == item.queue]
        else:
            lists = [self._places.get((item.queue, item.media), [])]
        return 1 + sum(bisect_left(places, key) for places in lists)

    def in_queue(self, queue: str, media: str | None = None) -> int:
        """How many have a place in a queue."""
        return sum(
            len(places) for (q, m), places in self._places.items() if q == queue and (media is None or m == media)
        )

    def lines(self) -> Iterator[tuple[Signature, int]]:
        """Signatures and how many wait in each, for figures of the index itself."""
        return ((signature, len(line.items)) for signature, line in self._lines.items())


def _first_skill(signature: Signature) -> str:
    return signature.need.skills[0] if signature.need.skills else NO_SKILL
