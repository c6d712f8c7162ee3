"""Whatever somebody writes: it is answered by findings or values, never by an exception, and soon."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dsl import check_flow
from dsl.expressions import answer_line
from dsl.source import Source
from tests.conftest import corpus_folder
from tests.fuzz.mutate import mutated

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
PATIENCE_S = 20.0
"""No case takes this long unless it hangs; a usual one takes some ms."""


def flows() -> list[str]:
    folders = [ROOT / "flows", *([corpus_folder() / "flows"] if corpus_folder() else [])]  # type: ignore[operator]
    paths = [path for folder in folders for path in sorted(folder.rglob("*.yaml")) if ".test." not in path.name]
    return [path.read_text(encoding="utf-8") for path in paths]


def expressions() -> list[str]:
    lines = (ROOT / "tests" / "dsl" / "expressions" / "examples.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")]


def damaged(kind: str, count: int, seed: int) -> Iterator[str]:
    chance, originals = random.Random(seed), flows() if kind == "flows" else expressions()
    return (mutated(chance, originals) for _ in range(count))


def check_all(count: int, seed: int) -> None:
    for text in damaged("flows", count, seed):
        begun = time.monotonic()
        try:
            check_flow(Source("flow.yaml", text), substitutions={})
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}\n{text}")
        assert time.monotonic() - begun < PATIENCE_S, text


def evaluate_all(count: int, seed: int) -> None:
    for text in damaged("expressions", count, seed):
        begun = time.monotonic()
        try:
            json.loads(answer_line(json.dumps({"expr": text}), NOW))
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}\n{text}")
        assert time.monotonic() - begun < PATIENCE_S, text


def test_a_damaged_flow_is_answered_by_findings() -> None:
    check_all(250, seed=1)


def test_a_damaged_expression_is_answered_by_a_value_or_an_error() -> None:
    evaluate_all(3_000, seed=1)


@pytest.mark.parametrize("target", ["/inboundCall/tasks/task[Main_1:", "]", "[", "a]b[c", ""])
def test_a_reference_that_is_cut_off_names_nothing(target: str) -> None:
    tasks = "tasks: [{task: {name: Main, refId: main, actions: []}}]"
    text = f"inboundCall:\n  name: A\n  startUpRef: '{target}'\n  {tasks}\n"
    assert any(found.code in ("unknown-task", "missing-parameter") for found in check_flow(Source("a", text)).findings)


@pytest.mark.parametrize("places", ["56", "0 - 3", "999999999"])
def test_more_decimal_places_than_anybody_says_are_cut(places: str) -> None:
    for call in (f'ToAudioCurrency(MakeCurrency(2.56, "USD"), {places})', f"ToAudioNumber(2.56, {places})"):
        assert "error" not in json.loads(answer_line(json.dumps({"expr": call}), NOW))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_ten_thousand_damaged_flows_each(seed: int) -> None:
    check_all(10_000, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_a_hundred_thousand_damaged_expressions_each(seed: int) -> None:
    evaluate_all(100_000, seed)
