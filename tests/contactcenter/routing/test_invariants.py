"""What must hold of the router whatever happens (routing.md §23), looked for by hypothesis and by long walks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test


def _walk_module() -> Any:
    spec = importlib.util.spec_from_file_location("routing_walk", Path(__file__).parent / "walk.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules["routing_walk"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


walk = _walk_module()
agents, queues = st.sampled_from(walk.AGENTS), st.sampled_from(walk.QUEUES)
picks, priorities = st.integers(0, 999), st.integers(-2, 2)


class Routing(RuleBasedStateMachine):
    """The contact centre of ``walk``, led by hypothesis."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = walk.Walk()

    @rule(
        queue=queues,
        media=st.sampled_from(["call", "chat"]),
        skills=st.lists(st.sampled_from(walk.SKILLS), max_size=2, unique=True),
        priority=priorities,
        wish=st.none() | agents,
    )
    def enqueue(self, queue: str, media: str, skills: list[str], priority: int, wish: str | None) -> None:
        self.walk.enqueue(queue, media, tuple(skills), priority, wish)

    @rule(pick=picks, kind=st.sampled_from(["accept", "accept", "decline", "gone", "failed"]))
    def offer(self, pick: int, kind: str) -> None:
        self.walk.on_some_offer(pick, kind)

    @rule(pick=picks, unit=st.sampled_from(["released", "released", "acw", "held"]))
    def unit(self, pick: int, unit: str) -> None:
        self.walk.on_some_unit(pick, unit)

    @rule(pick=picks, kind=st.sampled_from(["patch", "assign", "pull", "out", "gone"]), agent=agents, p=priorities)
    def item(self, pick: int, kind: str, agent: str, p: int) -> None:
        self.walk.on_some_item(pick, kind, agent, p)

    @rule(agent=agents, status=st.sampled_from(["on_queue", "on_queue", "off_queue"]))
    def status(self, agent: str, status: str) -> None:
        self.walk.send(walk.m.SetStatus, agent=agent, status=status)

    @rule(agent=agents, pick=picks)
    def agent(self, agent: str, pick: int) -> None:
        self.walk.other_agent_command(agent, pick)

    @rule(seconds=st.sampled_from([0.5, 3, 10, 60]))
    def time(self, seconds: float) -> None:
        self.walk.wait(seconds)

    @invariant()
    def the_state_is_sound(self) -> None:
        self.walk.check()

    def teardown(self) -> None:
        self.walk.statistics_are_those_of_the_log()
        self.walk.everything_can_be_finished()


TestRouting = Routing.TestCase
TestRouting.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, phases=(Phase.generate, Phase.shrink)
)


def take_a_walk(walk_number: int, steps: int, check_every: int) -> None:
    random, centre = Random(walk_number), walk.Walk()
    for number in range(steps):
        centre.any_move(random)
        if number % check_every == 0:
            centre.check()
    centre.check()
    centre.statistics_are_those_of_the_log()
    centre.everything_can_be_finished()


@pytest.mark.parametrize("number", range(3))
def test_a_walk_of_a_thousand_steps_stays_sound(number: int) -> None:
    take_a_walk(number, 1_000, 1)


def test_a_freed_agent_gets_the_next_call_a_hundred_times_over() -> None:
    centre = walk.Walk()
    for agent in walk.AGENTS:
        centre.send(walk.m.SetStatus, agent=agent, status="on_queue")
    for _ in range(100):
        centre.enqueue("plain", "call", (), 0, None)
    while centre.core.state.items:
        centre.on_some_offer(0, "accept")
        centre.check()
        centre.on_some_unit(0, "released")
        centre.check()


@pytest.mark.soak
@pytest.mark.parametrize("number", range(10))
def test_a_million_steps_stay_sound(number: int) -> None:
    take_a_walk(1000 + number, 100_000, 7)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_a_million_steps_led_by_hypothesis_stay_sound(part: int) -> None:
    many = settings(TestRouting.settings, max_examples=2_000, stateful_step_count=50, derandomize=False)
    run_state_machine_as_test(seed(part)(Routing), settings=many)
