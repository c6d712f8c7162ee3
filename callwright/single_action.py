"""One data action by itself: what ``callwright action`` runs, shows and translates."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callwright.actions import connections_of, data_actions_of, read_actions, replaying
from callwright.project import load_project
from connectors import CRM_INTEGRATION, Connection, DataAction, Failure
from dsl.source import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from connectors import DataActions, Output
    from connectors.http import HttpRequest

UNKNOWN_ORIGIN = "https://origin.invalid"
"""Where relative URLs of an action without a connection lie while they are shown; never called."""


class ChoiceError(Exception):
    """There is no single action that the user can mean; the message says how to name it."""


@dataclass(frozen=True, slots=True)
class SingleAction:
    """A data action of a file among the actions of its project, and the connection that it would use."""

    action: DataAction
    integration: str
    siblings: tuple[DataAction, ...]
    connections: Mapping[str, Connection]
    root: Path

    @property
    def is_built_in(self) -> bool:
        """Whether the built-in CRM answers it."""
        return self.integration.casefold() == CRM_INTEGRATION.casefold()

    @property
    def connection(self) -> Connection | None:
        """Its integration's entry, else the only one of its type."""
        for name, connection in self.connections.items():
            if name.casefold() == self.integration.casefold():
                return connection
        kind = self.action.integration_type.casefold()
        of_type = [one for one in self.connections.values() if kind and one.type.casefold() == kind]
        return of_type[0] if len(of_type) == 1 else None


def single_action(
    path: Path, name: str | None = None, integration: str | None = None, connections: Path | None = None
) -> tuple[SingleAction | None, list[Diagnostic]]:
    """The action of a file; ``name`` chooses among several. Raises ``ChoiceError``."""
    actions, findings = read_actions(path)
    if not actions:
        return None, findings
    project, found = load_project(path)
    connections = connections or project.connections or _nearest_connections(path)
    known, more = connections_of(replace(project, connections=connections))
    findings = [*findings, *found, *more]
    action = _chosen(actions, name)
    siblings = (*actions, *_neighbours(path, actions))
    return SingleAction(action, integration or action.integration, siblings, known, project.root), findings


def named_action(text: str, connections: Path | None = None) -> tuple[SingleAction | None, list[Diagnostic]]:
    """The action that flows of the project around here call ``Integration / Action``: one of its own, or one that
    ships with callwright. Raises ``ChoiceError``."""
    from connectors import DataActions

    integration, _, name = text.partition(" / ")
    project, findings = load_project(Path.cwd())
    known, more = connections_of(replace(project, connections=connections or project.connections))
    actions = DataActions(data_actions_of(project), known).actions
    action = DataActions(actions, known).find(integration, name)
    if action is None:
        every = [f"{one.integration} / {one.name}" for one in actions]
        hint = did_you_mean(text, every) or f"integrations: {', '.join(sorted({one.integration for one in actions}))}"
        raise ChoiceError(f'there is no file and no data action "{text}"; {hint}')
    return SingleAction(action, integration, actions, known, project.root), [*findings, *more]


def _nearest_connections(path: Path) -> Path | None:
    """``connections.yaml`` beside the file or in a folder above it, for actions outside of a project."""
    candidates = (folder / "connections.yaml" for folder in path.resolve().parents)
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def _chosen(actions: list[DataAction], name: str | None) -> DataAction:
    names = [action.name for action in actions]
    if name is None:
        if len(actions) == 1:
            return actions[0]
        raise ChoiceError(f"the file holds several actions; name one with --name: {', '.join(names)}")
    found = next((action for action in actions if action.name.casefold() == name.casefold()), None)
    if found is None:
        hint = did_you_mean(name, names)
        raise ChoiceError(f'the file holds no action "{name}"' + (f"; {hint}" if hint else ""))
    return found


def _neighbours(path: Path, own: list[DataAction]) -> list[DataAction]:
    """The customAuth actions beside the file: one of them may have to log in first."""
    near = (one for other in sorted(path.parent.glob("*.json")) if other != path for one in read_actions(other)[0])
    return [one for one in near if one.action_type == "customAuth"] if own else []


def preview(single: SingleAction, inputs: Mapping[str, Any]) -> HttpRequest | Failure:
    """The request that would be sent, secrets masked; without a connection a relative URL stays relative."""
    connection = single.connection
    known = connection or Connection(single.integration, single.action.integration_type, UNKNOWN_ORIGIN)
    shown = _actions(single, known).preview(single.integration, single.action.name, inputs)
    if connection is None and not isinstance(shown, Failure):
        return replace(shown, url=shown.url.removeprefix(UNKNOWN_ORIGIN))
    return shown


def run(
    single: SingleAction,
    inputs: Mapping[str, Any],
    *,
    record: Path | None = None,
    replay: Path | None = None,
    timeout_s: float | None = None,
) -> Output | Failure:
    """Run it against its endpoint or a cassette; ``record`` keeps the exchange, without secrets."""
    connection = single.connection
    if replay is not None:
        empty = Connection(single.integration, single.action.integration_type)
        connection = replaying(replay, connection or empty)
    elif connection is not None and record is not None:
        connection = replace(connection, mode="record", cassettes=record)
    if connection is None and single.is_built_in:
        return asyncio.run(_run(single, _built_in(single), inputs, timeout_s))
    return asyncio.run(_run(single, _actions(single, connection), inputs, timeout_s))


async def _run(
    single: SingleAction, actions: DataActions, inputs: Mapping[str, Any], timeout_s: float | None
) -> Output | Failure:
    deadline = None if timeout_s is None else asyncio.get_running_loop().time() + timeout_s
    try:
        return await actions.run(single.integration, single.action.name, inputs, deadline)
    finally:
        await actions.aclose()


def _built_in(single: SingleAction) -> DataActions:
    """The built-in CRM with the contacts of the project, in memory: what is written is forgotten."""
    import time

    from callwright.crm import built_in_crm
    from callwright.inventory import surroundings_of
    from contactcenter.organisation import load_organisation
    from store import MemoryStore

    project = load_project(single.root)[0]
    organisation = surroundings_of(project).organisation or load_organisation([])[0]
    return built_in_crm(project, organisation, MemoryStore(), lambda: time.time_ns() // 1_000_000).actions


def _actions(single: SingleAction, connection: Connection | None) -> DataActions:
    from connectors import DataActions

    own = replace(single.action, integration=single.integration)
    others = [action for action in single.siblings if action is not single.action]
    return DataActions([own, *others], {} if connection is None else {single.integration: connection})


def translated(single: SingleAction, response: str) -> Output | Failure:
    """What the flow would see of a response with status 200."""
    from connectors.asking import output_of
    from connectors.http import HttpResponse
    from connectors.translation import TranslationError
    from connectors.translation.translate import translate_response

    connection = single.connection or Connection(single.integration)
    try:
        document = translate_response(single.action.response, response)
        return output_of(single.action, connection, document, HttpResponse(200, {}, b""))
    except TranslationError as error:
        return Failure("processing", error.message)


def as_json(value: Any) -> Any:
    """A run-time value as JSON; secure values are masked."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, tuple | list):
        return [as_json(item) for item in value]
    if isinstance(value, Mapping):
        return {name: as_json(item) for name, item in value.items()}
    from dsl.expressions.text_of import to_text
    from dsl.expressions.values import Json, Secure

    if isinstance(value, Secure):
        return "***"
    return value.value if isinstance(value, Json) else to_text(value)


def outcome_object(outcome: Output | Failure) -> dict[str, Any]:
    """``{"path", "outputs", ...}`` as ``action run --format json`` prints it."""
    if isinstance(outcome, Failure):
        path = "timeout" if outcome.timed_out else "failure"
        return {"path": path, "message": outcome.message, "outputs": {} if outcome.timed_out else outcome.outputs()}
    found = {"path": "success", "status": outcome.status, "attempts": outcome.attempts}
    misfits = {"misfits": list(outcome.misfits)} if outcome.misfits else {}
    return {**found, "outputs": as_json(outcome.values), **misfits}


def request_object(request: HttpRequest) -> dict[str, Any]:
    """``{"method", "url", "headers", "body"}``."""
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body.decode("utf-8", errors="replace"),
    }


def needs_connection(single: SingleAction) -> bool:
    """Whether nobody knows where the action's system is; the built-in CRM is always there."""
    return single.connection is None and not single.is_built_in


def loads(text: str) -> dict[str, Any]:
    """Inputs as the user gives them; raises ``ValueError`` with a sentence."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the input is not JSON: {error}") from None
    if not isinstance(given, dict):
        raise ValueError('the input is a JSON object such as {"phone": "+4930123456"}')
    return given
