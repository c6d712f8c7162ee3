"""Stages of a queue that widens its group: bullseye rings and conditional groups (routing.md §6, §8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import messages as m
from tests.contactcenter.routing.conftest import rings

Make = Callable[..., dict[str, Any]]


def test_a_ring_widens_in_its_time_takes_its_skills_off_and_keeps_the_place(
    story: Any, agent: Make, queue: Make
) -> None:
    gold = queue("Gold", bullseye=rings(10, 5, removes=("German",)))
    gold["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
    story.configure(agents=[agent("near"), agent("far")], queues=[gold])
    story.on_queue("near", "far")
    story.enqueue("call", "Gold", "German")
    place = story.core.waiting.order(story.core.state.items["call"])
    story.wait(9.999)
    assert story.offered("call") is None
    story.wait(0.001)
    assert story.offered("call") == "near"
    assert story.core.waiting.order(story.core.state.items["call"]) == place
    assert story.core.state.items["call"].removed == ("German",)


@pytest.mark.parametrize(("runs", "ring"), [(True, 2), (False, 1)])
def test_the_rings_clock_runs_while_an_offer_alerts_unless_told_not_to(
    story: Any, agent: Make, queue: Make, runs: bool, ring: int
) -> None:
    knobs = {"ring_clock_runs_while_alerting": runs}
    gold = queue("Gold", bullseye=rings(5, 60), **{"x-callwright": knobs})
    gold["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
    gold["mediaSettings"] = {"call": {"alertingTimeoutSeconds": 12}}
    story.configure(agents=[agent("near"), agent("far")], queues=[gold])
    story.on_queue("near")
    story.enqueue("call")
    story.wait(12)
    assert story.core.state.items["call"].stage.ring == ring


def test_a_clock_that_stood_still_goes_on_also_when_the_setting_changes_meanwhile(
    story: Any, agent: Make, queue: Make
) -> None:
    def gold(*, runs: bool) -> dict[str, Any]:
        made = queue("Gold", bullseye=rings(5, 60), **{"x-callwright": {"ring_clock_runs_while_alerting": runs}})
        made["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
        return made

    agents = [agent("near"), agent("far")]
    story.configure(agents=agents, queues=[gold(runs=False)])
    story.on_queue("near", "far")
    story.enqueue("call")
    story.wait(6)  # near's phone rings for 8 s
    story.configure(agents=agents, queues=[gold(runs=True)])
    story.wait(2)
    assert story.core.state.agents["near"].status == "NOT_RESPONDING"
    assert story.offered("call") is None
    story.wait(5)
    assert story.offered("call") == "far"


def test_who_waits_in_a_ring_that_is_taken_away_may_be_had_by_everybody(story: Any, agent: Make, queue: Make) -> None:
    gold = queue("Gold", bullseye=rings(10))
    gold["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
    agents = [agent("near"), agent("far")]
    story.configure(agents=agents, queues=[gold])
    story.on_queue("far")
    story.enqueue("call")
    assert story.offered("call") is None
    story.configure(agents=agents, queues=[{**gold, "bullseye": None}])
    assert story.offered("call") == "far"


def test_who_waits_in_the_last_ring_goes_on_when_there_are_more(story: Any, agent: Make, queue: Make) -> None:
    gold = queue("Gold", bullseye=rings(10))
    gold["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
    agents = [agent("near"), agent("far")]
    story.configure(agents=agents, queues=[gold])
    story.on_queue("far")
    story.enqueue("call")
    story.wait(60)
    story.configure(agents=agents, queues=[{**gold, "bullseye": rings(10, 10)}])
    assert story.offered("call") is None
    story.wait(10)
    assert story.offered("call") == "far"


def test_conditional_groups_join_while_a_figure_is_bad_and_never_leave_again(
    story: Any, agent: Make, queue: Make
) -> None:
    def rule(over: float, group: str) -> dict[str, Any]:
        common = {"metric": "EstimatedWaitTime", "operator": "GreaterThan", "waitSeconds": 10}
        return {**common, "conditionValue": over, "groups": [{"id": group}]}

    groups = [{"id": "day", "members": ["ada"]}, {"id": "night", "members": ["ben"]}]
    routing = {"rules": [rule(600, "day"), rule(60, "night")]}
    story.configure(
        agents=[agent("ada"), agent("ben")], groups=groups, queues=[queue("Gold", conditionalGroupRouting=routing)]
    )
    story.on_queue("ada", "ben")
    story.send(m.Metrics, values={"Gold": {"EstimatedWaitTime": 120.0}})
    story.enqueue("call")
    assert story.offered("call") == "ben"  # the first rule is false and goes on at once
