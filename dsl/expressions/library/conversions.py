"""Casts (functions.md, Casts)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from dsl.expressions.context import Context
from dsl.expressions.library.documents import scalar
from dsl.expressions.library.money import checked_code
from dsl.expressions.library.registry import implements
from dsl.expressions.library.texts import limited
from dsl.expressions.phone import read_phone
from dsl.expressions.problems import ExpressionError
from dsl.expressions.text_of import (
    checked_date_time,
    currency_text,
    decimal_in_range,
    duration_of,
    in_range,
    read_currency,
    read_date,
    read_date_time,
    read_decimal,
    read_duration,
    read_int,
    read_time,
    rounded,
    to_text,
)
from dsl.expressions.values import DECIMAL, Currency, Duration, Entity, Json, PhoneNumber

_TRUE, _FALSE = ("true", "1", "t"), ("false", "0", "f")


def _timing(value: Any, what: str) -> Any:
    """A JSON scalar where only a text or a whole number can be meant."""
    found = scalar(value)
    if isinstance(value, Json) and isinstance(found, (bool, Decimal)):
        raise ExpressionError(f"the JSON value {to_text(value)} is no {what}")
    return found


@implements("ToBool")
def to_bool(value: Any) -> bool | None:
    """Numbers by being zero or not, texts by their words; other texts are NOT_SET."""
    value = scalar(value)
    if isinstance(value, str):
        lowered = value.lower()
        return True if lowered in _TRUE else False if lowered in _FALSE else None
    return None if value is None else bool(value)


@implements("ToInt")
def to_int(value: Any) -> int | None:
    """A whole number: decimals are cut off, durations give milliseconds."""
    value = scalar(value)
    if isinstance(value, str):
        return read_int(value)
    if isinstance(value, Duration):
        return value.ms
    return None if value is None else in_range(int(value))


@implements("ToDecimal")
def to_decimal(value: Any) -> Decimal | None:
    """A decimal number; a currency gives its amount."""
    value = scalar(value)
    if isinstance(value, str):
        return read_decimal(value)
    if isinstance(value, Currency):
        return value.amount
    if isinstance(value, bool):
        return Decimal(int(value))
    return None if value is None else decimal_in_range(DECIMAL.create_decimal(value))


@implements("ToCurrency")
def to_currency(value: Any) -> Currency | None:
    """A currency; numbers have no code."""
    if isinstance(value, str):
        read = read_currency(value)
        return None if read is None else Currency(read.amount, checked_code(read.code))
    return value if value is None or isinstance(value, Currency) else Currency(Decimal(value), None)


@implements("ToDateTime")
def to_date_time(value: Any) -> datetime | None:
    """An instant; whole numbers are seconds since the epoch."""
    value = _timing(value, "date and time")
    if isinstance(value, str):
        return read_date_time(value)
    if isinstance(value, int):
        try:
            return checked_date_time(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value))
        except OverflowError:
            raise ExpressionError("the date is outside 1800 to 2200") from None
    return value if isinstance(value, datetime) else None


@implements("ToDuration")
def to_duration(value: Any) -> Duration | None:
    """A duration; whole numbers are milliseconds."""
    value = _timing(value, "duration")
    if isinstance(value, str):
        return read_duration(value)
    return value if value is None or isinstance(value, Duration) else duration_of(int(value))


@implements("ToPhoneNumber")
def to_phone_number(value: Any) -> PhoneNumber | None:
    """A phone number or SIP address with its parts."""
    value = _timing(value, "phone number")
    return value if value is None or isinstance(value, PhoneNumber) else read_phone(str(value))


@implements("ToDate")
def to_date(value: str | datetime | None) -> date | None:
    """A date, from ``YYYY-MM-DD`` or an instant."""
    if isinstance(value, str):
        return read_date(value)
    return None if value is None else value.date()


@implements("ToTime")
def to_time(value: str | datetime | None) -> time | None:
    """A time of day, from ``HH:MM:SS`` or an instant."""
    if isinstance(value, str):
        return read_time(value)
    return None if value is None else value.time().replace(tzinfo=None)


@implements("ToString")
def to_string(value: Any) -> str | None:
    """The text of a value; NOT_SET stays NOT_SET."""
    return to_text(value)


@implements("ToString.4")
def join(items: tuple[Any, ...], delimiter: str | None) -> str:
    """The texts of the elements with a delimiter between them."""
    return limited(("\n" if delimiter is None else delimiter).join(to_text(item) or "" for item in items))


@implements("ToString.5", "ToString.6")
def to_string_with_places(value: Decimal | Currency | None, places: int) -> str | None:
    """A number with so many decimal places."""
    if isinstance(value, Currency):
        return currency_text(value, places)
    return None if value is None else format(rounded(value, places), "f")


@implements("ToString.7", "ToString.8")
def join_with_places(items: tuple[Any, ...], places: int) -> str:
    """Numbers with so many decimal places, one a line."""
    return join(tuple(to_string_with_places(item, places) for item in items), "\n")


@implements("ToString.9", "ToString.10")
def join_with_delimiter_and_places(items: tuple[Any, ...], delimiter: str | None, places: int) -> str:
    """Numbers with so many decimal places and a delimiter between them."""
    return join(tuple(to_string_with_places(item, places) for item in items), delimiter)


_ENTITY_CASTS = {
    "ToGroup": "grp",
    "ToLanguageSkill": "lac",
    "ToQueue": "que",
    "ToSkill": "skl",
    "ToUser": "usr",
    "ToWrapupCode": "wrc",
    "ToScheduleGroup": "cpx_scheduleGroup",
    "ToSchedule": "cpx_schedule",
    "ToEmergencyGroup": "cpx_emergencyGroup",
    "ToGrammar": "cpx_grammar",
    "ToUtilizationLabel": "cpx_utilizationLabel",
}


NAMED_OBJECTS = frozenset(_ENTITY_CASTS.values())
"""Types whose values a text can name."""


def _register_entity_cast(function: str, kind: str) -> None:
    @implements(function, context=True)
    def cast(ctx: Context, value: str | Entity | None) -> Entity | None:
        if value is None or isinstance(value, Entity):
            return value
        return ctx.named(kind, value) if value else None


for _name, _kind in _ENTITY_CASTS.items():
    _register_entity_cast(_name, _kind)
