"""Flows that a flow takes into its program: common modules and bots that it calls by name (flow-format.md §9.1, §9.7).

They are looked for among the project's flows; outside a project, beside the flow itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from callwright.inventory import Surroundings, flow_files
from callwright.sources import substitutions
from dsl import check_flow
from dsl.model import Flow
from dsl.rules.walk import all_actions
from dsl.source import read_file

_CALLS = ("commonModule", "botFlow", "digitalBotFlow", "voiceFlow")


def linked_flows(flow: Flow, around: Surroundings) -> Mapping[str, Flow]:
    """The called flows by name, with those that they call in turn; one that is not there is left out.

    One with errors is linked all the same: what cannot be read is a flow error when it is reached, never skipped.
    """
    found: dict[str, Flow] = {}
    files: dict[str, Path] | None = None
    wanted = list(called_names(flow))
    while wanted:
        name = wanted.pop(0)
        if name in found or name == flow.name.casefold():
            continue
        files = files if files is not None else _by_name(around, Path(flow.path))
        called = _load(files[name], around) if name in files else None
        if called is not None:
            found[name] = called
            wanted.extend(called_names(called))
    return {called.name: called for called in found.values()}


def called_names(flow: Flow) -> Iterator[str]:
    """Names of the modules and bots that a flow calls, in lower case."""
    for action in all_actions(flow):
        for kind in _CALLS:
            called: Any = action.settings.get(kind)
            if isinstance(called, dict):
                yield str(called["name"]).casefold()


def _by_name(around: Surroundings, flow: Path) -> dict[str, Path]:
    paths = flow_files(around.project)
    if around.project.file is None:
        paths += [path for path in sorted(flow.parent.glob("*.yaml")) if path not in paths]
    found: dict[str, Path] = {}
    for path in paths:
        name = _name_of(path)
        if name is not None:
            found.setdefault(name.casefold(), path)
    return found


def _name_of(path: Path) -> str | None:
    from dsl.source import Map, Scalar, read_yaml

    if path.name.endswith((".subst.yaml", ".test.yaml")):
        return None
    source = read_file(path)[0]
    tree = read_yaml(source, substitutions(path, None)[0])[0] if source else None
    body = tree.items[0][1] if isinstance(tree, Map) and len(tree) == 1 else None
    name = body.get("name") if isinstance(body, Map) else None
    return name.text if isinstance(name, Scalar) else None


def _load(path: Path, around: Surroundings) -> Flow | None:
    source = read_file(path)[0]
    if source is None:
        return None
    values, _ = substitutions(path, None)
    return check_flow(source, inventory=around.inventory, substitutions=values, include=around.include_from(path)).flow
