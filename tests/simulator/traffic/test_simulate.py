"""The real router in virtual time agrees with queueing theory, and with itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dsl.source import Source
from simulator.traffic import Plan, Report, read_plan, simulate
from simulator.traffic.figures import ratio, student_t
from simulator.traffic.plan import HOUR_MS, Calls, Draw, Team

MINUTE_MS = 60_000


def plan_of(agents: int, per_hour: float, hours: int, patience_s: int | None = None, **fields: Any) -> Plan:
    """One queue, one team, exponential times: handled in 300 s."""
    duration = hours * HOUR_MS
    patience = Draw(1000 * patience_s) if patience_s else None
    calls = Calls("calls", "q", ((duration, per_hour),), Draw(300_000), patience)
    teams = (Team("team", agents, ("q",)),)
    return Plan(({"name": "q"},), teams, (calls,), duration, **{"warm_up": HOUR_MS, "batches": 20, **fields})


def agrees(report: Report) -> None:
    """Every figure that theory gives lies in its interval."""
    (queue,) = report.queues
    theory = queue.theory
    assert theory is not None
    assert queue.waits.holds(theory.waits), (queue.waits, theory)
    assert queue.wait_s.holds(theory.wait_s), (queue.wait_s, theory)
    if theory.within is not None:
        assert queue.service_level.holds(theory.within), (queue.service_level, theory)
    else:
        assert queue.abandons.holds(theory.abandons), (queue.abandons, theory)


def test_patient_callers_wait_as_erlang_c_says() -> None:
    agrees(simulate(plan_of(agents=4, per_hour=36, hours=300)))


@pytest.mark.parametrize("per_hour", [96, 144])
def test_callers_who_give_up_do_so_as_often_as_erlang_a_says(per_hour: float) -> None:
    agrees(simulate(plan_of(agents=10, per_hour=per_hour, hours=60, patience_s=180)))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("per_hour", "patience_s"), [(960, None), (1080, None), (1140, 180), (1320, 180)])
def test_a_hundred_agents_agree_with_theory(seed: int, per_hour: float, patience_s: int | None) -> None:
    agrees(simulate(plan_of(100, per_hour, 300, patience_s, seed=100 + seed, warm_up=3 * HOUR_MS, confidence=0.999)))


def test_the_queue_is_as_long_as_littles_law_says() -> None:
    report = simulate(plan_of(agents=3, per_hour=40, hours=40, patience_s=120, warm_up=0))
    (queue,) = report.queues
    assert queue.still_waiting == 0
    assert queue.queue_length.value is not None
    assert queue.wait_s.value is not None
    assert queue.queue_length.value * 40 * 3600 == pytest.approx(queue.wait_s.value * queue.offered, rel=1e-9)


def two_classes(scoring: str) -> Plan:
    """Important and other calls at one team, 30 % and 70 % of the load."""
    plan = plan_of(agents=4, per_hour=36, hours=200)
    (calls,) = plan.calls
    high = replace(calls, name="high", rates=((plan.duration, 12.0),), priority=10)
    low = replace(calls, name="low", rates=((plan.duration, 24.0),))
    return replace(plan, queues=({"name": "q", "scoringMethod": scoring},), calls=(high, low))


def test_priority_moves_waiting_from_one_to_another_and_creates_none() -> None:
    (first,) = simulate(two_classes("TimestampAndPriority")).queues
    (strict,) = simulate(two_classes("PriorityOnly")).queues
    assert first.wait_s.value is not None
    assert strict.wait_s.low is not None
    assert strict.wait_s.holds(first.wait_s.value)
    assert strict.longest_s > first.longest_s


def test_the_longest_idle_agent_is_next_so_work_is_even() -> None:
    (team,) = simulate(plan_of(agents=8, per_hour=70, hours=100)).teams
    assert team.fairness > 0.99
    assert team.occupancy.holds(70 / 12 / 8)


def test_the_same_seed_gives_the_same_report_and_another_one_does_not() -> None:
    plan = plan_of(agents=3, per_hour=30, hours=10)
    assert simulate(plan) == simulate(plan)
    assert simulate(plan) != simulate(replace(plan, seed=2))


def test_agents_work_in_their_shifts_only() -> None:
    plan = plan_of(agents=2, per_hour=12, hours=10, patience_s=60, warm_up=0)
    early = replace(plan.teams[0], name="early", shifts=((0, 4 * HOUR_MS),))
    late = replace(plan.teams[0], name="late", shifts=((8 * HOUR_MS, 10 * HOUR_MS),))
    report = simulate(replace(plan, teams=(early, late)))
    (queue,) = report.queues
    assert queue.theory is None
    assert queue.abandoned >= 15  # those of the four hours without anybody
    assert [team.occupancy.value is not None for team in report.teams] == [True, True]


def test_progress_is_told_up_to_the_end() -> None:
    told: list[int] = []
    plan = plan_of(agents=2, per_hour=12, hours=2)
    simulate(plan, told.append)
    assert told == sorted(told)
    assert told[-1] == plan.duration
    assert len(told) > 10


def test_bands_and_courses_count_what_the_figures_count() -> None:
    report = simulate(plan_of(agents=3, per_hour=40, hours=10, patience_s=120, warm_up=0))
    (queue,), (team,) = report.queues, report.teams
    course, whole = queue.course, 10 * 3600
    assert sum(queue.wait_bands) == queue.answered + queue.abandoned
    assert queue.waits.value == pytest.approx(1 - queue.wait_bands[0] / sum(queue.wait_bands))
    assert sum(course.offered) == queue.offered
    assert len(course.offered) * course.part_s == whole
    waits = sum(wait * came for wait, came in zip(course.wait_s, course.offered, strict=True) if wait is not None)
    assert queue.wait_s.value == pytest.approx(waits / queue.offered, rel=0.01)  # who still waits has come, and no wait
    assert queue.queue_length.value == pytest.approx(sum(course.queue_length) / len(course.queue_length))
    assert team.occupancy.value == pytest.approx(sum(share or 0 for share in team.course) / len(team.course))


def test_a_course_has_a_gap_where_nobody_came_or_worked() -> None:
    plan = plan_of(agents=2, per_hour=60, hours=4, patience_s=60, warm_up=2 * HOUR_MS)
    (calls,) = plan.calls
    late = replace(calls, rates=((2 * HOUR_MS, 0.0), (4 * HOUR_MS, 60.0)))
    team = replace(plan.teams[0], shifts=((HOUR_MS, 4 * HOUR_MS),))
    report = simulate(replace(plan, calls=(late,), teams=(team,)))
    assert [level is None for level in report.queues[0].course.service_level[:24]] == [True] * 24
    assert [share is None for share in report.teams[0].course] == [True] * 12 + [False] * 36


def test_students_t_is_that_of_the_tables() -> None:
    assert student_t(0.99, 19) == pytest.approx(2.861, abs=0.002)
    assert student_t(0.95, 9) == pytest.approx(2.262, abs=0.002)


def test_a_figure_without_data_has_no_value_and_one_without_scatter_no_width() -> None:
    assert ratio([0, 0], [0, 0], 0.99).value is None
    even = ratio([1, 1, 1], [2, 2, 2], 0.99)
    assert (even.value, even.low, even.high) == (0.5, 0.5, 0.5)


FILE = """
duration: 2h
queues: [{name: Gold}]
agents: [{name: desk, count: 2, queues: [Gold], shifts: [{from: 30m, to: 2h}]}]
calls:
  - {queue: Gold, per_hour: [{until: 1h, per_hour: 6}, {until: 2h, per_hour: 60}], handle: {mean: 4m, deviation: 2m}}
"""


def test_a_traffic_file_says_who_calls_and_who_works() -> None:
    plan, findings = read_plan(Source("x.traffic.yaml", FILE))
    assert findings == []
    assert plan is not None
    assert plan.teams[0].shifts == ((30 * MINUTE_MS, 2 * HOUR_MS),)
    (calls,) = plan.calls
    assert calls.handle == Draw(4 * MINUTE_MS, "lognormal", 2 * MINUTE_MS)
    assert [calls.rate(at) * HOUR_MS for at in (0, HOUR_MS, 2 * HOUR_MS)] == [6, 60, 0]


@pytest.mark.parametrize(
    ("wrong", "right", "code"),
    [
        ("queue: Gold", "queue: Gould", "unknown-queue"),
        ("handle:", "handel:", "unknown-key"),
        ("duration: 2h", "duration: long", "bad-literal"),
        ("per_hour: 6}", "per_hour: many}", "bad-literal"),
        ("agents: [{name: desk, count: 2, queues: [Gold], shifts: [{from: 30m, to: 2h}]}]", "", "missing-parameter"),
        ("{name: Gold}", "Gold", "wrong-kind"),
        ("{name: Gold}", "{name: Gold, skilEvaluationMethod: BEST}", "unknown-key"),
        ("{name: Gold}", "{name: Gold, mediaSettings: {call: {serviceLevel: {percentage: 80}}}}", "out-of-range"),
        ("count: 2", "count: 2, utilization: {call: {maximumCapacity: 1}}", "unknown-key"),
        ("count: 2", "count: 2, skills: {German: 6}", "out-of-range"),
        ("duration: 2h", "knobs: {idle_form: acw_end}", "unknown-key"),
        ("duration: 2h", "confidence: 99", "out-of-range"),
        ("until: 2h", "until: 30m", "out-of-range"),
        ("queue: Gold", "queue: Gold, media: cal", "bad-literal"),
    ],
)
def test_what_is_wrong_with_a_traffic_file_is_said(wrong: str, right: str, code: str) -> None:
    plan, findings = read_plan(Source("x.traffic.yaml", FILE.replace(wrong, right)))
    assert plan is None
    assert code in {finding.code for finding in findings}


def test_a_skill_that_no_agent_has_is_told_and_simulated() -> None:
    text = FILE.replace("count: 2", "count: 2, skills: [German]").replace("queue: Gold,", "queue: Gold, skills: Germn,")
    plan, (finding,) = read_plan(Source("x.traffic.yaml", text))
    assert plan is not None
    assert (finding.code, finding.help) == ("unknown-skill", 'did you mean "German"?')
