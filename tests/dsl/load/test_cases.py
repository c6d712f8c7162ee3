"""Further cases of mistakes, with the expected findings on the lines that cause them, and what must stay clean.

The first case of every code is the example of its page (``dsl/explain/pages``, tests/callwright/test_explain.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl import check_flow
from dsl.explain import Example
from dsl.source import CODES, Severity, Source

CASES = sorted((Path(__file__).parent.parent.parent / "cases/err").glob("*.yaml"))
DECISION = """
inboundCall:
  name: Case
  startUpTaskActions:
  - decision: {name: D, condition: {exp: %s}}%s
  - disconnect: {none: true}
"""


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_mistake_is_found_on_its_line_and_no_other_error_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = Example("", {path.name: text}).expected
    assert path.stem.startswith(tuple(CODES)), "a case is named after the code that it is about"
    assert any(path.stem.startswith(one.code) for one in expected)
    found = {
        (f.span.start.line, f.severity, f.code): f.message
        for f in check_flow(Source(path.name, text), substitutions={}).findings
    }
    marked = {(one.line, one.severity, one.code): one.fragment for one in expected}
    assert {place for place in found if place[1] is Severity.ERROR} <= marked.keys() <= found.keys()
    for place, fragment in marked.items():
        assert fragment in found[place]


@pytest.mark.parametrize("key", ["yes", "'yes'", '"yes"'])
def test_quoted_and_unquoted_outputs_are_the_same(key: str) -> None:
    text = DECISION.replace("}}%s", "}, outputs: {%s: {actions: []}}}") % ('Call.Ani == "x"', key)
    flow = check_flow(Source("a", text)).flow
    assert flow is not None
    assert flow.containers[0].actions[0].outputs[0].path == "yes"


def test_an_ignore_comment_takes_a_finding_out_and_one_that_hits_nothing_is_told() -> None:
    ignored = DECISION % ('"true"', "  # callwright: ignore always-true")
    assert check_flow(Source("a", ignored)).findings == []
    wrong = DECISION % ('"true"', "  # callwright: ignore always-false")
    assert {f.code for f in check_flow(Source("a", wrong)).findings} == {"always-true", "unused-ignore"}


def test_the_number_that_the_vendors_editor_gives_an_action_is_nothing_to_report() -> None:
    text = "inboundCall:\n  name: A\n  startUpTaskActions:\n    - disconnect: {name: Bye, trackingId: 42}\n"
    assert check_flow(Source("a", text)).findings == []
