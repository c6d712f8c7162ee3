"""Our own routes under ``/api/callwright/v1``: what data actions ask, records, history, merges, changes.

``find-by-phone``, ``find-by-field``, ``record``, ``interactions`` and ``history-summary`` answer the ready actions of
the built-in CRM (data-actions.md §5.2): flat objects, one output per field, missing ones left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from contactcenter.customers import history, merges, records, resolution, searching, writing
from contactcenter.customers.contacts import Contact
from contactcenter.customers.history import Entry
from contactcenter.customers.problems import BadRequestError, NotFoundError
from contactcenter.customers.records import Record
from contactcenter.customers.resolution import BY_FLOW
from contactcenter.customers.routes.contacts import shown
from contactcenter.customers.routes.message import Handler, Request, Response
from contactcenter.customers.service import Customers, company_of, wire_fields
from contactcenter.customers.settings import CustomerSettings
from contactcenter.customers.unit import Unit
from contactcenter.customers.wire import flat_contact, from_iso, iso

DEFAULT_LIMIT = 5
KINDS_OF_CHANGE = ("jsonl", "csv")
_CHANGE_FIELDS = "seq entity contact_id canonical_id field old new agent_id interaction_id at source tx_id".split()


def contact_ref(contact: Contact) -> str:
    """``builtin:contact:<id>``, what a flow keeps in ``crm.record``."""
    return f"builtin:contact:{contact.id}"


def _flat(unit: Unit, contact: Contact) -> dict[str, Any]:
    return {"ref": contact_ref(contact), **flat_contact(contact, unit.settings, company_of(unit, contact))}


def _matches(found: Sequence[Mapping[str, Any]], limit: int, *, several: bool | None = None) -> Response:
    """The first created, the outcome, and every reference."""
    outcome = "unknown" if not found else "several" if (len(found) > 1 if several is None else several) else "found"
    first = found[0] if found else {}
    refs = [one["ref"] for one in found[:limit]]
    return Response(200, {**first, "outcome": outcome, "refs": refs})


def find_by_phone(customers: Customers, request: Request) -> Response:
    """GET /crm/find-by-phone?phone=&type=&limit=: curated holders only; what an earlier call left is nobody yet."""
    number = request.query.get("phone", "")
    kind = request.query.get("type") or "contact"
    limit = request.number("limit", DEFAULT_LIMIT, 1, 100)

    def work(unit: Unit) -> Response:
        match = searching.find_by_phone(unit, number)
        contacts = searching.curated(match)
        if kind == "contact":
            return _matches([_flat(unit, one) for one in contacts], limit)
        _check_type(unit.settings, kind)
        e164 = match.identifier.norm if match.identifier else _e164(unit, number)
        return _matches(
            [records.flat_record(one, unit.settings) for one in _by_phone(unit, kind, e164, contacts)], limit
        )

    return customers.read(work)


def _e164(unit: Unit, number: str) -> str | None:
    from contactcenter.customers.phones import read_phone

    return read_phone(number, unit.settings).e164


def _by_phone(unit: Unit, kind: str, e164: str | None, contacts: Sequence[Contact]) -> list[Record]:
    """Records with this number of their own, then those of its holders; of cases only the open ones."""
    own = records.records(unit, type_=kind, phone=e164) if e164 else []
    ids = [member.id for one in contacts for member in unit.members(one)]
    theirs = records.records(unit, type_=kind, contacts=ids) if ids else []
    if kind == "account":
        accounts = {(one.fields.get("externalOrganization") or {}).get("id") for one in contacts}
        theirs += [one for one in records.records(unit, type_="account", limit=100) if one.id in accounts]
    found = {one.id: one for one in (*own, *theirs)}
    return [one for one in found.values() if kind != "case" or one.status in ("open", "pending")]


def _check_type(settings: CustomerSettings, kind: str) -> None:
    if kind not in ("contact", *records.types(settings)):
        known = ", ".join(("contact", *records.types(settings)))
        raise BadRequestError(f'"{kind}" is no record type; known: {known}')


def find_by_field(customers: Customers, request: Request) -> Response:
    """GET /crm/find-by-field?type=&field=&value=&limit=."""
    kind = request.query.get("type") or "contact"
    field, value = request.query.get("field", ""), request.query.get("value", "")
    limit = request.number("limit", DEFAULT_LIMIT, 1, 100)
    if not field:
        raise BadRequestError('"field" is missing')

    def work(unit: Unit) -> Response:
        if kind == "contact":
            found = searching.find_by_field(unit, field, value, limit + 1)
            return _matches([_flat(unit, one) for one in found], limit)
        _check_type(unit.settings, kind)
        wanted = value.strip().casefold()
        listed = (records.flat_record(one, unit.settings) for one in records.records(unit, type_=kind, limit=10_000))
        hits = [one for one in listed if wanted and str(one.get(field, "")).casefold() == wanted]
        return _matches(list(reversed(hits)), limit)

    return customers.read(work)


def _ref(text: str) -> tuple[str, str]:
    """Type and id of ``builtin:<type>:<id>``."""
    connector, _, rest = text.partition(":")
    kind, _, identity = rest.partition(":")
    if connector != "builtin" or not kind or not identity:
        raise BadRequestError(f'"{text}" is no reference such as builtin:contact:<id>')
    return kind, identity


def get_record(customers: Customers, request: Request) -> Response:
    """GET /crm/record?ref=: the flat record of a contact, account, case ..."""
    kind, identity = _ref(request.query.get("ref", ""))
    return Response(200, customers.read(lambda unit: _flat_ref(unit, kind, identity)))


def _flat_ref(unit: Unit, kind: str, identity: str) -> dict[str, Any]:
    if kind == "contact":
        return _flat(unit, unit.head(identity))
    return records.flat_record(records.record_of(unit, identity, kind), unit.settings)


def _fields_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """``fields`` as an object or as one JSON text."""
    given = body.get("fields") or {}
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except msgspec.DecodeError as error:
            raise BadRequestError('"fields" is no JSON') from error
    if not isinstance(given, Mapping):
        raise BadRequestError('"fields" is an object')
    return given


def create_record(customers: Customers, request: Request) -> Response:
    """POST /crm/record {type, fields}; an ``Idempotency-Key`` makes a repetition harmless."""
    kind = str(request.fields.get("type") or "contact")
    given = _fields_of(request.fields)
    key = request.headers.get("idempotency-key")
    if kind == "contact":
        contact = customers.create_contact(wire_fields(given, customers.settings), request.actor)
        return Response(201, customers.read(lambda unit: _flat(unit, contact)))
    record = customers.write(lambda unit: records.create_record(unit, kind, given, key), request.actor)
    return Response(201, records.flat_record(record, customers.settings))


def update_record(customers: Customers, request: Request) -> Response:
    """PATCH /crm/record?ref= {fields}."""
    kind, identity = _ref(request.query.get("ref") or str(request.fields.get("ref") or ""))
    given = _fields_of(request.fields)
    if kind == "contact":
        contact = customers.update_contact(identity, given, request.actor)
        return Response(200, customers.read(lambda unit: _flat(unit, contact)))

    def work(unit: Unit) -> Record:
        return records.change_record(unit, records.record_of(unit, identity, kind), given, request.revision)

    return Response(200, records.flat_record(customers.write(work, request.actor), customers.settings))


def _time(body: Mapping[str, Any], name: str, default: int | None) -> int | None:
    text = body.get(name)
    if not text:
        return default
    try:
        return int(text) if isinstance(text, int) else from_iso(str(text))
    except ValueError as error:
        raise BadRequestError(f'"{name}" is a time such as 2026-02-04T09:00:00Z') from error


def log_interaction(customers: Customers, request: Request) -> Response:
    """POST /crm/interactions: one entry per conversation, however often it is sent."""
    body = request.fields
    conversation = str(body.get("conversationId") or "")
    if not conversation:
        raise BadRequestError('"conversationId" is missing')
    ref = str(body.get("ref") or "")

    def work(unit: Unit) -> Response:
        contact_id = None
        if ref:
            kind, identity = _ref(ref)
            contact_id = unit.head(identity).id if kind == "contact" else records.record_of(unit, identity).contact_id
            if resolution.link_of(unit, conversation) is None and contact_id is not None:
                resolution.link(unit, conversation, unit.head(contact_id), BY_FLOW)
        entry = Entry(
            id=f"interaction:{conversation}",
            kind="interaction",
            at=_time(body, "started", unit.at) or unit.at,
            ended_at=_time(body, "ended", None),
            title=str(body.get("title") or "Interaction"),
            contact_id=contact_id,
            media=str(body.get("media") or "call"),
            direction=str(body.get("direction") or "inbound"),
            queue=body.get("queue"),
            agents=(str(body["agent"]),) if body.get("agent") else (),
            wrapup=body.get("wrapUp"),
            notes=body.get("notes"),
            ref=f"conversation:{conversation}",
            address=body.get("address"),
        )
        history.log(unit, entry)
        return Response(200, {"ref": entry.id})

    return customers.write(work, request.actor)


def history_summary(customers: Customers, request: Request) -> Response:
    """GET /crm/history-summary?ref=|phone=&days=&queue=; nobody known: counts of 0."""
    ref, phone = request.query.get("ref", ""), request.query.get("phone", "")
    days, queue = request.number("days", 30, 1, 3660), request.query.get("queue") or None

    def work(unit: Unit) -> Response:
        contact: Contact | None = None
        if ref:
            kind, identity = _ref(ref)
            owner = identity if kind == "contact" else records.record_of(unit, identity, kind).contact_id
            contact = unit.head(owner) if owner else None
        elif phone:
            contact = searching.find_by_phone(unit, phone).contact
        if contact is None:
            empty = {"contacts": 0, "contactsSameQueue": 0}
            return Response(200, {**empty, "openCase": False, "openCallback": False, "openWorkItem": False})
        return Response(200, history.summary(unit, contact, days=days, queue=queue))

    return customers.read(work)


def contact_summary(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803 - as the vendor's
    """GET /contacts/{id}/history/summary."""
    days = request.number("days", 30, 1, 3660)
    return Response(200, customers.summary(contactId, days, request.query.get("queue") or None))


def contact_history(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """GET /contacts/{id}/history?kinds=&before=&limit=."""
    kinds = tuple(kind for kind in request.query.get("kinds", "").split(",") if kind) or history.KINDS
    limit = request.number("limit", 25, 1, 100)
    before = _time(request.query, "before", None)

    def work(unit: Unit) -> Response:
        found = history.entries(unit, unit.head(contactId), kinds=kinds, before=before, limit=limit)
        body: dict[str, Any] = {"entities": found}
        if len(found) == limit:
            body["before"] = found[-1]["at"]
        return Response(200, body)

    return customers.read(work)


def list_records(customers: Customers, request: Request) -> Response:
    """GET /crm/records: newest first, by what is asked for."""
    query = request.query
    limit = request.number("limit", 25, 1, 100)
    cursor = request.number("cursor", 0, 0, 2**62)

    def work(unit: Unit) -> Response:
        contact = query.get("contactId")
        ids = [one.id for one in unit.members(unit.head(contact))] if contact else []
        found = records.records(
            unit,
            type_=query.get("type"),
            contacts=ids,
            account=query.get("accountId"),
            status=query.get("status"),
            text=query.get("q"),
            external_id=query.get("externalId"),
            before=cursor or None,
            limit=limit,
        )
        body: dict[str, Any] = {"entities": [_record_json(unit, one) for one in found]}
        if len(found) == limit:
            body["cursor"] = str(found[-1].seq)
        return Response(200, body)

    return customers.read(work)


def _record_json(unit: Unit, record: Record) -> dict[str, Any]:
    contact = unit.contact(record.contact_id) if record.contact_id else None
    return records.record_json(record, contact.head_id if contact else None)


def one_record(customers: Customers, request: Request, recordId: str) -> Response:  # noqa: N803
    """GET /crm/records/{id}."""

    def work(unit: Unit) -> Response:
        record = records.record_of(unit, recordId)
        return Response(200, _record_json(unit, record), {"etag": f'"{record.rev}"'})

    return customers.read(work)


def post_record(customers: Customers, request: Request) -> Response:
    """POST /crm/records, fields at the top level."""
    given = {name: value for name, value in request.fields.items() if name != "type"}
    key = request.headers.get("idempotency-key")
    kind = str(request.fields.get("type") or "")
    record = customers.write(lambda unit: records.create_record(unit, kind, given, key), request.actor)
    return Response(201, records.record_json(record), {"etag": f'"{record.rev}"'})


def patch_record(customers: Customers, request: Request, recordId: str) -> Response:  # noqa: N803
    """PATCH /crm/records/{id} with If-Match."""

    def work(unit: Unit) -> Record:
        return records.change_record(unit, records.record_of(unit, recordId), request.fields, request.revision)

    record = customers.write(work, request.actor)
    return Response(200, records.record_json(record), {"etag": f'"{record.rev}"'})


def delete_record(customers: Customers, request: Request, recordId: str) -> Response:  # noqa: N803
    """DELETE /crm/records/{id}."""
    customers.write(lambda unit: records.delete_record(unit, records.record_of(unit, recordId)), request.actor)
    return Response(200, {})


def link_record(customers: Customers, request: Request, recordId: str, contactId: str) -> Response:  # noqa: N803
    """PUT /crm/records/{id}/contacts/{contactId}."""
    role = str((request.body or {}).get("role") or "other")
    customers.write(
        lambda unit: records.link_contact(unit, records.record_of(unit, recordId), unit.head(contactId), role),
        request.actor,
    )
    return Response(200, {})


def unlink_record(customers: Customers, request: Request, recordId: str, contactId: str) -> Response:  # noqa: N803
    """DELETE /crm/records/{id}/contacts/{contactId}."""
    customers.write(
        lambda unit: records.unlink_contact(unit, records.record_of(unit, recordId), contactId), request.actor
    )
    return Response(200, {})


def preview_merge(customers: Customers, request: Request) -> Response:
    """POST /merges/preview: what the same body gives, and nothing is changed."""
    ids = [str(one) for one in request.fields.get("contactIds") or ()]

    def work(unit: Unit) -> Response:
        planned = merges.preview(unit, ids, request.fields.get("valueOverride") or {})
        body = {
            "result": {**planned.fields, "type": planned.type},
            "fieldSources": planned.sources,
            "conflicts": planned.conflicts,
            "warnings": planned.warnings,
        }
        return Response(200, body)

    return customers.read(work)


def undo_merge(customers: Customers, request: Request, mergeId: str) -> Response:  # noqa: N803
    """POST /merges/{id}/undo?dryRun=."""
    if request.flag("dryRun"):
        conflicts = customers.read(lambda unit: merges.undo_conflicts(unit, mergeId)[2])
        return Response(200, {"conflicts": [msgspec.to_builtins(one) for one in conflicts]})
    body = request.body if isinstance(request.body, Mapping) else {}
    chosen = {str(one.get("item")): one.get("to") for one in body.get("resolutions") or ()}
    accept = body.get("acceptProposals") is True or request.flag("acceptProposals")
    restored = customers.undo_merge(mergeId, chosen, request.actor, accept_proposals=accept)
    return Response(200, {"restored": [{"id": one.id} for one in restored]})


def merges_of(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """GET /contacts/{id}/merges."""

    def work(unit: Unit) -> Response:
        found = [
            {
                "id": one["id"],
                "kind": one["kind"],
                "inputs": one["inputs"],
                "output": one["output"],
                "actor": one["actor"],
                "at": iso(one["at"]),
                "undone": one["undone_by"] is not None,
            }
            for one in merges.events_of(unit, unit.living(contactId))
        ]
        return Response(200, {"entities": found})

    return customers.read(work)


def duplicates(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """GET /contacts/{id}/duplicates: suggestions with their reasons."""

    def work(unit: Unit) -> Response:
        found = searching.duplicates(unit, unit.head(contactId))
        rows = [{"contact": shown(unit, one.contact), "score": one.score, "reasons": one.reasons} for one in found]
        return Response(200, {"entities": rows})

    return customers.read(work)


def changes(customers: Customers, request: Request) -> Response:
    """GET /changes?after=&format=&limit=: the change feed for download (§10.3)."""
    after, limit = request.number("after", 0, 0, 2**62), request.number("limit", 1000, 1, 10_000)
    kind = request.query.get("format", "jsonl")
    if kind not in KINDS_OF_CHANGE:
        raise BadRequestError('"format" is jsonl or csv')
    hidden = not request.flag("includeSensitive")
    if not hidden and not request.allows("externalContacts:export:add"):
        raise NotFoundError("includeSensitive needs externalContacts:export:add")
    rows = customers.read(lambda unit: writing.rows_of_changes(unit, after, limit))
    shown_rows = [_change(row, hide=hidden and row["sensitive"]) for row in rows]
    text, media = (_jsonl(shown_rows), "application/x-ndjson") if kind == "jsonl" else (_csv(shown_rows), "text/csv")
    cursor = str(rows[-1]["seq"]) if rows else str(after)
    return Response(200, text, {"content-type": f"{media}; charset=utf-8", "x-callwright-cursor": cursor})


def _change(row: Mapping[str, Any], *, hide: bool) -> dict[str, Any]:
    found = {name: row[name] for name in _CHANGE_FIELDS}
    found["at"] = iso(row["at"])
    if hide:
        found.update(old=None if row["old"] is None else "***", new=None if row["new"] is None else "***")
    return found


def _jsonl(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(msgspec.json.encode(row).decode() + "\n" for row in rows)


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    from contactcenter.customers.spreadsheet import csv_text

    return csv_text(_CHANGE_FIELDS, rows)


_CRM = "/crm"
HANDLERS: Mapping[str, tuple[tuple[str, ...], Handler]] = {
    f"GET {_CRM}/find-by-phone": (("externalContacts:contact:view",), find_by_phone),
    f"GET {_CRM}/find-by-field": (("externalContacts:contact:view",), find_by_field),
    f"GET {_CRM}/record": (("crm:record:view",), get_record),
    f"POST {_CRM}/record": (("crm:record:add",), create_record),
    f"PATCH {_CRM}/record": (("crm:record:edit",), update_record),
    f"POST {_CRM}/interactions": (("crm:record:edit",), log_interaction),
    f"GET {_CRM}/history-summary": (("externalContacts:contact:view",), history_summary),
    f"GET {_CRM}/records": (("crm:record:view",), list_records),
    f"POST {_CRM}/records": (("crm:record:add",), post_record),
    f"GET {_CRM}/records/{{recordId}}": (("crm:record:view",), one_record),
    f"PATCH {_CRM}/records/{{recordId}}": (("crm:record:edit",), patch_record),
    f"DELETE {_CRM}/records/{{recordId}}": (("crm:record:delete",), delete_record),
    f"PUT {_CRM}/records/{{recordId}}/contacts/{{contactId}}": (
        ("crm:record:link", "externalContacts:contact:view"),
        link_record,
    ),
    f"DELETE {_CRM}/records/{{recordId}}/contacts/{{contactId}}": (
        ("crm:record:link", "externalContacts:contact:view"),
        unlink_record,
    ),
    "GET /contacts/{contactId}/history": (("externalContacts:contact:view",), contact_history),
    "GET /contacts/{contactId}/history/summary": (("externalContacts:contact:view",), contact_summary),
    "GET /contacts/{contactId}/merges": (("externalContacts:identity:merge",), merges_of),
    "GET /contacts/{contactId}/duplicates": (("externalContacts:identity:merge",), duplicates),
    "POST /merges/preview": (("externalContacts:identity:merge",), preview_merge),
    "POST /merges/{mergeId}/undo": (("externalContacts:identity:merge",), undo_merge),
    "GET /changes": (("callwright:changes:view",), changes),
}
"""Our own operations with the permissions that all are needed."""
