"""The journal, read once for all desks of a node: each stream gets what concerns its agent (desk.md §2.1)."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import TypeAlias

from store import Store, StoredEvent, StoreError
from web.services import ServerEvent

log = logging.getLogger(__name__)

PAGE = 500
LOOK_S = 1.0
"""How often the journal is looked at when nothing wakes us: a wake-up may be lost."""

Meaning: TypeAlias = Callable[[Sequence[StoredEvent], Set[str]], Iterable[tuple[str, ServerEvent]]]
"""``meaning(events, agents)``: who of the agents is told what, in the order of the events. Blocks."""


@dataclass(slots=True, eq=False)
class Stream:
    """A desk that listens, with what it has not been told yet; ``joined`` is where the journal stood before that."""

    agent: str
    wake: Callable[[], None]
    joined: int
    waiting: deque[ServerEvent] = field(default_factory=deque)


class News:
    """Tails the journal for as long as any desk listens."""

    def __init__(self, store: Store, meaning: Meaning) -> None:
        self._store, self._meaning = store, meaning
        self._position = 0
        self._streams: list[Stream] = []
        self._between_pages = asyncio.Lock()
        self._tailing: asyncio.Task[None] | None = None

    async def join(self, agent: str, wake: Callable[[], None]) -> Stream:
        """Hear from now on what concerns an agent; ``wake`` says that something is waiting. Raises ``StoreError``."""
        async with self._between_pages:  # who joins in the middle of a page would miss half of it
            if self._tailing is None:
                self._position = await asyncio.to_thread(self._store.head)
                self._tailing = asyncio.get_running_loop().create_task(self._tail())
            stream = Stream(agent, wake, self._position)
            self._streams.append(stream)
        return stream

    async def missed(self, stream: Stream, after: int) -> AsyncIterator[ServerEvent]:
        """What concerned the agent between a position and the moment of joining. Raises ``StoreError``."""
        while after < stream.joined:
            events, told = await asyncio.to_thread(self._page, after, {stream.agent}, stream.joined)
            if not events:
                return
            after = events[-1].position
            for _, event in told:
                yield event

    def leave(self, stream: Stream) -> None:
        """Hear no more."""
        self._streams.remove(stream)
        if not self._streams:
            self.close()

    def close(self) -> None:
        """Read no more."""
        if self._tailing is not None:
            self._tailing.cancel()
            self._tailing = None

    async def _tail(self) -> None:
        news, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(news.set)

        unwatch = self._store.watch(wake)
        try:
            while True:
                news.clear()
                try:
                    while await self._read_on():
                        pass
                except StoreError as error:
                    log.warning("desks hear nothing new: %s", error)
                except Exception:  # desks must hear again, whatever it was
                    log.exception("desks hear nothing new")
                looking = loop.call_later(LOOK_S, news.set)
                await news.wait()
                looking.cancel()
        finally:
            unwatch()

    async def _read_on(self) -> bool:
        """Read a page and tell it; whether there was anything."""
        async with self._between_pages:
            agents = {stream.agent for stream in self._streams}
            events, told = await asyncio.to_thread(self._page, self._position, agents)
            if events:
                self._position = events[-1].position
            for agent, event in told:
                for stream in self._streams:
                    if stream.agent == agent:
                        stream.waiting.append(event)
                        stream.wake()
        return bool(events)

    def _page(
        self, after: int, agents: Set[str], until: int | None = None
    ) -> tuple[Sequence[StoredEvent], list[tuple[str, ServerEvent]]]:
        read = self._store.read_all(after, PAGE)
        events = read if until is None else [event for event in read if event.position <= until]
        return events, list(self._meaning(events, agents))
