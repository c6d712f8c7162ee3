"""PATCH (customers.md §1.5): ``{changes: [{field: "$.a.b", value, action}]}``; all changes apply or none.

A path is dots and names only, so that it cannot be used to ask questions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from contactcenter.customers.fields import READ_ONLY, WRITABLE
from contactcenter.customers.problems import BadRequestError, ClashError

_PATH = re.compile(r"\$(\.[A-Za-z_][A-Za-z0-9_]*)+\Z")
ACTIONS = (
    "Update",
    "UpdateIfEmpty",
    "UpdateIfExists",
    "AppendToCollection",
    "Remove",
    "RemoveFromCollection",
)
Path = tuple[str, ...]


def apply_changes(fields: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields after all changes; raises ``BadRequestError``; ``ClashError`` for a parent beside its nested field."""
    changes = body.get("changes")
    if not isinstance(changes, Sequence) or isinstance(changes, str) or not changes:
        raise BadRequestError('a patch has a list "changes"')
    paths = [field_path(change.get("field") if isinstance(change, Mapping) else None) for change in changes]
    for one in paths:
        if any(one != other and other[: len(one)] == one for other in paths):
            raise ClashError(f"a change to $.{'.'.join(one)} stands beside one of its nested fields")
    changed = deepcopy(dict(fields))
    for path, change in zip(paths, changes, strict=True):
        _apply(changed, path, change)
    return changed


def field_path(written: Any) -> Path:
    """The names of a restricted JSONPath."""
    if not isinstance(written, str) or not _PATH.match(written):
        raise BadRequestError(f'"{written}" is no path such as $.address.city', details=[{"fieldName": "field"}])
    path = tuple(written[2:].split("."))
    if path[0] in READ_ONLY or path[0] not in WRITABLE:
        raise BadRequestError(f'"{path[0]}" cannot be written', details=[{"fieldName": written}])
    return path


def _apply(fields: dict[str, Any], path: Path, change: Mapping[str, Any]) -> None:
    action, value = change.get("action", "Update"), change.get("value")
    if action not in ACTIONS:
        raise BadRequestError(f'"{action}" is no action; known: {", ".join(ACTIONS)}')
    parent = fields
    for name in path[:-1]:
        inner = parent.get(name)
        if inner is None and action in ("Remove", "RemoveFromCollection", "UpdateIfExists"):
            return
        if not isinstance(inner, dict):
            inner = parent[name] = {}
        parent = inner
    name, current = path[-1], parent.get(path[-1])
    empty = current in (None, "", [], {})
    if action == "Remove":
        parent.pop(name, None)
    elif action == "AppendToCollection":
        parent[name] = [*_collection(current, path), *_listed(value)]
    elif action == "RemoveFromCollection":
        gone = _listed(value)
        parent[name] = [item for item in _collection(current, path) if item not in gone]
    elif action == "Update" or (action == "UpdateIfEmpty" and empty) or (action == "UpdateIfExists" and not empty):
        parent[name] = value


def _collection(current: Any, path: Path) -> list[Any]:
    if current is None:
        return []
    if not isinstance(current, list):
        raise BadRequestError(f"$.{'.'.join(path)} is no collection")
    return current


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
