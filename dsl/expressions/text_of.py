"""``ToString`` of any value (expressions.md §5.1), and reading the same texts back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dsl.expressions.problems import ExpressionError
from dsl.expressions.values import (
    DECIMAL,
    DECIMAL_DIGITS,
    MAX_INT,
    Communication,
    Currency,
    Duration,
    Entity,
    Json,
    PhoneNumber,
    Secure,
    Structure,
    Timeslot,
    with_places,
)

_DURATION = re.compile(
    r"(-)?P(?:(\d{1,18})D)?(?:T(?=\d)(?:(\d{1,18})H)?(?:(\d{1,18})M)?(?:(\d{1,18})(?:\.(\d+))?S)?)?\Z", re.ASCII
)
_DATE_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?\Z", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)\Z", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)\Z", re.ASCII)
MIN_DATE_TIME = datetime(1800, 1, 1, tzinfo=UTC)
MAX_DATE_TIME = datetime(2200, 12, 31, 23, 59, 59, tzinfo=UTC)


def to_text(value: Any) -> str | None:
    """The text of a value as ``ToString`` gives it; NOT_SET stays NOT_SET."""
    if value is None or isinstance(value, str):
        return value
    writer = _WRITERS.get(type(value))
    if writer is None:
        return "true" if value is True else "false" if value is False else str(value)
    result: str = writer(value)
    return result


def decimal_text(value: Decimal, least: int = 1) -> str:
    """The shortest form with at least ``least`` fraction digits."""
    text = format(value.normalize(DECIMAL), "f")
    whole, _, fraction = text.partition(".")
    return f"{whole if whole != '-0' or fraction else '0'}.{fraction.ljust(least, '0')}"


def rounded(value: Decimal, places: int) -> Decimal:
    """Rounded half away from zero, with exactly so many places; there is no negative zero."""
    return with_places(value, places, ROUND_HALF_UP)


def currency_text(value: Currency, places: int | None = None) -> str:
    """``amount|code``; either side may be empty."""
    amount = ""
    if value.amount is not None:
        amount = decimal_text(value.amount, 2) if places is None else format(rounded(value.amount, places), "f")
    return f"{amount}|{value.code or ''}"


def date_time_text(value: datetime) -> str:
    """``2009-01-10T06:30:00Z``."""
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value.year >= 1000 else value.isoformat()


def duration_text(value: Duration) -> str:
    """The XSD form: ``PT1H``, ``-P9DT18H29M59.544S``, ``PT0S``."""
    if value.ms == 0:
        return "PT0S"
    seconds, ms = divmod(abs(value.ms), 1000)
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    fraction = f".{ms:03d}".rstrip("0") if ms else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    clock += f"{seconds}{fraction}S" if seconds or ms else ""
    return ("-" if value.ms < 0 else "") + "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def json_text(value: Any) -> str:
    """JSON text without blanks; decimals as they are written."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_json_default)


def _json_default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return dict(value.properties) if isinstance(value, Structure) else to_text(value)


def _structure_text(value: Structure) -> str:
    identity = value.properties.get("id")
    return str(identity) if identity is not None else json_text(dict(value.properties))


def communication_text(value: Communication) -> str:
    """What a text channel shows (functions.md §4.3)."""
    from dsl.expressions.speech import plain_text

    return plain_text(value.parts)


_WRITERS: Mapping[type, Any] = {
    Decimal: decimal_text,
    Currency: currency_text,
    datetime: date_time_text,
    date: date.isoformat,
    time: lambda value: value.strftime("%H:%M:%S"),
    Duration: duration_text,
    PhoneNumber: lambda value: value.uri or value.raw,
    Entity: lambda value: value.username if value.kind == "usr" and value.username else value.name,
    Json: lambda value: value.value if isinstance(value.value, str) else json_text(value.value),
    Structure: _structure_text,
    Timeslot: lambda value: f"{date_time_text(value.start)}/{duration_text(value.duration)}",
    Communication: communication_text,
    Secure: lambda value: "***",
    tuple: lambda value: "\n".join(to_text(item) or "" for item in value),
}


# The way back.


def read_int(text: str) -> int | None:
    """Blank is NOT_SET; anything but a whole number within range is an error."""
    stripped = text.strip()
    if not stripped:
        return None
    if not re.fullmatch(r"[+-]?\d+", stripped, re.ASCII):
        raise ExpressionError(f'"{text[:40]}" is not a whole number')
    digits = stripped.lstrip("+-").lstrip("0")
    if len(digits) > len(str(MAX_INT)):
        raise ExpressionError(f'"{text[:40]}" is beyond the range of Integer')
    return -int(digits or 0) if stripped[0] == "-" else int(digits or 0)


def in_range(value: int) -> int:
    """The integer, if it is one of the language."""
    if not -MAX_INT <= value <= MAX_INT:
        raise ExpressionError("the result is beyond the range of Integer")
    return value


def duration_of(ms: int) -> Duration:
    """A length of time, if it is one of the language."""
    if not -MAX_INT <= ms <= MAX_INT:
        raise ExpressionError("the result is beyond the range of Duration")
    return Duration(ms)


def read_decimal(text: str) -> Decimal | None:
    """Blank is NOT_SET; anything but a decimal number is an error."""
    stripped = text.strip()
    if not stripped:
        return None
    if not _DECIMAL.match(stripped):
        raise ExpressionError(f'"{text[:40]}" is not a number')
    return decimal_in_range(DECIMAL.create_decimal(stripped))


def decimal_in_range(value: Decimal) -> Decimal:
    """The number, if it is one of the language: below 10^40."""
    if not value.is_finite() or value.adjusted() >= DECIMAL_DIGITS:
        raise ExpressionError("the result is beyond the range of Decimal")
    return value


def read_currency(text: str) -> Currency | None:
    """``amount|code``, either side may be empty; blank is NOT_SET."""
    if not text.strip():
        return None
    amount, bar, code = text.partition("|")
    if not bar or "|" in code:
        raise ExpressionError(f'"{text[:40]}" is not of the form amount|code')
    return Currency(read_decimal(amount), code.strip().upper() or None)


def read_duration(text: str) -> Duration | None:
    """An XSD duration without years and months; fractions below 1 ms are cut off; blank is NOT_SET."""
    if not text.strip():
        return None
    match = _DURATION.match(text.strip())
    if match is None or text.strip() in ("P", "-P"):
        raise ExpressionError(f'"{text[:40]}" is not a duration such as PT1H30M')
    sign, days, hours, minutes, seconds, fraction = match.groups()
    total = (int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)
    ms = (total * 60 + int(seconds or 0)) * 1000 + int((fraction or "0")[:3].ljust(3, "0"))
    return duration_of(-ms if sign else ms)


def read_date_time(text: str) -> datetime | None:
    """``YYYY-MM-DDThh:mm:ss`` with ``Z`` or an offset; blank is NOT_SET."""
    if not text.strip():
        return None
    match = _DATE_TIME.match(text.strip())
    if match is None:
        raise ExpressionError(f'"{text[:40]}" is not a date and time such as 2026-03-02T09:15:00Z')
    *parts, zone = match.groups()
    try:
        value = datetime(*map(int, parts), tzinfo=UTC)  # type: ignore[misc, arg-type]  # six numbers
    except ValueError:
        raise ExpressionError(f'"{text[:40]}" is no date of the calendar') from None
    if zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 14 or minutes > 59:
            raise ExpressionError(f'"{text[:40]}" has an offset that no time zone has')
        offset = timedelta(hours=hours, minutes=minutes)
        value = value - offset if zone[0] == "+" else value + offset
    return checked_date_time(value)


def read_date(text: str) -> date | None:
    """``YYYY-MM-DD`` of the years 1800 to 2200; blank is NOT_SET."""
    if not text.strip():
        return None
    match = _DATE.match(text.strip())
    if match is None:
        raise ExpressionError(f'"{text[:40]}" is not a date such as 2026-03-02')
    try:
        value = date(*map(int, match.groups()))
    except ValueError:
        raise ExpressionError(f'"{text[:40]}" is no date of the calendar') from None
    if not MIN_DATE_TIME.date() <= value <= MAX_DATE_TIME.date():
        raise ExpressionError("the date is outside 1800 to 2200")
    return value


def read_time(text: str) -> time | None:
    """``HH:MM:SS`` of 24 hours; blank is NOT_SET."""
    if not text.strip():
        return None
    match = _TIME.match(text.strip())
    if match is None:
        raise ExpressionError(f'"{text[:40]}" is not a time such as 09:15:00')
    return time(int(match[1]), int(match[2]), int(match[3]))


def checked_date_time(value: datetime) -> datetime:
    """The instant without fractions of a second, if it is within 1800..2200."""
    value = value.replace(microsecond=0)
    if not MIN_DATE_TIME <= value <= MAX_DATE_TIME:
        raise ExpressionError("the date is outside 1800 to 2200")
    return value
