"""Actions that ask another one of the same system first (``x-callwright.before``).

    action   the action that is asked first
    into     the input that takes the reference it found; when nobody was found the answer is what the first one said
    found    the action that runs instead when one record was found; it takes the reference as its input ``entry``

A log entry is found before it is made, so that a call is logged once; a case is found through its contact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.model import DataAction


def is_given(first: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether the inputs already hold what the first action would find."""
    return bool(inputs.get(str(first.get("into"))))


def following(
    first: Mapping[str, Any], document: Any, inputs: Mapping[str, Any]
) -> tuple[str | None, dict[str, Any]] | None:
    """What comes after the first action: another action's name, or None for the action itself, and its inputs; None
    when there is nothing to go on with."""
    ref = document.get("ref") if isinstance(document, dict) else None
    if first.get("found"):
        return (str(first["found"]), {**inputs, "entry": ref}) if ref else (None, dict(inputs))
    return (None, {**inputs, str(first.get("into")): ref}) if ref else None


def not_found_first(document: Any) -> dict[str, Any]:
    """The answer when the first action found nobody, or several: no record, and none of theirs either."""
    outcome = document.get("outcome") if isinstance(document, dict) else None
    return {"outcome": outcome or "unknown", "refs": []}


def fitting(action: DataAction, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the inputs that an action declares."""
    return {name: value for name, value in inputs.items() if name in action.inputs.properties and value is not None}
