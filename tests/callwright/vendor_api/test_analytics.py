"""A call in analytics, once it has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contactcenter.customers.wire import iso
from tests.callwright.vendor_api.node import Node


async def test_a_call_is_ended_found_in_analytics_and_counted(node: Node) -> None:
    conversation = await node.waiting_call()
    assert (await node.ask("POST", f"/api/v2/conversations/{conversation}/disconnect"))[0] == 202
    assert (await node.ask("POST", f"/api/v2/conversations/{conversation}/disconnect"))[0] == 409
    day = 86_400_000
    now = node.center.clock.now()
    interval = f"{iso(now - day)}/{iso(now + day)}"

    def asked(*predicates: Mapping[str, Any]) -> dict[str, Any]:
        return {"interval": interval, "segmentFilters": [{"type": "and", "predicates": list(predicates)}]}

    number = {"type": "dimension", "dimension": "ani", "operator": "matches", "value": "+4930555"}
    _, found = await node.ask("POST", "/api/v2/analytics/conversations/details/query", asked(number))
    assert [one["conversationId"] for one in found["conversations"]] == [conversation]
    other = {**number, "value": "+4930556"}
    assert (await node.ask("POST", "/api/v2/analytics/conversations/details/query", asked(other)))[1] == {
        "totalHits": 0
    }
    body = {"interval": interval, "groupBy": ["queueId"], "metrics": ["nOffered"]}
    _, figures = await node.ask("POST", "/api/v2/analytics/conversations/aggregates/query", body)
    (result,) = figures["results"]
    assert result["group"] == {"queueId": node.id("queue", "Gold"), "mediaType": "voice"}
    assert result["data"][0]["metrics"] == [{"metric": "nOffered", "stats": {"count": 1}}]
