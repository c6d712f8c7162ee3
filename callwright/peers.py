"""What this node has to say to the other nodes of the same installation, over HTTP (DESIGN.md "Many machines")."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit

from connectors.http import ClientSettings, HttpClient, HttpError, HttpFactory, HttpRequest
from connectors.transport.egress import BadUrlError, BlockedError, Rules
from contactcenter.routing.shared import Carry
from store import Conflict, Save, Store
from web.api.nodes import PATH
from web.services import ServerEvent

SECRET = "node-secret"
"""The document that holds what the nodes of an installation know each other by."""

PRIVATE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
"""Where the nodes of an installation may be, besides public addresses."""


def secret_of(store: Store) -> str:
    """What the nodes of an installation know each other by: the first one makes it. Blocks."""
    while (known := store.load(SECRET, "")) is None:
        with suppress(Conflict):
            store.commit(Save(SECRET, "", 0, 1, secrets.token_urlsafe(32).encode())).result()
    return known.body.decode()


class Peers:
    """A client that knows the installation's secret; addresses are base URLs (``http://10.0.0.2:8080``)."""

    def __init__(self, secret: str) -> None:
        self._headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        self._factory = HttpFactory()
        self._clients: dict[str, HttpClient] = {}

    def carrier(self, name: str) -> Carry:
        """What brings something to this name of other nodes (``web.api.nodes``)."""
        return partial(self._carry, name)

    async def _carry(self, name: str, address: str, body: bytes, timeout_ms: int) -> bytes:
        """The other node's answer; raises ``OSError`` when there is none in time or it does not take our secret."""
        request = HttpRequest("POST", address + PATH + name, self._headers, body, private=frozenset({"authorization"}))
        deadline = asyncio.get_running_loop().time() + timeout_ms / 1000
        try:
            answered = await self._client(address).send(request, deadline)
        except (HttpError, BadUrlError, BlockedError) as error:
            raise OSError(f"{address}: {error}") from error
        if answered.status != 200:
            raise OSError(f"{address} answers {answered.status}")
        return answered.body

    async def events(self, address: str, path: str, after: int) -> AsyncIterator[ServerEvent]:
        """The events of a stream of another node's pages; raises ``OSError`` when it breaks."""
        headers = {"accept": "text/event-stream", **({"last-event-id": str(after)} if after else {})}
        fields: dict[str, str] = {}
        try:
            async for line in self._client(address).lines(HttpRequest("GET", address + path, headers)):
                name, _, text = line.partition(": ")
                if line:
                    fields[name] = text
                    continue
                if "id" in fields and fields.get("event", "hello") != "hello":
                    yield ServerEvent(int(fields["id"]), fields["event"], json.loads(fields["data"]))
                fields.clear()
        except (HttpError, BadUrlError, BlockedError) as error:
            raise OSError(f"{address}: {error}") from error

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
