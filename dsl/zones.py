"""Time zones by their ids (flow-format.md §9.6)."""

from __future__ import annotations

from datetime import tzinfo
from zoneinfo import ZoneInfo


def zone_of(name: str) -> tzinfo | None:
    """The time zone of an id such as ``America/Chicago``, or None where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
