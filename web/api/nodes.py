"""Where the other nodes of an installation bring what is this node's to do (DESIGN.md "Many machines")."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/api/callwright/v1/nodes/"
MOST_BYTES = 1_000_000

Answer = Callable[[bytes], Awaitable[bytes]]
"""``await answer(body)``: carries out what was brought; never raises."""


def node_routes(answers: Mapping[str, Answer], secret: str) -> list[Route]:
    """``POST`` to a name of ``answers`` with the installation's secret as bearer token."""

    async def brought(request: Request) -> Response:
        given = request.headers.get("authorization", "")
        if not secret or not hmac.compare_digest(given.encode(), f"Bearer {secret}".encode()):
            return Response(status_code=401)
        answer = answers.get(request.path_params["name"])
        if answer is None:
            return Response(status_code=404)
        body = await request.body()
        if len(body) > MOST_BYTES:
            return Response(status_code=413)
        return Response(await answer(body), media_type="application/json")

    return [Route(PATH + "{name}", brought, methods=["POST"])]
