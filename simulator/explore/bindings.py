"""What goes into an action and what comes out of it, by its settings."""

from __future__ import annotations

from typing import Any

from dsl.actions import actions
from dsl.model import Action, Value


def settings_of(action: Action) -> list[tuple[str | None, Value]]:
    """(variable, value) of each assignment, and every other value of an action, in the order of their evaluation."""
    found: list[tuple[str | None, Value]] = []

    def gather(setting: Any) -> None:
        if isinstance(setting, Value):
            found.append((None, setting))
        elif isinstance(setting, dict):
            for item in setting.values():
                gather(item)
        elif isinstance(setting, (tuple, list)):
            for item in setting:
                gather(item)

    for name, setting in action.settings.items():
        if name == "statements" and action.key == "updateData":
            found.extend((target, value) for _, target, value in setting or ())
        else:
            gather(setting)
    found.extend((None, output.condition) for output in action.outputs if output.condition is not None)
    return found


def outputs_of(action: Action) -> list[tuple[str, str]]:
    """(variable, output) of everything that an action's answer goes into."""
    called = action.settings.get("category")
    if isinstance(called, dict):
        return [(target, path) for path, target in called.get("successOutputs", {}).items()]
    if action.key == "collectInput":
        target = action.settings.get("inputData")
        return [(target, "digits")] if target else []
    spec = actions().get(action.key)
    found: list[tuple[str, str]] = []
    for name, setting in action.settings.items():
        parameter = spec.parameters.get(name) if spec is not None else None
        if parameter is None:
            continue
        if parameter.is_output and isinstance(setting, str):
            found.append((setting, name))
        elif parameter.kind == "dataTable":
            found.extend((target, column) for column, target in setting["foundOutputs"].items())
        elif parameter.kind == "results":
            found.extend((target, path) for path, target in setting.items())
        elif parameter.kind == "module":
            found.extend((target, path) for path, target in setting["outputs"].items())
        elif parameter.kind == "getAttributes" and action.key != "getParticipantData":
            found.extend((target, text) for value, target in setting if (text := literal_text(value)) is not None)
    return found


def failures_of(action: Action) -> list[tuple[str, str]]:
    """(variable, failure output) of everything that a failure goes into."""
    called = action.settings.get("category") or action.settings.get("dataTable")
    bound = action.settings.get("failureOutputs") or (called or {}).get("failureOutputs") or {}
    return [(target, path) for path, target in bound.items()]


def literal_text(value: Value) -> str | None:
    """A text that is written out, as ``lit`` or in quotes."""
    given = value.literal if value.literal is not None else getattr(value.expression, "value", None)
    return given if isinstance(given, str) else None
