"""The figures of routing.md §17 and §18, worked out by hand and beside slower ways to the same values."""

from __future__ import annotations

import heapq
from itertools import pairwise
from random import Random
from statistics import fmean
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as some

from contactcenter.routing import messages as m
from contactcenter.routing.configuration import ServiceLevel
from contactcenter.routing.estimate import Estimate, Sample, Situation, estimate
from contactcenter.routing.halfhours import HALF_HOUR_MS, HalfHours
from contactcenter.routing.state import DAY_MS
from contactcenter.routing.statistics import FINE_DAYS, KEPT_DAYS, Counters, Statistics, Switches, service_level
from contactcenter.routing.waits import EDGES_MS, Endurances, Waits

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


W = TypeVar("W", bound=Waits)


def spread(kind: type[W], *waits: int) -> W:
    """Waits of these lengths (ms)."""
    made = kind()
    for ms in waits:
        made.add(ms)
    return made


HUNDRED = Counters(
    offered=105,
    answered=90,
    abandoned=10,
    flow_outs=5,
    waits=spread(Waits, *[5_000] * 80, *[30_000] * 10),
    abandons=spread(Endurances, *[4_000] * 4, *[40_000] * 6),
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
    level = service_level([(HUNDRED, ServiceLevel(0.8, 20_000))], switches)
    assert level is not None
    assert round(level, 2) == percent


def test_nothing_answered_or_given_up_has_no_service_level() -> None:
    assert service_level([(Counters(offered=3), ServiceLevel())]) is None


def test_each_medium_is_held_against_its_own_target() -> None:
    calls = Counters(answered=4, waits=spread(Waits, 10_000, 10_000, 30_000, 30_000))
    mails = Counters(answered=1, waits=spread(Waits, 3_600_000))
    level = service_level([(calls, ServiceLevel(0.8, 20_000)), (mails, ServiceLevel(0.8, 86_400_000))])
    assert level == 60.0


EDGES = some.sampled_from(EDGES_MS)
WAITS = some.lists(some.one_of(EDGES, some.integers(0, 400_000), some.integers(0, 2 * EDGES_MS[-1])), max_size=30)


@given(WAITS, EDGES)
def test_limits_at_an_edge_count_as_a_list_of_all_waits_would(waits: list[int], limit: int) -> None:
    assert spread(Waits, *waits).within(limit) == sum(wait <= limit for wait in waits)
    assert spread(Endurances, *waits).within(limit) == sum(wait < limit for wait in waits)


@given(WAITS, some.integers(0, 2 * EDGES_MS[-1]))
def test_any_other_limit_is_at_most_a_band_away_and_never_beyond_it(waits: list[int], limit: int) -> None:
    low = max((edge for edge in EDGES_MS if edge <= limit), default=0)
    high = min((edge for edge in EDGES_MS if edge >= limit), default=max([limit, *waits]))
    for kind in (Waits, Endurances):
        assert sum(wait < low for wait in waits) <= spread(kind, *waits).within(limit) <= sum(w <= high for w in waits)


@given(WAITS, WAITS)
def test_waits_merged_are_the_waits_of_both(some_waits: list[int], others: list[int]) -> None:
    both = spread(Waits, *some_waits)
    both.merge(spread(Waits, *others))
    assert both == spread(Waits, *some_waits, *others)
    assert (both.total_ms, both.longest_ms) == (sum(some_waits + others), max(some_waits + others, default=None))


def counted(random: Random, half_hours: int, calls: int = 400) -> Statistics:
    """Calls that come and are given up in two queues and media."""
    statistics = Statistics()
    times = sorted(random.randrange(half_hours * HALF_HOUR_MS) for _ in range(calls))
    for number, (came, left) in enumerate(pairwise(times)):
        queue, media = random.choice(["q1", "q2"]), random.choice(["call", "chat"])
        fields = {"item": f"i{number}", "queue": queue}
        enqueued = m.ItemEnqueued(**fields, media=media, at=came, seq=number, requirement=m.Requirement(), priority=0)
        statistics.apply(enqueued, came)
        statistics.apply(m.ItemLeft(**fields, reason="abandoned"), left)
    return statistics


def abandons(queue: str, media: str | None, random: Random, half_hours: int, calls: int = 400) -> list[tuple[int, int]]:
    """When calls of a queue were given up, and after how long, as ``counted`` has it."""
    found, times = [], sorted(random.randrange(half_hours * HALF_HOUR_MS) for _ in range(calls))
    for came, left in pairwise(times):
        in_queue, medium = random.choice(["q1", "q2"]), random.choice(["call", "chat"])
        if in_queue == queue and media in (None, medium):
            found.append((left, left - came))
    return found


@pytest.mark.parametrize("media", [None, "chat"])
def test_a_sum_over_a_time_is_the_sum_of_its_half_hours(media: str | None) -> None:
    statistics, naive = counted(Random(3), 200), abandons("q1", media, Random(3), 200)
    for since, until in [(0, HALF_HOUR_MS), (1, 3 * HALF_HOUR_MS), (7 * HALF_HOUR_MS - 1, 40 * HALF_HOUR_MS + 1)]:
        whole = statistics.total("q1", media, since, until)
        waited = [ms for at, ms in naive if since <= at - at % HALF_HOUR_MS < until]
        assert whole.abandoned == len(waited)
        assert whole.abandons == spread(Endurances, *waited)


def test_old_half_hours_are_kept_as_days_and_the_newest_eight_days_as_they_were() -> None:
    days, calls = 30, 3_000
    statistics = counted(Random(7), 48 * days, calls)
    naive = abandons("q1", "chat", Random(7), 48 * days, calls)
    for day in range(days):
        since, until = day * DAY_MS, (day + 1) * DAY_MS
        waited = [ms for at, ms in naive if since <= at < until]
        assert statistics.total("q1", "chat", since, until).abandons == spread(Endurances, *waited)
    noon = (days - FINE_DAYS + 1) * DAY_MS + DAY_MS // 2
    assert statistics.total("q1", "chat", noon, noon + 4 * HALF_HOUR_MS).abandoned == sum(
        noon <= at < noon + 4 * HALF_HOUR_MS for at, _ in naive
    )
    assert len(statistics.queues) <= 2 * 2 * ((days - FINE_DAYS) + 48 * FINE_DAYS + 1)


def test_very_old_days_go_but_what_happened_ever_stays() -> None:
    statistics = Statistics()
    for number in range(1_000):
        at = number * DAY_MS
        statistics.apply(m.ItemEnqueued(f"i{number}", "q1", "call", at, number, m.Requirement(), 0), at)
        statistics.apply(m.ItemLeft(item=f"i{number}", queue="q1", reason="abandoned"), at + 500)
    assert statistics.counts("q1")["abandoned"] == 1_000
    assert statistics.total("q1").abandoned == len(statistics.queues) == KEPT_DAYS + 1


def test_room_for_waits_does_not_grow_with_the_calls() -> None:
    random = Random(11)
    few, many = (spread(Waits, *(random.randrange(1, 300_000) for _ in range(n))) for n in (10_000, 200_000))
    assert len(few.bands) == len(many.bands) == 300


def test_a_moment_long_ago_is_counted_with_its_day() -> None:
    slots: HalfHours[str, Counters] = HalfHours(Counters, fine_days=1, kept_days=10)
    slots.age(5 * DAY_MS)
    slots.slot("q", 2 * DAY_MS + 9 * HALF_HOUR_MS).offered += 1  # a clock that went back
    assert slots.total(["q"], 2 * DAY_MS, 2 * DAY_MS + 1).offered == 1


def test_a_sample_is_last_weeks_half_hour_and_else_the_last_hour() -> None:
    week = 7 * 48
    early, late = counted(Random(5), 2), counted(Random(5), week + 2)
    assert early.sample("q1", "call", HALF_HOUR_MS).offered == early.total("q1", "call").offered
    then = late.sample("q1", "call", (week + 1) * HALF_HOUR_MS + 5)
    assert then.offered == late.total("q1", "call", HALF_HOUR_MS, 2 * HALF_HOUR_MS).offered
    assert then.wait_ms == late.total("q1", "call", HALF_HOUR_MS, 2 * HALF_HOUR_MS).abandons.total_ms


def test_time_on_hold_and_time_put_aside_count_once_for_the_agent_and_the_queue() -> None:
    statistics, unit = Statistics(), {"reservation": "r", "item": "i", "agent": "ada"}
    statistics.apply(
        m.ItemEnqueued(item="i", queue="q", media="chat", at=0, seq=1, requirement=m.Requirement(), priority=0), 0
    )
    statistics.apply(m.OfferAccepted(**unit), 0)
    statistics.apply(m.ItemLeft(item="i", queue="q", reason="answered"), 0)
    moves = [("held", 10), ("interrupted", 15), ("resumed", 20), ("held", 50), ("acw", 55), ("released", 90)]
    for to, second in moves:
        statistics.apply(m.UnitMoved(**unit, unit=to), second * 1000)
    assert statistics.total("q").held_ms == 15_000
    assert statistics.people.total("ada", 0, 90_000).held_ms == 15_000
    assert statistics.total("q").handle_ms == 90_000
