"""Records of the built-in CRM beside contacts: accounts, cases, leads, tasks and custom objects (customers.md §9.2).

An account is the organisation of the vendor's API; both names read and write the same row. A record's
``contact_id`` keeps the contact as linked, reads answer with the canonical one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import insert, select

from contactcenter.customers import tables
from contactcenter.customers.contacts import Contact
from contactcenter.customers.custom_fields import plain_names, read_custom_fields, searched_texts
from contactcenter.customers.phones import phone_field
from contactcenter.customers.problems import BadRequestError, NotFoundError, StaleError
from contactcenter.customers.settings import CustomerSettings
from contactcenter.customers.unit import Unit
from contactcenter.customers.wire import iso

TEXT_LIMITS: Mapping[str, Mapping[str, int]] = {
    "account": {"name": 1000, "companyType": 1000, "industry": 1000, "externalSystemUrl": 1000},
    "case": {"subject": 255, "description": 32_000, "dueAt": 40},
    "lead": {"firstName": 1000, "lastName": 1000, "company": 255, "phone": 64, "email": 256, "source": 100},
    "task": {"subject": 255, "dueAt": 40, "assigneeId": 64, "doneAt": 40, "direction": 16, "notes": 32_000},
}
OTHER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "account": tuple("address phoneNumber faxNumber employeeCount revenue tags websites tickers externalIds".split()),
    "case": ("priority",),
    "lead": ("score",),
    "task": tuple("durationS interactionId startedAt endedAt queue agent wrapUp ani dnis".split()),
}
STATUS: Mapping[str, tuple[str, ...]] = {
    "account": (),
    "case": ("open", "pending", "solved", "closed"),
    "lead": ("new", "contacted", "qualified", "lost", "converted"),
    "task": ("open", "done"),
}
TITLE = {"account": "name", "case": "subject", "lead": "company", "task": "subject"}
PRIORITIES = ("low", "normal", "high", "urgent")
CLOSING = frozenset({"solved", "closed", "lost", "converted", "done"})
_COMMON = frozenset(
    "type status contactId accountId parentId ownerId externalSource externalId customFields contacts number".split()
)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A row; ``fields`` are those of its type, custom fields under ``customFields``."""

    id: str
    seq: int
    type: str
    title: str
    fields: Mapping[str, Any]
    created_at: int
    modified_at: int
    number: str | None = None
    status: str | None = None
    phone: str | None = None
    contact_id: str | None = None
    account_id: str | None = None
    parent_id: str | None = None
    external_source: str | None = None
    external_id: str | None = None
    owner_id: str | None = None
    division: str = "*"
    closed_at: int | None = None
    deleted_at: int | None = None
    key: str | None = None
    rev: int = 1

    @property
    def ref(self) -> str:
        """Its reference in participant data: ``builtin:<type>:<id>``."""
        return f"builtin:{self.type}:{self.id}"


def types(settings: CustomerSettings) -> tuple[str, ...]:
    """Every record type there is."""
    return (*TEXT_LIMITS, *settings.objects)


def create_record(unit: Unit, type_: str, given: Mapping[str, Any], key: str | None = None) -> Record:
    """A new record; the same idempotency key gives the record it made."""
    if key is not None:
        made = _read(unit, tables.record.c.key == key)
        if made:
            return made[0]
    _check_type(unit, type_)
    seq = unit.seq()
    blank = Record(
        id=unit.new_id(),
        seq=seq,
        type=type_,
        title="",
        fields={},
        created_at=unit.at,
        modified_at=unit.at,
        number=f"C-{_count(unit, type_) + 1:06d}" if type_ == "case" else None,
        key=key,
        owner_id=unit.actor.id,
    )
    defaults = {"status": (_statuses(unit, type_) or (None,))[0]}
    record = _with(unit, blank, {**defaults, **given})
    if not record.title and type_ in TITLE and type_ != "lead":
        raise BadRequestError(f'a {type_} needs "{TITLE[type_]}"', details=[{"fieldName": TITLE[type_]}])
    unit.run(insert(tables.record).values(**_row(record, unit.settings)))
    _link_others(unit, record, given.get("contacts"))
    _log(unit, record, "created", None, record.title)
    return record


def change_record(unit: Unit, record: Record, given: Mapping[str, Any], expected_rev: int | None = None) -> Record:
    """Change fields; status moves along the list of its type only, unknown fields are refused."""
    if expected_rev is not None and record.rev != expected_rev:
        raise StaleError(f"the record has revision {record.rev} by now, not {expected_rev}")
    changed = replace(_with(unit, record, given), modified_at=unit.at, rev=record.rev + 1)
    table = tables.record
    unit.run(table.update().where(table.c.id == record.id).values(**_row(changed, unit.settings)))
    for name in sorted(given):
        if name not in ("customFields", "contacts"):
            _log(unit, changed, name, _plain(record, name), _plain(changed, name))
    return changed


def delete_record(unit: Unit, record: Record) -> None:
    """Tombstone."""
    table = tables.record
    unit.run(table.update().where(table.c.id == record.id).values(deleted_at=unit.at))
    _log(unit, record, "deleted", False, True)


def record_of(unit: Unit, identity: str, type_: str | None = None) -> Record:
    """A living record by id, or a case by its number; raises ``NotFoundError``."""
    table = tables.record.c
    found = _read(unit, (table.id == identity) | (table.number == identity))
    if not found or (type_ is not None and found[0].type != type_):
        raise NotFoundError(f"there is no {type_ or 'record'} {identity}")
    return found[0]


def records(
    unit: Unit,
    *,
    type_: str | None = None,
    contacts: Sequence[str] = (),
    account: str | None = None,
    status: str | None = None,
    text: str | None = None,
    external_id: str | None = None,
    phone: str | None = None,
    before: int | None = None,
    limit: int = 25,
) -> list[Record]:
    """Records that fit everything asked for, newest first; ``before`` is the sequence of the last one seen."""
    table = tables.record.c
    other = select(tables.record_contact.c.record_id).where(tables.record_contact.c.contact_id.in_(list(contacts)))
    conditions = [
        table.type == type_ if type_ else None,
        table.contact_id.in_(list(contacts)) | table.id.in_(other) if contacts else None,
        table.account_id == account if account else None,
        table.status == status if status else None,
        table.external_id == external_id if external_id else None,
        table.phone == phone if phone else None,
        table.seq < before if before is not None else None,
        *(table.search.contains(" " + word, autoescape=True) for word in (text or "").casefold().split()),
    ]
    query_condition: Any = table.deleted_at.is_(None)
    for condition in conditions:
        if condition is not None:
            query_condition = query_condition & condition
    return _read(unit, query_condition, limit)


def _read(unit: Unit, condition: Any, limit: int = 100) -> list[Record]:  # an SQL condition
    table = tables.record.c
    query = select(tables.record).where(condition, table.deleted_at.is_(None)).order_by(table.seq.desc()).limit(limit)
    rows = unit.rows(query)
    return [Record(**{name: value for name, value in row.items() if name != "search"}) for row in rows]


def related(unit: Unit, contact: Contact) -> list[Record]:
    """A contact's own records, those of its account, and those of its household, one level away."""
    ids = [one.id for one in unit.members(contact)]
    own = records(unit, contacts=ids, limit=100)
    account = (contact.fields.get("externalOrganization") or {}).get("id")
    found = {one.id: one for one in own}
    if account:
        found.update({one.id: one for one in _read(unit, tables.record.c.id == account)})
        found.update({one.id: one for one in records(unit, account=account, limit=100)})
    return sorted(found.values(), key=lambda one: one.seq, reverse=True)


def link_contact(unit: Unit, record: Record, contact: Contact, role: str) -> None:
    """Link a further contact to a record."""
    unlink_contact(unit, record, contact.id)
    row = {"record_id": record.id, "contact_id": contact.id, "role": role}
    unit.run(insert(tables.record_contact).values(**row))
    _log(unit, record, "contacts", None, contact.id)


def unlink_contact(unit: Unit, record: Record, contact_id: str) -> None:
    """Take a further contact off a record."""
    table = tables.record_contact
    unit.run(table.delete().where(table.c.record_id == record.id, table.c.contact_id == contact_id))


def record_json(record: Record, canonical: str | None = None) -> dict[str, Any]:
    """A record on the wire; ``canonical`` answers for the contact as linked."""
    found = {
        "id": record.id,
        "ref": record.ref,
        "type": record.type,
        "number": record.number,
        "title": record.title,
        "status": record.status,
        **record.fields,
        "contactId": canonical or record.contact_id,
        "accountId": record.account_id,
        "parentId": record.parent_id,
        "externalSource": record.external_source,
        "externalId": record.external_id,
        "ownerId": record.owner_id,
        "division": record.division,
        "createdAt": iso(record.created_at),
        "modifiedAt": iso(record.modified_at),
        "closedAt": iso(record.closed_at),
        "rev": record.rev,
        "selfUri": f"/api/callwright/v1/crm/records/{record.id}",
    }
    return {name: value for name, value in found.items() if value is not None}


def flat_record(record: Record, settings: CustomerSettings) -> dict[str, Any]:
    """The record as flows see it: custom fields without their type suffix."""
    found = {name: value for name, value in record_json(record).items() if name not in ("customFields", "selfUri")}
    found.setdefault("name", record.title)
    return {**found, **plain_names(record.fields.get("customFields") or {}, record.type, settings)}


def _check_type(unit: Unit, type_: str) -> None:
    if type_ not in types(unit.settings):
        raise BadRequestError(f'"{type_}" is no record type; known: {", ".join(types(unit.settings))}')


def _statuses(unit: Unit, type_: str) -> tuple[str, ...]:
    declared = unit.settings.objects.get(type_)
    return declared.status if declared is not None else STATUS.get(type_, ())


def _count(unit: Unit, type_: str) -> int:
    """The highest number given so far; deleted records keep theirs."""
    table = tables.record.c
    rows = unit.rows(select(table.number).where(table.type == type_).order_by(table.seq.desc()).limit(1))
    return int(rows[0]["number"].removeprefix("C-")) if rows else 0


def _with(unit: Unit, record: Record, given: Mapping[str, Any]) -> Record:
    fields = dict(record.fields)
    custom = dict(fields.get("customFields") or {})
    limits = TEXT_LIMITS.get(record.type, {})
    others = OTHER_FIELDS.get(record.type, ())
    own = {field.name for field in unit.settings.fields.get(record.type, ())}
    own |= {field.key for field in unit.settings.fields.get(record.type, ())}
    for name, value in given.items():
        if name in _COMMON or name == "title":
            continue
        if name in own:
            custom[name] = value
        elif name in limits or name in others:
            read = _field(name, value, limits.get(name), unit.settings)
            fields.pop(name, None)
            if read is not None:
                fields[name] = read
        else:
            raise BadRequestError(f'a {record.type} has no field "{name}"', details=[{"fieldName": name}])
    custom.update(given.get("customFields") or {})
    stored = read_custom_fields(custom, record.type, unit.settings)
    fields.pop("customFields", None)
    if stored:
        fields["customFields"] = stored
    status = given.get("status", record.status)
    if status is not None and status not in _statuses(unit, record.type):
        known = ", ".join(_statuses(unit, record.type)) or "none"
        raise BadRequestError(f'"{status}" is no status of a {record.type}; known: {known}')
    contact_id = given.get("contactId", record.contact_id)
    if contact_id and contact_id != record.contact_id:
        unit.living(contact_id)
    changed = replace(
        record,
        fields=fields,
        status=status,
        contact_id=contact_id or None,
        account_id=given.get("accountId", record.account_id),
        parent_id=given.get("parentId", record.parent_id),
        owner_id=given.get("ownerId", record.owner_id),
        external_source=given.get("externalSource", record.external_source),
        external_id=given.get("externalId", record.external_id),
        closed_at=(record.closed_at or unit.at) if status in CLOSING else None,
        phone=_phone(fields),
    )
    return replace(changed, title=_title(changed, unit.settings))


def _field(name: str, value: Any, limit: int | None, settings: CustomerSettings) -> Any:
    if value in (None, ""):
        return None
    if name in ("phoneNumber", "faxNumber"):
        return phone_field(value, settings)
    if name == "priority" and value not in PRIORITIES:
        raise BadRequestError(f'"priority" is one of {", ".join(PRIORITIES)}', details=[{"fieldName": name}])
    if name == "score" and not (isinstance(value, int) and 0 <= value <= 100):
        raise BadRequestError('"score" is a number from 0 to 100', details=[{"fieldName": name}])
    if limit is None:
        return value
    text = str(value).strip()
    if len(text) > limit:
        message = f'"{name}" has {len(text)} characters; {limit} are possible'
        raise BadRequestError(message, details=[{"fieldName": name}])
    if name == "phone":
        phone = phone_field(text, settings) or {}
        return phone.get("e164") or text
    return text or None


def _phone(fields: Mapping[str, Any]) -> str | None:
    number = fields.get("phoneNumber")
    found = number.get("e164") if isinstance(number, Mapping) else fields.get("phone")
    return str(found) if found and str(found).startswith("+") else None


def _title(record: Record, settings: CustomerSettings) -> str:
    declared = settings.objects.get(record.type)
    if declared is not None:
        named = plain_names(record.fields.get("customFields") or {}, record.type, settings)
        return str(named.get(declared.title or "", "")) or declared.label
    if record.type == "lead":
        person = " ".join(str(record.fields[name]) for name in ("firstName", "lastName") if name in record.fields)
        return person or str(record.fields.get("company", ""))
    return str(record.fields.get(TITLE[record.type], ""))


def _row(record: Record, settings: CustomerSettings) -> dict[str, Any]:
    words = [record.title, record.number or "", record.external_id or ""]
    words += [str(value) for value in record.fields.values() if isinstance(value, str)]
    words += searched_texts(record.fields.get("customFields") or {}, record.type, settings)
    search = " " + " ".join(word.casefold() for word in words if word)
    return {**msgspec.structs.asdict(record), "search": search}


def _plain(record: Record, name: str) -> Any:
    own = {"contactId": record.contact_id, "accountId": record.account_id, "status": record.status}
    own.update({"parentId": record.parent_id, "ownerId": record.owner_id, "externalId": record.external_id})
    return own[name] if name in own else record.fields.get(name)


def _link_others(unit: Unit, record: Record, contacts: Any) -> None:
    for entry in contacts if isinstance(contacts, Sequence) and not isinstance(contacts, str) else ():
        if isinstance(entry, Mapping) and entry.get("id"):
            link_contact(unit, record, unit.living(str(entry["id"])), str(entry.get("role") or "other"))


def _log(unit: Unit, record: Record, field: str, old: Any, new: Any) -> None:
    placeholder = Contact(id=record.id, seq=0, fields={}, created_at=0, modified_at=0, modified_seq=0)
    unit.log_change(placeholder, f"{record.type}.{field}", old, new, entity="record")
