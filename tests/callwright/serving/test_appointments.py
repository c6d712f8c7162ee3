"""Wall times of customers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callwright.serving.appointments import moment, wall_time, zone_of


def utc(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def test_a_time_means_what_the_customers_clock_says() -> None:
    assert moment("2026-06-01T10:00", "Europe/Berlin") == (utc("2026-06-01T08:00"), False)
    assert moment("2026-06-01T10:00", "America/New_York") == (utc("2026-06-01T14:00"), False)


def test_a_time_that_clocks_leave_out_is_the_next_one_there_is() -> None:
    at, moved = moment("2026-03-29T02:30", "Europe/Berlin")
    assert (wall_time(at, "Europe/Berlin"), moved) == ("2026-03-29T03:00", True)


def test_a_time_that_comes_twice_is_the_first_of_both() -> None:
    assert moment("2026-10-25T02:30", "Europe/Berlin") == (utc("2026-10-25T00:30"), False)


@pytest.mark.parametrize(
    ("text", "zone", "said"),
    [
        ("soon", "Europe/Berlin", "Say when"),
        ("", "Europe/Berlin", "Say when"),
        ("2026-06-01T10:00", "Atlantis", 'no time zone "Atlantis"'),
        ("2026-06-01T10:00", "../etc", "no time zone"),
    ],
)
def test_what_is_no_time_is_said(text: str, zone: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        moment(text, zone)


@pytest.mark.parametrize(
    ("number", "zone"),
    [("+4930901820", "Europe/Berlin"), ("+442079460000", "Europe/London"), ("+18031230000", None), ("12", None)],
)
def test_the_zone_is_that_of_the_numbers_country_where_it_has_one(number: str, zone: str | None) -> None:
    assert zone_of(number) == zone
