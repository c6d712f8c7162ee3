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
from contactcenter.routing.organisation import Organisation
from contactcenter.routing.ready import Ready
from contactcenter.routing.signature import Signature, key_of, signature_of, without
from contactcenter.routing.skills import holds
from contactcenter.routing.state import AgentState, Item, Key, State

Head = tuple[Key, Signature]

NO_SKILL = ""
"""Where the heads lie of lines that ask for no skill, or for an expression."""


class Waiting:
    """The items' side of the index."""

    def __init__(self, state: State, organisation: Organisation, ready: Ready) -> None:
        self._state, self._organisation, self._ready = state, organisation, ready
        self._placed: dict[str, Head] = {}
        self._lines: dict[Signature, list[tuple[Key, str]]] = {}
        self._heads: dict[str, dict[str, list[Head]]] = {}
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
        self._placed[item.id] = (key, signature)
        self.fresh[item.id] = None
        if signature.agents is not None:
            for agent in signature.agents:
                insort(self._own.setdefault(agent, []), (key, item.id))
            return
        line = self._lines.setdefault(signature, [])
        before = line[0][0] if line else None
        heapq.heappush(line, (key, item.id))
        if line[0][0] == key:
            heads = self._heads.setdefault(signature.queue, {}).setdefault(_first_skill(signature), [])
            if before is not None:
                self._drop_head(heads, before)
            insort(heads, (key, signature))

    def remove(self, item_id: str) -> None:
        """The item may not be offered for now."""
        placed = self._placed.pop(item_id, None)
        if placed is None:
            return
        key, signature = placed
        if signature.agents is not None:
            for agent in signature.agents:
                own = self._own[agent]
                del own[bisect_left(own, (key, item_id))]
            return
        line = self._lines[signature]
        if line[0][0] != key:
            return  # found and dropped when it comes to the head
        heads = self._heads[signature.queue][_first_skill(signature)]
        self._drop_head(heads, key)
        while line and self._placed.get(line[0][1]) != (line[0][0], signature):
            heapq.heappop(line)
        if line:
            insort(heads, (line[0][0], signature))
            return
        del self._lines[signature]
        if not heads:
            del self._heads[signature.queue][_first_skill(signature)]

    def _drop_head(self, heads: list[Head], key: Key) -> None:
        at = bisect_left(heads, (key,))
        assert heads[at][0] == key
        del heads[at]

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
        for queue in agent.queues:
            by_skill = self._heads.get(queue)
            if not by_skill:
                continue
            skills = by_skill.keys() & agent.held.keys()  # their order does not matter: the smallest key wins
            if NO_SKILL in by_skill:
                skills.add(NO_SKILL)
            for skill in skills:
                for key, signature in by_skill[skill]:
                    if best is not None and key > best[0]:
                        break
                    if not self._fits(signature, agent):
                        continue
                    found = self._first(signature, agent_id, at)
                    if found is not None and (best is None or found < best):
                        best = found
        return best

    def _first(self, signature: Signature, agent: str, at: int) -> tuple[Key, str] | None:
        """The first item of a line that does not exclude the agent, nearly always the head."""
        line = self._lines[signature]
        if not self._excluded(line[0][1], agent, at):
            return line[0]
        for key, item_id in sorted(line):
            if self._placed.get(item_id) == (key, signature) and not self._excluded(item_id, agent, at):
                return key, item_id
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
        return ((signature, len(line)) for signature, line in self._lines.items())


def _first_skill(signature: Signature) -> str:
    return signature.need.skills[0] if signature.need.skills else NO_SKILL
