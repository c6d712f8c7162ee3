"""Commands to the other nodes of the same installation over HTTP: what ``SharedRouting`` carries them with."""

from __future__ import annotations

import httpx

from web.api.shards import PATH

CONNECT_S = 1.0


class Peers:
    """A client that knows the cluster's secret; addresses are base URLs (``http://10.0.0.2:8080``)."""

    def __init__(self, secret: str) -> None:
        self._client = httpx.AsyncClient(headers={"authorization": f"Bearer {secret}"}, trust_env=False)

    async def carry(self, address: str, body: bytes, timeout_ms: int) -> bytes:
        """The other node's answer; raises ``OSError`` when there is none in time or it does not take our secret."""
        timeout = httpx.Timeout(timeout_ms / 1000, connect=min(CONNECT_S, timeout_ms / 1000))
        try:
            answered = await self._client.post(address + PATH, content=body, timeout=timeout)
            answered.raise_for_status()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise OSError(f"{address}: {error or type(error).__name__}") from error
        return answered.content

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()
