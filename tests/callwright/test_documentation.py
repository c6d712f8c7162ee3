"""Generated pages, schemas and hooks are what their generators make (`make docs`)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from callwright.documentation import ROOT
from callwright.documentation.functions import answer_of
from callwright.documentation.markdown import table
from dsl.actions import actions
from dsl.actions.meanings import meaning_of, meaning_of_parameter
from dsl.concise.read import CONCISE
from dsl.expressions.catalogue import functions
from dsl.expressions.meanings import meanings
from dsl.source import CODES


def test_every_generated_file_is_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "callwright.documentation", "--check"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def headings(page: str) -> set[str]:
    return set(re.findall(r"^### (\S+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE))


def test_every_finding_action_and_function_stands_on_its_page() -> None:
    assert headings("docs/checks.md") == set(CODES)
    assert headings("docs/actions.md") == {*actions(), *CONCISE}
    assert headings("docs/functions.md") == {overloads[0].function for overloads in functions().values()}


def test_every_action_and_parameter_has_a_meaning() -> None:
    assert all(meaning_of(key).endswith(".") for key in (*actions(), *CONCISE))
    nameless = [(key, name) for key, spec in actions().items() for name in spec.parameters]
    assert [pair for pair in nameless if not meaning_of_parameter(*pair)] == []


@pytest.mark.parametrize("name", [overloads[0].function for overloads in functions().values()])
def test_the_example_of_a_function_calls_it_and_gives_something(name: str) -> None:
    example = meanings()[name].example
    assert f"{name}(" in example
    assert answer_of(example) != "" or name in ("ToCommunicationBlank",)


def test_bars_do_not_break_a_table() -> None:
    assert table(["a"], [["x|y"]]).splitlines()[-1] == "| x\\|y |"


def test_the_problem_matcher_takes_a_line_apart() -> None:
    import json

    document = json.loads(Path(ROOT / "editors/problem-matcher.json").read_text(encoding="utf-8"))
    (pattern,) = document["problemMatcher"][0]["pattern"]
    match = re.match(pattern["regexp"], 'flows/a b.yaml:21:13: unknown action "x": y [unknown-action]')
    assert match is not None
    assert match.groups() == ("flows/a b.yaml", "21", "13", 'unknown action "x": y', "unknown-action")
