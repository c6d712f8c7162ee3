"""Listings and searches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.callwright.vendor_api.node import Node


async def test_listings_are_paged_with_links(node: Node) -> None:
    _, first = await node.ask("GET", "/api/v2/routing/queues?pageSize=1")
    assert [queue["name"] for queue in first["entities"]] == ["Gold"]
    assert (first["total"], first["pageCount"]) == (2, 2)
    _, second = await node.ask("GET", first["nextUri"])
    assert [queue["name"] for queue in second["entities"]] == ["Silver"]
    assert "nextUri" not in second


@pytest.mark.parametrize("query", ["pageSize=0", "pageNumber=x", "pageSize=100000"])
async def test_a_page_that_cannot_be_is_refused(query: str, node: Node) -> None:
    assert (await node.ask("GET", f"/api/v2/routing/queues?{query}"))[0] == 400


async def test_users_are_found_by_email_extension_and_beginning(node: Node) -> None:
    def query(field: str, value: str, how: str) -> dict[str, Any]:
        return {"query": [{"fields": [field], "value": value, "type": how}], "types": ["users"]}

    ada = node.id("user", "ada@example.com")
    for path, body in (
        ("/api/v2/users/search", query("email", "ADA@example.com", "EXACT")),
        ("/api/v2/users/search", query("name", "ad", "STARTS_WITH")),
        ("/api/v2/search", query("addresses", "4711", "EXACT")),
    ):
        assert [one["id"] for one in (await node.ask("POST", path, body))[1]["results"]] == [ada]
    assert (await node.ask("POST", "/api/v2/users/search", query("email", "ada", "EXACT")))[1]["results"] == []
