"""Action lists: each item through the catalogue (flow-format.md §8, §9)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dsl.actions import MENU_ONLY, ActionSpec, Parameter, actions
from dsl.concise import CONCISE
from dsl.expressions.types import Type, type_of_variable
from dsl.load.binding import entries, result, results
from dsl.load.reader import MISSPELT, Reader, is_nothing, slip_of
from dsl.load.shapes import SHAPES
from dsl.load.structure import LISTED_OUTPUTS, OUTPUT, UNREAD, tell_strangers
from dsl.load.structure import SHAPES as STRUCTURES
from dsl.load.values import read_value, within
from dsl.load.variable_types import is_variable_type
from dsl.model import Action, Output
from dsl.source import Key, Map, Node, Scalar, Seq, did_you_mean, nearest

_OWN_KEYS = frozenset({"name", "outputs", "refId", "trackingId", "x-callwright"})
"""Keys of any action; ``trackingId`` is a number of the vendor's editor, which some exports carry."""
MOST_CASES = 64


def read_actions(node: Node | None, element: str, reader: Reader) -> tuple[Action, ...]:
    """The actions of a list; unknown ones are reported and kept, so that reaching one at run time is a flow error."""
    if node is None or is_nothing(node) or (isinstance(node, Map) and not len(node)):
        return ()
    if not isinstance(node, Seq):
        reader.report("wrong-kind", "actions must be a list", node.span, "begin each with a dash")
        return ()
    found = []
    for index, item in enumerate(node.items):
        action = _action(item, f"{element}[{index}]", reader)
        if action is not None:
            found.append(action)
    return tuple(found)


def _action(item: Node, element: str, reader: Reader) -> Action | None:
    if not isinstance(item, Map) or not len(item):
        reader.report("wrong-kind", "an action is a mapping with one key", item.span)
        return None
    outer = reader.element, reader.origin
    reader.element = element
    try:
        key, node = item.items[0]
        if len(item) > 1:
            others = ", ".join(f'"{k.text}"' for k, _ in item.items[1:])
            help_ = "a new action begins with a dash; an action's parts stand in further"
            reader.report("ambiguous-item", f"the action has further keys: {others}", item.items[1][0].span, help_)
        body = reader.mapping(node, f'"{key.text}"') or Map((), node.span)
        reader.origin = reader.origins.get(id(node), reader.origin)
        spec = actions().get(key.text)
        if spec is None:
            return _unknown(key, body, element, reader)
        return _known(spec, key, body, element, reader)
    finally:
        reader.element, reader.origin = outer


_ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(("transfertoqueue", "enqueue", "routetoqueue", "transfertoagent"), "transferToAcd"),
    **dict.fromkeys(("say", "speak", "tts", "playprompt", "playmessage"), "playAudio"),
    **dict.fromkeys(("hangup", "endcall", "end"), "disconnect"),
    **dict.fromkeys(("set", "setvariable", "setvariables", "setdata", "assign"), "updateData"),
    **dict.fromkeys(("setattribute", "setattributes"), "setParticipantData"),
    **dict.fromkeys(("getattribute", "getattributes"), "getParticipantData"),
    **dict.fromkeys(("dataaction", "calldataaction", "invokedataaction"), "callData"),
    **dict.fromkeys(("getinput", "getdigits", "collectdigits", "gather"), "collectInput"),
    **dict.fromkeys(("if", "condition", "branch"), "decision"),
    **dict.fromkeys(("goto", "gototask"), "jumpToTask"),
}
"""What actions are called elsewhere, by what they are here."""


def _unknown(key: Key, body: Map, element: str, reader: Reader) -> Action:
    meant = _ELSEWHERE.get(key.text.casefold())
    help_ = f'did you mean "{meant}"?' if meant else did_you_mean(key.text, (*actions(), *CONCISE))
    if key.text in MENU_ONLY:
        help_ = "it exists behind a menu choice only"
    reader.report("unknown-action", f'unknown action "{key.text}"', key.span, help_)
    outputs = tuple(_outputs(None, body, element, reader))
    return Action(key.text, _name(body, key, reader), element, key.span, {}, outputs, extra=body)


def _name(body: Map, key: Key, reader: Reader) -> str:
    return reader.name(body) or key.text


def _known(spec: ActionSpec, key: Key, body: Map, element: str, reader: Reader) -> Action:
    settings: dict[str, Any] = {}
    known = (*spec.parameters, *_OWN_KEYS)
    older = {proper: name for name, proper in (spec.renamed or {}).items() if name in body}
    needed = [p for p in spec.parameters.values() if p.required and p.name not in body and p.name not in older]
    slips = [slip_of(parameter.name, body, known) for parameter in needed]
    for parameter_key, node in body:
        name = parameter_key.text
        if name in _OWN_KEYS or (name in LISTED_OUTPUTS and spec.open_outputs):
            continue
        proper = spec.renamed_from(name)
        if proper is not None:
            message = f'"{name}" is called "{proper}" here'
            reader.report("renamed-parameter", message, parameter_key.span, f'write "{proper}"')
        parameter = spec.parameters.get(proper or name)
        if parameter is None:
            if parameter_key not in slips:
                _unknown_parameter(spec, parameter_key, body, reader)
            continue
        setting = read_parameter(parameter, node, reader)
        if setting is not None:
            settings[parameter.name] = setting
    for parameter in needed:
        meant = reader.needed(body, parameter.name, known, spec.key, key.span)
        setting = None if meant is None else read_parameter(parameter, meant, reader)
        if setting is not None:
            settings[parameter.name] = setting
    outputs = tuple(_switch_outputs(body, element, reader, settings)) if spec.key == "switch" else ()
    outputs = outputs or tuple(_outputs(spec, body, element, reader))
    origin = reader.origin if id(body) in reader.origins else None
    name = _name(body, key, reader)
    target = next(
        (settings[p.name] for p in spec.parameters.values() if p.kind in _REFERENCES and p.name in settings), None
    )
    return Action(spec.key, name, element, key.span, settings, outputs, target=target, origin=origin, extra=body)


_REFERENCES = frozenset({"task", "menu", "state"})
_BARE = frozenset({"verificationType", "includeTerminatingDtmfInResultData", "playbackMode", "replyMode"})
"""Parameters that exports write as plain words."""


def _unknown_parameter(spec: ActionSpec, key: Key, body: Map, reader: Reader) -> None:
    """Where the rest is kept unread, only what looks like a parameter that is not there is told."""
    names = [*spec.parameters, "name", *(("outputs",) if spec.outputs or spec.open_outputs else ())]
    if key.text in spec.outputs:
        help_: str | None = 'put it below "outputs"'
    elif not spec.open_parameters:
        help_ = _meant(key.text, spec.parameters, names)
    else:
        meant = nearest(key.text, names, cutoff=MISSPELT)
        if meant is None or meant in body:
            return
        help_ = f'did you mean "{meant}"?'
    reader.report("unknown-parameter", f'{spec.key} has no parameter "{key.text}"', key.span, help_)


def _meant(name: str, parameters: Collection[str], names: Collection[str]) -> str | None:
    """A parameter, rather than a key of any action."""
    help_ = did_you_mean(name, parameters)
    return help_ if help_ is not None and help_.startswith("did") else did_you_mean(name, names)


def read_parameter(parameter: Parameter, node: Node, reader: Reader) -> Any:
    """A parameter's setting by its kind; None when it is not given or cannot be read."""
    what = f'"{parameter.name}"'
    if parameter.is_output:
        return result(node, Type(parameter.kind[1:]), reader, what)
    if parameter.name in _BARE or parameter.kind in _REFERENCES:
        reader.bare(node, what)
    if parameter.words:
        return _word(parameter, node, reader)
    if parameter.kind in _REFERENCES:
        return reader.text(node, what)
    shape = SHAPES.get(parameter.kind)
    structure = STRUCTURES.get(parameter.kind)
    if structure is not None:
        tell_strangers(node, structure, what, reader, values=parameter.kind in UNREAD)
    setting = shape(node, reader, what) if shape is not None else read_value(node, Type(parameter.kind), reader, what)
    if parameter.low is not None or parameter.high is not None:
        for value in setting if isinstance(setting, tuple) else (setting,):
            within(value, parameter, reader)
    return setting


def _word(parameter: Parameter, node: Node, reader: Reader) -> str | None:
    text = reader.text(node, f'"{parameter.name}"')
    if text is None:
        return None
    for word in parameter.words:
        if word.casefold() == text.casefold():
            return word
    message = f'"{text}" is no {parameter.name}'
    reader.report("bad-literal", message, node.span, did_you_mean(text, parameter.words))
    return None


# Outputs.


def _outputs(spec: ActionSpec | None, body: Map, element: str, reader: Reader) -> Iterator[Output]:
    node = body.get("outputs")
    for key, inner in reader.mapping(node, '"outputs"') or () if node is not None else ():
        if key.text in LISTED_OUTPUTS and isinstance(inner, Seq) and (spec is None or spec.open_outputs):
            yield from _listed_outputs(key.text, inner, f"{element}/outputs", reader)
            continue
        path = _path(spec, key, reader)
        tell_strangers(inner, OUTPUT, f'"{key.text}"', reader)
        output = inner if isinstance(inner, Map) else None
        if is_disabled(output):
            continue
        listed = output.get("actions") if output is not None else None
        inside = read_actions(listed, f"{element}/outputs/{key.text}/actions", reader)
        yield Output(path, inside, key.span)
    for name in LISTED_OUTPUTS if spec is not None and spec.open_outputs else ():
        yield from _listed_outputs(name, body.get(name), element, reader)
    if spec is not None and spec.key == "loopUntil":
        yield from _until_cases(body, element, reader)


def is_disabled(output: Map | None) -> bool:
    """Whether an output is switched off: ``enabled: false``."""
    enabled = output.get("enabled") if output is not None else None
    value = enabled.get("lit") if isinstance(enabled, Map) else enabled
    return isinstance(value, Scalar) and value.value is False


def switched_off(action: Action) -> tuple[str, ...]:
    """The outputs that the author has switched off."""
    given = action.extra.get("outputs") if action.extra is not None else None
    spec = actions().get(action.key)
    proper = {path.casefold(): path for path in (spec.outputs if spec is not None else ())}
    listed = given.items if isinstance(given, Map) else ()
    named = (key.text for key, output in listed if isinstance(output, Map) and is_disabled(output))
    return tuple(proper.get(name.casefold(), name) for name in named)


def is_off(action: Action, path: str) -> bool:
    """Whether the author has switched an action's output off."""
    return path in switched_off(action)


def _listed_outputs(name: str, node: Node | None, element: str, reader: Reader) -> Iterator[Output]:
    """Outputs that authors name: ``intents: [- intent: {name, actions}]``, ``paths: [- path: ...]``."""
    if node is not None:
        tell_strangers(node, LISTED_OUTPUTS[name], f'"{name}"', reader)
    for index, (_, inner, _item) in enumerate(entries(node, reader, f'"{name}"')):
        if isinstance(inner, Map) and not is_disabled(inner):
            path = reader.text(inner.get("name"), '"name"') or f"{name}[{index}]"
            inside = read_actions(inner.get("actions"), f"{element}/{name}[{index}]/actions", reader)
            bound = {key: node for key in ("slots", "parameters") if (node := inner.get(key)) is not None}
            taken = {slot: v for node in bound.values() for slot, v in results(node, reader, '"slots"').items()}
            yield Output(path, inside, inner.span, results=taken)


def _path(spec: ActionSpec | None, key: Key, reader: Reader) -> str:
    if spec is None:
        return key.text
    known = next((path for path in spec.outputs if path.casefold() == key.text.casefold()), None)
    if known is None and not spec.open_outputs:
        message = f'{spec.key} has no output "{key.text}", so it is never taken'
        reader.report("unknown-output", message, key.span, did_you_mean(key.text, spec.outputs))
    return known or key.text


def _until_cases(body: Map, element: str, reader: Reader) -> Iterator[Output]:
    for index, (_, inner, item) in enumerate(entries(body.get("untilCases"), reader, '"untilCases"')):
        if isinstance(inner, Map):
            condition = read_value(inner.get("condition"), Type("bln"), reader, "the condition")
            name = reader.text(inner.get("name"), '"name"') or f"case {index + 1}"
            given = body.get("outputs")
            behind = given.get(name) if isinstance(given, Map) else None
            listed = behind.get("actions") if isinstance(behind, Map) else None
            inside = read_actions(listed, f"{element}/outputs/{name}/actions", reader)
            yield Output(name, inside, item.span, condition)


def _switch_outputs(body: Map, element: str, reader: Reader, settings: dict[str, Any]) -> Iterator[Output]:
    """Cases in order, then the default; ``settings["match"]`` is the value of a firstMatch."""
    settings.pop("evaluate", None)
    evaluate = reader.mapping(body.get("evaluate"), '"evaluate"')
    if evaluate is None or not len(evaluate):
        return
    kind, inner = evaluate.items[0]
    details = reader.mapping(inner, f'"{kind.text}"')
    type_ = Type("bln")
    if kind.text not in ("firstTrue", "firstMatch"):
        return
    if kind.text == "firstMatch" and details is not None and len(details):
        type_key, matched = details.items[0]
        if not is_variable_type(type_key.text):
            return
        type_ = type_of_variable(type_key.text)
        details = reader.mapping(matched, f'"{type_key.text}"')
        match = read_value(details.get("value"), type_, reader, "the value") if details is not None else None
        settings["match"] = match
    if details is None:
        return
    cases = entries(details.get("cases"), reader, '"cases"')
    if not 1 <= len(cases) <= MOST_CASES:
        message = f"a switch has 1 to {MOST_CASES} cases, this one {len(cases) or 'none'}"
        reader.report("out-of-range", message, details.span)
    for index, (_, case, item) in enumerate(cases):
        if isinstance(case, Map):
            value = read_value(case.get("value"), type_, reader, "the case's value")
            listed = read_actions(case.get("actions"), f"{element}/cases[{index}]/actions", reader)
            yield Output(f"case {index + 1}", listed, item.span, value)
    default = details.get("default")
    if isinstance(default, Map):
        listed = read_actions(default.get("actions"), f"{element}/default/actions", reader)
        yield Output("default", listed, default.span)
