"""The network by httpx and its connection pool, and applications that httpx asks in process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore
import httpx

from connectors.http.messages import (
    KEPT_ALIVE,
    MAX_CONNECTIONS,
    ClientSettings,
    HttpConnectError,
    HttpError,
    HttpProtocolError,
    HttpRequest,
    HttpTimeoutError,
    HttpTlsError,
    Resolve,
    caused_by_tls,
    tls_context,
)
from connectors.transport.egress import BadUrlError, BlockedError, Target, check_addresses

_PHASES = ("connect", "read", "write", "pool")
_LIBRARY = (httpx.HTTPError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)
_NO_CONNECTION = (httpcore.ConnectionNotAvailable, httpcore.ProxyError, httpcore.UnsupportedProtocol)


class HttpxNetwork:
    """Sends over a transport of httpx: by default a pool that connects only to addresses that passed the check."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    @classmethod
    def pooled(cls, settings: ClientSettings, resolve: Resolve) -> HttpxNetwork:
        """A network with a connection pool of its own."""
        return cls(_CheckedTransport(settings, resolve))

    @classmethod
    def in_process(cls, app: Any) -> HttpxNetwork:
        """An ASGI application in the place of a network: no socket, no name look-up."""
        return cls(httpx.ASGITransport(app=app, raise_app_exceptions=False))

    async def send(self, request: HttpRequest, target: Target, budget: float | None) -> Answer:
        """Send; each phase may take the whole budget, since the library knows no sum."""
        try:
            return Answer(await self._transport.handle_async_request(_outgoing(request, target, budget)))
        except _LIBRARY as error:
            raise _our_error(error) from None
        except _NO_CONNECTION as error:
            raise HttpConnectError(f"no connection: {error}") from None

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


class Answer:
    """A response of httpx as an ``Incoming``."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers = {name.lower(): value for name, value in response.headers.items()}

    async def parts(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        try:
            async for part in self._response.stream:  # type: ignore[union-attr]  # async transports give async streams
                yield part
        except _LIBRARY as error:
            raise _our_error(error) from None

    async def aclose(self) -> None:
        """Give the connection back."""
        await self._response.aclose()


class _CheckedTransport(httpx.AsyncBaseTransport):
    """A connection pool that connects only to addresses that passed the check."""

    def __init__(self, settings: ClientSettings, resolve: Resolve) -> None:
        backend = _CheckedBackend(settings.rules.networks, resolve)
        common: dict[str, Any] = {
            "max_connections": MAX_CONNECTIONS,
            "max_keepalive_connections": 20,
            "keepalive_expiry": KEPT_ALIVE,
            "network_backend": backend,
        }
        context = tls_context(settings.ca_file)
        self._pool: httpcore.AsyncConnectionPool = (
            httpcore.AsyncHTTPProxy(proxy_url=settings.proxy, ssl_context=context, **common)
            if settings.proxy
            else httpcore.AsyncConnectionPool(ssl_context=context, **common)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send over the pool; the body of the response streams."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.extensions["target"],
        )
        # the target stands in the URL: as an extension it would also replace what a proxy is asked for
        extensions = {"timeout": request.extensions["timeout"]}
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method, url, headers=request.headers.raw, content=request.stream, extensions=extensions
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

    def __init__(self, networks: tuple[str, ...], resolve: Resolve) -> None:
        self._networks, self._resolve = networks, resolve
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
        address = check_addresses(addresses, self._networks)
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


def _outgoing(request: HttpRequest, target: Target, budget: float | None) -> httpx.Request:
    """A request in the library's form: the target goes out byte for byte, the library would encode it once more;
    headers are UTF-8. Raises ``BadUrlError``."""
    url = target.text
    path = "/" + url.split("/", 3)[3] if url.count("/") > 2 else "/"
    timeouts = dict.fromkeys(_PHASES, budget)
    extensions = {"timeout": timeouts, "target": path.partition("#")[0].encode("ascii")}
    fields = [(name.encode("ascii"), value.encode()) for name, value in request.headers.items()]
    try:
        return httpx.Request(request.method, url, headers=fields, content=request.body, extensions=extensions)
    except httpx.InvalidURL:
        raise BadUrlError("the URL has no valid host") from None


def _our_error(error: Exception) -> HttpError:
    """The library's error as one of ours; messages name no URL."""
    if caused_by_tls(error):
        return HttpTlsError("the server's certificate was rejected")
    name = type(error).__name__
    if name in ("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout"):
        return HttpTimeoutError(name.removesuffix("Timeout").lower())
    if name in ("ConnectError", "ProxyError", "UnsupportedProtocol"):
        return HttpConnectError("the connection was refused or could not be made")
    return HttpProtocolError("the connection broke before the response was complete")
