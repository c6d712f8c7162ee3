"""Creating, changing and deleting contacts, and what that does to the identifiers they hold (customers.md §2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace
from sqlalchemy import select

from contactcenter.customers import tables
from contactcenter.customers.contacts import CURATED, RANK, Claim, Contact
from contactcenter.customers.identifiers import Identifier, identifiers_of
from contactcenter.customers.problems import ClashError, StaleError
from contactcenter.customers.unit import Unit

WHOLE_FIELDS = frozenset({"customFields"})
"""Objects whose parts are fields of their own in the change feed."""


def create(
    unit: Unit,
    fields: Mapping[str, Any],
    *,
    type_: str = CURATED,
    created_at: int | None = None,
    cause: Identifier | None = None,
    identity: str | None = None,
) -> Contact:
    """A new contact; ``cause`` is the identifier of the interaction that made it, ``identity`` an id of its own."""
    _check_unique(unit, fields, None)
    at = unit.at if created_at is None else created_at
    seq = unit.seq()
    contact = unit.put(
        Contact(
            id=identity or unit.new_id(),
            seq=seq,
            type=type_,
            fields=dict(fields),
            created_at=at,
            modified_at=unit.at,
            modified_seq=seq,
            last_interaction_at=unit.at if cause is not None else None,
        )
    )
    if cause is not None:
        _hold(unit, contact, cause, at, "auto")
    for one in identifiers_of(fields, unit.settings):
        if cause is None or one.key != cause.key:
            _hold(unit, contact, one, at, "field")
    _log(unit, contact, {}, fields)
    return contact


def change(unit: Unit, contact: Contact, fields: Mapping[str, Any], expected_rev: int | None = None) -> Contact:
    """Replace the fields of a head; holds follow the values, and an unchanged value keeps its date."""
    if expected_rev is not None and contact.rev != expected_rev:
        raise StaleError(f"the contact has revision {contact.rev} by now, not {expected_rev}")
    if fields == contact.fields:
        return contact
    _check_unique(unit, fields, contact)
    before = {one.key: one for one in identifiers_of(contact.fields, unit.settings)}
    after = {one.key: one for one in identifiers_of(fields, unit.settings)}
    changed = unit.put(replace(contact, fields=dict(fields), modified_at=unit.at, modified_seq=unit.seq()))
    members = [one.id for one in unit.members(contact)]
    for held in unit.claims_of(members):
        if held.released_at is None and held.key in before and held.key not in after:
            unit.put_claim(replace(held, released_at=unit.at))
    for key, one in after.items():
        if key not in before:
            hold_field(unit, changed, members, one)
    _log(unit, changed, contact.fields, fields)
    return changed


def hold_field(unit: Unit, contact: Contact, members: Iterable[str], one: Identifier) -> None:
    """Hold a written value, unless the set holds it already or has released it on purpose (§2)."""
    same = [claim for claim in unit.claims_of(members) if claim.key == one.key]
    if any(claim.released_at is None for claim in same) or (same and max(same, key=lambda c: c.seq).suppressed):
        return
    _hold(unit, contact, one, unit.at, "field")


def claim(unit: Unit, contact: Contact, wanted: Identifier, *, force: bool) -> None:
    """Claim an identifier for a contact; refused while somebody else owns it, unless forced."""
    holders = unit.holders(wanted)
    if holders and holders[0][1].head_id == contact.head_id:
        return
    if holders and not force:
        owner = holders[0][1].head_id
        raise ClashError(
            f"the identifier belongs to contact {owner}", details=[{"entityId": owner, "entityName": "contact"}]
        )
    rank = min((held.rank for held, _ in holders), default=0) - 1 if holders else 0
    own = [held for held, holder in holders if holder.head_id == contact.head_id]
    if own:
        unit.put_claim(replace(own[0], rank=rank))
    else:
        _hold(unit, contact, wanted, unit.at, "claim", rank)
    unit.log_change(contact, f"identifiers.{wanted.type}", None, wanted.value)


def release(unit: Unit, contact: Contact, wanted: Identifier) -> None:
    """Give an identifier back; it is not held again by itself until it is claimed."""
    members = [one.id for one in unit.members(contact)]
    for held in unit.claims_of(members):
        if held.key == wanted.key and held.released_at is None:
            unit.put_claim(replace(held, released_at=unit.at, suppressed=True))
            unit.log_change(contact, f"identifiers.{wanted.type}", wanted.value, None)


def delete(unit: Unit, contact: Contact) -> None:
    """Tombstone a head with its whole merge set and release what they hold (§6.7)."""
    if contact.merged_to is not None:
        raise ClashError(f"{contact.id} is an alias; delete {contact.head_id}", details=[{"entityId": contact.head_id}])
    bury(unit, unit.members(contact))
    unit.log_change(contact, "deleted", False, True)


def bury(unit: Unit, contacts: Iterable[Contact]) -> None:
    """Mark contacts as gone and release their holds; the rows stay for whoever refers to them."""
    gone = list(contacts)
    for one in gone:
        unit.put(replace(one, deleted_at=unit.at))
    for held in unit.claims_of([one.id for one in gone]):
        if held.released_at is None:
            unit.put_claim(replace(held, released_at=unit.at))


def raise_type(unit: Unit, contact: Contact, type_: str = CURATED) -> Contact:
    """Let a contact rise to a type; it never falls (§1.3)."""
    if RANK[type_] <= RANK[contact.type]:
        return contact
    unit.log_change(contact, "type", contact.type, type_)
    return unit.put(replace(contact, type=type_, modified_at=unit.at))


def touch(unit: Unit, contact: Contact) -> Contact:
    """An interaction took place: the time of expiry begins anew."""
    return unit.put(replace(contact, last_interaction_at=max(unit.at, contact.last_interaction_at or 0)))


def _hold(unit: Unit, contact: Contact, one: Identifier, at: int, origin: str, rank: int = 0) -> None:
    unit.put_claim(
        Claim(
            id=unit.new_id(),
            seq=unit.seq(),
            contact_id=contact.id,
            type=one.type,
            source=one.source,
            norm=one.norm,
            value=one.value,
            origin=origin,
            rank=rank,
            claimed_at=at,
        )
    )


def _check_unique(unit: Unit, fields: Mapping[str, Any], own: Contact | None) -> None:
    """The optional validators ``crm.unique_fields`` (§0)."""
    for name in unit.settings.unique_fields:
        value = value_at(fields, name)
        if value in (None, "", []):
            continue
        others = unit.contacts_where(tables.contact.c.deleted_at.is_(None) & tables.contact.c.merged_to.is_(None))
        same = [one for one in others if one.id != (own.id if own else None) and value_at(one.fields, name) == value]
        if same:
            message = f'"{name}" must be unique and contact {same[0].id} has this value'
            raise ClashError(message, "unique.field", [{"entityId": same[0].id, "fieldName": name}])


def value_at(fields: Mapping[str, Any], name: str) -> Any:
    """A field by its plain name: standard, dotted (``address.postalCode``), predefined or custom."""
    custom = fields.get("customFields") or {}
    spelled = {"customerNumber": "customer_number_identifier", "vip": "vip_checkbox"}.get(name, name)
    for key, value in custom.items():
        if key == spelled or key.rpartition("_")[0] == spelled:
            return value
    value = fields
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _log(unit: Unit, contact: Contact, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    sensitive = {field.key for field in unit.settings.fields.get("contact", ()) if field.sensitive}
    for name, old, new in differences(before, after):
        hidden = name.removeprefix("customFields.") in sensitive
        unit.log_change(contact, name, old, new, sensitive=hidden)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[tuple[str, Any, Any]]:
    """Changed fields with their old and new values; custom fields one by one."""
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if name in WHOLE_FIELDS:
            for part, was, now in differences(old or {}, new or {}):
                yield f"{name}.{part}", was, now
        else:
            yield name, old, new


def expired(unit: Unit) -> list[Contact]:
    """Contacts whose time is over; the sweeper buries them in the same unit, so that a call meanwhile wins."""
    table = tables.contact.c
    candidates = unit.contacts_where(
        table.deleted_at.is_(None) & (table.type != CURATED) & table.canonical_id.is_(None)
    )
    return [one for one in candidates if not one.is_alive(unit.at, unit.settings)]


def rows_of_changes(unit: Unit, after: int, limit: int) -> list[dict[str, Any]]:
    """The change feed behind a cursor, in order (§10.3)."""
    query = select(tables.change).where(tables.change.c.seq > after).order_by(tables.change.c.seq).limit(limit)
    return unit.rows(query)
