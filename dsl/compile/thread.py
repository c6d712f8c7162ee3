"""Jump threading: a block that only goes on at another one takes that one's statements over.

Every block costs a turn of the machine's trampoline. A block that can be stood at (a wait, a task, a return) stays by
itself, since what a snapshot names has to be what runs. The others stay as well, for those that choose between blocks.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence

from dsl.compile.builder import Block

LONGEST = 16
"""Statements of a threaded block: code that several blocks go on at is copied, and may not grow without end."""


def thread(blocks: Sequence[Block], stood_at: Collection[int]) -> list[list[ast.stmt]]:
    """The body of each block, with those that follow it taken over."""
    return [_body(block, blocks, stood_at) for block in blocks]


def _body(block: Block, blocks: Sequence[Block], stood_at: Collection[int]) -> list[ast.stmt]:
    body, seen = block.body, {block.number}
    while (following := _goes_on_at(body)) is not None:
        further = blocks[following].body
        if following in seen or following in stood_at or not further or len(body) + len(further) > LONGEST:
            break
        seen.add(following)
        body = [*body[:-1], *further]
    return body


def _goes_on_at(body: Sequence[ast.stmt]) -> int | None:
    """The block that a body always goes on at; None where it chooses, waits or ends."""
    last = body[-1] if body else None
    target = last.value if isinstance(last, ast.Return) else None
    number = target.value if isinstance(target, ast.Constant) else None
    return number if type(number) is int and number >= 0 else None
