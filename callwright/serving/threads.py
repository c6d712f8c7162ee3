"""Ports that block, for a loop that must not: they are asked in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from interpreter.commands import Request
from interpreter.ports import Answer, RequestPort


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
