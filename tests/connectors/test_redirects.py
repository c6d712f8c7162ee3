"""Redirects: followed to listed hosts only, few times, without the token, and never from a POST to a GET."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors import HttpFactory, Output
from connectors.connections import Auth
from connectors.http import HttpRequest, HttpResponse, mock
from tests.connectors.running import expect, runner


def redirecting(
    status: int, *, hops: int = 1, to: str = "https://next.example/{n}"
) -> tuple[list[HttpRequest], HttpFactory]:
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        if len(seen) <= hops:
            return HttpResponse(status, {"location": to.format(n=len(seen))}, b"")
        return HttpResponse(200, {}, b'{"name": "there"}')

    return seen, HttpFactory(network=mock(answer))


async def test_a_redirect_is_followed_only_to_a_listed_host_and_without_the_token(action: Any, connection: Any) -> None:
    auth = Auth("bearer", {"token": "very-secret-token"})
    seen, factory = redirecting(302)
    listed = connection(auth=auth, follow_redirects_to=("next.example",))
    assert isinstance(await runner(action(), listed, factory).run("CRM", "Look Up", {"x": "1"}), Output)
    assert "authorization" in seen[0].headers
    assert "authorization" not in seen[1].headers
    seen, factory = redirecting(302)
    expect(await runner(action(), connection(), factory).run("CRM", "Look Up", {"x": "1"}), "remote")
    seen, factory = redirecting(302)
    elsewhere = connection(follow_redirects_to=("other.example",))
    expect(await runner(action(), elsewhere, factory).run("CRM", "Look Up", {"x": "1"}), "blocked")


async def test_the_fourth_hop_fails(action: Any, connection: Any) -> None:
    seen, factory = redirecting(307, hops=9)
    listed = connection(follow_redirects_to=("next.example",))
    expect(await runner(action(), listed, factory).run("CRM", "Look Up", {"x": "1"}), "remote")
    assert len(seen) == 4


@pytest.mark.parametrize(("status", "ok"), [(302, False), (303, False), (307, True), (308, True)])
async def test_a_post_is_redirected_only_when_it_stays_a_post(
    status: int, ok: bool, action: Any, connection: Any
) -> None:
    seen, factory = redirecting(status)
    listed = connection(follow_redirects_to=("next.example",))
    posting = action(method="POST", url="/a", body="${input.rawRequest}")
    assert isinstance(await runner(posting, listed, factory).run("CRM", "Look Up", {"x": "1"}), Output) is ok
    if ok:
        assert (seen[1].method, seen[1].body) == ("POST", b'{"x":"1"}')


async def test_a_redirect_to_a_private_address_is_blocked(action: Any, connection: Any, serve: Any, reply: Any) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(status=302, Location="http://inner.example:80/secret"))

    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1" if host != "inner.example" else "10.0.0.1"]

    async with serve(answer) as server:
        listed = connection(server.origin, follow_redirects_to=("inner.example",))
        actions = runner(action(), listed, HttpFactory(resolve=resolve))
        expect(await actions.run("CRM", "Look Up", {"x": "1"}), "blocked")
        await actions.aclose()
    assert len(server.requests) == 1
