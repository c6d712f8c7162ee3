"""Where other nodes bring commands for a routing shard that this node owns (routing.md §28.7)."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/api/callwright/v1/routing/commands"
MOST_BYTES = 1_000_000


def shard_routes(answer: Callable[[bytes], Awaitable[bytes]], secret: str) -> list[Route]:
    """``POST`` with the cluster's secret as bearer token; ``answer`` is ``SharedRouting.answer``."""

    async def commands(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not secret or not hmac.compare_digest(given.encode(), f"Bearer {secret}".encode()):
            return Response(status_code=401)
        body = await request.body()
        if len(body) > MOST_BYTES:
            return Response(status_code=413)
        return Response(await answer(body), media_type="application/json")

    return [Route(PATH, commands, methods=["POST"])]
