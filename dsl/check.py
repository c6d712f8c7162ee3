"""The whole pipeline of a check on one screen: read, expand, load, rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dsl.concise import Expansion, expand
from dsl.inventory import NOTHING_KNOWN, Inventory
from dsl.load import load_flow
from dsl.model import Flow
from dsl.rules import RULES
from dsl.source import Diagnostic, Map, Source, read_yaml, sorted_unique
from dsl.source.ignores import ignored_lines

Include = Callable[[str], Source | None]


@dataclass(frozen=True, slots=True)
class Checked:
    """A flow as far as it could be read, and everything that was found; ``expansion`` keeps generated
    actions' origins alive."""

    flow: Flow | None
    findings: list[Diagnostic]
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

    ``include`` reads files that it refers to; ``named`` says that the user named the file.
    """
    tree, findings = read_yaml(source, substitutions or {})
    if tree is None:
        return Checked(None, sorted_unique(findings))
    expansion = expand(tree) if isinstance(tree, Map) else None
    if expansion is not None:
        findings.extend(expansion.findings)
    flow, found = load_flow(
        expansion.tree if expansion else tree,
        source,
        inventory=inventory,
        origins=expansion.origins if expansion else {},
        named=named,
    )
    findings.extend(found)
    if flow is not None:
        for rule in RULES:
            findings.extend(rule(flow, inventory))
    return Checked(flow, ignored_lines(source, sorted_unique(findings)), expansion)
