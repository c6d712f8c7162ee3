"""Who takes part in a queue, and with what skills."""

from __future__ import annotations

from typing import Any

import pytest

from tests.callwright.vendor_api.node import Node


async def test_an_agent_leaves_a_queue_and_joins_it_again(node: Node) -> None:
    gold, ada = node.id("queue", "Gold"), node.id("user", "ada@example.com")
    member, own = f"/api/v2/routing/queues/{gold}/members/{ada}", f"/api/v2/users/{ada}/queues/{gold}"

    async def joined() -> bool:
        _, found = await node.ask("GET", f"/api/v2/routing/queues/{gold}/members")
        return bool(found["entities"][0]["joined"])

    assert await joined()
    assert (await node.ask("PATCH", member, {"id": ada, "joined": False}))[0] == 202
    assert not await joined()
    status, body = await node.ask("PATCH", own, {"joined": True})
    assert (status, body["joined"], await joined()) == (200, True, True)


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [("ada", {"joined": "yes"}, 400), ("ada", {"ringNumber": 7}, 400), ("ben", {"joined": True}, 404)],
)
async def test_a_membership_that_cannot_be_is_refused(who: str, body: Any, status: int, node: Node) -> None:
    gold, user = node.id("queue", "Gold"), node.id("user", f"{who}@example.com")
    assert (await node.ask("PATCH", f"/api/v2/routing/queues/{gold}/members/{user}", body))[0] == status


async def test_skills_of_a_user_are_added_changed_replaced_and_taken(node: Node) -> None:
    ada, billing, german = node.id("user", "ada@example.com"), node.id("skill", "Billing"), node.id("skill", "German")
    path = f"/api/v2/users/{ada}/routingskills"

    async def held() -> dict[str, float]:
        _, found = await node.ask("GET", path)
        return {one["name"]: one["proficiency"] for one in found["entities"]}

    assert await held() == {"Billing": 4.0}
    status, added = await node.ask("POST", path, {"id": german, "proficiency": 2.5})
    assert (status, added["name"], added["proficiency"]) == (200, "German", 2.5)
    assert (await node.ask("PUT", f"{path}/{billing}", {"proficiency": 1}))[0] == 200
    assert await held() == {"Billing": 1.0, "German": 2.5}
    agent = node.center.routing.views.agent(ada)
    assert agent is not None
    assert agent["skills"] == {billing: 1.0, german: 2.5}, "routing decides by them"
    assert (await node.ask("DELETE", f"{path}/{billing}"))[0] == 204
    assert await held() == {"German": 2.5}
    assert (await node.ask("PUT", f"{path}/bulk", [{"id": billing, "proficiency": 3}]))[0] == 200
    assert (await node.ask("PATCH", f"{path}/bulk", [{"id": german, "proficiency": 0}]))[0] == 200
    assert await held() == {"Billing": 3.0, "German": 0.0}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {"id": "nobody", "proficiency": 1}, 404),
        ("POST", "", {"id": "BILLING", "proficiency": 6}, 400),
        ("POST", "", {"id": "BILLING", "proficiency": "high"}, 400),
        ("PUT", "/bulk", {"id": "BILLING"}, 400),
        ("PUT", "/nobody", {"proficiency": 1}, 404),
        ("DELETE", "/nobody", None, 404),
    ],
)
async def test_a_skill_that_cannot_be_held_is_refused(
    method: str, path: str, body: Any, status: int, node: Node
) -> None:
    user = node.id("user", "ada@example.com")
    assert (await node.ask(method, f"/api/v2/users/{user}/routingskills{path}", body))[0] == status
