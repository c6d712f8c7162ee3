"""Reading a section with positions: every mistake becomes a finding and the rest of the file is still read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID, uuid5

from contactcenter.organisation.kinds import KINDS
from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Severity, Span, did_you_mean, finding, nearest

_NAMESPACE = UUID("6f1b2f0e-5d0a-5d57-9f5e-2f6f3a0c7a11")
"""Root of the ids that are derived, not given: the same kind and name have the same id on every machine."""


def derived_id(kind: str, name: str) -> str:
    """The id of a thing that its file gives none (names differ without regard to case)."""
    return str(uuid5(_NAMESPACE, f"{kind}/{name.casefold()}"))


class Names:
    """Every name of the organisation with its id, by kind; names are compared without regard to case."""

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
        self._spelled: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}

    def add(self, kind: str, name: str, identity: str) -> None:
        """Make a thing known."""
        self._ids[kind].setdefault(name.casefold(), identity)
        self._spelled[kind].setdefault(name.casefold(), name)

    def find(self, kind: str, name_or_id: str) -> str | None:
        """The id behind a name or an id, or None."""
        ids = self._ids[kind]
        found = ids.get(name_or_id.casefold())
        return found or (name_or_id if name_or_id in ids.values() else None)

    def name(self, kind: str, identity: str) -> str:
        """The name behind an id; the id itself where nothing has it."""
        folded = next((name for name, known in self._ids[kind].items() if known == identity), None)
        return identity if folded is None else self._spelled[kind][folded]

    def spelled(self, kind: str) -> frozenset[str]:
        """All names of a kind as they were written."""
        return frozenset(self._spelled[kind].values())


class Reader:
    """Typed access to nodes; what does not fit is reported in ``findings`` and read as absent."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.findings: list[Diagnostic] = []

    def report(
        self, code: str, message: str, span: Span, help_: str | None = None, *, severity: Severity | None = None
    ) -> None:
        """Keep a finding."""
        self.findings.append(finding(code, message, span, help=help_, severity=severity))

    def mapping(self, node: Node | None, what: str) -> Map | None:
        """The node as a mapping."""
        if node is None or isinstance(node, Map):
            return node
        self.report("wrong-kind", f"{what} must be a mapping", node.span)
        return None

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """The items of a list; an absent one has none."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return ()
        if isinstance(node, Seq):
            return node.items
        self.report("wrong-kind", f"{what} must be a list", node.span)
        return ()

    def text(self, node: Node | None, what: str) -> str | None:
        """A scalar as text, as it was written."""
        if node is None:
            return None
        if isinstance(node, Scalar):
            return None if node.value is None else node.text
        self.report("wrong-kind", f"{what} must be a text", node.span)
        return None

    def boolean(self, node: Node | None, what: str) -> bool | None:
        """true or false."""
        if node is None or (isinstance(node, Scalar) and isinstance(node.value, bool)):
            return None if node is None else bool(node.value)
        self.report("bad-literal", f"{what} must be true or false", node.span)
        return None

    def number(self, node: Node | None, what: str, low: float, high: float) -> float | None:
        """A number within limits."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return None
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.report("bad-literal", f"{what} must be a number", node.span)
            return None
        if not low <= value <= high:
            self.report("out-of-range", f"{what} must lie between {low:g} and {high:g}, not {value:g}", node.span)
            return None
        return value

    def one_of(self, node: Node | None, what: str, allowed: Iterable[str]) -> str | None:
        """One of the allowed words, compared without regard to case, in its proper spelling."""
        word = self.text(node, what)
        if word is None or node is None:
            return None
        spelled = {candidate.casefold(): candidate for candidate in allowed}
        if word.casefold() not in spelled:
            self.report(
                "bad-literal", f'{what} cannot be "{word}"', node.span, did_you_mean(word, list(spelled.values()))
            )
            return None
        return spelled[word.casefold()]

    def keys(self, body: Map, known: Iterable[str], what: str) -> None:
        """Report keys that nobody knows: a slip of the pen as a warning, a further key of the vendor as an info."""
        listed = frozenset(known)
        for key, _ in body:
            if key.text in listed or key.text.startswith("x-"):
                continue
            match = nearest(key.text, listed)
            severity = Severity.WARNING if match else Severity.INFO
            help_ = f'did you mean "{match}"?' if match else "it is kept as it is"
            self.report("unknown-key", f'{what} has no "{key.text}"', key.span, help_, severity=severity)

    def reference(self, node: Node | None, kind: str, also: str | None = None) -> str | None:
        """The id of the thing that a name, an id, or ``{name}`` / ``{id}`` stands for; ``also`` is looked at second."""
        if isinstance(node, Map):
            node = node.get("id") or node.get(KINDS[kind].key) or node.get("name")
        row = KINDS[kind]
        named = self.text(node, f"a {row.label}")
        if named is None or node is None:
            return None
        found = self.names.find(kind, named) or (self.names.find(also, named) if also else None)
        if found is None:
            help_ = did_you_mean(named, self.names.spelled(kind)) or f'add it under "{row.section}"'
            message = f'unknown {row.label} "{named}"'
            self.report(row.code, message, node.span, help_, severity=Severity.ERROR)
        return found

    def references(self, node: Node | None, kind: str, what: str) -> tuple[str, ...]:
        """The ids of a list of references, each once, unknown ones left out."""
        found = (self.reference(item, kind) for item in self.items(node, what))
        return tuple(dict.fromkeys(identity for identity in found if identity is not None))

    def limits(self, body: Map, limits: Mapping[str, tuple[float, float]], what: str) -> None:
        """Check the numbers of a mapping against their limits."""
        for name, (low, high) in limits.items():
            self.number(body.get(name), f'"{name}" of {what}', low, high)
