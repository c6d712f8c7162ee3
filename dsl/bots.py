"""What a bot's file says that it understands: intents with utterances, entities, thresholds (flow-format.md §7, §11.1).

Read off the flow's settings once, at compile time; the rules that use it are the machine's (interpreter.understanding).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dsl.model import Flow, Form, Value

BOT_TYPES = frozenset({"botFlow", "digitalBot"})
NO_INPUT_MS = {"botFlow": 7_000, "digitalBot": 60_000}


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of an utterance: words, and the entity that stands there, if one does."""

    text: str
    entity: str | None = None


@dataclass(frozen=True, slots=True)
class Utterance:
    """An example of what callers say who mean the intent."""

    intent: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class EntityType:
    """A kind of thing: ``mechanism`` is regex, list or dynamiclist, ``items`` its patterns or words, each with its
    synonyms."""

    name: str
    mechanism: str
    items: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot as the machine runs it.

    ``entities`` maps an entity (and the slot of that name) to its type, ``tasks`` an intent to the element of the task
    that handles it, ``slots`` the name of a slot to its number in the program; thresholds are in percent.
    """

    utterances: tuple[Utterance, ...] = ()
    entities: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, EntityType] = field(default_factory=dict)
    muted: tuple[str, ...] = ()
    intents: tuple[str, ...] = ()
    tasks: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, int] = field(default_factory=dict)
    low: int = 20
    high: int = 70
    confirmation_low: int = 40
    most_no_matches: int = 3
    most_no_inputs: int = 3
    most_rejections: int = 3
    escalates: bool = False
    """Whether it may listen for callers who want to talk to a person."""

    bias: str = ""
    """What it favours where both an intent and the knowledge base may help: neutral, intents, knowledge; empty without
    a knowledge base."""


def bot_of(flow: Flow, slots: Mapping[str, int]) -> Bot:
    """The bot that a flow is."""
    understood = _mapping(flow.settings.get("settingsNaturalLanguageUnderstanding"))
    domain = _mapping(understood.get("nluDomainVersion"))
    listed = [_mapping(intent) for intent in _list(domain.get("intents"))]
    intents = flow.settings.get("intents") or {}
    return Bot(
        utterances=tuple(utterance for intent in listed for utterance in _utterances(intent)),
        entities={str(e.get("name")): str(e.get("type")) for e in map(_mapping, _list(domain.get("entities")))},
        types={kind.name: kind for kind in (*_types(domain), *_dynamic_types(flow))},
        muted=tuple(_muted(understood, flow)),
        intents=tuple(dict.fromkeys([*(str(intent.get("name")) for intent in listed), *intents])),
        tasks={name: intent["task"] for name, intent in intents.items() if intent["task"]},
        slots=slots,
        low=_number(flow, "collectionLowConfidenceThreshold", 20),
        high=_number(flow, "collectionHighConfidenceThreshold", 70),
        confirmation_low=_number(flow, "confirmationLowConfidenceThreshold", 40),
        most_no_matches=_number(flow, "noMatchesMax", 3),
        most_no_inputs=_number(flow, "noInputsMax", 3),
        most_rejections=_number(flow, "confirmationRejectionsMax", 3),
        escalates=may_escalate(flow),
        bias=str(flow.settings.get("knowledge.responseBias") or ""),
    )


def labels_of(chooser: Any) -> Mapping[str, str]:
    """What stands on the buttons of a chooser, and the value that each sends, where both are literals that differ."""
    found: dict[str, str] = {}
    if isinstance(chooser, list):
        for item in chooser:
            found.update(labels_of(item))
    elif isinstance(chooser, dict):
        label, value = _literal(chooser.get("label")), _literal(chooser.get("value"))
        if isinstance(label, str) and isinstance(value, str) and label != value:
            found[label] = value
        for item in chooser.values():
            found.update(labels_of(item))
    return found


def may_escalate(flow: Flow) -> bool:
    """Whether agent escalation is on, or may be when the flow runs."""
    enabled = flow.settings.get("bot.enableAgentEscalation")
    return isinstance(enabled, Value) and enabled.form is not Form.NO_VALUE and enabled.literal is not False


def _number(flow: Flow, name: str, missing: int) -> int:
    value = flow.settings.get(f"input.{name}")
    literal = value.literal if isinstance(value, Value) else None
    return literal if isinstance(literal, int) else missing


def _utterances(intent: Mapping[str, Any]) -> Iterator[Utterance]:
    for utterance in map(_mapping, _list(intent.get("utterances"))):
        segments = tuple(
            Segment(str(segment.get("text", "")), _entity(segment))
            for segment in map(_mapping, _list(utterance.get("segments")))
        )
        if segments:
            yield Utterance(str(intent.get("name")), segments)


def _entity(segment: Mapping[str, Any]) -> str | None:
    name = _mapping(segment.get("entity")).get("name")
    return None if name is None else str(name)


def _types(domain: Mapping[str, Any]) -> Iterator[EntityType]:
    for kind in map(_mapping, _list(domain.get("entityTypes"))):
        mechanism = _mapping(kind.get("mechanism"))
        items = map(_mapping, _list(mechanism.get("items")))
        yield EntityType(
            str(kind.get("name")),
            str(mechanism.get("type")).lower(),
            tuple((str(item.get("value")), tuple(map(str, _list(item.get("synonyms"))))) for item in items),
        )


def _dynamic_types(flow: Flow) -> Iterator[EntityType]:
    """``settingsBotFlow.dynamicSlotTypes``: lists whose values stand in the flow, as literals."""
    settings = _mapping(flow.settings.get("settingsBotFlow"))
    for entry in map(_mapping, _list(settings.get("dynamicSlotTypes"))):
        kind = _mapping(entry.get("dynamicSlotType"))
        values, synonyms = _literal(kind.get("values")), _literal(kind.get("synonyms"))
        given = [tuple(str(_literal(word)) for word in _list(_literal(words))) for words in _list(synonyms)]
        items = [(str(_literal(value)), given[n] if n < len(given) else ()) for n, value in enumerate(_list(values))]
        yield EntityType(str(_literal(kind.get("name"))), "dynamiclist", tuple(items))


def _muted(understood: Mapping[str, Any], flow: Flow) -> Iterator[str]:
    for utterance in (*_list(understood.get("mutedUtterances")), *_list(flow.settings.get("mutedUtterances"))):
        if isinstance(utterance, str):
            yield utterance
        else:
            yield " ".join(str(_mapping(s).get("text", "")) for s in _list(_mapping(utterance).get("segments")))


def _literal(node: Any) -> Any:
    return node.get("lit") if isinstance(node, dict) and "lit" in node else node


def _mapping(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, dict) else {}


def _list(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []
