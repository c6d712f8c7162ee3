"""Concise actions and what they expand to (concise-actions.md)."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from dsl.concise import CONCISE, KEYS, Expansion, expand
from dsl.source import Map, Source, plain, read_yaml
from dsl.source.emit import to_yaml

ROOT = Path(__file__).parent.parent.parent.parent
WELCOME = (ROOT / "flows/crm_welcome/flows/crm_welcome.yaml").read_text(encoding="utf-8")


def expanded(text: str) -> Expansion:
    tree, findings = read_yaml(Source("flow.yaml", text))
    assert findings == []
    assert isinstance(tree, Map)
    return expand(tree)


def findings(text: str) -> list[str]:
    return [f"{f.span.start.line}:{f.span.start.column} {f.code}" for f in expanded(text).findings]


def flow(*actions: str) -> str:
    """A flow whose only task has these actions, the first one on line 8."""
    head = (
        "inboundCall:\n  name: F\n  startUpRef: ./tasks/task[m]\n  tasks:\n  - task:\n      refId: m\n      actions:\n"
    )
    lines = [line for action in actions for line in action.splitlines()]
    return head + "\n".join("      " + line for line in lines) + "\n"


IDENTIFY = """- identifyCaller:
    byNumber: [{dataAction: CRM / Find, input: phone}]
    fields: {name: name, tier: tier, nps: {output: nps, type: integer}, products: {output: p, type: stringCollection}}
"""
PROMPT = "- identifyCaller: {prompts: [{ask: a, digits: {min: 1, max: 6}, dataAction: CRM / Find, input: v}]}"
ROUTE = "- routeByRecord:\n    default: {queue: General}\n"


def test_the_whole_use_case_is_sixty_lines() -> None:
    assert len(WELCOME.splitlines()) == 60


def test_the_example_expands_as_agreed(snapshot: SnapshotAssertion) -> None:
    result = expanded(WELCOME)
    assert result.findings == ()
    assert to_yaml(result.tree) == snapshot


def test_expanding_twice_changes_nothing() -> None:
    once = expanded(WELCOME)
    again = expand(once.tree)
    assert not again.changed
    assert again.tree is once.tree


def test_a_flow_without_concise_actions_is_left_as_it_is() -> None:
    text = flow("- disconnect: {none: true}")
    assert not expanded(text).changed


def test_every_generated_action_remembers_its_concise_action() -> None:
    result = expanded(WELCOME)
    steps = {(origin.concise, origin.step) for origin in result.origins.values()}
    assert ("identifyCaller", "prompt 2 lookup answered") in steps
    assert ("routeByRecord", "transfer") in steps
    assert {origin.concise for origin in result.origins.values()} == set(CONCISE)


def test_default_names_are_numbered_from_the_second_use_on() -> None:
    text = to_yaml(expanded(flow(IDENTIFY, "- attachRecord: {}", "- attachRecord: {}")).tree)
    assert "name: Attach record - lookup" in text
    assert "name: Attach record 2 - lookup" in text


def test_a_generated_expression_points_at_the_concise_key() -> None:
    result = expanded(flow(IDENTIFY, "- greetByName: {known: 'Hello {tier}', unknown: Hi}"))
    origins = [origin for origin in result.origins.values() if origin.concise == "greetByName"]
    assert {origin.span.start.line for origin in origins} == {11}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ((IDENTIFY, IDENTIFY), "11:9 duplicate-identify-caller"),
        (("- greetByName: {known: a, unknown: b, confirm: 'You are {tier}'}",), "8:54 missing-identify-caller"),
        ((IDENTIFY, "- greetByName: {known: 'Hi {tir}', unknown: b}"), "11:30 unknown-field"),
        ((IDENTIFY, "- greetByName: {known: Hi}"), "11:22 missing-parameter"),
        (("- identifyCaller: {name: Who}",), "8:25 nobody-to-identify"),
        (("- identifyCaller: {prompt: []}",), "8:26 unknown-parameter"),
        ((IDENTIFY, ROUTE, "- attachRecord: {}"), "13:9 attached-too-late"),
        ((IDENTIFY, "- routeByRecord: {rules: []}"), "11:24 missing-parameter"),
        (
            (IDENTIFY, "- routeByRecord: {default: {queue: G}, rules: [{when: {tier: {atMost: 3}}, queue: A}]}"),
            "11:77 type-mismatch",
        ),
        (
            (IDENTIFY, "- routeByRecord: {default: {queue: G}, rules: [{when: {nps: many}, queue: A}]}"),
            "11:67 type-mismatch",
        ),
        (
            (
                IDENTIFY,
                "- routeByRecord: {default: {queue: G}, rules: [{when: {}, queue: A}, {when: {nps: 3}, queue: B}]}",
            ),
            "11:76 rule-never-reached",
        ),
        (
            (IDENTIFY, "- routeByRecord: {default: {queue: G}, language: English, skills: [A, B, C, D, E]}"),
            "11:86 too-many-skills",
        ),
    ],
)
def test_a_mistake_is_shown_at_the_concise_source(actions: tuple[str, ...], expected: str) -> None:
    assert expected in findings(flow(*actions))


def test_five_skills_with_the_language_among_them_pass() -> None:
    text = flow(IDENTIFY, "- routeByRecord: {default: {queue: G}, language: English, skills: [A, B, C, D]}")
    assert findings(text) == []


def test_a_route_without_rules_expands_without_a_switch_and_still_chooses_the_default() -> None:
    text = to_yaml(expanded(flow(IDENTIFY, ROUTE)).tree)
    assert "switch" not in text
    assert "lit: {name: General}" in text


def test_attempts_beyond_five_are_out_of_range() -> None:
    prompt = "{ask: Number?, digits: 6, attempts: 9, dataAction: CRM / Find, input: v}"
    assert "out-of-range" in str(findings(flow(f"- identifyCaller: {{prompts: [{prompt}]}}")))


@pytest.mark.parametrize("concise", CONCISE)
def test_every_misspelt_key_is_an_error_with_the_right_name(concise: str) -> None:
    for key in KEYS[concise]:
        misspelt = key + "x"
        result = expanded(flow(f"- {concise}: {{{misspelt}: 1}}"))
        found = [f for f in result.findings if f.code == "unknown-parameter"]
        assert [f.help for f in found] == [f'did you mean "{key}"?'], misspelt


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (
            (IDENTIFY.replace("fields", "fieds"), "- greetByName: {known: 'Hi {tier}', unknown: b}"),
            "10:11 unknown-parameter",
        ),
        ((IDENTIFY.replace("identifyCaller", "identifyCallr"), ROUTE), "8:9 unknown-action"),
        ((IDENTIFY.replace("integer", "int"), "- greetByName: {known: '{nps}', unknown: b}"), "10:69 unknown-type"),
        ((IDENTIFY, "- routeByRecord: {default: {queue: G}, priority: 25000001}"), "11:56 out-of-range"),
        ((IDENTIFY, "- routeByRecord: {default: {queue: G, priority: {lit: -25000001}}}"), "11:61 out-of-range"),
        ((PROMPT.replace("min", "mn"),), "8:54 unknown-parameter"),
        ((PROMPT.replace("max: 6", "max: 41"),), "8:67 out-of-range"),
    ],
)
def test_one_slip_is_one_finding(actions: tuple[str, ...], expected: str) -> None:
    assert [expected] == findings(flow(*actions))


def test_an_authors_variable_of_another_type_is_a_clash() -> None:
    text = flow(IDENTIFY).replace(
        "  tasks:",
        "  variables:\n  - integerVariable: {name: Flow.recordTier, initialValue: {noValue: true}}\n  tasks:",
    )
    assert "type-mismatch" in str(findings(text))


def test_an_authors_variable_of_the_same_type_is_used() -> None:
    text = flow(IDENTIFY).replace(
        "  tasks:", "  variables:\n  - stringVariable: {name: Flow.recordTier, initialValue: {noValue: true}}\n  tasks:"
    )
    result = expanded(text)
    assert result.findings == ()
    assert to_yaml(result.tree).count("name: Flow.recordTier") == 1


def test_a_foreign_connector_puts_its_reference_together_from_the_id() -> None:
    text = flow(
        "- identifyCaller:\n"
        "    byNumber: [{dataAction: Salesforce / Find, input: phone}]\n"
        "    record: {connector: salesforce, type: contact, id: Id}\n"
        "    matches: total\n"
        "    fields: [Name]\n"
    )
    result = expanded(text)
    assert result.findings == ()
    written = to_yaml(result.tree)
    assert 'Append("salesforce:contact:", Flow.recordId)' in written
    assert "total: {var: Flow.recordMatches}" in written


def test_only_the_variables_that_are_used_are_declared() -> None:
    body = plain(expanded(flow("- attachRecord: {attributes: {a: b}}")).tree)
    assert isinstance(body, dict)
    inner = body["inboundCall"]
    assert isinstance(inner, dict)
    names = str(inner["variables"])
    assert "Flow.callerOutcome" in names
    assert "Flow.callerInput" not in names
