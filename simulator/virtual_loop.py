"""An event loop whose time is virtual: what waits for a timer is not waited for, the time is simply over.

It runs what is written for asyncio inside a rehearsal, where the caller's clock jumps as well. Nothing here may reach
the network: a socket that is not ready at once never becomes ready.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Jumping(selectors.DefaultSelector):
    """Passes the time that the loop would have slept."""

    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("nothing is left to happen, so that this would wait for ever")
        if not ready and timeout is not None:
            self.passed += max(0.0, timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that begins at 0 s and gets ahead only by its own timers, or when it is told to."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds since the beginning."""
        return self._jumping.passed

    def pass_until(self, seconds: float) -> None:
        """Let time pass elsewhere; it never goes back."""
        self._jumping.passed = max(self._jumping.passed, seconds)

    def run_in_executor(  # type: ignore[override]  # the library's own signature has no type variable of this kind
        self, executor: Any, func: Callable[..., Result], *args: Any
    ) -> asyncio.Future[Result]:
        """Work for a thread is done on the spot: while a thread works no time passes here."""
        future: asyncio.Future[Result] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future
