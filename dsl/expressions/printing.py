"""A tree as the text that parses into it: parentheses only where the grammar needs them (expressions.md §2).

The other direction of ``parse``: what has a tree and no text (a native export, a generated condition) is written
for people. ``parse(to_source(tree))`` is the same tree but for positions.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from dsl.expressions.tree import Node

_LEVELS: tuple[tuple[str, ...], ...] = (
    ("?",),
    ("or",),
    ("and",),
    ("|",),
    ("&",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("+", "-"),
    ("*", "/", "%"),
    ("^",),
)
_LEVEL = {sign: level for level, signs in enumerate(_LEVELS) for sign in signs}
_UNARY, _NEGATION, _PRIMARY = 10, 11, 12
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """A text as a literal of the language (expressions.md §1)."""
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def to_source(node: Node) -> str:
    """The text of a tree; nodes that the checker put in (``implicit``) are left out, an empty tree is an empty
    text."""
    return _text(node)[0]


def _text(node: Node) -> tuple[str, int]:
    """The text and how tightly it binds."""
    while node.implicit and len(node.operands) == 1:
        node = node.operands[0]
    if node.op in _LEAVES:
        return _LEAVES[node.op](node)
    if node.op == "." and len(node.operands) == 2:
        return _property(node), _PRIMARY
    if node.op == "[" and len(node.operands) == 2:
        index, collection = node.operands
        return f"{_operand(collection, _PRIMARY)}[{to_source(index)}]", _PRIMARY
    if node.op == "?":
        condition, yes, no = node.operands
        return f"{_operand(condition, 0)} ? {_operand(yes, 2)} : {_operand(no, 2)}", 0
    sign = node.op.lower()
    if len(node.operands) == 1 and sign in ("!", "~", "-"):
        inner = _operand(node.operands[0], _PRIMARY if sign == "-" else _UNARY)
        return sign + inner, _NEGATION if sign == "-" else _UNARY
    if sign in _LEVEL:
        return _infix(sign, node)
    return f"{node.op}({', '.join(map(to_source, node.operands))})", _PRIMARY


def _infix(sign: str, node: Node) -> tuple[str, int]:
    level = _LEVEL[sign]
    left, right = node.operands
    if sign == "^":  # the one operator that groups to the right; a sign binds tighter than it
        return f"{_operand(left, _UNARY)} ^ {_operand(right, level)}", level
    return f"{_operand(left, level)} {sign} {_operand(right, level + 1)}", level


def _operand(node: Node, at_least: int) -> str:
    text, level = _text(node)
    return text if level >= at_least else f"({text})"


def _property(node: Node) -> str:
    name, thing = node.operands
    holder = _operand(thing, _PRIMARY)
    member = str(name.value)
    if thing.op == "sysref" and holder.startswith(("Format.", "Language.", "System.")):
        member = _member(member, holder.rpartition(".")[2])
    return f"{holder}.{member if _is_name(member) else quoted(member)}"


def _member(internal: str, container: str) -> str:
    """``dateShortYear`` in ``Format.Date`` is ``shortYear``: the rule of the constants' internal names."""
    prefix = container[:1].lower() + container[1:]
    rest = internal.removeprefix(prefix)
    return rest[:1].lower() + rest[1:] if rest and rest != internal else internal


def _is_name(text: str) -> bool:
    return text.replace("$", "a").isidentifier()


def _name(node: Node) -> tuple[str, int]:
    scope, dot, rest = (node.name or "").partition(".")
    if not dot or all(_is_name(part) for part in rest.split(".")):
        return node.name or "", _PRIMARY
    return f"{scope}.{quoted(rest)}", _PRIMARY


def _literal(node: Node) -> tuple[str, int]:
    value = node.value
    if isinstance(value, bool):
        return str(value).lower(), _PRIMARY
    if isinstance(value, int | Decimal):
        text = format(value, "f") if isinstance(value, Decimal) else str(value)
        if isinstance(value, Decimal) and "." not in text:
            text += "."
        return text, _NEGATION if text.startswith("-") else _PRIMARY
    return quoted(str(value)), _PRIMARY


_LEAVES: dict[str, Callable[[Node], tuple[str, int]]] = {
    "lit": _literal,
    "ref": _name,
    "sysref": _name,
    "nul": lambda node: ("NOT_SET", _PRIMARY),
    "emp": lambda node: ("", _PRIMARY),
}
