"""Typed custom fields (customers.md §3), stored under ``<name>_<core type>`` as the vendor does.

VIP status and customer number are predefined: always there, under reserved names, and not counted among the 64.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from contactcenter.customers.problems import BadRequestError, ClashError
from contactcenter.customers.settings import CustomerSettings
from contactcenter.organisation import CustomField

VIP, CUSTOMER_NUMBER = "vip_checkbox", "customer_number_identifier"
PREDEFINED = {
    VIP: CustomField("vip", "checkbox", "VIP"),
    CUSTOMER_NUMBER: CustomField("customerNumber", "identifier", "Customer number"),
}
"""The predefined fields by their reserved names on the wire."""

_ALIASES = {"vip": VIP, "customerNumber": CUSTOMER_NUMBER, "customer_number": CUSTOMER_NUMBER}
LIMITS = {"text": 100, "longtext": 1000, "url": 200, "identifier": 100, "enum": 100}
MAX_TAGS = 10
_URL = re.compile(r"https?://\S+\Z", re.IGNORECASE)


def read_custom_fields(given: Any, record: str, settings: CustomerSettings) -> dict[str, Any]:
    """The stored custom fields of a record; names come with or without their type suffix."""
    if not isinstance(given, Mapping):
        raise BadRequestError('"customFields" is an object', details=[{"fieldName": "customFields"}])
    found: dict[str, Any] = {}
    for name, value in given.items():
        key, definition = _definition(name, record, settings)
        read = _READERS[definition.type](definition, value) if value not in (None, "") else None
        if read not in (None, "", []):
            found[key] = read
    counted = [key for key in found if key not in PREDEFINED]
    if len(counted) > settings.max_per_contact:
        raise too_many(len(counted), settings)
    return found


def too_many(used: int, settings: CustomerSettings) -> ClashError:
    """The refusal of one custom field more than there may be."""
    message = (
        f"{used} custom fields are in use and {settings.max_per_contact} are possible; "
        "disabled fields that hold data count, standard and predefined fields do not"
    )
    return ClashError(message, "custom.fields.limit")


def _definition(name: str, record: str, settings: CustomerSettings) -> tuple[str, CustomField]:
    reserved = _ALIASES.get(name, name)
    if reserved in PREDEFINED and record == "contact":
        return reserved, PREDEFINED[reserved]
    for definition in settings.fields.get(record, ()):
        if name in (definition.key, definition.name):
            if not definition.enabled:
                raise ClashError(f'the custom field "{definition.name}" is disabled', "custom.fields.disabled")
            return definition.key, definition
    message = f'a {record} has no custom field "{name}"'
    raise BadRequestError(message, "custom.fields.unknown", [{"fieldName": f"customFields.{name}"}])


def _wrong(definition: CustomField, wanted: str) -> BadRequestError:
    return BadRequestError(f'the custom field "{definition.name}" is {wanted}', details=[{"fieldName": definition.key}])


def _text(definition: CustomField, value: Any) -> str:
    limit = LIMITS[definition.type]
    if isinstance(value, (dict, list, bool)):
        raise _wrong(definition, "a text")
    text = str(value).strip()
    if len(text) > limit:
        raise _wrong(definition, f"a text of at most {limit} characters")
    if text and definition.type == "url" and not _URL.match(text):
        raise _wrong(definition, "an http or https address")
    return text


def _enum(definition: CustomField, value: Any) -> str:
    text = _text(definition, value)
    if definition.options and text not in definition.options:
        raise _wrong(definition, "one of " + ", ".join(definition.options))
    return text


def _tags(definition: CustomField, value: Any) -> list[str]:
    listed = value if isinstance(value, (list, tuple)) else [value]
    tags = [str(tag).strip() for tag in listed if not isinstance(tag, (dict, list))]
    if len(tags) != len(listed) or len(tags) > MAX_TAGS or any(len(tag) > 100 for tag in tags):
        raise _wrong(definition, f"a list of at most {MAX_TAGS} texts")
    return [tag for tag in dict.fromkeys(tags) if tag]


def _integer(definition: CustomField, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"[-+]?\d{1,18}", value.strip()):
        return int(value)
    raise _wrong(definition, "a whole number")


def _number(definition: CustomField, value: Any) -> int | float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    try:
        return float(Decimal(str(value).strip()))
    except InvalidOperation as error:
        raise _wrong(definition, "a number") from error


def _date(definition: CustomField, value: Any) -> str:
    try:
        return date.fromisoformat(str(value).strip()).isoformat()
    except ValueError as error:
        raise _wrong(definition, "a date such as 2026-02-04") from error


def _datetime(definition: CustomField, value: Any) -> str:
    try:
        datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise _wrong(definition, "a time such as 2026-02-04T09:00:00Z") from error
    return str(value).strip()


def _checkbox(definition: CustomField, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).strip().casefold() in ("true", "false"):
        return str(value).strip().casefold() == "true"
    raise _wrong(definition, "true or false")


_READERS: Mapping[str, Callable[[CustomField, Any], Any]] = {
    **dict.fromkeys(("text", "longtext", "url", "identifier"), _text),
    "enum": _enum,
    "tag": _tags,
    "integer": _integer,
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "checkbox": _checkbox,
}

SEARCHED = frozenset({"text", "identifier", "tag"})
"""Core types whose values the search looks at."""


def plain_names(stored: Mapping[str, Any], record: str, settings: CustomerSettings) -> dict[str, Any]:
    """Custom and predefined fields under the names that flows use, without type suffix."""
    names = {definition.key: definition.name for definition in settings.fields.get(record, ()) if definition.enabled}
    names.update({key: definition.name for key, definition in PREDEFINED.items()})
    return {names[key]: value for key, value in stored.items() if key in names}


def searched_texts(stored: Mapping[str, Any], record: str, settings: CustomerSettings) -> list[str]:
    """The values that the search looks at; sensitive ones are never among them."""
    open_keys = {
        definition.key
        for definition in settings.fields.get(record, ())
        if definition.type in SEARCHED and not definition.sensitive
    }
    found: list[str] = []
    for key, value in stored.items():
        if key == CUSTOMER_NUMBER or key in open_keys:
            found.extend(str(part) for part in (value if isinstance(value, list) else [value]))
    return found
