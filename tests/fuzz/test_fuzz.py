"""Whatever somebody writes: it is answered by findings or values, never by an exception, and soon; what checks clean
plays to its end."""

from __future__ import annotations

import json
import random
import re
import resource
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pytest

from dsl import check_flow
from dsl.expressions import answer_line
from dsl.source import Source
from tests.conftest import corpus_folder
from tests.fuzz.expressions import made
from tests.fuzz.mutate import mutated
from tests.fuzz.playing import check_and_play
from tests.fuzz.trees import Originals

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
PATIENCE_S = 20.0
"""No case takes so much of the processor unless it hangs; a usual one takes some ms."""
MOST_MB = 1_000


def flows() -> list[str]:
    folders = [ROOT / "flows", ROOT / "tests" / "simulator" / "flow_types"]
    folders += [corpus_folder() / "flows"] if corpus_folder() else []  # type: ignore[operator]
    paths = [path for folder in folders for path in sorted(folder.rglob("*.yaml")) if ".test." not in path.name]
    return [path.read_text(encoding="utf-8") for path in paths]


@lru_cache(maxsize=1)
def originals() -> Originals:
    return Originals(flows())


def expressions() -> list[str]:
    lines = (ROOT / "tests" / "dsl" / "expressions" / "examples.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[1] for line in lines if line and not line.startswith("#")]


def try_all(cases: Iterable[str], attempt: Callable[[str], object]) -> None:
    for case in cases:
        begun = time.process_time()
        try:
            attempt(case)
        except Exception as error:
            pytest.fail(f"{type(error).__name__}: {error}\n{case}")
        assert time.process_time() - begun < PATIENCE_S, case
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    assert used < MOST_MB, f"{used} MB"


def check_damaged_text(count: int, seed: int) -> None:
    chance, listed = random.Random(seed), flows()
    try_all(
        (mutated(chance, listed) for _ in range(count)),
        lambda text: check_flow(Source("flow.yaml", text), substitutions={}),
    )


def play_damaged_flows(count: int, seed: int) -> None:
    chance = random.Random(seed)
    try_all((originals().damaged(chance) for _ in range(count)), lambda text: check_and_play(text, chance))


def evaluate_damaged(count: int, seed: int) -> None:
    chance, listed = random.Random(seed), expressions()
    try_all((json.dumps({"expr": mutated(chance, listed)}) for _ in range(count)), answered)


def evaluate_made(count: int, seed: int) -> None:
    chance = random.Random(seed)
    try_all((made(chance) for _ in range(count)), answered)


def evaluate_untyped(count: int, seed: int) -> None:
    chance = random.Random(seed)
    try_all((made(chance) for _ in range(count)), the_same_untyped)


def the_same_untyped(line: str) -> None:
    """A value is the same where its variables' types are declared and where nobody knows them."""
    typed = json.loads(answer_line(line, NOW))
    types = json.loads(line)["types"]
    unknown = line.replace(f'"types": {json.dumps(types)}', f'"types": {json.dumps(dict.fromkeys(types, "any"))}')
    untyped = json.loads(answer_line(unknown, NOW))
    if "error" not in typed and typed["text"] is not None:
        assert untyped == typed, line


def answered(line: str) -> None:
    answer = json.loads(answer_line(line, NOW))
    assert answer.get("error", {}).get("code") != "internal-error", answer


# In the suite.


def test_a_flow_whose_text_is_damaged_is_answered_by_findings() -> None:
    check_damaged_text(250, seed=1)


def test_a_flow_whose_parts_are_damaged_is_answered_by_findings_or_plays() -> None:
    play_damaged_flows(150, seed=1)


def test_a_damaged_expression_is_answered_by_a_value_or_an_error() -> None:
    evaluate_damaged(2_000, seed=1)


def test_an_expression_of_any_types_is_answered_by_a_value_or_an_error() -> None:
    evaluate_made(3_000, seed=1)


def test_an_expression_gives_the_same_where_nobody_knows_the_types() -> None:
    evaluate_untyped(1_500, seed=1)


@pytest.mark.parametrize("target", ["/inboundCall/tasks/task[Main_1:", "]", "[", "a]b[c", ""])
def test_a_reference_that_is_cut_off_names_nothing(target: str) -> None:
    tasks = "tasks: [{task: {name: Main, refId: main, actions: []}}]"
    text = f"inboundCall:\n  name: A\n  startUpRef: '{target}'\n  {tasks}\n"
    assert any(found.code in ("unknown-task", "missing-parameter") for found in check_flow(Source("a", text)).findings)


def test_a_bot_with_utterances_that_nobody_can_say_is_explored() -> None:
    bot = Path(__file__).parent.parent / "simulator/flow_types/shop_bot.yaml"
    text = re.sub(r"text: [^,}]*", "text: ' '", bot.read_text(encoding="utf-8"))
    assert check_and_play(text, random.Random(1)).is_clean


def test_a_bot_whose_utterance_names_no_entity_is_explored() -> None:
    bot = Path(__file__).parent.parent / "simulator/flow_types/shop_bot.yaml"
    text = bot.read_text(encoding="utf-8").replace("entity: {name: Article}", "entity: {name: [Article]}")
    check_and_play(text, random.Random(1))


@pytest.mark.parametrize("places", ["56", "0 - 3", "999999999"])
def test_more_decimal_places_than_anybody_says_are_cut(places: str) -> None:
    for call in (f'ToAudioCurrency(MakeCurrency(2.56, "USD"), {places})', f"ToAudioNumber(2.56, {places})"):
        assert "error" not in json.loads(answer_line(json.dumps({"expr": call}), NOW))


# By ``make soak``: 100,000 flows and 1,000,000 expressions, each half in its text and half in its parts.


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_five_thousand_flows_each_damaged_in_their_text(seed: int) -> None:
    check_damaged_text(5_000, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_five_thousand_flows_each_damaged_in_their_parts(seed: int) -> None:
    play_damaged_flows(5_000, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_fifty_thousand_expressions_each_that_are_damaged(seed: int) -> None:
    evaluate_damaged(50_000, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_fifty_thousand_expressions_each_of_any_types(seed: int) -> None:
    evaluate_made(50_000, seed)
