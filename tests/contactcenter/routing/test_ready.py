"""Which of the free agents gets an item: evaluation methods, and idleness (routing.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import messages as m

Make = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(("method", "chosen"), [("ALL", "skilled"), ("BEST", "expert"), ("NONE", "oldest")])
def test_each_evaluation_method_has_its_agent(story: Any, agent: Make, queue: Make, method: str, chosen: str) -> None:
    agents = [agent("oldest"), agent("skilled", German=2.25), agent("expert", German=2.5)]
    story.configure(agents=agents, queues=[queue("Gold", "oldest", "skilled", "expert", skillEvaluationMethod=method)])
    story.on_queue("oldest", "skilled", "expert")
    story.enqueue("call", "Gold", "German")
    assert story.offered("call") == chosen


@pytest.mark.parametrize(("cap", "finds"), [(None, True), (100, False)])
def test_best_finds_the_expert_at_place_101_unless_capped(
    story: Any, agent: Make, queue: Make, cap: int | None, finds: bool
) -> None:
    names = [f"a{n:03}" for n in range(100)]
    agents = [*(agent(name, German=1.0) for name in names), agent("expert", German=5.0)]
    knobs = {"candidate_cap": cap}
    gold = queue("Gold", *names, "expert", skillEvaluationMethod="BEST", **{"x-callwright": knobs})
    story.configure(agents=agents, queues=[gold])
    story.on_queue(*names, "expert")
    story.enqueue("call", "Gold", "German")
    assert (story.offered("call") == "expert") is finds


def test_a_skill_at_zero_is_held_and_loses_to_a_half(story: Any, agent: Make, queue: Make) -> None:
    agents = [agent("zero", German=0.0), agent("half", German=0.5)]
    story.configure(agents=agents, queues=[queue("Gold", "zero", "half", skillEvaluationMethod="BEST")])
    story.on_queue("zero", "half")
    story.enqueue("first", "Gold", "German")
    story.enqueue("second", "Gold", "German")
    assert (story.offered("first"), story.offered("second")) == ("half", "zero")


def test_a_break_does_not_change_how_long_an_agent_has_been_idle(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada"), agent("ben")], queues=[queue("Gold", "ada", "ben")])
    story.on_queue("ada", "ben")
    story.enqueue("call")
    story.finish(story.take("call"), "call")
    story.send(m.SetStatus, agent="ben", status="off_queue")
    story.wait(600)
    story.on_queue("ben")
    story.enqueue("next")
    assert story.offered("next") == "ben"


DAY_S = 86_400


@pytest.mark.parametrize(("lookback", "chosen"), [(7, "ada"), (0, "ben")])
def test_who_has_handled_nothing_for_a_week_has_never_handled_anything(
    story: Any, agent: Make, queue: Make, lookback: float, chosen: str
) -> None:
    people, knobs = [agent("ada"), agent("ben")], {"idle_lookback_days": lookback}
    story.configure(agents=people, queues=[queue("Gold", "ada", "ben")], knobs=knobs)
    for name in ("ben", "ada"):
        story.on_queue(name)
        story.enqueue(f"of {name}")
        story.finish(story.take(f"of {name}"), f"of {name}")
        story.send(m.SetStatus, agent=name, status="off_queue")
    story.wait(7 * DAY_S)
    story.on_queue("ada", "ben")
    story.enqueue("call")
    assert story.offered("call") == chosen, "ada is first in the organisation, ben has been idle for longer"


def test_the_look_back_is_of_each_agent(story: Any, agent: Make, queue: Make, make_story: Any) -> None:
    people = [agent("ada"), agent("ben"), agent("cem")]
    story.configure(agents=people, queues=[queue("Gold", "ada", "ben", "cem")])
    for day, name in enumerate(("cem", "ben", "ada")):
        story.on_queue(name)
        story.enqueue(f"on day {day}")
        story.finish(story.take(f"on day {day}"), f"on day {day}")
        story.send(m.SetStatus, agent=name, status="off_queue")
        story.wait(DAY_S)
    forgotten = []
    for _ in range(10):
        story.wait(DAY_S)
        forgotten += [event.agents for event in story.events if isinstance(event, m.IdleForgotten)]
    assert forgotten == [("cem",), ("ben",), ("ada",)]
    replayed = type(story.core)()
    for at, event in story.log:
        replayed.apply(event, at)
    assert replayed.snapshot() == story.core.snapshot()
