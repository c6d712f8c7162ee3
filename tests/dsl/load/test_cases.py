"""Case files: a mistake each, with the expected finding written on the line that causes it; and what must
stay clean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsl import check_flow
from dsl.source import CODES, Severity, Source

CASES = Path(__file__).parent.parent.parent / "cases"
EXPECTED = re.compile(r"# (error|warning|info): ([a-z-]+) \"(.*)\"")


@pytest.mark.parametrize("path", sorted((CASES / "err").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_mistake_is_found_on_its_line_and_nothing_else_is(path: Path) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    wanted = [
        (number, *match.groups())
        for number, line in enumerate(source.text.splitlines(), 1)
        if (match := EXPECTED.search(line))
    ]
    assert wanted, "the case expects nothing"
    found = [(f.span.start.line, f.severity.value, f.code, f.message) for f in check_flow(source).findings]
    for line, severity, code, fragment in wanted:
        hits = [message for at, sev, c, message in found if (at, sev, c) == (line, severity, code)]
        assert hits, f"{code} is missing; found {found}"
        assert fragment in hits[0]
    expected_codes = {code for _, _, code, _ in wanted}
    unexpected = [f for f in found if f[2] not in expected_codes and f[1] == "error"]
    assert not unexpected


@pytest.mark.parametrize("path", sorted((CASES / "err").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_case_is_named_after_a_code_of_the_catalogue(path: Path) -> None:
    assert path.stem in CODES


@pytest.mark.corpus
def test_published_flows_have_no_error(corpus: Path) -> None:
    for path in sorted((corpus / "flows").rglob("*.y*ml")):
        if path.name.endswith(".subst.yaml"):
            continue
        source = Source(path.name, path.read_text(encoding="utf-8-sig"))
        errors = [
            f"{f.code} at {f.span.start.line}: {f.message}"
            for f in check_flow(source).findings
            if f.severity is Severity.ERROR and f.code != "unknown-substitution"
        ]
        assert errors == [], path.name


@pytest.mark.corpus
def test_published_flows_compile_and_link(corpus: Path) -> None:
    from dsl.compile import compile_flow
    from interpreter import link

    for path in sorted((corpus / "flows").rglob("*.y*ml")):
        if not path.name.endswith(".subst.yaml"):
            text = path.read_text(encoding="utf-8-sig")
            flow = check_flow(Source(path.name, text)).flow
            assert flow is not None, path.name
            link(compile_flow(flow, text))


def test_quoted_and_unquoted_outputs_are_the_same() -> None:
    text = (CASES / "err/string-condition.yaml").read_text(encoding="utf-8")
    flow = check_flow(Source("a", text.replace("Call.Ani}", 'Call.Ani == "x"}, outputs: {yes: {actions: []}}'))).flow
    quoted = check_flow(
        Source("a", text.replace("Call.Ani}", "Call.Ani == \"x\"}, outputs: {'yes': {actions: []}}"))
    ).flow
    assert flow is not None
    assert quoted is not None
    first, second = (f.containers[0].actions[0].outputs[0].path for f in (flow, quoted))
    assert first == second == "yes"


def test_an_ignore_comment_takes_a_finding_out_and_one_that_hits_nothing_is_told() -> None:
    text = (CASES / "err/always-true.yaml").read_text(encoding="utf-8")
    ignored = text.replace("# warning:", "# callwright: ignore always-true #")
    assert check_flow(Source("a", ignored)).findings == []
    wrong = text.replace("# warning:", "# callwright: ignore always-false #")
    assert {f.code for f in check_flow(Source("a", wrong)).findings} == {"always-true", "unused-ignore"}
