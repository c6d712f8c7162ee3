"""A trace as a story that people read (authoring.md §7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syrupy.assertion import SnapshotAssertion

from interpreter.events import Reply
from interpreter.narrative import narrate, sentence

FLOW = """\
- callData:
    name: Find
    category: {CRM: {dataAction: {Get: {inputs: {}, successOutputs: {name: {var: Flow.name}}}}}}
- collectInput: {name: Ask, inputData: {var: Flow.digits}, digits: {exact: 2}, inputAudio: {tts: Two digits.}}
- decision: {name: Right, condition: {exp: Flow.digits == "12"}}
- transferToAcd: {name: Transfer, targetQueue: {lit: {name: Gold}}}
- updateData: {name: Sum, statements: [{decimal: {variable: Flow.n, value: {exp: 1 / Flow.zero}}}]}
"""
ZERO = "- decimalVariable: {name: Flow.zero, initialValue: {lit: 0.0}}"


def test_every_step_of_a_call_is_told(begin: Callable[..., Any], snapshot: SnapshotAssertion) -> None:
    call = begin(FLOW, variables=ZERO)
    call.at = 1_200
    call.feed(Reply, id=call.waiting, path="success", outputs={"name": "Ada"})
    call.at = 4_000
    call.press("12")
    call.at = 65_500
    call.reply("refused")
    assert "\n".join(narrate(call.trace)) == snapshot
    for name in ("Find", "Ask", "Right", "Transfer", "Sum"):
        assert any(line.partition("  ")[2].startswith(name) for line in narrate(call.trace))


def test_a_late_answer_is_told_as_what_it_is() -> None:
    assert (
        sentence({"kind": "stale", "t": 0, "name": "", "result": "Reply"})
        == "stale: Reply came too late and was ignored"
    )
