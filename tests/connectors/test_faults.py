"""A server that misbehaves, on a real socket and over each network: the call takes its path in time, and nothing stays
behind."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from connectors import DataActions, Failure, Output
from connectors.connections import Auth
from connectors.http import HttpFactory, NewNetwork, by_aiohttp, by_httpx
from connectors.http.aiohttp_network import AiohttpNetwork
from connectors.http.httpx_network import HttpxNetwork

TOKEN = "canary-token-of-the-crm"
GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"name": "Ada"}'
Writer = asyncio.StreamWriter


async def good(writer: Writer) -> None:
    writer.write(GOOD)


async def silent(writer: Writer) -> None:
    await asyncio.Event().wait()


async def silent_in_the_body(writer: Writer) -> None:
    writer.write(GOOD[:-4])
    await writer.drain()
    await asyncio.Event().wait()


async def slow(writer: Writer) -> None:
    """A byte now and then: no single wait is long, the whole never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    never = asyncio.Event()
    while True:
        writer.write(b" ")
        await writer.drain()
        try:
            await asyncio.wait_for(never.wait(), 0.01)
        except TimeoutError:
            continue


async def cut_in_the_body(writer: Writer) -> None:
    writer.write(GOOD[:-4])
    await writer.drain()
    writer.close()


async def reset(writer: Writer) -> None:
    writer.transport.abort()


async def no_json(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'name':1")


async def hundred_megabytes(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n")
    for _ in range(100):
        writer.write(b"x" * 1_048_576)
        await writer.drain()


async def to_a_private_address(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: https://10.0.0.1/latest\r\nContent-Length: 0\r\n\r\n")


async def unauthorised(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")


async def broken(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")


async def busy(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 429 Busy\r\nContent-Length: 0\r\n\r\n")


async def busy_for_a_minute(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 429 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture(params=[by_aiohttp, by_httpx], ids=lambda network: network.__name__)
def factory(request: pytest.FixtureRequest) -> HttpFactory:
    """A client factory over one network and then over the other."""
    network: NewNetwork = request.param
    return HttpFactory(network=network)


@asynccontextmanager
async def misbehaving(serve: Any, *answers: Callable[[Writer], Any]) -> AsyncIterator[Any]:
    """A server that gives these answers in turn, then good ones."""
    left = list(answers)
    running: set[asyncio.Task[Any]] = set()

    async def answer(_: Any, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        try:
            await (left.pop(0) if left else good)(writer)
        except asyncio.CancelledError:
            writer.close()  # the test is over
        finally:
            running.discard(task)

    async with serve(answer) as server:
        try:
            yield server
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def busy_connections(actions: DataActions) -> list[Any]:
    """Connections of all pools that are in the middle of something."""
    networks = [line.exchange._client._network for line in actions._lines.values()]
    found: list[Any] = []
    for network in networks:
        if isinstance(network, AiohttpNetwork):
            found += network._session.connector._acquired  # type: ignore[union-attr]
        elif isinstance(network, HttpxNetwork):
            pool = network._transport._pool  # type: ignore[attr-defined]
            found += [one for one in pool.connections if not (one.is_idle() or one.is_closed())]
    return found


@pytest.mark.parametrize(
    ("fault", "kind", "method"),
    [
        (silent, "timeout", "GET"),
        (silent_in_the_body, "timeout", "GET"),
        (slow, "timeout", "GET"),
        (cut_in_the_body, "connect", "POST"),
        (reset, "connect", "POST"),
        (no_json, "processing", "GET"),
        (hundred_megabytes, "processing", "GET"),
        (to_a_private_address, "blocked", "GET"),
        (unauthorised, "credentials", "GET"),
        (broken, "remote-broken", "GET"),
        (busy, "remote-busy", "POST"),
        (busy_for_a_minute, "remote-busy", "GET"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_a_fault_takes_its_path_in_time_leaves_nothing_behind_and_the_next_call_is_fine(
    fault: Any,
    kind: str,
    method: str,
    action: Any,
    connection: Any,
    factory: HttpFactory,
    serve: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("CRM_TOKEN", TOKEN)
    async with misbehaving(serve, fault) as server:
        line = connection(
            server.origin,
            auth=Auth("bearer", {"token": "env:CRM_TOKEN"}),
            follow_redirects_to=("10.0.0.1",),
        )
        hurried = replace(action(method=method), timeout_s=0.3 if kind == "timeout" else 10)
        actions = DataActions([hurried, action(name="Again")], {"CRM": line}, factory)
        began = asyncio.get_running_loop().time()
        outcome = await actions.run("CRM", "Look Up", {"x": "1"})
        took = asyncio.get_running_loop().time() - began
        assert isinstance(outcome, Failure)
        assert (outcome.kind, outcome.timed_out) == (kind, False)
        assert took < 20
        assert busy_connections(actions) == []
        assert isinstance(await actions.run("CRM", "Again", {"x": "1"}), Output)
        assert server.requests[-1][1]["authorization"] == f"Bearer {TOKEN}"
        assert busy_connections(actions) == []
        await actions.aclose()
    assert TOKEN not in caplog.text + json.dumps(outcome.outputs())


async def test_a_flow_s_own_deadline_takes_the_timeout_path_and_the_connection_is_given_back(
    action: Any, connection: Any, factory: HttpFactory, serve: Any
) -> None:
    async with misbehaving(serve, slow) as server:
        actions = DataActions([action()], {"CRM": connection(server.origin)}, factory)
        ends = asyncio.get_running_loop().time() + 0.2
        outcome = await actions.run("CRM", "Look Up", {"x": "1"}, ends)
        assert isinstance(outcome, Failure)
        assert outcome.timed_out
        assert busy_connections(actions) == []
        await actions.aclose()


async def test_a_hang_up_in_the_middle_gives_the_connection_back(
    action: Any, connection: Any, factory: HttpFactory, serve: Any
) -> None:
    arrived = asyncio.Event()

    async def never(writer: Writer) -> None:
        arrived.set()
        await asyncio.Event().wait()

    async with misbehaving(serve, never) as server:
        actions = DataActions([action()], {"CRM": connection(server.origin, limits=_one_at_once())}, factory)
        running = asyncio.ensure_future(actions.run("CRM", "Look Up", {"x": "1"}))
        await asyncio.wait_for(arrived.wait(), 5)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert busy_connections(actions) == []
        assert isinstance(await actions.run("CRM", "Look Up", {"x": "1"}), Output)  # the one place is free again
        await actions.aclose()


def _one_at_once() -> Any:
    from connectors.connections import Limits

    return Limits(concurrent=1)


async def test_a_burst_of_500_opens_the_breaker_and_the_server_is_left_alone(
    action: Any, connection: Any, factory: HttpFactory, serve: Any
) -> None:
    async with misbehaving(serve, *[broken] * 5) as server:
        actions = DataActions([action(method="POST")], {"CRM": connection(server.origin)}, factory)
        kinds = []
        for _ in range(8):
            outcome = await actions.run("CRM", "Look Up", {"x": "1"})
            kinds.append(outcome.kind if isinstance(outcome, Failure) else "fine")
        await actions.aclose()
    assert kinds == ["remote-broken"] * 5 + ["limited"] * 3
    assert len(server.requests) == 5


async def test_a_name_that_nobody_knows_is_a_bad_gateway(action: Any, connection: Any, factory: HttpFactory) -> None:
    import socket

    def unknown(*arguments: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    loop = asyncio.get_running_loop()
    original, loop.getaddrinfo = loop.getaddrinfo, unknown  # type: ignore[method-assign]
    try:
        actions = DataActions([action(method="POST")], {"CRM": connection("https://crm.invalid")}, factory)
        outcome = await actions.run("CRM", "Look Up", {"x": "1"})
    finally:
        loop.getaddrinfo = original  # type: ignore[method-assign]
    assert isinstance(outcome, Failure)
    assert outcome.kind == "connect"
    assert outcome.outputs()["details.errorCode"] == ("ACTION.REMOTE_ENDPOINT",)
    await actions.aclose()
