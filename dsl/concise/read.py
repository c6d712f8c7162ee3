"""Reading a concise action's mapping: keys, kinds, ranges, with findings at the author's place.

The keys of each concise action are data (``KEYS``); the JSON Schema and the editor support come from the same
table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dsl.concise.build import At, Template, literal
from dsl.concise.record import Field, Record, fields_in, pieces_of
from dsl.expressions.printing import quoted
from dsl.source.diagnostics import Diagnostic, Severity, finding
from dsl.source.nearest import did_you_mean, nearest
from dsl.source.text import Span
from dsl.source.tree import Map, Node, Scalar, Seq


@dataclass(frozen=True, slots=True)
class KeySpec:
    """A key: whether it must be there, what it holds in a word, and what it means."""

    kind: str
    meaning: str
    required: bool = False


_LOOK_UP = {
    "dataAction": KeySpec("text", "the data action to call, as Integration / Action", required=True),
    "input": KeySpec("text", "the input that takes the number or the digits", required=True),
    "inputs": KeySpec("mapping", "further inputs, name to value"),
}

KEYS: dict[str, dict[str, KeySpec]] = {
    "identifyCaller": {
        "name": KeySpec("text", "the action's name"),
        "number": KeySpec("value", "the number to look for, the caller's by default"),
        "byNumber": KeySpec("list", "look-ups by number, tried in order"),
        "fields": KeySpec("fields", "what is kept of the record"),
        "record": KeySpec("mapping", "connector, type and id output of actions that give a bare id"),
        "matches": KeySpec("text", "the output with the number of hits"),
        "timeout": KeySpec("value", "how long each look-up may take, 10 s by default"),
        "prompts": KeySpec("list", "what to ask while the caller is not found, in order"),
        "outputs": KeySpec("outputs", "found, several, unknown, unreachable"),
    },
    "lookUp": _LOOK_UP,
    "prompt": {
        "ask": KeySpec("audio", "what to ask", required=True),
        "digits": KeySpec("digits", "how many digits, or min and max ended by #", required=True),
        "attempts": KeySpec("integer", "how often it is asked, 1 to 5, 2 by default"),
        "wrong": KeySpec("audio", "said when the digits found nothing"),
        **_LOOK_UP,
    },
    "digits": {
        "min": KeySpec("integer", "the fewest digits", required=True),
        "max": KeySpec("integer", "the most digits", required=True),
    },
    "record": {
        "connector": KeySpec("text", "the connector's name", required=True),
        "type": KeySpec("text", "the record's type", required=True),
        "id": KeySpec("text", "the output with the record's id", required=True),
    },
    "greetByName": {
        "name": KeySpec("text", "the action's name"),
        "known": KeySpec("audio", "the sentence for a record with a name", required=True),
        "unknown": KeySpec("audio", "the sentence without a name", required=True),
        "nameField": KeySpec("text", "the field with the name, name by default"),
        "confirm": KeySpec("audio", "asks about a key fact before the name is spoken"),
        "yes": KeySpec("key", "the key that confirms, 1 by default"),
        "no": KeySpec("key", "the key that denies, 2 by default"),
        "outputs": KeySpec("outputs", "named, unnamed, denied"),
    },
    "routeByRecord": {
        "name": KeySpec("text", "the action's name"),
        "rules": KeySpec("list", "the first rule whose when holds decides"),
        "default": KeySpec("mapping", "queue and priority when no rule holds", required=True),
        "priority": KeySpec("value", "for rules without their own, 0 by default"),
        "language": KeySpec("value", "language skill, counts as one of the five"),
        "skills": KeySpec("skills", "at most five together with the language"),
        "preferredAgents": KeySpec("agents", "agents to try first"),
        "say": KeySpec("audio", "said before the transfer"),
        "outputs": KeySpec("outputs", "failure"),
    },
    "rule": {
        "when": KeySpec("condition", "when the rule holds", required=True),
        "queue": KeySpec("value", "the queue", required=True),
        "priority": KeySpec("value", "the priority"),
    },
    "default": {
        "queue": KeySpec("value", "the queue", required=True),
        "priority": KeySpec("value", "the priority"),
    },
    "skill": {
        "skill": KeySpec("value", "the skill", required=True),
        "when": KeySpec("condition", "when it is asked for"),
    },
    "attachRecord": {
        "name": KeySpec("text", "the action's name"),
        "fields": KeySpec("list", "fields written to crm.<field>"),
        "attributes": KeySpec("mapping", "further attributes, also without a record"),
        "script": KeySpec("script", "an agent script to open"),
    },
}
"""Keys of the concise actions and of their parts (concise-actions.md §2 to §5)."""

OUTPUTS: dict[str, tuple[str, ...]] = {
    "identifyCaller": ("found", "several", "unknown", "unreachable"),
    "greetByName": ("named", "unnamed", "denied"),
    "routeByRecord": ("failure",),
}
CONCISE: tuple[str, ...] = ("identifyCaller", "greetByName", "routeByRecord", "attachRecord")
"""The concise actions."""

_FORMS = frozenset({"lit", "exp", "var", "tts", "prompt", "noValue"})
_DURATION = frozenset({"days", "hours", "minutes", "seconds", "ms"})


@dataclass(slots=True)
class Reader:
    """Reads one concise action and collects its findings."""

    findings: list[Diagnostic] = field(default_factory=list)

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        help: str | None = None,  # noqa: A002
        severity: Severity | None = None,
    ) -> None:
        """Add a finding."""
        self.findings.append(finding(code, message, span, help=help, severity=severity))

    def keys(self, body: Map, part: str, what: str, *, also: Sequence[str] = ()) -> None:
        """Report unknown and missing keys of a mapping; a misspelt key is an error, since its content would
        vanish."""
        specs, misspelt = KEYS[part], set()
        for key, _ in body:
            if key.text not in specs and key.text not in also:
                help_ = did_you_mean(key.text, specs)
                misspelt.add(nearest(key.text, specs))
                self.report("unknown-parameter", f'{what} has no key "{key.text}"', key.span, help_, Severity.ERROR)
        for name, spec in specs.items():
            if spec.required and name not in body and name not in misspelt:
                self.report("missing-parameter", f'{what} needs "{name}": {spec.meaning}', body.span)

    def mapping(self, node: Node | None, what: str) -> Map | None:
        """The node as a mapping, or a finding."""
        if node is None or isinstance(node, Map):
            return node
        self.report("wrong-kind", f"{what} must be a mapping", node.span)
        return None

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list, or a finding and none."""
        if node is None:
            return ()
        if isinstance(node, Seq):
            return node.items
        self.report("wrong-kind", f"{what} must be a list", node.span)
        return ()

    def text(self, node: Node | None, what: str) -> str | None:
        """A plain text, also one that looks like a number; ``{lit: text}`` is unwrapped."""
        if isinstance(node, Map) and len(node) == 1 and "lit" in node:
            node = node.get("lit")
        if isinstance(node, Scalar) and node.text:
            return node.text
        if node is not None:
            self.report("wrong-kind", f"{what} must be a text", node.span)
        return None

    def whole(self, node: Node | None, what: str, low: int, high: int) -> int | None:
        """A whole number within limits."""
        if node is None:
            return None
        if not isinstance(node, Scalar) or isinstance(node.value, bool) or not isinstance(node.value, int):
            self.report("wrong-kind", f"{what} must be a whole number", node.span)
            return None
        if not low <= node.value <= high:
            self.report("out-of-range", f"{what} is {node.value}, it must be {low} to {high}", node.span)
            return None
        return node.value

    def value(self, node: Node, *, name_of_entity: bool = False) -> Template:
        """Any Archy value form; a plain scalar is a literal, a bare duration too."""
        if isinstance(node, Map) and (any(key.text in _FORMS for key, _ in node) or not len(node)):
            return node
        if isinstance(node, Map) and all(key.text in _DURATION for key, _ in node):
            return At(node.span, literal(node))
        if isinstance(node, Scalar):
            return At(node.span, literal({"name": node} if name_of_entity else node))
        return node

    def field(self, name: str, record: Record, span: Span) -> Field | None:
        """A field of the record, or ``unknown-field``."""
        found = record.get(name)
        if found is None:
            help_ = did_you_mean(name, record.fields)
            if not record.fields:
                help_ = "keep it with identifyCaller: fields, or declare the variable Flow.record" + name.capitalize()
            self.report("unknown-field", f'the record has no field "{name}"', span, help_)
        return found

    def audio(self, node: Node, record: Record) -> Template:
        """An audio value: a plain text is spoken, ``{field}`` in it is the record's field; other forms go
        through."""
        if not isinstance(node, Scalar):
            return node
        names = fields_in(node.text)
        if not names:
            return At(node.span, {"tts": node})
        arguments = []
        for piece, is_field in pieces_of(node.text):
            known = self.field(piece, record, node.span) if is_field else None
            if is_field and known is None:
                continue
            arguments.append(known.as_text if known else quoted(piece))
        spoken = arguments[0] if len(arguments) == 1 else f"Append({', '.join(arguments)})"
        return At(node.span, {"exp": f"ToAudioTTS({spoken})"})

    def outputs(self, body: Map, concise: str) -> Mapping[str, Map]:
        """The outputs that were given, by name, each ``{actions: [...]}``."""
        given = self.mapping(body.get("outputs"), f'"outputs" of {concise}')
        found: dict[str, Map] = {}
        for key, node in given or ():
            if key.text not in OUTPUTS[concise]:
                help_ = did_you_mean(key.text, OUTPUTS[concise])
                self.report("unknown-output", f'{concise} has no output "{key.text}"', key.span, help_)
            elif (output := self.mapping(node, f'the output "{key.text}"')) is not None:
                found[key.text] = output
        return found
