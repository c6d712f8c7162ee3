"""A call as people read it: who said what when, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callwright.rehearsing import Played
    from simulator.caller import Line
    from simulator.session import Rehearsal


def shown_line(line: Line, start: int) -> str:
    """``  2.4 s  flow    You have our Gold subscription.``"""
    seconds = (line.at - start) / 1000
    return f"{seconds:6.1f} s  {line.who:<7} {line.text}"


def shown_action(element: Mapping[str, Any], start: int) -> str:
    """A trace element in the same columns: what an action did, told when it is over."""
    from interpreter.narrative import sentence

    seconds = (element["t"] + (element.get("ms") or 0) - start) / 1000
    return f"{seconds:6.1f} s  {'·':<7} {sentence(element)}"


def conclusion(rehearsal: Rehearsal) -> str:
    """How the call ended, and what goes along with it."""
    from dsl.expressions.text_of import to_text

    lines = [f"ended: {rehearsal.how}" + (f" {rehearsal.queue}" if rehearsal.queue else "")]
    if rehearsal.queue:
        language = f", language {rehearsal.language}" if rehearsal.language else ""
        lines.append(f"skills: {', '.join(rehearsal.skills) or 'none'}{language}; priority {rehearsal.priority}")
    if rehearsal.end is not None and rehearsal.end.reason:
        lines.append(f"reason: {rehearsal.end.reason}")
    lines += [
        f"output: {name} = {'NOT_SET' if value is None else to_text(value)}"
        for name, value in sorted(rehearsal.outputs.items())
    ]
    lines += [f"data: {name} = {value}" for name, value in sorted(rehearsal.data.items())]
    errors = [e["error"]["message"] for e in rehearsal.trace if "error" in e]
    lines += [f"flow error: {message}" for message in errors]
    return "\n".join(lines)


def complaint(played: Played) -> str | None:
    """What the script waited for in vain, what it should not have heard, and data actions without a stub."""
    from simulator.stubs import stub_to_paste

    caller = played.caller
    sentences = []
    if caller.unmet is not None:
        span = caller.unmet.span
        sentences.append(f'{span.path}:{span.start.line}:{span.start.column}: "{caller.unmet.text}" was never heard')
    if caller.refused is not None:
        span = caller.refused.span
        sentences.append(f'{span.path}:{span.start.line}:{span.start.column}: "{caller.refused.text}" was heard')
    for name in dict.fromkeys(played.actions.missing):
        inputs = next((call.inputs for call in played.actions.calls if call.action == name), {})
        sentences.append(f"{name} has no stub; this one would do (--stubs FILE):\n{stub_to_paste(name, inputs)}")
    return "\n".join(sentences) or None
