"""JSON Schema of ``organisation.yaml``, from the kinds and the keys that their readers know.

The readers keep what they do not know, with an info; so further keys are allowed here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from contactcenter.organisation import crm, data_tables, people, prompts, queues
from contactcenter.organisation.kinds import ELSEWHERE, KINDS, SECTIONS, SETTINGS, Kind
from contactcenter.organisation.schedules import GROUP_SECTIONS
from contactcenter.organisation.things import EXTRA_KEYS, METADATA
from dsl.schema.parts import (
    ANYTHING,
    FLAG,
    TEXT,
    Schema,
    described,
    document,
    listed,
    mapped,
    record,
    ref,
    short,
    whole,
    words,
)

_NAMED = short("string", "number", schema=record({"name": TEXT, "id": TEXT}, rest=True))
"""A reference: a name, an id, or a mapping that holds one of them."""


def organisation_schema() -> Schema:
    """JSON Schema of an organisation file."""
    properties: dict[str, Schema] = {}
    for section, row in SECTIONS.items():
        items = listed(ref(row.kind))
        properties[section] = described(short("null", schema=items), f"every {row.label}")
    properties |= dict.fromkeys((*SETTINGS, *ELSEWHERE), ANYTHING)
    properties |= {"crm": _crm(), "numbers": _numbers(), "attributes": _attributes()}
    root = record(properties, rest=True)
    return document("organisation", "Organisation", root, {kind: _thing(row) for kind, row in KINDS.items()})


def _thing(row: Kind) -> Schema:
    """An entry: its keys as a mapping, or just its name."""
    held: dict[str, Schema] = dict.fromkeys((*METADATA, *EXTRA_KEYS.get(row.kind, ())), ANYTHING)
    held |= {"name": described(TEXT, f"the name of the {row.label}"), "division": _NAMED, "description": TEXT}
    held |= _OWN.get(row.kind, dict)()
    return short("string", schema=record(held, [row.key], rest=True))


def _queue() -> dict[str, Schema]:
    held: dict[str, Schema] = dict.fromkeys(queues.KEYS, ANYTHING)
    held |= {key: described(words(allowed), None) for key, allowed in queues.WORDS.items()}
    member = record({"user": TEXT, "joined": FLAG, "ringNumber": whole(1, 6)}, rest=True)
    media = record(
        {
            "alertingTimeoutSeconds": {"type": "number", "minimum": 1, "maximum": 86_400},
            "serviceLevel": record({"percentage": {"type": "number"}, "durationMs": {"type": "number"}}, rest=True),
        },
        rest=True,
    )
    acw = {"wrapupPrompt": words(queues.WRAPUP_PROMPTS), "timeoutMs": whole(1_000, 3_600_000)}
    return {
        **held,
        "name": described(TEXT, "the queue's name"),
        "division": _NAMED,
        "members": described(listed(short("string", schema=member)), "users by their user name"),
        "memberGroups": listed(_NAMED),
        "wrapupCodes": listed(_NAMED),
        "mediaSettings": record(dict.fromkeys(queues.MEDIA, media), rest=True),
        "acwSettings": record(acw, rest=True),
    }


def _user() -> dict[str, Schema]:
    held_skill = record({"name": TEXT, "proficiency": {"type": "number", "minimum": 0, "maximum": 5}}, rest=True)
    skills = listed(short("string", schema=held_skill))
    role = short("string", schema=record({"role": TEXT, "name": TEXT, "division": TEXT}, rest=True))
    return {
        **dict.fromkeys(people.USER_KEYS, ANYTHING),
        "username": described(TEXT, "the e-mail address that flows and queues name the user by"),
        "name": TEXT,
        "roles": described(listed(role), "what the user may do"),
        "skills": skills,
        "languages": skills,
    }


def _group() -> dict[str, Schema]:
    return {"type": words(people.GROUP_TYPES), "members": listed(_NAMED), "skillConditions": ANYTHING}


def _prompt() -> dict[str, Schema]:
    resource = record(dict.fromkeys(prompts.RESOURCE_KEYS, ANYTHING), ["language"], rest=True)
    return {
        "resources": listed(resource),
        "texts": described(mapped(TEXT), "what is said, by language"),
        "text": described(TEXT, "what is said in every language"),
    }


def _schedule() -> dict[str, Schema]:
    local = {"type": "string", "examples": ["2026-01-01T08:00:00"]}
    rule = {"type": "string", "examples": ["FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"]}
    return {
        "start": described(local, "local time, without a zone"),
        "end": described(local, "local time, without a zone"),
        "rrule": described(rule, "an iCalendar rule: yearly, monthly, weekly or daily"),
        "timeZone": {"type": "string", "examples": ["Europe/Berlin"]},
    }


def _schedule_group() -> dict[str, Schema]:
    zone = {"type": "string", "examples": ["Europe/Berlin"]}
    return {"timeZone": zone, **dict.fromkeys(GROUP_SECTIONS, listed(_NAMED))}


def _emergency_group() -> dict[str, Schema]:
    return {"enabled": FLAG, "emergencyCallFlows": ANYTHING}


def _data_table() -> dict[str, Schema]:
    types = words(data_tables.TYPES)
    column = short("string", schema=record({"type": types, "default": ANYTHING, "title": TEXT}, rest=True))
    return {
        "key": described(TEXT, "the key column's name"),
        "columns": described(mapped(column), "string, integer, number or boolean, by column"),
        "schema": ANYTHING,
        "rows": described({"type": ["array", "object"]}, "rows as a list, or by key"),
    }


def _role() -> dict[str, Schema]:
    permission = {"type": "string", "examples": ["routing:queue:view", "conversation:*:*"]}
    return {"permissions": listed(permission), "permissionPolicies": ANYTHING, "default": ANYTHING}


_OWN: Mapping[str, Callable[[], dict[str, Schema]]] = {
    "queue": _queue,
    "user": _user,
    "group": _group,
    "prompt": _prompt,
    "schedule": _schedule,
    "schedule-group": _schedule_group,
    "emergency-group": _emergency_group,
    "data-table": _data_table,
    "role": _role,
}
"""What the kinds with a reader of their own have besides; all others are plain."""


def _crm() -> Schema:
    types = {"type": "string", "examples": list(crm.CORE_TYPES)}  # the reader forgives case and blanks
    field = record({**dict.fromkeys(crm.FIELD_KEYS, ANYTHING), "name": TEXT, "type": types}, ["name"], rest=True)
    fields = {"type": ["array", "object"], "items": short("string", schema=field), "maxItems": crm.MAX_FIELDS}
    own = {**record({"fields": fields, "label": TEXT, "title": TEXT, "status": ANYTHING}, rest=True)}
    held: dict[str, Schema] = {
        "enabled": FLAG,
        "unique_fields": listed(TEXT),
        "fields": described(fields, "custom fields of contacts"),
        "objects": {**mapped(own), "maxProperties": crm.MAX_OBJECTS},
        **dict.fromkeys(crm.STANDARD_RECORDS, record({"fields": fields}, rest=True)),
    }
    return short("null", schema=record(held, rest=True))


def _numbers() -> Schema:
    entry = record({"number": TEXT, "flow": _NAMED}, ["number", "flow"], rest=True)
    return {"type": ["object", "array", "null"], "additionalProperties": _NAMED, "items": entry}


def _attributes() -> Schema:
    marked = record({"name": TEXT, "sensitive": FLAG}, rest=True)
    return {"type": ["object", "array", "null"], "additionalProperties": marked, "items": marked}
