"""Values out of the JSON forms of ``callwright eval -`` (corpus README of expressions), short forms included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from dsl.expressions.builtins import CONSTANTS, OPEN_TYPES, PROPERTIES, SYSTEM_CONTAINERS
from dsl.expressions.catalogue import spoken
from dsl.expressions.constants import format_constants, proper_container, system_members
from dsl.expressions.conversions import read_any
from dsl.expressions.forms import ENTITY_TYPES, snake_case, type_name
from dsl.expressions.library.documents import json_value
from dsl.expressions.library.sounds import make_communication, to_communication
from dsl.expressions.phone import read_phone
from dsl.expressions.runtime import coerce
from dsl.expressions.text_of import duration_of, in_range, read_currency, read_date, read_date_time, read_time
from dsl.expressions.types import ANY, COLLECTION, Type, is_collection, type_of_variable
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
from dsl.source.nearest import did_you_mean

Find = Callable[[str, str], Entity | None]
"""Finds an organisation object by its type code and its name."""
Reader = Callable[[Any, Find], tuple[Any, str]]

_ENTITY_KEYS = {snake_case(name): code for code, name in ENTITY_TYPES.items()}
_ENTITY_NAMES = {name: code for code, name in ENTITY_TYPES.items()}


def from_form(form: Any, code: str | None, find: Find) -> tuple[Any, str]:
    """A value and its type code from a JSON form; ``code`` is the declared type, if any. Raises ``ValueError``."""
    value, found = _read(form, code, find)
    if code not in (None, ANY, found):
        raise ValueError(f"it is declared {spoken(code)}, and this is {spoken(found)}")
    return value, found


def _read(form: Any, code: str | None, find: Find) -> tuple[Any, str]:
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
    if code == "jsn" and not _is_form_of_json(form):
        return json_value(form), code
    if isinstance(form, list):
        return _collection(form, None, find)
    if isinstance(form, dict):
        return _tagged(form, code, find)
    raise ValueError("this is no form of a value")


def _is_form_of_json(form: Any) -> bool:
    """Whether it says by its key that it is a Json value; else it may be one itself."""
    return isinstance(form, dict) and len(form) == 1 and next(iter(form)) in ("json", "not_set")


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
    if any(isinstance(one, list) or (isinstance(one, dict) and "list" in one) for one in form) and item != "jsn":
        raise ValueError("a collection holds no collections")
    if item is None:  # the first element that says of which type it is
        item = next((from_form(one, None, find)[1] for one in form if one is not None), "str")
    return tuple(from_form(one, item, find)[0] for one in form), item + COLLECTION


def code_of_type_name(name: str) -> str:
    """The type code of a type's name in the forms (``LanguageSkill`` -> ``lac``)."""
    if name == "Contact":
        return "con"
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
    unknown = next((key for key in body if key not in ("id", "name", "username")), None)
    if unknown is not None or not any(body.values()):
        raise ValueError(f'"{unknown}" is no property of it' if unknown else "it has neither an id nor a name")
    name = body.get("name") or body.get("username") or ""
    return Entity(kind, body.get("id"), name, body.get("username")), kind


def _found(kind: str, text: str, find: Find) -> Entity:
    username = text if kind == "usr" else None
    return find(kind, text) or Entity(kind, None, text, username)


def _object(form: Mapping[str, Any], find: Find) -> tuple[Structure, str]:
    if not isinstance(form["object"], str) or form.keys() - {"object", "properties"}:
        raise ValueError('an object has the keys "object", the name of its type, and "properties"')
    kind = code_of_type_name(form["object"])
    properties = {}
    for key, value in form.get("properties", {}).items():
        name, code = _property(kind, key)
        read, found = from_form(value, code, find)
        properties[name] = coerce(read, found)
    return Structure(kind, properties), kind


def _property(kind: str, name: str) -> tuple[str, str | None]:
    """A property in its proper spelling, and its type where that is known."""
    known = PROPERTIES.get(kind, {})
    if name.lower() in known:
        return known[name.lower()]
    if known and kind not in OPEN_TYPES:
        help_ = did_you_mean(name, [proper for proper, _ in known.values()])
        raise ValueError(f'{type_name(kind)} has no property "{name}"' + (f"; {help_}" if help_ else ""))
    return name, None


def _constant(text: str) -> tuple[str, str]:
    """A member of ``Format``, ``Language`` or ``System`` and its type."""
    container, _, name = text.rpartition(".")
    lowered = container.lower()
    if lowered in CONSTANTS:
        _, kind, members = CONSTANTS[lowered]
        proper = next((member for member in members if member.lower() == name.lower()), None)
    elif lowered in SYSTEM_CONTAINERS:
        kind, proper = SYSTEM_CONTAINERS[lowered][0], system_members(lowered).get(name.lower())
    else:
        proper = None
    if proper is None:
        raise ValueError(f'"{text}" is no constant')
    return f"{proper_container(lowered)}.{proper}", kind


def _duration(ms: Any) -> Duration:
    if isinstance(ms, bool) or not isinstance(ms, int):
        raise ValueError("a duration is a whole number of milliseconds")
    return duration_of(ms)


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
    "constant": lambda body, _: _constant(body),
}
