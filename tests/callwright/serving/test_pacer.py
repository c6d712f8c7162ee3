"""Who is called before an agent is taken is called without any news, too: after a takeover there may be none."""

from __future__ import annotations

import asyncio
from unittest.mock import Mock

from callwright.serving.pacer import LOOK_EVERY_MS, Pacer
from contactcenter.conversations import Command
from interpreter import VirtualClock
from tests.contactcenter.conversations.test_pacing import NOW, place, waiting


def pacer_over(clock: VirtualClock, *, decides: bool) -> tuple[Pacer, list[Command]]:
    """A pacer beside one customer who is to be called, and an agent who is free; gives what it sends."""
    sent: list[Command] = []
    agent = {"status": "IDLE", "room": ["callback"]}
    views = Mock(agents=lambda _: [agent], places=lambda _: [], place=lambda _, *asked: place(*asked))
    conversations = Mock(open=lambda: (waiting("a"),), post=sent.append)
    return Pacer(conversations, Mock(views=views, decides_for=lambda _: decides), clock), sent


async def passes(clock: VirtualClock, ms: int) -> None:
    clock.advance(clock.now() + ms)
    await asyncio.sleep(0)


async def test_a_node_that_has_taken_a_queue_over_calls_who_waits_already() -> None:
    clock = VirtualClock(NOW)
    _, sent = pacer_over(clock, decides=True)
    await passes(clock, LOOK_EVERY_MS)
    assert [(command.name, command.conversation) for command in sent] == [("dial", "a")]


async def test_looking_again_asks_for_the_same_call_once() -> None:
    clock = VirtualClock(NOW)
    _, sent = pacer_over(clock, decides=True)
    for _ in range(3):
        await passes(clock, LOOK_EVERY_MS)
    assert len({command.command_id for command in sent}) == 1


async def test_the_other_nodes_call_nobody() -> None:
    clock = VirtualClock(NOW)
    _, sent = pacer_over(clock, decides=False)
    await passes(clock, LOOK_EVERY_MS)
    assert sent == []


async def test_one_that_is_closed_looks_no_more() -> None:
    clock = VirtualClock(NOW)
    pacer, sent = pacer_over(clock, decides=True)
    pacer.close()
    await passes(clock, LOOK_EVERY_MS)
    assert sent == []
