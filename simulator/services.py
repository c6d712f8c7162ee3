"""Services of a rehearsal besides data actions: scripted under ``services:``, else answered harmlessly.

What is looked for is not found, what is to be done succeeds (``ActionSpec.harmless_output``): the default is stated
once and never hidden, for the trace shows every request with the output that it took.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dsl.actions import ActionSpec, Parameter, actions
from dsl.expressions.types import Type, is_collection
from dsl.expressions.values import Entity, Json, Structure
from dsl.source import Diagnostic, Map, Node, Scalar, Seq, did_you_mean, finding, plain
from interpreter.commands import Request
from interpreter.ports import Answer, Clock, RequestPort
from simulator.script import duration_ms
from simulator.stubs import StubLine, value_of

_OWN_KEYS = ("when", "otherwise", "after", "times")
_OUTCOMES = ("accepted", "refused")
_ORGANISATION = frozenset({"que", "usr", "skl", "lac", "grp", "wrc", "pmt"})
_ALSO = {
    "callBotFlow": ("outputs",),
    "callDigitalBotFlow": ("outputs",),
    "callVoiceFlow": ("outputs",),
    "waitForInput": ("knowledge", "notFound"),
}

ServiceLines = Mapping[str, Sequence[StubLine]]
"""Scripted answers by action key."""


@lru_cache(maxsize=1)
def _by_operation() -> Mapping[tuple[str, str], tuple[ActionSpec, ...]]:
    found: dict[tuple[str, str], tuple[ActionSpec, ...]] = {}
    for spec in actions().values():
        asked = (spec.port, spec.operation)
        if "knowledgeSearchResult" in spec.parameters:
            asked = ("conversation", "search_knowledge")  # a bot's question, where its own intents do not help
        if asked[0] is not None and asked[1] is not None:
            key = (asked[0], asked[1])
            found[key] = (*found.get(key, ()), spec)
    return found


def read_services(node: Node | None) -> tuple[dict[str, list[StubLine]], list[Diagnostic]]:
    """The scripted answers by action key, and what is wrong with them."""
    findings: list[Diagnostic] = []
    found: dict[str, list[StubLine]] = {}
    if node is None:
        return found, findings
    if not isinstance(node, Map):
        return found, [finding("wrong-kind", '"services" maps an action to its answers', node.span)]
    asked = {spec.key: spec for specs in _by_operation().values() for spec in specs}
    for key, lines in node:
        spec = asked.get(key.text)
        if spec is None:
            message = f'no action "{key.text}" asks a service'
            findings.append(finding("unknown-action", message, key.span, help=did_you_mean(key.text, asked)))
            continue
        items = lines.items if isinstance(lines, Seq) else (lines,)
        found[spec.key] = [line for item in items if (line := _line(spec, item, findings)) is not None]
    return found, findings


def _line(spec: ActionSpec, node: Node, findings: list[Diagnostic]) -> StubLine | None:
    """``{when, <output>: {outputs}}``, or the bare name of an output."""
    if isinstance(node, Scalar):
        path = _path(spec, node.text)
        if path is None:
            _complain(spec, node.text, node, findings)
        return _answering(spec, StubLine(None, path), {}) if path is not None else None
    if not isinstance(node, Map):
        findings.append(finding("wrong-kind", "an answer is the name of an output, or a mapping", node.span))
        return None
    inner = node.get("otherwise")
    if isinstance(inner, Scalar):
        return _line(spec, inner, findings)
    body = inner if isinstance(inner, Map) else node
    when, times, after = node.get("when"), node.get("times"), body.get("after")
    asked = plain(when) if isinstance(when, Map) else None
    line = StubLine(
        asked if isinstance(asked, dict) else None,
        spec.harmless_output,
        after=(duration_ms(after.text) or 0) if isinstance(after, Scalar) else 0,
        times=times.value if isinstance(times, Scalar) and isinstance(times.value, int) else None,
    )
    for key, value in body:
        if key.text in _OWN_KEYS:
            continue
        path = _path(spec, key.text)
        if path is None:
            _complain(spec, key.text, key, findings)
            continue
        given = plain(value) if isinstance(value, Map) else {}
        line.path = path
        values = given if isinstance(given, dict) else {}
        _answering(spec, line, {name: output_value(spec, name, form) for name, form in values.items()})
    return line


def _answering(spec: ActionSpec, line: StubLine, outputs: Mapping[str, Any]) -> StubLine:
    """The line with what it gives; a failure says why, and a timeout nothing, unless an author has called an output
    so."""
    is_own = spec.open_outputs and line.path not in spec.outputs
    line.answers = line.path != "timeout" or is_own
    if line.path in ("failure", "refused") and not is_own:
        line.failure = {"errorType": "Scripted", "errorMessage": "scripted", **outputs}
    else:
        line.outputs = outputs
    return line


def _path(spec: ActionSpec, name: str) -> str | None:
    known = (
        *spec.outputs,
        *_OUTCOMES,
        "timeout",
        *_ALSO.get(spec.key, ()),
        *(() if spec.outputs else ("success", "failure")),
    )
    path = next((path for path in known if path.casefold() == name.casefold()), None)
    return name if path is None and spec.open_outputs else path


def _complain(spec: ActionSpec, name: str, place: Any, findings: list[Diagnostic]) -> None:
    known = spec.outputs or ("success", "failure")
    message = f'{spec.key} has no output "{name}"'
    findings.append(finding("unknown-output", message, place.span, help=did_you_mean(name, known)))


def output_value(spec: ActionSpec, name: str, form: Any) -> Any:
    """A plain value as the run-time value of an output: objects of the organisation by name, structures by their
    properties."""
    parameter = spec.parameters.get(name)
    kind = parameter.kind.removeprefix(">") if isinstance(parameter, Parameter) and parameter.is_output else ""
    return typed(form, kind)


def typed(form: Any, kind: str) -> Any:
    """A plain value as a value of a type code."""
    if kind and is_collection(Type(kind)):
        items = form if isinstance(form, list) else [form]
        return tuple(typed(item, kind.removesuffix("_coll")) for item in items)
    if kind in _ORGANISATION and form is not None:
        facts = form if isinstance(form, dict) else {"name": str(form)}
        return Entity(kind, facts.get("id"), str(facts.get("name", "")), facts.get("username"))
    if isinstance(form, dict):
        if kind.startswith("cpx_"):
            return structure(kind, form)
        return Json(form)
    return value_of(form)


def structure(kind: str, form: Mapping[str, Any]) -> Structure:
    """Plain properties as a structured value, each of the type that the language knows for it."""
    from dsl.expressions.builtins import PROPERTIES

    known = PROPERTIES.get(kind, {})
    found = {}
    for name, value in form.items():
        proper, type_ = known.get(name.lower(), (name, Type("")))
        found[proper] = typed(value, str(type_))
    return Structure(kind, found)


@dataclass(slots=True)
class ScriptedServices:
    """One port: scripted lines first, then whoever else answers it, then the harmless output."""

    port: str
    clock: Clock
    lines: ServiceLines
    otherwise: RequestPort | None = None

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Answer by the first line that fits."""
        specs = _by_operation().get((self.port, request.operation), ())
        for spec in specs:
            line = next((line for line in self.lines.get(spec.key, ()) if line.fits(request.inputs)), None)
            if line is not None:
                self._scripted(line, answer)
                return
        if self.otherwise is not None:
            self.otherwise.request(execution, request, answer)
        else:
            answer(specs[0].harmless_output if specs else "failure", {}, {})

    def _scripted(self, line: StubLine, answer: Answer) -> None:
        if line.times is not None:
            line.times -= 1
        if not line.answers:
            return
        self.clock.call_at(self.clock.now() + line.after, lambda: answer(line.path, line.outputs, line.failure))

    def cancel(self, execution: str, request_id: str) -> None:
        """Nobody waits any more."""
        if self.otherwise is not None:
            self.otherwise.cancel(execution, request_id)
