"""Reading a text as a value of any type, for literals in files and values on the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dsl.expressions.phone import read_phone
from dsl.expressions.text_of import (
    read_currency,
    read_date,
    read_date_time,
    read_decimal,
    read_duration,
    read_int,
    read_time,
)
from dsl.expressions.values import Json

_BOOLEANS = {"true": True, "false": False}


def _boolean(text: str) -> bool:
    if text.strip().lower() not in _BOOLEANS:
        raise ValueError(f'"{text}" is neither true nor false')
    return _BOOLEANS[text.strip().lower()]


def _json(text: str) -> Json:
    import json

    return Json(json.loads(text))


_READERS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "int": read_int,
    "dec": read_decimal,
    "bln": _boolean,
    "cur": read_currency,
    "dtm": read_date_time,
    "dat": read_date,
    "tim": read_time,
    "dur": read_duration,
    "phn": read_phone,
    "jsn": _json,
}


def read_any(text: str, code: str) -> Any:
    """The value of a text in a scalar type.

    Raises ``ValueError`` or ``ExpressionError`` when it cannot be one.
    """
    reader = _READERS.get(code)
    if reader is None:
        raise ValueError(f"a text is no value of type {code}")
    return reader(text)
