"""How long people waited, in bounded room: how many, how long together, the longest, and how they are spread (§18).

The spread is kept by band, so that a service level can still be asked for targets that change later. A limit at the
edge of a band counts exactly: whole seconds up to five minutes, tens of seconds up to an hour, five minutes up to a
day, hours up to a week. Between two edges the waits of a band are taken as evenly spread.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
EDGES_MS: tuple[int, ...] = (
    *range(0, 5 * MINUTE, SECOND),
    *range(5 * MINUTE, HOUR, 10 * SECOND),
    *range(HOUR, 24 * HOUR, 5 * MINUTE),
    *range(24 * HOUR, 7 * 24 * HOUR + 1, HOUR),
)
"""Band ``n`` lies between edge ``n - 1`` and edge ``n``; the last band is open."""


@dataclass(slots=True)
class Waits:
    """Waits in ms. A wait at an edge belongs to the band below: who is answered at the target is answered in time."""

    total_ms: int = 0
    longest_ms: int | None = None
    bands: dict[int, int] = field(default_factory=dict)

    def add(self, ms: int) -> None:
        """Count a wait."""
        self.total_ms += ms
        self.longest_ms = ms if self.longest_ms is None else max(self.longest_ms, ms)
        number = self._band(ms)
        self.bands[number] = self.bands.get(number, 0) + 1

    def merge(self, other: Waits) -> None:
        """Count all that another one has counted."""
        self.total_ms += other.total_ms
        if other.longest_ms is not None:
            self.longest_ms = max(self.longest_ms or 0, other.longest_ms)
        for number, count in other.bands.items():
            self.bands[number] = self.bands.get(number, 0) + count

    def within(self, limit_ms: int) -> float:
        """How many lasted no longer than a limit; a whole number where the limit is an edge."""
        split = self._band(limit_ms)
        below = sum(count for number, count in self.bands.items() if number < split)
        return below + self._part(split, limit_ms)

    def _band(self, ms: int) -> int:
        return bisect_left(EDGES_MS, ms)

    def _part(self, number: int, limit_ms: int) -> float:
        """How many of the band that a limit lies in are below it."""
        count = self.bands.get(number, 0)
        if not count:
            return 0
        low = EDGES_MS[number - 1] if number else 0
        high = EDGES_MS[number] if number < len(EDGES_MS) else max(self.longest_ms or 0, limit_ms)
        if limit_ms >= high:
            return count
        return count * (limit_ms - low) / (high - low)


@dataclass(slots=True)
class Endurances(Waits):
    """How long people waited who gave up. One at an edge belongs to the band above: who gives up at the limit for short
    abandons has not given up before it."""

    def _band(self, ms: int) -> int:
        return bisect_right(EDGES_MS, ms)
