"""The table of benchmarks; what they measure is printed, never tested."""

from __future__ import annotations

from importlib import import_module

import pytest

from bench.__main__ import BENCHMARKS, line, main, reached


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_offers_run(name: str) -> None:
    assert callable(import_module(f"bench.{name}").run)


def test_an_unknown_benchmark_is_named_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flwo"]) == 2
    assert "there is no benchmark 'flwo'; there are: flow" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "goal", "verdict"),
    [(2.4, "<= 2.5", True), (2.6, "<= 2.5", False), (30.0, ">= 30", True), (1.0, "< 1", False), (5.0, "", None)],
)
def test_a_goal_is_held_against_the_value(value: float, goal: str, verdict: bool | None) -> None:
    assert reached(value, goal) is verdict


def test_a_goal_that_is_not_reached_is_said_so() -> None:
    assert line(("ratio", 2.6, "<= 2.5")).endswith("2.60  goal <= 2.5: NOT reached")
