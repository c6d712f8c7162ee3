"""``*.test.yaml``: calls and what is expected of them (authoring.md §8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Source, Span, did_you_mean, finding, plain, read_yaml
from simulator.opening import MAIL_KEYS, NOTHING_GIVEN, Opening
from simulator.script import Step, read_script, time_ms
from simulator.services import read_services
from simulator.stubs import StubLine, read_stubs

FILE_KEYS = ("flow", "defaults", "actions", "services", "queues", "calls", "schema")
CASE_KEYS = (
    *("name", "from", "to", "at", "language", "message", "mail", "inputs", "builtins"),
    *("script", "expect", "actions", "services", "queues"),
)
EXPECTATIONS = {
    "end": "how the call ends",
    "reason": "the exit reason of a workflow, or why a bot has ended",
    "outputs": "output variables of the flow, a part of them",
    "by": "who ended it",
    "queue": "the queue that takes the call",
    "skills": "skills that are asked for, in any order",
    "skills_exact": "skills that are asked for, in this order",
    "priority": "the priority in the queue",
    "language": "the language skill that is asked for",
    "callback": "the callback that is booked: number, name, queue, a part of them",
    "data": "participant data, a part of it",
    "data_exact": "participant data, all of it",
    "vars": "last values of variables",
    "called": "data actions that are called, in this order",
    "not_called": "data actions that are not called",
    "path": "steps of the trace",
    "heard": "what the caller hears",
    "duration": "how long the call takes, such as < 30s",
    "error": "the flow error that is met",
    "warning": "a warning of the trace",
}
"""What may be expected of a call, with what it means."""

ENDS = (
    "disconnect",
    "queue",
    "number",
    "user",
    "group",
    "flow",
    "voicemail",
    "hangup",
    "error",
    "workflow",
    "bot",
    "module",
    "state",
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing expected, with its place in the file."""

    key: str
    value: Any  # plain YAML
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """One call."""

    name: str
    span: Span
    number: str
    dialled: str
    at: int
    language: str | None
    steps: tuple[Step, ...]
    expectations: tuple[Expectation, ...]
    stubs: Mapping[str, list[StubLine]] = field(default_factory=dict)
    refusing: frozenset[str] = frozenset()
    opening: Opening = NOTHING_GIVEN
    services: Mapping[str, list[StubLine]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A test file: the flow it is about and its calls."""

    path: str
    flow: str
    flow_span: Span
    cases: tuple[Case, ...]


def check_test_file(source: Source) -> tuple[CaseFile | None, list[Diagnostic]]:
    """Read a test file and report what is wrong with it."""
    tree, findings = read_yaml(source, {})
    if tree is None:
        return None, findings
    reader = _Reader(source.path, findings)
    return reader.file(tree), reader.findings


@dataclass(frozen=True, slots=True)
class _Reader:
    path: str
    findings: list[Diagnostic]

    def report(self, code: str, message: str, span: Span, help: str | None = None) -> None:  # noqa: A002
        self.findings.append(finding(code, message, span, help=help))

    def file(self, tree: Node) -> CaseFile | None:
        if not isinstance(tree, Map):
            self.report("wrong-kind", "a test file is a mapping with flow and calls", tree.span)
            return None
        for key, _ in tree:
            if key.text not in FILE_KEYS:
                help_ = did_you_mean(key.text, FILE_KEYS)
                self.report("unknown-key", f'a test file has no key "{key.text}"', key.span, help_)
        flow = tree.get("flow")
        if not isinstance(flow, Scalar) or not flow.text:
            self.report("missing-parameter", 'a test file names its "flow"', tree.span)
            return None
        calls = tree.get("calls")
        if not isinstance(calls, Seq) or not calls.items:
            self.report("missing-parameter", 'a test file has "calls"', tree.span)
            return None
        defaults = tree.get("defaults")
        cases = [self.case(item, tree, defaults if isinstance(defaults, Map) else None) for item in calls.items]
        return CaseFile(self.path, flow.text, flow.span, tuple(case for case in cases if case))

    def case(self, item: Node, tree: Map, defaults: Map | None) -> Case | None:
        if not isinstance(item, Map):
            self.report("wrong-kind", "a call is a mapping", item.span)
            return None
        for key, _ in item:
            if key.text not in CASE_KEYS:
                self.report(
                    "unknown-key", f'a call has no key "{key.text}"', key.span, did_you_mean(key.text, CASE_KEYS)
                )
        steps, found = read_script(item.get("script"))
        self.findings.extend(found)
        stubs = {**self.stubs(tree.get("actions")), **self.stubs(item.get("actions"))}
        name = self.text(item, None, "name", "call")
        return Case(
            name=name,
            span=item.span,
            number=self.text(item, defaults, "from", "anonymous"),
            dialled=self.text(item, defaults, "to", "+49301234567"),
            at=self.time(item, defaults),
            language=self.text(item, defaults, "language", "") or None,
            steps=tuple(steps),
            expectations=tuple(self.expectations(item.get("expect"))),
            stubs=stubs,
            refusing=self.refusing(tree.get("queues")) | self.refusing(item.get("queues")),
            opening=self.opening(item),
            services={**self.services(tree.get("services")), **self.services(item.get("services"))},
        )

    def text(self, item: Map, defaults: Map | None, key: str, missing: str) -> str:
        node = item.get(key) or (defaults.get(key) if defaults else None)
        return node.text if isinstance(node, Scalar) else missing

    def time(self, item: Map, defaults: Map | None) -> int:
        node = item.get("at") or (defaults.get("at") if defaults else None)
        if node is None:
            return 1_772_442_900_000
        at = time_ms(node.text) if isinstance(node, Scalar) else None
        if at is None:
            self.report("bad-literal", "this is no time with an offset", node.span, "2026-03-02T09:15:00+01:00")
        return at or 0

    def stubs(self, node: Node | None) -> dict[str, list[StubLine]]:
        stubs, findings = read_stubs(node)
        self.findings.extend(findings)
        return stubs

    def services(self, node: Node | None) -> dict[str, list[StubLine]]:
        lines, findings = read_services(node)
        self.findings.extend(findings)
        return lines

    def opening(self, item: Map) -> Opening:
        mail = item.get("mail")
        for key, _ in mail if isinstance(mail, Map) else ():
            if key.text not in MAIL_KEYS:
                help_ = did_you_mean(key.text, MAIL_KEYS)
                self.report("unknown-key", f'a mail has no key "{key.text}"', key.span, help_)
        message = item.get("message")
        text = message.text if isinstance(message, Scalar) else None
        return Opening(text, *(self.mapping(item.get(key), key) for key in ("mail", "inputs", "builtins")))

    def mapping(self, node: Node | None, key: str) -> dict[str, Any]:
        if node is not None and not isinstance(node, Map):
            self.report("wrong-kind", f'"{key}" is a mapping', node.span)
        found = plain(node) if isinstance(node, Map) else {}
        return found if isinstance(found, dict) else {}

    def refusing(self, node: Node | None) -> frozenset[str]:
        refused = []
        for key, value in node if isinstance(node, Map) else ():
            if isinstance(value, Scalar) and value.text == "refused":
                refused.append(key.text.casefold())
        return frozenset(refused)

    def expectations(self, node: Node | None) -> list[Expectation]:
        if node is None:
            return []
        if not isinstance(node, Map):
            self.report("wrong-kind", '"expect" is a mapping', node.span)
            return []
        found = []
        for key, value in node:
            if key.text not in EXPECTATIONS:
                help_ = did_you_mean(key.text, EXPECTATIONS)
                self.report("unknown-expectation", f'nothing is expected by "{key.text}"', key.span, help_)
            elif key.text == "end" and isinstance(value, Scalar) and value.text not in ENDS:
                message = f'a call never ends by "{value.text}"'
                self.report("expectation-impossible", message, value.span, did_you_mean(value.text, ENDS))
            else:
                found.append(Expectation(key.text, plain(value), value.span))
        return found
