"""What surrounds a flow: its project, the organisation, the data actions, the other flows; together they fill
the ``Inventory`` that the checker asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from callwright.project import Project
from dsl.inventory import ActionContract, FlowInterface, Inventory
from dsl.source import Map, Scalar, Source, read_file, read_yaml

if TYPE_CHECKING:
    from contactcenter.organisation import Organisation


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A project with everything that its flows may refer to."""

    project: Project
    inventory: Inventory
    organisation: Organisation | None = None

    def include_from(self, flow: Path) -> Callable[[str], Source | None]:
        """Reads files that a flow refers to; only below the project's folder (flow-format.md §1.3)."""
        root = self.project.root.resolve()

        def include(relative: str) -> Source | None:
            path = (flow.parent / relative).resolve()
            if not path.is_relative_to(root) or not path.is_file():
                return None
            return read_file(path)[0]

        return include


def surroundings_of(project: Project, organisation_file: Path | None = None) -> Surroundings:
    """Load what the project has; files that cannot be read are reported when they are checked themselves."""
    organisation = _organisation(organisation_file or project.organisation)
    actions = {(a.integration.casefold(), a.name.casefold()): a for a in contracts(project)}
    known = bool(project.file or project.actions)
    return Surroundings(
        project,
        Inventory(
            names=None if organisation is None else organisation.inventory_names(),
            data_tables=None if organisation is None else organisation.data_table_columns(),
            actions=actions if known else None,
            integrations=frozenset(a.integration.casefold() for a in actions.values()) if known else None,
            flows=dict(_flows(project)) if project.file else None,
        ),
        organisation,
    )


def organisation_files(path: Path) -> list[Path]:
    """The organisation file itself, or all YAML files of an organisation folder."""
    return sorted(path.glob("*.yaml")) if path.is_dir() else [path]


def _organisation(path: Path | None) -> Organisation | None:
    if path is None:
        return None
    from contactcenter.organisation import load_organisation

    sources = [source for file in organisation_files(path) if (source := read_file(file)[0]) is not None]
    return load_organisation(sources)[0]


def contracts(project: Project) -> Iterator[ActionContract]:
    """Contracts of the data actions that ship with callwright and of the project's own."""
    from connectors import CRM_INTEGRATION, contract_of, read_export, ready_actions

    for action in ready_actions():
        yield contract_of(action, CRM_INTEGRATION)
    for path in sorted(project.actions.rglob("*.json")) if project.actions else ():
        source = read_file(path)[0]
        loaded = read_export(source, named=False)[0] if source else None
        if loaded is not None:
            yield contract_of(loaded)


def _flows(project: Project) -> Iterator[tuple[str, FlowInterface]]:
    """Name, type and interface of every flow in the project, read off the file without checking it."""
    for path in flow_files(project):
        source = read_file(path)[0]
        tree = read_yaml(source, {})[0] if source else None
        if not isinstance(tree, Map) or len(tree) != 1:
            continue
        key, body = tree.items[0]
        name = body.get("name") if isinstance(body, Map) else None
        if isinstance(name, Scalar):
            yield name.text, FlowInterface(name.text, key.text)


def flow_files(project: Project) -> list[Path]:
    """Every flow file of a project: those that numbers name and those in its flows folder."""
    folder = sorted(project.flows.rglob("*.yaml")) if project.flows and project.flows.is_dir() else []
    named = [path for path in project.numbers.values() if path not in folder]
    return [path for path in [*named, *folder] if not path.name.endswith((".subst.yaml", ".test.yaml"))]
