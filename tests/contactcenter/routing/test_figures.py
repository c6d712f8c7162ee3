"""The figures of routing.md §17 and §18, worked out by hand and beside slower ways to the same values."""

from __future__ import annotations

import heapq
from itertools import pairwise
from random import Random
from statistics import fmean

import pytest

from contactcenter.routing import messages as m
from contactcenter.routing.configuration import ServiceLevel
from contactcenter.routing.estimate import Estimate, Sample, Situation, estimate
from contactcenter.routing.people import HALF_HOUR_MS
from contactcenter.routing.statistics import Counters, Statistics, Switches, service_level

# 300 s of handling each; a tenth gave up, one for every 600 s of waiting
SAMPLE = Sample(offered=40, handled=40, abandoned=4, handle_ms=40 * 300_000, departures=40, wait_ms=4 * 600_000)


@pytest.mark.parametrize(
    ("formula", "seconds"),
    [("SIMPLE", 150), ("ABANDON", 135), ("BEST", 135), ("POSITION-IN-QUEUE", 90), ("PATIENCE_ABANDON", 142.5)],
)
def test_the_second_of_four_agents_callers_waits_by_each_formula(formula: str, seconds: float) -> None:
    wait = estimate(Situation(position=2, agents=4), SAMPLE, formula)
    expected = 1 / (4 / 300) + 1 / (4 / 300 + 1 / 600) if formula == "PATIENCE_ABANDON" else seconds
    assert wait.ms == round(1000 * expected)
    assert wait.formula == ("ABANDON" if formula == "BEST" else formula)


def test_best_is_simple_while_there_is_little_to_go_by() -> None:
    few = Sample(offered=29, handled=10, abandoned=5, handle_ms=10 * 300_000)
    assert estimate(Situation(2, 4), few) == Estimate(150_000, "SIMPLE")


@pytest.mark.parametrize(
    ("situation", "ms"),
    [
        (Situation(3, 4, idle_eligible=True), 0),
        (Situation(2, 0, longest_before_ms=77_000), 77_000),
        (Situation(1, 0), 300_000),
    ],
)
def test_an_idle_agent_means_no_wait_and_no_agent_the_longest_one_in_front(situation: Situation, ms: int) -> None:
    assert estimate(situation, SAMPLE).ms == ms


def test_without_data_a_call_takes_a_minute_and_a_half_and_departures_say_nothing() -> None:
    assert estimate(Situation(2, 3), Sample()).ms == 60_000
    assert estimate(Situation(2, 3), Sample(), "PATIENCE_ABANDON").ms == 60_000
    assert estimate(Situation(2, 3), Sample(), "POSITION-IN-QUEUE").ms is None


def test_a_formula_that_is_not_built_gets_simple_and_says_so() -> None:
    assert estimate(Situation(2, 4), SAMPLE, "AI-ADJUSTED-AHT") == Estimate(150_000, "SIMPLE")


def wait_behind(ahead: int, agents: int, handle_s: float, patience_s: float, random: Random) -> float:
    """One caller with so many in front, all agents busy: people who give up one by one, played out."""
    ends = [random.expovariate(1 / handle_s) for _ in range(agents)]
    heapq.heapify(ends)
    patience = [random.expovariate(1 / patience_s) for _ in range(ahead)]
    now = 0.0
    for gives_up in patience:  # in their order: the first in line gets the next agent, unless gone by then
        if gives_up > ends[0]:
            now = heapq.heappop(ends)
            heapq.heappush(ends, now + random.expovariate(1 / handle_s))
    return ends[0]


@pytest.mark.parametrize(("position", "agents"), [(1, 1), (6, 3), (20, 5)])
def test_patience_in_front_shortens_the_wait_as_playing_it_out_says(position: int, agents: int) -> None:
    random = Random(position)
    sample = Sample(offered=100, handled=100, abandoned=100, handle_ms=100 * 200_000, wait_ms=100 * 90_000)
    wait = estimate(Situation(position, agents), sample, "PATIENCE_ABANDON").ms
    played = [wait_behind(position - 1, agents, 200, 90, random) for _ in range(4_000)]
    assert wait == pytest.approx(1000 * fmean(played), rel=0.05)


HUNDRED = Counters(
    offered=105,
    answered=90,
    abandoned=10,
    flow_outs=5,
    waits=[5_000] * 80 + [30_000] * 10,
    abandons=[4_000] * 4 + [40_000] * 6,
)


@pytest.mark.parametrize(
    ("switches", "percent"),
    [
        (Switches(), 80.0),
        (Switches(include_flow_outs=True), 76.19),
        (Switches(exclude_short_abandons=True), 83.33),
        (Switches(exclude_abandons=True), 88.89),
    ],
)
def test_the_service_level_by_its_three_switches(switches: Switches, percent: float) -> None:
    level = service_level(HUNDRED, ServiceLevel(0.8, 20_000), switches)
    assert level is not None
    assert round(level, 2) == percent


def test_nothing_answered_or_given_up_has_no_service_level() -> None:
    assert service_level(Counters(offered=3), ServiceLevel()) is None


def counted(random: Random, half_hours: int) -> Statistics:
    """Calls that come and are given up in two queues and media."""
    statistics = Statistics()
    times = sorted(random.randrange(half_hours * HALF_HOUR_MS) for _ in range(400))
    for number, (came, left) in enumerate(pairwise(times)):
        queue, media = random.choice(["q1", "q2"]), random.choice(["call", "chat"])
        fields = {"item": f"i{number}", "queue": queue}
        enqueued = m.ItemEnqueued(**fields, media=media, at=came, seq=number, requirement=m.Requirement(), priority=0)
        statistics.apply(enqueued, came)
        statistics.apply(m.ItemLeft(**fields, reason="abandoned"), left)
    return statistics


@pytest.mark.parametrize("media", [None, "chat"])
def test_a_sum_over_a_short_time_is_the_sum_of_its_half_hours(media: str | None) -> None:
    statistics = counted(Random(3), 200)
    for since, until in [(0, HALF_HOUR_MS), (1, 3 * HALF_HOUR_MS), (7 * HALF_HOUR_MS - 1, 40 * HALF_HOUR_MS + 1)]:
        whole = statistics.total("q1", media, since, until)
        slots = [
            slot
            for (queue, medium, start), slot in statistics.counters.items()
            if queue == "q1" and media in (None, medium) and since <= start < until
        ]
        assert whole.abandoned == sum(slot.abandoned for slot in slots)
        assert sorted(whole.abandons) == sorted(wait for slot in slots for wait in slot.abandons)


def test_a_sample_is_last_weeks_half_hour_and_else_the_last_hour() -> None:
    week = 7 * 48
    early, late = counted(Random(5), 2), counted(Random(5), week + 2)
    assert early.sample("q1", "call", HALF_HOUR_MS).offered == early.total("q1", "call").offered
    then = late.sample("q1", "call", (week + 1) * HALF_HOUR_MS + 5)
    assert then.offered == late.total("q1", "call", HALF_HOUR_MS, 2 * HALF_HOUR_MS).offered
    assert then.wait_ms == sum(late.total("q1", "call", HALF_HOUR_MS, 2 * HALF_HOUR_MS).abandons)
