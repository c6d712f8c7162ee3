"""Merge, preview, promote and undo as units of work; the rules of choice are in ``merging`` (customers.md §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import insert, select

from contactcenter.customers import tables
from contactcenter.customers.contacts import CURATED, Contact
from contactcenter.customers.fields import read_fields
from contactcenter.customers.identifiers import identifiers_of
from contactcenter.customers.merging import Plan, check_heads, check_ids, plan, point_at, release_inputs
from contactcenter.customers.problems import BadRequestError, ClashError, NotFoundError, UnprocessableError
from contactcenter.customers.settings import DAY_MS
from contactcenter.customers.unit import Unit, digest
from contactcenter.customers.writing import bury, change, differences, hold_field, raise_type

MERGE, UNMERGE = "merge", "unmerge"


class Conflict(msgspec.Struct, frozen=True, rename="camel"):
    """Something that belongs to the output alone and needs a place when the merge is undone: ``item`` =
    ``field:<name>``, ``note:<id>``, ``entry:<id>``, ``record:<id>``; ``proposal`` a contact id, or None for nowhere."""

    item: str
    proposal: str | None
    value: Any = None


def preview(unit: Unit, ids: Sequence[str], override: Mapping[str, Any]) -> Plan:
    """What ``merge`` with the same arguments gives (§6.3)."""
    return _plan(unit, ids, override)[1]


def _plan(
    unit: Unit, ids: Sequence[str], override: Mapping[str, Any], as_modified: Contact | None = None
) -> tuple[list[Contact], Plan]:
    check_ids(ids)
    inputs = [unit.living(identity) for identity in ids]
    check_heads(inputs, sum(len(unit.members(one)) for one in inputs), unit.settings)
    weighed = [as_modified if as_modified is not None and as_modified.id == one.id else one for one in inputs]
    return inputs, plan(weighed, read_fields(override, unit.settings))


def merge(
    unit: Unit,
    ids: Sequence[str],
    override: Mapping[str, Any],
    *,
    key: str | None = None,
    reason: str | None = None,
    as_modified: Contact | None = None,
) -> Contact:
    """Merge heads into a new contact; the same idempotency key with the same body gives the same answer again.

    ``as_modified`` stands for the input with its id when values are chosen."""
    body = digest({"contactIds": list(ids), "valueOverride": dict(override)})
    if key is not None:
        earlier = unit.rows(select(tables.merge).where(tables.merge.c.key == key))
        if earlier:
            return _repeated(unit, earlier[0], body)
    inputs, planned = _plan(unit, ids, override, as_modified)
    members = [member for one in inputs for member in unit.members(one)]
    seq, identity = unit.seq(), unit.new_id()
    interactions = [one.last_interaction_at for one in inputs if one.last_interaction_at is not None]
    output = unit.put(
        Contact(
            id=identity,
            seq=seq,
            type=planned.type,
            division=inputs[0].division,
            fields=planned.fields,
            created_at=unit.at,
            modified_at=unit.at,
            modified_seq=seq,
            last_interaction_at=max(interactions, default=None),
            canonical_id=identity,
            merged_from=tuple(ids),
        )
    )
    for one in point_at(members, ids, identity):
        unit.put(one)
    everybody = [one.id for one in members] + [identity]
    for held in identifiers_of(planned.fields, unit.settings):
        hold_field(unit, output, everybody, held)
    unit.warnings.extend(planned.warnings)
    _record(unit, MERGE, ids, output, reason, key, body)
    unit.log_change(output, "mergedFrom", None, list(ids))
    return output


def _repeated(unit: Unit, event: Mapping[str, Any], body: str) -> Contact:
    if event["body"] != body:
        raise UnprocessableError("this Idempotency-Key was used with another body")
    found = unit.contact(event["output"])
    if found is None:
        raise NotFoundError("the outcome of this merge is gone")
    return found


def _record(
    unit: Unit,
    kind: str,
    inputs: Sequence[str],
    output: Contact,
    reason: str | None,
    key: str | None,
    body: str | None,
) -> str:
    identity = unit.new_id()
    row = {
        "id": identity,
        "seq": unit.seq(),
        "kind": kind,
        "inputs": list(inputs),
        "output": output.id,
        "actor": unit.actor.id,
        "reason": reason,
        "policy": unit.settings.policy_version,
        "snapshot": dict(output.fields),
        "key": key,
        "body": body,
        "at": unit.at,
        "undone_by": None,
    }
    unit.run(insert(tables.merge).values(**row))
    return identity


def merge_two(unit: Unit, source_id: str, target_id: str) -> Contact:
    """The vendor's older endpoint: aliases stand for their heads, the target counts as modified last (§6.6)."""
    source, target = unit.head(source_id), unit.head(target_id)
    if source.id == target.id:
        return target
    curated = (source.type == CURATED, target.type == CURATED)
    if all(curated):
        raise BadRequestError("two curated contacts are merged with POST /contacts/merge")
    if unit.settings.legacy_policy == "strict" and not curated[1]:
        raise BadRequestError("the target of this merge must be curated")
    last = replace(target, modified_at=max(source.modified_at, target.modified_at) + 1)
    return merge(unit, [source.id, target.id], {}, reason="older endpoint", as_modified=last)


def promote(unit: Unit, identity: str) -> Contact:
    """Ephemeral or identified becomes curated; an alias is refused with its canonical id (§6.1)."""
    contact = unit.living(identity)
    if contact.merged_to is not None:
        raise ClashError(f"{identity} is an alias of {contact.head_id}", details=[{"entityId": contact.head_id}])
    return raise_type(unit, contact)


def events_of(unit: Unit, contact: Contact) -> list[Mapping[str, Any]]:
    """Merge events that concern a contact's set, oldest first; outputs that were undone are found by their inputs."""
    ids = {one.id for one in unit.members(contact)}
    rows = unit.rows(select(tables.merge).order_by(tables.merge.c.seq))
    return [row for row in rows if row["output"] in ids or ids & set(row["inputs"])]


def undo_conflicts(unit: Unit, merge_id: str) -> tuple[Mapping[str, Any], Contact, list[Conflict]]:
    """The merge, its output, and what must find a place; raises when it cannot be undone (§6.5)."""
    rows = unit.rows(select(tables.merge).where(tables.merge.c.id == merge_id, tables.merge.c.kind == MERGE))
    if not rows:
        raise NotFoundError(f"there is no merge {merge_id}")
    event = rows[0]
    output = unit.contact(event["output"])
    if output is None or event["undone_by"] is not None or output.deleted_at is not None:
        raise ClashError("this merge has been undone, or its outcome was deleted")
    if output.merged_to is not None:
        raise ClashError("undo the later merges first", "later.merges", _later(unit, output))
    if 0 < unit.settings.merge_undo_days * DAY_MS < unit.at - event["at"]:
        raise ClashError(f"a merge can be undone for {unit.settings.merge_undo_days} days")
    return event, output, [*_edited(unit, event, output), *_attached(unit, event, output)]


def _later(unit: Unit, output: Contact) -> list[Mapping[str, Any]]:
    """The merges on the way to the head, the last one first."""
    found: list[Mapping[str, Any]] = []
    current = output
    while current.merged_to is not None:
        following = unit.contact(current.merged_to)
        if following is None:
            break
        rows = unit.rows(select(tables.merge.c.id).where(tables.merge.c.output == following.id))
        found.insert(0, {"entityId": rows[0]["id"] if rows else None, "entityName": following.id})
        current = following
    return found


def _edited(unit: Unit, event: Mapping[str, Any], output: Contact) -> list[Conflict]:
    """Fields changed since: to the input that supplied the value before, else to the first one."""
    inputs = [one for identity in event["inputs"] if (one := unit.contact(identity)) is not None]
    found = []
    for name, old, new in differences(event["snapshot"], output.fields):
        suppliers = [one.id for one in inputs if old is not None and _value_of(one, name) == old]
        found.append(Conflict(f"field:{name}", (suppliers or event["inputs"])[0], new))
    return found


def _value_of(contact: Contact, name: str) -> Any:
    custom = name.removeprefix("customFields.")
    return contact.custom.get(custom) if custom != name else contact.fields.get(name)


def _attached(unit: Unit, event: Mapping[str, Any], output: Contact) -> list[Conflict]:
    """Notes, history and records of the output: an interaction goes to the input that holds its address."""
    first = event["inputs"][0]
    entries = tables.entry.c
    places: dict[str, str] = {}
    found = []
    for row in unit.rows(select(tables.entry).where(entries.contact_id == output.id).order_by(entries.at)):
        places[row["id"]] = _holder_of(unit, event["inputs"], row["address"]) or first
        found.append(Conflict(f"entry:{row['id']}", places[row["id"]]))
    for row in unit.rows(select(tables.note).where(tables.note.c.entity_id == output.id)):
        found.append(Conflict(f"note:{row['id']}", places.get(f"interaction:{row['conversation_id']}", first)))
    for row in unit.rows(select(tables.record).where(tables.record.c.contact_id == output.id)):
        found.append(Conflict(f"record:{row['id']}", first))
    return found


def _holder_of(unit: Unit, inputs: Sequence[str], address: str | None) -> str | None:
    """The input in whose subtree the address was held first."""
    if not address:
        return None
    subtree = {member: identity for identity in inputs for member in _below(unit, identity)}
    held = [one for one in unit.claims_of(subtree) if one.norm == address and one.released_at is None]
    return subtree[held[0].contact_id] if held else None


def _below(unit: Unit, identity: str) -> list[str]:
    one = unit.contact(identity)
    return [identity, *(child for inner in (one.merged_from if one else ()) for child in _below(unit, inner))]


def undo(unit: Unit, merge_id: str, resolutions: Mapping[str, str | None], *, accept_proposals: bool) -> list[Contact]:
    """Take a merge back: the inputs head their own sets again, the output is a tombstone, everything finds a place."""
    event, output, conflicts = undo_conflicts(unit, merge_id)
    decided = {one.item: one.proposal for one in conflicts} if accept_proposals else {}
    decided.update(resolutions)
    open_items = [one for one in conflicts if one.item not in decided]
    if open_items:
        details = [msgspec.to_builtins(one) for one in open_items]
        raise ClashError("say where these belong, or accept the proposals", "unresolved.conflicts", details)
    wrong = {to for to in decided.values() if to is not None} - set(event["inputs"])
    if wrong:
        raise BadRequestError(f"{sorted(wrong)[0]} was not merged here")
    members = unit.members(output)
    for one in release_inputs(members, output):
        unit.put(one)
    bury(unit, [replace(output, canonical_id=None)])
    _hold_again(unit, event)
    for conflict in conflicts:
        _place(unit, conflict, decided[conflict.item])
    undone = _record(unit, UNMERGE, event["inputs"], output, f"undo of {merge_id}", None, None)
    unit.run(tables.merge.update().where(tables.merge.c.id == merge_id).values(undone_by=undone))
    unit.log_change(output, "mergedFrom", list(event["inputs"]), None)
    return [unit.living(identity) for identity in event["inputs"]]


def _hold_again(unit: Unit, event: Mapping[str, Any]) -> None:
    """A value removed from the output while it was merged is still written in its input: it is held as before."""
    for identity in event["inputs"]:
        contact = unit.living(identity)
        below = _below(unit, identity)
        claims = unit.claims_of(below)
        live = {held.key for held in claims if held.released_at is None}
        for wanted in identifiers_of(contact.fields, unit.settings):
            if wanted.key in live:
                continue
            since = [
                c for c in claims if c.key == wanted.key and not c.suppressed and (c.released_at or 0) >= event["at"]
            ]
            if since:
                unit.put_claim(replace(since[0], released_at=None))


def _place(unit: Unit, conflict: Conflict, to: str | None) -> None:
    kind, _, name = conflict.item.partition(":")
    if kind == "field":
        if to is not None:
            change(unit, unit.living(to), _with_field(unit.living(to), name, conflict.value))
        return
    table, column = {
        "entry": (tables.entry, "contact_id"),
        "note": (tables.note, "entity_id"),
        "record": (tables.record, "contact_id"),
    }[kind]
    if to is not None:
        unit.run(table.update().where(table.c.id == name).values({column: to}))
    if kind == "entry" and to is not None:
        conversation = name.partition(":")[2]
        links = tables.link
        unit.run(links.update().where(links.c.conversation_id == conversation).values(contact_id=to))


def _with_field(contact: Contact, name: str, value: Any) -> dict[str, Any]:
    fields = dict(contact.fields)
    custom = name.removeprefix("customFields.")
    target = dict(contact.custom) if custom != name else fields
    if value is None:
        target.pop(custom, None)
    else:
        target[custom] = value
    if custom != name:
        fields["customFields"] = target
    return fields
