"""Flows that a flow takes into its program: common modules and bots that it calls by name (flow-format.md §9.1, §9.7).

They are looked for among the project's flows; outside a project, beside the flow itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from callwright.inventory import Surroundings, flow_files
from callwright.sources import substitutions
from dsl import check_flow
from dsl.model import Flow
from dsl.rules.other_flows import CALLED_TYPES
from dsl.rules.walk import all_actions
from dsl.source import read_file


def linked_flows(flow: Flow, around: Surroundings) -> Mapping[str, Flow]:
    """The called flows by name, with those that they call in turn; one that is not there is left out.

    One with errors is linked all the same: what cannot be read is a flow error when it is reached, never skipped.
    """
    found: dict[str, Flow] = {}
    files: _Files | None = None
    wanted = list(_called(flow))
    while wanted:
        kind, name = wanted.pop(0)
        if name in found:
            continue
        files = files if files is not None else _by_name(around, Path(flow.path))
        path = _best(files.get(name, ()), CALLED_TYPES[kind])
        called = _load(path, around) if path is not None else None
        if called is not None:
            found[name] = called
            wanted.extend(_called(called))
    return {called.name: called for called in found.values()}


_Files = dict[str, list[tuple[str, Path]]]
"""Type and file of each flow, by its name in lower case: flows of different types may have the same name."""


def _called(flow: Flow) -> Iterator[tuple[str, str]]:
    """The modules and bots that a flow calls: the setting, and the name in lower case."""
    for action in all_actions(flow):
        for kind in CALLED_TYPES:
            called: Any = action.settings.get(kind)
            if isinstance(called, dict):
                yield kind, str(called["name"]).casefold()


def _best(known: Sequence[tuple[str, Path]], types: frozenset[str]) -> Path | None:
    """A flow of a type that is meant, else any other of that name."""
    return next((path for type_, path in known if type_ in types), known[0][1] if known else None)


def _by_name(around: Surroundings, flow: Path) -> _Files:
    """The flows that there are, but for this one."""
    paths = flow_files(around.project)
    if around.project.file is None:
        paths += [path for path in sorted(flow.parent.glob("*.yaml")) if path not in paths]
    found: _Files = {}
    for path in paths:
        kind, name = _type_and_name(path)
        if name is not None and path.resolve() != flow.resolve():
            found.setdefault(name.casefold(), []).append((kind, path))
    return found


def _type_and_name(path: Path) -> tuple[str, str | None]:
    from dsl.source import Map, Scalar, read_yaml

    if path.name.endswith((".subst.yaml", ".test.yaml")):
        return "", None
    source = read_file(path)[0]
    tree = read_yaml(source, substitutions(path, None)[0])[0] if source else None
    if not isinstance(tree, Map) or len(tree) != 1:
        return "", None
    key, body = tree.items[0]
    name = body.get("name") if isinstance(body, Map) else None
    return key.text, name.text if isinstance(name, Scalar) else None


def _load(path: Path, around: Surroundings) -> Flow | None:
    source = read_file(path)[0]
    if source is None:
        return None
    values, _ = substitutions(path, None)
    return check_flow(source, inventory=around.inventory, substitutions=values, include=around.include_from(path)).flow
