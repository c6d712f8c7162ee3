"""From concise actions to plain Architect YAML, on the positioned tree (concise-actions.md §7).

The expansion depends on the flow file alone, so it can be shown, compared and deployed; what follows it
(loader, checker, machine) knows nothing of concise actions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from dsl.actions import actions
from dsl.concise import attach, greet, identify, route
from dsl.concise.build import Builder, Template
from dsl.concise.read import CONCISE, KEYS, Reader
from dsl.concise.record import Field, Record
from dsl.model import Origin
from dsl.source.diagnostics import Diagnostic, Note, Severity, finding
from dsl.source.nearest import did_you_mean, nearest
from dsl.source.text import Span
from dsl.source.tree import Key, Map, Node, Scalar, Seq

DEFAULT_NAMES = {
    "identifyCaller": "Identify caller",
    "greetByName": "Greet by name",
    "routeByRecord": "Route by record",
    "attachRecord": "Attach record",
}
FLOW_TYPES = frozenset({"inboundCall", "outboundCall", "secureCall"})
_SCOPES = {
    "identifyCaller": FLOW_TYPES,
    "greetByName": FLOW_TYPES,
    "routeByRecord": FLOW_TYPES | {"inboundChat", "inboundEmail", "inboundShortMessage", "workitem", "inqueueCall"},
}
_VARIABLES: tuple[tuple[str, str], ...] = (
    ("Flow.callerNumber", "string"),
    ("Flow.callerInput", "string"),
    ("Flow.callerOutcome", "string"),
    ("Flow.callerAttempt", "integer"),
    ("Flow.callerStatus", "integer"),
    ("Flow.callerErrors", "stringCollection"),
    ("Flow.recordRef", "string"),
    ("Flow.recordDenied", "string"),
    ("Flow.recordId", "string"),
    ("Flow.recordMatches", "integer"),
)
_LATER_VARIABLES: tuple[tuple[str, str], ...] = (
    ("Flow.greetAnswer", "string"),
    ("Flow.greetOutcome", "string"),
    ("Flow.routeRule", "string"),
    ("Flow.routeQueue", "queue"),
    ("Flow.routePriority", "integer"),
    ("Flow.routeSkills", "skillCollection"),
    ("Flow.routeSkillsAsked", "skillCollection"),
    ("Flow.routeAgents", "agentScorePairCollection"),
)


@dataclass(frozen=True, slots=True)
class Expansion:
    """The plain tree, the findings at the concise source, and where generated actions came from.

    ``origins`` is keyed by ``id()`` of the body mapping of each generated action in ``tree``; keep the
    expansion as long as it is used. ``changed`` is false when the flow has no concise action; ``tree`` is
    then the one that was given.
    """

    tree: Map
    findings: tuple[Diagnostic, ...] = ()
    origins: Mapping[int, Origin] = field(default_factory=dict)
    changed: bool = False


def expand(tree: Map) -> Expansion:
    """Replace every concise action of a flow file's root mapping."""
    if len(tree) != 1 or not isinstance(tree.items[0][1], Map) or not _has_concise(tree):
        return Expansion(tree)
    worker = _Expander(tree)
    return worker.run()


class _Expander:
    def __init__(self, tree: Map) -> None:
        self.tree = tree
        self.root_key, body = tree.items[0]
        assert isinstance(body, Map)
        self.flow: Map = body
        self.reader = Reader()
        self.origins: dict[int, Origin] = {}
        self.uses: Counter[str] = Counter()
        self.identified: tuple[Map, Span] | None = None
        self.record = Record()
        self.task: Node | None = None
        self.first_span: Span | None = None

    def run(self) -> Expansion:
        self.find_identify(self.flow)
        self.record = self.read_record()
        expanded = self.rewrite(self.flow)
        assert isinstance(expanded, Map)
        if not self.uses:
            return Expansion(self.tree)
        expanded = self.add_task(expanded)
        expanded = self.add_variables(expanded)
        root = Map(((self.root_key, expanded),), self.tree.span)
        return Expansion(root, tuple(self.reader.findings), self.origins, changed=True)

    # The record, before anything is rewritten.

    def find_identify(self, node: Node) -> None:
        for child in _children(node):
            concise = _concise_of(child)
            if concise and concise[0].text == "identifyCaller":
                key, body = concise
                if self.identified is None:
                    self.identified = (body, key.span)
                else:
                    self.reader.findings.append(
                        finding(
                            "duplicate-identify-caller",
                            "the flow has a second identifyCaller",
                            key.span,
                            notes=[Note(self.identified[1], "the first one")],
                            help="one flow identifies its caller once; use outputs or a decision instead",
                        )
                    )
            self.find_identify(child)

    def read_record(self) -> Record:
        if self.identified is None:
            return Record(self.fields_of_variables())
        body = self.identified[0]
        quiet = Reader()  # its findings are made when the action itself is read
        prompts = body.get("prompts")
        has_prompts = isinstance(prompts, Seq) and len(prompts) > 0
        return Record(identify.read_fields(_fields(body), quiet), is_identified=True, has_prompts=has_prompts)

    def fields_of_variables(self) -> dict[str, Field]:
        """Fields from an author's own ``Flow.record*`` variables, for flows that look the caller up
        themselves (§9)."""
        found = {}
        for name, (type_, span) in self.declared().items():
            if name.startswith("Flow.record") and name != "Flow.recordRef":
                field_name = name.removeprefix("Flow.record")
                field_name = field_name[:1].lower() + field_name[1:]
                found[field_name] = Field(field_name, field_name, type_, span)
        return found

    def declared(self) -> dict[str, tuple[str, Span]]:
        """The author's flow variables: type and place by name."""
        found = {}
        for item in _children(self.flow.get("variables")):
            for key, body in item if isinstance(item, Map) else ():
                name = body.get("name") if isinstance(body, Map) else None
                if isinstance(name, Scalar):
                    found[name.text] = (key.text.removesuffix("Variable"), key.span)
        return found

    # The rewriting.

    def rewrite(self, node: Node) -> Node:
        if isinstance(node, Map):
            items = tuple((key, self.rewrite(value)) for key, value in node.items)
            unchanged = all(new[1] is old[1] for new, old in zip(items, node.items, strict=True))
            return node if unchanged else Map(items, node.span)
        if not isinstance(node, Seq):
            return node
        self.check_order(node)
        found: list[Node] = []
        for item in node.items:
            concise = _concise_of(item)
            if concise is None:
                found.append(self.rewrite(item))
                continue
            self.check_name(item, concise[0])
            found.extend(self.replace(*concise))
        unchanged = len(found) == len(node.items) and all(a is b for a, b in zip(found, node.items, strict=True))
        return node if unchanged else Seq(tuple(found), node.span)

    def check_name(self, item: Node, meant: Key) -> None:
        written = item.items[0][0] if isinstance(item, Map) else meant
        if written.text != meant.text:
            message = f'unknown action "{written.text}"'
            self.reader.report("unknown-action", message, written.span, did_you_mean(written.text, CONCISE))

    def check_order(self, actions: Seq) -> None:
        routed = attached = False
        for item in actions.items:
            concise = _concise_of(item)
            if concise is None:
                continue
            key = concise[0]
            routed = routed or key.text == "routeByRecord"
            if key.text == "attachRecord":
                if routed and not attached:
                    self.reader.report(
                        "attached-too-late",
                        "attachRecord stands after routeByRecord: an accepted transfer has ended the flow",
                        key.span,
                        "put it before routeByRecord",
                    )
                attached = True

    def replace(self, key: Key, body: Map) -> list[Node]:
        concise = key.text
        self.uses[concise] += 1
        self.first_span = self.first_span or key.span
        allowed = _SCOPES.get(concise)
        if allowed is not None and self.root_key.text not in allowed:
            message = f"{concise} does not work in a flow of type {self.root_key.text}"
            self.reader.report("action-not-in-flow-type", message, key.span, severity=Severity.ERROR)
        name_node = body.get("name")
        name = self.reader.text(name_node, '"name"') if name_node else None
        if name is None:
            count = self.uses[concise]
            name = DEFAULT_NAMES[concise] + (f" {count}" if count > 1 else "")
        inner = Map(tuple((k, self.rewrite(v) if k.text == "outputs" else v) for k, v in body.items), body.span)
        builder = Builder(concise, name, key.span, self.origins)
        return self.expanded(concise, inner, builder)

    def expanded(self, concise: str, body: Map, builder: Builder) -> list[Node]:
        reader, record = self.reader, self.record
        if concise == "identifyCaller":
            identify.read_fields(body.get("fields"), reader)
            action = identify.read(body, reader, record)
            if action.prompts and self.task is None:
                self.task = identify.prompts_task(action, record, builder)
            return identify.expand(action, record, builder, self.root_key.text)
        if concise == "greetByName":
            greeting = greet.read(body, reader, record)
            return greet.expand(greeting, record, builder, self.root_key.text) if greeting else []
        if concise == "routeByRecord":
            return route.expand(route.read(body, reader, record), builder)
        return attach.expand(attach.read(body, reader, record), builder)

    # What stands elsewhere in the flow.

    def add_task(self, flow: Map) -> Map:
        if self.task is None:
            return flow
        tasks = flow.get("tasks")
        items = (*_children(tasks), self.task)
        return _with(flow, "tasks", Seq(items, tasks.span if tasks else flow.span))

    def add_variables(self, flow: Map) -> Map:
        fields = [(found.variable, found.type) for found in self.record.fields.values() if self.record.is_identified]
        used = _texts(flow)
        declared = self.declared()
        builder = Builder("", "", self.first_span or flow.span)
        added: list[Node] = []
        for name, type_ in (*_VARIABLES, *fields, *_LATER_VARIABLES):
            if not any(name in text for text in used):
                continue
            if name not in declared:
                variable: Template = {f"{type_}Variable": {"name": name, "initialValue": {"noValue": True}}}
                added.append(builder.node(variable))
            elif declared[name][0] != type_:
                self.clash(name, type_, *declared[name])
        if not added:
            return flow
        variables = flow.get("variables")
        items = (*_children(variables), *added)
        return _with(flow, "variables", Seq(items, variables.span if variables else flow.span))

    def clash(self, name: str, wanted: str, declared: str, span: Span) -> None:
        place = self.first_span or span
        self.reader.findings.append(
            finding(
                "type-mismatch",
                f'the variable "{name}" is {declared}, but a concise action needs it as {wanted}',
                place,
                notes=[Note(span, "declared here")],
                help="rename your variable",
            )
        )


def _has_concise(tree: Map) -> bool:
    """Whether there may be anything to do: most flows have no concise action."""
    left: list[Node] = [tree]
    while left:
        node = left.pop()
        if isinstance(node, Map):
            for key, value in node.items:
                if key.text in CONCISE:
                    return True
                if not isinstance(value, Scalar):
                    left.append(value)
        elif isinstance(node, Seq):
            left.extend(item for item in node.items if not isinstance(item, Scalar))
    return False


def _children(node: Node | None) -> tuple[Node, ...]:
    if isinstance(node, Seq):
        return node.items
    return tuple(value for _, value in node.items) if isinstance(node, Map) else ()


def _concise_of(node: Node) -> tuple[Key, Map] | None:
    """Key and body when the node is a concise action; a missing body counts as an empty one."""
    if not isinstance(node, Map) or len(node) != 1:
        return None
    key, body = node.items[0]
    meant = _meant(key.text)
    if meant is None:
        return None
    body = body if isinstance(body, Map) else Map((), body.span)
    return (key if meant == key.text else Key(meant, key.place)), body


@cache
def _meant(name: str) -> str | None:
    """The concise action of this name, or the one that it misspells: what follows from it is not told again."""
    if name in CONCISE:
        return name
    return None if name in actions() else nearest(name, CONCISE, cutoff=0.85)


def _with(flow: Map, name: str, value: Node) -> Map:
    """The mapping with one key replaced, or added behind ``name`` and the like at its end."""
    if name in flow:
        return Map(tuple((key, value if key.text == name else node) for key, node in flow.items), flow.span)
    return Map((*flow.items, (Key(name, flow.span), value)), flow.span)


def _texts(node: Node) -> set[str]:
    """All scalar texts below a node."""
    if isinstance(node, Scalar):
        return {node.text}
    found: set[str] = set()
    for child in _children(node):
        found |= _texts(child)
    return found


def _fields(body: Map) -> Node | None:
    """The fields of an ``identifyCaller``; under a misspelt key, too, so that one slip is one finding."""
    slips = (node for key, node in body if key.text not in KEYS["identifyCaller"] and nearest(key.text, ["fields"]))
    return body.get("fields") or next(slips, None)
