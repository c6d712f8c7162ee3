"""Local limits of a connection: requests at once and per minute (data-actions.md §7.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from connectors.connections import Limits

MINUTE = 60.0


class Gate:
    """Counts requests; over a limit the next one is refused at once rather than made to wait in a live call."""

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._limits, self._now = limits, now
        self._running = 0
        self._started: deque[float] = deque()

    def enter(self) -> bool:
        """Take a place; False when there is none."""
        now = self._now()
        while self._started and self._started[0] <= now - MINUTE:
            self._started.popleft()
        full = self._limits.concurrent is not None and self._running >= self._limits.concurrent
        spent = self._limits.per_minute is not None and len(self._started) >= self._limits.per_minute
        if full or spent:
            return False
        self._running += 1
        if self._limits.per_minute is not None:
            self._started.append(now)
        return True

    def leave(self) -> None:
        """Give the place back."""
        self._running -= 1
