"""Which operation stands behind a path."""

from __future__ import annotations

from tests.callwright.vendor_api.node import Node
from web.api.vendor import operation_at


async def test_where_nothing_stands_behind_a_path_the_answer_says_so(node: Node) -> None:
    status, body = await node.ask("POST", "/api/v2/conversations/messages/agentless", {})
    assert (status, body["code"]) == (501, "not.implemented")
    assert body["message"] == "callwright has nothing behind POST /api/v2/conversations/messages/agentless."


def test_a_literal_path_goes_before_one_with_parameters() -> None:
    found = operation_at("POST", "/api/v2/users/search")
    assert found is not None
    assert found[0].path == "/api/v2/users/search"
    assert operation_at("DELETE", "/api/v2/users/search") is None
