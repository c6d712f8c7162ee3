"""Calls of tasks against the tasks that they call."""

from __future__ import annotations

import pytest

from dsl import check_flow
from dsl.source import Source

FLOW = """\
inboundCall:
  name: Case
  startUpRef: ./tasks/task[main]
  tasks:
  - task:
      name: main
      actions:
      - callTask: {name: C, targetTaskRef: './tasks/task[sub]'CALL}
      - disconnect: {none: true}
  - task:
      name: sub
      variables:
      - stringVariable: {name: Task.phone, isInput: true}
      - stringVariable: {name: Task.tier, isOutput: true}
      - stringVariable: {name: Task.own, initialValue: {lit: y}}
      outputPaths: [outputPath: {name: known}]
      actions:
      - updateData: {statements: [string: {variable: Task.tier, value: {exp: 'Append(Task.phone, Task.own)'}}]}
      - updateData: {statements: [string: {variable: Task.own, value: {lit: x}}]}
      - endTask: {outputPath: {name: PATH}}
"""


def found(call: str, path: str = "known") -> list[tuple[str, int]]:
    text = FLOW.replace("CALL", f", {call}" if call else "").replace("PATH", path)
    return [(f.code, f.span.start.line) for f in check_flow(Source("t.yaml", text)).findings if f.severity != "info"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("inputs: {Task.phone: {lit: a}}", None),
        ("inputs: {phone: {lit: a}}", None),
        ("inputs: {Task.phon: {lit: a}}", "unknown-flow-input"),
        ("inputs: {Task.own: {lit: a}}", "unknown-flow-input"),
        ("outputVariables: {Task.tier: {noValue: true}}", None),
        ("outputVariables: {Task.own: {noValue: true}}", "unknown-flow-output"),
        ("outputs: {known: {actions: []}, DEFAULT: {actions: []}}", None),
        ("outputs: {knwon: {actions: []}}", "unknown-output"),
    ],
)
def test_a_call_gives_and_takes_what_its_task_knows(call: str, code: str | None) -> None:
    assert found(call) == ([(code, 8)] if code else [])


def test_a_task_ends_by_a_path_that_it_declares() -> None:
    assert found("", "unknwon") == [("unknown-output", 20)]
    assert found("outputs: {unknwon: {actions: []}}", "unknwon") == [("unknown-output", 20)]
    assert found("", "default") == []
