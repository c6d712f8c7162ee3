"""Several shards behind one port: a command reaches the one that it concerns, and each lives and dies by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar
from unittest.mock import Mock

import pytest

from contactcenter.routing import Ownership, Routed, Shards, labels_of
from contactcenter.routing import messages as m
from interpreter.clock import VirtualClock
from store import MemoryStore, Unavailable

T = TypeVar("T")
Make = Callable[..., dict[str, Any]]
NORTH, SOUTH = {"x-callwright": {"shard": "north"}}, {"x-callwright": {"shard": "south"}}


class Centre:
    """Nodes on one store."""

    def __init__(self) -> None:
        self.clock = VirtualClock(1_000_000)
        self.store = MemoryStore(self.clock.now)
        self.nodes: dict[str, Shards] = {}
        self.commands = 0

    async def carry(self, address: str, body: bytes, timeout_ms: int) -> bytes:
        if address not in self.nodes:
            raise ConnectionRefusedError(address)
        return await self.nodes[address].answer(body)

    async def node(self, name: str, labels: Iterable[str]) -> Shards:
        node = self.nodes[name] = Shards(
            self.store, self.clock, Ownership(name, name, 4_000), self.carry, labels=labels
        )
        await self.until(node.start())
        return node

    async def until(self, what: Awaitable[T]) -> T:
        """Let time pass in small steps until something has happened."""
        task = asyncio.ensure_future(what)
        for _ in range(5_000):
            if task.done():
                break
            await asyncio.sleep(0.0005)  # work in threads, which a busy machine may keep waiting
            self.clock.advance(self.clock.now() + 1)
        return await task

    async def pass_time(self, ms: int) -> None:
        until = self.clock.now() + ms
        while self.clock.now() < until:
            self.clock.advance(self.clock.now() + 10)
            await asyncio.sleep(0)

    async def says(self, node: Shards, make: Callable[..., m.Command], **fields: Any) -> m.Answer:
        self.commands += 1
        return await self.until(node.send(make(command_id=f"c{self.commands}", **fields)))

    async def configured(self, node: Shards, plain: dict[str, Any]) -> None:
        answer = await self.says(node, m.Configure, configuration=plain)
        assert isinstance(answer, m.Accepted), answer

    async def on_queue(self, node: Shards, *agents: str) -> None:
        for agent in agents:
            assert isinstance(await self.says(node, m.SetStatus, agent=agent, status="on_queue"), m.Accepted)


@pytest.fixture
async def centre() -> AsyncIterator[Centre]:
    centre = Centre()
    yield centre
    for node in centre.nodes.values():
        await node.stop()


@pytest.fixture
def plain(agent: Make, queue: Make) -> dict[str, Any]:
    """Ada in Gold (north), Ben in Silver (south)."""
    queues = [queue("Gold", "ada", **NORTH), queue("Silver", "ben", enableManualAssignment=True, **SOUTH)]
    return {"agents": [agent("ada"), agent("ben")], "queues": queues}


async def works(centre: Centre, plain: dict[str, Any]) -> Shards:
    node = await centre.node("one", labels_of(plain))
    await centre.configured(node, plain)
    await centre.on_queue(node, "ada", "ben")
    return node


async def test_each_shard_has_its_own_queues_agents_and_journal(centre: Centre, plain: dict[str, Any]) -> None:
    node = await works(centre, plain)
    heard: list[Routed] = []
    node.subscribe(heard.append)
    for item, queue in (("g", "Gold"), ("s", "Silver")):
        await centre.says(node, m.Enqueue, item=item, queue=queue)
    offers = {(one.shard, one.event.agent) for one in heard if isinstance(one.event, m.ItemReserved)}
    assert offers == {("north", "ada"), ("south", "ben")}
    types = {shard: {one.type for one in centre.store.read(f"routing/{shard}")} for shard in ("north", "south")}
    assert all("ItemReserved" in kinds for kinds in types.values())
    assert not centre.store.read("routing/default")


async def test_an_item_that_changes_shards_is_offered_under_another_reservation(
    centre: Centre, plain: dict[str, Any]
) -> None:
    node = await works(centre, plain)
    reservations = set()
    for queue in ("Gold", "Silver"):
        await centre.says(node, m.Enqueue, item="call", queue=queue)
        reservations.add(node.views.item("call")["reservation"])  # type: ignore[index]
        await centre.says(node, m.Cancel, item="call", reason="transferred")
    assert len(reservations) == 2


async def test_commands_find_the_shard_of_what_they_name(centre: Centre, plain: dict[str, Any]) -> None:
    node = await works(centre, plain)
    await centre.says(node, m.Enqueue, item="s", queue="Silver")
    assert isinstance(await centre.says(node, m.PatchRouting, item="s", priority=5), m.Accepted)
    reservation = node.views.item("s")["reservation"]  # type: ignore[index]
    assert isinstance(await centre.says(node, m.DeliveryFailed, reservation=reservation), m.Accepted)
    await centre.on_queue(node, "ben")
    await centre.pass_time(2_100)
    reservation = node.views.item("s")["reservation"]  # type: ignore[index]
    assert isinstance(await centre.says(node, m.Accept, reservation=reservation, agent="ben"), m.Accepted)
    assert isinstance(await centre.says(node, m.UnitChanged, item="s", agent="ben", unit="released"), m.Accepted)
    refused = await centre.says(node, m.CustomerGone, item="s")
    assert isinstance(refused, m.Refused)
    assert refused.code == "not_waiting"
    nowhere = await centre.says(node, m.Enqueue, item="x", queue="Bronze")
    assert isinstance(nowhere, m.Refused)
    assert nowhere.code == "unknown_queue"


@pytest.mark.parametrize("how", ["assign", "join"])
async def test_nobody_works_in_two_shards(centre: Centre, plain: dict[str, Any], how: str) -> None:
    node = await works(centre, plain)
    await centre.says(node, m.SetStatus, agent="ben", status="off_queue")
    await centre.says(node, m.Enqueue, item="s", queue="Silver")
    if how == "assign":
        answer = await centre.says(node, m.Assign, item="s", agent="ada", by="boss")
    else:
        answer = await centre.says(node, m.JoinQueue, queue="Silver", agent="ada")
    assert isinstance(answer, m.Refused)
    assert (answer.code, answer.message) == ("agent_in_two_shards", "agent ada works in another shard")


async def test_views_are_those_of_all_shards(centre: Centre, plain: dict[str, Any]) -> None:
    node = await works(centre, plain)
    for item, queue in (("g", "Gold"), ("s", "Silver"), ("s2", "Silver")):
        await centre.says(node, m.Enqueue, item=item, queue=queue)
    views = node.views
    assert [queue["id"] for queue in views.queues()] == ["Gold", "Silver"]
    assert [item["item"] for item in views.waiting()] == ["g", "s", "s2"]
    assert [item["item"] for item in views.waiting("Silver")] == ["s", "s2"]
    assert [agent["id"] for agent in views.agents()] == ["ada", "ben"]
    assert (views.position("s2"), views.item("s2")["queue"]) == (2, "Silver")  # type: ignore[index]
    assert views.explain("s2")["single"] == {"no capacity for call": ["ben"]}  # type: ignore[index]
    assert views.queue_figures("Silver", 0, centre.clock.now())["offered"] == 2  # type: ignore[index]
    assert (views.agent("ben")["status"], views.agent("eve")) == ("IDLE", None)  # type: ignore[index]
    assert (views.queue("Bronze"), views.item("x"), views.explain("x")) == (None, None, None)


async def test_a_queue_with_callers_stays_in_its_shard_until_it_is_empty(
    centre: Centre, plain: dict[str, Any], queue: Make
) -> None:
    node = await works(centre, plain)
    await centre.says(node, m.Enqueue, item="g", queue="Gold")
    moved = {**plain, "queues": [queue("Gold", "ada", **SOUTH), plain["queues"][1]]}
    await centre.configured(node, moved)
    assert node.views.item("g")["offered_to"] == "ada"  # type: ignore[index]
    assert "Gold" in node.parts["north"].views.core.organisation.queues
    await centre.says(node, m.CustomerGone, item="g")
    await centre.configured(node, moved)
    assert not node.parts["north"].views.core.organisation.queues
    await centre.on_queue(node, "ada")
    await centre.says(node, m.Enqueue, item="again", queue="Gold")
    assert node.views.item("again")["offered_to"] == "ada"  # type: ignore[index]
    assert node.parts["south"].views.item("again") is not None


async def test_a_shard_whose_label_is_gone_is_served_to_its_end_after_a_restart(
    centre: Centre, plain: dict[str, Any], queue: Make
) -> None:
    node = await works(centre, plain)
    await centre.says(node, m.Enqueue, item="g", queue="Gold")
    await node.stop()
    moved = {**plain, "queues": [queue("Gold", "ada", **SOUTH), plain["queues"][1]]}
    again = await centre.node("one", labels_of(moved))
    assert sorted(again.parts) == ["north", "south"]
    await centre.configured(again, moved)
    reservation = again.views.item("g")["reservation"]  # type: ignore[index]
    assert isinstance(await centre.says(again, m.Accept, reservation=reservation, agent="ada"), m.Accepted)


async def test_what_was_there_before_there_were_several_shards_is_found(
    centre: Centre, plain: dict[str, Any], agent: Make, queue: Make
) -> None:
    before = {**plain, "queues": [queue("Gold", "ada"), queue("Silver", "ben")]}
    node = await centre.node("one", labels_of(before))
    await centre.configured(node, before)
    await centre.says(node, m.Enqueue, item="g", queue="Gold")
    await node.stop()
    again = await centre.node("one", labels_of(plain))
    await centre.configured(again, plain)
    assert (again.views.item("g")["queue"], "Gold" in again.parts["default"].views.core.organisation.queues) == (  # type: ignore[index]
        "Gold",
        True,
    )


async def test_labels_that_agents_cannot_follow_are_refused(centre: Centre, plain: dict[str, Any], queue: Make) -> None:
    node = await works(centre, plain)
    both = {**plain, "queues": [queue("Gold", "ada", **NORTH), queue("Silver", "ada", **SOUTH)]}
    refused = await centre.says(node, m.Configure, configuration=both)
    assert isinstance(refused, m.Refused)
    assert refused.code == "bad_configuration"
    new = {**plain, "queues": [queue("Gold", "ada", **{"x-callwright": {"shard": "west"}}), plain["queues"][1]]}
    unknown = await centre.says(node, m.Configure, configuration=new)
    assert isinstance(unknown, m.Refused)
    assert "the shard west is not known to this node" in unknown.message


async def test_a_configuration_is_refused_while_the_database_is_away(
    centre: Centre, plain: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    await works(centre, plain)
    other = await centre.node("two", labels_of(plain))
    with monkeypatch.context() as away:
        away.setattr(centre.store, "read", Mock(side_effect=Unavailable("the database is away")))
        answer = await centre.says(other, m.Configure, configuration=plain)
    assert answer == m.Refused("unavailable", "the database is away")


async def test_two_nodes_each_own_a_shard_and_one_takes_over_when_the_other_dies(
    centre: Centre, plain: dict[str, Any]
) -> None:
    two = await centre.node("two", ["south"])
    one = await centre.node("one", labels_of(plain))
    assert (one.parts["north"].owns, one.parts["south"].owns, two.owns) == (True, False, True)
    await centre.configured(one, plain)
    await centre.on_queue(one, "ada", "ben")
    for item, queue in (("g", "Gold"), ("s", "Silver")):
        assert isinstance(await centre.says(one, m.Enqueue, item=item, queue=queue), m.Accepted)
    await centre.until(one.fresh())
    assert one.views.item("s")["offered_to"] == "ben", "decided at two, seen at one"  # type: ignore[index]
    assert (one.decides_for("Gold"), one.decides_for("Silver")) == (True, False)
    await centre.nodes.pop("two").stop()
    gone = await centre.says(one, m.CustomerGone, item="s")
    assert isinstance(gone, m.Accepted)
    assert one.decides_for("Silver")
