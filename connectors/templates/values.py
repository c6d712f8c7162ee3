"""Values inside a template: how they print, compare and count as true (data-actions.md §4.3).

Only None, bool, int, float, str, list and dict go about in a template; nothing of Python's own can be reached.
"""

from __future__ import annotations

import json
from typing import TypeAlias

Value: TypeAlias = "None | bool | int | float | str | list[Value] | dict[str, Value]"

compact_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""A value as JSON text without blanks; ``json.dumps`` would make an encoder anew for every value."""


class RenderError(Exception):
    """The template cannot be rendered with these values; ``at`` is the offset of the place."""

    def __init__(self, message: str, at: int = 0, code: str | None = None) -> None:
        super().__init__(message)
        self.message, self.at, self.code = message, at, code


def text_of(value: Value) -> str:
    """What a value prints as; lists and objects as compact JSON. Raises ``RenderError``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).replace("e+", "E").replace("e", "E") if "e" in repr(value) else repr(value)
    if isinstance(value, int):
        return str(value)
    try:
        return compact_json(value)
    except ValueError:
        raise RenderError("a list or an object of the template holds itself") from None


def truth(value: Value) -> bool:
    """Only null and false are false; an empty text is true."""
    return value is not None and value is not False


def equal(left: Value, right: Value) -> bool:
    """Numbers by value, values of different kinds by their text, null only to null."""
    if left is None or right is None:
        return left is right
    if is_number(left) and is_number(right):
        return left == right
    if type(left) is type(right):
        return left == right
    return text_of(left) == text_of(right)


def is_number(value: Value) -> bool:
    """Whether a value is a number, which a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def compare(operator: str, left: Value, right: Value) -> bool:
    """``<``, ``<=``, ``>``, ``>=`` hold between numbers only."""
    if not (is_number(left) and is_number(right)):
        return False
    first, second = float(left), float(right)  # type: ignore[arg-type]  # both are numbers
    return {"<": first < second, "<=": first <= second, ">": first > second, ">=": first >= second}[operator]


def calculate(operator: str, left: Value, right: Value) -> Value:
    """Arithmetic; ``+`` with a text joins texts, whole numbers divide without rest, anything else is null."""
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        return None if left is None or right is None else text_of(left) + text_of(right)
    if not (is_number(left) and is_number(right)):
        return None
    first: int | float = left  # type: ignore[assignment]  # both are numbers
    second: int | float = right  # type: ignore[assignment]
    if operator == "+":
        return first + second
    if operator == "-":
        return first - second
    if operator == "*":
        return first * second
    if second == 0:
        return None
    return _divide(operator, first, second)


def _divide(operator: str, first: int | float, second: int | float) -> Value:
    """Java's division: towards zero for whole numbers, the rest takes the sign of the first."""
    whole = isinstance(first, int) and isinstance(second, int)
    if operator == "/":
        return abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1) if whole else first / second
    rest = abs(first) % abs(second)
    return -rest if first < 0 else rest
