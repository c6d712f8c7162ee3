"""Every JSON Schema that editors complete and check with, and the one of ``callwright.yaml``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from callwright.project import KEYS
from callwright.settings import SETTINGS, Groups
from dsl.schema.parts import ANYTHING, TEXT, Schema, described, document, listed, mapped, record, words
from dsl.source import CODES

SCHEMAS: dict[str, tuple[str, str]] = {
    "flow": ("dsl.schema", "flow_schema"),
    "test": ("simulator.schema", "test_schema"),
    "organisation": ("contactcenter.organisation.schema", "organisation_schema"),
    "project": ("callwright.schemas", "project_schema"),
}
"""Every kind of file with a schema: the module and the function that makes it."""


def schema(kind: str) -> Schema:
    """The schema of a kind of file."""
    module, function = SCHEMAS[kind]
    make: Callable[[], Schema] = getattr(import_module(module), function)
    return make()


def _settings(groups: Groups) -> Schema:
    return record({name: _settings(below) if below else ANYTHING for name, below in groups.items()})


def project_schema() -> Schema:
    """JSON Schema of ``callwright.yaml``."""
    ignore = record(
        {"code": words(CODES), "path": described(TEXT, "files, such as flows/legacy/*"), "reason": TEXT}, ["code"]
    )
    path = {"type": "string"}
    held: dict[str, Schema] = {
        "name": described(TEXT, "the project's name"),
        "numbers": described(mapped(path), "which flow file answers which dialled number (E.164, prefix*, default)"),
        "organisation": described(path, "the organisation file, or a folder of them"),
        "connections": described(path, "the file with integrations and credentials"),
        "contacts": described(path, "sample contacts of the built-in CRM"),
        "flows": described(path, "the folder of flows"),
        "actions": described(path, "the folder of data actions"),
        "language": described({"type": "string", "examples": ["en-us"]}, "the language where a flow says none"),
        "settings": described(_settings(SETTINGS), "settings of desk, routing, trace and the like"),
        "ignore": described(listed(ignore), "findings that this project does not want to see"),
    }
    return document("project", "Project (callwright.yaml)", record({key: held[key] for key in KEYS}))
