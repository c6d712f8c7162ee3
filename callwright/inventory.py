"""What surrounds a flow: its project, the organisation, the data actions, the other flows; together they fill
the ``Inventory`` that the checker asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING

from callwright.project import Project
from callwright.sources import substitutions
from dsl.expressions.types import type_of_variable
from dsl.inventory import ActionContract, FlowInterface, Inventory
from dsl.source import Map, Scalar, Seq, Source, read_file, read_yaml

if TYPE_CHECKING:
    from connectors import Connection, DataAction
    from contactcenter.organisation import Organisation


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A project with everything that its flows may refer to."""

    project: Project
    inventory: Inventory
    organisation: Organisation | None = None
    connections: Mapping[str, Connection] = field(default_factory=dict)

    def allowed_hosts(self, action: DataAction) -> tuple[str, ...]:
        """Hosts that the connection of an action lists: its own by name, else one of its type."""
        named = [one for one in self.connections.values() if one.name.casefold() == action.integration.casefold()]
        typed = [one for one in self.connections.values() if one.type and one.type == action.integration_type]
        return next((one.rules.hosts for one in (*named, *typed)), ())

    def include_from(self, flow: Path) -> Callable[[str], Source | None]:
        """Reads files that a flow refers to; only below the project's folder (flow-format.md §1.3)."""
        root = self.project.root.resolve()

        def include(relative: str) -> Source | None:
            path = Path(normpath(flow.parent / relative))
            if not path.resolve().is_relative_to(root) or not path.is_file():
                return None
            return read_file(path)[0]

        return include


def surroundings_of(project: Project, organisation_file: Path | None = None) -> Surroundings:
    """Load what the project has; files that cannot be read are reported when they are checked themselves."""
    organisation = _organisation(organisation_file or project.organisation)
    connections = _connections(project) if project.connections else {}
    actions = {(a.integration.casefold(), a.name.casefold()): a for a in contracts(project, connections)}
    known = bool(project.file or project.actions)
    return Surroundings(
        project,
        Inventory(
            names=None if organisation is None else organisation.inventory_names(),
            data_tables=None if organisation is None else organisation.data_table_columns(),
            actions=actions if known else None,
            integrations=frozenset(a.integration.casefold() for a in actions.values()) if known else None,
            flows=dict(_flows(project)) if project.file else None,
            sensitive_attributes=frozenset() if organisation is None else organisation.sensitive_attributes,
        ),
        organisation,
        connections,
    )


def _connections(project: Project) -> Mapping[str, Connection]:
    """The connections by name; their own file reports what is wrong with it."""
    from callwright.actions import connections_of

    return connections_of(project)[0]


def organisation_files(path: Path) -> list[Path]:
    """The organisation file itself, or all YAML files of an organisation folder."""
    return sorted(path.glob("*.yaml")) if path.is_dir() else [path]


def _organisation(path: Path | None) -> Organisation | None:
    if path is None:
        return None
    from contactcenter.organisation import load_organisation

    sources = [source for file in organisation_files(path) if (source := read_file(file)[0]) is not None]
    return load_organisation(sources)[0]


def contracts(project: Project, connections: Mapping[str, Connection]) -> Iterator[ActionContract]:
    """Contracts of the data actions that flows may call: the built-in CRM's, those of the connections' systems, the
    project's own. A connection lends its name to every action of its type."""
    from connectors import CRM_INTEGRATION, contract_of, mapped_actions, read_export, ready_actions

    ready = ready_actions()
    yield from (contract_of(action) for action in ready if action.integration == CRM_INTEGRATION)
    own = []
    for path in sorted(project.actions.rglob("*.json")) if project.actions else ():
        source = read_file(path)[0]
        loaded = read_export(source, named=False)[0] if source else None
        if loaded is not None:
            own.append(loaded)
    for connection in connections.values():
        of_type = (action for action in (*ready, *own) if action.integration_type == connection.type)
        yield from (contract_of(action, connection.name) for action in of_type)
        yield from (contract_of(action) for action in mapped_actions(connection))
    yield from (contract_of(action) for action in own)


def _flows(project: Project) -> Iterator[tuple[str, FlowInterface]]:
    """The interface of every flow in the project by its type and name, read off the file without checking it."""
    for path in flow_files(project):
        source = read_file(path)[0]
        tree = read_yaml(source, substitutions(path, None)[0])[0] if source else None
        if not isinstance(tree, Map) or len(tree) != 1:
            continue
        key, body = tree.items[0]
        name = body.get("name") if isinstance(body, Map) else None
        if isinstance(name, Scalar) and isinstance(body, Map):
            inputs, outputs = _published(body, "isInput"), _published(body, "isOutput")
            yield (
                f"{key.text} {name.text}",
                FlowInterface(name.text, key.text, inputs, outputs, tuple(_compatible_types(body))),
            )


def _published(body: Map, flag: str) -> Mapping[str, str]:
    """Variables of the flow that carry a flag, with their types."""
    listed = body.get("variables")
    found = {}
    for item in listed if isinstance(listed, Seq) else ():
        if not isinstance(item, Map) or not len(item):
            continue
        key, details = item.items[0]
        name, marked = (details.get("name"), details.get(flag)) if isinstance(details, Map) else (None, None)
        if isinstance(name, Scalar) and isinstance(marked, Scalar) and marked.value is True:
            found[name.text] = type_of_variable(key.text.removesuffix("Variable"))
    return found


def _compatible_types(body: Map) -> Iterator[str]:
    """``settingsCommonModule: {compatibleFlowTypes: [flowType: workflow, ...]}``."""
    settings = body.get("settingsCommonModule")
    listed = settings.get("compatibleFlowTypes") if isinstance(settings, Map) else None
    for item in listed if isinstance(listed, Seq) else ():
        type_ = item.get("flowType") if isinstance(item, Map) else item
        if isinstance(type_, Scalar):
            yield type_.text


def flow_files(project: Project) -> list[Path]:
    """Every flow file of a project: those that numbers name and those in its flows folder."""
    folder = sorted(project.flows.rglob("*.yaml")) if project.flows and project.flows.is_dir() else []
    named = [path for path in project.numbers.values() if path not in folder]
    return [path for path in [*named, *folder] if not path.name.endswith((".subst.yaml", ".test.yaml"))]
