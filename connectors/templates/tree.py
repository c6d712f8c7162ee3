"""What a template is made of. Every node knows its ``start`` and ``end`` in the template text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that prints itself."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Get:
    """``.name`` behind a reference."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Call:
    """``.name(arguments)`` behind a reference."""

    name: str
    arguments: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Index:
    """``[key]`` behind a reference."""

    key: Expression
    start: int
    end: int


Step: TypeAlias = Get | Call | Index


@dataclass(frozen=True, slots=True)
class Reference:
    """``$root.step``, ``${root.step}`` or, when ``quiet``, ``$!{root.step}``; ``source`` is how it is written.

    ``backslashes`` stood before it and are not part of ``source``.
    """

    root: str
    steps: tuple[Step, ...]
    quiet: bool
    braced: bool
    source: str
    start: int
    end: int
    backslashes: int = 0

    @property
    def input_name(self) -> str | None:
        """The input it reads: ``x`` of ``input.x``, ``input["x"]`` and ``input.get("x")``."""
        if self.root != "input" or not self.steps:
            return None
        first = self.steps[0]
        if isinstance(first, Get):
            return first.name
        key = first.key if isinstance(first, Index) else first.arguments[0] if first.arguments else None
        if isinstance(first, Call) and first.name != "get":
            return None
        return key.value if isinstance(key, Constant) and isinstance(key.value, str) else _plain_text(key)


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal value of an expression."""

    value: None | bool | int | float | str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A text in double quotes: a template of its own."""

    body: Block
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ListOf:
    """``[a, b]``."""

    items: tuple[Expression, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DictOf:
    """``{"a": b}``."""

    entries: tuple[tuple[Expression, Expression], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Range:
    """``[first..last]``, both included; counts down when the last is smaller."""

    first: Expression
    last: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unary:
    """``!operand``."""

    operand: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Binary:
    """``left operator right``; operators in their symbol form."""

    operator: str
    left: Expression
    right: Expression
    start: int
    end: int


Expression: TypeAlias = Reference | Constant | Interpolated | ListOf | DictOf | Range | Unary | Binary


@dataclass(frozen=True, slots=True)
class If:
    """Branches in order, each a condition with its block; ``otherwise`` when none holds."""

    branches: tuple[tuple[Expression, Block], ...]
    otherwise: Block | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Foreach:
    """``#foreach($variable in values) body #end``."""

    variable: str
    values: Expression
    body: Block
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Set:
    """``#set($target = value)``."""

    target: Reference
    value: Expression
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A directive that the subset lacks."""

    directive: str
    start: int
    end: int


Item: TypeAlias = Literal | Reference | If | Foreach | Set | Unsupported


@dataclass(frozen=True, slots=True)
class Block:
    """A sequence of items."""

    items: tuple[Item, ...]


def _plain_text(node: Expression | None) -> str | None:
    if isinstance(node, Interpolated) and all(isinstance(item, Literal) for item in node.body.items):
        return "".join(item.text for item in node.body.items if isinstance(item, Literal))
    return None
