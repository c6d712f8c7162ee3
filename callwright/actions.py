"""The data actions of a project: its own and those that ship with callwright, its connections, its cassettes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from callwright.project import Project
from connectors import Connection, DataAction, load_connections, read_export, read_terraform, ready_actions
from dsl.source import Diagnostic, read_file
from interpreter.ports import RequestPort

if TYPE_CHECKING:
    from connectors import DataActions


def data_actions_of(project: Project) -> Iterator[DataAction]:
    """Every action that flows of the project may call; files that are no actions are left to ``check``."""
    yield from ready_actions()
    for path in sorted(project.actions.rglob("*.json")) if project.actions else ():
        source = read_file(path)[0]
        action = read_export(source, named=False)[0] if source is not None else None
        if action is not None:
            yield action


def connections_of(project: Project) -> tuple[Mapping[str, Connection], list[Diagnostic]]:
    """The connections by name, and what is wrong with their file."""
    source, findings = read_file(project.connections) if project.connections is not None else (None, [])
    if source is None:
        return {}, findings
    connections, found = load_connections(source)
    return connections, [*findings, *found]


def read_actions(path: Path) -> tuple[list[DataAction], list[Diagnostic]]:
    """The data actions of one file: an export, or Terraform."""
    source, findings = read_file(path)
    if source is None:
        return [], findings
    if path.suffix == ".tf" or path.name.endswith(".tf.json"):
        actions, found = read_terraform(source)
    else:
        action, found = read_export(source)
        actions = [action] if action is not None else []
    return actions, [*findings, *found]


def replaying(cassette: Path, connection: Connection) -> Connection:
    """The connection with answers from a cassette: no socket, no secret."""
    return replace(connection, mode="replay", cassettes=cassette)


class CassettePlayer:
    """Plays the cassettes that stubs name (``simulator.stubs.Player``).

    ``make`` gives the port that runs data actions; each cassette is played from its beginning in every call.
    """

    def __init__(self, project: Project, make: Callable[[DataActions], RequestPort]) -> None:
        self._project, self._make = project, make
        self._ports: dict[tuple[Path, str], RequestPort] = {}

    def __call__(self, cassette: Path, integration: str, action: str) -> RequestPort:
        """The port of a cassette and an integration, made when it is first asked for."""
        from connectors import DataActions

        key = (cassette, integration.casefold())
        if key not in self._ports:
            actions = list(data_actions_of(self._project))
            named = {name.casefold(): one for name, one in connections_of(self._project)[0].items()}
            kinds = (one.integration_type for one in actions if one.name.casefold() == action.casefold())
            connection = named.get(key[1]) or Connection(integration, next(kinds, ""))
            self._ports[key] = self._make(DataActions(actions, {integration: replaying(cassette, connection)}))
        return self._ports[key]
