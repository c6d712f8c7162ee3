"""The type of a run-time value."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from dsl.expressions.types import ANY, Type, collection_of
from dsl.expressions.values import (
    Audio,
    Communication,
    Currency,
    Duration,
    Entity,
    Json,
    PhoneNumber,
    Structure,
    Timeslot,
)

_TYPES: dict[type, str] = {
    bool: "bln",
    int: "int",
    str: "str",
    Decimal: "dec",
    Currency: "cur",
    datetime: "dtm",
    date: "dat",
    time: "tim",
    Duration: "dur",
    Timeslot: "tsl",
    PhoneNumber: "phn",
    Json: "jsn",
    Audio: "aud",
    Communication: "com",
}


def type_of_value(value: Any) -> Type:
    """The type code of a value; of a collection by its first element that is set, of NOT_SET ``any``."""
    if isinstance(value, tuple):
        item = next((one for one in value if one is not None), None)
        return collection_of(type_of_value(item))
    if isinstance(value, (Entity, Structure)):
        return Type(value.kind)
    return Type(_TYPES.get(type(value), ANY))
