"""Date, time and duration (functions.md)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dateutil.relativedelta import relativedelta

from dsl.expressions.context import Context
from dsl.expressions.library.registry import implements
from dsl.expressions.problems import ExpressionError
from dsl.expressions.text_of import checked_date_time, duration_of
from dsl.expressions.values import Duration, Timeslot

_STEPS = (30_000, 60_000, 120_000, 300_000)
_MOST_MONTHS = 401 * 12  # all that there is between 1800 and 2200


def _outside() -> ExpressionError:
    return ExpressionError("the date is outside 1800 to 2200")


def _moved(start: datetime, **by: int) -> datetime:
    """An instant moved by a length of time, without fractions of a second."""
    try:
        return checked_date_time(start + timedelta(**by))
    except OverflowError:
        raise _outside() from None


def _moved_in_calendar(start: datetime, months: int) -> datetime:
    if abs(months) > _MOST_MONTHS:
        raise _outside()
    return checked_date_time(start + relativedelta(months=months))


@implements("AddDays")
def add_days(start: datetime, days: int) -> datetime:
    """Calendar days later."""
    return _moved(start, days=days)


@implements("AddHours")
def add_hours(start: datetime, hours: int) -> datetime:
    """Hours later."""
    return _moved(start, hours=hours)


@implements("AddMinutes")
def add_minutes(start: datetime, minutes: int) -> datetime:
    """Minutes later."""
    return _moved(start, minutes=minutes)


@implements("AddSeconds")
def add_seconds(start: datetime, seconds: int) -> datetime:
    """Seconds later."""
    return _moved(start, seconds=seconds)


@implements("AddMonths")
def add_months(start: datetime, months: int) -> datetime:
    """Months later; the day is clamped to the month."""
    return _moved_in_calendar(start, months)


@implements("AddYears")
def add_years(start: datetime, years: int) -> datetime:
    """Years later; 29 February is clamped."""
    return _moved_in_calendar(start, 12 * years)


@implements("AddDuration")
def add_duration(start: datetime, duration: Duration) -> datetime:
    """A duration later; what is below a second is dropped."""
    return _moved(start, milliseconds=duration.ms)


@implements("DateTimeDiff")
def difference(later: datetime, earlier: datetime) -> Duration:
    """The time from the second to the first."""
    return Duration(round((later - earlier).total_seconds() * 1000))


@implements("Year")
def year(value: datetime) -> int:
    """The year."""
    return value.year


@implements("Month")
def month(value: datetime) -> int:
    """The month, 1..12."""
    return value.month


@implements("Day")
def day(value: datetime) -> int:
    """The day of the month."""
    return value.day


@implements("Hour")
def hour(value: datetime) -> int:
    """The hour, 0..23, UTC."""
    return value.hour


@implements("Minute")
def minute(value: datetime) -> int:
    """The minute."""
    return value.minute


@implements("Second")
def second(value: datetime) -> int:
    """The second."""
    return value.second


@implements("DayOfWeek")
def day_of_week(value: datetime) -> int:
    """1 = Sunday to 7 = Saturday."""
    return value.isoweekday() % 7 + 1


@implements("WeekNum")
def week(value: datetime) -> int:
    """The ISO 8601 week."""
    return value.isocalendar().week


@implements("GetCurrentDateTimeUtc", context=True)
def current(ctx: Context) -> datetime:
    """The time of the current event."""
    return ctx.now().replace(microsecond=0)


@implements("MakeDateTime")
def make_date_time(y: int, mo: int, d: int, h: int = 0, mi: int = 0, s: int = 0) -> datetime:
    """An instant from its parts."""
    try:
        return checked_date_time(datetime(y, mo, d, h, mi, s, tzinfo=UTC))
    except ValueError:
        raise ExpressionError(f"{y:04d}-{mo:02d}-{d:02d} is no date of the calendar") from None


@implements("MakeDuration")
def make_duration(days: int, hours: int, minutes: int, seconds: int, ms: int = 0) -> Duration:
    """A duration from its parts, which are added up."""
    return duration_of((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + ms)


@implements("MakeTimeslot")
def make_timeslot(start: datetime, length: Duration) -> Timeslot:
    """An appointment."""
    return Timeslot(start, length)


@implements("GetDayOfWeekOccurrence")
def weekday_of_year(weekday: int, number: int, y: int) -> datetime | None:
    """The n-th weekday of a year; negative numbers count from its end."""
    return _occurrence(weekday, number, y, None, (0, 0, 0))


@implements("GetDayOfWeekOccurrence.2")
def weekday_of_month(weekday: int, number: int, y: int, mo: int) -> datetime | None:
    """The n-th weekday of a month."""
    return _occurrence(weekday, number, y, mo, (0, 0, 0))


@implements("GetDayOfWeekOccurrence.3")
def weekday_of_year_at(weekday: int, number: int, y: int, h: int, mi: int, s: int) -> datetime | None:
    """The n-th weekday of a year at a time."""
    return _occurrence(weekday, number, y, None, (h, mi, s))


@implements("GetDayOfWeekOccurrence.4")
def weekday_of_month_at(weekday: int, number: int, y: int, mo: int, h: int, mi: int, s: int) -> datetime | None:
    """The n-th weekday of a month at a time."""
    return _occurrence(weekday, number, y, mo, (h, mi, s))


def _occurrence(weekday: int, number: int, y: int, mo: int | None, clock: tuple[int, int, int]) -> datetime | None:
    first = datetime(y, mo or 1, 1, *clock, tzinfo=UTC)
    after = first + (relativedelta(months=1) if mo else relativedelta(years=1))
    if number > 0:
        offset = (weekday - day_of_week(first)) % 7 + 7 * (number - 1)
        found = first + timedelta(days=offset)
    else:
        last = after - timedelta(days=1)
        offset = (day_of_week(last) - weekday) % 7 + 7 * (-number - 1)
        found = last - timedelta(days=offset)
    return found if first <= found < after else None


@implements("Range")
def around(value: Duration, interval: Duration) -> tuple[Duration, Duration]:
    """The bounds of value plus and minus interval."""
    return duration_of(value.ms - interval.ms), duration_of(value.ms + interval.ms)


@implements("RoundUp")
def round_up(value: Duration) -> Duration:
    """Up to 30 s, 1, 2, 5 minutes, then multiples of 5 minutes."""
    step = next((step for step in _STEPS if value.ms <= step), None)
    return Duration(step) if step else _up_to_multiple(value, Duration(300_000))


@implements("RoundUp.2")
def round_up_to(value: Duration, interval: Duration) -> Duration:
    """Up to a multiple of the interval."""
    return _up_to_multiple(value, interval)


@implements("RoundUp.3")
def round_up_to_one_of(value: Duration, interval: Duration, specific: tuple[Duration | None, ...]) -> Duration:
    """Up to the smallest listed value, else to a multiple of the interval."""
    multiple = _up_to_multiple(value, interval)
    return min((item for item in specific if item is not None and item >= value), default=multiple)


def _up_to_multiple(value: Duration, interval: Duration) -> Duration:
    if interval.ms <= 0:
        raise ExpressionError("the interval must be longer than nothing")
    return duration_of(-(-value.ms // interval.ms) * interval.ms)
