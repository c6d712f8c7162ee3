"""Ways through a flow: what is reached, what comes back, what is never written before it is read."""

from __future__ import annotations

import pytest

from dsl import check_flow
from dsl.source import Source

FLOW = """\
inboundCall:
  name: Case
  defaultLanguage: en-us
  startUpRef: ./tasks/task[main]
  variables:
  - stringVariable: {name: Flow.x, initialValue: {noValue: true}}
  - integerVariable: {name: Flow.n, initialValue: {lit: 0}}
  tasks:
  - task: {name: Main, refId: main, actions: [ACTIONS]}
  - task: {name: Gone, refId: gone, actions: [END]}
  - task: {name: Back, refId: back, outputPaths: [{outputPath: {name: a}}], actions: [{endTask: {name: E}}]}
"""
END = "{disconnect: {none: true}}"
WRITE = "{updateData: {name: W, statements: [{string: {variable: Flow.x, value: {lit: a}}}]}}"
READ = "{playAudio: {name: R, audio: {exp: 'ToAudioTTS(Flow.x)'}}}"
CALL = "{callTask: {name: C, targetTaskRef: './tasks/task[%s]'}}"


def codes(*actions: str, of: tuple[str, ...]) -> list[str]:
    text = FLOW.replace("ACTIONS", ", ".join(actions)).replace("END", END)
    return [f.code for f in check_flow(Source("case.yaml", text)).findings if f.code in of]


def decision(yes: str, no: str | None, condition: str = "IsSet(Call.Ani)") -> str:
    outputs = f"yes: {{actions: [{yes}]}}" + (f", no: {{actions: [{no}]}}" if no is not None else "")
    return f"{{decision: {{name: D, condition: {{exp: {condition}}}, outputs: {{{outputs}}}}}}}"


def loop(*body: str) -> str:
    outputs = f"loop: {{actions: [{', '.join(body)}]}}"
    return f"{{loop: {{name: L, currentIndex: {{var: Flow.n}}, loopCount: {{lit: 2}}, outputs: {{{outputs}}}}}}}"


def transfer(failure: str) -> str:
    outputs = f"failure: {{actions: [{failure}]}}"
    return f"{{transferToAcd: {{name: T, targetQueue: {{lit: {{name: Q}}}}, outputs: {{{outputs}}}}}}}"


def collect(success: str, failure: str) -> str:
    outputs = f"success: {{actions: [{success}]}}, failure: {{actions: [{failure}]}}"
    return f"{{collectInput: {{name: I, inputData: {{var: Flow.x}}, digits: {{exact: 1}}, outputs: {{{outputs}}}}}}}"


@pytest.mark.parametrize(
    ("actions", "reached"),
    [
        ((END,), False),
        ((decision(END, END),), False),
        ((decision(END, None),), True),
        ((decision(END, ""),), True),
        ((collect(END, END),), False),
        ((collect(END, ""),), True),
        ((CALL % "gone",), False),
        ((CALL % "back",), True),
        ((decision(CALL % "gone", END),), False),
        ((loop(END),), True),
        (("{transferToAcd: {name: T, targetQueue: {lit: {name: Q}}}}",), True),
        ((transfer(END),), False),
    ],
)
def test_what_stands_behind_is_reached_when_some_way_comes_through(actions: tuple[str, ...], reached: bool) -> None:
    assert codes(*actions, READ, END, of=("unreachable-action",)) == ([] if reached else ["unreachable-action"])


def test_a_task_that_calls_one_that_ends_the_call_has_no_open_end() -> None:
    assert codes(CALL % "gone", of=("no-terminating-action",)) == []
    assert codes(CALL % "back", of=("no-terminating-action",)) == ["no-terminating-action"]


def test_two_tasks_that_call_each_other_for_ever_never_come_back() -> None:
    assert codes(CALL % "main", READ, of=("unreachable-action",)) == ["unreachable-action"]


@pytest.mark.parametrize(
    ("actions", "found"),
    [
        ((READ, WRITE), True),
        ((WRITE, READ), False),
        ((decision(WRITE, READ),), True),
        ((decision(WRITE, ""), READ), False),
        ((decision(WRITE, None, "IsSet(Flow.x)"),), False),
        ((loop(READ, WRITE),), False),
        ((collect("", ""), READ), False),
        ((READ, "{jumpToTask: {name: J, targetTaskRef: './tasks/task[main]'}}", WRITE), True),
        ((READ, WRITE, "{jumpToTask: {name: J, targetTaskRef: './tasks/task[main]'}}"), False),
    ],
)
def test_a_read_before_any_possible_write_is_found(actions: tuple[str, ...], found: bool) -> None:
    assert codes(*actions, END, of=("read-before-write",)) == (["read-before-write"] if found else [])
