"""Requests, responses and what can go wrong between them; what a network below the client has to offer.

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
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from connectors.model import MAX_RESPONSE
from connectors.transport.egress import Rules, Target

MAX_CONNECTIONS = 100
"""Connections that one client holds at once."""

KEPT_ALIVE = 30.0
"""Seconds for which an idle connection is kept."""


class HttpError(Exception):
    """A request that brought no response."""

    retryable = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class HttpTimeoutError(HttpError):
    """The deadline passed; ``phase`` is connect, read, write, pool or request."""

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


class Incoming(Protocol):
    """A response whose head is there and whose body is still to come; header names in lower case, repeated ones
    joined by commas."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The head."""

    def parts(self) -> AsyncIterator[bytes]:
        """The body as it comes, still compressed. Raises ``HttpError``."""

    async def aclose(self) -> None:
        """Give the connection back where the body was read to its end, and close it where it was not."""


class Network(Protocol):
    """Carries the requests of one connection. Goes only to addresses that passed the check, follows no redirect,
    repeats nothing, keeps no cookie, asks no environment for a proxy, verifies certificates."""

    async def send(self, request: HttpRequest, target: Target, budget: float | None) -> Incoming:
        """Send what is complete: the headers are all that go out, the URL goes out byte for byte. ``budget`` is in
        seconds, and whoever calls has an eye on it too. Raises ``HttpError``, ``BlockedError`` or ``BadUrlError``."""

    async def aclose(self) -> None:
        """Close every connection."""


Resolve = Callable[[str, int], Any]
"""``await resolve(host, port)`` gives the addresses of a name as texts."""


async def resolve_name(host: str, port: int) -> list[str]:
    """The addresses of a name, by the system."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise HttpConnectError(f"the host {host} cannot be resolved") from None
    return list(dict.fromkeys(str(info[4][0]) for info in found))


@lru_cache(maxsize=16)
def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """The trusted certificates, read once (40 ms) for all connections that share them. Raises ``HttpTlsError``."""
    import certifi

    try:
        context = ssl.create_default_context(cafile=ca_file or certifi.where())
    except (OSError, ssl.SSLError):
        raise HttpTlsError(f"the certificates in {ca_file} cannot be read") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def caused_by_tls(error: BaseException | None) -> bool:
    """Whether TLS is behind an error of a library."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
