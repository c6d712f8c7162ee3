"""Waiting items by one integer each, and what a busy shard leaves the garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.routing import Core, apply
from contactcenter.routing import messages as m
from contactcenter.routing.configuration import Queue
from contactcenter.routing.signature import key_of, order_of, rank
from contactcenter.routing.state import DAY_MS, Item

YEARS_MS = 100 * 365 * 24 * 3_600_000

items = st.builds(
    Item,
    id=st.just("i"),
    queue=st.just("q"),
    media=st.just("call"),
    requirement=st.just(m.Requirement()),
    priority=st.integers(-25_000_000, 25_000_000),
    at=st.integers(-YEARS_MS, YEARS_MS) | st.integers(0, 3),
    seq=st.integers(1, 10**12) | st.integers(1, 3),
    forward=st.booleans(),
)
queues = st.sampled_from([Queue(id="q"), Queue(id="q", scoring_method="PriorityOnly")])


@given(st.lists(st.tuples(items, queues), min_size=2, max_size=20))
def test_orders_compare_as_the_keys_do_and_ranks_never_the_other_way(waiting: list[tuple[Item, Queue]]) -> None:
    by_key = sorted(waiting, key=lambda pair: key_of(*pair))
    for before, after in pairwise(by_key):
        assert (key_of(*before) < key_of(*after)) == (order_of(*before) < order_of(*after))
        assert rank(order_of(*before)) <= rank(order_of(*after))


def test_calls_that_come_and_go_leave_the_collector_nothing_that_stays(
    story: Any, agent: Callable[..., Any], queue: Callable[..., Any]
) -> None:
    story.configure(agents=[agent("ada", "German")], queues=[queue("Gold", "ada")])
    story.on_queue("ada")

    def serve(calls: range) -> int:
        for number in calls:
            story.now += 1_000
            story.enqueue(f"i{number}", "Gold", "German")
            story.send(m.Accept, reservation=story.reservation(f"i{number}"), agent="ada")
            story.send(m.UnitChanged, agent="ada", item=f"i{number}", unit="released")
            story.log.clear()
        gc.collect()
        return len(gc.get_objects())

    before = serve(range(100))
    assert serve(range(100, 1_100)) - before < 100


def test_a_command_that_comes_again_has_its_answer_from_a_snapshot_too(
    story: Any, agent: Callable[..., Any], queue: Callable[..., Any]
) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold")])
    answer = story.enqueue("call", command_id="once")
    assert answer == m.Accepted({"position": 1, "enqueued_at": story.now})
    restored = Core.restore(story.core.snapshot())
    assert restored is not None
    for core in (story.core, restored):
        assert core.decide(m.Enqueue(command_id="once", item="call", queue="Gold"), story.now + 5) == ((), answer)


@pytest.mark.parametrize("forward", [True, False])
def test_an_order_is_exact_to_the_millisecond_and_the_place_in_line(forward: bool) -> None:
    def order(at: int, seq: int) -> int:
        item = Item("i", "q", "call", m.Requirement(), 0, at, seq, forward=forward)
        return order_of(item, Queue(id="q"))

    now = 1_800_000_000_000
    assert order(now, 2) < order(now, 3) < order(now + 1, 1)


def test_the_oldest_answers_are_forgotten_after_a_day_once_there_are_many_also_after_a_restart(
    story: Any, queue: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "ANSWERS_AT_LEAST", 3)
    story.configure(queues=[queue("Gold")])
    for name in ("z", "m", "a"):  # a snapshot sorts them by name
        story.enqueue(name, command_id=name)
        story.now += 1_000
    restored = Core.restore(story.core.snapshot())
    assert restored is not None
    for core in (story.core, restored):
        core.decide(m.Enqueue(command_id="later", item="later", queue="Gold"), story.now + DAY_MS - 2_000)
        assert sorted(core.state.answers) == ["a", "later", "m"]
        core.decide(m.Enqueue(command_id="last", item="last", queue="Gold"), story.now + 2 * DAY_MS)
        assert sorted(core.state.answers) == ["a", "last", "later"]
