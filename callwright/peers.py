"""Commands to the other nodes of the same installation over HTTP: what ``SharedRouting`` carries them with."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from connectors.http import ClientSettings, HttpClient, HttpError, HttpFactory, HttpRequest
from connectors.transport.egress import BadUrlError, BlockedError, Rules
from web.api.shards import PATH

PRIVATE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
"""Where the nodes of an installation may be, besides public addresses."""


class Peers:
    """A client that knows the cluster's secret; addresses are base URLs (``http://10.0.0.2:8080``)."""

    def __init__(self, secret: str) -> None:
        self._headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        self._factory = HttpFactory()
        self._clients: dict[str, HttpClient] = {}

    async def carry(self, address: str, body: bytes, timeout_ms: int) -> bytes:
        """The other node's answer; raises ``OSError`` when there is none in time or it does not take our secret."""
        request = HttpRequest("POST", address + PATH, self._headers, body, private=frozenset({"authorization"}))
        deadline = asyncio.get_running_loop().time() + timeout_ms / 1000
        try:
            answered = await self._client(address).send(request, deadline)
        except (HttpError, BadUrlError, BlockedError) as error:
            raise OSError(f"{address}: {error}") from error
        if answered.status != 200:
            raise OSError(f"{address} answers {answered.status}")
        return answered.body

    def _client(self, address: str) -> HttpClient:
        client = self._clients.get(address)
        if client is None:
            port = urlsplit(address).port
            rules = Rules(origin=address, networks=PRIVATE, ports=(port,) if port else (), allow_http=True)
            client = self._clients[address] = self._factory.client(ClientSettings(rules))
        return client

    async def close(self) -> None:
        """Let go of the connections."""
        await self._factory.aclose()
