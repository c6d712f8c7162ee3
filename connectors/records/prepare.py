"""What the templates of a record action see besides its inputs: ``record``, ``types``, ``phones``, ``fields`` ...

``x-callwright.record`` of the action says what is wanted:

    kind     the record type; without it the input ``type``, or the type of the reference
    ref      the input that holds a reference (``ref`` where there is an input of that name)
    phone    the input that holds a number to look for
    answer   matches, one, id or list: how ``answers`` reads the document
    groups   for matches of several types: member of the document -> kind, first with hits wins
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.connections import Connection
from connectors.model import DataAction
from connectors.records.phones import DEFAULT_FORMS, Number, read_number, spellings
from connectors.records.refs import Ref, connector_name, read_ref
from connectors.records.systems import RecordType, system_of, types_of
from dsl.source import did_you_mean


class RecordError(Exception):
    """The inputs name a record, type or field that this system cannot have."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NothingToAsk(Exception):  # noqa: N818  (an answer, not an error)
    """The answer is known without a request: a withheld number belongs to nobody."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The record side of one run: what it is about, and the names that its templates may use."""

    settings: Mapping[str, Any]
    connector: str
    types: Mapping[str, RecordType]
    type: RecordType | None = None
    ref: Ref | None = None
    number: Number | None = None
    wanted: tuple[str, str] | None = None
    """A field and the value that hits must have there, for systems that ignore conditions (``check: field``)."""

    context: Mapping[str, Any] = field(default_factory=dict)


def prepare(action: DataAction, connection: Connection, inputs: Mapping[str, Any]) -> Prepared | None:
    """What a record action needs, None for any other action; raises ``RecordError`` or ``NothingToAsk``."""
    settings = action.labels.get("record")
    if not isinstance(settings, dict):
        return None
    types, connector = types_of(connection, action.integration_type), connector_name(connection.name)
    name = str(settings.get("ref", "ref"))
    ref = _reference(str(inputs[name]), connector, connection, action) if inputs.get(name) else None
    type_ = _type(settings, inputs, ref, types)
    number = _number(settings, connection, inputs)
    context: dict[str, Any] = {
        "connection": _connection_settings(connection, action),
        "types": {kind: _described(one) for kind, one in types.items()},
        "record": {**(_described(type_) if type_ else {}), "id": ref.id if ref else None},
        "phones": _spelled(number, connection) if number else [],
    }
    if ref is not None:
        context["owner"] = _owner(type_, ref, types)
    if isinstance(inputs.get("field"), str) and type_ is not None:
        context["field"] = type_.own_name(inputs["field"])
    if isinstance(inputs.get("fields"), str):
        context["fields"] = _own_fields(inputs["fields"], type_)
    if settings.get("log") is True:
        context["call"] = _call(inputs)
        for label, input_name in (("who", "ref"), ("case", "caseRef")):
            if inputs.get(input_name):
                about = _reference(str(inputs[input_name]), connector, connection, action)
                context[label] = _owner(None, about, types)
    wanted = None
    if settings.get("check") == "field" and "field" in context:
        wanted = (str(context["field"]), str(inputs.get("value")))
    return Prepared(settings, connector, types, type_, ref, number, wanted, context)


def inputs_of_records(action: DataAction) -> frozenset[str]:
    """Inputs that are used without standing in a template: references, types, numbers, fields, facts of a call."""
    settings = action.labels.get("record")
    if not isinstance(settings, dict):
        return frozenset()
    first = action.labels.get("before")
    handed = {str(first["into"]), *action.inputs.properties} if isinstance(first, dict) and "into" in first else set()
    logged = {"caseRef", "direction", "started", "ended", "durationSeconds", "subject", "phone", "queue", "agent",
              "wrapUp", "notes", "recordingUrl"}  # fmt: skip
    own = {str(settings.get("ref", "ref")), str(settings.get("phone")), "ref", "type", "field", "fields", "limit"}
    return frozenset(own | handed | (logged if settings.get("log") is True else set()))


def _reference(text: str, connector: str, connection: Connection, action: DataAction) -> Ref:
    ref = read_ref(text)
    if ref is None:
        raise RecordError("the reference is not of the form connector:type:id")
    if ref.connector.casefold() != connector.casefold():
        raise RecordError(f'the reference belongs to "{ref.connector}", not to "{connector}"')
    if system_of(connection, action.integration_type).id.fullmatch(ref.id) is None:
        raise RecordError("the id in the reference is none of this system")
    return ref


def _type(
    settings: Mapping[str, Any], inputs: Mapping[str, Any], ref: Ref | None, types: Mapping[str, RecordType]
) -> RecordType | None:
    kind = settings.get("kind") or inputs.get("type")
    if kind is None and ref is not None:
        kind = ref.type
    if kind is None:
        return None
    found = type_named(str(kind), types)
    if found is None:
        hint = did_you_mean(str(kind), types) or "name it under types of the connection"
        raise RecordError(f'the connection has no record type "{kind}": {hint}')
    return found


def type_named(name: str, types: Mapping[str, RecordType]) -> RecordType | None:
    """The type of that kind, or that the system calls so."""
    folded = name.casefold()
    by_kind = next((one for kind, one in types.items() if kind.casefold() == folded), None)
    return by_kind or next((one for one in types.values() if one.object.casefold() == folded), None)


def _number(settings: Mapping[str, Any], connection: Connection, inputs: Mapping[str, Any]) -> Number | None:
    name = settings.get("phone")
    if name is None:
        return None
    region = connection.options.get("defaultRegion")
    number = read_number(str(inputs.get(str(name)) or ""), str(region) if region else None)
    if number is None:
        raise NothingToAsk
    return number


def _spelled(number: Number, connection: Connection) -> list[str]:
    forms = connection.options.get("phoneForms")
    return spellings(number, [str(form) for form in forms] if isinstance(forms, list) else DEFAULT_FORMS)


def _connection_settings(connection: Connection, action: DataAction) -> dict[str, Any]:
    given = connection.options
    version = given.get("apiVersion") or system_of(connection, action.integration_type).version
    field = given.get("interactionField")
    return {"apiVersion": version, "interactionField": field, "origin": connection.origin}


def _described(type_: RecordType) -> dict[str, Any]:
    return {
        "object": type_.object,
        "path": type_.path or type_.object,
        "key": type_.key,
        "fields": type_.asked,
        "plain": [name for name in type_.asked if "." not in name],
        "phones": list(type_.phones),
        "open": type_.open or None,
        "expand": type_.expand or None,
        "custom": type_.custom,
        "names": dict(type_.names),
    }


def _owner(type_: RecordType | None, ref: Ref, types: Mapping[str, RecordType]) -> dict[str, Any]:
    """The record in the reference as the owner of others: its kind, and the field of ``type_`` that points to it."""
    kind = next((kind for kind, one in types.items() if one.object.casefold() == ref.type.casefold()), ref.type)
    owner = types.get(kind)
    path = (owner.path or owner.object) if owner else ref.type
    field = type_.owners.get(kind) if type_ else None
    return {"kind": kind, "object": ref.type, "id": ref.id, "path": path, "field": field}


def _own_fields(text: str, type_: RecordType | None) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise RecordError('"fields" is not a JSON object')
    return {type_.own_name(name) if type_ else name: value for name, value in given.items()}


def _call(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Facts of a call log that systems want in their own units: times, duration in s, min (rounded up) and ms."""
    started, ended = _instant(inputs.get("started")), _instant(inputs.get("ended"))
    seconds = inputs.get("durationSeconds")
    if not isinstance(seconds, int) and started and ended:
        seconds = max(0, round((ended - started).total_seconds()))
    length = seconds if isinstance(seconds, int) else None
    direction = str(inputs.get("direction") or "inbound").casefold()
    return {
        "direction": direction,
        "isOutbound": direction == "outbound",
        "startedMs": round(started.timestamp() * 1000) if started else None,
        "day": (ended or started).date().isoformat() if ended or started else None,  # type: ignore[union-attr]
        "seconds": length,
        "minutes": None if length is None else math.ceil(length / 60),
        "milliseconds": None if length is None else length * 1000,
        "text": _told(inputs, length),
        "subject": inputs.get("subject") or f"Call {inputs.get('phone') or ''}".strip(),
    }


def _told(inputs: Mapping[str, Any], seconds: int | None) -> str:
    """What was known and done, in words for people: where a system has no field of its own for it."""
    facts = {"Queue": inputs.get("queue"), "Agent": inputs.get("agent"), "Wrap-up": inputs.get("wrapUp")}
    facts["Duration"] = None if seconds is None else f"{seconds // 60}:{seconds % 60:02} min"
    facts["Recording"] = inputs.get("recordingUrl")
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    return "\n".join([*lines, str(inputs.get("notes") or "")]).strip()


def _instant(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        raise RecordError("a time is not written as ISO 8601") from None
