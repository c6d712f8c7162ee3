"""What all parts of the loader share: findings with their Architect path, and the scope that expressions are
typed in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from dsl.expressions import Declared, Problem, Scope
from dsl.expressions.types import ANY, Type
from dsl.inventory import Inventory
from dsl.model import Origin
from dsl.source import Diagnostic, Key, Map, Node, Note, Scalar, Severity, Source, Span, did_you_mean, finding, nearest
from dsl.source.codes import CODES

MISSPELT = 0.7
"""From here on a name is most likely another one with a slip of the pen in it."""
LONGEST_NAME = 200
"""Characters of the name of a flow or an action (flow-format.md §12)."""


def is_nothing(node: Node) -> bool:
    """Whether nothing stands behind a key, as where all that stood there has been commented out."""
    return isinstance(node, Scalar) and node.value is None


def slip_of(name: str, body: Map, known: Collection[str]) -> Key | None:
    """The key that nobody reads and that is most likely this one, which is not there; None where there is none."""
    if name in body:
        return None
    return next((key for key, _ in body if key.text not in known and nearest(key.text, known) == name), None)


@dataclass(slots=True)
class Reader:
    """Carries findings, inventory and scope through the loader.

    ``origins`` is the concise expansion's: a finding below a generated action is shown at the concise source, with
    a note.
    """

    source: Source
    inventory: Inventory
    flow_type: str
    origins: Mapping[int, Origin] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)
    scope: Scope = field(default_factory=Scope)
    others: Mapping[str, Source] = field(default_factory=dict)
    element: str = ""
    origin: Origin | None = None
    undeclared: set[str] = field(default_factory=set)
    """Names in lower case that only outputs create and that have not been told yet."""
    created: frozenset[str] = frozenset()
    """Names in lower case that only outputs create."""

    def report(
        self,
        code: str,
        message: str,
        span: Span,
        help: str | None = None,  # noqa: A002
        *,
        severity: Severity | None = None,
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Add a finding at the current Architect path."""
        if self.origin is not None:
            generated = f"in the generated action {self.origin.name} - {self.origin.step}"
            notes = (*notes, Note(self.origin.span, generated))
        found = finding(code, message, span, help=help, severity=severity, notes=notes, element=self.element or None)
        self.findings.append(found)

    def problem(self, problem: Problem, scalar: Scalar) -> None:
        """A problem of an expression, at its place in the file."""
        start = self.offset(scalar, problem.pos - 1)
        end = self.offset(scalar, problem.pos - 1 + max(1, problem.length) - 1) + 1
        severity = Severity(problem.severity or CODES[problem.code].severities[0])
        if start >= scalar.span.end.offset:
            end = start + 1
        source = self.others.get(scalar.span.path, self.source)
        self.report(problem.code, problem.message, source.span(start, end), problem.help, severity=severity)

    def offset(self, scalar: Scalar, index: int) -> int:
        """The file offset of a character of a scalar's text."""
        offsets = scalar.offsets
        if offsets is not None:
            if index < len(offsets):
                return offsets[index]
            return (offsets[-1] + 1) if offsets else scalar.span.start.offset
        quote = scalar.style in ("single", "double")
        return scalar.span.start.offset + quote + index

    def mapping(self, node: Node | None, what: str, help_: str | None = None) -> Map | None:
        """The node as a mapping, empty where nothing stands behind the key, or a ``wrong-kind``."""
        if node is None or isinstance(node, Map):
            return node
        if is_nothing(node):
            return Map((), node.span)
        self.report("wrong-kind", f"{what} must be a mapping", node.span, help_)
        return None

    def known_keys(
        self, body: Map, known: Collection[str], what: str, offered: Collection[str] = (), needed: Collection[str] = ()
    ) -> None:
        """Report keys that nobody reads; ``offered`` are those that may have been meant, if not all of them. One that
        is ``needed`` and only misspelt is told where it is missed."""
        slips = [slip_of(name, body, known) for name in needed]
        for key, _ in body:
            if key.text not in known and key not in slips:
                message = f'{what} has no key "{key.text}"'
                self.report("unknown-key", message, key.span, did_you_mean(key.text, offered or known))

    def belongs(self, key: str, item: Map, collection: str, kind: str) -> None:
        """Report an entry of a list that is none of its kind."""
        if key != kind:
            message = f'"{key}" does not belong into "{collection}"'
            self.report("unknown-key", message, item.items[0][0].span, f'write "{kind}"')

    def needed(self, body: Map, name: str, known: Collection[str], what: str, place: Span) -> Node | None:
        """What stands under a key that must be there, or its absence reported. One that is misspelt is told as such;
        going on with it spares the author what would follow from its absence."""
        slip = slip_of(name, body, known)
        if slip is not None:
            message = f'{what} needs "{name}", not "{slip.text}"'
            self.report("missing-parameter", message, slip.span, f'write "{name}"')
        elif name not in body:
            self.report("missing-parameter", f'{what} needs "{name}"', place)
        return body.get(name if slip is None else slip.text)

    def text(self, node: Node | None, what: str) -> str | None:
        """A plain text; a ``lit`` is unwrapped."""
        if isinstance(node, Map) and "lit" in node:
            node = node.get("lit")
        if isinstance(node, Map) and "name" in node:
            node = node.get("name")
        if isinstance(node, Scalar):
            return node.text
        if node is not None and not (isinstance(node, Map) and ("noValue" in node or not len(node))):
            self.report("wrong-kind", f"{what} must be a text", node.span)
        return None

    def bare(self, node: Node, what: str) -> None:
        """Tell a ``lit`` where exports write the plain text (flow-format.md §4)."""
        if isinstance(node, Map) and "lit" in node:
            self.report("bare-value", f"{what} is written as it is, without lit", node.span)

    def name(self, body: Map) -> str | None:
        """The name of a flow or an action."""
        node = body.get("name")
        name = self.text(node, '"name"') if node is not None else None
        if name is not None and node is not None and len(name) > LONGEST_NAME:
            message = f'"name" has {len(name)} characters, at most {LONGEST_NAME} are possible'
            self.report("out-of-range", message, node.span)
        return name

    def declared_names(self) -> list[str]:
        """Variables that the author has declared, as far as they are seen from here."""
        return [declared.name for key, declared in self.scope.variables.items() if key not in self.created]

    def declare(self, variables: Mapping[str, Declared]) -> None:
        """See further variables from here on."""
        self.scope = replace(self.scope, variables={**self.scope.variables, **variables})

    def type_of(self, name: str) -> Type:
        """The type of a declared variable, Any when it is not declared."""
        declared = self.scope.variable(name)
        return declared.type if declared else ANY
