"""Callwright: check, rehearse and run Architect-style call flows.

The names below are for embedding; they are loaded when they are first used, so that importing ``callwright``
costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Project": "callwright.project",
    "load_project": "callwright.project",
    "check_paths": "callwright.checking",
    "evaluate": "dsl.expressions",
    "Surroundings": "dsl.expressions",
}

__all__ = ["Project", "Surroundings", "check_paths", "evaluate", "load_project"]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'callwright' has no attribute {name!r}")
    return getattr(import_module(_PUBLIC[name]), name)
