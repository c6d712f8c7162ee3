"""Parameters that are more than one value, in the words of the catalogue (``dsl.load.shapes`` reads them)."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.actions import Parameter
from dsl.expressions.types import CODE_OF_VARIABLE
from dsl.load.actions import MOST_CASES
from dsl.load.binding import FAILURE_FIELDS
from dsl.load.shapes import SHAPES
from dsl.load.structure import SHAPES as STRUCTURES
from dsl.load.variable_types import OTHER_VARIABLE_TYPES
from dsl.schema.parts import (
    ANYTHING,
    FLAG,
    TEXT,
    Schema,
    described,
    listed,
    mapped,
    one_key,
    record,
    ref,
    short,
    whole,
    words,
)
from dsl.schema.structure import schema_of
from dsl.schema.values import NUMBER, name_of

KEYS_OF_THE_PHONE = [f"digit_{key}" for key in "0123456789*#"]
COUNT: Schema = short("integer", schema=record({"lit": TEXT, "exp": TEXT, "var": TEXT, "noValue": FLAG}))
"""A number of digits: bare, or in a form of a value."""

VARIABLE: Schema = short("string", schema=record({"var": TEXT, "exp": TEXT, "noValue": FLAG}))
"""Where a result goes."""

_INTO = ref("part.variable")
_COUNT = ref("part.count")


def inputs() -> Schema:
    """Values by name."""
    return short("null", schema=mapped(ref(name_of("any"))))


def bindings(known: tuple[str, ...] = ()) -> Schema:
    """Variables by the name of the output that goes into them."""
    if known:
        return short("null", schema=record(dict.fromkeys(known, _INTO), rest=_INTO))
    return short("null", schema=mapped(_INTO))


_TYPES = [name + suffix for name in (*CODE_OF_VARIABLE, *sorted(OTHER_VARIABLE_TYPES)) for suffix in ("", "Collection")]


def _by_type(part: str) -> Schema:
    """A mapping with one key, the type."""
    return one_key(dict.fromkeys(_TYPES, ref(part)))


def _attributes(written: Schema, key: str) -> Schema:
    body = record({"name": ref(name_of("str")), key: written})
    return listed(one_key({"attribute": body}))


def _digits() -> Schema:
    terminating = short("string", schema=record({"lit": TEXT, "noValue": FLAG}))
    ranged = record({"min": _COUNT, "max": _COUNT, "terminatingDtmf": {**terminating, "examples": KEYS_OF_THE_PHONE}})
    return one_key({"exact": _COUNT, "range": ranged})


def _data_action() -> Schema:
    failures = bindings(tuple(FAILURE_FIELDS))
    details = record({"inputs": inputs(), "successOutputs": bindings(), "failureOutputs": failures})
    action = {**mapped(short("null", schema=details)), "minProperties": 1, "maxProperties": 1}
    integration = record({"dataAction": action}, ["dataAction"])
    return {**mapped(integration), "minProperties": 1, "maxProperties": 1}


def _data_table() -> Schema:
    failures = bindings(tuple(FAILURE_FIELDS))
    details = record({"foundOutputs": bindings(), "failureOutputs": failures}, nullable=True)
    return {**mapped(details), "minProperties": 1, "maxProperties": 1}


def _module() -> Schema:
    details = record({"inputs": inputs(), "outputs": bindings(), "exitReason": _INTO, "none": FLAG}, nullable=True)
    return mapped(mapped(details))


def _screen_pop() -> Schema:
    return mapped(record({"inputs": inputs(), "none": FLAG}, nullable=True))


_EVALUATE: Schema = one_key({"now": FLAG, "dateTime": ref(name_of("dtm"))})


def _schedule() -> Schema:
    zones = {"scheduleTimeZone": ref(name_of("str")), "evaluationTimeZone": ANYTHING}
    common: dict[str, Schema] = {**zones, "evaluate": _EVALUATE, "name": TEXT}
    schedules = {"selectedSchedule": ref(name_of("cpx_schedule"))}
    groups = {"emergencyGroup": ref(name_of("cpx_emergencyGroup"))}
    return one_key(
        {
            "schedule": record({**schedules, **common}),
            "emergencyGroup": record({**groups, **schedules, **common}),
        }
    )


def _case(condition: Schema) -> Schema:
    return one_key({"case": record({"value": condition, "actions": ref("actions")})})


def _switch() -> Schema:
    cases = {**listed(_case(ref(name_of("bln")))), "minItems": 1, "maxItems": MOST_CASES}
    first_true = record({"default": ref("part.default case"), "cases": cases})
    return one_key({"firstTrue": first_true, "firstMatch": _by_type("part.match")})


_PARTS: Mapping[str, Schema] = {
    "statement": record({"variable": TEXT, "value": ref(name_of("any"))}, ["variable", "value"]),
    "default case": record({"actions": ref("actions")}, nullable=True),
    "match": record(
        {
            "value": described(ref(name_of("any")), "what the cases are compared with"),
            "default": ref("part.default case"),
            "cases": listed(_case(ANYTHING)),
        },
    ),
    "variable": VARIABLE,
    "count": COUNT,
}
"""What several shapes consist of."""


def _until_cases() -> Schema:
    return listed(one_key({"untilCase": record({"name": TEXT, "condition": ref(name_of("bln"))})}))


_SHAPES: Mapping[str, Schema] = {
    "inputs": inputs(),
    "bindings": bindings(),
    "failures": bindings(tuple(FAILURE_FIELDS)),
    "statements": listed(_by_type("part.statement")),
    "workitemStatements": listed(mapped(ref("part.statement"))),
    "setAttributes": _attributes(ref(name_of("str")), "value"),
    "getAttributes": _attributes(_INTO, "variable"),
    "skills": short("array", schema=record({"lit": ANYTHING, "exp": TEXT, "var": TEXT, "noValue": FLAG})),
    "digits": _digits(),
    "dataAction": _data_action(),
    "dataTable": _data_table(),
    "module": _module(),
    "screenPop": _screen_pop(),
    "schedule": _schedule(),
    "evaluate": _EVALUATE,
    "named": short("string", "number", schema=record({"name": TEXT}, rest=True)),
    "playStyle": one_key({"entirePrompt": FLAG, "duration": ref(name_of("dur"))}),
    "destination": schema_of(STRUCTURES["destination"]),
    "results": ANYTHING,
    "any": ANYTHING,
    "flag": short("boolean", schema=record({"lit": FLAG, "noValue": FLAG}, rest=True)),
    "switch": _switch(),
    "untilCases": _until_cases(),
}
assert set(_SHAPES) == set(SHAPES), "every shape that the loader reads has a schema"


def shape(parameter: Parameter) -> Schema:
    """What a parameter may hold, by its kind."""
    if parameter.is_output:
        return _INTO
    if parameter.words:
        return {"anyOf": [words(parameter.words), record({"lit": words(parameter.words), "noValue": FLAG})]}
    if parameter.kind in ("task", "menu", "state"):
        return short("null", schema={"type": "string", "examples": [f"./{parameter.kind}s/{parameter.kind}[name]"]})
    if parameter.kind in _SHAPES:
        return ref(f"shape.{parameter.kind}")
    if parameter.kind == "int" and parameter.low is not None:
        limited = {**short("string", schema=whole(parameter.low, parameter.high)), "pattern": NUMBER}
        return record({"lit": limited, "exp": TEXT, "var": TEXT, "noValue": FLAG})
    return ref(name_of(parameter.kind))


def shape_definitions() -> dict[str, Schema]:
    """Every shape under the name that ``shape`` refers to."""
    parts = {f"part.{name}": schema for name, schema in _PARTS.items()}
    return {**{f"shape.{name}": schema for name, schema in _SHAPES.items()}, **parts}
