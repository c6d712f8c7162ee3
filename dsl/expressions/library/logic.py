"""Logical functions. ``If``, ``and`` and ``or`` are lazy and therefore emitted in place (``dsl.expressions.emit``)."""

from __future__ import annotations

from typing import Any

from dsl.expressions.compare import equal
from dsl.expressions.library.registry import implements
from dsl.expressions.values import Currency


@implements("IsSet", in_place=True)
def is_set(item: Any) -> bool:
    """Whether there is a value; ``""`` is one."""
    return item is not None


@implements("IsNotSetOrEmpty")
def is_not_set_or_empty(item: Any) -> bool:
    """NOT_SET, an empty text or collection, or a currency without an amount."""
    return item is None or item == "" or item == () or (isinstance(item, Currency) and item.amount is None)


@implements("AreEqual")
def are_equal(first: Any, *others: Any) -> bool:
    """Whether all further values equal the first."""
    return all(equal(first, other) for other in others)


@implements("AreEqual.3", "AreEqual.4")
def are_texts_equal(ignore_case: bool, first: Any, *others: Any) -> bool:
    """The same for texts, without regard to case if asked."""
    if not ignore_case:
        return are_equal(first, *others)
    return all(_folded(first) == _folded(other) for other in others)


def _folded(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_folded, value))
    return None if value is None else value.casefold()
