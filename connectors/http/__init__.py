"""The one client factory: every outgoing HTTP request of callwright leaves here, and only here are HTTP libraries
imported (data-actions.md §10, §11).

A URL is taken as given, there are no parameters to add to it. Names are resolved once, every address is
checked, and the connection goes to an address that was checked. No environment proxies, no redirects, no
cookies. Nothing of a library leaks: what comes back is an ``HttpResponse`` or one of our errors.
"""

from connectors.http.client import HttpClient, HttpFactory, NewNetwork, by_aiohttp, by_httpx, make_client, mock
from connectors.http.messages import (
    ClientSettings,
    HttpConnectError,
    HttpError,
    HttpProtocolError,
    HttpRequest,
    HttpResponse,
    HttpTimeoutError,
    HttpTlsError,
    HttpTooLargeError,
    Incoming,
    Network,
)

__all__ = [
    "ClientSettings",
    "HttpClient",
    "HttpConnectError",
    "HttpError",
    "HttpFactory",
    "HttpProtocolError",
    "HttpRequest",
    "HttpResponse",
    "HttpTimeoutError",
    "HttpTlsError",
    "HttpTooLargeError",
    "Incoming",
    "Network",
    "NewNetwork",
    "by_aiohttp",
    "by_httpx",
    "make_client",
    "mock",
]
