"""``callwright import``: exports of elsewhere become projects that check clean and behave as they did."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from callwright.cli import main
from callwright.importing import plan_import
from callwright.importing.contracts import carry_contracts
from callwright.importing.plan import Plan
from callwright.sources import read_with_substitutions
from dsl.concise import expand
from dsl.source import Map, Source, plain, read_json
from tests.dsl.native.exporter import export

ROOT = Path(__file__).parent.parent.parent
SAMPLE = ROOT / "flows/crm_welcome"


def native(path: Path) -> str:
    _, tree, _ = read_with_substitutions(path)
    assert isinstance(tree, Map)
    return export(plain(expand(tree).tree))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    for flow in (SAMPLE / "flows").glob("*.yaml"):
        (tmp_path / f"{flow.stem}.i3InboundFlow").write_text(native(flow), encoding="utf-8")
    return tmp_path


def test_an_imported_flow_passes_the_rehearsals_of_the_flow_that_was_exported(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = tmp_path / "project"
    shutil.copytree(SAMPLE, project)
    files = sorted(map(str, exported.glob("*.i3*")))
    assert main(["import", *files, "--into", str(tmp_path / "new")]) == 0
    for flow in (tmp_path / "new/flows").glob("*.yaml"):
        assert (project / "flows" / flow.name).exists()
        shutil.copyfile(flow, project / "flows" / flow.name)
    capsys.readouterr()
    assert main(["test", str(project)]) == 0
    assert "9 passed, 0 failed" in capsys.readouterr().out


def test_an_imported_project_checks_clean(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = exported / "new"
    assert main(["import", str(exported), "--into", str(new)]) == 0
    told = capsys.readouterr().out
    assert f"wrote {new}/flows/crm_welcome.yaml  from {exported}/crm_welcome.i3InboundFlow" in told
    assert main(["check", str(new)]) == 0


FLOW = """
inboundCall:
  name: Lookup
  startUpRef: /inboundCall/tasks/task[main]
  defaultLanguage: en-us
  tasks:
    - task:
        name: Main
        refId: main
        variables: [{stringVariable: {name: Task.tier, initialValue: {noValue: true}}}]
        actions:
          - callData:
              name: Look
              category:
                Our CRM:
                  dataAction:
                    Find:
                      inputs: {phone: {exp: Call.Ani}}
                      successOutputs: {tier: {var: Task.tier}}
              outputs: {failure: {actions: [{disconnect: {name: Sorry}}]}}
          - playAudio: {name: Say, audio: {exp: ToAudioTTS(Task.tier)}}
          - disconnect: {name: Bye}
"""
CONTRACT = {
    "name": "Find",
    "category": "Our CRM",
    "inputSchema": {
        "type": "object",
        "required": ["phone"],
        "properties": {"phone": {"type": "string", "name": "phone", "required": True}},
    },
    "successSchema": {"type": "object", "properties": {"tier": {"type": "string", "name": "tier"}}},
}


@pytest.fixture
def with_contract(tmp_path: Path) -> Path:
    """A native export that knows the contract of the data action it calls."""
    (tmp_path / "lookup.yaml").write_text(FLOW, encoding="utf-8")
    flow = json.loads(unquote(base64.b64decode(native(tmp_path / "lookup.yaml")).decode()))
    flow["uiMetaData"] = {"actionServiceActions": [CONTRACT]}
    file = tmp_path / "lookup.i3InboundFlow"
    file.write_bytes(base64.b64encode(quote(json.dumps(flow)).encode()))
    return file


def test_the_contracts_of_data_actions_come_along_so_that_the_flow_checks_clean(
    with_contract: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(with_contract), "--into", str(tmp_path / "new")]) == 0
    action = json.loads((tmp_path / "new/actions/find.json").read_text())
    assert action["contract"]["input"]["inputSchema"]["properties"] == {"phone": {"type": "string"}}
    capsys.readouterr()
    assert main(["check", "--strict", str(tmp_path / "new")]) == 0, capsys.readouterr().out
    flow = tmp_path / "new/flows/lookup.yaml"
    flow.write_text(flow.read_text().replace("phone:", "fone:"))
    assert main(["check", "--strict", "--format", "oneline", str(tmp_path / "new")]) == 1
    assert "[missing-input]" in capsys.readouterr().out


def test_a_bridge_action_has_its_contract_in_its_first_request() -> None:
    request = {name: CONTRACT[name] for name in ("inputSchema", "successSchema")}
    action = {"name": "Find", "category": "Our CRM", "requests": [request]}
    flow = {"uiMetaData": {"bridgeServerActions": [action]}}
    tree, _ = read_json(Source("x", json.dumps(flow)))
    assert isinstance(tree, Map)
    plan = Plan()
    carry_contracts(tree, plan, "x")
    assert list(plan.contracts) == [("our crm", "find")]


@pytest.mark.parametrize("said", [{"category": "Our CRM"}, {"integrationType": "custom-rest-actions"}])
def test_a_data_action_that_comes_with_a_file_of_its_own_is_not_made_up(
    said: dict[str, str], with_contract: Path, tmp_path: Path
) -> None:
    contract = {
        "input": {"inputSchema": CONTRACT["inputSchema"]},
        "output": {"successSchema": CONTRACT["successSchema"]},
    }
    own = {
        "name": "Find", **said, "actionType": "custom", "contract": contract,
        "config": {
            "request": {"requestUrlTemplate": "/find?p=$esc.url($input.phone)", "requestType": "GET"},
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"},
        },
    }  # fmt: skip
    (tmp_path / "own.json").write_text(json.dumps(own))
    plan = plan_import([with_contract, tmp_path / "own.json"])
    assert [path for path in plan.files if path.startswith("actions/")] == ["actions/find.json"]
    assert "/find?p=" in plan.files["actions/find.json"]
    assert json.loads(plan.files["actions/find.json"])["category"] == "Our CRM"


def test_nothing_is_written_over_unless_it_is_forced(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = exported / "new"
    files = [str(exported / "crm_welcome.i3InboundFlow"), "--into", str(new)]
    (new / "flows").mkdir(parents=True)
    (new / "flows/crm_welcome.yaml").write_text("mine\n")
    assert main(["import", *files]) == 1
    assert "is there already; nothing was written" in capsys.readouterr().err
    assert (new / "flows/crm_welcome.yaml").read_text() == "mine\n"
    assert not (new / "callwright.yaml").exists()
    assert main(["import", *files, "--force"]) == 0
    assert (new / "flows/crm_welcome.yaml").read_text() != "mine\n"
    assert main(["import", *files]) == 0  # the same again is no collision


def test_the_kind_of_a_file_is_seen_from_its_content(exported: Path) -> None:
    disguised = exported / "holiday.txt"
    disguised.write_text((exported / "crm_welcome.i3InboundFlow").read_text())
    assert list(plan_import([disguised]).flows) == ["CRM Welcome"]


def test_a_file_that_is_none_of_these_is_an_error_with_a_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("buy milk\n")
    assert main(["import", str(tmp_path / "notes.txt"), "--into", str(tmp_path / "new")]) == 1
    said = capsys.readouterr().err
    assert "error[unknown-export]" in said
    assert "give .i3...Flow files" in said


def test_json_tells_what_was_written_and_what_was_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = {"name": "Odd", "type": "workflow", "initialSequence": "s", "flowSequenceItemList": [
        {"__type": "State", "id": "s", "name": "Initial", "startAction": "a",
         "actionList": [{"__type": "BrewCoffeeAction", "id": "a", "name": "Coffee"}]}]}  # fmt: skip
    (tmp_path / "odd.json").write_text(json.dumps(odd))
    assert main(["import", str(tmp_path / "odd.json"), "--into", str(tmp_path / "new"), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [entry["path"] for entry in told["written"]] == ["flows/odd.yaml", "callwright.yaml"]
    assert [(f["code"], f["element"]) for f in told["findings"]] == [
        ("not-imported", "$.flowSequenceItemList[0].actionList[0]")
    ]


def test_a_project_of_data_actions_alone_has_a_project_file_that_reads(tmp_path: Path) -> None:
    action = {
        "name": "Get",
        "integrationType": "custom-rest-actions",
        "actionType": "custom",
        "config": {
            "request": {"requestUrlTemplate": "/x", "requestType": "GET", "headers": {}},
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"},
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {}}},
            "output": {"successSchema": {"type": "object", "properties": {}}},
        },
    }
    (tmp_path / "get.json").write_text(json.dumps(action))
    assert main(["import", str(tmp_path / "get.json"), "--into", str(tmp_path / "new")]) == 0
    assert main(["check", str(tmp_path / "new/callwright.yaml")]) == 0


def test_expand_says_when_a_file_is_no_flow(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expand", str(SAMPLE / "organisation.yaml")]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "is no flow" in shown.err


TEMPLATE = """\
workflow:
  name: {{name}}
  startUpRef: ./states/state[S]
  states: [{state: {name: S, refId: S, actions: [{endWorkflow: {name: WHICH}}]}}]
"""


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ("", {"flows/morning.yaml", "flows/evening.yaml"}),
        ("name: Same", {f"flows/same{end}" for end in (".yaml", ".subst.yaml", "_2.yaml", "_2.subst.yaml")}),
    ],
)
def test_flows_whose_names_are_placeholders_all_come_along_with_their_values(
    tmp_path: Path, values: str, written: set[str]
) -> None:
    for name in ("morning", "evening"):
        (tmp_path / f"{name}.yaml").write_text(TEMPLATE.replace("WHICH", name), encoding="utf-8")
        if values:
            (tmp_path / f"{name}.yaml.subst.yaml").write_text(values, encoding="utf-8")
    plan = plan_import([tmp_path])
    assert set(plan.files) == written | {"callwright.yaml"}
    assert {text.partition("endWorkflow")[2] for text in plan.files.values() if "endWorkflow" in text} == {
        f": {{name: {name}}}}}]}}}}]\n" for name in ("morning", "evening")
    }
