"""The one client factory: every outgoing HTTP request of callwright leaves here, and only here is httpx imported
(data-actions.md §10, §11).

A URL is taken as given, there are no parameters to add to it. Names are resolved once, every address is
checked, and the connection goes to the address that was checked. No environment proxies, no redirects, no
cookies. Nothing of the library leaks: what comes back is an ``HttpResponse`` or one of our errors.

    HttpError                  retryable: bool
    ├── HttpTimeoutError       phase
    ├── HttpConnectError       nothing was sent
    ├── HttpTlsError           the certificate was rejected
    ├── HttpProtocolError      cut off, or no HTTP
    └── HttpTooLargeError      over the limit, reading stopped
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from connectors.model import MAX_RESPONSE
from connectors.transport.egress import (
    BadUrlError,
    BlockedError,
    Rules,
    Target,
    check_addresses,
    check_target,
    target_of,
)

MAX_RATIO = 100
"""How much larger than its compressed form a body may become."""

_RATIO_FLOOR = 65_536  # small bodies compress well without being an attack


class HttpError(Exception):
    """A request that brought no response."""

    retryable = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class HttpTimeoutError(HttpError):
    """The deadline passed; ``phase`` is connect, read, write, pool or total."""

    def __init__(self, phase: str) -> None:
        super().__init__(f"the {phase} timed out")
        self.phase = phase


class HttpConnectError(HttpError):
    """The connection was never established, so that nothing was sent."""

    retryable = True


class HttpTlsError(HttpError):
    """The server's certificate was rejected, or TLS failed."""


class HttpProtocolError(HttpError):
    """The connection broke, or what came was not HTTP."""

    retryable = True


class HttpTooLargeError(HttpError):
    """The body is larger than allowed; the rest was not read."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request with its finished URL; ``idempotent`` ones may be sent again."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    idempotent: bool = False
    private: frozenset[str] = frozenset()
    """Headers, in lower case, that stay with their origin."""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response; header names in lower case, ``elapsed`` in seconds."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed: float = 0.0
    attempts: int = 1

    @property
    def text(self) -> str:
        """The body as text: UTF-8, a byte order mark tolerated."""
        return self.body.decode("utf-8-sig", errors="replace")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """What a client of one connection may do."""

    rules: Rules = field(default_factory=Rules)
    max_response: int = MAX_RESPONSE
    proxy: str | None = None
    ca_file: str | None = None


Resolve = Callable[[str, int], Any]
"""``await resolve(host, port)`` gives the addresses of a name as texts."""


async def resolve_name(host: str, port: int) -> list[str]:
    """The addresses of a name, by the system."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise HttpConnectError(f"the host {host} cannot be resolved") from None
    return list(dict.fromkeys(str(info[4][0]) for info in found))


class HttpFactory:
    """Makes clients and knows the origins that are answered in process."""

    def __init__(self, resolve: Resolve = resolve_name, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.resolve = resolve
        self.transport = transport
        self.mounted: dict[str, httpx.AsyncBaseTransport] = {}
        self._clients: list[HttpClient] = []

    def mount(self, origin: str, app: Any) -> None:
        """From now on an ASGI application answers this origin, without a socket and without a name look-up."""
        self.mounted[target_of(origin).origin] = httpx.ASGITransport(app=app, raise_app_exceptions=False)

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
        self._transport: httpx.AsyncBaseTransport | None = None

    async def send(
        self, request: HttpRequest, deadline: float, *, permitted: frozenset[str] = frozenset()
    ) -> HttpResponse:
        """Send once, before ``deadline`` (the event loop's time). Raises ``HttpError``, ``BlockedError`` or
        ``BadUrlError``."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        target = target_of(request.url)
        transport = self.factory.mounted.get(target.origin)
        if transport is None:
            check_target(target, self.settings.rules, permitted)
            transport = self._own_transport()
        try:
            async with asyncio.timeout_at(deadline):
                status, headers, body = await self._exchange(transport, request, target, deadline - started)
        except TimeoutError:
            raise HttpTimeoutError("request") from None
        return HttpResponse(status, headers, body, loop.time() - started)

    async def lines(self, request: HttpRequest) -> AsyncIterator[str]:
        """The lines of an answer that goes on (an event stream), as they come, without their ends; nothing when the
        answer is not 200. Raises as ``send`` does; it has no deadline, whoever reads it stops when they like."""
        target = target_of(request.url)
        check_target(target, self.settings.rules)
        outgoing = _outgoing(request, target, {"connect": 10.0, "write": 10.0, "pool": 10.0, "read": None})
        try:
            response = await self._own_transport().handle_async_request(outgoing)
            try:
                if response.status_code == 200:
                    async for line in response.aiter_lines():
                        yield line
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _our_error(error) from None

    async def _exchange(
        self, transport: httpx.AsyncBaseTransport, request: HttpRequest, target: Target, budget: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        phases = dict.fromkeys(("connect", "read", "write", "pool"), max(0.001, budget))
        outgoing = _outgoing(request, target, phases)
        try:
            response = await transport.handle_async_request(outgoing)
            try:
                body = await _body(response, self.settings.max_response)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _our_error(error) from None
        except (httpcore.ConnectionNotAvailable, httpcore.ProxyError, httpcore.UnsupportedProtocol) as error:
            raise HttpConnectError(f"no connection: {error}") from None
        return response.status_code, {name.lower(): value for name, value in response.headers.items()}, body

    def _own_transport(self) -> httpx.AsyncBaseTransport:
        if self._transport is None:
            self._transport = self.factory.transport or _CheckedTransport(self.settings, self.factory.resolve)
        return self._transport

    async def aclose(self) -> None:
        """Close the pool."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None


def make_client(
    settings: ClientSettings | None = None, *, transport: httpx.AsyncBaseTransport | None = None
) -> HttpClient:
    """A client with a factory of its own; ``transport`` replaces the network (``mock`` below)."""
    return HttpFactory(transport=transport).client(settings)


def mock(answer: Callable[[HttpRequest], HttpResponse]) -> httpx.AsyncBaseTransport:
    """A transport for tests: a function instead of a network."""

    def handler(request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        target = request.extensions["target"].decode("ascii")
        scheme, host = request.url.scheme, headers["host"]
        given = answer(HttpRequest(request.method, f"{scheme}://{host}{target}", headers, request.content))
        return httpx.Response(given.status, headers=dict(given.headers), content=given.body)

    return httpx.MockTransport(handler)


@lru_cache(maxsize=16)
def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    """The trusted certificates, read once (40 ms) for all connections that share them."""
    return httpx.create_ssl_context(verify=ca_file or True, trust_env=False)


class _CheckedTransport(httpx.AsyncBaseTransport):
    """A connection pool that connects only to addresses that passed the check."""

    def __init__(self, settings: ClientSettings, resolve: Resolve) -> None:
        backend = _CheckedBackend(settings.rules, resolve)
        common = {
            "max_connections": 100,
            "max_keepalive_connections": 20,
            "keepalive_expiry": 30.0,
            "network_backend": backend,
        }
        context = _tls_context(settings.ca_file)
        self._pool: httpcore.AsyncConnectionPool = (
            httpcore.AsyncHTTPProxy(proxy_url=settings.proxy, ssl_context=context, **common)  # type: ignore[arg-type]
            if settings.proxy
            else httpcore.AsyncConnectionPool(ssl_context=context, **common)  # type: ignore[arg-type]
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send over the pool; the body of the response streams."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.extensions["target"],
        )
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Stream(response))

    async def aclose(self) -> None:
        """Close the pool."""
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name, checks all its addresses, connects to the one that was checked."""

    def __init__(self, rules: Rules, resolve: Resolve) -> None:
        self._rules, self._resolve = rules, resolve
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the backend's own signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A stream to a checked address."""
        addresses = await self._resolve(host, port)
        address = check_addresses(addresses, self._rules.networks)
        return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  (the backend's own signature)
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never: no connection speaks to a local socket file."""
        raise BlockedError("socket files are not reached")

    async def sleep(self, seconds: float) -> None:
        """Part of the backend's interface."""
        await self._backend.sleep(seconds)


def _outgoing(request: HttpRequest, target: Target, timeouts: Mapping[str, float | None]) -> httpx.Request:
    """A request in the library's form: the target goes out byte for byte, the library would encode it once more;
    headers are UTF-8. Raises ``BadUrlError``."""
    headers = {"Host": target.origin.partition("://")[2], "Accept-Encoding": "gzip", **request.headers}
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers["Content-Length"] = str(len(request.body))
    path = "/" + request.url.split("/", 3)[3] if request.url.count("/") > 2 else "/"
    extensions = {"timeout": timeouts, "target": path.partition("#")[0].encode("ascii")}
    fields = [(name.encode("ascii"), value.encode()) for name, value in headers.items()]
    try:
        return httpx.Request(request.method, request.url, headers=fields, content=request.body, extensions=extensions)
    except httpx.InvalidURL:
        raise BadUrlError("the URL has no valid host") from None


async def _body(response: httpx.Response, limit: int) -> bytes:
    """The body, decompressed as it comes; reading stops as soon as it is too large."""
    encoding = response.headers.get("content-encoding", "").lower()
    inflate = zlib.decompressobj(wbits=47) if encoding in ("gzip", "x-gzip", "deflate") else None
    body, received = bytearray(), 0
    async for part in response.stream:  # type: ignore[union-attr]  # async transports give async streams
        received += len(part)
        body += inflate.decompress(part, limit - len(body) + 1) if inflate else part
        if len(body) > limit:
            raise HttpTooLargeError(f"the response is larger than {limit:,} bytes")
        if inflate and len(body) > max(_RATIO_FLOOR, received * MAX_RATIO):
            raise HttpTooLargeError("the response unpacks to more than a hundred times its size")
    return bytes(body)


def _our_error(error: Exception) -> HttpError:
    """The library's error as one of ours; messages name no URL."""
    if _caused_by_tls(error):
        return HttpTlsError("the server's certificate was rejected")
    name = type(error).__name__
    if name in ("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout"):
        return HttpTimeoutError(name.removesuffix("Timeout").lower())
    if name in ("ConnectError", "ProxyError", "UnsupportedProtocol"):
        return HttpConnectError("the connection was refused or could not be made")
    return HttpProtocolError("the connection broke before the response was complete")


def _caused_by_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
