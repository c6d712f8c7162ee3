"""Bad input has a clear refusal or a stated outcome, and nothing that waits is stuck by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import RoutingService, Statistics, decode
from contactcenter.routing import messages as m
from interpreter.clock import VirtualClock
from store import MemoryStore

Make = Callable[..., dict[str, Any]]
BAD_STEP = {"queues": [{"id": "x", "x-callwright": {"steps": [{"expression": "Klingon"}]}}]}
BAD_KNOB = {"queues": [{"id": "x", "x-callwright": {"max_wait_days": "ever"}}]}


@pytest.fixture
def gold(story: Any, agent: Make, queue: Make) -> Any:
    """Ada (German) and Ben work in Gold; there is Silver too."""
    agents = [agent("ada", "German"), agent("ben")]
    story.configure(agents=agents, queues=[queue("Gold", "ada", "ben"), queue("Silver", "ben")])
    story.on_queue("ada", "ben")
    return story


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"queue": "Platinum"}, "unknown_queue", "'Platinum'"),
        ({"skills": ("Klingon",)}, "unknown_skill", "'Klingon'"),
        ({"language": "Klingon"}, "unknown_skill", "'Klingon'"),
        ({"expression": "German AND ("}, "bad_expression", ""),
        ({"expression": "Klingon >= 3"}, "bad_expression", "Klingon"),
        ({"media": "telegraph"}, "unknown_media", "'telegraph'"),
        ({"priority": 25_000_001}, "bad_priority", "25,000,000"),
        ({"skills": tuple(f"s{n}" for n in range(21))}, "unknown_skill", "'s0'"),
        ({"preferred": (("ada", 101),)}, "bad_score", "100"),
        ({"label": "wip"}, "unknown_label", "'wip'"),
        ({"not_before": 10**12}, "bad_schedule", "720 hours"),
    ],
)
def test_an_item_that_cannot_be_right_is_refused_with_what_is_wrong(
    gold: Any, fields: dict[str, Any], code: str, words: str
) -> None:
    queue, skills = fields.pop("queue", "Gold"), fields.pop("skills", ())
    answer = gold.enqueue("call", queue, *skills, **fields)
    assert (answer.code, words in answer.message) == (code, True)
    assert not gold.core.state.items
    assert not gold.events


@pytest.mark.parametrize(
    ("make", "fields", "code"),
    [
        (m.SetStatus, {"agent": "eve", "status": "on_queue"}, "unknown_agent"),
        (m.SetStatus, {"agent": "ada", "status": "asleep"}, "unknown_status"),
        (m.JoinQueue, {"agent": "ada", "queue": "Platinum"}, "unknown_queue"),
        (m.JoinQueue, {"agent": "ada", "queue": "Silver", "ring": 0}, "bad_ring"),
        (m.SetSkills, {"agent": "ada", "skills": {"Klingon": 1.0}}, "unknown_skill"),
        (m.SetSkills, {"agent": "ada", "skills": {"German": 5.1}}, "bad_proficiency"),
        (m.SetSkills, {"agent": "ada", "skills": {"German": float("nan")}}, "bad_proficiency"),
        (m.NonAcd, {"agent": "ada", "media": "telegraph", "change": 1}, "unknown_media"),
        (m.UnitChanged, {"agent": "ada", "item": "call", "unit": "vanished"}, "unknown_unit"),
        (m.Configure, {"configuration": {"queues": "many"}}, "bad_configuration"),
        (m.Configure, {"configuration": BAD_KNOB}, "bad_configuration"),
        (m.Configure, {"configuration": BAD_STEP}, "bad_configuration"),
    ],
)
def test_a_command_that_cannot_be_right_changes_nothing(
    gold: Any, make: Callable[..., m.Command], fields: dict[str, Any], code: str
) -> None:
    before = gold.core.snapshot()
    assert gold.refusal(gold.send(make, **fields)) == code
    assert gold.core.snapshot() == before


@pytest.mark.parametrize(
    ("make", "fields", "code"),
    [
        (m.Accept, {"reservation": "R", "agent": "ada"}, "stale_reservation"),
        (m.Decline, {"reservation": "R", "agent": "ada"}, "stale_reservation"),
        (m.DeliveryFailed, {"reservation": "R"}, "stale_reservation"),
        (m.UnitChanged, {"agent": "ada", "item": "call", "unit": "released"}, "stale_reservation"),
        (m.PatchRouting, {"item": "call", "priority": 5}, "not_waiting"),
        (m.Cancel, {"item": "call", "reason": "flow_out"}, "not_waiting"),
        (m.CustomerGone, {"item": "call"}, "not_waiting"),
        (m.Assign, {"item": "call", "agent": "ada", "by": "boss"}, "not_waiting"),
        (m.Pull, {"item": "call", "agent": "ada"}, "not_waiting"),
        (m.Scores, {"item": "call", "scores": {}}, "not_waiting"),
    ],
)
def test_what_comes_for_an_item_that_has_ended_is_refused(
    gold: Any, make: Callable[..., m.Command], fields: dict[str, Any], code: str
) -> None:
    gold.enqueue("call")
    fields = {name: gold.reservation("call") if value == "R" else value for name, value in fields.items()}
    gold.send(m.CustomerGone, item="call")
    before = gold.core.snapshot()
    assert gold.refusal(gold.send(make, **fields)) == code
    assert gold.core.snapshot() == before


def test_the_same_item_twice_is_a_duplicate_and_the_same_command_is_the_same_answer(gold: Any) -> None:
    first = gold.enqueue("call", command_id="one")
    assert gold.enqueue("call", command_id="one") == first
    assert gold.events == ()
    assert gold.refusal(gold.enqueue("call", command_id="two")) == "duplicate"


def test_an_agent_deleted_while_alerted_gives_the_item_to_the_next_one(gold: Any, agent: Make, queue: Make) -> None:
    gold.enqueue("call")
    assert gold.offered("call") == "ada"
    place = gold.core.state.items["call"].at
    gold.configure(agents=[agent("ben")], queues=[queue("Gold", "ada", "ben")])
    assert gold.offered("call") == "ben"
    assert gold.core.state.items["call"].at == place
    assert [type(event).__name__ for event in gold.events][:1] == ["OfferWithdrawn"]


def test_an_agent_deleted_while_talking_ends_quietly(gold: Any, agent: Make, queue: Make) -> None:
    gold.enqueue("call")
    gold.send(m.Accept, reservation=gold.reservation("call"), agent="ada")
    gold.configure(agents=[agent("ben")], queues=[queue("Gold", "ben")])
    assert gold.refusal(gold.send(m.UnitChanged, agent="ada", item="call", unit="released")) == "unknown_agent"


def test_a_deleted_queue_ends_what_waits_and_what_is_offered_in_it(gold: Any, agent: Make, queue: Make) -> None:
    for number in range(4):
        gold.enqueue(f"call{number}")
    gold.configure(agents=[agent("ada"), agent("ben")], queues=[queue("Silver", "ben")])
    left = [(event.item, event.reason) for event in gold.events if isinstance(event, m.ItemLeft)]
    assert left == [(f"call{number}", "queue_deleted") for number in range(4)]
    assert not gold.core.state.reservations
    assert not any(agent.units for agent in gold.core.state.agents.values())
    gold.enqueue("next", "Silver")
    assert gold.offered("next") == "ben"


def test_a_direct_item_for_somebody_who_is_not_there_goes_to_the_backup_at_once(
    story: Any, agent: Make, queue: Make
) -> None:
    direct = {"backupQueueId": "Silver", "waitForAgent": True, "agentWaitSeconds": 600}
    story.configure(agents=[agent("ben")], queues=[queue("Gold", directRouting=direct), queue("Silver", "ben")])
    story.on_queue("ben")
    story.enqueue("call", "Gold", direct="eve")
    story.wait(0)
    assert story.offered("call") == "ben"


def test_a_wait_that_began_in_the_future_begins_now(gold: Any) -> None:
    answer = gold.enqueue("call", keep_wait_of=gold.now + 60_000)
    assert answer.data["enqueued_at"] == gold.now


async def test_a_clock_that_is_behind_the_journal_goes_on_from_there(agent: Make, queue: Make) -> None:
    """Another machine's clock, or one that was set back between two lives of a node."""
    memory = MemoryStore(lambda: 0)
    plain = {"agents": [agent("ada")], "queues": [queue("Gold", "ada")]}
    early, late = VirtualClock(5_000_000), VirtualClock(1_000_000)
    first = RoutingService(memory, early)
    await first.start()
    await first.send(m.Configure(command_id="configure", configuration=plain))
    await first.send(m.SetStatus(command_id="on", agent="ada", status="on_queue"))
    await first.send(m.Enqueue(command_id="in", item="call", queue="Gold"))
    second = RoutingService(memory, late)
    await second.start()
    await second.send(m.Enqueue(command_id="in2", item="other", queue="Gold"))
    assert second.views.waiting()[1]["waited_ms"] == 0
    late.advance(late.now() + 8_000)  # the alert of 8 s is over in 8 s, not in 4,000
    for _ in range(20):
        await asyncio.sleep(0)
    assert second.views.agent("ada")["status"] == "NOT_RESPONDING"  # type: ignore[index]
    times = [stored.at for stored in memory.read("routing/default")]
    assert times == sorted(times)
    counted = Statistics()
    for stored in memory.read("routing/default"):
        counted.apply(decode(stored).event, stored.at)
    assert counted.snapshot() == second.statistics.snapshot()
