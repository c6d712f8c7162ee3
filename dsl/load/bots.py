"""Settings of bots that are values: apologies, limits, intents with their tasks, what happens when nothing was
understood (flow-format.md §7, §12)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsl.actions import Parameter
from dsl.expressions.types import Type
from dsl.load.binding import entries
from dsl.load.reader import Reader
from dsl.load.values import read_value, within
from dsl.model import Container
from dsl.source import Map, Node, did_you_mean

Resolve = Callable[[str, str, Any], str | None]

_PERCENT = (
    "collectionLowConfidenceThreshold",
    "collectionHighConfidenceThreshold",
    "confirmationLowConfidenceThreshold",
)
_APOLOGIES = (
    *("noMatchApology", "noInputApology", "noToConfirmationApology", "confirmationNoMatchApology"),
    *("confirmationNoInputApology", "endOfSessionMessage"),
)
_INPUT = {
    **{name: Parameter(name, "int") for name in ("noMatchesMax", "noInputsMax", "confirmationRejectionsMax")},
    **{name: Parameter(name, "int", low=0, high=100) for name in _PERCENT},
    **{
        name: Parameter(name, "dur")
        for name in ("noInputsTimeout", "interDigitTimeout", "speechToTextMaxSpeechTimeout")
    },
    **{name: Parameter(name, "com") for name in _APOLOGIES},
    "enableBargeIn": Parameter("enableBargeIn", "bln"),
    "speechToTextSpeechDetectionSensitivity": Parameter("speechToTextSpeechDetectionSensitivity", "dec", low=0, high=1),
}
"""Keys of ``settingsUserInput`` that are values."""
_EVENTS = {
    **dict.fromkeys(
        (
            "errorEventHandover",
            "recognitionFailureEventHandover",
            "agentEscalationConfirmation",
            "agentEscalationHandover",
        ),
        "com",
    ),
    "enableAgentEscalation": "bln",
}
_HANDLINGS = {
    "recognitionFailureEventHandling": "recognitionFailureTask",
    "agentEscalationHandling": "agentEscalationTask",
}
"""Events that may lead to a task of the bot; all others end it."""
_SUBSEQUENT = "subsequentRecognitionFailuresHandlingType"
SUBSEQUENT_WORDS = ("Exit", "ExecuteTask")
KNOWLEDGE_TEXTS = ("knowledgeInitialResponseSingle", "knowledgeInitialResponseFollowup")
_BIASES = ("neutral", "intents", "knowledge")
_MODES = ("statement", "task")
MOST_ANSWERS = 3


def bot_settings(body: Map, reader: Reader, containers: tuple[Container, ...], resolve: Resolve) -> dict[str, Any]:
    """``input.<key>`` for each key of settingsUserInput, ``bot.<key>`` of the error handling, ``knowledge.<key>`` of
    the knowledge base, and ``intents``."""
    found: dict[str, Any] = {}
    given = body.get("settingsUserInput")
    for key, node in given if isinstance(given, Map) else ():
        if key.text in _INPUT:
            parameter = _INPUT[key.text]
            value = read_value(node, Type(parameter.kind), reader, f'"{key.text}"')
            if parameter.low is not None:
                within(value, parameter, reader)
            found[f"input.{key.text}"] = value
    if isinstance(given, Map) and _is_given(given.get("dtmfTerminatingCharacter")):
        found["input.dtmfTerminatingCharacter"] = _word(given, "dtmfTerminatingCharacter", ("#", "*"), reader)
    errors = body.get("settingsErrorHandling")
    if isinstance(errors, Map):
        for name, code in _EVENTS.items():
            found[f"bot.{name}"] = read_value(errors.get(name), Type(code), reader, f'"{name}"')
        for name, task in _HANDLINGS.items():
            handling = errors.get(name)
            found[f"bot.{task}"] = _task(handling.get("task") if isinstance(handling, Map) else None, reader, resolve)
        if _SUBSEQUENT in errors:
            found[f"bot.{_SUBSEQUENT}"] = _word(errors, _SUBSEQUENT, SUBSEQUENT_WORDS, reader)
    found.update(_knowledge(body.get("settingsKnowledge"), reader, resolve))
    intents = _intents(body.get("settingsBotFlow"), reader, containers)
    return {**found, "intents": intents} if intents else found


def _knowledge(node: Node | None, reader: Reader, resolve: Resolve) -> dict[str, Any]:
    """``knowledge.<key>`` of the base that is asked, its name among them; nothing where there is none."""
    bases = [(key, inner) for key, inner in (node if isinstance(node, Map) else ()) if isinstance(inner, Map)]
    if not bases:
        return {}
    key, base = bases[0]
    for other, _ in bases[1:]:
        reader.report("bad-value", f'a bot asks one knowledge base, "{other.text}" is one more', other.span)
    found: dict[str, Any] = {
        "name": key.text,
        "span": key.span,
        "maxNumOfAnswersReturned": read_value(
            base.get("maxNumOfAnswersReturned"), Type("int"), reader, '"maxNumOfAnswersReturned"'
        ),
        "responseBias": _word(base, "responseBias", _BIASES, reader),
    }
    if _word(base, "knowledgePathMode", _MODES, reader) == "task":
        found["task"] = _task(base.get("knowledgePath"), reader, resolve)
    for name in KNOWLEDGE_TEXTS:
        found[name] = read_value(base.get(name), Type("com"), reader, f'"{name}"')
    return {f"knowledge.{name}": value for name, value in found.items()}


def _is_given(node: Node | None) -> bool:
    return node is not None and not (isinstance(node, Map) and "noValue" in node)


def _word(body: Map, name: str, words: tuple[str, ...], reader: Reader) -> str:
    """One of a setting's words; the first one where it does not say."""
    node = body.get(name)
    text = reader.text(node, f'"{name}"') if node is not None else None
    known = next((word for word in words if text is not None and word.casefold() == text.casefold()), None)
    if text is not None and node is not None and known is None:
        reader.report("bad-literal", f'"{text}" is no {name}', node.span, did_you_mean(text, words))
    return known or words[0]


def _task(body: Node | None, reader: Reader, resolve: Resolve) -> str | None:
    """The element of the task that ``targetTaskRef`` names."""
    reference = body.get("targetTaskRef") if isinstance(body, Map) else None
    text = reader.text(reference, '"targetTaskRef"') if reference is not None else None
    return resolve(text, "task", reference.span) if text is not None and reference is not None else None


def _intents(node: Any, reader: Reader, containers: tuple[Container, ...]) -> dict[str, dict[str, Any]]:
    """By name: the question that confirms the intent, and the element of the task that handles it."""
    found: dict[str, dict[str, Any]] = {}
    listed = node.get("intentSettings") if isinstance(node, Map) else None
    for _, inner, _item in entries(listed, reader, '"intentSettings"'):
        name = reader.text(inner.get("name"), '"name"') if isinstance(inner, Map) else None
        if not isinstance(inner, Map) or name is None:
            continue
        task = inner.get("task")
        place = task.get("name") if isinstance(task, Map) else None
        wanted = reader.text(place, '"task"') if place is not None else None
        tasks = {container.name: container.element for container in containers if container.kind == "task"}
        if wanted is not None and place is not None and wanted not in tasks:
            reader.report("unknown-task", f'there is no task "{wanted}"', place.span, did_you_mean(wanted, tasks))
        found[name] = {
            "confirmation": read_value(inner.get("confirmation"), Type("com"), reader, '"confirmation"'),
            "task": tasks.get(wanted or ""),
        }
    return found
