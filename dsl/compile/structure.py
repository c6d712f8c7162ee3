"""From blocks to functions: what lies between two waits becomes one function with ``if`` and ``while``.

Blocks that can be stood at or that the machine is told the number of begin a function each, and so does the head of
every loop. All others are written into the functions that get there: after an ``if`` where several ways meet again,
else in the place from where they are reached. Where Python has no form for a way (out of the middle of a loop, say),
its target begins a function of its own and the machine goes there by its number.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from dsl.compile.builder import COUNT, CTX, Block, Choice
from dsl.program import WAIT

COPIES = 3
"""A place where ways meet is written into so many functions at the most."""
DEPTH = 24
"""So deep are statements nested at the most: Python's own compiler has its limits."""


def structured(blocks: Sequence[Block], begin: Collection[int]) -> dict[int, list[ast.stmt]]:
    """The body of each function by the number of the block that it begins with; ``begin`` has those that have one."""
    entries = set(begin) | _loop_heads(blocks, begin)
    regions: dict[int, _Region] = {}
    fresh = set(entries)
    while fresh:
        entries |= fresh
        stale = [entry for entry, region in regions.items() if not fresh.isdisjoint(region.order)]
        for entry in {*fresh, *stale}:
            regions[entry] = _Region(blocks, entries, entry)
        copies = Counter(number for region in regions.values() for number in region.meetings)
        fresh = {number for number, count in copies.items() if count > COPIES}
        fresh.update(*(region.beyond for region in regions.values()))
    return {entry: regions[entry].function for entry in sorted(regions)}


def _next(block: Block) -> tuple[int, ...]:
    """Where a block goes on, as far as its end says so."""
    if isinstance(block.end, Choice):
        return (*(target for _, target in block.end.cases), block.end.otherwise)
    return (block.end,) if isinstance(block.end, int) else ()


def _loop_heads(blocks: Sequence[Block], begin: Collection[int]) -> set[int]:
    """Blocks that something further on goes back to."""
    heads: set[int] = set()
    done: set[int] = set()
    for start in begin:
        path = {start}
        stack: list[tuple[int, Iterator[int]]] = [(start, iter(_next(blocks[start])))]
        while stack:
            number, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                stack.pop()
                path.discard(number)
                done.add(number)
            elif target in path:
                heads.add(target)
            elif target not in done:
                path.add(target)
                stack.append((target, iter(_next(blocks[target]))))
    return heads


class _Region:
    """The blocks of one function: all that its first block gets to without getting to another function's."""

    def __init__(self, blocks: Sequence[Block], entries: Collection[int], entry: int) -> None:
        self.blocks, self.entries, self.entry = blocks, entries, entry
        self.order = self._ordered()
        self.ways: dict[int, list[int]] = {number: [] for number in self.order}
        for number in self.order:
            for target in _next(blocks[number]):
                if target in self.ways and target != entry:
                    self.ways[target].append(number)
        self.meetings = [number for number in self.order if len(self.ways[number]) > 1]
        self.behind = self._meetings_behind()
        self.goes_round = False
        self.beyond: set[int] = set()
        """Blocks that there is no way to: they have to begin functions before this is the last word."""

        body = self._from(entry, None, 0)
        self.function: list[ast.stmt] = [ast.While(ast.Constant(True), body, [])] if self.goes_round else body

    def _ordered(self) -> list[int]:
        """Every block before those that it goes on at: there is no way back but to the first one."""
        order: list[int] = []
        seen = {self.entry}
        stack = [(self.entry, iter(_next(self.blocks[self.entry])))]
        while stack:
            number, targets = stack[-1]
            target = next(targets, None)
            if target is None:
                stack.pop()
                order.append(number)
            elif target not in seen and target not in self.entries:
                seen.add(target)
                stack.append((target, iter(_next(self.blocks[target]))))
        return order[::-1]

    def _meetings_behind(self) -> Mapping[int, list[int]]:
        """By block, the meeting places that are reached through it only: its nearest dominator has them."""
        above: dict[int, int] = {self.entry: self.entry}
        rank = {number: n for n, number in enumerate(self.order)}
        for number in self.order[1:]:
            common, *others = self.ways[number]
            for other in others:
                while common != other:
                    if rank[common] > rank[other]:
                        common = above[common]
                    else:
                        other = above[other]
            above[number] = common
        behind: dict[int, list[int]] = {}
        for number in self.meetings:
            behind.setdefault(above[number], []).append(number)
        return behind

    def _from(self, number: int, after: int | None, depth: int) -> list[ast.stmt]:
        """A block with all that it alone leads to; at its end stands whatever begins at ``after``."""
        block = self.blocks[number]
        behind = self.behind.get(number, [])
        afterwards = [*behind, after]
        body = [*_standing_at(block), *block.body, *self._end(block, afterwards[0], depth)]
        for meeting, following in zip(behind, afterwards[1:], strict=True):
            body += self._from(meeting, following, depth)
        return body

    def _end(self, block: Block, after: int | None, depth: int) -> list[ast.stmt]:
        end = block.end
        if end is None:
            return [ast.Return(ast.Constant(WAIT))]
        if isinstance(end, int):
            return self._to(end, after, depth)
        if isinstance(end, Choice):
            written = self._to(end.otherwise, after, depth + len(end.cases))
            for number, (test, target) in reversed(list(enumerate(end.cases, 1))):
                yes = self._to(target, after, depth + number) or [ast.Pass()]
                written = [ast.copy_location(ast.If(test, yes, written), test)]
            return written
        return [ast.copy_location(ast.Return(end), end)]

    def _to(self, target: int, after: int | None, depth: int) -> list[ast.stmt]:
        """The way to a block."""
        if target == after:
            return []
        if target == self.entry:
            self.goes_round = True
            return _round(target)
        if target in self.entries:
            block = self.blocks[target]
            return _waiting_at(block) if block.is_wait else [ast.Return(ast.Constant(target))]
        if len(self.ways[target]) == 1 and (depth < DEPTH or self.blocks[target].has_locals):
            return self._from(target, after, depth)
        self.beyond.add(target)
        return [ast.Return(ast.Constant(target))]


def _standing_at(block: Block) -> list[ast.stmt]:
    """Where the machine stands while it waits."""
    if not block.is_wait:
        return []
    assert isinstance(block.end, ast.expr)
    here = ast.Attribute(ast.Name(CTX, ast.Load()), "block", ast.Store())
    return [ast.copy_location(ast.Assign([here], ast.Constant(block.number)), block.end)]


def _waiting_at(block: Block) -> list[ast.stmt]:
    """A wait within the function that comes to it, so that nobody has to go there first."""
    assert isinstance(block.end, ast.expr)
    return [*_standing_at(block), *block.body, ast.copy_location(ast.Return(block.end), block.end)]


def _round(head: int) -> list[ast.stmt]:
    """Once more round a loop, unless the step has done enough."""
    most = ast.Attribute(ast.Name(CTX, ast.Load()), "enough", ast.Load())
    enough = ast.Compare(ast.Name(COUNT, ast.Load()), [ast.GtE()], [most])
    return [ast.If(enough, [ast.Return(ast.Constant(head))], []), ast.Continue()]
