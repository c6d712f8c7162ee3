"""Values out of the JSON forms of ``callwright eval -`` (corpus README of expressions), short forms included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from dsl.expressions.constants import format_constants
from dsl.expressions.conversions import read_any
from dsl.expressions.forms import ENTITY_TYPES, snake_case
from dsl.expressions.library.documents import json_value
from dsl.expressions.library.sounds import make_communication, to_communication
from dsl.expressions.phone import read_phone
from dsl.expressions.text_of import in_range, read_currency, read_date, read_date_time, read_time
from dsl.expressions.types import COLLECTION, Type, is_collection, type_of_variable
from dsl.expressions.values import (
    DECIMAL,
    Audio,
    Blank,
    Communication,
    Duration,
    Entity,
    Markup,
    Part,
    Played,
    Spoken,
    Structure,
    Timeslot,
)

Find = Callable[[str, str], Entity | None]
"""Finds an organisation object by its type code and its name."""
Reader = Callable[[Any, Find], tuple[Any, str]]

_ENTITY_KEYS = {snake_case(name): code for code, name in ENTITY_TYPES.items()}
_ENTITY_NAMES = {name: code for code, name in ENTITY_TYPES.items()}


def from_form(form: Any, code: str | None, find: Find) -> tuple[Any, str]:
    """A value and its type code from a JSON form; ``code`` is the declared type, if any. Raises ``ValueError``."""
    if code is not None and is_collection(Type(code)):
        return _collection(form, code, find)
    if form is None:
        return None, code or "str"
    if isinstance(form, bool):
        return form, code or "bln"
    if isinstance(form, int):
        return (Decimal(form), "dec") if code == "dec" else (in_range(form), code or "int")
    if isinstance(form, (float, Decimal)):
        return _number(DECIMAL.create_decimal(str(form)), code)
    if isinstance(form, str):
        return _from_text(form, code, find)
    if isinstance(form, list):
        return _collection(form, None, find)
    if isinstance(form, dict):
        return _tagged(form, code, find)
    raise ValueError("this is no form of a value")


def _number(number: Decimal, code: str | None) -> tuple[Any, str]:
    if code != "int":
        return number, code or "dec"
    if number != number.to_integral_value():
        raise ValueError(f"{number} is no whole number")
    return in_range(int(number)), code


def _from_text(text: str, code: str | None, find: Find) -> tuple[Any, str]:
    if code is None or code in ("str", "any"):
        return text, code or "str"
    if code in ENTITY_TYPES:
        return _found(code, text, find), code
    if code == "com":
        return to_communication(text), code
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
    if item is None:  # the first element that says of which type it is
        item = next((from_form(one, None, find)[1] for one in form if one is not None), "str")
    return tuple(from_form(one, item, find)[0] for one in form), item + COLLECTION


def code_of_type_name(name: str) -> str:
    """The type code of a type's name in the forms (``LanguageSkill`` -> ``lac``)."""
    return _ENTITY_NAMES.get(name) or str(type_of_variable(name[:1].lower() + name[1:]))


def _tagged(form: Mapping[str, Any], code: str | None, find: Find) -> tuple[Any, str]:
    if "not_set" in form:
        return None, code or code_of_type_name(str(form["not_set"]))
    if "list" in form:
        return _collection(form, None, find)
    if "object" in form:
        return _object(form, find)
    if len(form) != 1:
        raise ValueError("an object with one key, the kind of the value, is a form")
    ((key, body),) = form.items()
    if key in _ENTITY_KEYS:
        return _entity(_ENTITY_KEYS[key], body, find)
    reader = _READERS.get(key)
    if reader is None:
        raise ValueError(f'"{key}" is no form of a value')
    value, found = reader(body, find)
    return value, code or found


def _entity(kind: str, body: Any, find: Find) -> tuple[Entity, str]:
    if isinstance(body, str):
        return _found(kind, body, find), kind
    name = body.get("name") or body.get("username") or ""
    return Entity(kind, body.get("id"), name, body.get("username")), kind


def _found(kind: str, text: str, find: Find) -> Entity:
    username = text if kind == "usr" else None
    return find(kind, text) or Entity(kind, None, text, username)


def _object(form: Mapping[str, Any], find: Find) -> tuple[Structure, str]:
    kind = code_of_type_name(str(form["object"]))
    properties = {key: from_form(value, None, find)[0] for key, value in form.get("properties", {}).items()}
    return Structure(kind, properties), kind


def _duration(ms: Any) -> Duration:
    if isinstance(ms, bool) or not isinstance(ms, int):
        raise ValueError("a duration is a whole number of milliseconds")
    return Duration(in_range(ms))


def _timeslot(body: Mapping[str, Any]) -> Timeslot:
    return Timeslot(read_date_time(body["start"]), _duration(body["duration_ms"]))


# What is heard or told.


def _audio(parts: Any) -> Audio:
    heard: list[Part] = []
    barge_in = None
    for part in parts:
        ((key, body),) = part.items()
        if key == "say":
            heard.append(Spoken("text", str(body)))
        elif key == "prompt":
            heard.append(Played(body if "." in body else f"Prompt.{body}"))
        elif key == "blank_ms":
            heard.append(Blank(_duration(body).ms))
        elif key == "barge_in":
            barge_in = bool(body)
        elif key not in ("voice", "as", "phone_form"):
            raise ValueError(f'"{key}" is no part of audio')
    return Audio(tuple(heard), barge_in)


def _communication(parts: Any, find: Find) -> Communication:
    return make_communication(*(_told(part, find) for part in parts))


def _told(part: Mapping[str, Any], find: Find) -> Communication:
    if "text" in part:
        return to_communication(str(part["text"]))
    if "ssml" in part:
        return Communication((Markup(str(part["ssml"])),))
    if "blank_ms" in part:
        return Communication((Blank(_duration(part["blank_ms"]).ms),))
    if "audio" in part:
        return to_communication(_audio(part["audio"]))
    if "value" not in part:
        raise ValueError(f'"{next(iter(part), "")}" is no part of a communication')
    value, _ = from_form(part["value"], None, find)
    name = part.get("format")
    if name is not None and name not in format_constants():
        raise ValueError(f'"{name}" is no format')
    return to_communication(value, name and format_constants()[name])


_READERS: Mapping[str, Reader] = {
    "currency": lambda body, _: (read_currency(body), "cur"),
    "datetime": lambda body, _: (read_date_time(body), "dtm"),
    "date": lambda body, _: (read_date(body), "dat"),
    "time": lambda body, _: (read_time(body), "tim"),
    "duration_ms": lambda body, _: (_duration(body), "dur"),
    "timeslot": lambda body, _: (_timeslot(body), "tsl"),
    "phone": lambda body, _: (read_phone(body), "phn"),
    "json": lambda body, _: (json_value(body), "jsn"),
    "audio": lambda body, _: (_audio(body), "aud"),
    "communication": lambda body, find: (_communication(body, find), "com"),
    "constant": lambda body, _: (str(body), "any"),
}
