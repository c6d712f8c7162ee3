"""Flow-level settings and their limits, as data (flow-format.md §7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dsl.actions import ActionSpec, Parameter, actions
from dsl.expressions.types import Type
from dsl.expressions.values import Duration
from dsl.load.binding import entries, flag
from dsl.load.reader import MISSPELT, Reader
from dsl.load.values import read_value, within
from dsl.model import Value
from dsl.source import Key, Map, Node, did_you_mean, nearest, plain

ACTION_DEFAULTS = frozenset(
    """
    noEntryTimeout interDigitTimeout timeout connectTimeout processingPrompt voiceProcessingPrompt
    voiceEndOfInputTimeout
    """.split()
)
"""Parameters that a flow may set for all actions of a kind, under ``settingsActionDefaults.<action>``."""


def _by_name(*parameters: Parameter) -> Mapping[str, Parameter]:
    return {parameter.name: parameter for parameter in parameters}


MENU = _by_name(
    Parameter("menuSelectionTimeout", "dur", low=1000, high=60_000, default=10_000),
    Parameter("repeatCount", "int", low=0, high=10, default=3),
    Parameter("listenForExtensionDialing", "bln", default=True),
    Parameter("extensionDialingMaxDelay", "dur", low=1000, default=1000),
)
"""Under ``settingsMenu`` of the flow and of a menu."""

SPEECH = _by_name(
    Parameter("minConfidenceLevel", "int", low=0, high=100, default=50),
    Parameter("completeMatchTimeout", "dur", low=100, high=20_000, default=100),
    Parameter("incompleteMatchTimeout", "dur", low=100, high=20_000, default=1500),
    Parameter("maxSpeechLengthTimeout", "dur", low=100, high=40_000, default=20_000),
    Parameter("asrEnabledOnFlow", ""),
    Parameter("asrCompanyDir", ""),
    Parameter("suppressRecording", ""),
)
"""Under ``settingsSpeechRec`` of the flow and of a menu; bare words have no type."""

MENU_SETTINGS = {**MENU, **SPEECH}

_FLAGS = frozenset({"asrEnabledOnFlow", "suppressRecording"})
_MEDIA = ("audio", "tts", "none", "text")
_COMPANY_DIRECTORY = ("none", "startUpObject", "entireFlow")
_KEPT = ("settingsUserInput", "settingsBotFlow", "settingsNaturalLanguageUnderstanding", "worktype", "mutedUtterances")


def read_settings(body: Map, reader: Reader) -> Mapping[str, Any]:
    """The flow's settings by ``group.key``, those that were given."""
    found: dict[str, Any] = {}
    for action, key, value in _action_defaults(body.get("settingsActionDefaults"), reader):
        found[f"{action}.{key}"] = value
    found.update({f"menu.{key}": value for key, value in read_menu(body, reader).items()})
    queue = body.get("settingsInQueueCall")
    if isinstance(queue, Map):
        found["holdMusic"] = read_value(queue.get("holdMusic"), Type("pmt"), reader, '"holdMusic"')
    prompts = body.get("settingsPrompts")
    _media(prompts.get("promptMediaToValidate") if isinstance(prompts, Map) else None, reader)
    for group in _KEPT:
        node = body.get(group)
        if node is not None:
            found[group] = plain(node)
    return found


def _media(node: Node | None, reader: Reader) -> None:
    """``promptMediaToValidate: [- mediaType: audio]``."""
    for _, inner, _item in entries(node, reader, '"promptMediaToValidate"'):
        word = reader.text(inner, '"mediaType"')
        if word is not None and word not in _MEDIA:
            reader.report("bad-literal", f'"{word}" is no mediaType', inner.span, did_you_mean(word, _MEDIA))


def _action_defaults(node: Node | None, reader: Reader) -> Iterator[tuple[str, str, Value | None]]:
    for key, inner in reader.mapping(node, '"settingsActionDefaults"') or ():
        spec = actions().get(key.text)
        if spec is None:
            _unknown(key, "settingsActionDefaults", actions(), reader)
            continue
        known = with_default(spec)
        for name, value in reader.mapping(inner, f'"{key.text}"') or ():
            if name.text in known:
                yield key.text, name.text, _limited(value, known[name.text], reader)
            elif not spec.open_parameters or nearest(name.text, known, cutoff=MISSPELT):
                _unknown(name, key.text, known, reader)


def with_default(spec: ActionSpec) -> Mapping[str, Parameter]:
    """An action's parameters that a flow may set for all actions of the kind."""
    return {name: parameter for name, parameter in spec.parameters.items() if name in ACTION_DEFAULTS}


def read_menu(body: Map, reader: Reader) -> dict[str, Any]:
    """``settingsMenu`` and ``settingsSpeechRec`` of a flow or a menu."""
    found = dict(_group(body.get("settingsMenu"), "settingsMenu", MENU, reader))
    wait, delay = found.get("menuSelectionTimeout"), found.get("extensionDialingMaxDelay")
    if wait is not None and delay is not None and _ms(delay.literal) >= _ms(wait.literal) > 0:
        message = '"extensionDialingMaxDelay" must be shorter than "menuSelectionTimeout"'
        reader.report("out-of-range", message, delay.span)
    return found | _speech(body.get("settingsSpeechRec"), reader)


def _ms(literal: Any) -> int:
    return literal.ms if isinstance(literal, Duration) else 0


def _speech(node: Node | None, reader: Reader) -> dict[str, Any]:
    found = dict(_group(node, "settingsSpeechRec", SPEECH, reader))
    directory = node.get("asrCompanyDir") if isinstance(node, Map) else None
    word = reader.text(directory, '"asrCompanyDir"') if directory is not None else None
    if word is not None and directory is not None and word not in _COMPANY_DIRECTORY:
        message = f'"{word}" is no asrCompanyDir'
        reader.report("bad-literal", message, directory.span, did_you_mean(word, _COMPANY_DIRECTORY))
    return found


def _group(
    node: Node | None, group: str, known: Mapping[str, Parameter], reader: Reader
) -> Iterator[tuple[str, Value | None]]:
    if isinstance(node, Map) and "noValue" in node:
        return
    for key, value in reader.mapping(node, f'"{group}"') or ():
        if key.text not in known:
            _unknown(key, group, known, reader)
        elif known[key.text].kind:
            yield key.text, _limited(value, known[key.text], reader)
        elif key.text in _FLAGS:
            flag(value, reader, f'"{key.text}"')


def _limited(node: Node, parameter: Parameter, reader: Reader) -> Value | None:
    value = read_value(node, Type(parameter.kind), reader, f'"{parameter.name}"')
    within(value, parameter, reader)
    return value


def _unknown(key: Key, group: str, known: Mapping[str, Any], reader: Reader) -> None:
    reader.report("unknown-key", f'{group} has no key "{key.text}"', key.span, did_you_mean(key.text, known))
