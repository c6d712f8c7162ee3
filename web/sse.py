"""Server-sent events: one direction, plain HTTP, replay by event id (desk.md §2.1)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from web.services import ServerEvent

HEARTBEAT_S = 15.0
HEARTBEAT = b"event: heartbeat\ndata: {}\n\n"
"""An event, since pages never see comments; without an id, so that replay goes on from the last real one."""
MOST_WAITING = 1000


def encode(event: ServerEvent) -> bytes:
    """One event as it goes over the wire."""
    data = json.dumps(event.data, ensure_ascii=False)
    return f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n".encode()


def stream(events: AsyncIterator[ServerEvent], hello: ServerEvent) -> StreamingResponse:
    """The response that carries events as they come, with a heartbeat while nothing does."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_body(events, hello), media_type="text/event-stream", headers=headers)


async def _body(events: AsyncIterator[ServerEvent], hello: ServerEvent) -> AsyncIterator[bytes]:
    queue: asyncio.Queue[ServerEvent | None] = asyncio.Queue(MOST_WAITING)

    async def pump() -> None:
        try:
            async for event in events:
                if queue.full():
                    break  # a slow reader comes back with its last id
                queue.put_nowait(event)
        finally:
            await queue.put(None)  # also after a failure: the browser reconnects instead of waiting for ever

    task = asyncio.create_task(pump())
    try:
        yield b"retry: 2000\n\n" + encode(hello)
        while True:
            try:
                event = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
            except TimeoutError:
                yield HEARTBEAT
                continue
            if event is None:
                return
            yield encode(event)
    finally:
        task.cancel()


def last_event_id(value: str | None) -> int | None:
    """The position in a ``Last-Event-ID`` header; None when there is none."""
    return int(value) if value and value.isdigit() else None
