"""A served node with one client that may everything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callwright.project import load_project
from callwright.serving.center import open_center
from callwright.serving.server import HOST, address_of, listen, served
from connectors.http import ClientSettings, make_client
from connectors.transport.egress import Rules
from store import MemoryStore
from tests.callwright.vendor_api.node import FILES, Node


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.fixture
async def node(project: Path) -> AsyncIterator[Node]:
    center = await open_center(load_project(project)[0], MemoryStore(), pace=0)
    assert center.publication.errors == []
    try:
        listening = listen(HOST, 0)
        address = address_of(listening, HOST)
        async with served(center, listening):
            settings = ClientSettings(Rules(address, networks=("127.0.0.0/8",), allow_http=True))
            node = Node(center, address, make_client(settings))
            node.token = await node.log_in("administrator")
            yield node
            await node.http.aclose()
    finally:
        await center.close()
