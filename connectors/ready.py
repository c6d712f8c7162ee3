"""The data actions that ship with callwright: ordinary exports under ``connectors/actions`` (data-actions.md §5.2)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from connectors.connections import Connection
from connectors.format import read_export
from connectors.model import DataAction
from connectors.transport.egress import Rules
from dsl.source import Source

CRM_INTEGRATION = "callwright CRM"
"""The built-in CRM as flows name it."""

CRM_ORIGIN = "http://customers.callwright"
"""Where the built-in CRM is mounted; the name never resolves outside."""

PUBLIC_API = "purecloud-data-actions"
"""The integration type whose actions call callwright's own ``/api/v2``."""


PUBLIC_API_ORIGIN = "http://api.callwright"
"""Where callwright's own ``/api/v2`` is mounted for the actions of this node; the name never resolves outside."""


@lru_cache(maxsize=1)
def ready_actions() -> tuple[DataAction, ...]:
    """Every shipped action, in the order of their files."""
    return tuple(_read(source) for source in ready_sources())


def ready_sources() -> list[Source]:
    """The files of the shipped actions."""
    root = files("connectors").joinpath("actions")
    folders = sorted((folder for folder in root.iterdir() if folder.is_dir()), key=_name)
    found = []
    for folder in folders:
        for file in sorted(folder.iterdir(), key=_name):
            if file.name.endswith(".json"):
                path = f"connectors/actions/{folder.name}/{file.name}"
                found.append(Source(path, file.read_text(encoding="utf-8")))
    return found


def crm_connection() -> Connection:
    """The connection of the built-in CRM: the client factory answers its origin in process."""
    return Connection(CRM_INTEGRATION, "callwright-crm", CRM_ORIGIN, rules=Rules(CRM_ORIGIN, allow_http=True))


def public_api_connection() -> Connection:
    """The connection of every public-API action without an entry: our own ``/api/v2``, answered in process."""
    rules = Rules(PUBLIC_API_ORIGIN, allow_http=True)
    return Connection(PUBLIC_API, PUBLIC_API, PUBLIC_API_ORIGIN, rules=rules)


def _read(source: Source) -> DataAction:
    action, findings = read_export(source)
    if action is None:
        raise AssertionError(f"{source.path}: {findings[0].message}")
    return action


def _name(entry: Traversable) -> str:
    return entry.name
