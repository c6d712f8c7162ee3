"""``callwright explore``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from callwright.cli import main

FLOW = """\
inboundCall:
  name: Opening hours
  defaultLanguage: en-us
  startUpRef: ./tasks/task[main]
  tasks:
  - task:
      name: Main
      refId: main
      variables:
      - stringVariable: {name: Task.tier, initialValue: {noValue: true}}
      actions:
      - evaluateScheduleGroup:
          name: Hours
          scheduleGroup: {exp: 'ToScheduleGroup("1")'}
          outputs:
            open:
              actions:
              - callData:
                  name: Find
                  timeout: {lit: {seconds: 5}}
                  category:
                    CRM: {dataAction: {Find: {inputs: {}, successOutputs: {tier: {var: Task.tier}}}}}
              - switch:
                  name: Tier
                  evaluate:
                    firstMatch:
                      string:
                        value: {exp: Task.tier}
                        cases:
                        - case:
                            value: {lit: Gold}
                            actions: [{transferToAcd: {name: To gold, targetQueue: {lit: {name: Gold}}}}]
                        - case: {value: {lit: Gold}, actions: [{disconnect: {name: Never}}]}
      - playAudio: {name: Sorry, audio: {tts: Please call again later.}}
      - disconnect: {name: Bye}
"""
CIRCLE = """\
inboundCall:
  name: Circle
  defaultLanguage: en-us
  startUpRef: ./tasks/task[main]
  tasks:
  - task: {name: Main, refId: main, actions: [{jumpToTask: {name: Again, targetTaskRef: './tasks/task[main]'}}]}
"""


@pytest.fixture
def flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "hours.yaml").write_text(FLOW, encoding="utf-8")
    (tmp_path / "circle.yaml").write_text(CIRCLE, encoding="utf-8")
    return Path("hours.yaml")


def test_the_report_for_people(flow: Path, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    assert main(["explore", str(flow)]) == 0
    assert capsys.readouterr().out == snapshot


def test_the_document_for_machines(flow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", str(flow), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    dead = document.pop("dead")
    assert document == {
        "schema": "callwright.explore/1",
        "absent": [],
        "paths": document["paths"],
        "actions": {"reached": 6, "total": 7},
        "outputs": {"reached": document["outputs"]["total"] - 1, "total": document["outputs"]["total"]},
        "never_ends": [],
        "internal_errors": [],
    }
    assert document["paths"] > 5
    assert [(spot["name"], spot["line"]) for spot in dead] == [("Never", 33)]


def test_a_path_that_never_ends_is_an_error(flow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "circle.yaml", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert [spot["name"] for spot in document["never_ends"]] == ["Again"]


def test_every_path_as_a_test_passes(flow: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", str(flow), "--format", "test"]) == 0
    Path("hours.test.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["test", "hours.test.yaml"]) == 0, capsys.readouterr().out
    assert " passed, 0 failed" in capsys.readouterr().out


def test_paths_that_begin_differently_say_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow = tmp_path / "work.yaml"
    flow.write_text(
        "workflow:\n  name: W\n  startUpTaskActions:\n"
        "    - decision: {name: D, condition: {exp: 'Flow.kind == \"new\"'}}\n"
        "    - endWorkflow: {exitReason: {noValue: true}}\n"
        "  variables:\n    - stringVariable: {name: Flow.kind, isInput: true}\n",
        encoding="utf-8",
    )
    assert main(["explore", str(flow)]) == 0
    out = capsys.readouterr().out
    assert "inputs: {flow.kind: sample}" in out
    assert "inputs: {flow.kind: new}" in out
