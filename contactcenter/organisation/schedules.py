"""Schedules and their groups: when is open, when is holiday, when is an emergency (flow-format.md §9.6).

``start`` and ``end`` of a schedule are wall-clock times in whatever zone it is evaluated in (its own one is
only the default), so that "8 to 18" stays 8 to 18 when summer time begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from contactcenter.organisation.reading import Reader
from contactcenter.organisation.things import METADATA, Thing, extended
from dsl.source import Map, Node
from dsl.zones import zone_of

if TYPE_CHECKING:
    from dateutil.rrule import rrule, rruleset

GROUP_SECTIONS = ("openSchedules", "closedSchedules", "holidaySchedules")
MOST_CLOSURES = 400
"""So many closures are looked behind for the next opening: more than a year of days."""

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(Thing):
    """One stretch of local time from ``start`` to ``end`` (exclusive), repeated by an iCalendar rule if it has one."""

    start: datetime
    end: datetime
    rule: str | None = None
    time_zone: str = "UTC"

    def is_active(self, local: datetime) -> bool:
        """Whether a wall-clock time (without zone) lies in the schedule."""
        if self.rule is None:
            return self.start <= local < self.end
        latest = _recurrence(self.rule, self.start).before(local, inc=True)
        return latest is not None and local < latest + (self.end - self.start)

    def ends(self, local: datetime) -> datetime:
        """When the stretch ends that a wall-clock time lies in."""
        latest = None if self.rule is None else _recurrence(self.rule, self.start).before(local, inc=True)
        return self.end if latest is None else latest + (self.end - self.start)

    def next_start(self, local: datetime) -> datetime | None:
        """When the next stretch begins after a wall-clock time; None when there is none."""
        if self.rule is None:
            return self.start if self.start > local else None
        return _recurrence(self.rule, self.start).after(local)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleGroup(Thing):
    """Schedules by what they mean, in one time zone."""

    time_zone: str = "UTC"
    open: tuple[Schedule, ...] = ()
    closed: tuple[Schedule, ...] = ()
    holiday: tuple[Schedule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyGroup(Thing):
    """A switch that somebody throws in an emergency."""

    enabled: bool = False


def local_time(at: datetime, zone: str) -> datetime | None:
    """The wall-clock time of an aware instant in a zone; None for an unknown zone."""
    found = zone_of(zone)
    return None if found is None else at.astimezone(found).replace(tzinfo=None)


def evaluate(
    group: ScheduleGroup | None, emergency: EmergencyGroup | None, at: datetime
) -> tuple[str, tuple[str, ...]]:
    """``emergency``, ``holiday``, ``closed`` or ``open`` in this order, else closed; and the names of what matches."""
    if emergency is not None and emergency.enabled:
        return "emergency", ()
    if group is None:
        return "closed", ()
    local = local_time(at, group.time_zone) or at.replace(tzinfo=None)
    for state, schedules in (("holiday", group.holiday), ("closed", group.closed), ("open", group.open)):
        names = tuple(schedule.name for schedule in schedules if schedule.is_active(local))
        if names:
            return state, names
    return "closed", ()


def next_open(group: ScheduleGroup, at: datetime) -> datetime | None:
    """The first moment from ``at`` on at which a group is open (``at`` itself, when it is); None when that is never, or
    beyond so many closures that it does not matter."""
    zone, local = zone_of(group.time_zone), local_time(at, group.time_zone)
    for _ in range(MOST_CLOSURES):
        if zone is None or local is None:
            return None
        now: datetime = local
        shut = [schedule.ends(now) for schedule in (*group.holiday, *group.closed) if schedule.is_active(now)]
        if shut:
            local = max(shut)
        elif any(schedule.is_active(now) for schedule in group.open):
            return now.replace(tzinfo=zone)
        else:
            local = min((start for one in group.open if (start := one.next_start(now)) is not None), default=None)
    return None


def read_schedule(body: Map, thing: Thing, reader: Reader) -> Schedule | None:
    """``{name, start, end, rrule}`` with local times."""
    what = f'the schedule "{thing.name}"'
    reader.keys(body, (*METADATA, "start", "end", "rrule", "timeZone"), what)
    start, end = (_time(body, key, what, reader) for key in ("start", "end"))
    rule = _rule(body.get("rrule"), start, reader)
    if start is None or end is None:
        return None
    if end <= start:
        node = body.get("end") or body
        reader.report("out-of-range", f"{what} ends before it begins", node.span, "let end be later than start")
        return None
    zone = _zone(body.get("timeZone"), reader)
    return extended(thing, Schedule, start=start, end=end, rule=rule, time_zone=zone)


def _zone(node: Node | None, reader: Reader) -> str:
    zone = reader.text(node, '"timeZone"')
    if zone is None or node is None or zone_of(zone) is not None:
        return zone or "UTC"
    reader.report(
        "bad-literal", f'unknown time zone "{zone}"', node.span, "use an id such as Europe/Berlin or America/Chicago"
    )
    return "UTC"


def _time(body: Map, key: str, what: str, reader: Reader) -> datetime | None:
    node = body.get(key)
    text = reader.text(node, f'"{key}" of {what}')
    if text is None or node is None:
        reader.report("missing-parameter", f'{what} has no "{key}"', (node or body).span)
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        help_ = "write local time such as 2026-01-01T08:00:00, without a zone"
        reader.report("bad-literal", f'"{text}" is no date and time', node.span, help_)
        return None


def _rule(node: Node | None, start: datetime | None, reader: Reader) -> str | None:
    text = reader.text(node, '"rrule"')
    if not text or node is None:
        return None
    rule = text.removeprefix("RRULE:").strip().upper()
    parts = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    if parts.get("FREQ") not in FREQUENCIES:
        help_ = "FREQ is one of " + ", ".join(FREQUENCIES)
        reader.report("bad-literal", f'the rule "{text}" has no frequency that a schedule can have', node.span, help_)
        return None
    parts["UNTIL"] = parts.get("UNTIL", "").removesuffix("Z")  # local, as the schedule itself
    rule = ";".join(f"{key}={value}" for key, value in parts.items() if value)
    try:
        _recurrence(rule, start or datetime(2000, 1, 1))  # noqa: DTZ001 - local time has no zone
    except (ValueError, TypeError) as error:
        reader.report("bad-literal", f'"{text}" is no recurrence rule: {error}', node.span)
        return None
    return rule


@lru_cache(maxsize=512)
def _recurrence(rule: str, start: datetime) -> rrule | rruleset:
    from dateutil.rrule import rrulestr

    return rrulestr(rule, dtstart=start, cache=True)


def read_schedule_group(
    body: Map, thing: Thing, reader: Reader, schedule: Callable[[str], Schedule | None]
) -> ScheduleGroup:
    """``{name, timeZone, openSchedules, closedSchedules, holidaySchedules}``; ``schedule`` gives one by id."""
    what = f'the schedule group "{thing.name}"'
    reader.keys(body, (*METADATA, "timeZone", *GROUP_SECTIONS), what)
    zone = _zone(body.get("timeZone"), reader)

    def listed(section: str) -> tuple[Schedule, ...]:
        ids = reader.references(body.get(section), "schedule", f'"{section}" of {what}')
        return tuple(found for found in map(schedule, ids) if found is not None)

    opened, closed, holiday = map(listed, GROUP_SECTIONS)
    return extended(thing, ScheduleGroup, time_zone=zone, open=opened, closed=closed, holiday=holiday)


def read_emergency_group(body: Map, thing: Thing, reader: Reader) -> EmergencyGroup:
    """``{name, enabled}``."""
    what = f'the emergency group "{thing.name}"'
    reader.keys(body, (*METADATA, "enabled", "emergencyCallFlows"), what)
    return extended(thing, EmergencyGroup, enabled=bool(reader.boolean(body.get("enabled"), f'"enabled" of {what}')))
