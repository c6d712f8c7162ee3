"""The schema of flow files takes what the reader takes, and refuses what it calls wrong (authoring.md §6)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dsl.schema import flow_schema
from dsl.source import Source, plain, read_yaml

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(flow_schema())
    return Draft202012Validator(flow_schema())


def read(text: str) -> Any:
    tree, findings = read_yaml(Source("flow.yaml", text))
    assert tree is not None, findings
    return plain(tree)


def flow(actions: str) -> str:
    return f"inboundCall: {{name: A, startUpTaskActions: [{actions}]}}"


@pytest.mark.parametrize("path", sorted((ROOT / "flows").glob("*/flows/*.yaml")), ids=lambda path: path.stem)
def test_our_own_flows_are_valid(path: Path, validator: Draft202012Validator) -> None:
    assert list(validator.iter_errors(read(path.read_text(encoding="utf-8")))) == []


@pytest.mark.corpus
def test_published_flows_are_valid(corpus: Path, validator: Draft202012Validator) -> None:
    checked = 0
    for path in sorted((corpus / "flows").rglob("*.y*ml")):
        text = path.read_text(encoding="utf-8-sig")
        if path.name.endswith(".subst.yaml") or "{{" in text:
            continue
        checked += 1
        assert [error.message for error in validator.iter_errors(read(text))] == [], path.name
    assert checked > 20


@pytest.mark.parametrize(
    ("actions", "where"),
    [
        ("{transfertoAcd: {name: T}}", "transfertoAcd"),
        ("{playAudio: {name: P, audio: [a]}}", "is not of type"),
        ("{playAudio: {name: P}}", "audio"),
        ("{playAudio: {name: P, audio: {txt: a}}}", "txt"),
        ("{decision: {name: D, condition: {exp: 'true'}, outputs: {yess: {actions: []}}}}", "yess"),
        ("{setPriority: {name: P, priority: {lit: 25000001}}}", "25000001"),
        ("{setFlowOutcome: {flowOutcomeValue: MAYBE}}", "MAYBE"),
        ("{playAudio: {name: P, audio: {tts: a}}, disconnect: {none: true}}", "too many"),
        ("{routeByRecord: {rules: []}}", "default"),
        ("{identifyCaller: {prompts: [{ask: a, digits: 41, dataAction: A / B, input: i}]}}", "41"),
    ],
)
def test_what_the_reader_refuses_is_refused(actions: str, where: str, validator: Draft202012Validator) -> None:
    errors = list(validator.iter_errors(read(flow(actions))))
    assert len(errors) == 1
    assert where in errors[0].message


@pytest.mark.parametrize("root", ["inboundCal: {name: X}", "inboundCall: {name: A}\nworkflow: {name: B}", "[]", "{}"])
def test_what_is_no_flow_is_refused(root: str, validator: Draft202012Validator) -> None:
    assert not validator.is_valid(read(root))


def test_every_action_can_be_completed_with_its_keys() -> None:
    definitions = flow_schema()["$defs"]
    offered = definitions["actions"]["items"]["properties"]
    assert {"playAudio", "transferToAcd", "identifyCaller", "routeByRecord"} <= set(offered)
    for target in offered.values():
        assert "name" in definitions[target["$ref"].removeprefix("#/$defs/")]["properties"]
