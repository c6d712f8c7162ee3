"""How findings are shown (authoring.md §3.4)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft4Validator
from syrupy.assertion import SnapshotAssertion

from dsl.source import CODES, Note, Severity, Source, Span, finding, sorted_unique
from dsl.source.report import FORMATS, Report

HERE = Path(__file__).parent
PLACES = ["my flows/a#b.yaml", "/flows/ü.yaml"]
TEXT = """inboundCall:
  name: "客户 😀 flow"
  tasks:
    - transfertoAcd:
        name: To queue
    - playAudio: {name: "100% \\r\\n", audio: {exp: and and b}}
"""


@pytest.fixture
def report() -> Report:
    source = Source("flows/crm.yaml", TEXT)
    unknown = finding(
        "unknown-action",
        'unknown action "transfertoAcd"',
        source.span(TEXT.index("transfertoAcd"), TEXT.index("transfertoAcd") + 13),
        help='did you mean "transferToAcd"?',
        element="/inboundCall/tasks/task[x]/actions[0]",
    )
    wide = finding(
        "duplicate-key",
        "the key stands here a second time",
        source.span(TEXT.index('flow"'), TEXT.index('flow"') + 4),
        notes=[Note(source.span(0, 11), "first defined here")],
    )
    info = finding("unused-variable", "100%\nunused", source.span(14, 18))
    return Report(
        ["flows/crm.yaml", "flows/b.yaml"], sorted_unique([info, wide, unknown, unknown]), {source.path: source}
    )


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_report_looks_as_agreed(name: str, report: Report, snapshot: SnapshotAssertion) -> None:
    assert FORMATS[name](report) == snapshot


@pytest.mark.parametrize("at", [0, 50, 5_000, 9_990])
def test_of_a_long_line_only_what_is_around_the_place_is_shown(at: int) -> None:
    source = Source("one_line.json", "." * at + "x" * 10 + "." * (9_990 - at))
    report = Report([], [finding("syntax-json", "odd", source.span(at, at + 10))], {source.path: source})
    shown, caret = FORMATS["pretty"](report).splitlines()[3:5]
    assert len(shown) < 180
    assert [shown[i] for i in range(len(caret)) if caret[i] == "^"] == ["x"] * 10


def test_the_caret_stands_below_wide_characters(report: Report) -> None:
    lines = FORMATS["pretty"](report).splitlines()
    start = next(index for index, line in enumerate(lines) if "duplicate-key" in line)
    excerpt = next(index for index in range(start, len(lines)) if "客户" in lines[index])
    # Two ideographs and an emoji take two cells each, so the caret is three cells further than in code points.
    assert lines[excerpt + 1].index("^") == lines[excerpt].index('flow"') + 3


def test_github_escapes_what_would_end_the_command(report: Report) -> None:
    assert "100%25%0Aunused" in FORMATS["github"](report)


def test_junit_is_xml_with_one_case_per_file(report: Report) -> None:
    root = ElementTree.fromstring(FORMATS["junit"](report).encode())
    assert [case.get("name") for case in root.iter("testcase")] == ["flows/crm.yaml", "flows/b.yaml"]
    assert root.find("testsuite[@failures='1']") is not None


def test_sarif_is_valid_by_its_schema_and_its_places_are_references(report: Report) -> None:
    """The schema is OASIS' own, as the npm package @microsoft/jest-sarif brings it."""
    schema = json.loads((HERE / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    moved = [
        replace(found, span=Span(path, found.span.start, found.span.end))
        for found, path in zip(report.findings, PLACES, strict=False)
    ]
    log = json.loads(FORMATS["sarif"](replace(report, findings=[*report.findings, *moved], version="1.2.3")))
    errors = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER).iter_errors(log)
    assert [error.message for error in errors] == []
    uris = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in log["runs"][0]["results"]
    ]
    assert uris == ["flows/crm.yaml"] * 3 + ["my%20flows/a%23b.yaml", "file:///flows/%C3%BC.yaml"]
    assert {result["level"] for result in log["runs"][0]["results"]} == {"error", "note"}


def test_the_schema_of_sarif_refuses_what_is_wrong(report: Report) -> None:
    schema = json.loads((HERE / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    log = json.loads(FORMATS["sarif"](report))
    log["runs"][0]["results"][0]["level"] = "info"
    assert not Draft4Validator(schema).is_valid(log)


def test_findings_are_sorted_and_unique(report: Report) -> None:
    found = json.loads(FORMATS["json"](report))["findings"]
    assert [item["code"] for item in found] == ["unused-variable", "duplicate-key", "unknown-action"]


def test_a_code_outside_the_catalogue_cannot_be_reported() -> None:
    with pytest.raises(KeyError):
        finding("no-such-code", "x", Source("f", "").span(0, 0))


def test_every_code_has_a_severity_that_exists() -> None:
    assert {severity for code in CODES.values() for severity in code.severities} == {item.value for item in Severity}
