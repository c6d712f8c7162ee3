"""Figures by half-hour, in bounded room: old half-hours become days, and very old days go (routing.md §18)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Generic, Protocol, TypeVar

from contactcenter.routing.state import DAY_MS, HOUR_MS

HALF_HOUR_MS = HOUR_MS // 2


class Summable(Protocol):
    """Counters that can be summed up."""

    def add(self, other: Any) -> None:
        """Add another one's counts; ``other`` is of the same class."""


Key = TypeVar("Key", bound=Hashable)
C = TypeVar("C", bound=Summable)


class HalfHours(Generic[Key, C]):
    """Counters by half-hour (its start in UTC ms) and key.

    What is older than ``fine_days`` is summed up in the first half-hour of its UTC day; what is older than
    ``kept_days`` is let go. Age is told by ``age``, from the times of events, so that recounting gives the same.
    """

    def __init__(self, empty: Callable[[], C], *, fine_days: int, kept_days: int) -> None:
        self._empty = empty
        self._fine, self._kept = fine_days * DAY_MS, kept_days * DAY_MS
        self._newest = 0
        self._slots: dict[int, dict[Key, C]] = {}

    def slot(self, key: Key, at: int) -> C:
        """The counters of a moment, new where there are none; those of its day when it is long ago."""
        start = self._start(at)
        found = self._slots.setdefault(start, {})
        return found[key] if key in found else found.setdefault(key, self._empty())

    def age(self, now: int) -> None:
        """Time goes on; does something once in a half-hour."""
        newest = now - now % HALF_HOUR_MS
        if newest <= self._newest:
            return
        self._newest = newest
        for start in [start for start in self._slots if start != self._start(start)]:
            for key, counters in self._slots.pop(start).items():
                self.slot(key, start).add(counters)
        for start in [start for start in self._slots if start < newest - self._kept]:
            del self._slots[start]

    def _start(self, at: int) -> int:
        start = at - at % HALF_HOUR_MS
        return start if start >= self._newest - self._fine else at - at % DAY_MS

    def total(self, keys: Iterable[Key], since: int = 0, until: int | None = None) -> C:
        """The sum over the half-hours (or days, when long ago) that begin in [since, until)."""
        whole, wanted = self._empty(), tuple(keys)
        for start, slots in self._slots.items():
            if start >= since and (until is None or start < until):
                for key in wanted:
                    if key in slots:
                        whole.add(slots[key])
        return whole

    def __len__(self) -> int:
        """How many counters are kept."""
        return sum(map(len, self._slots.values()))

    def __iter__(self) -> Iterator[tuple[int, Key, C]]:
        """All counters by time and key."""
        for start in sorted(self._slots):
            slots = self._slots[start]
            for key in sorted(slots):  # type: ignore[type-var]  # keys are texts, or tuples of texts
                yield start, key, slots[key]

    def restore(self, kept: Iterable[tuple[int, Key, C]], newest: int) -> None:
        """Take what ``__iter__`` gave when the newest half-hour was ``newest``."""
        self._newest = newest
        for start, key, counters in kept:
            self._slots.setdefault(start, {})[key] = counters
