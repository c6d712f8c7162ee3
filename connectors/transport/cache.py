"""Answers kept for a while, and one request for equal questions at the same time (data-actions.md §8)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from connectors.model import Caching

T = TypeVar("T")


class Cache:
    """A small cache with a time to live; ``now`` gives seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._running: dict[Hashable, asyncio.Task[Any]] = {}

    async def get(
        self, key: Hashable, caching: Caching, ask: Callable[[], Awaitable[T]], lives: Callable[[T], float]
    ) -> T:
        """The kept answer, the answer that another caller is waiting for, or a new one; ``lives`` says for how many
        seconds that is kept."""
        found = self._kept.get(key)
        if found is not None and self._now() < found[0]:
            self._kept.move_to_end(key)
            answer: T = found[1]
            return answer
        task = self._running.get(key)
        if task is None:
            task = self._running[key] = asyncio.ensure_future(ask())
            task.add_done_callback(lambda done: self._finished(key, caching, done, lives))
        shared: T = await asyncio.shield(task)
        return shared

    def _finished(
        self, key: Hashable, caching: Caching, task: asyncio.Task[Any], lives: Callable[[Any], float]
    ) -> None:
        self._running.pop(key, None)
        seconds = 0.0 if task.cancelled() or task.exception() is not None else lives(task.result())
        if seconds <= 0:
            return
        self._kept[key] = (self._now() + seconds, task.result())
        while len(self._kept) > caching.most:
            self._kept.popitem(last=False)
