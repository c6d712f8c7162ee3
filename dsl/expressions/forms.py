"""Values as JSON and back: the forms that ``callwright eval -`` reads and writes (corpus README of expressions)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from dsl.expressions.catalogue import spoken
from dsl.expressions.conversions import read_any
from dsl.expressions.phone import read_phone
from dsl.expressions.text_of import (
    currency_text,
    date_time_text,
    decimal_text,
    read_currency,
    read_date_time,
)
from dsl.expressions.types import COLLECTION, Type, is_collection, item_of, type_of_variable
from dsl.expressions.values import (
    Audio,
    Blank,
    Communication,
    Currency,
    Duration,
    Entity,
    Json,
    Markup,
    PhoneNumber,
    Played,
    Secure,
    Structure,
    Timeslot,
)

_ENTITY_TYPES = {
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
Find = Callable[[str, str], Entity | None]


def type_name(code: str) -> str:
    """A type as it is named in the forms (``str_coll`` -> ``StringCollection`` has the item's name only)."""
    return spoken(code.removesuffix(COLLECTION)).replace(" ", "")


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


_ENTITY_KEYS = {_snake(name): code for code, name in _ENTITY_TYPES.items()}


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
        return {"constant": value} if code.startswith("cst_") or code in ("daf", "stf") else value
    if isinstance(value, int):
        return value
    writer = _WRITERS.get(type(value))
    return writer(value, language) if writer else str(value)


class PlainDecimal(float):
    """A Decimal on its way into JSON, written with all its digits and always with a point."""

    def __new__(cls, value: Decimal) -> PlainDecimal:
        made = super().__new__(cls, value)
        made.text = decimal_text(value)
        return made

    text: str

    def __repr__(self) -> str:
        return self.text


def _entity(value: Entity, _: str) -> Any:
    key = _snake(_ENTITY_TYPES.get(value.kind, value.kind.removeprefix("cpx_")))
    body = {"id": value.id, "name": value.name, "username": value.username}
    return {key: {name: text for name, text in body.items() if text is not None}}


def _structure(value: Structure, language: str) -> Any:
    properties = {name: _any(item, language) for name, item in value.properties.items() if item is not None}
    name = value.kind.removeprefix("cpx_")
    return {"object": name[:1].upper() + name[1:], "properties": properties}


def _any(value: Any, language: str) -> Any:
    if isinstance(value, tuple):
        return [_any(item, language) for item in value]
    return to_form(value, "any", language)


def audio_form(value: Audio, language: str) -> Any:
    """What is heard, as words, prompts and silences."""
    from dsl.expressions.speech import say

    parts: list[Any] = []
    for part in value.parts:
        if isinstance(part, Blank):
            parts.append({"blank_ms": part.ms})
        elif isinstance(part, Played):
            parts.append({"prompt": part.name})
        else:
            parts.append({"say": say(part, language)})
    if not value.barge_in:
        parts.append({"barge_in": False})
    return {"audio": parts}


def communication_form(value: Communication, language: str) -> Any:
    """What is told, part by part."""
    parts: list[Any] = []
    for part in value.parts:
        if isinstance(part, Blank):
            parts.append({"blank_ms": part.ms})
        elif isinstance(part, Markup):
            parts.append({"ssml": part.ssml})
        elif isinstance(part, Played):
            parts.append({"audio": [{"prompt": part.name}]})
        elif part.kind == "text" and isinstance(part.value, str):
            parts.append({"text": part.value})
        else:
            parts.append({"value": _any(part.value, language), **({"format": part.format} if part.format else {})})
    return {"communication": parts}


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


# The way in.


def from_form(form: Any, code: str | None, find: Find) -> tuple[Any, str]:
    """A value and its type code from a JSON form; ``code`` is the declared type, if any. Raises ``ValueError``."""
    if code is not None and is_collection(Type(code)):
        return _collection(form, code, find)
    if form is None:
        return None, code or "str"
    if isinstance(form, bool):
        return form, code or "bln"
    if isinstance(form, int):
        return (Decimal(form), "dec") if code == "dec" else (form, code or "int")
    if isinstance(form, (float, Decimal)):
        return Decimal(str(form)), code or "dec"
    if isinstance(form, str):
        return _from_text(form, code, find)
    if isinstance(form, list):
        return _collection(form, None, find)
    if isinstance(form, dict):
        return _tagged(form, code, find)
    raise ValueError("this is no form of a value")


def _from_text(text: str, code: str | None, find: Find) -> tuple[Any, str]:
    if code is None or code in ("str", "any"):
        return text, code or "str"
    if code in _ENTITY_TYPES:
        return _found(code, text, find), code
    return read_any(text, code), code


def _collection(form: Any, code: str | None, find: Find) -> tuple[Any, str]:
    item = code.removesuffix(COLLECTION) if code else None
    if isinstance(form, dict) and "list" in form:
        item = item or code_of_type_name(str(form["list"]))
        form = form.get("items", [])
    if form is None or (isinstance(form, dict) and "not_set" in form):
        return (), code or "str_coll"
    if not isinstance(form, list):
        raise ValueError("a collection is a JSON array")
    values = []
    for one in form:
        value, found = from_form(one, item, find)
        item = item or found
        values.append(value)
    return tuple(values), (item or "str") + COLLECTION


def code_of_type_name(name: str) -> str:
    """The type code of a type's name in the forms (``LanguageSkill`` -> ``lac``)."""
    return str(type_of_variable(name[:1].lower() + name[1:]))


def _tagged(form: Mapping[str, Any], code: str | None, find: Find) -> tuple[Any, str]:
    if "not_set" in form:
        return None, code or code_of_type_name(str(form["not_set"]))
    if "list" in form:
        return _collection(form, None, find)
    if not form:
        raise ValueError("an empty object is no form of a value")
    key, body = next(iter(form.items()))
    if key in _ENTITY_KEYS:
        kind = _ENTITY_KEYS[key]
        if isinstance(body, str):
            return _found(kind, body, find), kind
        name = body.get("name") or body.get("username") or ""
        return Entity(kind, body.get("id"), name, body.get("username")), kind
    reader = _READERS.get(key)
    if reader is None:
        raise ValueError(f'"{key}" is no form of a value')
    value, found = reader(form, find)
    return value, code or found


def _found(kind: str, text: str, find: Find) -> Entity:
    username = text if kind == "usr" else None
    return find(kind, text) or Entity(kind, None, text, username)


def _object(form: Mapping[str, Any], find: Find) -> tuple[Any, str]:
    name = str(form["object"])
    kind = code_of_type_name(name)
    properties = {key: from_form(value, None, find)[0] for key, value in form.get("properties", {}).items()}
    return Structure(kind, properties), kind


_READERS: Mapping[str, Callable[[Mapping[str, Any], Find], tuple[Any, str]]] = {
    "currency": lambda form, _: (read_currency(form["currency"]), "cur"),
    "datetime": lambda form, _: (read_date_time(form["datetime"]), "dtm"),
    "date": lambda form, _: (date.fromisoformat(form["date"]), "dat"),
    "time": lambda form, _: (time.fromisoformat(form["time"]), "tim"),
    "duration_ms": lambda form, _: (Duration(int(form["duration_ms"])), "dur"),
    "timeslot": lambda form, _: (
        Timeslot(read_date_time(form["timeslot"]["start"]), Duration(int(form["timeslot"]["duration_ms"]))),
        "tsl",
    ),
    "phone": lambda form, _: (read_phone(form["phone"]), "phn"),
    "json": lambda form, _: (Json(form["json"]), "jsn"),
    "object": _object,
    "constant": lambda form, _: (form["constant"], "any"),
}
