"""What a supervisor sees and does on a whole node in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.callwright.serving.virtual import VirtualNode, in_virtual_time
from web.services import User

MIRA = "+4930901820"
SUE = User("s1", "sue@example.com", "Sue", frozenset({"supervisor"}))
Play = Callable[[Callable[[VirtualNode], Awaitable[None]]], None]


@pytest.fixture
def play(project: Path) -> Play:
    organisation = project / "organisation.yaml"
    text = organisation.read_text(encoding="utf-8")
    organisation.write_text(text.replace("name: Priority\n", "name: Priority\n    enableManualAssignment: true\n", 1))
    return lambda scene: in_virtual_time(project, scene)


async def explained(node: VirtualNode, call: str) -> dict[str, Any]:
    found = await node.center.supervisor.conversation(call)
    assert found is not None
    return dict(found)


def test_a_caller_for_whom_nobody_is_there_waits_with_the_reason(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        call, _ = await node.call(MIRA)
        await asyncio.sleep(30)
        (waiting,) = node.center.supervisor.overview()["waiting"]
        assert (waiting["id"], waiting["caller"]) == (call, "Mira Okafor, +49 30 901820")
        why = (await explained(node, call))["waiting"]
        assert (why["queue"], why["position"], why["eligible"]) == ("Priority", 1, [])
        assert why["single"] == {"status OFF_QUEUE": ["Ada"]}
        assert {"missing skill Fiber", "missing skill English", "not a member"} <= why["excluded"].keys()

    play(scene)


def test_an_answered_call_tells_why_this_agent_was_chosen(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, _ = await node.call(MIRA)
        await node.answered("Ada")
        shown = await explained(node, call)
        (offer,) = shown["offers"]
        assert shown["waiting"] is None
        assert (offer["how"], offer["explain"]["order_used"]) == ("accepted", "longest idle")
        assert offer["explain"]["considered"]["with skills"] >= 1
        (talking,) = node.center.supervisor.overview()["talking"]
        assert (talking["id"], talking["agents"]) == (call, [offer["agent"]])

    play(scene)


def test_an_offer_is_told_however_much_happened_before_it(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callwright.serving.supervisor.PAGE", 5)

    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, _ = await node.call(MIRA)
        await node.answered("Ada")
        (offer,) = (await explained(node, call))["offers"]
        assert (offer["agent"], offer["how"]) == ("Ada", "accepted")

    play(scene)


def test_a_supervisor_gives_a_waiting_call_to_an_agent_without_the_skills(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        call, _ = await node.call(MIRA)
        await node.on_queue("Ben")
        await asyncio.sleep(30)
        assert await node.shown("Ben") == []
        assert (await explained(node, call))["waiting"]["excluded"]["missing skill Fiber"] >= 1
        outcome = await node.center.supervisor.assign(SUE, call, node.user("Ben").id, "k")
        assert outcome.status == 200, outcome
        assert (await node.until("Ben", "alerting"))["interactionId"] == call
        (offer,) = (await explained(node, call))["offers"]
        assert (offer["how"], offer["explain"]["used_routing"]) == (None, "Manual")

    play(scene)


def test_an_agent_who_is_off_queue_cannot_be_given_a_call(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        call, _ = await node.call(MIRA)
        await asyncio.sleep(30)
        outcome = await node.center.supervisor.assign(SUE, call, node.user("Ada").id, "k")
        assert (outcome.status, outcome.body["code"]) == (409, "not_on_queue")

    play(scene)


def test_the_first_call_of_a_customer_is_a_first_contact_and_the_second_is_none(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        began = node.center.clock.now()
        for _ in range(2):
            _, phone = await node.call(MIRA)
            await node.answered("Ada")
            phone.leave()
            await node.until("Ada", "acw")
            await asyncio.sleep(100)
        found = await node.center.supervisor.first_contacts(began, node.center.clock.now())
        assert (found["first"], found["pending"], found["without_contact"]) == (0, 1, 0)
        assert found["agents"][node.user("Ada").id]["pending"] == 1

    play(scene)
