"""External contacts: the built-in CRM's own table of operations answers, permissions included."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from contactcenter.customers.routes import Request, all_routes
from contactcenter.customers.unit import Actor
from web.api.vendor.message import API, Answer, Call, PublicApi


def served() -> Iterator[tuple[str, str]]:
    """Method and path of the operations that somebody answers."""
    for route in all_routes():
        if route.handler is not None and route.pattern.startswith(API):
            yield route.method, route.pattern


async def handler(api: PublicApi, call: Call, **parameters: str) -> Any:
    """Ask the CRM as the client."""
    request = Request(
        method=call.method,
        path=call.path,
        query=call.query,
        body=call.body,
        headers=call.headers,
        actor=Actor(call.client),
        allows=call.allows,
    )
    found = await asyncio.to_thread(api.crm.answer, request)
    return Answer(found.status, found.body)
