"""Phone pages that wait to be called, whichever node they are connected to: a page waits at every node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from urllib.parse import quote

from callwright.peers import Peers
from channels.telephony import WebPhone
from web.services import ServerEvent

LOOK_S = 0.5
"""How often it is looked which other nodes there are."""


class WaitingLines:
    """Waits for the pages of this node; ``others`` are the addresses of the other nodes at the moment."""

    def __init__(self, phone: WebPhone, peers: Peers, others: Callable[[], frozenset[str]]) -> None:
        self._phone, self._peers, self._others = phone, peers, others

    async def here(self, number: str) -> AsyncIterator[ServerEvent]:
        """``waiting``, then ``ringing`` {session} for every call of this node to a number."""
        async for event in self._phone.wait(number):
            yield ServerEvent(event.id, event.type, dict(event.data))

    async def everywhere(self, number: str) -> AsyncIterator[ServerEvent]:
        """As ``here``, for the calls of all nodes; ``waiting`` comes for each."""
        told: asyncio.Queue[ServerEvent] = asyncio.Queue()
        waiting: dict[str, asyncio.Task[None]] = {}
        looking = asyncio.create_task(self._look(number, told, waiting))
        try:
            while True:
                yield await told.get()
        finally:
            tasks = (looking, *waiting.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(
        self, number: str, told: asyncio.Queue[ServerEvent], waiting: dict[str, asyncio.Task[None]]
    ) -> None:
        """Wait here, and at the others as they come and go."""
        waiting[""] = asyncio.create_task(_pass_on(self.here(number), told))
        while True:
            others = self._others()
            for address in others:
                if address not in waiting or waiting[address].done():
                    there = self._peers.events(address, f"/phone/lines/{quote(number, safe='')}/events?at=node", 0)
                    waiting[address] = asyncio.create_task(_pass_on(there, told))
            for address in waiting.keys() - others - {""}:
                waiting.pop(address).cancel()
            await asyncio.sleep(LOOK_S)


async def _pass_on(events: AsyncIterator[ServerEvent], told: asyncio.Queue[ServerEvent]) -> None:
    with suppress(OSError):  # the node is gone: it is looked for again
        async for event in events:
            told.put_nowait(event)
