"""Each rule finds what it is for and lets the right form pass (data-actions.md §13)."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors import check_data_action, check_terraform, ready_actions
from connectors.check import check_action
from connectors.format import read_export
from connectors.templates import render
from dsl.source import CODES, Source

Export = Callable[..., dict[str, Any]]

TEXT = {"x": {"type": "string"}}

# code, what is wrong, what is right
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("bad-property-name", {"inputs": {"a b": {"type": "string"}}}, {"inputs": TEXT}),
    ("bad-property-name", {"inputs": {"rawRequest": {"type": "string"}}}, {"inputs": TEXT}),
    ("unsupported-contract", {"inputs": {"x": {"type": "object"}}}, {"inputs": TEXT}),
    ("unsupported-contract", {"outputs": {"v": {"$ref": "#/x"}}}, {}),
    (
        "unsupported-contract",
        {"outputs": {"v": {"type": "array", "items": {"type": "array"}}}},
        {"outputs": {"v": {"type": "array", "items": {"type": "string"}}}},
    ),
    ("null-type-in-schema", {"outputs": {"v": {"type": None}}}, {"outputs": {"v": {"type": "null"}}}),
    ("open-output-object", {"schema": {"type": "object", "properties": TEXT, "additionalProperties": True}}, {}),
    ("output-without-properties", {"schema": {"type": "object"}}, {}),
    ("unknown-input", {"url": "/a?q=${input.y}"}, {}),
    ("unused-input", {"url": "/a"}, {}),
    ("wrong-case", {"url": "/a?q=$esc.uriEncode(${input.X})"}, {}),
    ("wrong-case", {"url": "/a?q=$esc.uriEncode(${Input.x})"}, {}),
    ("method-outside-braces", {"url": "/a/${input.x}.replace(' ','')"}, {"url": "/a/${input.x.replace(' ','')}"}),
    ("unsupported-directive", {"body": "#macro(a)", "method": "POST"}, {"body": "#if($a)b#end", "method": "POST"}),
    ("unknown-template-method", {"url": "/a/${input.x.frobnicate()}"}, {"url": "/a/${input.x.trim()}"}),
    ("unknown-template-method", {"url": "/a?q=$esc.urll(${input.x})"}, {}),
    ("syntax-template", {"url": "/a?q=${input.x"}, {}),
    (
        "optional-input-printed",
        {"url": "/a?q=$esc.url(${input.x})", "required": []},
        {"url": "/a?q=$!esc.url($!{input.x})", "required": []},
    ),
    (
        "optional-input-printed",
        {"url": "/a?q=$esc.url(${input.x})", "required": []},
        {"url": '/a#if("$!{input.x}" != "")?q=$esc.url(${input.x})#end', "required": []},
    ),
    (
        "unescaped-json",
        {"method": "POST", "body": '{"a": "${input.x}"}'},
        {"method": "POST", "body": '{"a": "$esc.jsonString(${input.x})"}'},
    ),
    (
        "unescaped-json",
        {"method": "POST", "body": '{"a": "${input.x}"}'},
        {"method": "POST", "body": '{"a": "${input.x}"}', "inputs": {"x": {"type": "integer"}}},
    ),
    ("unescaped-query", {"url": "/a?q=${input.x}"}, {}),
    (
        "unescaped-query",
        {"method": "POST", "body": "a=${input.x}", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {
            "method": "POST",
            "body": "a=$esc.url(${input.x})",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
    ),
    (
        "raw-path-segment",
        {"url": "/a/${input.userId}", "inputs": {"userId": {"type": "string"}}},
        {"url": "/a/$esc.uriEncode(${input.x})"},
    ),
    (
        "unescaped-path-text",
        {"url": "/a/${input.x}"},
        {"url": "/a/${input.x}", "inputs": {"x": {"type": "string", "pattern": "^[a-z]+$"}}},
    ),
    (
        "unescaped-dialect",
        {"url": "/q?q=$esc.url(\"SELECT Id FROM Contact WHERE Phone = '${input.x}'\")"},
        {"url": "/q?q=$esc.url(\"SELECT Id FROM Contact WHERE Phone = '$esc.sql(${input.x})'\")"},
    ),
    (
        "unescaped-dialect",
        {"url": '/s?q=$esc.url("FIND {$salesforce.escReserved(${input.x}))} IN PHONE FIELDS")'},
        {"url": '/s?q=$esc.url("FIND {$salesforce.escReserved(${input.x})} IN PHONE FIELDS")'},
    ),
    ("plus-in-path", {"url": "/a/$esc.url(${input.x})"}, {"url": "/a/$esc.uriEncode(${input.x})"}),
    ("plus-in-path", {"url": "/a b?q=$esc.url(${input.x})"}, {}),
    ("useragent-header", {"headers": {"UserAgent": "x"}}, {"headers": {"User-Agent": "x"}}),
    ("forbidden-header", {"headers": {"Host": "x"}}, {"headers": {"X-Host": "x"}}),
    ("body-on-get", {"body": "{}"}, {"body": "${input.rawRequest}"}),
    (
        "syntax-jsonpath",
        {"map": {"v": "$$.id"}, "success": '{"name": ${v}}'},
        {"map": {"v": "$.id"}, "success": '{"name": ${v}}'},
    ),
    (
        "default-not-json",
        {"map": {"v": "$.v"}, "defaults": {"v": "gone"}, "success": '{"name": ${v}}'},
        {"map": {"v": "$.v"}, "defaults": {"v": '"gone"'}, "success": '{"name": ${v}}'},
    ),
    ("default-never-used", {"map": {"v": "$..v"}, "defaults": {"v": "0"}, "success": '{"name": "$!{v}"}'}, {}),
    (
        "path-without-default",
        {"map": {"v": "$.v"}, "success": '{"name": ${v}}'},
        {"map": {"v": "$.v"}, "defaults": {"v": "0"}},
    ),
    (
        "filter-on-missing",
        {"map": {"v": "$.a[?(@.n != 'x')]"}, "success": '{"name": ${v}}'},
        {"map": {"v": "$.a[?(@.n == 'x')]"}},
    ),
    ("unused-translation", {"map": {"v": "$.v"}}, {"map": {"v": "$.v"}, "success": '{"name": ${v}}'}),
    ("unused-translation", {"defaults": {"v": "0"}}, {}),
    (
        "list-as-scalar",
        {"map": {"v": "$..v"}, "success": '{"name": ${v}}'},
        {"map": {"v": "$..v"}, "success": '{"name": ${successTemplateUtils.firstFromArray(${v}, "null")}}'},
    ),
    ("success-template-not-json", {"success": "{rawResult}"}, {"success": '{"name": "a"}'}),
    ("output-schema-mismatch", {"success": '{"nam": "a"}'}, {"success": '{"name": "a"}'}),
    (
        "literal-secret",
        {"headers": {"Authorization": "Bearer abcdef"}},
        {"headers": {"Authorization": "Bearer ${credentials.token}"}},
    ),
    ("secret-in-url", {"url": "/a?api_key=abcdef&q=$esc.url(${input.x})"}, {}),
    (
        "host-from-input",
        {"url": "https://${input.x}.example.com/a"},
        {"url": "https://example.com/a?q=$esc.url(${input.x})"},
    ),
    (
        "plain-http",
        {"url": "http://example.com/a?q=$esc.url(${input.x})"},
        {"url": "https://example.com/a?q=$esc.url(${input.x})"},
    ),
    ("replay-only-integration", {"type": "aws-lambda-data-actions"}, {"type": "salesforce-datadip"}),
]


def codes(document: dict[str, Any]) -> Counter[str]:
    return Counter(finding.code for finding in check_data_action(Source("a.json", json.dumps(document, indent=1)))[1])


@pytest.mark.parametrize(("code", "wrong", "right"), CASES, ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_a_rule_finds_the_wrong_form_and_not_the_right_one(
    code: str, wrong: dict[str, Any], right: dict[str, Any], export: Export
) -> None:
    assert codes(export(**wrong))[code] >= 1
    assert codes(export(**right))[code] == 0


def test_every_rule_for_files_has_a_case() -> None:
    elsewhere = {"syntax-data-action", "syntax-graphql", "unknown-export-key"}
    listed = {code.code for code in CODES.values() if code.group == "data-action files"} - elsewhere
    assert listed <= {case[0] for case in CASES}


def test_a_finding_points_at_the_reference_inside_the_file(export: Export) -> None:
    source = Source("a.json", json.dumps(export(url="/a?q=${input.x}"), indent=1))
    (found,) = [f for f in check_data_action(source)[1] if f.code == "unescaped-query"]
    assert source.text[found.span.start.offset : found.span.end.offset] == "${input.x}"
    assert found.element == "/config/request/requestUrlTemplate"


def test_allowed_hosts_of_the_connection_settle_a_host_from_an_input(export: Export) -> None:
    source = Source("a.json", json.dumps(export(url="https://${input.x}.example.com/a")))
    assert not [f for f in check_data_action(source, allowed_hosts=["*.example.com"])[1] if f.code == "host-from-input"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "/a?q=${input.x}"},
        {"method": "POST", "body": '{"a": "${input.x}"}'},
        {"headers": {"UserAgent": "${input.x}"}},
    ],
)
def test_a_fix_checks_clean_and_renders_equal_for_harmless_inputs(wrong: dict[str, Any], export: Export) -> None:
    source = Source("a.json", json.dumps(export(**wrong), indent=1))
    before, findings = check_data_action(source)
    (found,) = [f for f in findings if f.fix is not None]
    assert found.fix is not None
    start, end = found.fix.span.start.offset, found.fix.span.end.offset
    fixed = Source("a.json", source.text[:start] + found.fix.text + source.text[end:])
    after, findings = check_data_action(fixed)
    assert found.code not in [f.code for f in findings]
    assert before is not None
    assert after is not None
    context: dict[str, Any] = {"input": {"x": "harmless"}}
    assert render(before.request.url.value, context) == render(after.request.url.value, context)
    bodies = [action.request.body.value if action.request.body else "" for action in (before, after)]
    assert render(bodies[0], context) == render(bodies[1], context)


def test_the_ready_actions_have_no_findings_but_open_ends() -> None:
    for action in ready_actions():
        found = {finding.code for finding in check_action(action)}
        assert found <= {"optional-input-printed", "path-without-default"}, (action.name, found)


@pytest.mark.corpus
def test_findings_on_the_corpus_are_pinned_by_code(corpus: Path) -> None:
    found: Counter[str] = Counter()
    with (corpus / "data-actions/INDEX.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for row in rows:
        source = Source(row["file"], (corpus / "data-actions" / row["file"]).read_text(encoding="utf-8-sig"))
        check = check_terraform if row["form"] == "terraform" else check_data_action
        found.update({finding.code for finding in check(source)[1]})
    assert dict(found) == {
        "body-on-get": 2, "default-never-used": 33, "default-not-json": 10, "filter-on-missing": 9,
        "host-from-input": 5,
        "literal-secret": 3, "open-output-object": 171, "optional-input-printed": 117, "output-schema-mismatch": 12,
        "output-without-properties": 74, "path-without-default": 43, "plus-in-path": 3, "raw-path-segment": 94,
        "replay-only-integration": 1, "success-template-not-json": 3, "unescaped-dialect": 2, "unescaped-json": 113,
        "unescaped-path-text": 10, "unescaped-query": 11, "unknown-input": 2, "unused-input": 12,
        "useragent-header": 59,
        "wrong-case": 9,
    }  # fmt: skip


def test_reading_never_raises_whatever_the_parts_are(export: Export) -> None:
    for broken in (None, 5, [], "x", {"a": []}):
        for part in ("config", "contract", "name", "secure", "integrationType"):
            document = export()
            document[part] = broken
            read_export(Source("a.json", json.dumps(document)))
            check_data_action(Source("a.json", json.dumps(document)))
