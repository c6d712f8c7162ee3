"""What can be seen of a value before it is there: that it is set, and between which Integers it lies."""

from __future__ import annotations

from dsl.expressions.catalogue import overload_of
from dsl.expressions.runtime import never_not_set
from dsl.expressions.tree import Node
from dsl.expressions.types import UNKNOWN, is_collection

_IN_MEMORY = 1 << 40
"""No text and no collection is longer."""
_ANYTHING = 1 << 64
"""More than any Integer: what a service answers is not held against the range of the language."""
_INDEXES = {
    "Length": (0, _IN_MEMORY),
    "Count": (0, _IN_MEMORY),
    "FindString": (-1, _IN_MEMORY),
    "FindFirst": (-1, _IN_MEMORY),
}
_BOOLEAN = frozenset({"and", "or", "!", "==", "!=", "<", "<=", ">", ">="})
_SIGNS = frozenset({"+", "-", "*", "/", "%", "^", "&", "|", "~"})


def is_always_set(node: Node) -> bool:
    """Whether the value can be seen never to be NOT_SET."""
    if node.value is not None:
        return True
    if node.op == "ref":
        return is_collection(node.type)
    if node.op in ("?", "If"):
        return all(is_always_set(choice) for choice in node.operands[1:])
    if any(operand.type in UNKNOWN for operand in node.operands):
        return False
    if node.overload is not None:
        return never_not_set(overload_of(node.overload))
    return node.op in _BOOLEAN or node.op in _SIGNS


def bounds(node: Node) -> tuple[int, int]:
    """The least and the greatest Integer that the value can be, where it is one that is set."""
    if node.op == "lit" and isinstance(node.value, int):
        return node.value, node.value
    if node.op in _INDEXES:
        return _INDEXES[node.op]
    if node.type == "int" and len(node.operands) == 2 and all(operand.type == "int" for operand in node.operands):
        (a, b), (c, d) = map(bounds, node.operands)
        if node.op == "+":
            return a + c, b + d
        if node.op == "-":
            return a - d, b - c
        if node.op == "*":
            products = (a * c, a * d, b * c, b * d)
            return min(products), max(products)
    return -_ANYTHING, _ANYTHING
