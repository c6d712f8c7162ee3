"""Functions on collections (functions.md, Lists)."""

from __future__ import annotations

from typing import Any

from dsl.expressions.compare import equal
from dsl.expressions.library.registry import implements
from dsl.expressions.problems import ExpressionError
from dsl.expressions.values import Json

Items = tuple[Any, ...]


@implements("Count")
def count(items: Items | Json) -> int:
    """How many elements, NOT_SET ones included."""
    if isinstance(items, Json):
        if not isinstance(items.value, list):
            raise ExpressionError("Count takes a JSON array, this is something else")
        return len(items.value)
    return len(items)


@implements("Find")
def find(items: Items, item: Any) -> tuple[int, ...]:
    """The indexes of all equal elements."""
    return tuple(index for index, other in enumerate(items) if equal(item, other))


@implements("FindFirst")
def find_first(items: Items, item: Any) -> int:
    """The index of the first equal element, -1 without one."""
    return next((index for index, other in enumerate(items) if equal(item, other)), -1)


@implements("GetAt")
def get_at(items: Items, index: int) -> Any:
    """The element at an index."""
    if not 0 <= index < len(items):
        raise ExpressionError(f"index {index} is outside the collection of {len(items)}")
    return items[index]


@implements("MakeList")
def make_list(*items: Any) -> Items:
    """A collection of the values."""
    return items


@implements("MakeEmptyList")
def make_empty_list(item: Any) -> Items:
    """A collection without elements; the argument gives its type only."""
    return ()


@implements("AddItem")
def add_item(items: Items, item: Any) -> Items:
    """A new collection with the item at the end."""
    return (*items, item)
