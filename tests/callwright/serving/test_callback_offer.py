"""The example that offers a callback in the queue, on a whole node: the caller keeps the place."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from callwright.samples import sample
from contactcenter.conversations import Conversation
from tests.callwright.serving.virtual import Step, VirtualNode, in_virtual_time

MIRA, OTHER = "+4930901820", "+49407770100"
BOOK: list[Step] = [{"hear": "press 1"}, {"press": "1"}, {"hear": "We will call you back"}]
Play = Callable[[Callable[[VirtualNode], Awaitable[None]]], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample("callback_offer"), tmp_path / "project"))


@pytest.fixture
def play(project: Path) -> Play:
    return lambda scene: in_virtual_time(project, scene)


def callback_of(node: VirtualNode) -> Conversation:
    (found,) = (state for state in node.center.conversations.open() if state.callback is not None)
    return found


def outcome(node: VirtualNode, conversation: str) -> str | None:
    state = node.center.conversations.state(conversation)
    return state.outcome if state is not None else None


def test_a_caller_who_wants_a_callback_keeps_the_place_and_is_called(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        node.exchange.reactions[MIRA] = [{"hear": "Ada"}]
        call, phone = await node.call(MIRA, [*BOOK])
        await asyncio.sleep(2)
        asked_at = next(p.start for p in _state(node, call).participants if p.purpose == "acd")
        await asyncio.sleep(30)
        assert phone.over
        assert outcome(node, call) == "callback"
        await node.call(OTHER, [{"hear": "press 1"}])
        await asyncio.sleep(5)
        callback = callback_of(node)
        assert callback.queue_entry is not None
        assert callback.queue_entry.enqueued_at == asked_at
        assert callback.customer is not None
        assert callback.customer.name == "Mira Okafor"
        await node.on_queue("Ada")
        assert (await node.answered("Ada"))["interactionId"] == callback.id, "it was first in line"
        await node.does("Ada", "dial", callback.id)
        await asyncio.sleep(4)
        assert ("connected", "Ada") in node.exchange.answered[0].lines

    play(scene)


def _state(node: VirtualNode, conversation: str) -> Conversation:
    found = node.center.conversations.state(conversation)
    assert found is not None
    return found


def test_a_caller_who_waits_on_all_the_same_and_is_answered_needs_no_callback(play: Play, project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        call, _ = await node.call(MIRA, BOOK[:2])
        await asyncio.sleep(10)
        (callback,) = _state(node, call).callbacks
        await node.on_queue("Ada")
        assert (await node.answered("Ada"))["interactionId"] == call, "the caller goes before the callback"
        await asyncio.sleep(1)
        assert outcome(node, callback) == "cancelled"

    flow = project / "flows/offer_callback.yaml"
    text = flow.read_text(encoding="utf-8")
    flow.write_text(text.replace("- disconnect: {name: Bye}", ""), encoding="utf-8")
    play(scene)


def test_whoever_says_nothing_waits_on_and_is_answered(play: Play) -> None:
    async def scene(node: VirtualNode) -> None:
        call, _ = await node.call(MIRA, [{"hear": "press 1"}])
        await asyncio.sleep(60)
        await node.on_queue("Ada")
        assert (await node.answered("Ada"))["interactionId"] == call
        assert [state.id for state in node.center.conversations.open()] == [call]

    play(scene)


def test_the_organisations_settings_of_conversations_count(play: Play, project: Path) -> None:
    organisation = project / "organisation.yaml"
    written = organisation.read_text(encoding="utf-8")
    organisation.write_text(f"conversations: {{inqueue_on_unanswered: restart}}\n{written}", encoding="utf-8")

    async def scene(node: VirtualNode) -> None:
        await node.on_queue("Ada")
        call, _ = await node.call(MIRA, [])
        alert = await node.until("Ada", "alerting")
        assert (await node.does("Ada", "decline", call, reservation=alert["reservation"])).status == 200
        await asyncio.sleep(2)
        kinds = [(one.kind, one.reason) for one in _state(node, call).executions]
        assert kinds == [("inbound", "transferred"), ("inqueue", "unanswered"), ("inqueue", None)]

    play(scene)
