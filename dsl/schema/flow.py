"""The schema of flow files, from the catalogues that the loader itself reads with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsl.actions import CHOICE_KEYS, FLOW_TYPES, MENU_CHOICES, ActionSpec, Parameter, actions
from dsl.actions.meanings import meaning_of, meaning_of_parameter
from dsl.concise import CONCISE
from dsl.expressions.types import CODE_OF_VARIABLE
from dsl.load.flow import ROOT_KEYS
from dsl.load.settings import MENU, SPEECH, with_default
from dsl.load.structure import LISTED_OUTPUTS, OUTPUT_PATHS, SETTINGS, TERMS
from dsl.load.variable_types import OTHER_VARIABLE_TYPES
from dsl.schema.concise import concise_definitions
from dsl.schema.parts import (
    ANYTHING,
    FLAG,
    TEXT,
    Schema,
    described,
    document,
    listed,
    one_key,
    record,
    ref,
    short,
    titled,
    whole,
)
from dsl.schema.shapes import KEYS_OF_THE_PHONE, shape, shape_definitions
from dsl.schema.structure import schema_of
from dsl.schema.values import name_of, value, word_of

_NAME = {
    "name": described(TEXT, "the name that traces, pictures and messages show"),
    "refId": TEXT,
    "trackingId": described(whole(), "the number that the vendor's editor gave the action"),
}
_FLAGS = {
    "isInput": "whoever starts the flow gives its value",
    "isOutput": "whoever started the flow reads its value",
    "isSecure": "never in snapshots, traces and logs",
}
_LISTS: dict[str, Schema] = {
    name: listed(one_key(dict.fromkeys(items.parts, ref("named output")))) for name, items in LISTED_OUTPUTS.items()
}
"""Where outputs of the author's own may stand as a list."""


def flow_schema() -> Schema:
    """JSON Schema of a flow file; concise actions are known, too."""
    definitions: dict[str, Schema] = {
        "flow": _flow(),
        "actions": _actions(),
        "output": _output(),
        "named output": _outputs(),
    }
    for spec in actions().values():
        definitions[f"action.{spec.key}"] = _action(spec)
    definitions |= concise_definitions()
    for kind in ("task", "state", "bot"):
        definitions[kind] = _container(kind)
    definitions["menu"] = _menu()
    definitions |= {f"choice.{kind}": _choice(kind) for kind in MENU_CHOICES}
    definitions["variables"] = _variables()
    definitions |= {f"variable.{name}": described(ref("shape.flag"), text) for name, text in _FLAGS.items()}
    definitions |= shape_definitions()
    definitions |= {name_of(code): titled(word_of(code), value(code)) for code in sorted(_types(definitions))}
    types = {name: ref("flow") for name in FLOW_TYPES}
    return document("flow", "Flow (Archy YAML)", one_key(types), definitions)


def _types(definitions: dict[str, Schema]) -> set[str]:
    """Types whose values are referred to."""
    found = set()
    pending: list[object] = [definitions]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            target = node.get("$ref")
            if isinstance(target, str) and target.startswith("#/$defs/value."):
                found.add(target.removeprefix("#/$defs/value."))
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return found


def _actions() -> Schema:
    items = one_key({key: ref(f"action.{key}") for key in (*actions(), *CONCISE)})
    return short("null", schema=listed(items))


def _output() -> Schema:
    return record({"actions": ref("actions"), "enabled": ref("shape.flag"), "noValue": FLAG}, nullable=True)


def _outputs() -> Schema:
    """An output that the author names, in a list."""
    return record({"name": TEXT, "actions": ref("actions"), "enabled": ref("shape.flag")})


def _action(spec: ActionSpec) -> Schema:
    properties = dict(_NAME)
    properties |= _parameters(spec)
    if spec.outputs or spec.open_outputs:
        outputs = {path: ref("output") for path in spec.outputs}
        named = _LISTS if spec.open_outputs else {}
        rest: Schema | bool = ref("output") if spec.open_outputs else False
        properties["outputs"] = record({**outputs, **named}, rest=rest, nullable=True)
        properties |= named
    older = set((spec.renamed or {}).values())
    required = [p.name for p in spec.parameters.values() if p.required and p.name not in older]
    body = record(properties, required, rest=spec.open_parameters, nullable=not required)
    return titled(spec.key, body, meaning_of(spec.key))


def _container(kind: str) -> Schema:
    inside = {"variables": ref("variables"), "actions": ref("actions"), "outputPaths": schema_of(OUTPUT_PATHS)}
    return record({**_NAME, "description": ANYTHING, **inside})


def _menu_settings() -> Schema:
    return _group(MENU)


def _speech_settings() -> Schema:
    return _group(SPEECH)


def _action_defaults() -> Schema:
    groups = {spec.key: _group(known) for spec in actions().values() if (known := with_default(spec))}
    return record(groups, nullable=True)


def _group(known: Mapping[str, Parameter]) -> Schema:
    settings = {name: shape(parameter) if parameter.kind else ANYTHING for name, parameter in known.items()}
    return record({**settings, "noValue": FLAG}, nullable=True)


def _menu() -> Schema:
    choices = listed(one_key({kind: ref(f"choice.{kind}") for kind in MENU_CHOICES}))
    own = {"audio": ref(name_of("aud")), "choices": choices, "defaultChildMenuRef": TEXT, "description": ANYTHING}
    return record({**_NAME, **own, "settingsMenu": _menu_settings(), "settingsSpeechRec": _speech_settings()})


def _choice(kind: str) -> Schema:
    spec = actions().get(MENU_CHOICES[kind])
    properties: dict[str, Schema] = {**dict.fromkeys(sorted(CHOICE_KEYS), ANYTHING), **_NAME}
    properties["dtmf"] = {"type": ["string", "integer"], "enum": [*KEYS_OF_THE_PHONE, *range(10), *"0123456789*#"]}
    if kind == "menuTask":
        properties["task"] = ref("task")
    properties["speechRecTerms"] = schema_of(TERMS)
    if kind == "menuSubMenu":
        return {**_menu(), "properties": {**_menu()["properties"], **properties}}
    properties |= _parameters(spec) if spec else {}
    return titled(kind, record(properties))


def _parameters(spec: ActionSpec) -> dict[str, Schema]:
    """What an action takes, older names included, each with its meaning."""
    found = {
        parameter.name: described(shape(parameter), meaning_of_parameter(spec.key, parameter.name))
        for parameter in spec.parameters.values()
    }
    for old, proper in (spec.renamed or {}).items():
        found[old] = {**shape(spec.parameters[proper]), "description": f"older name of {proper}", "deprecated": True}
    return found


def _variables() -> Schema:
    def variable(type_: str) -> Schema:
        flags = {name: ref(f"variable.{name}") for name in _FLAGS}
        body = {"name": TEXT, "initialValue": ref(name_of(type_)), "description": ANYTHING, **flags}
        return record(body, ["name"])

    known: dict[str, Schema] = {}
    for name, code in _variable_types():
        known[f"{name}Variable"] = variable(code)
        known[f"{name}CollectionVariable"] = variable(f"{code}_coll")
    return short("null", schema=listed(one_key(known)))


def _variable_types() -> Iterable[tuple[str, str]]:
    yield from CODE_OF_VARIABLE.items()
    yield from ((name, f"cpx_{name}") for name in sorted(OTHER_VARIABLE_TYPES))


def _flow() -> Schema:
    properties: dict[str, Schema] = dict.fromkeys(ROOT_KEYS, ANYTHING)
    properties |= {group: schema_of(part) for group, part in SETTINGS.items()}
    properties |= {
        "name": described(TEXT, "the flow's name"),
        "description": TEXT,
        "division": TEXT,
        "defaultLanguage": {"type": "string", "examples": ["en-us", "de-de"]},
        "startUpRef": described(TEXT, "where the flow begins, such as ./tasks/task[main] or ./menus/menu[main]"),
        "startUpTaskActions": ref("actions"),
        "startUpTaskVariables": ref("variables"),
        "variables": ref("variables"),
        "initialGreeting": ref(name_of("aud")),
        "tasks": short("null", schema=listed(one_key({"task": ref("task")}))),
        "states": short("null", schema=listed(one_key({"state": ref("state")}))),
        "bots": short("null", schema=listed(one_key({"bot": ref("bot")}))),
        "menus": short("null", schema=listed(one_key({"menu": ref("menu")}))),
        "settingsActionDefaults": _action_defaults(),
        "settingsMenu": _menu_settings(),
        "settingsSpeechRec": _speech_settings(),
    }
    return record(properties, ["name"])
