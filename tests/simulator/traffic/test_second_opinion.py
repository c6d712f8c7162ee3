"""Ciw, a queueing simulator of others, finds what ours finds; it knows priorities, which Erlang's formulas do not."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest

from simulator.traffic import Estimate, Plan, QueueFigures, simulate
from simulator.traffic.figures import student_t
from simulator.traffic.plan import HOUR_MS, Calls, Draw, Team

ROOT = Path(__file__).parents[3]
VENV = ROOT / ".callwright/peers/queueing"
HANDLE_S, WARM_UP_S, RUNS, CONFIDENCE = 300, 3600, 12, 0.99

Opinion = Callable[..., Mapping[str, Mapping[str, Estimate]]]


@pytest.fixture(scope="session")
def ciw() -> Opinion:
    """Asks Ciw, installed by ``tools/test-peers.sh`` when it is missing, for figures by class with their intervals."""
    done = subprocess.run([ROOT / "tools/test-peers.sh"], capture_output=True, text=True, check=False)
    if not (VENV / "requirements.txt").exists():
        pytest.skip(f"the test peers cannot be installed: {done.stderr.strip()[-200:]}")

    def ask(**plan: Any) -> Mapping[str, Mapping[str, Estimate]]:
        plan |= {"handle_s": HANDLE_S, "warm_up_s": WARM_UP_S, "runs": RUNS}
        command = [VENV / "bin/python", Path(__file__).parent / "peers/by_ciw.py"]
        told = subprocess.run(command, input=json.dumps(plan), capture_output=True, text=True, check=True, timeout=120)
        runs = json.loads(told.stdout)
        return {
            name: {word: estimate([run[name][word] for run in runs]) for word in figures}
            for name, figures in runs[0].items()
        }

    return ask


def estimate(means: list[float]) -> Estimate:
    """The mean of independent runs, with its interval."""
    half = student_t(CONFIDENCE, len(means) - 1) * stdev(means) / math.sqrt(len(means))
    return Estimate(fmean(means), fmean(means) - half, fmean(means) + half)


def plan_of(agents: int, per_hour: Mapping[str, float], hours: int, patience_s: int | None) -> Plan:
    """The plan that Ciw gets, for our simulator: a queue for each class, so that each has figures of its own."""
    duration, patience = hours * HOUR_MS, Draw(1000 * patience_s) if patience_s else None
    streams = tuple(
        Calls(name, name, ((duration, rate),), Draw(1000 * HANDLE_S), patience, priority=-number)
        for number, (name, rate) in enumerate(per_hour.items())
    )
    queues = tuple({"name": name, "scoringMethod": "PriorityOnly"} for name in per_hour)
    team = Team("team", agents, tuple(per_hour))
    return Plan(queues, (team,), streams, duration, 1000 * WARM_UP_S, confidence=CONFIDENCE)


def agree(ours: QueueFigures, theirs: Mapping[str, Estimate], *words: str) -> None:
    """Two estimates of the same value differ by no more than both their intervals allow together."""
    for word in words:
        mine, other = getattr(ours, word), theirs[word]
        allowed = math.hypot(mine.high - mine.value, other.high - other.value)
        assert abs(mine.value - other.value) <= allowed, (word, mine, other)


@pytest.mark.parametrize(("agents", "per_hour"), [(4, 36), (10, 96)])
def test_patient_callers(ciw: Opinion, agents: int, per_hour: float) -> None:
    theirs = ciw(agents=agents, per_hour={"q": per_hour}, hours=60, patience_s=None)
    (ours,) = simulate(plan_of(agents, {"q": per_hour}, 60, None)).queues
    agree(ours, theirs["q"], "wait_s", "waits")


@pytest.mark.parametrize("per_hour", [96, 144])
def test_callers_who_give_up(ciw: Opinion, per_hour: float) -> None:
    theirs = ciw(agents=10, per_hour={"q": per_hour}, hours=60, patience_s=180)
    (ours,) = simulate(plan_of(10, {"q": per_hour}, 60, 180)).queues
    agree(ours, theirs["q"], "wait_s", "waits", "abandons")


@pytest.mark.parametrize("patience_s", [None, 180])
def test_three_priorities(ciw: Opinion, patience_s: int | None) -> None:
    """Strict priority over several queues: whoever is free takes the most important call of all of them (§3)."""
    per_hour = {"gold": 10, "silver": 14, "rest": 16}
    theirs = ciw(agents=4, per_hour=per_hour, hours=60, patience_s=patience_s)
    for ours in simulate(plan_of(4, per_hour, 60, patience_s)).queues:
        agree(ours, theirs[ours.name], "wait_s", "waits", *(["abandons"] if patience_s else []))
