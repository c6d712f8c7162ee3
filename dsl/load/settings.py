"""Flow-level settings and their limits, as data (flow-format.md §7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dsl.actions import actions
from dsl.expressions.types import Type
from dsl.expressions.values import Duration
from dsl.load.reader import Reader
from dsl.load.values import read_value, within
from dsl.model import Value
from dsl.source import Key, Map, Node, did_you_mean, plain

Limits = tuple[str, int | None, int | None]  # type code, least, most; durations in ms

ACTION_DEFAULTS: Mapping[str, Limits] = {
    "noEntryTimeout": ("dur", 1000, 99_000),
    "interDigitTimeout": ("dur", 1000, 99_000),
    "timeout": ("dur", 1000, 60_000),
    "connectTimeout": ("dur", 1000, None),
    "processingPrompt": ("pmt", None, None),
    "voiceProcessingPrompt": ("com", None, None),
    "voiceEndOfInputTimeout": ("dur", None, None),
}
"""Under ``settingsActionDefaults.<action>``."""

MENU: Mapping[str, Limits] = {
    "menuSelectionTimeout": ("dur", 1000, 60_000),
    "repeatCount": ("int", 0, 10),
    "listenForExtensionDialing": ("bln", None, None),
    "extensionDialingMaxDelay": ("dur", 1000, None),
}
"""Under ``settingsMenu`` of the flow and of a menu."""

SPEECH: Mapping[str, Limits] = {
    "minConfidenceLevel": ("int", 0, 100),
    "completeMatchTimeout": ("dur", 100, 20_000),
    "incompleteMatchTimeout": ("dur", 100, 20_000),
    "maxSpeechLengthTimeout": ("dur", 100, 40_000),
    "asrEnabledOnFlow": ("", None, None),
    "asrCompanyDir": ("", None, None),
    "suppressRecording": ("", None, None),
}
"""Under ``settingsSpeechRec`` of the flow and of a menu; bare words have no type."""

_COMPANY_DIRECTORY = ("none", "startUpObject", "entireFlow")
_KEPT = ("settingsUserInput", "settingsBotFlow", "settingsNaturalLanguageUnderstanding", "worktype", "mutedUtterances")


def read_settings(body: Map, reader: Reader) -> Mapping[str, Any]:
    """The flow's settings by ``group.key``, those that were given."""
    found: dict[str, Any] = {}
    for action, key, value in _action_defaults(body.get("settingsActionDefaults"), reader):
        found[f"{action}.{key}"] = value
    found.update({f"menu.{key}": value for key, value in read_menu(body.get("settingsMenu"), reader).items()})
    read_speech(body.get("settingsSpeechRec"), reader)
    queue = body.get("settingsInQueueCall")
    if isinstance(queue, Map):
        found["holdMusic"] = read_value(queue.get("holdMusic"), Type("pmt"), reader, '"holdMusic"')
    for group in _KEPT:
        node = body.get(group)
        if node is not None:
            found[group] = plain(node)
    return found


def _action_defaults(node: Node | None, reader: Reader) -> Iterator[tuple[str, str, Value | None]]:
    for key, inner in reader.mapping(node, '"settingsActionDefaults"') or ():
        if key.text not in actions():
            _unknown(key, "settingsActionDefaults", actions(), reader)
        for name, value in reader.mapping(inner, f'"{key.text}"') or ():
            if name.text in ACTION_DEFAULTS:
                yield key.text, name.text, _limited(name, value, ACTION_DEFAULTS, reader)
            else:
                _unknown(name, key.text, ACTION_DEFAULTS, reader)


def read_menu(node: Node | None, reader: Reader) -> dict[str, Any]:
    """``settingsMenu`` of a flow or a menu."""
    found = dict(_group(node, "settingsMenu", MENU, reader))
    wait, delay = found.get("menuSelectionTimeout"), found.get("extensionDialingMaxDelay")
    if wait is not None and delay is not None and _ms(delay.literal) >= _ms(wait.literal) > 0:
        message = '"extensionDialingMaxDelay" must be shorter than "menuSelectionTimeout"'
        reader.report("out-of-range", message, delay.span)
    return found


def _ms(literal: Any) -> int:
    return literal.ms if isinstance(literal, Duration) else 0


def read_speech(node: Node | None, reader: Reader) -> None:
    """Check ``settingsSpeechRec``; nothing at run time needs it so far."""
    dict(_group(node, "settingsSpeechRec", SPEECH, reader))
    directory = node.get("asrCompanyDir") if isinstance(node, Map) else None
    word = reader.text(directory, '"asrCompanyDir"') if directory is not None else None
    if word is not None and directory is not None and word not in _COMPANY_DIRECTORY:
        message = f'"{word}" is no asrCompanyDir'
        reader.report("bad-literal", message, directory.span, did_you_mean(word, _COMPANY_DIRECTORY))


def _group(
    node: Node | None, group: str, known: Mapping[str, Limits], reader: Reader
) -> Iterator[tuple[str, Value | None]]:
    if isinstance(node, Map) and "noValue" in node:
        return
    for key, value in reader.mapping(node, f'"{group}"') or ():
        if key.text not in known:
            _unknown(key, group, known, reader)
        elif known[key.text][0]:
            yield key.text, _limited(key, value, known, reader)


def _limited(key: Key, node: Node, known: Mapping[str, Limits], reader: Reader) -> Value | None:
    code, low, high = known[key.text]
    value = read_value(node, Type(code), reader, f'"{key.text}"')
    within(value, low, high, f'"{key.text}"', reader)
    return value


def _unknown(key: Key, group: str, known: Mapping[str, Any], reader: Reader) -> None:
    reader.report("unknown-key", f'{group} has no key "{key.text}"', key.span, did_you_mean(key.text, known))
