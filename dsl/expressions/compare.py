"""Equality and order of values (expressions.md §7.4)."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

from dsl.expressions.phone import phone_key
from dsl.expressions.problems import ExpressionError
from dsl.expressions.values import Currency, Json, PhoneNumber, Structure


def equal(left: Any, right: Any) -> bool:
    """Equality of any two values of one type; NOT_SET equals NOT_SET only."""
    if left is None or right is None:
        return bool(left is None and right is None)
    if isinstance(left, PhoneNumber) and isinstance(right, PhoneNumber):
        return bool(phone_key(left) == phone_key(right))
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Json) or isinstance(right, Json):
        return same_json(_json(left), _json(right))
    if isinstance(left, Structure) and isinstance(right, Structure):
        return _same_structure(left, right)
    return bool(left == right)


def _same_structure(left: Structure, right: Structure) -> bool:
    """By id where both have one, else by content."""
    ids = left.properties.get("id"), right.properties.get("id")
    if left.kind != right.kind or None in ids:
        return left == right
    return bool(ids[0] == ids[1])


def _json(value: Any) -> Any:
    inner = value.value if isinstance(value, Json) else value
    return float(inner) if isinstance(inner, Decimal) else inner


def same_json(left: Any, right: Any) -> bool:
    """Equality of JSON values: numbers by value, and true is not 1 as it is in Python."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_json, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_json(value, right[key]) for key, value in left.items())
    return bool(isinstance(left, bool) == isinstance(right, bool) and left == right)


def collation_key(text: str) -> tuple[str, str, str]:
    """The culture-like key: letters without case and accents, then accents, then lower before upper case."""
    decomposed = unicodedata.normalize("NFD", text)
    stripped = "".join(char for char in decomposed if not unicodedata.combining(char))
    folded = stripped.casefold()
    accents = unicodedata.normalize("NFD", text.casefold())
    return folded, accents, text.swapcase()


def compare_texts(left: str | None, right: str | None, *, ignore_case: bool = False) -> int:
    """-1, 0 or 1; NOT_SET comes before everything."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    a, b = collation_key(left), collation_key(right)
    if ignore_case:
        a, b = (*a[:2], ""), (*b[:2], "")
    return (a > b) - (a < b)


def ordered(left: Any, right: Any) -> int:
    """-1, 0 or 1 for numbers, instants, durations, texts and currencies of one code."""
    if isinstance(left, str):
        return compare_texts(left, right)
    if isinstance(left, Currency):
        return _ordered_currency(left, right)
    return bool(left > right) - bool(left < right)


def _ordered_currency(left: Currency, right: Currency) -> int:
    if left.code != right.code:
        raise ExpressionError(
            f"amounts in {left.code or 'no currency'} and {right.code or 'no currency'} cannot be compared"
        )
    if left.amount is None or right.amount is None:
        raise ExpressionError("an amount that is NOT_SET cannot be compared")
    return (left.amount > right.amount) - (left.amount < right.amount)
