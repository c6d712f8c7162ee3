"""Clocks: the event loop's, and a virtual one that jumps (docs/decisions/008-time.md). The one edge that reads
real time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count


@dataclass(slots=True)
class VirtualTimer:
    """A timer of the virtual clock."""

    action: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        """Disarm."""
        self.cancelled = True


@dataclass(slots=True)
class VirtualClock:
    """Time that passes only when it is told to; timers fire in order of their time, then of their arming."""

    at: int = 0
    _heap: list[tuple[int, int, VirtualTimer]] = field(default_factory=list)
    _order: count[int] = field(default_factory=count)

    def now(self) -> int:
        """UTC, ms."""
        return self.at

    def call_at(self, at: int, action: Callable[[], None]) -> VirtualTimer:
        """Arm a timer."""
        timer = VirtualTimer(action)
        heappush(self._heap, (max(at, self.at), next(self._order), timer))
        return timer

    def next_deadline(self) -> int | None:
        """When the next timer fires."""
        while self._heap and self._heap[0][2].cancelled:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def advance(self, to: int) -> None:
        """Let time pass up to and including ``to``."""
        while (deadline := self.next_deadline()) is not None and deadline <= to:
            self.at = max(self.at, deadline)
            heappop(self._heap)[2].action()
        self.at = max(self.at, to)

    def jump(self) -> bool:
        """Go to the next deadline and fire what is due; False when nothing is armed."""
        deadline = self.next_deadline()
        if deadline is None:
            return False
        self.advance(deadline)
        return True


class LoopClock:
    """The event loop's clock: wall time that never goes backwards, timers on the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._offset = time.time() - loop.time()

    def now(self) -> int:
        """UTC, ms."""
        return round((self._loop.time() + self._offset) * 1000)

    def call_at(self, at: int, action: Callable[[], None]) -> asyncio.TimerHandle:
        """Arm a timer on the loop."""
        return self._loop.call_at(at / 1000 - self._offset, action)
