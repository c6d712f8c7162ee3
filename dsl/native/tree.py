"""The typed trees of a native export as expression trees.

A node is a mapping with one key, the operator: ``{"ToAudioTTS": {pos, operands: [...], type}}``; leaves are ``lit``,
``ref``, ``sysref``, ``nul`` and ``emp``. The flat form with ``op`` (corpus README of expressions) is read as well.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from dsl.expressions.tree import Node as Expression
from dsl.expressions.types import ANY, Type
from dsl.source.tree import Map, Node, Seq, plain

_INSIDE = ("operands", "text", "value", "val", "pos", "type", "name", "id")


def tree_of(node: Node | None) -> Expression | None:
    """The expression tree of a ``config``; None where there is none."""
    return tree_from(plain(node)) if isinstance(node, Map) and len(node) else None


def tree_from(data: Any) -> Expression | None:
    """The expression tree of a node's plain JSON; None for what is no tree."""
    return _node(data, 0)


def literal_of(node: Node | None) -> Map | None:
    """The body of a ``config`` that is one literal."""
    body = node.get("lit") if isinstance(node, Map) else None
    return body if isinstance(body, Map) else None


def is_empty(node: Node | None) -> bool:
    """Whether a ``config`` says that nothing was entered."""
    return isinstance(node, Map) and "emp" in node


def _node(data: Any, depth: int) -> Expression | None:
    if not isinstance(data, dict) or not data or depth > 300:
        return None
    if "op" in data:
        op = str(data["op"])
        body: Any = data
    else:
        op = next((str(key) for key in data if key not in _INSIDE), "")
        body = data.get(op)
    if not op or not isinstance(body, dict):
        return None
    operands = [_node(operand, depth + 1) for operand in body.get("operands") or ()]
    if any(operand is None for operand in operands):
        return None
    type_ = Type(str(body.get("type") or ANY))
    text = str(body.get("text", "")) if "text" in body else str(body.get("value", body.get("val", "")))
    return Expression(
        op=op,
        pos=int(body.get("pos") or 1) if str(body.get("pos", 1)).isdigit() else 1,
        type=type_,
        operands=tuple(operand for operand in operands if operand is not None),
        value=_value(text, type_) if op == "lit" else None,
        name=str(body.get("name") or text) if op in ("ref", "sysref") else None,
        implicit=bool(body.get("implicit")),
    )


def _value(text: str, type_: Type) -> Any:
    if type_ == "bln":
        return text.casefold() == "true"
    try:
        if type_ == "int":
            return int(text)
        if type_ == "dec":
            return Decimal(text)
    except (ValueError, InvalidOperation):
        return text
    return text


def items_of(body: Map) -> list[Node]:
    """The members of a literal collection."""
    found = body.get("items") or body.get("operands")
    return list(found.items) if isinstance(found, Seq) else []
