"""When a customer is called back: wall times in the customer's own time zone (desk.md §9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dsl.expressions.phone import country_of

MINUTE = timedelta(minutes=1)
FEW_ZONES = 2
"""A country with more is too wide to guess the zone from its number."""


def zone_of(number: str) -> str | None:
    """The time zone of a number's country (``+4930901820``: ``Europe/Berlin``), the first by name where there are two;
    None where there are more than ``FEW_ZONES``."""
    from babel.core import get_global

    country = country_of(number)
    zones = sorted(zone for zone, territory in get_global("zone_territories").items() if territory == country)
    return zones[0] if country and 0 < len(zones) <= FEW_ZONES else None


def moment(text: str, zone: str) -> tuple[int, bool]:
    """A wall time (``2026-06-01T10:00``) in UTC ms, and whether it was moved on because clocks leave it out.

    Raises ``ValueError`` with a sentence for what is no time or no zone.
    """
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f'There is no time zone "{zone}". Write it like Europe/Berlin.') from None
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("Say when: a day and a time.") from None
    if wall.tzinfo is not None:
        return round(wall.timestamp() * 1000), False
    moved = False
    while (there := wall.replace(tzinfo=place)).astimezone(UTC).astimezone(place).replace(tzinfo=None) != wall:
        wall, moved = wall + MINUTE, True
    return round(there.timestamp() * 1000), moved


def wall_time(at: int, zone: str) -> str:
    """UTC ms as a form's wall time."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M")
