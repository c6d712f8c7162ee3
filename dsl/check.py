"""The whole pipeline of a check on one screen: read, expand, load, rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dsl.actions import FLOW_TYPES
from dsl.concise import Expansion, expand
from dsl.include import Include, included
from dsl.inventory import NOTHING_KNOWN, Inventory
from dsl.load import load_flow
from dsl.model import Flow
from dsl.rules import RULES
from dsl.source import Diagnostic, Map, Node, Severity, Source, finding, nearest, read_yaml, sorted_unique
from dsl.source.ignores import ignored_lines


@dataclass(frozen=True, slots=True)
class Checked:
    """A flow as far as it could be read, and everything that was found; ``others`` are the files that were taken into
    it, ``expansion`` keeps generated actions' origins alive."""

    flow: Flow | None
    findings: list[Diagnostic]
    others: tuple[Source, ...] = ()
    expansion: Expansion | None = field(default=None, repr=False)


def check_flow(
    source: Source,
    *,
    inventory: Inventory = NOTHING_KNOWN,
    substitutions: Mapping[str, str] | None = None,
    include: Include | None = None,
    named: bool = True,
) -> Checked:
    """Check a flow file.

    ``include`` reads files that it refers to, by their path as seen from the flow's file; ``named`` says that the user
    named the file.
    """
    tree, findings = read_yaml(source, substitutions or {})
    if not named and not _is_flow(tree, source):
        return Checked(None, [_no_flow(tree, source)])
    if tree is None:
        return Checked(None, sorted_unique(findings))
    others: tuple[Source, ...] = ()
    if isinstance(tree, Map) and "#/" in source.text:
        whole = included(tree, include, substitutions or {})
        tree, others = whole.tree, whole.sources
        findings = _unused_by_all([*findings, *whole.findings], source, others)
    expansion = expand(tree) if isinstance(tree, Map) else None
    if expansion is not None:
        findings.extend(expansion.findings)
    flow, found = load_flow(
        expansion.tree if expansion else tree,
        source,
        inventory=inventory,
        origins=expansion.origins if expansion else {},
        others=others,
    )
    findings.extend(found)
    if flow is not None:
        for rule in RULES:
            findings.extend(rule(flow, inventory))
    findings = _without_consequences(findings)
    for one in (source, *others):
        findings = ignored_lines(one, sorted_unique(findings))
    return Checked(flow, sorted_unique(findings), others, expansion)


def _is_flow(tree: Node | None, source: Source) -> bool:
    """Whether a file that was found is a flow, or one that cannot be read."""
    if isinstance(tree, Map):
        return any(key.text.casefold() in _ROOTS for key, _ in tree)
    return tree is None and any(line.partition(":")[0].strip("\"' ").casefold() in _ROOTS for line in _lines(source))


_ALMOST = 0.8
"""How close (0 to 1) a key must be to a flow type for a hint: most files that are found are something else."""
_ROOTS = frozenset(flow_type.casefold() for flow_type in FLOW_TYPES)


def _lines(source: Source) -> Iterator[str]:
    """Lines that may hold a root key."""
    return (line for line in source.text.splitlines() if line[:1] not in ("", " ", "#", "-"))


def _no_flow(tree: Node | None, source: Source) -> Diagnostic:
    key = tree.items[0][0] if isinstance(tree, Map) and len(tree) else None
    message = f'"{key.text}" is no flow type' if key is not None else "this is no flow"
    span = key.span if key is not None else source.span(0, 0)
    meant = nearest(key.text, FLOW_TYPES, cutoff=_ALMOST) if key is not None else None
    help_ = f'did you mean "{meant}"?' if meant is not None else None
    return finding("unknown-flow-type", message, span, help=help_, severity=Severity.INFO)


_OPEN = "unknown-substitution"


def _without_consequences(findings: list[Diagnostic]) -> list[Diagnostic]:
    """Without names that nobody knows because they are placeholders that nobody has given a value."""
    open_ = [(f.span.path, f.span.start.offset, f.span.end.offset) for f in findings if f.code == _OPEN]

    def follows(found: Diagnostic) -> bool:
        span = found.span
        inside = (
            path == span.path and span.start.offset <= end and start <= span.end.offset for path, start, end in open_
        )
        return found.code.startswith("unknown-") and found.code != _OPEN and any(inside)

    return [found for found in findings if not follows(found)] if open_ else findings


def _unused_by_all(findings: list[Diagnostic], source: Source, others: tuple[Source, ...]) -> list[Diagnostic]:
    """Of the values that the flow's own file does not use, those that the other files do not use either."""
    unused = [found for found in findings if found.code == "unused-substitution"]
    times = Counter(found.message for found in unused)
    left_out = [found for found in unused if found.span.path != source.path or times[found.message] <= len(others)]
    return [found for found in findings if found not in left_out]
