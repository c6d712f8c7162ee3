"""Where a request may go: schemes, hosts, ports, addresses (data-actions.md §10).

Flow data can steer URLs, so nothing is judged by its text: the rendered URL is taken apart first, and the addresses
that a name resolves to are checked one by one before the first byte goes out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urlsplit

METADATA = frozenset({"169.254.169.254", "fd00:ec2::254"})
"""Cloud metadata services: refused even where private networks are allowed."""

_TUNNELS = (
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2002::/16"),
    IPv6Network("2001::/32"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
MAX_URL = 8192
"""Bytes of a rendered URL (data-actions.md §3)."""

DEFAULT_PORTS = {"https": 443, "http": 80}


class BlockedError(Exception):
    """The request may not go there; the message says why without the whole URL."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadUrlError(Exception):
    """The rendered URL is none."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, slots=True)
class Rules:
    """What one connection may reach. Empty ``hosts`` means the host of ``origin`` only."""

    origin: str = ""
    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    allow_http: bool = False

    @property
    def allowed_hosts(self) -> tuple[str, ...]:
        """The host of the origin and those that the connection lists."""
        own = urlsplit(self.origin).hostname
        return (*([own] if own else []), *self.hosts)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: ``text`` is final and goes out byte for byte."""

    text: str
    scheme: str
    host: str
    port: int
    origin: str
    """Scheme, host and port, the scheme's own port left out."""


def final_url(rendered: str, origin: str) -> str:
    """The URL to send for a rendered one: joined by text to the origin when relative, never re-encoded except
    for blanks and characters beyond ASCII (data-actions.md §3.1). Raises ``BadUrlError``."""
    text = rendered.strip(" ")
    if _CONTROL.search(text) or "\\" in text:
        raise BadUrlError("the URL holds control characters or backslashes")
    if text.startswith("/"):
        if text.startswith("//"):
            raise BadUrlError("the URL begins with two slashes")
        if not origin:
            raise BadUrlError("the URL is relative and the connection has no origin")
        text = origin.rstrip("/") + text
    elif not re.match(r"https?://", text):
        raise BadUrlError("the URL is neither relative nor https://")
    text = quote(text, safe="%/:?#[]@!$&'()*+,;=-._~\"<>^`{|}")
    if len(text) > MAX_URL:
        raise BadUrlError(f"the URL has more than {MAX_URL:,} bytes")
    return text


@lru_cache(maxsize=256)
def target_of(url: str) -> Target:
    """Take a final URL apart; raises ``BadUrlError`` or, for user information in it, ``BlockedError``."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        raise BadUrlError("the URL has no valid host and port") from None
    if "@" in parts.netloc:
        raise BlockedError("the URL carries user information")
    if not parts.hostname or re.search(r"[^A-Za-z0-9.\-_:\[\]]", parts.netloc):
        raise BadUrlError("the URL has no valid host")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if DEFAULT_PORTS.get(parts.scheme) == port else f":{port}"
    return Target(url, parts.scheme, parts.hostname, port, f"{parts.scheme}://{host}{suffix}")


def check_target(target: Target, rules: Rules, permitted: frozenset[str] = frozenset()) -> None:
    """Scheme, host and port by the connection's rules; raises ``BlockedError``.

    ``permitted`` are origins that this one request may reach besides: a token address, a host that the action's author
    wrote down, a listed redirect. Encryption is asked of them all the same.
    """
    if target.scheme != "https" and not (target.scheme == "http" and rules.allow_http):
        raise BlockedError(f"{target.scheme}:// is not allowed by this connection")
    if target.origin in permitted:
        return
    hosts, ports = _reach(rules)
    if not host_is_allowed(target.host, hosts):
        raise BlockedError(f"the host {target.host} is not among the connection's allowed hosts")
    if target.port not in ports:
        raise BlockedError(f"port {target.port} is not allowed by this connection")


@lru_cache(maxsize=256)
def _reach(rules: Rules) -> tuple[tuple[str, ...], frozenset[int]]:
    """The hosts and ports of a connection; without a list of ports its origin's own and 443."""
    own = urlsplit(rules.origin)
    return rules.allowed_hosts, frozenset({*(rules.ports or (443,)), own.port or DEFAULT_PORTS.get(own.scheme, 443)})


def host_is_allowed(host: str, allowed: Iterable[str]) -> bool:
    """Exactly one of the hosts, or below a ``*.suffix``, which matches whole labels."""
    host = host.lower().rstrip(".")
    return any(
        host == entry.lower() or (entry.startswith("*.") and host.endswith(entry[1:].lower())) for entry in allowed
    )


def check_addresses(addresses: Sequence[str], networks: Sequence[str]) -> str:
    """The address to connect to: the first, when every one of them may be reached. Raises ``BlockedError``."""
    if not addresses:
        raise BlockedError("the host has no address")
    for text in addresses:
        reason = refused(text, networks)
        if reason is not None:
            raise BlockedError(f"the host leads to {reason}")
    return addresses[0]


def refused(text: str, networks: Sequence[str]) -> str | None:
    """Why an address may not be reached; None when it may.

    ``is_global`` alone will not do: Python calls multicast and addresses that tunnel to private ones global.
    """
    address = ip_address(text.partition("%")[0])
    inner = inner_address(address)
    if {str(address), str(inner)} & METADATA:
        return "a metadata service"
    if any(inner in ip_network(network) for network in networks if ip_network(network).version == inner.version):
        return None
    if isinstance(address, IPv6Address) and any(address in tunnel for tunnel in _TUNNELS):
        return "a tunnelled address"
    if not inner.is_global or inner.is_multicast or inner.is_reserved or inner.is_unspecified:
        return "a private address"
    return None


def inner_address(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside a mapped IPv6 one; the address itself otherwise."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
