"""What blocks, for a loop that must not: threads enough, and ports that are asked in them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from interpreter.commands import Request
from interpreter.ports import Answer, RequestPort

THREADS = 12
"""As many as the database has connections for readers: on two cores Python would begin six, and a lease that has to be
prolonged would wait behind what pages read."""


def enough_threads() -> None:
    """Let so many threads wait for the database; at the start of the running loop."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "callwright"))


class InThreads:
    """A port that answers within ``request`` and blocks meanwhile (it reads a database), asked in a thread."""

    def __init__(self, port: RequestPort) -> None:
        self._port = port
        self._asking: set[asyncio.Task[None]] = set()

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Answer later, on the loop; what nobody waits for any more by then is stale, as any late answer."""
        task = asyncio.get_running_loop().create_task(self._ask(execution, request, answer))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, execution: str, request: Request, answer: Answer) -> None:
        told: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = []
        await asyncio.to_thread(self._port.request, execution, request, lambda *given: told.append(given))
        answer(*told[0])

    def cancel(self, execution: str, request_id: str) -> None:
        """What is being read is read to its end."""
