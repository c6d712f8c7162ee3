"""The one tree of an expression: what the parser builds, the checker types, and ``eval --tree`` shows.

The shape is Architect's own (corpus README of expressions): an operator sign or function name with operands,
or a leaf: ``lit`` literal, ``ref`` variable, ``sysref`` built-in or system prompt, ``nul`` NOT_SET, ``emp``
nothing entered. ``pos`` is the 1-based character position that README fixes for each kind of node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dsl.expressions.types import ANY, Type


@dataclass(frozen=True, slots=True)
class Node:
    """One node; ``type`` is ``any`` until the checker has typed it.

    ``value`` is set on ``lit`` only and is the run-time value (``dsl.expressions.values``), ``name`` on
    ``ref`` and ``sysref`` as the author spelled it. ``overload`` is the row of the function catalogue that
    the checker chose.
    """

    op: str
    pos: int
    type: Type = ANY
    operands: tuple[Node, ...] = ()
    value: Any = None  # a run-time value of any type; see dsl.expressions.values
    name: str | None = None
    implicit: bool = False
    overload: str | None = None
