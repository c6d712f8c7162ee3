"""Conditions that can only come out one way, and such that only look like it."""

from __future__ import annotations

import pytest

from dsl import check_flow
from dsl.source import Source

FLOW = """\
inboundCall:
  name: Case
  startUpRef: ./tasks/task[main]
  variables:
  - booleanVariable: {name: Flow.switch, initialValue: {lit: false}}
  - integerVariable: {name: Flow.set, initialValue: {noValue: true}}
  tasks:
  - task:
      name: main
      variables:
      - integerVariable: {name: Task.limit, initialValue: {lit: 3}}
      - integerVariable: {name: Task.count, initialValue: {lit: 0}}
      - integerVariable: {name: Task.given, initialValue: {lit: 0}, isInput: true}
      - stringVariable: {name: Task.unset}
      - stringVariable: {name: Task.twice, initialValue: {lit: a}}
      actions:
      - updateData: {statements: [{integer: {variable: Task.count, value: {exp: Task.count + 1}}}]}
      - decision: {name: D, condition: {exp: 'CONDITION'}}
      - callTask: {targetTaskRef: './tasks/task[other]'}
      - disconnect: {none: true}
  - task:
      name: other
      variables: [{stringVariable: {name: Task.twice, initialValue: {lit: b}}}]
      actions: [{endTask: {}}]
"""


def found(condition: str) -> list[str]:
    source = Source("case.yaml", FLOW.replace("CONDITION", condition))
    return [f.code for f in check_flow(source).findings if f.code.startswith(("always", "type", "unknown", "syntax"))]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("1 == 1", "always-true"),
        ("!(2 > 1)", "always-false"),
        ('"a" == "b" or false', "always-false"),
        ("Task.limit > 2", "always-true"),
        ("Task.limit == 4 and true", "always-false"),
        ("IsSet(Task.limit)", "always-true"),
        ("If(Task.limit == 3, false, true)", "always-false"),
    ],
)
def test_a_condition_that_is_decided_beforehand_is_told(condition: str, code: str) -> None:
    assert found(condition) == [code]


@pytest.mark.parametrize(
    "condition",
    [
        "Task.count > 2",
        "Task.given > 2",
        "Flow.switch",
        "Task.limit > Task.count",
        'Task.twice == "a"',
        'Task.unset == "a"',
        "Random() > 2",
        "1 / 0 == 1",
        "IsSet(Call.Ani)",
    ],
)
def test_a_condition_that_may_come_out_otherwise_is_not(condition: str) -> None:
    assert found(condition) == []
