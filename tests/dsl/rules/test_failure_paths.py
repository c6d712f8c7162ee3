"""Failures that the caller hears nothing of, and such that only look like it."""

from __future__ import annotations

import pytest

from dsl import check_flow
from dsl.source import Source

TRANSFER = "{transferToAcd: {name: T, targetQueue: {lit: {name: Q}}MORE}}"
SAY = "{playAudio: {name: P, audio: {tts: Sorry.}}}"
POP = "{setScreenPop: {screenPopScript: {S: {}}}}"
END = "{disconnect: {none: true}}"
COLLECT = f"{{collectInput: {{name: C, inputData: {{var: Flow.d}}, outputs: {{success: {{actions: [{SAY}]}}}}}}}}"


def found(*actions: str, kind: str = "inboundCall") -> list[str]:
    text = (
        f"{kind}:\n  name: Case\n  defaultLanguage: en-us\n  variables: [{{stringVariable: {{name: Flow.d}}}}]\n"
        f"  startUpTaskActions: [{', '.join(actions).replace('MORE', '')}]\n"
    )
    return [f.message for f in check_flow(Source("case.yaml", text)).findings if f.code == "missing-failure-path"]


def inside(action: str) -> str:
    return f"{{decision: {{name: D, condition: {{exp: 'IsSet(Flow.d)'}}, outputs: {{yes: {{actions: [{action}]}}}}}}}}"


@pytest.mark.parametrize(
    "actions",
    [(TRANSFER,), (TRANSFER, END), (inside(TRANSFER), END), (TRANSFER, POP, END)],
    ids=["last", "then the end", "inside a branch", "then something unheard"],
)
def test_a_transfer_that_fails_into_silence_is_told(actions: tuple[str, ...]) -> None:
    assert found(*actions) == ['when "T" fails, the caller hears nothing before the end']


def test_a_success_that_speaks_and_a_failure_that_does_not_is_told() -> None:
    assert found(COLLECT, END) == ['when "C" fails, the caller hears nothing before the end']


@pytest.mark.parametrize(
    "actions",
    [
        (TRANSFER, SAY, END),
        (inside(TRANSFER), SAY, END),
        (TRANSFER.replace("MORE", ", failureTransferAudio: {tts: Sorry.}"), END),
        (TRANSFER.replace("MORE", f", outputs: {{failure: {{actions: [{END}]}}}}"), END),
        ("{setPriority: {name: S, priority: {lit: 1}}}", SAY, END),
        ("{setPriority: {name: S, priority: {lit: 1}}}", END),
    ],
    ids=["then words", "words behind the branch", "failure audio", "a failure path", "nothing lost", "nothing gained"],
)
def test_a_failure_that_is_heard_or_changes_nothing_is_not(actions: tuple[str, ...]) -> None:
    assert found(*actions) == []


def test_who_writes_is_told_to_read_nothing() -> None:
    assert found(TRANSFER, kind="inboundShortMessage") == ['when "T" fails, the customer reads nothing before the end']


def test_without_a_caller_nobody_is_left_in_silence() -> None:
    assert found(TRANSFER, "{endWorkflow: {}}", kind="workflow") == []


def test_a_queue_goes_on_waiting() -> None:
    assert found(COLLECT, kind="inqueueCall") == []
