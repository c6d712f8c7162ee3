"""The factory and its clients: limits, deadlines and decompression above whichever network carries the request."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from connectors.http.messages import (
    ClientSettings,
    HttpProtocolError,
    HttpRequest,
    HttpResponse,
    HttpTimeoutError,
    HttpTooLargeError,
    Incoming,
    Network,
    Resolve,
    resolve_name,
)
from connectors.transport.egress import Target, check_target, target_of

MAX_RATIO = 100
"""How much larger than its compressed form a body may become."""

_RATIO_FLOOR = 65_536  # small bodies compress well without being an attack

NewNetwork = Callable[[ClientSettings, Resolve], Network]
"""Makes the network of one client."""


def by_aiohttp(settings: ClientSettings, resolve: Resolve) -> Network:
    """The network that is used when nothing else is said."""
    from connectors.http.aiohttp_network import AiohttpNetwork

    return AiohttpNetwork(settings, resolve)


def by_httpx(settings: ClientSettings, resolve: Resolve) -> Network:
    """The other one, six times slower: it reads what a server sends with another parser."""
    from connectors.http.httpx_network import HttpxNetwork

    return HttpxNetwork.pooled(settings, resolve)


class HttpFactory:
    """Makes clients and knows the origins that are answered in process."""

    def __init__(self, resolve: Resolve = resolve_name, network: NewNetwork = by_aiohttp) -> None:
        self.resolve = resolve
        self.network = network
        self.mounted: dict[str, Network] = {}
        self._clients: list[HttpClient] = []

    def mount(self, origin: str, app: Any) -> None:
        """From now on an ASGI application answers this origin, without a socket and without a name look-up."""
        from connectors.http.httpx_network import HttpxNetwork

        self.mounted[target_of(origin).origin] = HttpxNetwork.in_process(app)

    def client(self, settings: ClientSettings | None = None) -> HttpClient:
        """A client for one connection; cheap until it is used, closed with the factory."""
        client = HttpClient(self, settings or ClientSettings())
        self._clients.append(client)
        return client

    async def aclose(self) -> None:
        """Close every connection."""
        clients, self._clients = self._clients, []
        for client in clients:
            await client.aclose()


class HttpClient:
    """Sends requests of one connection, pooled and kept alive."""

    def __init__(self, factory: HttpFactory, settings: ClientSettings) -> None:
        self.factory, self.settings = factory, settings
        self._network: Network | None = None

    async def send(
        self, request: HttpRequest, deadline: float, *, permitted: frozenset[str] = frozenset()
    ) -> HttpResponse:
        """Send once, before ``deadline`` (the event loop's time). Raises ``HttpError``, ``BlockedError`` or
        ``BadUrlError``."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        target = target_of(request.url)
        network = self.factory.mounted.get(target.origin)
        if network is None:
            check_target(target, self.settings.rules, permitted)
            network = self._own_network()
        outgoing = _complete(request, target)
        try:
            async with asyncio.timeout_at(deadline):
                incoming = await network.send(outgoing, target, max(0.001, deadline - started))
                try:
                    body = await _body(incoming, self.settings.max_response)
                finally:
                    await incoming.aclose()
        except TimeoutError:
            raise HttpTimeoutError("request") from None
        return HttpResponse(incoming.status, incoming.headers, body, loop.time() - started)

    async def lines(self, request: HttpRequest) -> AsyncIterator[str]:
        """The lines of an answer that goes on (an event stream), as they come, without their ends; nothing when the
        answer is not 200. Raises as ``send`` does; it has no deadline, whoever reads it stops when they like."""
        target = target_of(request.url)
        check_target(target, self.settings.rules)
        incoming = await self._own_network().send(_complete(request, target), target, None)
        try:
            rest = b""
            if incoming.status != 200:
                return
            async for part in incoming.parts():
                *whole, rest = (rest + part).split(b"\n")
                for line in whole:
                    yield line.removesuffix(b"\r").decode("utf-8", errors="replace")
        finally:
            await incoming.aclose()

    def _own_network(self) -> Network:
        if self._network is None:
            self._network = self.factory.network(self.settings, self.factory.resolve)
        return self._network

    async def aclose(self) -> None:
        """Close the pool."""
        if self._network is not None:
            await self._network.aclose()
            self._network = None


def make_client(settings: ClientSettings | None = None) -> HttpClient:
    """A client with a factory of its own."""
    return HttpFactory().client(settings)


def mock(answer: Callable[[HttpRequest], HttpResponse]) -> NewNetwork:
    """A network for tests: a function instead of a socket. It sees header names in lower case."""
    return lambda settings, resolve: _Mocked(answer)


class _Mocked:
    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    async def send(self, request: HttpRequest, target: Target, budget: float | None) -> Incoming:
        headers = {name.lower(): value for name, value in request.headers.items()}
        given = self._answer(HttpRequest(request.method, target.text.partition("#")[0], headers, request.body))
        return _Whole(given)

    async def aclose(self) -> None:
        pass


class _Whole:
    """A response that is there already, as an ``Incoming``."""

    def __init__(self, response: HttpResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}

    async def parts(self) -> AsyncIterator[bytes]:
        yield self._response.body

    async def aclose(self) -> None:
        pass


def _complete(request: HttpRequest, target: Target) -> HttpRequest:
    """The request with all headers that go out. The length is always said: nothing is sent in chunks."""
    headers = {"Host": target.origin.partition("://")[2], "Accept-Encoding": "gzip", **request.headers}
    if request.body or request.method not in ("GET", "HEAD"):
        headers["Content-Length"] = str(len(request.body))
    return HttpRequest(request.method, request.url, headers, request.body)


async def _body(incoming: Incoming, limit: int) -> bytes:
    """The body, decompressed as it comes; reading stops as soon as it is too large."""
    encoding = incoming.headers.get("content-encoding", "").lower()
    inflate = zlib.decompressobj(wbits=47) if encoding in ("gzip", "x-gzip", "deflate") else None
    body, received = bytearray(), 0
    async for part in incoming.parts():
        received += len(part)
        try:
            body += inflate.decompress(part, limit - len(body) + 1) if inflate else part
        except zlib.error:
            raise HttpProtocolError("the response is not compressed as it says") from None
        if len(body) > limit:
            raise HttpTooLargeError(f"the response is larger than {limit:,} bytes")
        if inflate and len(body) > max(_RATIO_FLOOR, received * MAX_RATIO):
            raise HttpTooLargeError("the response unpacks to more than a hundred times its size")
    return bytes(body)
