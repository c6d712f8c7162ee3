"""A document to the outputs that a flow sees: flattened, coerced, collections in parallel (data-actions.md §7.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.contract import ITEMS, slots_of
from connectors.model import Schema
from dsl.expressions.values import MAX_INT, MAX_TEXT, Json, Secure

MAX_ELEMENTS = 10_000
"""Elements of one output collection (data-actions.md §3)."""


class OutputMismatchError(Exception):
    """The document does not fit the contract and the action is strict, or a collection is too long."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def flatten(
    schema: Schema, document: Any, *, strict: bool = False, is_open: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """Outputs by name as run-time values, and the names whose value did not fit.

    Missing and null are NOT_SET; in parallel collections at their index. What does not fit without loss is NOT_SET, or
    raises ``OutputMismatchError`` when ``strict``. ``is_open`` also gives what the schema does not list, typed
    as it comes.
    """
    outputs: dict[str, Any] = {}
    misfits: list[str] = []
    for slot in slots_of(schema):
        values = list(_collect(document, slot.way))
        if len(values) > MAX_ELEMENTS:
            raise OutputMismatchError(f'"{slot.name}" has more than {MAX_ELEMENTS:,} elements')
        sensitive = slot.sensitive or any(isinstance(value, Secure) for value in values)
        values = [value.value if isinstance(value, Secure) else value for value in values]
        coerced = [coerce(value, slot.type) for value in values]
        if any(a is None and b is not None for a, b in zip(coerced, values, strict=True)):
            misfits.append(slot.name)
            if strict:
                raise OutputMismatchError(f'"{slot.name}" is not of the type that the contract says')
        value: Any = tuple(coerced) if slot.is_collection else next(iter(coerced), None)
        outputs[slot.name] = Secure(value) if sensitive and value is not None else value
    if is_open and isinstance(document, dict):
        outputs.update((name, value) for name, value in _unlisted(document, ()) if name not in outputs)
    return outputs, misfits


def _collect(value: Any, way: tuple[str, ...]) -> Iterator[Any]:
    """Values at the end of a way; a missing member gives None, so that parallel collections stay parallel."""
    if not way or isinstance(value, Secure):
        yield value
        return
    step, rest = way[0], way[1:]
    if step == ITEMS:
        for item in value if isinstance(value, list) else ():
            yield from _collect(item, rest)
    elif ITEMS not in rest or isinstance(value, dict):
        yield from _collect(value.get(step) if isinstance(value, dict) else None, rest)


def coerce(value: Any, type_: str) -> Any:
    """A JSON value as a run-time value of a schema type, None where that loses something."""
    if value is None:
        return None
    convert = _COERCIONS.get(type_)
    return convert(value) if convert is not None else as_it_comes(value)


def as_it_comes(value: Any) -> Any:
    """A JSON value as the run-time value it looks like."""
    if isinstance(value, bool | Secure) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_INT else None
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return tuple(as_it_comes(item) for item in value)
    return Json(value)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _integer(value: Any) -> int | None:
    number = _number(value)
    if number is None or number != number.to_integral_value() or abs(number) > MAX_INT:
        return None
    return int(number)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(value.strip() if isinstance(value, str) else repr(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


_COERCIONS: Mapping[str, Callable[[Any], Any]] = {
    "string": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "null": lambda value: None,
}


def _unlisted(document: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _unlisted(value, (*names, name))
        elif not (isinstance(value, list) and any(isinstance(item, dict) for item in value)):
            yield ".".join((*names, name)), as_it_comes(value)
