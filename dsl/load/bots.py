"""Settings of bots that are values: apologies, limits, intents with their tasks, what happens when nothing was
understood (flow-format.md §7, §12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsl.expressions.types import Type
from dsl.load.reader import Reader
from dsl.load.shapes import entries
from dsl.load.values import read_value
from dsl.model import Container
from dsl.source import Map

Resolve = Callable[[str, str, Any], str | None]

_INPUT = {
    **dict.fromkeys(("noMatchesMax", "noInputsMax", "confirmationRejectionsMax"), "int"),
    **dict.fromkeys(
        ("collectionLowConfidenceThreshold", "collectionHighConfidenceThreshold", "confirmationLowConfidenceThreshold"),
        "int",
    ),
    **dict.fromkeys(("noInputsTimeout", "interDigitTimeout"), "dur"),
    **dict.fromkeys(
        (
            "noMatchApology",
            "noInputApology",
            "noToConfirmationApology",
            "confirmationNoMatchApology",
            "confirmationNoInputApology",
            "endOfSessionMessage",
        ),
        "com",
    ),
}
_HANDOVERS = ("errorEventHandover", "recognitionFailureEventHandover")


def bot_settings(body: Map, reader: Reader, containers: tuple[Container, ...], resolve: Resolve) -> dict[str, Any]:
    """``input.<key>`` for each key of settingsUserInput, ``bot.<key>`` of the error handling, and ``intents``."""
    found: dict[str, Any] = {}
    given = body.get("settingsUserInput")
    for key, node in given if isinstance(given, Map) else ():
        if key.text in _INPUT:
            found[f"input.{key.text}"] = read_value(node, Type(_INPUT[key.text]), reader, f'"{key.text}"')
    errors = body.get("settingsErrorHandling")
    if isinstance(errors, Map):
        for name in _HANDOVERS:
            found[f"bot.{name}"] = read_value(errors.get(name), Type("com"), reader, f'"{name}"')
        handling = errors.get("recognitionFailureEventHandling")
        task = handling.get("task") if isinstance(handling, Map) else None
        reference = task.get("targetTaskRef") if isinstance(task, Map) else None
        text = reader.text(reference, '"targetTaskRef"') if reference is not None else None
        if text is not None and reference is not None:
            found["bot.recognitionFailureTask"] = resolve(text, "task", reference.span)
    intents = _intents(body.get("settingsBotFlow"), reader, containers)
    return {**found, "intents": intents} if intents else found


def _intents(node: Any, reader: Reader, containers: tuple[Container, ...]) -> dict[str, dict[str, Any]]:
    """By name: the question that confirms the intent, and the element of the task that handles it."""
    found: dict[str, dict[str, Any]] = {}
    listed = node.get("intentSettings") if isinstance(node, Map) else None
    for _, inner, _item in entries(listed, reader, '"intentSettings"'):
        name = reader.text(inner.get("name"), '"name"') if isinstance(inner, Map) else None
        if not isinstance(inner, Map) or name is None:
            continue
        task = inner.get("task")
        wanted = reader.text(task.get("name"), '"task"') if isinstance(task, Map) and "name" in task else None
        found[name] = {
            "confirmation": read_value(inner.get("confirmation"), Type("com"), reader, '"confirmation"'),
            "task": next((c.element for c in containers if c.kind == "task" and c.name == wanted), None),
        }
    return found
