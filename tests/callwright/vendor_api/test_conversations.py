"""A waiting call, seen and changed by a client."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.callwright.vendor_api.node import Node


async def test_what_a_waiting_call_asks_for_is_changed_field_by_field(node: Node) -> None:
    conversation = await node.waiting_call()
    path, billing, ada = (
        "/api/v2/routing/conversations/",
        node.id("skill", "Billing"),
        node.id("user", "ada@example.com"),
    )
    asked = {"skillIds": [billing], "skillExpression": "Billing >= 3", "labelId": "VIP"}
    asked["requestScoredAgents"] = [{"id": ada, "score": 80}, {"id": "other"}]  # type: ignore[list-item]
    assert (await node.ask("PATCH", path + conversation, asked))[0] == 200
    explained = node.center.routing.views.explain(conversation)
    assert explained is not None
    asks = explained["requirement"]
    assert (list(asks["skills"]), asks["expression"]) == ([billing], "Billing >= 3")
    assert dict(asks["preferred"]) == {ada: 80, "other": 100}, "who is named without a score has the highest"
    nothing = {"skillIds": [], "skillExpression": "", "labelId": "", "languageId": "", "requestScoredAgents": []}
    assert (await node.ask("PATCH", path + conversation, nothing))[0] == 200
    explained = node.center.routing.views.explain(conversation)
    assert explained is not None
    assert explained["requirement"] == {}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"priority": "high"}, 400, "priority is a whole number."),
        ({"requestScoredAgents": [{"score": 3}]}, 400, "a list of agents"),
        ({"skill": "Billing"}, 400, "What can be changed is"),
        ({"skillIds": ["Biling"]}, 409, "no skill or language 'Biling'"),
        ({"skillExpression": "Billing >"}, 409, "ends too early"),
        ({"requestScoredAgents": [{"id": "a", "score": 101}]}, 409, "lies within 0 and 100"),
        ({"priority": 25_000_001}, 409, "25,000,000"),
    ],
)
async def test_what_a_waiting_call_cannot_ask_for_is_said(
    body: dict[str, Any], status: int, said: str, node: Node
) -> None:
    conversation = await node.waiting_call()
    answer = await node.ask("PATCH", f"/api/v2/routing/conversations/{conversation}", body)
    assert (answer[0], said in answer[1]["message"]) == (status, True), answer


async def test_a_waiting_call_is_seen_changed_and_answered(node: Node) -> None:
    conversation = await node.waiting_call()
    path, gold = f"/api/v2/conversations/{conversation}", node.id("queue", "Gold")
    _, seen = await node.ask("GET", path)
    assert [one["purpose"] for one in seen["participants"]] == ["customer", "ivr", "acd"]
    acd = seen["participants"][2]
    assert (acd["queueId"], acd["conversationRoutingData"]["priority"]) == (gold, 0)

    waiting = {"filter": {"type": "and", "predicates": [{"dimension": "queueId", "value": gold}]}}
    waiting["metrics"] = ["oWaiting"]
    _, observed = await node.ask("POST", "/api/v2/analytics/queues/observations/query", waiting)
    assert observed["results"][0]["data"] == [{"metric": "oWaiting", "stats": {"count": 1}}]

    assert (await node.ask("PATCH", f"/api/v2/routing/conversations/{conversation}", {"priority": 7}))[0] == 200
    view = node.center.routing.views.item(conversation)
    assert view is not None
    assert view["priority"] == 7
    _, seen = await node.ask("GET", path)
    assert seen["participants"][2]["conversationRoutingData"]["priority"] == 7

    customer = seen["participants"][0]["id"]
    attributes = f"{path}/participants/{customer}/attributes"
    assert (await node.ask("PATCH", attributes, {"attributes": {"tier": "gold"}}))[0] == 200
    assert (await node.ask("PUT", f"{path}/tags", {"externalTag": "order 7"}))[0] == 200
    _, seen = await node.ask("GET", path)
    assert (seen["participants"][0]["attributes"]["tier"], seen["externalTag"]) == ("gold", "order 7")

    await node.desk("presence.set", status="on_queue")
    _, status = await node.ask("GET", f"/api/v2/users/{node.id('user', 'ada@example.com')}/presences/PURECLOUD")
    assert status["presenceDefinition"]["systemPresence"] == "On Queue"
    agent = await _offered(node, path)
    assert (await node.ask("PATCH", f"{path}/participants/{agent}", {"state": "connected"}))[0] == 200
    await _until(node, lambda: node.center.conversations.open()[0].participant(agent).talking)  # type: ignore[union-attr]
    code = node.id("wrapup-code", "Done")
    body = {"wrapup": {"code": code, "notes": "fine"}, "state": "disconnected"}
    assert (await node.ask("PATCH", f"{path}/participants/{agent}", body))[0] == 200
    _, seen = await node.ask("GET", path)
    ada = next(one for one in seen["participants"] if one["purpose"] == "agent")
    assert (ada["wrapup"]["code"], ada["wrapup"]["notes"]) == (code, "fine")


async def test_a_waiting_call_is_given_to_an_agent_who_is_no_member_of_its_queue(node: Node) -> None:
    conversation = await node.waiting_call()
    assign, ben = f"/api/v2/conversations/{conversation}/assign", node.id("user", "ben@example.com")
    status, refused = await node.ask("POST", assign, {"userId": ben})
    assert (status, refused["code"]) == (409, "not.on.queue")
    assert (await node.ask("POST", assign, {"userId": "nobody"}))[0] == 404
    await node.desk("presence.set", username="ben@example.com", status="on_queue")
    assert (await node.ask("POST", assign, {"userId": ben}))[0] == 202
    await _until(node, lambda: node.center.conversations.open()[0].offer is not None)
    offer = node.center.conversations.open()[0].offer
    assert offer is not None
    assert offer.agent_id == ben


@pytest.mark.parametrize(
    "body",
    [
        {"state": "parked"},
        {"colour": "red"},
        {},
        {"wrapup": "Done"},
    ],
)
async def test_a_change_that_cannot_be_is_refused_whole(body: Any, node: Node) -> None:
    conversation = await node.waiting_call()
    _, seen = await node.ask("GET", f"/api/v2/conversations/{conversation}")
    path = f"/api/v2/conversations/{conversation}/participants/{seen['participants'][0]['id']}"
    assert (await node.ask("PATCH", path, body))[0] == 400


async def _offered(node: Node, path: str) -> str:
    await _until(node, lambda: node.center.conversations.open()[0].offer is not None)
    _, seen = await node.ask("GET", path)
    return str(next(one["id"] for one in seen["participants"] if one["purpose"] == "agent"))


async def _until(node: Node, holds: Any) -> None:
    """Wait for the event after which something holds."""
    changed = asyncio.Event()
    end = node.center.conversations.subscribe(lambda event, state: changed.set())
    try:
        while not holds():
            changed.clear()
            await asyncio.wait_for(changed.wait(), 10)
    finally:
        end()
