"""Answers that are broken, too large or never come: each takes the failure path."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from typing import Any

import pytest

from connectors import HttpFactory, Output
from connectors.http import HttpConnectError
from tests.connectors.running import expect, runner


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "processing"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a": 1..', "processing"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"a":', "connect"),
        (b"nonsense\r\n\r\n", "connect"),
        (b"", "connect"),
    ],
    ids=["html", "bad-json", "cut-mid-body", "no-http", "closed"],
)
async def test_a_broken_answer_takes_the_failure_path(
    data: bytes, kind: str, action: Any, connection: Any, serve: Any
) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    async with serve(answer) as server:
        actions = runner(action(method="POST"), connection(server.origin))
        expect(await actions.run("CRM", "Look Up", {"x": "1"}), kind)
        await actions.aclose()
    assert len(server.requests) == 1


async def test_a_body_over_the_limit_is_not_read_to_its_end(action: Any, connection: Any, serve: Any) -> None:
    sent = 0

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        for _chunk in range(100):
            writer.write(b"x" * 1_000_000)
            await writer.drain()
            sent += 1_000_000

    async with serve(answer) as server:
        actions = runner(action(), connection(server.origin))
        expect(await actions.run("CRM", "Look Up", {"x": "1"}), "processing")
        await actions.aclose()
    assert sent < 30_000_000


@pytest.mark.parametrize(("extra", "ok"), [(0, True), (1, False)])
@pytest.mark.parametrize("packed", [False, True])
async def test_the_limit_is_exact_also_for_packed_bodies(
    extra: int, ok: bool, packed: bool, action: Any, connection: Any, serve: Any, reply: Any
) -> None:
    noise = "".join(str(n) for n in range(200_000))  # packs well below a hundredfold
    body = json.dumps({"name": noise[: 500_000 - len('{"name": ""}') + extra]}).encode()

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(gzip.compress(body), Content_Encoding="gzip") if packed else reply(body))

    async with serve(answer) as server:
        actions = runner(action(), connection(server.origin, max_response=500_000))
        outcome = await actions.run("CRM", "Look Up", {"x": "1"})
        await actions.aclose()
    assert isinstance(outcome, Output) is ok


async def test_a_body_that_unpacks_beyond_measure_is_refused(
    action: Any, connection: Any, serve: Any, reply: Any
) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(gzip.compress(b" " * 2_000_000), Content_Encoding="gzip"))

    async with serve(answer) as server:
        actions = runner(action(), connection(server.origin))
        expect(await actions.run("CRM", "Look Up", {"x": "1"}), "processing")
        await actions.aclose()


async def test_a_refused_connection_and_an_unknown_host_are_bad_gateways(action: Any, connection: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    actions = runner(action(method="POST"), connection(f"http://127.0.0.1:{port}"))
    expect(await actions.run("CRM", "Look Up", {"x": "1"}), "connect")
    await actions.aclose()

    async def unknown(host: str, port: int) -> list[str]:
        raise HttpConnectError(f"the host {host} cannot be resolved")

    actions = runner(action(method="POST"), connection(), HttpFactory(resolve=unknown))
    expect(await actions.run("CRM", "Look Up", {"x": "1"}), "connect")
    await actions.aclose()
