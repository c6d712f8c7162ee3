"""Helpers of the connector tests: actions and connections in a line, faults on a real socket, time that jumps."""

from __future__ import annotations

import asyncio
import json
import selectors
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.connections import Auth, Connection, Limits
from connectors.format import read_export
from connectors.model import DataAction
from connectors.transport.egress import Rules
from dsl.source import Source

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _export(**given: Any) -> dict[str, Any]:
    inputs = given.get("inputs", {"x": {"type": "string"}})
    outputs = given.get("outputs", {"name": {"type": "string"}})
    document: dict[str, Any] = {
        "name": given.get("name", "Look Up"),
        "integrationType": given.get("type", "custom-rest-actions"),
        "actionType": given.get("action_type", "custom"),
        "config": {
            "request": {
                "requestUrlTemplate": given.get("url", "/people?x=$esc.uriEncode(${input.x})"),
                "requestType": given.get("method", "GET"),
                "headers": given.get("headers", {}),
                "requestTemplate": given.get("body", ""),
            },
            "response": {
                "translationMap": given.get("map", {}),
                "translationMapDefaults": given.get("defaults", {}),
                "successTemplate": given.get("success", "${rawResult}"),
            },
        },
        "contract": {
            "input": {
                "inputSchema": {"type": "object", "properties": inputs, "required": given.get("required", list(inputs))}
            },
            "output": {"successSchema": given.get("schema", {"type": "object", "properties": outputs})},
        },
        "secure": given.get("secure", False),
        "category": given.get("integration", "CRM"),
    }
    if "options" in given:
        document["x-callwright"] = given["options"]
    if "timeout" in given:
        document["config"]["timeoutSeconds"] = given["timeout"]
    return document


@pytest.fixture
def export() -> Callable[..., dict[str, Any]]:
    """A data-action export as a dictionary; every part may be given."""
    return _export


@pytest.fixture
def action() -> Callable[..., DataAction]:
    """A loaded data action; every part may be given."""

    def make(**given: Any) -> DataAction:
        loaded, findings = read_export(Source("action.json", json.dumps(_export(**given), indent=1)))
        assert loaded is not None, findings
        return loaded

    return make


@pytest.fixture
def connection() -> Callable[..., Connection]:
    """A connection to an origin on this machine or, without one, to a host that only a mock answers."""

    def make(origin: str = "https://crm.example", **given: Any) -> Connection:
        local = origin.startswith("http://127.0.0.1")
        networks = given.pop("networks", ("127.0.0.0/8",) if local else ())
        rules = Rules(origin, given.pop("hosts", ()), networks, allow_http=given.pop("allow_http", local))
        auth = given.pop("auth", Auth())
        limits = given.pop("limits", Limits())
        return Connection(given.pop("name", "CRM"), origin=origin, auth=auth, rules=rules, limits=limits, **given)

    return make


class Server:
    """A server of raw bytes: counts what it was asked and answers what the test says."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.origin = ""

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                first, *lines = head.decode("latin-1").rstrip().split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.requests.append((first, headers, body))
                await self.handler(reader, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
def serve() -> Callable[[Handler], Any]:
    """``async with serve(handler) as server``: a server on a free port of 127.0.0.1."""

    @asynccontextmanager
    async def start(handler: Handler) -> AsyncIterator[Server]:
        server = Server(handler)
        listening = await asyncio.start_server(server, "127.0.0.1", 0)
        server.origin = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        try:
            yield server
        finally:
            listening.close()

    return start


@pytest.fixture
def reply() -> Callable[..., bytes]:
    """The bytes of a response."""

    def make(body: Any = None, status: int = 200, **headers: str) -> bytes:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(data)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + data

    return make


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on no name is looked up and no connection made."""

    def forbidden(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("a socket was used")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: when nothing is ready, time jumps to the next timer."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jumping = _JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now


@pytest.fixture
def in_virtual_time() -> Iterator[Callable[[Awaitable[Any]], Any]]:
    """Runs a coroutine on a loop whose time jumps from timer to timer; sockets may not be used there."""
    loop = _JumpingLoop()

    def run(awaitable: Awaitable[Any]) -> Any:
        return loop.run_until_complete(awaitable)  # type: ignore[arg-type]  # any coroutine

    yield run
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
