"""What a bot speaks of, against what its file says that it understands: slots, intents, kinds of slots, patterns
(flow-format.md §7, §9.8, §11.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dsl.inventory import Inventory
from dsl.load.reader import MISSPELT
from dsl.model import Action, Flow
from dsl.rules.variables import declared
from dsl.rules.walk import all_actions
from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Severity, did_you_mean, finding, nearest

_ASKS_INTENT = "askForIntent"


def unknown_to_the_bot(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Names that nothing in the file gives a meaning; a file that says nothing of its understanding is left alone."""
    domain = _map(_map(_at(flow.tree, "settingsNaturalLanguageUnderstanding")), "nluDomainVersion")
    if domain is None:
        return
    slots = {place.text for entity in _maps(domain, "entities") if (place := _text(entity, "name"))}
    slots |= {v.name.partition(".")[2] for _, v in declared(flow) if v.name.lower().startswith("slot.")}
    intents = {place.text for intent in _maps(domain, "intents") if (place := _text(intent, "name"))}
    yield from _slots(flow, domain, slots)
    if intents:
        yield from _intents(flow, intents)
    yield from _kinds(flow, domain)


def _slots(flow: Flow, domain: Map, known: Collection[str]) -> Iterator[Diagnostic]:
    asked = [(place, action.element) for action in all_actions(flow) for place in _slots_of(action)]
    named = [
        (place, None)
        for intent in _maps(domain, "intents")
        for utterance in _maps(intent, "utterances")
        for segment in _maps(utterance, "segments")
        if (place := _text(_map(segment, "entity"), "name"))
    ]
    for place, element in (*asked, *named):
        name = place.text.removeprefix("Slot.")
        if name not in known:
            message, help_ = f'the bot has no slot "{name}"', did_you_mean(name, known)
            yield finding("unknown-slot", message, place.span, help=help_, element=element)


def _slots_of(action: Action) -> Iterator[Scalar]:
    body = action.extra
    if body is not None and action.key == "askForSlot":
        yield from _present(_text(_map(body, "slot"), "name"))
    elif body is not None and action.key == "clearSlot":
        for item in _maps(body, "slots"):
            yield from _present(_text(_map(item, "slot"), "name"))


def _intents(flow: Flow, known: Collection[str]) -> Iterator[Diagnostic]:
    settings = _maps(_map(_at(flow.tree, "settingsBotFlow")), "intentSettings")
    places: list[tuple[Scalar | None, str | None]] = [(_text(_map(item, "intent"), "name"), None) for item in settings]
    for action in all_actions(flow):
        body = action.extra
        if body is not None and action.key == _ASKS_INTENT:
            listed = (*_maps(_map(body, "outputs"), "intents"), *_maps(body, "intents"))
            places += [(_text(_map(item, "intent"), "name"), action.element) for item in listed]
        elif body is not None and action.key == "setIntent":
            places.append((_text(_map(body, "intent"), "lit"), action.element))
    for place, element in places:
        if place is not None and place.text not in known:
            message, help_ = f'the bot knows no intent "{place.text}"', did_you_mean(place.text, known)
            yield finding("unknown-intent", message, place.span, help=help_, element=element)


def _kinds(flow: Flow, domain: Map) -> Iterator[Diagnostic]:
    """Kinds of slots that are most likely misspelt, and patterns that match nothing since they cannot be read."""
    dynamic = _maps(_map(_at(flow.tree, "settingsBotFlow")), "dynamicSlotTypes")
    kinds = [*_maps(domain, "entityTypes"), *(_map(item, "dynamicSlotType") for item in dynamic)]
    known = {place.text for kind in kinds if (place := _text(kind, "name"))}
    for entity in _maps(domain, "entities"):
        place = _text(entity, "type")
        meant = nearest(place.text, known, cutoff=MISSPELT) if place is not None and place.text not in known else None
        if place is not None and meant is not None and not place.text.startswith("builtin:"):
            message = f'there is no kind of slot "{place.text}"'
            yield finding("unknown-type", message, place.span, help=f'did you mean "{meant}"?')
    for kind in _maps(domain, "entityTypes"):
        mechanism = _map(kind, "mechanism")
        is_pattern = (place := _text(mechanism, "type")) is not None and place.text.casefold() == "regex"
        for item in _maps(mechanism, "items") if is_pattern else ():
            pattern = _text(item, "value")
            problem = _unreadable(pattern.text) if pattern is not None else None
            if pattern is not None and problem is not None:
                message = f"the pattern cannot be read, so that nothing matches it: {problem}"
                yield finding("syntax-pattern", message, pattern.span, severity=Severity.WARNING)


def _unreadable(pattern: str) -> str | None:
    """Why a pattern is none; patterns run in linear time and know no look-ahead and no back reference."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error as error:
        return error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
    return None


# Parts of the file, whatever stands there.


def _at(tree: Map | None, name: str) -> Node | None:
    return tree.get(name) if tree is not None else None


def _map(node: Node | None, name: str | None = None) -> Map | None:
    inner = node.get(name) if name is not None and isinstance(node, Map) else node if name is None else None
    return inner if isinstance(inner, Map) else None


def _maps(node: Node | None, name: str) -> list[Map]:
    listed = node.get(name) if isinstance(node, Map) else None
    return [item for item in listed.items if isinstance(item, Map)] if isinstance(listed, Seq) else []


def _text(node: Node | None, name: str) -> Scalar | None:
    inner = node.get(name) if isinstance(node, Map) else None
    inner = inner.get("lit") if isinstance(inner, Map) else inner
    return inner if isinstance(inner, Scalar) else None


def _present(place: Scalar | None) -> Iterator[Scalar]:
    if place is not None:
        yield place
