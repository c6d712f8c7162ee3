"""Settings' values by type: the forms they may be written in (flow-format.md §4)."""

from __future__ import annotations

from dsl.expressions.types import CODE_OF_VARIABLE, Type, is_collection, item_of
from dsl.load.values import DURATION_UNITS, ENTITY_KINDS
from dsl.schema.parts import ANYTHING, FLAG, TEXT, Schema, at_most_one, described, listed, record, short

FORMS = {
    "lit": "the value itself",
    "exp": "an expression that is evaluated at this point",
    "var": "the variable that holds the value",
    "noValue": "true: nothing is given",
}
SPOKEN_FORMS = {"tts": "words that are spoken", "prompt": "a prompt by name, such as Prompt.Welcome"}
_WORD_OF_CODE = {code: name for name, code in CODE_OF_VARIABLE.items()}
NUMBER = r"^\s*[-+]?[0-9.]+\s*$"
"""A number in quotes, which is tolerated."""

_SCALARS = ("string", "number", "boolean", "null")


def word_of(type_: str) -> str:
    """A type as authors call it: ``str_coll`` is a string collection."""
    item = item_of(Type(type_))
    word = _WORD_OF_CODE.get(item, item.removeprefix("cpx_") if item.startswith("cpx_") else item)
    word = {"aud": "audio", "com": "communication", "any": "any value"}.get(word, word)
    return f"{word} collection" if is_collection(Type(type_)) else word


def name_of(type_: str) -> str:
    """The definition that holds the values of a type."""
    return f"value.{type_}"


def value(type_: str) -> Schema:
    """What a setting of a type may hold."""
    forms: dict[str, Schema] = {
        "lit": described(literal(type_), FORMS["lit"]),
        "exp": described(TEXT, FORMS["exp"]),
        "var": described(TEXT, FORMS["var"]),
        "noValue": described(FLAG, FORMS["noValue"]),
    }
    if type_ in ("aud", "com"):
        spoken = {name: described(ANYTHING, text) for name, text in SPOKEN_FORMS.items()}
        return short("string", schema=at_most_one(record({**spoken, **forms})))
    if type_ == "pmt":
        forms["prompt"] = described(ANYTHING, SPOKEN_FORMS["prompt"])
    if type_ == "dur":
        return record({**forms, **_DURATION})
    if type_ in ENTITY_KINDS:
        forms["name"] = described(TEXT, "the name in the organisation")
        return short("string", schema=record(forms))
    if is_collection(Type(type_)):
        return short("array", schema=at_most_one(record(forms)))
    return at_most_one(record(forms))


_DURATION: dict[str, Schema] = {unit: {"type": "number", "minimum": 0} for unit in DURATION_UNITS}


def literal(type_: str) -> Schema:
    """What may stand behind ``lit``."""
    if is_collection(Type(type_)):
        return listed(ANYTHING)
    if type_ == "bln":
        return {"enum": [True, False, "true", "false", "True", "False"]}
    if type_ in ("int", "dec"):
        return {"type": ["number", "string"], "pattern": NUMBER}
    if type_ == "dur":
        return short("string", schema=record(_DURATION))
    if type_ in ENTITY_KINDS or type_ == "pmt":
        return short("string", "number", schema=record({"name": TEXT, "id": TEXT, "language": ANYTHING}))
    if type_ == "cur":
        return short("string", "number", schema=record({"amount": TEXT, "code": {"type": "string"}}))
    if type_ in ("str", "phn", "dat", "dtm", "tim"):
        return {"type": list(_SCALARS)}
    return ANYTHING
