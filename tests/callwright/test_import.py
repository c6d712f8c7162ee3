"""``callwright import``: exports of elsewhere become projects that check clean and behave as they did."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from callwright.cli import main
from callwright.importing import plan_import
from callwright.sources import read_with_substitutions
from dsl.concise import expand
from dsl.source import Map, plain
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
