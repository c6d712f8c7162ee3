"""What a flow does on an error: ``settingsErrorHandling`` (flow-format.md §12)."""

from __future__ import annotations

from dsl.actions import FLOW_TYPES
from dsl.expressions.types import Type
from dsl.load.reader import Reader
from dsl.load.values import read_value
from dsl.model import ErrorHandling
from dsl.source import Map, Node

_QUEUE = "targetQueue"
_TARGETS = {"queue": _QUEUE, "menu": "targetMenuRef", "task": "targetTaskRef", "state": "targetStateRef"}
"""Kinds that lead somewhere, and where that is written."""


def read_error_handling(given: Node | None, flow_type: str, reader: Reader) -> ErrorHandling | None:
    """How errors are handled, its target as it is written; None where the flow does not say it."""
    node = reader.mapping(given, '"settingsErrorHandling"')
    if node is None:
        return None
    audio = read_value(node.get("preHandlingAudio"), Type("aud"), reader, '"preHandlingAudio"')
    handling = node.get("errorHandling")
    if not isinstance(handling, Map) or not len(handling):
        return ErrorHandling("exit" if FLOW_TYPES[flow_type] == "bot" else "disconnect", audio)
    if len(handling) > 1:
        kinds = ", ".join(f'"{key.text}"' for key, _ in handling)
        message = f"an error is handled in one way, here there are {len(handling)}: {kinds}"
        reader.report("bad-value", message, handling.span, "keep exactly one of them")
    key, inner = handling.items[0]
    body = inner if isinstance(inner, Map) else Map((), key.span)
    needed = _TARGETS.get(key.text)
    if needed is not None and needed not in body:
        reader.report("missing-parameter", f'"{key.text}" needs "{needed}"', key.span)
    references = (name for name in _TARGETS.values() if name != _QUEUE)
    place = next((body.get(name) for name in references if name in body), None)
    target = reader.text(place, "the target") if place is not None else None
    queue = read_value(body.get(_QUEUE), Type("que"), reader, f'"{_QUEUE}"')
    return ErrorHandling(key.text, audio, target, queue, None if place is None else place.span)
