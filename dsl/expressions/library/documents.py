"""JSON (functions.md §4.1)."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from math import isinf
from typing import Any

from dsl.expressions.compare import same_json
from dsl.expressions.library.registry import implements
from dsl.expressions.problems import ExpressionError
from dsl.expressions.text_of import to_text
from dsl.expressions.values import Json

MOST_NODES, DEEPEST = 500_000, 200
"""As large and as deep as a JSON value may become."""


@implements("JsonParse")
def parse(text: str | None) -> Json | None:
    """A JSON text as a value; blank is NOT_SET."""
    if text is None or not text.strip():
        return None
    try:
        return _bounded(_read(text))
    except RecursionError:
        raise ExpressionError(f"the JSON text is nested deeper than {DEEPEST} levels") from None
    except UnicodeEncodeError:
        raise ExpressionError("the JSON text has half a surrogate pair, which no channel can carry") from None
    except ValueError as error:
        pos = error.pos if isinstance(error, json.JSONDecodeError) else _no_value(text)
        raise ExpressionError(f"the text is not JSON at character {pos + 1}") from None


_TEXT_OR_NO_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity|\d{1000})', re.DOTALL)


def _no_value(text: str) -> int:
    """Where a text has what Python's reader knows of, and JSON does not; or a number without end."""
    return next((match.start() for match in _TEXT_OR_NO_VALUE.finditer(text) if match[1]), 0)


def _read(text: str) -> Any:
    value = json.loads(text, parse_constant=_no_constant, parse_float=_number)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _number(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise ExpressionError(f"{text[:40]} is beyond the range of JSON numbers")
    return number


def plain(value: Any) -> Any:
    """Any value as JSON: numbers and truth values as such, everything else as its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Json):
        return value.value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return to_text(value)


def _bounded(document: Any) -> Json:
    """The document, unless it has grown out of itself: shared parts count as often as they would be written out."""
    left, further = MOST_NODES, [(document, 1)]
    while further:
        node, depth = further.pop()
        items = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ()
        left -= len(items)
        if left < 0 or depth > DEEPEST:
            raise ExpressionError(f"the JSON value has more than {MOST_NODES:,} parts or {DEEPEST} levels")
        further.extend((item, depth + 1) for item in items if isinstance(item, (dict, list)))
    return Json(document)


def json_value(document: Any) -> Json:
    """A document with the numbers that JSON has, as ``JsonParse`` reads them."""
    return Json(_with_floats(_bounded(document).value))


def _with_floats(document: Any) -> Any:
    if isinstance(document, dict):
        return {name: _with_floats(item) for name, item in document.items()}
    if isinstance(document, list):
        return [_with_floats(item) for item in document]
    return _number(str(document)) if isinstance(document, Decimal) else document


def scalar(value: Any) -> Any:
    """The way back: a JSON value as a scalar of the language, JSON null as NOT_SET; what is no JSON stays as it is."""
    if not isinstance(value, Json):
        return value
    inner = value.value
    if isinstance(inner, (dict, list)):
        raise ExpressionError("a JSON object or array is no scalar value")
    return Decimal(repr(inner)) if isinstance(inner, float) else inner


@implements("ToJson")
def to_json(value: Any) -> Json | None:
    """A value as JSON; NOT_SET stays NOT_SET."""
    if value is None or isinstance(value, Json):
        return value
    return _bounded(plain(value))


@implements("ToJsonCollection")
def to_json_collection(value: Json | tuple[Any, ...] | None) -> tuple[Json, ...]:
    """The elements of an array."""
    if value is None:
        return ()
    if isinstance(value, tuple):
        return tuple(Json(plain(item)) for item in value)
    if not isinstance(value.value, list):
        raise ExpressionError("the JSON value is not an array")
    return tuple(Json(item) for item in value.value)


def _object(value: Json) -> dict[str, Any]:
    if not isinstance(value.value, dict):
        raise ExpressionError("the JSON value is not an object")
    return value.value


@implements("GetJsonObjectProperty")
def get_property(value: Json, name: str) -> Json | None:
    """A property; NOT_SET where it is missing."""
    found = _object(value)
    return Json(found[name]) if name in found else None


@implements("SetJsonObjectProperty")
def set_property(value: Json | None, name: str, item: Any) -> Json:
    """A new object with the property; NOT_SET is stored as null."""
    return _bounded({**(_object(value) if value is not None else {}), name: plain(item)})


@implements("GetJsonObjectPropertyNames")
def property_names(value: Json) -> tuple[str, ...]:
    """The names in their order."""
    return tuple(_object(value))


@implements("IsJsonObject")
def is_object(value: Json | None) -> bool:
    """Whether it is an object."""
    return value is not None and isinstance(value.value, dict)


@implements("ReplaceJsonArrayItem")
def replace_item(array: Json, old: Any, new: Any) -> Json:
    """Every equal element replaced, in a new array."""
    if not isinstance(array.value, list):
        raise ExpressionError("the JSON value is not an array")
    wanted, replacement = plain(old), plain(new)
    return _bounded([replacement if same_json(item, wanted) else item for item in array.value])
