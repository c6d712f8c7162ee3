"""Every action that asks a service is answered by script with each of its outputs, and without a script by the stated
default; none is skipped in silence (flow-format.md §8, §14)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from callwright.loading import Loaded, load_flow_file
from callwright.rehearsing import Caller, Played, Stage, play
from dsl.actions import ActionSpec, actions
from dsl.source import Severity, Source, Span, read_yaml
from simulator.script import Press
from simulator.services import read_services

TRANSFERS = {"transferToAcd", "transferToFlow", "transferToFlowSecure", "dialByExtension", "returnToAgent"} | {
    f"transferTo{where}" for where in ("User", "Group", "Number", "Voicemail")
}
OWN_PORTS = {"data_actions", "clock"}
ASKING = [s for s in actions().values() if s.port not in (None, *OWN_PORTS) and s.status != "R"]
SETTLED = [spec for spec in ASKING if spec.key not in TRANSFERS]

ENTITY = {"que": "Gold", "usr": "ada@example.com", "skl": "German", "lac": "German", "grp": "All", "wrc": "Done"}
GIVEN: dict[str, Any] = {
    "str": {"lit": "text"},
    "int": {"lit": 1},
    "bln": {"lit": True},
    "dur": {"lit": {"seconds": 1}},
    "aud": {"tts": "hello"},
    "phn": {"exp": 'ToPhoneNumber("tel:+49301234567")'},
    "jsn": {"exp": 'JsonParse("{}")'},
    "named": {"name": "Other"},
    "any": {"lit": "x"},
    "screenPop": {"Page": {}},
    "module": {"Other": {"ver_latestPublished": {}}},
    "schedule": {"schedule": {"selectedSchedule": {"lit": {"name": "Open"}}, "evaluate": {"now": True}}},
    "dataTable": {"Rates": {}},
    **{kind: {"lit": {"name": name}} for kind, name in ENTITY.items()},
}


def body_of(spec: ActionSpec) -> dict[str, Any]:
    """The action with what it must have and what it gives back, and a note behind each output."""
    body: dict[str, Any] = {"name": "Asked"}
    for parameter in spec.parameters.values():
        if parameter.is_output:
            body[parameter.name] = {"noValue": True}
        elif parameter.required or parameter.name.startswith("find"):
            body[parameter.name] = GIVEN.get(parameter.kind, {"exp": 'MakeList("a")'})
    if spec.key == "transferToVoicemail":
        body["destination"] = {"user": {"targetUser": {"lit": {"name": "ada@example.com"}}}}
    body["outputs"] = {path: {"actions": [noted(path)]} for path in spec.outputs}
    return body


def noted(path: str) -> dict[str, Any]:
    return {"updateData": {"name": path, "statements": [{"string": {"variable": "Flow.path", "value": {"lit": path}}}]}}


def flow_with(spec: ActionSpec, folder: Path, **more: Any) -> Loaded:
    """A call whose one task is the action, with more of it; what follows it proves that it fell through."""
    after = [noted("after")] if not spec.outputs and not spec.ends else []
    flow = {
        "inboundCall": {
            "name": "Asking",
            "startUpRef": "./tasks/task[T]",
            "defaultLanguage": "en-us",
            "variables": [{"stringVariable": {"name": "Flow.path", "initialValue": {"lit": "none"}, "isOutput": True}}],
            "tasks": [{"task": {"name": "T", "refId": "T", "actions": [{spec.key: body_of(spec) | more}, *after]}}],
        }
    }
    path = folder / "asking.yaml"
    path.write_text(json.dumps(flow), encoding="utf-8")
    loaded = load_flow_file(path)
    assert loaded.flow is not None
    return loaded


EXTENSION = [Press("4711#", 120, Span.whole_file("script"))]
"""What the caller presses where an extension is asked for."""


def played(loaded: Loaded, services: str) -> Played:
    lines, findings = read_services(read_yaml(Source("services", services))[0])
    assert not findings
    return play(loaded, Caller(steps=EXTENSION), Stage(services=lines))


def path_of(call: Played) -> Any:
    return call.rehearsal.outputs.get("Flow.path")


def errors_of(call: Played) -> list[Any]:
    return [element["error"] for element in call.rehearsal.trace if "error" in element]


@pytest.mark.parametrize(
    ("spec", "path"),
    [(spec, path) for spec in SETTLED for path in spec.outputs],
    ids=lambda value: value if isinstance(value, str) else value.key,
)
def test_a_script_answers_with_any_output(spec: ActionSpec, path: str, tmp_path: Path) -> None:
    call = played(flow_with(spec, tmp_path), f"{spec.key}: {path}")
    assert (path_of(call), errors_of(call)) == (path, [])


@pytest.mark.parametrize("spec", SETTLED, ids=lambda spec: spec.key)
def test_without_a_script_the_harmless_output_is_taken(spec: ActionSpec, tmp_path: Path) -> None:
    call = played(flow_with(spec, tmp_path), "{}")
    assert errors_of(call) == []
    expected = spec.harmless_output or ("none" if spec.ends or spec.outputs else "after")
    if spec.operation in ("get_data", "get_secured"):
        expected = {"get_data": "notFound", "get_secured": "success"}[spec.operation]
    assert path_of(call) == expected


@pytest.mark.parametrize("spec", [s for s in SETTLED if not s.outputs and not s.ends], ids=lambda spec: spec.key)
def test_a_service_that_fails_without_an_output_for_it_takes_the_error_handling(
    spec: ActionSpec, tmp_path: Path
) -> None:
    call = played(flow_with(spec, tmp_path), f"{spec.key}: failure")
    assert [error["message"] for error in errors_of(call)] == ["scripted"]
    assert call.rehearsal.how == "error"


@pytest.mark.parametrize("key", sorted(TRANSFERS - {"returnToAgent"}))
def test_a_transfer_ends_the_flow_or_takes_its_failure_output(key: str, tmp_path: Path) -> None:
    loaded = flow_with(actions()[key], tmp_path)
    assert path_of(played(loaded, "{}")) == "none"
    refused = played(loaded, f"{key}: refused")
    assert (path_of(refused), errors_of(refused)) == ("failure", [])


@pytest.mark.parametrize("spec", [s for s in ASKING if not s.served], ids=lambda spec: spec.key)
def test_a_check_says_that_nobody_answers_yet(spec: ActionSpec, tmp_path: Path) -> None:
    told = [f for f in flow_with(spec, tmp_path).findings if f.code == "port-without-service"]
    assert len(told) == 1
    assert told[0].severity is Severity.INFO
    assert spec.key in told[0].message


FAILING = [spec for spec in SETTLED if "failureOutputs" in spec.parameters]


@pytest.mark.parametrize("spec", FAILING, ids=lambda spec: spec.key)
def test_failure_outputs_say_what_failed(spec: ActionSpec, tmp_path: Path) -> None:
    loaded = flow_with(spec, tmp_path, failureOutputs={"errorType": {"var": "Flow.path"}}, outputs={})
    call = played(loaded, f"{spec.key}: {{failure: {{errorType: Boom}}}}")
    assert (path_of(call), errors_of(call)) == ("Boom", [])


BOTS = sorted(key for key, spec in actions().items() if spec.operation == "foreign_bot")
CITY = {"var": "Flow.path"}


@pytest.mark.parametrize(
    ("key", "bound"),
    [
        *((key, {"sessionVariableOutputs": {"city": CITY}}) for key in BOTS),
        ("callLexV2Bot", {"sessionVariableOutputs": [{"sessionVariable": {"name": "city", "variable": "Flow.path"}}]}),
        ("callDialogflowCxBot", {"sessionParameterOutputs": {"city": CITY}}),
        *((key, {"intents": {"slots": {"city": CITY}}}) for key in BOTS),
        ("callDialogflowBot", {"intents": {"parameters": [{"parameter": {"name": "city", "value": CITY}}]}}),
        ("callDialogflowBot", {"intentProbability": CITY}),
        ("callDialogEngineBot", {"terminationState": CITY}),
    ],
)
def test_what_a_foreign_bot_gives_back_goes_into_variables(key: str, bound: dict[str, Any], tmp_path: Path) -> None:
    intent = {"name": "Travel", "actions": [], **bound.pop("intents", {})}
    outputs = {"intents": [{"intent": intent}]}
    (name,) = bound or {"city": 0}
    given = name if name in ("intentProbability", "terminationState") else "city"
    loaded = flow_with(actions()[key], tmp_path, inputText={"lit": "to Bonn"}, outputs=outputs, **bound)
    call = played(loaded, f"{key}: {{when: {{inputText: to Bonn}}, Travel: {{{given}: Bonn}}}}")
    assert (path_of(call), errors_of(call)) == ("Bonn", [])


def test_an_answer_depends_on_what_was_asked_and_how_often(tmp_path: Path) -> None:
    script = """
    findQueue:
      - when: {findName: other}
        notFound: {}
      - found: {findResult: Gold}
        times: 1
      - otherwise: notFound
    """
    loaded = flow_with(actions()["findQueue"], tmp_path)
    assert path_of(played(loaded, script)) == "found"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("findQeue: found", 'no action "findQeue" asks a service'),
        ("findQueue: success", 'findQueue has no output "success"'),
        ("findQueue: {sucess: {}}", 'findQueue has no output "sucess"'),
        ("[]", '"services" maps an action to its answers'),
    ],
)
def test_a_script_that_cannot_be_meant_is_told(script: str, message: str) -> None:
    _, findings = read_services(read_yaml(Source("services", script))[0])
    assert [found.message for found in findings] == [message]
