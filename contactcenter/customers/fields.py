"""The fields of a contact and their limits (customers.md §1.1): data, one reader per kind of field.

``read_fields`` turns what a client wrote into what is stored; texts are stripped, empty ones are absent,
read-only and unknown keys are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from contactcenter.customers.custom_fields import read_custom_fields
from contactcenter.customers.identifiers import EMAIL_SLOTS, PHONE_SLOTS
from contactcenter.customers.phones import MAX_DISPLAY, phone_field
from contactcenter.customers.problems import BadRequestError
from contactcenter.customers.settings import CustomerSettings

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+\Z")
_URL = re.compile(r"https?://\S+\Z", re.IGNORECASE)
_SCREEN_NAME = re.compile(r"@?[A-Za-z0-9_]+\Z")

TEXTS: Mapping[str, int] = {
    "firstName": 1000,
    "middleName": 1000,
    "lastName": 1000,
    "salutation": 1000,
    "title": 1000,
    "externalSystemUrl": 1000,
    **dict.fromkeys(EMAIL_SLOTS, 256),
}
ADDRESS: Mapping[str, int] = {
    "address1": 200,
    "address2": 200,
    "city": 100,
    "state": 50,
    "postalCode": 25,
    "countryCode": 25,
}
SOCIAL: Mapping[str, Mapping[str, int]] = {
    "twitterId": {"id": 255, "name": 255, "screenName": 255, "profileUrl": 1000},
    "lineId": {"displayName": 100},
    "facebookId": {"displayName": 100},
    "instagramId": {"displayName": 100, "handle": 100},
    "whatsAppId": {"displayName": 100, "phoneNumber": 255},
}
MAX_LIST = 10
READ_ONLY = frozenset(
    "id selfUri division externalDataSources createDate modifyDate type canonicalContact mergeSet mergedFrom mergedTo "
    "mergeOperation identifiers".split()
)
WRITABLE = frozenset(
    {*TEXTS, *PHONE_SLOTS, *SOCIAL, "address", "appleOpaqueIds", "externalIds", "externalOrganization"}
    | {"surveyOptOut", "schema", "customFields"}
)
"""Every field that a client may write; searched and merged field by field."""


def read_fields(given: Mapping[str, Any], settings: CustomerSettings) -> dict[str, Any]:
    """The stored fields of a contact; raises ``BadRequestError`` or (custom fields) ``ClashError`` naming the field."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        if name not in WRITABLE or value is None:
            continue
        stored = _READERS[name](name, value, settings)
        if stored not in (None, "", {}, []):
            found[name] = stored
    return found


def _text(name: str, value: Any, limit: int) -> str | None:
    if not isinstance(value, str):
        raise BadRequestError(f'"{name}" is a text', details=[{"fieldName": name}])
    text = value.strip()
    if len(text) > limit:
        raise BadRequestError(
            f'"{name}" has {len(text)} characters; {limit} are possible', details=[{"fieldName": name}]
        )
    return text or None


def _plain(name: str, value: Any, settings: CustomerSettings) -> str | None:
    text = _text(name, value, TEXTS[name])
    if text is not None and name in EMAIL_SLOTS and not _EMAIL.match(text):
        raise BadRequestError(f'"{text}" is no e-mail address', details=[{"fieldName": name}])
    if text is not None and name == "externalSystemUrl" and not _URL.match(text):
        raise BadRequestError(f'"{name}" is an http or https address', details=[{"fieldName": name}])
    return text


def _phone(name: str, value: Any, settings: CustomerSettings) -> dict[str, Any] | None:
    if not isinstance(value, (str, Mapping)):
        raise BadRequestError(f'"{name}" is a phone number', details=[{"fieldName": name}])
    written = value if isinstance(value, str) else value.get("display") or ""
    _text(name, written, MAX_DISPLAY)
    return phone_field(value, settings)


def _object(name: str, value: Any, limits: Mapping[str, int]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise BadRequestError(f'"{name}" is an object', details=[{"fieldName": name}])
    found = {key: _text(f"{name}.{key}", value[key], limit) for key, limit in limits.items() if value.get(key)}
    return {key: text for key, text in found.items() if text is not None}


def _address(name: str, value: Any, settings: CustomerSettings) -> dict[str, Any]:
    return _object(name, value, ADDRESS)


def _social(name: str, value: Any, settings: CustomerSettings) -> dict[str, Any]:
    limits = {key: limit for key, limit in SOCIAL[name].items() if isinstance(_get(value, key), str)}
    found = _object(name, value, limits)
    number = _get(value, "phoneNumber")
    if isinstance(number, Mapping):
        found["phoneNumber"] = phone_field(number, settings)
    if "screenName" in found and not _SCREEN_NAME.match(found["screenName"]):
        raise BadRequestError(
            f'"{found["screenName"]}" is no screen name', details=[{"fieldName": f"{name}.screenName"}]
        )
    ids = _get(value, "ids")
    if ids:
        if not isinstance(ids, (list, tuple)) or len(ids) > 1:
            raise BadRequestError(f'"{name}.ids" holds one id', details=[{"fieldName": f"{name}.ids"}])
        found["ids"] = list(ids)
    if isinstance(_get(value, "verified"), bool):
        found["verified"] = value["verified"]
    return found


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _values(name: str, value: Any, settings: CustomerSettings) -> list[dict[str, Any]]:
    if not isinstance(value, (list, tuple)) or len(value) > MAX_LIST:
        raise BadRequestError(f'"{name}" is a list of at most {MAX_LIST}', details=[{"fieldName": name}])
    found: list[dict[str, Any]] = []
    for entry in value:
        text = _text(f"{name}.value", _get(entry, "value") or "", 255)
        if text is None:
            continue
        source = _get(_get(entry, "externalSource"), "id")
        if name == "externalIds" and not source:
            raise BadRequestError("an external id needs its externalSource", details=[{"fieldName": name}])
        one = {"value": text, **({"externalSource": {"id": source}} if source else {})}
        if one not in found:
            found.append(one)
    return found


def _organization(name: str, value: Any, settings: CustomerSettings) -> dict[str, Any] | None:
    identity = _get(value, "id")
    return {"id": str(identity)} if identity else None


def _opt_out(name: str, value: Any, settings: CustomerSettings) -> bool:
    if not isinstance(value, bool):
        raise BadRequestError(f'"{name}" is true or false', details=[{"fieldName": name}])
    return value


def _schema(name: str, value: Any, settings: CustomerSettings) -> dict[str, Any] | None:
    return {key: value[key] for key in ("id", "version") if key in value} if isinstance(value, Mapping) else None


def _custom(name: str, value: Any, settings: CustomerSettings) -> dict[str, Any]:
    return read_custom_fields(value, "contact", settings)


Reader = Callable[[str, Any, CustomerSettings], Any]
_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(TEXTS, _plain),
    **dict.fromkeys(PHONE_SLOTS, _phone),
    **dict.fromkeys(SOCIAL, _social),
    "address": _address,
    "appleOpaqueIds": _values,
    "externalIds": _values,
    "externalOrganization": _organization,
    "surveyOptOut": _opt_out,
    "schema": _schema,
    "customFields": _custom,
}
