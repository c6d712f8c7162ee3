"""The network by aiohttp, whose parser is compiled: a sixth of the CPU that the same request takes with httpx."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from connectors.http.messages import (
    KEPT_ALIVE,
    MAX_CONNECTIONS,
    ClientSettings,
    HttpConnectError,
    HttpError,
    HttpProtocolError,
    HttpRequest,
    HttpTlsError,
    Resolve,
    caused_by_tls,
    tls_context,
)
from connectors.transport.egress import BadUrlError, BlockedError, Target, check_addresses

MAX_FIELD = 65_536
"""Bytes of one header of a response."""

_OURS_ALONE = ("User-Agent", "Content-Type", "Accept", "Accept-Encoding")
_NO_TIMEOUT = aiohttp.ClientTimeout(total=None)


class AiohttpNetwork:
    """A connection pool; it belongs to the event loop that sends first."""

    def __init__(self, settings: ClientSettings, resolve: Resolve) -> None:
        self._settings, self._resolve = settings, resolve
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: HttpRequest, target: Target, budget: float | None) -> Answer:
        """Send over the pool; time is kept by whoever calls."""
        session = self._session or self._opened()
        try:
            response = await session.request(
                request.method,
                URL(target.text, encoded=True),
                headers=request.headers,
                data=request.body or None,
                allow_redirects=False,
                proxy=self._settings.proxy,
            )
        except aiohttp.InvalidURL:
            raise BadUrlError("the URL has no valid host") from None
        except aiohttp.ClientError as error:
            raise _our_error(error) from None
        except ValueError:
            raise HttpProtocolError("the request has a header that cannot be sent") from None
        return Answer(response)

    def _opened(self) -> aiohttp.ClientSession:
        networks = self._settings.rules.networks
        connector = aiohttp.TCPConnector(
            ssl=tls_context(self._settings.ca_file),
            resolver=_CheckedResolver(networks, self._resolve),
            socket_factory=lambda info: _checked_socket(info, networks),
            use_dns_cache=False,
            limit=MAX_CONNECTIONS,
            keepalive_timeout=KEPT_ALIVE,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_NO_TIMEOUT,
            auto_decompress=False,
            skip_auto_headers=_OURS_ALONE,
            max_line_size=MAX_FIELD,
            max_field_size=MAX_FIELD,
            middlewares=(_once,),
        )
        return self._session

    async def aclose(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class Answer:
    """A response of aiohttp as an ``Incoming``."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: dict[str, str] = {}
        for name, value in response.headers.items():
            key = name.lower()
            self.headers[key] = f"{self.headers[key]}, {value}" if key in self.headers else value

    async def parts(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        try:
            async for part in self._response.content.iter_any():
                yield part
        except aiohttp.ClientError as error:
            raise _our_error(error) from None

    async def aclose(self) -> None:
        """A connection whose body was read to its end is back in the pool by now."""
        self._response.close()


class _CheckedResolver(AbstractResolver):
    """Names by our own resolver; all addresses are checked before one is tried."""

    def __init__(self, networks: tuple[str, ...], resolve: Resolve) -> None:
        self._networks, self._resolve = networks, resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name; raises ``BlockedError`` and ``HttpConnectError``."""
        addresses = await self._resolve(host, port)
        check_addresses(addresses, self._networks)
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST,
            }
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _checked_socket(info: tuple[Any, ...], networks: tuple[str, ...]) -> socket.socket:
    """A socket for an address, which is checked once more: one that stands in the URL itself meets no resolver."""
    family, kind, protocol, _, address = info
    check_addresses([address[0]], networks)
    return socket.socket(family, kind, protocol)


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Tell errors in our own words before the library sees them: it would send a request again on its own."""
    try:
        return await handler(request)
    except aiohttp.InvalidURL:  # 127.1 and the like, which a system would take for an address
        raise BlockedError("the host is an address in an unusual form") from None
    except aiohttp.ClientError as error:
        raise _our_error(error) from None


def _our_error(error: aiohttp.ClientError) -> HttpError:
    """The library's error as one of ours; messages name no URL."""
    if isinstance(error, aiohttp.ClientSSLError | aiohttp.ServerFingerprintMismatch) or caused_by_tls(error):
        return HttpTlsError("the server's certificate was rejected")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientHttpProxyError):
        return HttpConnectError("the connection was refused or could not be made")
    return HttpProtocolError("the connection broke before the response was complete")
