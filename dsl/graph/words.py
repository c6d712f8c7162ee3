"""What a node says of an action, in the author's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dsl.expressions.tree import Node as Expression
from dsl.graph.picture import Look
from dsl.model import Action, Form, Value

LONGEST = 40
"""Characters of a prompt or an expression that a picture shows."""

_SPOKEN = ("audio", "inputAudio", "preTransferAudio", "failureTransferAudio", "messageBody", "communication")
_OF_ONE = ("ToAudioTTS", "ToAudio", "ToCommunication", "ToString", "ToDisplayString", "AudioPlaybackOptions")
_OF_ALL = ("Append", "MakeCommunication")
"""Functions whose words are those of their first argument, and of all their arguments."""

_TARGETS = ("targetUser", "targetGroup", "targetNumber", "targetFlow", "scheduleGroup", "language", "priority")
_LOOKS = {
    "decision": Look.BRANCH,
    "switch": Look.BRANCH,
    "loop": Look.BRANCH,
    "loopUntil": Look.BRANCH,
    "collectInput": Look.QUESTION,
    "callData": Look.DATA,
    "callDataSecure": Look.DATA,
    "dataTableLookup": Look.DATA,
}


def shortened(text: str) -> str:
    """The beginning of a text on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1].rstrip() + "…"


def said(value: Any) -> str | None:  # whatever a setting holds
    """A setting's value as a picture shows it; None when nothing is given."""
    if isinstance(value, str):
        return shortened(value)
    if not isinstance(value, Value) or value.form is Form.NO_VALUE:
        return None
    if value.form is Form.TTS:
        return f"“{shortened(value.text)}”"
    if value.form is Form.EXPRESSION and value.type in ("aud", "com") and (words := _words(value.expression)):
        return f"“{shortened(words)}”"
    if value.text:
        return shortened(value.text)
    literal = value.literal
    name = getattr(literal, "name", None)
    return shortened(str(name if name is not None else literal))


def _words(node: Expression | None) -> str | None:
    """What an audio expression says, its variables in braces; None where it is more than words put together."""
    if node is None:
        return None
    if node.op == "lit":
        return str(node.value)
    if node.op in ("ref", "sysref"):
        return f"{{{node.name}}}"
    if node.op in _OF_ONE:
        return _words(node.operands[0]) if node.operands else None
    parts = [_words(operand) for operand in node.operands] if node.op in _OF_ALL else []
    return "".join(part for part in parts if part is not None) if parts and None not in parts else None


def look_of(action: Action, *, ends: bool) -> Look:
    """What kind of node an action is."""
    if action.key.startswith(("evaluateSchedule", "find")):
        return Look.BRANCH
    return _LOOKS.get(action.key, Look.END if ends else Look.ACTION)


def details_of(action: Action) -> tuple[str, ...]:
    """What an action says, asks, calls or tests, a line each."""
    return tuple(line for line in _lines(action) if line)


def _lines(action: Action) -> Iterator[str | None]:
    settings = action.settings
    for name in (*_SPOKEN, *_TARGETS):
        yield said(settings.get(name))
    yield said(settings.get("condition"))
    if "match" in settings:
        yield said(settings["match"])
    yield data_action(action)
    table = settings.get("dataTable")
    if isinstance(table, Mapping):
        yield str(table["table"])
    yield from _assignments(settings.get("statements"))
    yield from _names(settings.get("attributes"))


def data_action(action: Action) -> str | None:
    """``Integration / Action`` of a call to a data action."""
    called = action.settings.get("category")
    return f"{called['integration']} / {called['action']}" if isinstance(called, Mapping) else None


def _assignments(statements: Any) -> Iterator[str]:  # the tuple of the shape "statements"
    for _, target, value in statements or ():
        yield shortened(f"{target} = {said(value) or 'not set'}")


def _names(attributes: Any) -> Iterator[str]:  # the tuple of the shape "setAttributes" or "getAttributes"
    names = [said(name) or "" for name, _ in attributes or ()]
    if names:
        yield shortened(", ".join(names))


def unique(lines: Iterable[str | None]) -> tuple[str, ...]:
    """Each line once, in order."""
    return tuple(dict.fromkeys(line for line in lines if line))
