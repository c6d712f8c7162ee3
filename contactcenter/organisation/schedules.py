"""Schedules: whether one is active at an instant, and what a schedule group says (flow-format.md §9.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LOOK_BACK = timedelta(days=8)
"""No occurrence lasts longer; an older one that began before it is not looked for."""


class UnknownZoneError(ValueError):
    """The time zone does not exist."""


def zone_of(name: str | None) -> ZoneInfo:
    """A time zone by its id; raises ``UnknownZoneError``."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UnknownZoneError(str(name)) from error


def is_active(schedule: Mapping[str, Any], at: datetime, zone: str | None = None) -> bool:
    """Whether a schedule is active: ``start`` and ``end`` are local times, ``rrule`` repeats them."""
    from dateutil.rrule import rrulestr

    local = at.astimezone(zone_of(zone or schedule.get("timeZone"))).replace(tzinfo=None)
    start = _local(schedule.get("start"))
    end = _local(schedule.get("end"))
    if start is None or end is None:
        return False
    rule = schedule.get("rrule")
    if not rule:
        return start <= local < end
    length = end - start
    occurrences = rrulestr(str(rule).removeprefix("RRULE:"), dtstart=start)
    earlier = occurrences.before(local, inc=True)
    return earlier is not None and earlier <= local < earlier + length and local - earlier < LOOK_BACK


def _local(text: Any) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.replace(tzinfo=None)


def group_state(
    group: Mapping[str, Any] | None,
    emergency: Mapping[str, Any] | None,
    schedules: Mapping[str, Mapping[str, Any]],
    at: datetime,
) -> tuple[str, tuple[str, ...]]:
    """emergency, holiday, closed or open, in that order, and the names of the matching schedules; nothing matches: closed."""
    if emergency is not None and emergency.get("enabled"):
        return "emergency", ()
    if group is None:
        return "closed", ()
    zone = group.get("timeZone")
    for state, key in (("holiday", "holidaySchedules"), ("closed", "closedSchedules"), ("open", "openSchedules")):
        names = [name for name in _names(group.get(key)) if name.casefold() in schedules]
        active = tuple(name for name in names if is_active(schedules[name.casefold()], at, zone))
        if active:
            return state, active
    return "closed", ()


def _names(entries: Sequence[Any] | None) -> list[str]:
    return [str(entry.get("name")) if isinstance(entry, Mapping) else str(entry) for entry in entries or ()]


def parse_instant(ms: int) -> datetime:
    """UTC milliseconds as an aware instant."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)
