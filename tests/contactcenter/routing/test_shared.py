"""Commands reach the owner of a shard from any node, once, whatever happens on the way (routing.md §28.7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import pytest

from contactcenter.routing import Ownership, Routed, SharedRouting
from contactcenter.routing import messages as m
from interpreter.clock import VirtualClock
from store import MemoryStore

STREAM = "routing/default"
T = TypeVar("T")


class Centre:
    """Nodes on one store, with a network that can be told to fail."""

    def __init__(self) -> None:
        self.clock = VirtualClock(1_000_000)
        self.store = MemoryStore(self.clock.now)
        self.nodes: dict[str, SharedRouting] = {}
        self.cut: set[str] = set()
        self.lose_answers_of: set[str] = set()
        self.carried: list[str] = []

    async def carry(self, address: str, body: bytes, timeout_ms: int) -> bytes:
        self.carried.append(address)
        if address in self.cut:
            raise ConnectionRefusedError(address)
        told = await self.nodes[address].answer(body)
        if address in self.lose_answers_of:
            self.lose_answers_of.discard(address)
            raise TimeoutError
        return told

    async def node(self, name: str) -> SharedRouting:
        node = self.nodes[name] = SharedRouting(self.store, self.clock, Ownership(name, name), self.carry)
        await node.start()
        return node

    async def until(self, what: Awaitable[T]) -> T:
        """Let time pass in small steps until something has happened."""
        task = asyncio.ensure_future(what)
        for _ in range(400):
            if task.done():
                break
            await asyncio.sleep(0.0005)  # work in threads
            self.clock.advance(self.clock.now() + 10)
        return await task

    async def pass_time(self, ms: int) -> None:
        until = self.clock.now() + ms
        while self.clock.now() < until:
            self.clock.advance(self.clock.now() + 10)
            await asyncio.sleep(0.001)

    def crash(self, name: str) -> None:
        """The node is gone: it neither answers nor renews."""
        self.cut.add(name)
        node = self.nodes[name]
        node._stopped = True
        assert node._looking is not None
        node._looking.cancel()
        service = node._service
        if service is not None:
            service._stopped = True
            for timer in service._timers.values():
                timer.cancel()

    def count(self, kind: str) -> int:
        return [stored.type for stored in self.store.read(STREAM)].count(kind)


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    centre = Centre()
    yield centre
    for name, node in centre.nodes.items():
        if name not in centre.cut:
            await node.stop()


@pytest.fixture
async def two(
    centre: Centre, agent: Callable[..., Any], queue: Callable[..., Any]
) -> tuple[SharedRouting, SharedRouting]:
    """``one`` owns the shard, ``two`` does not; Ada works in Gold."""
    one, two = await centre.node("one"), await centre.node("two")
    assert (one.owns, two.owns) == (True, False)
    plain = {"agents": [agent("ada")], "queues": [queue("Gold", "ada")]}
    await centre.until(one.send(m.Configure(command_id="configure", configuration=plain)))
    await centre.until(one.send(m.SetStatus(command_id="ada", agent="ada", status="on_queue")))
    return one, two


def enqueue(item: str) -> m.Enqueue:
    return m.Enqueue(command_id=f"enqueue-{item}", item=item, queue="Gold")


Two = tuple[SharedRouting, SharedRouting]


async def test_a_command_from_any_node_is_carried_to_the_owner(centre: Centre, two: Two) -> None:
    answer = await centre.until(two[1].send(enqueue("call")))
    assert isinstance(answer, m.Accepted)
    assert centre.carried == ["one"]
    assert two[0].views.item("call") is not None


async def test_a_refusal_is_carried_back_and_not_tried_again(centre: Centre, two: Two) -> None:
    answer = await centre.until(two[1].send(m.Enqueue(command_id="x", item="call", queue="Silver")))
    assert isinstance(answer, m.Refused)
    assert answer.code == "unknown_queue"
    assert centre.carried == ["one"]


async def test_an_answer_that_was_lost_is_asked_for_again_and_the_command_happens_once(
    centre: Centre, two: Two
) -> None:
    centre.lose_answers_of = {"one"}
    answer = await centre.until(two[1].send(enqueue("call")))
    assert isinstance(answer, m.Accepted)
    assert centre.carried == ["one", "one"]
    assert centre.count("ItemEnqueued") == 1


async def test_an_owner_that_dies_with_the_answer_is_replaced_and_the_command_happens_once(
    centre: Centre, two: Two
) -> None:
    centre.lose_answers_of = {"one"}
    sending = asyncio.ensure_future(two[1].send(enqueue("call")))
    while "one" in centre.lose_answers_of:  # noqa: ASYNC110 - the network of this test tells nobody
        await asyncio.sleep(0.001)
    centre.crash("one")
    died = centre.clock.now()
    answer = await centre.until(sending)
    assert isinstance(answer, m.Accepted)
    assert two[1].owns
    assert centre.count("ItemEnqueued") == 1
    assert centre.clock.now() - died <= 800 + 300  # lease + 300 ms


async def test_the_offer_of_a_dead_owner_stays_open_with_its_deadline(centre: Centre, two: Two) -> None:
    await centre.until(two[0].send(enqueue("call")))
    before = two[0].views.item("call")
    centre.crash("one")
    await centre.pass_time(1_100)
    after = two[1].views.item("call")
    assert before is not None
    assert after is not None
    assert (after["reservation"], after["deadline"]) == (before["reservation"], before["deadline"])
    accept = m.Accept(command_id="accept", reservation=after["reservation"], agent="ada")
    assert isinstance(await centre.until(two[1].send(accept)), m.Accepted)


async def test_nobody_answers_is_said_after_three_seconds(centre: Centre, two: Two) -> None:
    centre.cut = {"one"}  # it renews its lease, and cannot be reached
    began = centre.clock.now()
    answer = await centre.until(two[1].send(enqueue("call")))
    assert isinstance(answer, m.Refused)
    assert answer.code == "unavailable"
    assert 2_700 <= centre.clock.now() - began <= 3_100


async def test_every_node_reads_along_and_hears_every_event_once(centre: Centre, two: Two) -> None:
    told: list[Routed] = []
    two[1].subscribe(told.append)
    await centre.until(two[0].send(enqueue("call")))
    await centre.pass_time(250)
    view = two[1].views.item("call")
    assert view is not None
    assert view["offered_to"] == "ada"
    assert not two[1].freshness.stale
    centre.crash("one")
    await centre.pass_time(1_100)
    await centre.until(two[1].send(enqueue("second")))
    seqs = [routed.seq for routed in told]
    assert seqs == list(range(seqs[0], centre.store.last(STREAM) + 1))


async def away_too_long(centre: Centre, one: SharedRouting, other: SharedRouting) -> None:
    """The owner hangs until another node has the shard; it does not know yet when it goes on."""
    assert one._service is not None
    for timer in one._service._timers.values():
        timer.cancel()  # no renewal
    looking, one._looking = one._looking, None
    assert looking is not None
    looking.cancel()
    await centre.pass_time(1_100)
    assert other.owns


async def test_an_owner_that_was_away_too_long_reads_what_the_new_one_has_decided(centre: Centre, two: Two) -> None:
    one, other = two
    await away_too_long(centre, one, other)
    assert isinstance(await centre.until(other.send(enqueue("call"))), m.Accepted)
    await centre.until(one.fresh())
    assert one.views.item("call") == other.views.item("call")
    assert one.views.agent("ada") == other.views.agent("ada")
    assert (one.owns, other.owns) == (False, True)


async def test_an_owner_that_was_away_for_a_moment_only_reads_as_before(centre: Centre, two: Two) -> None:
    one, other = two
    assert one._service is not None
    one._service._until = centre.clock.now() - 1
    await centre.until(one.fresh())
    assert (one.owns, other.owns) == (True, False)


async def test_an_owner_that_was_away_too_long_steps_down_and_passes_commands_on(centre: Centre, two: Two) -> None:
    one, other = two
    await away_too_long(centre, one, other)
    answer = await centre.until(one._try(enqueue("late"), centre.clock.now() + 3_000))
    assert answer is None  # fenced: nothing was written
    assert centre.count("ItemEnqueued") == 0
    one._looking = asyncio.create_task(one._look_again())
    assert isinstance(await centre.until(one.send(enqueue("late"))), m.Accepted)
    assert (one.owns, other.owns) == (False, True)
    assert centre.count("ItemEnqueued") == 1
    epochs = [stored.epoch for stored in centre.store.read(STREAM)]
    assert epochs == sorted(epochs)


async def test_what_is_no_command_is_refused(centre: Centre, two: Two) -> None:
    assert b"bad_command" in await two[0].answer(b"{}")
    assert b"bad_command" in await two[0].answer(b"not json")


async def test_a_clean_stop_hands_over_at_once(centre: Centre, two: Two) -> None:
    await two[0].stop()
    centre.cut.add("one")
    await centre.pass_time(250)
    assert two[1].owns
