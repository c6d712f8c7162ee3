"""The edge: durable before told, one owner, every recovery path on the fake store (routing.md §28)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from contactcenter.routing import Ownership, Routed, RoutingService, Statistics, decode
from contactcenter.routing import messages as m
from interpreter.clock import VirtualClock
from store import Fault, MemoryStore, Store, open_store

STREAM = "routing/default"
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(1_000_000)


@pytest.fixture
def memory(clock: VirtualClock) -> MemoryStore:
    return MemoryStore(clock.now)


@pytest.fixture
def plain(agent: Make, queue: Make) -> dict[str, Any]:
    gold = queue("Gold", "ada", "ben", mediaSettings={"call": {"alertingTimeoutSeconds": 20}})
    return {"agents": [agent("ada"), agent("ben")], "queues": [gold]}


@pytest.fixture
async def service(memory: MemoryStore, clock: VirtualClock, plain: dict[str, Any]) -> AsyncIterator[RoutingService]:
    service = RoutingService(memory, clock)
    assert await service.start()
    await ready(service, plain)
    yield service
    await service.stop()


async def ready(service: RoutingService, plain: dict[str, Any]) -> None:
    """Configured, and Ada at work."""
    await service.send(m.Configure(command_id="configure", configuration=plain))
    await service.send(m.SetStatus(command_id="ada", agent="ada", status="on_queue"))


def enqueue(item: str, **fields: Any) -> m.Enqueue:
    return m.Enqueue(command_id=f"enqueue-{item}", item=item, queue="Gold", **fields)


async def pass_time(clock: VirtualClock, seconds: float) -> None:
    """Let timers fire and what they started run."""
    clock.advance(clock.now() + round(seconds * 1000))
    for _ in range(20):
        await asyncio.sleep(0)


def reserved(told: list[Routed]) -> list[m.ItemReserved]:
    return [routed.event for routed in told if isinstance(routed.event, m.ItemReserved)]


async def test_an_offer_is_told_after_its_event_is_durable(service: RoutingService, memory: MemoryStore) -> None:
    told: list[Routed] = []

    def listen(routed: Routed) -> None:
        assert memory.last(STREAM) >= routed.seq
        told.append(routed)

    service.subscribe(listen)
    memory.inject(Fault.DELAY)
    sending = asyncio.create_task(service.send(enqueue("call")))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not told
    assert not sending.done()
    memory.resume()
    assert await sending == m.Accepted({"position": 1, "enqueued_at": 1_000_000})
    (offer,) = reserved(told)
    assert (offer.item, offer.agent, offer.deadline) == ("call", "ada", 1_020_000)
    assert [routed.seq for routed in told] == list(range(told[0].seq, told[0].seq + len(told)))
    assert told[0].id == f"routing/default:{told[0].seq}"


async def test_the_same_command_gives_the_same_answer_and_no_second_event(
    service: RoutingService, memory: MemoryStore
) -> None:
    first = await service.send(enqueue("call"))
    last = memory.last(STREAM)
    assert await service.send(enqueue("call")) == first
    assert memory.last(STREAM) == last


async def test_an_alert_times_out_by_the_clock(service: RoutingService, clock: VirtualClock) -> None:
    await service.send(enqueue("call"))
    await pass_time(clock, 19.999)
    assert service.views.agent("ada")["status"] == "IDLE"  # type: ignore[index]
    await pass_time(clock, 0.001)
    assert service.views.agent("ada")["status"] == "NOT_RESPONDING"  # type: ignore[index]
    assert service.views.position("call") == 1


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.UNAVAILABLE, Fault.ANSWER_LOST])
async def test_a_failed_commit_is_decided_again_and_happens_once(
    service: RoutingService, memory: MemoryStore, fault: Fault
) -> None:
    told: list[Routed] = []
    service.subscribe(told.append)
    memory.inject(fault)
    answer = await service.send(enqueue("call"))
    assert isinstance(answer, m.Accepted)
    assert len(reserved(told)) == 1
    types = [stored.type for stored in memory.read(STREAM)]
    assert types.count("ItemEnqueued") == types.count("ItemReserved") == 1
    assert [routed.seq for routed in told] == sorted({routed.seq for routed in told})


async def test_commands_that_ran_ahead_of_a_failed_one_are_decided_again(
    service: RoutingService, memory: MemoryStore
) -> None:
    memory.inject(Fault.DELAY)
    memory.inject(Fault.CONFLICT, after=1)
    sending = [asyncio.create_task(service.send(enqueue(name))) for name in ("one", "two", "three")]
    for _ in range(10):
        await asyncio.sleep(0)
    memory.resume()
    answers = await asyncio.gather(*sending)
    assert all(isinstance(answer, m.Accepted) for answer in answers)
    assert sorted(view["item"] for view in service.views.waiting()) == ["one", "three", "two"]
    assert [stored.type for stored in memory.read(STREAM)].count("ItemEnqueued") == 3


async def test_a_refusal_waits_for_what_it_rests_on(service: RoutingService, memory: MemoryStore) -> None:
    memory.inject(Fault.DELAY)
    first = asyncio.create_task(service.send(enqueue("call")))
    await asyncio.sleep(0)
    second = asyncio.create_task(service.send(m.Enqueue(command_id="other", item="call", queue="Gold")))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not second.done()
    memory.resume()
    assert isinstance(await first, m.Accepted)
    assert (await second).code == "duplicate"  # type: ignore[union-attr]


async def test_a_store_that_stays_away_is_told_after_three_seconds(
    service: RoutingService, memory: MemoryStore, clock: VirtualClock
) -> None:
    for after in range(100):
        memory.inject(Fault.UNAVAILABLE, after)
    sending = asyncio.create_task(service.send(enqueue("call")))
    for _ in range(40):
        await pass_time(clock, 0.1)
    assert (await sending).code == "unavailable"  # type: ignore[union-attr]


async def test_a_tick_that_was_not_written_is_made_again(
    service: RoutingService, memory: MemoryStore, clock: VirtualClock
) -> None:
    await service.send(enqueue("call"))
    memory.inject(Fault.UNAVAILABLE)
    await pass_time(clock, 20)
    for _ in range(20):
        await asyncio.sleep(0.001)  # rebuilding reads in a thread
        await pass_time(clock, 0.1)
    assert service.views.agent("ada")["status"] == "NOT_RESPONDING"  # type: ignore[index]


async def test_a_restart_goes_on_with_the_same_offer_and_deadline(
    memory: MemoryStore, clock: VirtualClock, plain: dict[str, Any]
) -> None:
    first = RoutingService(memory, clock)
    await first.start()
    await ready(first, plain)
    await first.send(enqueue("call"))
    before = first.views.item("call")
    clock.advance(clock.now() + 5_000)
    second = RoutingService(memory, clock)
    told: list[Routed] = []
    second.subscribe(told.append)
    await second.start()
    after = second.views.item("call")
    assert before is not None
    assert after is not None
    assert (after["reservation"], after["deadline"]) == (before["reservation"], before["deadline"])
    assert told == []
    answer = await second.send(m.Accept(command_id="accept", reservation=after["reservation"], agent="ada"))
    assert isinstance(answer, m.Accepted)


@pytest.mark.parametrize("every", [1, 3, 7])
async def test_a_snapshot_and_the_journal_after_it_give_the_same_state(
    memory: MemoryStore, clock: VirtualClock, plain: dict[str, Any], every: int
) -> None:
    service = RoutingService(memory, clock, snapshot_every=every)
    await service.start()
    await ready(service, plain)
    for number in range(5):
        await service.send(enqueue(str(number), priority=number))
    replayed = RoutingService(memory, clock)
    await replayed.start()
    assert memory.documents("routing-snapshot")
    assert replayed.views.waiting() == service.views.waiting()
    assert replayed.statistics.snapshot() == service.statistics.snapshot()
    counted = Statistics()
    for stored in memory.read(STREAM):
        counted.apply(decode(stored).event, stored.at)
    assert counted.snapshot() == service.statistics.snapshot()


async def test_a_shard_has_one_owner_and_the_old_one_is_fenced(
    memory: MemoryStore, clock: VirtualClock, plain: dict[str, Any]
) -> None:
    one = RoutingService(memory, clock, ownership=Ownership("one", "node-1:80"))
    two = RoutingService(memory, clock, ownership=Ownership("two", "node-2:80"))
    assert await one.start()
    await ready(one, plain)
    assert not await two.start()
    clock.at += 801  # as if the first had been stopped: none of its timers fires
    assert await two.start()
    assert isinstance(await two.send(enqueue("call")), m.Accepted)
    sending = asyncio.create_task(one.send(enqueue("late")))
    for _ in range(80):
        await asyncio.sleep(0.001)
        clock.at += 50
        await pass_time(clock, 0)
        memory.renew(STREAM, "two", 2, 800)
        if sending.done():
            break
    assert (await sending).code == "unavailable"  # type: ignore[union-attr]
    assert [stored.epoch for stored in memory.read(STREAM)] == sorted(s.epoch for s in memory.read(STREAM))
    assert two.views.position("late") is None


async def test_an_owner_that_stops_hands_over_at_once(
    memory: MemoryStore, clock: VirtualClock, plain: dict[str, Any]
) -> None:
    one = RoutingService(memory, clock, ownership=Ownership("one"))
    await one.start()
    await ready(one, plain)
    await one.stop()
    assert await RoutingService(memory, clock, ownership=Ownership("two")).start()


async def test_a_silent_desk_makes_the_agent_not_responding(service: RoutingService, clock: VirtualClock) -> None:
    await service.send(enqueue("call"))
    await service.send(m.Accept(command_id="a", reservation=service.views.item("call")["reservation"], agent="ada"))  # type: ignore[index]
    await service.send(m.Heartbeat(command_id="h1", agent="ada"))
    await pass_time(clock, 40)
    await service.send(m.Heartbeat(command_id="h2", agent="ada"))
    await pass_time(clock, 59)
    assert service.views.agent("ada")["status"] == "INTERACTING"  # type: ignore[index]
    await pass_time(clock, 1)
    assert service.views.agent("ada")["status"] == "NOT_RESPONDING"  # type: ignore[index]


async def test_a_listener_that_fails_does_not_stop_the_others(
    service: RoutingService, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Routed] = []

    def fail(_: Routed) -> None:
        raise RuntimeError("listener")

    service.subscribe(fail)
    service.subscribe(told.append)
    assert isinstance(await service.send(enqueue("call")), m.Accepted)
    assert reserved(told)
    assert "a listener of routing/default failed" in caplog.text


async def test_scores_are_asked_for_outside_of_the_core(
    memory: MemoryStore, clock: VirtualClock, plain: dict[str, Any]
) -> None:
    async def scorer(item: m.ItemEnqueued, agents: tuple[str, ...]) -> dict[str, int]:
        assert (item.item, agents) == ("call", ("ada", "ben"))
        return {"ada": 10, "ben": 100}

    plain["queues"][0]["predictiveRouting"] = {"timeoutSeconds": 60}
    service = RoutingService(memory, clock, scorer=scorer)
    await service.start()
    await ready(service, plain)
    await service.send(m.SetStatus(command_id="ben", agent="ben", status="on_queue"))
    await service.send(enqueue("call"))
    await pass_time(clock, 0)
    assert service.views.item("call")["offered_to"] == "ben"  # type: ignore[index]


async def test_conditional_groups_read_the_sampled_figures(
    memory: MemoryStore, clock: VirtualClock, plain: dict[str, Any]
) -> None:
    plain["groups"] = [{"id": "night", "members": ["ben"]}]
    plain["queues"][0]["members"] = [{"id": "ada"}]
    condition = {"simpleMetric": {"metric": "EstimatedWaitTime"}, "operator": "GreaterThan", "value": 60}
    rule = {"conditions": [condition], "conditionExpression": "C1", "groups": [{"id": "night"}]}
    plain["queues"][0]["conditionalGroupActivation"] = {"rules": [rule]}
    service = RoutingService(memory, clock)
    await service.start()
    await ready(service, plain)
    await service.send(m.SetStatus(command_id="ben", agent="ben", status="on_queue"))
    await service.send(enqueue("one"))
    await service.send(m.Accept(command_id="a", reservation=service.views.item("one")["reservation"], agent="ada"))  # type: ignore[index]
    await service.send(enqueue("two"))
    assert service.views.item("two")["offered_to"] is None  # type: ignore[index]
    await pass_time(clock, 0)
    assert service.views.item("two")["offered_to"] == "ben", "figures are taken at once"  # type: ignore[index]
    assert service.views.agents("Gold")[1]["id"] == "ben"
    await service.send(m.CustomerGone(command_id="gone", item="two"))
    await pass_time(clock, 60)
    assert [agent["id"] for agent in service.views.agents("Gold")] == ["ada"], "and again every minute"


async def test_the_service_level_of_conditions_looks_back_half_an_hour_whatever_the_clock_says(
    memory: MemoryStore, clock: VirtualClock, plain: dict[str, Any]
) -> None:
    rule = {"metric": "ServiceLevel", "operator": "LessThan", "conditionValue": 50, "groups": []}
    plain["queues"][0]["conditionalGroupRouting"] = {"rules": [rule]}
    service = RoutingService(memory, clock)
    await service.start()
    await service.send(m.Configure(command_id="configure", configuration=plain))
    half_hour = clock.now() - clock.now() % 1_800_000 + 1_800_000
    await pass_time(clock, (half_hour - clock.now()) / 1000 - 300)

    def level() -> float | None:
        return service.views.metrics()["Gold"].get("ServiceLevel")

    for number in range(10):
        await service.send(enqueue(f"call {number}"))
        await pass_time(clock, 1)
        assert level() is None, "ten samples make a figure"
        await service.send(m.CustomerGone(command_id=f"gone {number}", item=f"call {number}"))
    await pass_time(clock, 360)
    assert level() == 0.0, "a new half-hour has begun, and nothing is forgotten"
    assert Statistics.restore(service.statistics.snapshot()).snapshot() == service.statistics.snapshot()  # type: ignore[union-attr]
    await pass_time(clock, 1_440)
    assert level() == 0.0
    await pass_time(clock, 120)
    assert level() is None


async def test_the_whole_way_on_sqlite(tmp_path: Path, clock: VirtualClock, plain: dict[str, Any]) -> None:
    store: Store = open_store(f"sqlite:///{tmp_path}/callwright.db")
    service = RoutingService(store, clock, ownership=Ownership("one"))
    await service.start()
    await ready(service, plain)
    answers = await asyncio.gather(*(service.send(enqueue(str(number))) for number in range(50)))
    assert all(isinstance(answer, m.Accepted) for answer in answers)
    offered = next(view for view in service.views.waiting() if view["offered_to"])
    accepted = await service.send(m.Accept(command_id="a", reservation=offered["reservation"], agent="ada"))
    assert isinstance(accepted, m.Accepted)
    await service.stop()
    again = RoutingService(store, clock, ownership=Ownership("two"))
    await again.start()
    assert len(again.views.waiting()) == 49
    assert again.views.agent("ada")["status"] == "INTERACTING"  # type: ignore[index]
    await again.stop()
    store.close()
