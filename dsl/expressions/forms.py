"""Values as JSON, in the forms that ``callwright eval -`` writes (corpus README of expressions)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from dsl.expressions.builtins import PROPERTIES
from dsl.expressions.catalogue import spoken
from dsl.expressions.kinds import type_of_value
from dsl.expressions.text_of import currency_text, date_time_text, decimal_text
from dsl.expressions.types import COLLECTION, Type, is_collection, item_of
from dsl.expressions.values import (
    Audio,
    Blank,
    Communication,
    Currency,
    Duration,
    Entity,
    Json,
    Markup,
    Part,
    PhoneNumber,
    Played,
    Secure,
    Spoken,
    Structure,
    Timeslot,
)

ENTITY_TYPES = {
    "que": "Queue",
    "skl": "Skill",
    "lac": "LanguageSkill",
    "grp": "Group",
    "wrc": "WrapupCode",
    "cnl": "ContactList",
    "cpx_schedule": "Schedule",
    "cpx_scheduleGroup": "ScheduleGroup",
    "cpx_emergencyGroup": "EmergencyGroup",
    "cpx_grammar": "Grammar",
    "cpx_utilizationLabel": "UtilizationLabel",
    "usr": "User",
    "pmt": "Prompt",
}
"""Types of organisation objects, and their names in the forms."""


def type_name(code: str) -> str:
    """A type as it is named in the forms (``str_coll`` -> ``StringCollection`` has the item's name only)."""
    base = code.removesuffix(COLLECTION)
    if base == "con":
        return "Contact"
    return ENTITY_TYPES.get(base) or spoken(base).replace(" ", "")


def snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def written(form: Any) -> str:
    """A form as JSON text, a Decimal with all its digits: ``json`` knows floats only."""
    if isinstance(form, PlainDecimal):
        return form.text
    if isinstance(form, dict):
        return "{" + ", ".join(f"{_quoted(str(key))}: {written(value)}" for key, value in form.items()) + "}"
    if isinstance(form, list):
        return "[" + ", ".join(map(written, form)) + "]"
    return _quoted(form)


def _quoted(form: Any) -> str:
    return json.dumps(form, ensure_ascii=False)


_CONSTANTS = ("daf", "stf", "dac", "stc", "csc")


def to_form(value: Any, code: str, language: str = "en-us") -> Any:
    """The JSON form of a value of a type."""
    if is_collection(Type(code)):
        return {
            "list": type_name(code),
            "items": [to_form(item, item_of(Type(code)), language) for item in value or ()],
        }
    if value is None:
        return {"not_set": type_name(code)}
    if isinstance(value, (bool, str)):
        return {"constant": value} if code.startswith("cst_") or code in _CONSTANTS else value
    if isinstance(value, int):
        return value
    writer = _WRITERS.get(type(value))
    return writer(value, language) if writer else str(value)


class PlainDecimal(float):
    """A Decimal on its way into JSON: ``text`` has all its digits, and always a point."""

    def __new__(cls, value: Decimal) -> PlainDecimal:
        made = super().__new__(cls, value)
        made.text = decimal_text(value)
        return made

    text: str


def _entity(value: Entity, _: str) -> Any:
    key = snake_case(ENTITY_TYPES.get(value.kind, value.kind.removeprefix("cpx_")))
    body = {"id": value.id, "name": value.name, "username": value.username}
    return {key: {name: text for name, text in body.items() if text is not None}}


def _structure(value: Structure, language: str) -> Any:
    known = PROPERTIES.get(value.kind, {})
    properties = {}
    for name, item in value.properties.items():
        if item is not None:
            _, code = known.get(name.lower(), (name, type_of_value(item)))
            properties[name] = to_form(item, code, language)
    return {"object": type_name(value.kind), "properties": properties}


def audio_form(value: Audio, language: str) -> Any:
    """What is heard, as words, prompts and silences."""
    parts = [form for part in value.parts for form in _heard(part, language)]
    return {"audio": parts if value.barge_in is None else [*parts, {"barge_in": value.barge_in}]}


def _heard(part: Part, language: str) -> Iterator[Any]:
    from dsl.expressions.speech import say

    if isinstance(part, Blank):
        yield {"blank_ms": part.ms}
    elif isinstance(part, Played):
        yield {"prompt": part.name.removeprefix("Prompt.")}
    else:
        yield {"say": say(part, language)}
    if isinstance(part, Spoken) and part.language is not None:
        yield {"voice": part.language}
    if isinstance(part, Spoken) and part.kind == "phone":
        yield {"phone_form": part.format or "global"}


def communication_form(value: Communication, language: str) -> Any:
    """What is told, part by part."""
    return {"communication": [_told(part, language) for part in value.parts]}


def _told(part: Part, language: str) -> Any:
    from dsl.expressions.speech import ONLY_SAID

    if isinstance(part, Blank):
        return {"blank_ms": part.ms}
    if isinstance(part, Markup):
        return {"ssml": part.ssml}
    if isinstance(part, Played) or part.kind in ONLY_SAID:
        return {"audio": [*_heard(part, language)]}
    if part.kind == "text" and isinstance(part.value, str):
        return {"text": part.value}
    form = {"value": to_form(part.value, type_of_value(part.value), language)}
    return form if part.format is None else {**form, "format": _format_name(part)}


def _format_name(part: Spoken) -> str:
    """The internal name of the constant that shapes a part (``dateShortYear``)."""
    from dsl.expressions.constants import internal_name
    from dsl.expressions.library.sounds import FAMILY_OF_KIND

    return internal_name(f"Format.{FAMILY_OF_KIND[part.kind]}", part.format or "")


_WRITERS: Mapping[type, Callable[[Any, str], Any]] = {
    Decimal: lambda value, _: PlainDecimal(value),
    Currency: lambda value, _: {"currency": currency_text(value)},
    datetime: lambda value, _: {"datetime": date_time_text(value)},
    date: lambda value, _: {"date": value.isoformat()},
    time: lambda value, _: {"time": value.strftime("%H:%M:%S")},
    Duration: lambda value, _: {"duration_ms": value.ms},
    Timeslot: lambda value, _: {"timeslot": {"start": date_time_text(value.start), "duration_ms": value.duration.ms}},
    PhoneNumber: lambda value, _: {"phone": value.uri or value.raw},
    Entity: _entity,
    Json: lambda value, _: {"json": value.value},
    Structure: _structure,
    Audio: audio_form,
    Communication: communication_form,
    Secure: lambda value, _: "***",
}
