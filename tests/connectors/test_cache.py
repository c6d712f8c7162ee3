"""Answers that are kept and shared for a while, in virtual time."""

from __future__ import annotations

import asyncio
from typing import Any

from connectors import HttpFactory
from connectors.http import HttpRequest, HttpResponse, mock
from tests.connectors.running import Slow, runner


def test_what_was_not_found_is_asked_again_soon(action: Any, connection: Any, in_virtual_time: Any) -> None:
    asked: list[str] = []

    def answer(request: HttpRequest) -> HttpResponse:
        asked.append(request.url)
        return HttpResponse(200, {}, b"{}" if request.url.endswith("=2") else b'{"name": "Ada"}')

    cached = action(options={"cache": {"ttlSeconds": 60, "negativeTtlSeconds": 3}})

    async def go() -> None:
        actions = runner(cached, connection(), HttpFactory(network=mock(answer)))
        for wait in (0, 2, 2):
            await asyncio.sleep(wait)
            for x in ("1", "2"):
                await actions.run("CRM", "Look Up", {"x": x})

    in_virtual_time(go())
    assert [url[-1] for url in asked] == ["1", "2", "2"]


def test_equal_calls_share_one_request_and_its_answer_for_a_while(
    action: Any, connection: Any, in_virtual_time: Any
) -> None:
    transport = Slow((0.1, 200, {}))
    cached = action(options={"cache": {"ttlSeconds": 10}})

    async def go() -> None:
        actions = runner(cached, connection(), HttpFactory(network=transport))
        await asyncio.gather(*(actions.run("CRM", "Look Up", {"x": "1"}) for _ in range(5)))
        await actions.run("CRM", "Look Up", {"x": "1"})
        await actions.run("CRM", "Look Up", {"x": "2"})
        await asyncio.sleep(11)
        await actions.run("CRM", "Look Up", {"x": "1"})

    in_virtual_time(go())
    assert len(transport.at) == 3
