"""Stages of a queue with steps of our own: whom it asks for, one step after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import messages as m

Make = Callable[..., dict[str, Any]]


STEPS = [
    {"expression": "German >= 4 AND Billing", "wait_s": 20},
    {"expression": "German >= 2", "wait_s": 20},
    {"agents": ["eve"], "wait_s": 20},
]


def test_steps_ask_for_less_and_less_and_at_last_for_anybody(story: Any, agent: Make, queue: Make) -> None:
    people = [agent("ada", German=4.0), agent("ben", German=2.0), agent("cem"), agent("eve")]
    gold = queue("Gold", "ada", "ben", "cem", "eve", **{"x-callwright": {"steps": STEPS}})
    story.configure(agents=people, queues=[gold])
    story.on_queue("cem")
    place = story.now
    story.enqueue("call", "Gold", "Retention")
    assert story.offered("call") is None
    story.on_queue("ben", "eve")
    story.wait(19.9)
    assert story.offered("call") is None
    story.wait(0.1)
    assert story.offered("call") == "ben"
    story.send(m.Decline, reservation=story.reservation("call"), agent="ben")
    story.wait(20)
    assert story.offered("call") == "eve"
    story.send(m.Decline, reservation=story.reservation("call"), agent="eve")
    story.wait(20)
    assert story.offered("call") == "cem"
    assert story.core.state.items["call"].at == place


@pytest.mark.parametrize(
    ("steps", "offered"),
    [
        ([], None),
        ([{"expression": "Mobile"}], None),
        ([{"expression": "German"}], "ada"),
        ([{"expression": "Mobile", "wait_s": 0}], "ada"),
    ],
)
def test_who_waits_goes_on_by_the_steps_that_there_are_now(
    story: Any, agent: Make, queue: Make, steps: list[dict[str, Any]], offered: str | None
) -> None:
    before = queue("Gold", "ada", **{"x-callwright": {"steps": [{"expression": "Billing"}]}})
    story.configure(agents=[agent("ada", "German")], queues=[before])
    story.on_queue("ada")
    story.enqueue("call", "Gold", "Retention")
    story.configure(
        agents=[agent("ada", "German")], queues=[queue("Gold", "ada", **{"x-callwright": {"steps": steps}})]
    )
    story.wait(0)
    assert story.offered("call") == offered


def test_steps_begin_for_who_waits_already(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada", "German")], queues=[queue("Gold", "ada")])
    story.on_queue("ada")
    story.enqueue("call", "Gold", "Retention")
    later = queue("Gold", "ada", **{"x-callwright": {"steps": [{"expression": "German"}]}})
    story.configure(agents=[agent("ada", "German")], queues=[later])
    assert story.offered("call") == "ada"
