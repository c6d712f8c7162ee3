"""Terraform's functions that need nothing but their arguments, and ``file``, which reads beside the configuration."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

UNKNOWN = object()
"""What the files do not tell."""

Function = Callable[[list[Any], Path], Any]


def _file(arguments: list[Any], folder: Path) -> Any:
    path = Path(str(arguments[0]))
    path = path if path.is_absolute() or str(path).startswith(str(folder)) else folder / path
    if not path.resolve().is_relative_to(folder.resolve()):
        return UNKNOWN
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return UNKNOWN


def _json(arguments: list[Any], folder: Path) -> Any:
    try:
        return json.loads(arguments[0])
    except (TypeError, ValueError):
        return UNKNOWN


def _format(arguments: list[Any], folder: Path) -> Any:
    try:
        return str(arguments[0]).replace("%v", "%s") % tuple(arguments[1:])
    except (TypeError, ValueError):
        return UNKNOWN


def _merge(arguments: list[Any], folder: Path) -> Any:
    found: dict[str, Any] = {}
    for argument in arguments:
        found.update(argument if isinstance(argument, dict) else {})
    return found


def _lookup(arguments: list[Any], folder: Path) -> Any:
    table, key = arguments[0], arguments[1]
    if isinstance(table, dict) and key in table:
        return table[key]
    return arguments[2] if len(arguments) > 2 else UNKNOWN


def _element(arguments: list[Any], folder: Path) -> Any:
    listed, at = arguments[0], arguments[1]
    return listed[int(at) % len(listed)] if isinstance(listed, list) and listed and str(at).isdigit() else UNKNOWN


def _one(of: Callable[[str], Any]) -> Function:
    return lambda arguments, folder: of(str(arguments[0])) if arguments else UNKNOWN


def _first(arguments: list[Any], folder: Path) -> Any:
    return next((argument for argument in arguments if argument not in (None, "")), UNKNOWN)


FUNCTIONS: Mapping[str, Function] = {
    "abspath": lambda arguments, folder: arguments[0],
    "coalesce": _first,
    "concat": lambda arguments, folder: [
        item for listed in arguments for item in (listed if isinstance(listed, list) else [listed])
    ],
    "distinct": lambda arguments, folder: (
        list(dict.fromkeys(arguments[0])) if isinstance(arguments[0], list) else UNKNOWN
    ),
    "element": _element,
    "file": _file,
    "format": _format,
    "join": lambda arguments, folder: str(arguments[0]).join(map(str, arguments[1])),
    "jsondecode": _json,
    "jsonencode": lambda arguments, folder: json.dumps(arguments[0], ensure_ascii=False),
    "length": lambda arguments, folder: len(arguments[0]),
    "lookup": _lookup,
    "lower": _one(str.lower),
    "merge": _merge,
    "replace": lambda arguments, folder: str(arguments[0]).replace(str(arguments[1]), str(arguments[2])),
    "split": lambda arguments, folder: str(arguments[1]).split(str(arguments[0])),
    "title": _one(str.title),
    "tolist": lambda arguments, folder: arguments[0],
    "tonumber": lambda arguments, folder: json.loads(str(arguments[0])),
    "toset": lambda arguments, folder: arguments[0],
    "tostring": _one(str),
    "trimspace": _one(str.strip),
    "try": _first,
    "upper": _one(str.upper),
}
"""Functions by name. Whatever fails is unknown."""
