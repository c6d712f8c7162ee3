"""Stubbed data actions: scripted answers at the border to the connectors (authoring.md §8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from dsl.expressions.text_of import to_text
from dsl.source import Diagnostic, Map, Node, Scalar, Seq, did_you_mean, finding, plain
from interpreter.commands import Request
from interpreter.ports import Answer, Clock, RequestPort
from simulator.script import duration_ms

KEYS = ("when", "otherwise", "success", "failure", "timeout", "cassette", "after", "times", "echo")
_FAILURE_STATUS = 500
_NOT_RECORDED = "ACTION.NOT_CONFIGURED"


@dataclass(slots=True)
class StubLine:
    """One answer: for which inputs, how often, after how long. A ``cassette`` answers by what was recorded; one that
    does not answer leaves the flow to its own deadline."""

    when: Mapping[str, Any] | None
    path: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    failure: Mapping[str, Any] = field(default_factory=dict)
    after: int = 0
    times: int | None = None
    echo: bool = False
    cassette: Path | None = None
    answers: bool = True

    def fits(self, inputs: Mapping[str, Any]) -> bool:
        """Whether it answers these inputs."""
        if self.times == 0:
            return False
        if self.when is None:
            return True
        given = {name.casefold(): value for name, value in inputs.items()}
        return all(_same(given.get(name.casefold()), wanted) for name, wanted in self.when.items())


def _same(given: Any, wanted: Any) -> bool:
    return given == wanted or (given is not None and to_text(given) == str(wanted))


def value_of(form: Any) -> Any:
    """A plain YAML value as a run-time value."""
    if isinstance(form, bool) or form is None or isinstance(form, (int, str)):
        return form
    if isinstance(form, float):
        return Decimal(str(form))
    if isinstance(form, list):
        return tuple(value_of(item) for item in form)
    return form


def flattened(outputs: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested outputs under their dotted names, objects of a list as parallel lists, as a flow sees them
    (data-actions.md §7.1)."""
    found: dict[str, Any] = {}
    for name, form in outputs.items():
        if isinstance(form, Mapping):
            found.update(flattened(form, f"{prefix}{name}."))
        elif isinstance(form, list) and form and all(isinstance(item, Mapping) for item in form):
            rows = [flattened(item) for item in form]
            found.update({f"{prefix}{name}.{key}": tuple(row.get(key) for row in rows) for row in rows for key in row})
        else:
            found[f"{prefix}{name}"] = value_of(form)
    return found


def read_stubs(node: Node | None) -> tuple[dict[str, list[StubLine]], list[Diagnostic]]:
    """Stub lines by ``Integration / Action`` in lower case."""
    findings: list[Diagnostic] = []
    found: dict[str, list[StubLine]] = {}
    if node is None:
        return found, findings
    if not isinstance(node, Map):
        return found, [finding("wrong-kind", '"actions" maps Integration / Action to answers', node.span)]
    for key, lines in node:
        items = lines.items if isinstance(lines, Seq) else (lines,)
        found[key.text.casefold()] = [line for item in items if (line := _line(item, findings)) is not None]
    return found, findings


def _line(node: Node, findings: list[Diagnostic]) -> StubLine | None:
    if isinstance(node, Scalar) and node.text == "timeout":
        return StubLine(None, "timeout")
    if not isinstance(node, Map):
        findings.append(finding("wrong-kind", "an answer is success, failure or timeout", node.span))
        return None
    for key, _ in node:
        if key.text not in KEYS:
            help_ = did_you_mean(key.text, KEYS)
            findings.append(finding("unknown-key", f'an answer has no key "{key.text}"', key.span, help=help_))
    inner = node.get("otherwise")
    body = inner if isinstance(inner, Map) else node
    when_node = node.get("when")
    when = plain(when_node) if isinstance(when_node, Map) else None
    after = body.get("after")
    times = node.get("times")
    line = StubLine(
        when if isinstance(when, dict) else None,
        "success",
        after=(duration_ms(after.text) or 0) if isinstance(after, Scalar) else 0,
        times=times.value if isinstance(times, Scalar) and isinstance(times.value, int) else None,
        echo="echo" in body,
    )
    cassette = body.get("cassette")
    if isinstance(cassette, Scalar):
        line.cassette = Path(cassette.span.path).parent / cassette.text
        if not line.cassette.is_file():
            message = f"the cassette {cassette.text} is not there"
            help_ = "record it with callwright action run FILE --input JSON --record CASSETTE"
            findings.append(finding("unknown-include", message, cassette.span, help=help_))
    failure, success = body.get("failure"), body.get("success")
    if "timeout" in body or (isinstance(inner, Scalar) and inner.text == "timeout"):
        line.path = "timeout"
    elif failure is not None:
        line.path = "failure"
        given = plain(failure) if isinstance(failure, Map) else {}
        line.failure = failure_outputs(given if isinstance(given, dict) else {})
    elif isinstance(success, Map):
        outputs = plain(success)
        line.outputs = flattened(outputs if isinstance(outputs, dict) else {})
    return line


def failure_outputs(given: Mapping[str, Any]) -> dict[str, Any]:
    """The failure outputs that a flow can bind (data-actions.md §7.3), lists as collections."""
    found: dict[str, Any] = {"errorCode": "internal.server.error", "status": _FAILURE_STATUS}
    found.update({name: value_of(value) for name, value in given.items()})
    for name in ("details.errorCode", "userParams.key", "userParams.value"):
        value = found.get(name)
        found[name] = () if value is None else value if isinstance(value, tuple) else (value,)
    return found


@dataclass(slots=True)
class Called:
    """A data action that the flow called."""

    action: str
    inputs: Mapping[str, Any]
    path: str


Elsewhere = Callable[[str], RequestPort | None]
"""The port that answers the actions of an integration, if there is one."""

Player = Callable[[Path, str, str], RequestPort]
"""The port that plays a cassette for an integration's action."""


def _no_player(cassette: Path, integration: str, action: str) -> RequestPort:
    raise LookupError("there is nothing to play cassettes with")


@dataclass(slots=True)
class StubbedActions:
    """The port ``data_actions``, answered from stubs.

    An action without a single stub may be answered ``elsewhere``, a line with a cassette by the ``player``. ``missing``
    names the actions that nobody answers, ``missed`` says what they asked that no cassette holds.
    """

    clock: Clock
    stubs: Mapping[str, Sequence[StubLine]]
    elsewhere: Elsewhere = field(default=lambda integration: None)
    player: Player = _no_player
    calls: list[Called] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    missed: dict[str, str] = field(default_factory=dict)
    _open: dict[tuple[str, str], RequestPort] = field(default_factory=dict)

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Answer by the first line that fits."""
        name = f"{request.inputs['integration']} / {request.inputs['action']}"
        inputs = request.inputs["inputs"]
        if name.casefold() not in self.stubs and (port := self.elsewhere(request.inputs["integration"])) is not None:
            self._ask(port, name, execution, request, answer)
            return
        line = next((s for s in self.stubs.get(name.casefold(), ()) if s.fits(inputs)), None)
        if line is None:
            self.missing.append(name)
            self.calls.append(Called(name, inputs, "failure"))
            not_found = {"errorCode": "not.found", "status": 404, "details.errorCode": _NOT_RECORDED}
            answer("failure", {}, failure_outputs(not_found))
            return
        if line.times is not None:
            line.times -= 1
        if line.cassette is not None:
            port = self.player(line.cassette, request.inputs["integration"], request.inputs["action"])
            self._ask(port, name, execution, request, answer)
            return
        self.calls.append(Called(name, inputs, line.path))
        if line.path == "timeout":
            return  # the flow's own deadline fires
        outputs = dict(inputs) if line.echo else line.outputs
        self.clock.call_at(self.clock.now() + line.after, lambda: answer(line.path, outputs, line.failure))

    def _ask(self, port: RequestPort, name: str, execution: str, request: Request, answer: Answer) -> None:
        called = Called(name, request.inputs["inputs"], "timeout")
        self.calls.append(called)

        def answered(path: str, outputs: Mapping[str, Any], failure: Mapping[str, Any]) -> None:
            called.path = path
            if _NOT_RECORDED in failure.get("details.errorCode", ()):
                self.missed[name] = str(failure.get("userMessage", ""))
            answer(path, outputs, failure)

        self._open[execution, request.id] = port
        port.request(execution, request, answered)

    def cancel(self, execution: str, request_id: str) -> None:
        """Nobody waits any more."""
        port = self._open.pop((execution, request_id), None)
        if port is not None:
            port.cancel(execution, request_id)


def stub_to_paste(name: str, inputs: Mapping[str, Any]) -> str:
    """A ready-made stub for an action that has none."""
    when = ", ".join(f"{key}: {to_text(value)!r}" for key, value in inputs.items())
    return f"actions:\n  {name}:\n    - when: {{{when}}}\n      success: {{}}\n"
