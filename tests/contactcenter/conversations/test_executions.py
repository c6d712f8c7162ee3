"""Snapshots of executions in the store, also while the database fails over."""

from __future__ import annotations

import asyncio

import pytest

from contactcenter.conversations import ExecutionDocuments
from contactcenter.conversations.executions import KIND
from contactcenter.conversations.writing import PAUSE_MS
from interpreter import VirtualClock
from interpreter.ports import StaleExecution
from store import Fault, MemoryStore, Unavailable

MINUTE = 60_000


class Around:
    """A store, a clock, and what was told of each snapshot."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), VirtualClock(1_000)
        self.documents = ExecutionDocuments(self.store, self.clock)
        self.told: list[Exception | None] = []

    async def save(self, expected: int, seq: int, snapshot: bytes = b"s", until: int = MINUTE) -> None:
        self.documents.save("e", expected, seq, snapshot, until, self.told.append)
        await turns()

    async def passes(self, ms: int) -> None:
        self.clock.advance(self.clock.now() + ms)
        await turns()

    def fail(self, fault: Fault, times: int = 1) -> None:
        for number in range(times):
            self.store.inject(fault, after=number)


async def turns() -> None:
    """Everything that waits for nothing but its turn, and for threads."""
    for _ in range(20):
        await asyncio.sleep(0.001)


@pytest.fixture
async def around() -> Around:
    return Around()


async def test_a_snapshot_is_told_once_it_is_stored_and_gone_after_the_end(around: Around) -> None:
    await around.save(0, 3)
    assert (around.told, around.documents.load("e")) == ([None], (3, b"s"))
    around.documents.finish("e")
    await turns()
    assert around.documents.load("e") is None


async def test_whoever_is_not_the_first_is_stale(around: Around) -> None:
    await around.save(0, 3)
    await around.save(0, 4)
    assert isinstance(around.told[1], StaleExecution)


async def test_while_the_database_fails_over_a_snapshot_is_tried_again(around: Around) -> None:
    around.fail(Fault.UNAVAILABLE, 3)
    await around.save(0, 3)
    for _ in range(2):
        assert around.told == []
        await around.passes(PAUSE_MS)
    await around.passes(PAUSE_MS)
    assert (around.told, around.documents.load("e")) == ([None], (3, b"s"))


async def test_an_attempt_whose_answer_was_lost_is_recognised(around: Around) -> None:
    around.fail(Fault.ANSWER_LOST)
    await around.save(0, 3)
    await around.passes(PAUSE_MS)
    assert around.told == [None]


async def test_one_that_cannot_be_stored_until_the_end_of_its_time_says_why(around: Around) -> None:
    around.fail(Fault.UNAVAILABLE, 10)
    await around.save(0, 3, until=around.clock.now() + 3 * PAUSE_MS)
    await around.passes(PAUSE_MS)
    await around.passes(PAUSE_MS)
    assert isinstance(around.told[0], Unavailable)


async def test_a_snapshot_that_is_still_being_tried_is_not_stored_after_the_end(around: Around) -> None:
    around.fail(Fault.UNAVAILABLE)
    await around.save(0, 3)
    around.documents.finish("e")
    await turns()
    await around.passes(MINUTE)
    assert (around.told, around.store.documents(KIND)) == ([], [])
