"""The order in which items wait, and for how long at most (routing.md §3, §20)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import Statistics, Views
from contactcenter.routing import messages as m

Make = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(("late_s", "first"), [(299, "B"), (300, "A"), (301, "A")])
def test_a_point_of_priority_is_worth_a_minute(story: Any, agent: Make, queue: Make, late_s: int, first: str) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.enqueue("A")
    story.wait(late_s)
    story.enqueue("B", priority=5)
    story.on_queue("ada")
    assert story.offered(first) == "ada"


def test_a_priority_only_queue_comes_first_however_long_the_other_waited(story: Any, agent: Make, queue: Make) -> None:
    strict = queue("Strict", "ada", scoringMethod="PriorityOnly")
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada"), strict])
    story.enqueue("old", "Gold", priority=100)
    story.wait(86_400)
    story.enqueue("new", "Strict")
    story.on_queue("ada")
    assert story.offered("new") == "ada"


def test_a_priority_patched_to_zero_restores_the_order_of_waiting(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.enqueue("A")
    story.wait(10)
    story.enqueue("B", priority=9)
    story.send(m.PatchRouting, item="B", priority=0)
    story.on_queue("ada")
    assert story.offered("A") == "ada"


@pytest.mark.parametrize(("keeps", "first"), [(False, "here"), (True, "from elsewhere")])
def test_a_queue_counts_the_wait_in_the_one_before_where_it_is_told_to(
    story: Any, agent: Make, queue: Make, keeps: bool, first: str
) -> None:
    gold = queue("Gold", "ada", **{"x-callwright": {"keep_wait_on_queue_change": keeps}})
    story.configure(agents=[agent("ada")], queues=[gold])
    since = story.now
    story.wait(60)
    story.enqueue("here")
    story.wait(60)
    answer = story.enqueue("from elsewhere", waited_since=since)
    assert answer.data["enqueued_at"] == (since if keeps else story.now)
    story.on_queue("ada")
    assert story.offered(first) == "ada"


def test_priority_alone_starves_nobody_beyond_the_longest_wait(story: Any, agent: Make, queue: Make) -> None:
    strict = queue("Gold", "ada", scoringMethod="PriorityOnly", **{"x-callwright": {"max_wait_s": 300}})
    story.configure(agents=[agent("ada")], queues=[strict])
    story.enqueue("humble")
    story.wait(299.999)
    story.enqueue("important", priority=1000)
    assert story.core.waiting.position(story.core.state.items["humble"]) == 2
    story.wait(0.001)
    assert story.core.waiting.position(story.core.state.items["humble"]) == 1
    story.send(m.PatchRouting, item="important", priority=5000)
    story.on_queue("ada")
    assert story.offered("humble") == "ada"


def test_a_long_wait_counts_before_every_queue_and_begins_anew_in_another(story: Any, agent: Make, queue: Make) -> None:
    patient = queue("Gold", "ada", **{"x-callwright": {"max_wait_s": 60}}, directRouting={"backupQueueId": "Silver"})
    story.configure(agents=[agent("ada"), agent("ben")], queues=[patient, queue("Silver", "ada", "ben")])
    story.enqueue("first", "Silver")
    story.enqueue("second", "Gold", priority=-1000)
    story.enqueue("away", "Gold", direct="ben")  # nobody is there: on to Silver at once
    story.wait(60)
    assert [item for item, found in story.core.state.items.items() if found.forward] == ["second"]
    story.on_queue("ada")
    assert story.offered("second") == "ada"


def test_an_item_is_ended_after_59_days(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.enqueue("call")
    story.wait(59 * 86_400 - 1)
    assert "call" in story.core.state.items
    story.wait(1)
    assert [event.reason for event in story.events if isinstance(event, m.ItemLeft)] == ["expired"]


@pytest.mark.parametrize(("scoring", "between"), [("TimestampAndPriority", False), ("PriorityOnly", True)])
def test_somebody_who_is_not_in_the_queue_yet_can_be_told_where_they_would_stand(
    story: Any, agent: Make, queue: Make, scoring: str, between: bool
) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada", scoringMethod=scoring)])
    story.enqueue("urgent", priority=2)
    came = story.now + 60_000 * 60
    story.enqueue("old")
    views = Views(story.core, Statistics(), story.now)
    first, second = sorted(views.places("Gold"))
    assert (first < views.place("Gold", came, 1) < second) is between
