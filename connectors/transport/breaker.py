"""The circuit breaker of one origin: a system that is down is left alone for a while (data-actions.md §8)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

FAILURES_IN_A_ROW = 5
WINDOW = 30.0
LEAST_CALLS = 20
OPEN_FOR = 15.0


class Breaker:
    """Opens after five failures in a row, or when more than half of at least 20 calls in 30 s failed; after 15 s one
    probe decides. ``now`` gives seconds and never goes back."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._row = 0
        self._calls: deque[tuple[float, bool]] = deque()
        self._opened: float | None = None
        self._probing = False

    def allows(self) -> bool:
        """Whether a request may go out; asking when the time is up makes the asker the probe."""
        if self._opened is None:
            return True
        if self._probing or self._now() - self._opened < OPEN_FOR:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        """The system answered; its refusals (4xx) count as answers."""
        self._opened, self._probing, self._row = None, False, 0
        self._record(failed=False)

    def failed(self) -> None:
        """No answer, or a 5xx or 429."""
        self._row += 1
        self._record(failed=True)
        bad = sum(failed for _, failed in self._calls)
        too_many = len(self._calls) >= LEAST_CALLS and bad * 2 > len(self._calls)
        if self._probing or self._row >= FAILURES_IN_A_ROW or too_many:
            self._opened, self._probing = self._now(), False

    def gave_up(self) -> None:
        """The request was withdrawn: the next one may probe."""
        self._probing = False

    def _record(self, *, failed: bool) -> None:
        now = self._now()
        self._calls.append((now, failed))
        while self._calls and self._calls[0][0] < now - WINDOW:
            self._calls.popleft()

    @property
    def is_open(self) -> bool:
        """Whether requests are kept back at the moment."""
        return self._opened is not None
