# ruff: noqa: DTZ001 - wall-clock times of schedules have no zone
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contactcenter.organisation import Organisation, load_organisation
from contactcenter.organisation.schedules import evaluate, local_time, next_open
from dsl.source import Diagnostic, Source

Load = Callable[..., Organisation]
Findings = Callable[[str], list[Diagnostic]]

OFFICE = """
schedules:
  - {name: Weekdays, start: 2026-01-05T08:00:00, end: 2026-01-05T18:00:00, rrule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"}
  - {name: Lunch, start: 2026-01-05T12:00:00, end: 2026-01-05T13:00:00, rrule: "FREQ=DAILY"}
  - {name: Christmas, start: 2026-12-25T00:00:00, end: 2026-12-27T00:00:00}
scheduleGroups:
  - name: Office
    timeZone: Europe/Berlin
    openSchedules: [Weekdays]
    closedSchedules: [Lunch]
    holidaySchedules: [Christmas]
emergencyGroups: [{name: Fire, enabled: true}, {name: Flood}]
"""


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("at", "state", "names"),
    [
        ("2026-06-01T08:00:00+02:00", "open", ("Weekdays",)),
        ("2026-06-01T07:59:59+02:00", "closed", ()),
        ("2026-06-01T18:00:00+02:00", "closed", ()),
        ("2026-06-06T10:00:00+02:00", "closed", ()),
        ("2026-06-01T12:30:00+02:00", "closed", ("Lunch",)),
        ("2026-12-25T12:30:00+01:00", "holiday", ("Christmas",)),
        ("2026-06-01T06:00:00+00:00", "open", ("Weekdays",)),
        ("2026-12-01T07:00:00+00:00", "open", ("Weekdays",)),
        ("2026-12-01T06:59:00+00:00", "closed", ()),
    ],
)
def test_a_group_is_holiday_before_closed_before_open(load: Load, at: str, state: str, names: tuple[str, ...]) -> None:
    group = load(OFFICE).schedule_group("office")
    assert evaluate(group, None, berlin(at)) == (state, names)


def test_an_emergency_comes_before_everything(load: Load) -> None:
    organisation = load(OFFICE)
    group, noon = organisation.schedule_group("Office"), berlin("2026-06-01T10:00:00+02:00")
    assert evaluate(group, organisation.emergency_group("Fire"), noon)[0] == "emergency"
    assert evaluate(group, organisation.emergency_group("Flood"), noon)[0] == "open"
    assert evaluate(None, None, noon) == ("closed", ())


@pytest.mark.parametrize(
    "schedule",
    [
        "{name: A, start: 2026-01-05T08:00:00}",
        "{name: A, start: morning, end: 2026-01-05T18:00:00}",
        "{name: A, start: 2026-01-05T18:00:00, end: 2026-01-05T08:00:00}",
        "{name: A, start: 2026-01-05T08:00:00, end: 2026-01-05T18:00:00, rrule: often}",
        "{name: A, start: 2026-01-05T08:00:00, end: 2026-01-05T18:00:00, rrule: FREQ=SECONDLY}",
        "{name: A, start: 2026-01-05T08:00:00, end: 2026-01-05T18:00:00, rrule: FREQ=WEEKLY;BYDAY=XX}",
        "{name: A, start: 2026-01-05T08:00:00, end: 2026-01-05T18:00:00, timeZone: Middle/Earth}",
    ],
)
def test_a_schedule_that_means_nothing_is_reported(findings: Findings, schedule: str) -> None:
    assert len(findings(f"schedules: [{schedule}]")) == 1


def test_a_rule_may_end_with_a_date_in_utc_notation(load: Load) -> None:
    organisation = load("""
        schedules:
          - {name: A, start: 2026-01-05T08:00, end: 2026-01-05T09:00, rrule: "RRULE:FREQ=DAILY;UNTIL=20260107T235959Z"}
    """)
    schedule = organisation.schedule("A")
    assert schedule is not None
    days = [day for day in range(5, 12) if schedule.is_active(datetime(2026, 1, day, 8, 30))]
    assert days == [5, 6, 7]


DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@settings(max_examples=60, deadline=None)
@given(
    days=st.sets(st.sampled_from(range(7)), min_size=1),
    hour=st.integers(0, 23),
    minutes=st.integers(1, 24 * 60),
    at=st.datetimes(min_value=datetime(2026, 1, 12), max_value=datetime(2028, 1, 1)),
)
def test_a_weekly_rule_agrees_with_counting_days(days: set[int], hour: int, minutes: int, at: datetime) -> None:
    monday = datetime(2026, 1, 5)
    first = monday + timedelta(days=min(days), hours=hour)
    text = (
        f"schedules: [{{name: A, start: {first.isoformat()}, end: {(first + timedelta(minutes=minutes)).isoformat()}, "
        f'rrule: "FREQ=WEEKLY;BYDAY={",".join(DAYS[day] for day in sorted(days))}"}}]'
    )
    schedule = load_organisation([Source("o.yaml", text)])[0].schedule("A")
    assert schedule is not None
    naive = any(
        day.weekday() in days and (begin := day + timedelta(hours=hour)) <= at < begin + timedelta(minutes=minutes)
        for day in (at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=back) for back in range(3))
    )
    assert schedule.is_active(at) is naive


def test_local_time_follows_summer_time() -> None:
    assert local_time(datetime(2026, 7, 1, 10, tzinfo=UTC), "Europe/Berlin") == datetime(2026, 7, 1, 12)
    assert local_time(datetime(2026, 1, 1, 10, tzinfo=UTC), "Europe/Berlin") == datetime(2026, 1, 1, 11)
    assert local_time(datetime(2026, 1, 1, 10, tzinfo=UTC), "Nowhere/Land") is None


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-06-01T09:30:00+02:00", "2026-06-01T09:30:00+02:00"),
        ("2026-06-01T07:59:00+02:00", "2026-06-01T08:00:00+02:00"),
        ("2026-06-01T12:30:00+02:00", "2026-06-01T13:00:00+02:00"),
        ("2026-06-05T18:00:00+02:00", "2026-06-08T08:00:00+02:00"),
        ("2026-12-24T19:00:00+01:00", "2026-12-28T08:00:00+01:00"),
        ("2026-06-01T05:00:00+00:00", "2026-06-01T06:00:00+00:00"),
    ],
)
def test_the_next_opening_is_behind_whatever_is_closed_now(load: Load, at: str, opens: str) -> None:
    group = load(OFFICE).schedule_group("Office")
    assert group is not None
    assert next_open(group, berlin(at)) == berlin(opens)


def test_what_never_opens_again_has_no_next_opening(load: Load) -> None:
    past = OFFICE.replace('rrule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"', "description: once")
    group = load(past).schedule_group("Office")
    assert group is not None
    assert next_open(group, berlin("2026-06-01T12:00:00+02:00")) is None


@settings(deadline=None, max_examples=30)
@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
def test_from_now_to_the_next_opening_it_is_closed(at: datetime) -> None:
    group = load_organisation([Source("o.yaml", OFFICE)])[0].schedule_group("Office")
    assert group is not None
    begin = at.replace(tzinfo=UTC, second=0, microsecond=0)
    opens = next_open(group, begin)
    assert opens is not None
    assert evaluate(group, None, opens)[0] == "open"
    minutes = int((opens - begin).total_seconds()) // 60
    assert all(evaluate(group, None, begin + timedelta(minutes=n))[0] != "open" for n in range(0, minutes, 29))
