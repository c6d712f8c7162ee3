"""Customers who are called back, on a whole node in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contactcenter.conversations import Actor, CallbackRequest, Conversation, Refused, create_callback
from tests.callwright.serving.virtual import VirtualNode, in_virtual_time

MIRA, DENTAL = "+4930901820", "+49407770100"
MINUTE, HOUR = 60, 3600
Play = Callable[[Callable[[VirtualNode], Awaitable[None]], str], None]


@pytest.fixture
def play(project: Path) -> Play:
    """Play a scene where the queue Priority calls back with these settings."""

    def run(scene: Callable[[VirtualNode], Awaitable[None]], settings: str = "{}") -> None:
        organisation = project / "organisation.yaml"
        text = organisation.read_text(encoding="utf-8")
        call = "mediaSettings: {call: {alertingTimeoutSeconds: 20}}"
        with_callbacks = f"mediaSettings: {{call: {{alertingTimeoutSeconds: 20}}, callback: {settings}}}"
        organisation.write_text(text.replace(call, with_callbacks, 1), encoding="utf-8")
        in_virtual_time(project, scene)

    return run


async def ask(node: VirtualNode, number: str = MIRA, *, after_s: int = 0, **more: Any) -> str:
    """Somebody asks for a callback."""
    now, identity = node.center.clock.now(), str(uuid4())
    request = CallbackRequest(
        queue="Priority", numbers=(number,), scheduled=now + after_s * 1000 if after_s else None, **more
    )
    directory = node.center.conversations.around.directory
    command = create_callback(request, directory, identity, str(uuid4()), Actor("client"), now)
    assert not isinstance(command, Refused), command
    answer = await node.center.conversations.send(command)
    assert not isinstance(answer, Refused), answer
    return identity


def state(node: VirtualNode, callback: str) -> Conversation:
    found = node.center.conversations.state(callback)
    assert found is not None
    return found


def history(node: VirtualNode, number: str = MIRA) -> list[tuple[str, str]]:
    contact = node.center.crm.customers.find_by_phone(number).contact
    assert contact is not None
    return [(entry["kind"], entry["title"]) for entry in node.center.crm.customers.card(contact.id).history]


# Agent first.


def test_the_agent_accepts_sees_the_record_dials_talks_and_wraps_up(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        node.exchange.reactions[MIRA] = []
        await node.on_queue("Ada")
        callback = await ask(node)
        shown = await node.answered("Ada")
        assert (shown["interactionId"], shown["caller"]["name"]) == (callback, "Mira Okafor")
        assert shown["record"]
        assert node.exchange.called == []
        assert (await node.does("Ada", "dial", callback)).status == 200
        await asyncio.sleep(4)
        assert node.exchange.called == [MIRA]
        assert ("connected", "Ada") in node.exchange.answered[0].lines
        node.exchange.answered[0].leave()
        await asyncio.sleep(1)
        await node.does("Ada", "disconnect", callback)
        await node.until("Ada", "acw")
        await node.does("Ada", "wrapup.save", callback, code="Resolved")
        await asyncio.sleep(1)
        assert state(node, callback).outcome == "answered"
        assert history(node) == [("callback", "Callback by Ada")]
        assert await node.status("Ada") == "IDLE"

    play(scene, "{}")


def test_a_scheduled_one_stands_in_the_history_and_is_offered_when_it_is_due(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        await ask(node, after_s=HOUR)
        await asyncio.sleep(HOUR - MINUTE)
        assert await node.shown("Ada") == []
        assert history(node) == [("callback", "Callback planned")]
        contact = node.center.crm.customers.find_by_phone(MIRA).contact
        assert contact is not None
        assert node.center.crm.customers.summary(contact.id)["openCallback"]
        alert = await node.until("Ada", "alerting", 2 * MINUTE)
        assert alert["waitedMs"] < 1000

    play(scene, "{}")


def test_one_that_is_put_off_comes_again_at_its_new_time(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        callback = await ask(node)
        await node.answered("Ada")
        at = node.center.clock.now() + 2 * HOUR * 1000
        assert (await node.does("Ada", "reschedule", callback, at=at)).status == 200
        await node.until("Ada", "acw")
        await node.does("Ada", "wrapup.save", callback, code="Follow-up")
        await asyncio.sleep(HOUR)
        assert await node.shown("Ada") == []
        assert (await node.until("Ada", "alerting", HOUR + MINUTE))["interactionId"] == callback

    play(scene, "{}")


def test_where_the_queue_says_so_it_is_dialled_and_ended_by_itself(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        node.exchange.reactions[MIRA] = [{"hear": "Ada"}]
        await node.on_queue("Ada")
        callback = await ask(node)
        await node.answered("Ada")
        await asyncio.sleep(14)
        assert node.exchange.called == [MIRA]
        node.exchange.answered[0].leave()
        await asyncio.sleep(19)
        assert state(node, callback).state == "open"
        await asyncio.sleep(2)
        assert state(node, callback).outcome == "answered"

    play(scene, "{enableAutoDialAndEnd: true, autoDialDelaySeconds: 10, autoEndDelaySeconds: 20}")


@pytest.mark.parametrize("reaction", ["busy", "silent", None])
def test_a_customer_who_is_not_reached_stays_the_agents_who_ends_it(play: Play, reaction: str | None) -> None:
    async def scene(node: VirtualNode) -> None:
        if reaction is not None:
            node.exchange.reactions[MIRA] = reaction
        await node.on_queue("Ada")
        callback = await ask(node)
        await node.answered("Ada")
        await node.does("Ada", "dial", callback)
        await asyncio.sleep(31)
        assert (await node.shown("Ada"))[0]["state"] == "connected"
        await node.does("Ada", "disconnect", callback)
        await asyncio.sleep(1)
        assert state(node, callback).outcome == "failed"

    play(scene, "{}")


# Customer first.


def test_the_customer_is_called_and_then_waits_for_the_agent_who_talks_at_once(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        node.exchange.reactions[MIRA] = []
        await node.on_queue("Ada")
        callback = await ask(node)
        await asyncio.sleep(4)
        assert node.exchange.called == [MIRA]
        assert (await node.answered("Ada"))["interactionId"] == callback
        await asyncio.sleep(1)
        assert ("connected", "Ada") in node.exchange.answered[0].lines
        node.exchange.answered[0].leave()
        await asyncio.sleep(1)
        assert state(node, callback).outcome == "answered"

    play(scene, "{mode: CustomerFirst}")


@pytest.mark.parametrize("reaction", ["busy", "machine"])
def test_who_is_not_there_is_called_again_and_at_last_given_up(play: Play, reaction: str) -> None:
    async def scene(node: VirtualNode) -> None:
        node.exchange.reactions[MIRA] = reaction
        await node.on_queue("Ada")
        callback = await ask(node)
        await asyncio.sleep(3 * MINUTE)
        assert node.exchange.called == [MIRA, MIRA]
        assert (state(node, callback).state, state(node, callback).outcome) == ("closed", "failed")
        assert history(node) == [("callback", "Callback, not reached")]

    play(scene, "{mode: CustomerFirst, maxRetryCount: 1, retryDelaySeconds: 60}")


def test_nobody_is_called_while_no_agent_is_on_queue(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        node.exchange.reactions[MIRA] = []
        await ask(node)
        await asyncio.sleep(HOUR)
        assert node.exchange.called == []
        await node.on_queue("Ada")
        await asyncio.sleep(1)
        assert node.exchange.called == [MIRA]

    play(scene, "{mode: CustomerFirst}")


def test_no_more_are_called_at_once_than_agents_are_free(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        numbers = [f"+49407770{number}" for number in (100, 101, 102)]
        for number in numbers:
            node.exchange.reactions[number] = "silent"
            await ask(node, number)
            await asyncio.sleep(1)
        await node.on_queue("Ada", "Ben")
        await asyncio.sleep(1)
        assert node.exchange.called == numbers[:2]

    play(scene, "{mode: CustomerFirst}")


def test_with_a_reservation_an_agent_is_taken_before_the_customer_is_called(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        node.exchange.reactions[MIRA] = []
        await node.on_queue("Ada")
        await ask(node, delivery="UseAgentReservation")
        await node.until("Ada", "connected")
        await asyncio.sleep(4)
        assert ("connected", "Ada") in node.exchange.answered[0].lines

    play(scene, "{}")
