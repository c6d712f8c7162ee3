"""Writes that are tried again while the database fails over (DESIGN.md "Store"); only whoever needs them waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from interpreter.ports import Clock
from store import Conflict, Lost, Store, StoreError, Write

PAUSE_MS = 100
CLOSING_S = 2.0


async def commit_patiently(
    store: Store, clock: Clock, until: int, *writes: Write, is_written: Callable[[], bool] = lambda: False
) -> None:
    """Commit a unit, again until ``until`` (UTC ms) while the database does not answer. Raises ``StoreError``.

    ``is_written`` tells whether the unit is in the store; it is asked, in a thread, where a conflict may be with an
    attempt of our own whose answer was lost.
    """
    is_first = True
    while True:
        try:
            await asyncio.wrap_future(store.commit(*writes))
            return
        except Lost:
            raise
        except Conflict:
            if is_first or not await asyncio.to_thread(is_written):
                raise
            return
        except StoreError:
            if clock.now() + PAUSE_MS >= until:
                raise
        is_first = False
        await pause(clock, PAUSE_MS)


async def finished(tasks: set[asyncio.Task[None]]) -> None:
    """Wait for what writes, and give up what the database does not take now."""
    if tasks:
        _, pending = await asyncio.wait(tasks, timeout=CLOSING_S)
        for task in pending:
            task.cancel()


async def pause(clock: Clock, ms: int) -> None:
    """Until so much time has passed by the clock."""
    over = asyncio.Event()
    clock.call_at(clock.now() + ms, over.set)
    await over.wait()
