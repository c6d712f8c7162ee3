"""Flow files and what belongs to them: their substitution values, included files, sources for excerpts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dsl.source import Diagnostic, Map, Node, Scalar, Source, finding, read_file, read_yaml


def substitution_file(flow: Path) -> Path | None:
    """The sibling ``<flow name>.subst.yaml`` (also ``<flow name>.yaml.subst.yaml``), if there is one."""
    for stem in (flow.name.removesuffix(flow.suffix), flow.name):
        sibling = flow.with_name(stem + ".subst.yaml")
        if sibling.exists():
            return sibling
    return None


def substitutions(flow: Path, given: Path | None) -> tuple[Mapping[str, str], list[Diagnostic]]:
    """Values of ``{{x}}`` for a flow: from the file given, else from the sibling file, else none."""
    path = given or substitution_file(flow)
    if path is None:
        return {}, []
    source, findings = read_file(path)
    if source is None:
        return {}, findings
    tree, found = read_yaml(source)
    findings = [*findings, *(item for item in found if item.code != "unknown-substitution")]
    if tree is None:
        return {}, findings
    if not isinstance(tree, Map):
        return {}, [*findings, finding("wrong-kind", "substitution values are a mapping of name to text", tree.span)]
    values = {}
    for key, node in tree:
        if isinstance(node, Scalar):
            values[key.text] = node.text
        else:
            findings.append(finding("wrong-kind", f'the value of "{key.text}" must be a text', node.span))
    return values, findings


def read_with_substitutions(
    flow: Path, given: Path | None = None
) -> tuple[Source | None, Node | None, list[Diagnostic]]:
    """A flow file as text and tree, with everything that was found on the way."""
    source, findings = read_file(flow)
    if source is None:
        return None, None, findings
    values, more = substitutions(flow, given)
    tree, found = read_yaml(source, values)
    return source, tree, [*findings, *more, *found]
