"""The last while by minute, for the service levels that conditional routing compares (routing.md §8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from contactcenter.organisation import Knobs
from contactcenter.routing.halfhours import Summable
from contactcenter.routing.state import DAY_MS

MINUTE_MS = 60_000
USUAL_WINDOW_S = Knobs().metric_window_s
Key = tuple[str, str]
"""Queue and medium."""

C = TypeVar("C", bound=Summable)


class Recent(Generic[C]):
    """Counters by minute (its start in UTC ms) and key, for as long as any condition looks back; none where there are
    no conditions."""

    def __init__(self, empty: Callable[[], C]) -> None:
        self._empty = empty
        self.window_ms = 0
        self._minutes: dict[int, dict[Key, C]] = {}

    def configured(self, configuration: Mapping[str, Any]) -> None:
        """How far back is looked from now on, by the plain configuration."""
        queues = configuration.get("queues", ())
        whole = configuration.get("knobs", {}).get("metric_window_s", USUAL_WINDOW_S)
        asked = any(queue.get(f"conditionalGroup{kind}") for queue in queues for kind in ("Routing", "Activation"))
        windows = [queue.get("x-callwright", {}).get("metric_window_s", whole) for queue in queues]
        self.window_ms = min(round(max(map(float, windows), default=0) * 1000), DAY_MS) if asked else 0

    def slot(self, key: Key, at: int) -> C:
        """The counters of this minute; older ones go."""
        start = at - at % MINUTE_MS
        if start not in self._minutes:
            for old in [minute for minute in self._minutes if minute < start - self.window_ms]:
                del self._minutes[old]
        return self._minutes.setdefault(start, {}).setdefault(key, self._empty())

    def total(self, key: Key, since: int) -> C:
        """The sum since the minute of a moment."""
        whole = self._empty()
        for start, slots in self._minutes.items():
            if start > since - MINUTE_MS and key in slots:
                whole.add(slots[key])
        return whole

    def __iter__(self) -> Iterator[tuple[int, Key, C]]:
        """All counters by minute and key."""
        for start in sorted(self._minutes):
            for key in sorted(self._minutes[start]):
                yield start, key, self._minutes[start][key]

    def restore(self, kept: Iterable[tuple[int, Key, C]], window_ms: int) -> None:
        """Take what ``__iter__`` gave."""
        self.window_ms = window_ms
        for start, key, counters in kept:
            self._minutes.setdefault(start, {})[key] = counters
