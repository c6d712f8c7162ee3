"""Where a request may go: what may not be sent, whose host gets the token, which addresses are blocked."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors import HttpFactory, Output
from connectors.connections import Auth
from connectors.http import HttpRequest, HttpResponse, mock
from tests.connectors.running import expect, runner


@pytest.mark.parametrize(
    ("given", "value", "kind"),
    [
        ({"url": "${input.x}"}, "//evil.example/x", "template"),
        ({"url": "${input.x}"}, "https://evil.example/x", "blocked"),
        ({"url": "https://${input.x}/x"}, "crm.example@evil.example", "blocked"),
        ({"url": "${input.x}"}, "ftp://x", "template"),
        ({"url": "/a${input.x}"}, "\\b", "template"),
        ({"headers": {"X-A": "${input.x}"}}, "a\r\nX-B: c", "template"),
        ({"headers": {"Host": "${input.x}"}}, "a", "template"),
        ({"url": "/a${input.x}"}, "x" * 9000, "template"),
        ({"headers": {"X-A": "${input.x}"}}, "x" * 9000, "template"),
        ({"method": "POST", "body": "$input.x$input.x"}, "x" * 600_000, "template"),
        ({"url": "#stop"}, "x", "template"),
    ],
)
async def test_a_request_that_may_not_be_is_not_sent(
    given: Any, value: str, kind: str, action: Any, connection: Any
) -> None:
    sent: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        sent.append(request)
        return HttpResponse(200, {}, b"{}")

    auth = Auth("bearer", {"token": "very-secret-token"})
    actions = runner(action(**given), connection(auth=auth), HttpFactory(network=mock(answer)))
    expect(await actions.run("CRM", "Look Up", {"x": value}), kind)
    assert sent == []


async def test_an_author_s_own_host_is_called_without_the_connection_s_token(action: Any, connection: Any) -> None:
    sent: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        sent.append(request)
        return HttpResponse(200, {}, b"{}")

    auth = Auth("bearer", {"token": "very-secret-token"})
    actions = runner(action(url="https://other.example/x"), connection(auth=auth), HttpFactory(network=mock(answer)))
    assert isinstance(await actions.run("CRM", "Look Up", {"x": "1"}), Output)
    assert "authorization" not in sent[0].headers


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1"], ["::ffff:10.0.0.1"], ["64:ff9b::a00:1"], ["2002:7f00:1::"], ["224.0.0.1"],
     ["169.254.169.254"], ["0.0.0.0"], ["fd00:ec2::254"], ["8.8.8.8", "10.0.0.1"]],
)  # fmt: skip
async def test_a_name_that_leads_to_a_private_address_is_blocked(
    addresses: list[str], action: Any, connection: Any
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return addresses

    actions = runner(action(), connection(), HttpFactory(resolve=resolve))
    failure = expect(await actions.run("CRM", "Look Up", {"x": "1"}), "blocked")
    assert failure.outputs()["details.errorCode"] == ("ACTION.BLOCKED_HOST",)
    await actions.aclose()


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001"])
async def test_odd_spellings_of_loopback_are_blocked_after_resolution(host: str, action: Any, connection: Any) -> None:
    actions = runner(action(), connection(f"https://{host}"))
    expect(await actions.run("CRM", "Look Up", {"x": "1"}), "blocked")
    await actions.aclose()


async def test_an_allowed_network_does_not_open_the_metadata_service(action: Any, connection: Any) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["169.254.169.254"]

    actions = runner(action(), connection(networks=("169.254.0.0/16",)), HttpFactory(resolve=resolve))
    expect(await actions.run("CRM", "Look Up", {"x": "1"}), "blocked")
    await actions.aclose()


async def test_another_port_of_this_machine_is_blocked(action: Any, connection: Any, serve: Any) -> None:
    async with serve(lambda reader, writer: asyncio.sleep(0)) as server:
        port = int(server.origin.rpartition(":")[2])
        actions = runner(action(url="${input.x}"), connection(f"http://127.0.0.1:{port + 1}", hosts=("127.0.0.1",)))
        expect(await actions.run("CRM", "Look Up", {"x": f"{server.origin}/a"}), "blocked")
        await actions.aclose()
    assert server.requests == []
