"""One history of a person: interactions, callbacks, work items, notes, merges and changes in one line of time (§7).

Everything is read through the merge set, newest first. An entry keeps the contact as it was linked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, insert, or_, select

from contactcenter.customers import tables
from contactcenter.customers.contacts import Contact
from contactcenter.customers.problems import BadRequestError, NotFoundError
from contactcenter.customers.resolution import link_of
from contactcenter.customers.settings import DAY_MS
from contactcenter.customers.unit import Unit
from contactcenter.customers.wire import iso
from contactcenter.customers.writing import touch

KINDS = ("interaction", "callback", "workitem", "webevent", "note", "change", "merge")
CONVERSATIONS = ("interaction", "callback")
"""Kinds whose entries are conversations; their id is ``interaction:`` and the conversation's."""

MAX_NOTE = 32_000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry to log; ``ref`` opens it, ``id`` makes a second log of the same thing an update.

    ``address`` is the identifier that the customer came with (E.164, e-mail, cookie), ``resolved`` what the
    wrap-up code says about the matter.
    """

    id: str
    kind: str
    at: int
    title: str = ""
    ended_at: int | None = None
    due_at: int | None = None
    contact_id: str | None = None
    media: str | None = None
    direction: str | None = None
    queue: str | None = None
    agents: tuple[str, ...] = ()
    wrapup: str | None = None
    resolved: bool | None = None
    ref: str | None = None
    division: str = "*"
    address: str | None = None
    notes: str | None = None
    data: Mapping[str, Any] = {}

    @property
    def state(self) -> str:
        """open or closed."""
        return "open" if self.ended_at is None else "closed"


_DATA = ("title", "media", "direction", "queue", "agents", "wrapup", "resolved", "notes", "data")


def log(unit: Unit, entry: Entry) -> None:
    """Write an entry, or what it has become; a conversation belongs to whom it is linked to."""
    if entry.kind not in KINDS:
        raise BadRequestError(f'"{entry.kind}" is no kind of entry; known: {", ".join(KINDS)}')
    contact_id = entry.contact_id
    if entry.kind in CONVERSATIONS and contact_id is None:
        linked = link_of(unit, entry.id.removeprefix("interaction:"))
        contact_id = linked.contact_id if linked else None
    row = {
        "id": entry.id,
        "kind": entry.kind,
        "contact_id": contact_id,
        "at": entry.at,
        "ended_at": entry.ended_at,
        "due_at": entry.due_at,
        "state": entry.state,
        "ref": entry.ref,
        "division": entry.division,
        "address": entry.address,
        "data": {name: msgspec.to_builtins(getattr(entry, name)) for name in _DATA},
    }
    unit.run(delete(tables.entry).where(tables.entry.c.id == entry.id))
    unit.run(insert(tables.entry).values(**row))
    if contact_id is not None and entry.kind in CONVERSATIONS:
        contact = unit.contact(contact_id)
        head = unit.contact(contact.head_id) if contact is not None else None
        if head is not None and head.deleted_at is None:
            touch(unit, head)


def reresolve(unit: Unit, contact: Contact, addresses: Iterable[str]) -> int:
    """Give earlier unlinked interactions with these addresses to a contact that was just made (§5)."""
    since = unit.at - unit.settings.reresolve_days * DAY_MS
    wanted = sorted(set(addresses))
    table = tables.entry
    condition = (table.c.contact_id.is_(None)) & (table.c.address.in_(wanted)) & (table.c.at >= since)
    found = len(unit.rows(select(table.c.id).where(condition))) if wanted else 0
    if found:
        unit.run(table.update().where(condition).values(contact_id=contact.id))
    return found


def entries(
    unit: Unit, contact: Contact, *, kinds: Sequence[str] = KINDS, before: int | None = None, limit: int = 25
) -> list[dict[str, Any]]:
    """The newest entries of the whole set before a time."""
    ids = [one.id for one in unit.members(contact)]
    head = contact.head_id
    found: list[dict[str, Any]] = []
    table = tables.entry.c
    query = select(tables.entry).where(table.contact_id.in_(ids), table.kind.in_(list(kinds)))
    if before is not None:
        query = query.where(table.at < before)
    rows = unit.rows(query.order_by(table.at.desc(), table.id.desc()).limit(limit))
    notes = notes_of(unit, ids)
    found = [_entry_json(row, head, notes) for row in rows]
    if "note" in kinds:
        found += [_note_entry(note, head) for note in notes if before is None or note["created_at"] < before]
    if "merge" in kinds:
        found += [entry for entry in _merge_entries(unit, ids, head) if before is None or entry["_at"] < before]
    if "change" in kinds:
        found += _change_entries(unit, ids, head, before, limit)
    found.sort(key=lambda one: (one["_at"], one["id"]), reverse=True)
    return [{name: value for name, value in one.items() if name != "_at"} for one in found[:limit]]


def _entry_json(row: Mapping[str, Any], head: str, notes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    data = row["data"]
    conversation = row["id"].partition(":")[2]
    found = {
        "id": row["id"],
        "kind": row["kind"],
        "_at": row["at"],
        "at": iso(row["at"]),
        "endedAt": iso(row["ended_at"]),
        "dueAt": iso(row["due_at"]),
        "state": row["state"],
        "contactId": row["contact_id"],
        "canonicalId": head,
        "ref": row["ref"],
        "division": row["division"],
        "noteIds": [note["id"] for note in notes if note["conversation_id"] == conversation],
        **{name: data.get(name) for name in _DATA if name != "data"},
        **(data.get("data") or {}),
    }
    return {name: value for name, value in found.items() if value is not None or name == "resolved"}


def _plain_entry(kind: str, identity: str, at: int, title: str, head: str, **more: Any) -> dict[str, Any]:
    shared = {"id": identity, "kind": kind, "_at": at, "at": iso(at), "state": "closed", "title": title}
    return {**shared, "canonicalId": head, **more}


def _note_entry(note: Mapping[str, Any], head: str) -> dict[str, Any]:
    title = str(note["text"]).splitlines()[0][:120]
    return _plain_entry("note", note["id"], note["created_at"], title, head, contactId=note["entity_id"])


def _merge_entries(unit: Unit, ids: Sequence[str], head: str) -> list[dict[str, Any]]:
    wanted = set(ids)
    rows = unit.rows(select(tables.merge))
    return [
        _plain_entry("merge", row["id"], row["at"], row["kind"], head, contactId=row["output"])
        for row in rows
        if row["output"] in wanted or wanted & set(row["inputs"])
    ]


def _change_entries(unit: Unit, ids: Sequence[str], head: str, before: int | None, limit: int) -> list[dict[str, Any]]:
    table = tables.change.c
    query = select(tables.change).where(table.contact_id.in_(ids), table.sensitive.is_(False))
    if before is not None:
        query = query.where(table.at < before)
    rows = unit.rows(query.order_by(table.seq.desc()).limit(limit))
    return [
        _plain_entry(
            "change", f"change:{row['seq']:012d}", row["at"], row["field"], head, old=row["old"], new=row["new"]
        )
        for row in rows
    ]


def summary(unit: Unit, contact: Contact, *, days: int = 30, queue: str | None = None) -> dict[str, Any]:
    """What earlier interactions say about this call; the running one is not counted (§7 *Summary*)."""
    ids = [one.id for one in unit.members(contact)]
    table = tables.entry.c
    rows = unit.rows(select(tables.entry).where(table.contact_id.in_(ids)))
    ended = sorted(
        (row for row in rows if row["kind"] == "interaction" and row["ended_at"] is not None),
        key=lambda row: (row["ended_at"], row["id"]),
    )
    recent = [row for row in ended if row["ended_at"] >= unit.at - days * DAY_MS]
    last = ended[-1] if ended else None
    data: Mapping[str, Any] = last["data"] if last else {}
    wanted = queue or data.get("queue")
    found: dict[str, Any] = {
        "contacts": len(recent),
        "contactsSameQueue": sum(row["data"].get("queue") == wanted for row in recent) if wanted else 0,
        "lastAt": iso(last["ended_at"]) if last else None,
        "lastMedia": data.get("media"),
        "lastQueue": data.get("queue"),
        "lastAgentId": (data.get("agents") or [None])[-1],
        "lastWrapUp": data.get("wrapup"),
        "lastResolved": data.get("resolved"),
        **_open_case(unit, ids),
        **_open_entry(rows, "callback", "openCallback", "At"),
        **_open_entry(rows, "workitem", "openWorkItem", "Due"),
    }
    return {name: value for name, value in found.items() if value is not None}


def _open_case(unit: Unit, ids: Sequence[str]) -> dict[str, Any]:
    table = tables.record.c
    query = select(tables.record).where(
        table.type == "case",
        table.contact_id.in_(ids),
        table.deleted_at.is_(None),
        or_(table.status == "open", table.status == "pending"),
    )
    rows = unit.rows(query.order_by(table.seq.desc()).limit(1))
    return {"openCase": bool(rows), "openCaseRef": f"builtin:case:{rows[0]['id']}" if rows else None}


def _open_entry(rows: Sequence[Mapping[str, Any]], kind: str, name: str, time: str) -> dict[str, Any]:
    waiting = [row for row in rows if row["kind"] == kind and row["state"] == "open"]
    first = min(waiting, key=lambda row: (row["due_at"] is None, row["due_at"] or 0), default=None)
    found: dict[str, Any] = {name: first is not None, f"{name}{time}": iso(first["due_at"]) if first else None}
    if kind == "workitem":
        found[f"{name}Id"] = first["id"].partition(":")[2] if first else None
    return found


# Notes.


def add_note(
    unit: Unit, entity_type: str, entity_id: str, text: Any, conversation: str | None = None
) -> dict[str, Any]:
    """A note on a contact or organisation; plain text of 1 to 32,000 characters."""
    row = {
        "id": unit.new_id(),
        "seq": unit.seq(),
        "entity_type": entity_type,
        "entity_id": entity_id,
        "text": note_text(text),
        "created_by": unit.actor.id,
        "conversation_id": conversation or unit.actor.interaction,
        "created_at": unit.at,
        "modified_at": unit.at,
    }
    unit.run(insert(tables.note).values(**row))
    return row


def note_text(text: Any) -> str:
    """The text of a note, stripped; raises ``BadRequestError``."""
    stripped = text.strip() if isinstance(text, str) else ""
    if not 1 <= len(stripped) <= MAX_NOTE:
        raise BadRequestError(f"a note has 1 to {MAX_NOTE} characters", details=[{"fieldName": "noteText"}])
    return stripped


def notes_of(unit: Unit, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Notes on these entities, newest first."""
    table = tables.note.c
    query = (
        select(tables.note).where(table.entity_id.in_(list(ids))).order_by(table.created_at.desc(), table.seq.desc())
    )
    return unit.rows(query)


def note_of(unit: Unit, note_id: str, ids: Sequence[str]) -> dict[str, Any]:
    """One note on one of these entities; raises ``NotFoundError``."""
    found = [note for note in notes_of(unit, ids) if note["id"] == note_id]
    if not found:
        raise NotFoundError(f"there is no note {note_id}")
    return found[0]


def change_note(unit: Unit, note: Mapping[str, Any], text: Any) -> dict[str, Any]:
    """Another text for a note."""
    changed = {**note, "text": note_text(text), "modified_at": unit.at}
    table = tables.note
    unit.run(table.update().where(table.c.id == note["id"]).values(text=changed["text"], modified_at=unit.at))
    return changed


def delete_note(unit: Unit, note: Mapping[str, Any]) -> None:
    """Remove a note."""
    unit.run(delete(tables.note).where(tables.note.c.id == note["id"]))


def note_json(note: Mapping[str, Any]) -> dict[str, Any]:
    """The vendor's note."""
    return {
        "id": note["id"],
        "entityId": note["entity_id"],
        "entityType": note["entity_type"],
        "noteText": note["text"],
        "createdBy": {"id": note["created_by"]},
        "createDate": iso(note["created_at"]),
        "modifyDate": iso(note["modified_at"]),
    }
