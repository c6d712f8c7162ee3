"""The customer card as the desk's pages show it (``web.services.Customers``)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.records import read_ref
from contactcenter.customers import Card as CustomerCard
from contactcenter.customers import Contact, CustomerError, Customers
from contactcenter.customers.contacts import CURATED
from contactcenter.customers.records import Record, flat_record, record_of
from contactcenter.customers.writing import value_at
from contactcenter.organisation import CustomField, Organisation

BUILT_IN = "builtin"
KIND = f"{BUILT_IN}:contact:"
_ADDRESS = ("address1", "postalCode", "city", "countryCode")
_SHOWN = 8
"""Notes, and lines of the history, that a card shows: the newest."""

_NOT_SHOWN = frozenset(
    "id ref type number title name subject status contactId accountId parentId ownerId externalSource division rev"
    " createdAt modifiedAt".split()
)
"""Of a record: what the head of its card says already, and what is only for programs."""


class Cards:
    """Cards and search over the built-in CRM; other CRMs show their records themselves."""

    def __init__(self, customers: Customers, organisation: Organisation) -> None:
        self.customers = customers
        self.organisation = organisation

    async def card(self, reference: str) -> Mapping[str, Any] | None:
        """The record with fields, notes and history; None when it is not there."""
        return await asyncio.to_thread(self._card, reference)

    def _card(self, reference: str) -> Mapping[str, Any] | None:
        try:
            if reference.startswith(KIND):
                return self._of_contact(self.customers.card(reference.removeprefix(KIND)))
            record = self._record(reference)
            return None if record is None else self._of_record(record)
        except CustomerError:
            return None

    def _of_contact(self, card: CustomerCard) -> Mapping[str, Any]:
        contact = card.contact
        return {
            "title": title_of(contact, card.company),
            "subtitle": _subtitle(card),
            "badge": _plain(self._value(contact, "tier")) or None,
            "fields": self._fields(card),
            "notes": [{"at": _day(note["created_at"]), "text": note["text"]} for note in card.notes[:_SHOWN]],
            "history": [_line(entry) for entry in card.history[:_SHOWN]],
        }

    def _of_record(self, record: Record) -> Mapping[str, Any]:
        """A case, account ... with its own fields above those of the contact that it belongs to."""
        flat = flat_record(record, self.customers.settings)
        shown = {name: _plain(value) for name, value in flat.items() if not isinstance(value, Mapping)}
        fields = [
            {"label": _label(name), "value": text} for name, text in shown.items() if text and name not in _NOT_SHOWN
        ]
        parts = (record.type.capitalize(), record.number, record.status, f"since {_day(record.created_at)}")
        head = {
            "title": record.title or record.number or record.ref,
            "subtitle": " · ".join(part for part in parts if part),
        }
        if record.contact_id is None:
            return {**head, "badge": None, "fields": fields, "notes": [], "history": []}
        contact = self._of_contact(self.customers.card(record.contact_id))
        named = {"label": "Contact", "value": contact["title"]}
        return {**contact, **head, "fields": [*fields, named, *contact["fields"]]}

    def _record(self, reference: str) -> Record | None:
        """A record of the built-in CRM that is no contact. Raises ``CustomerError`` when it is gone."""
        ref = read_ref(reference)
        if ref is None or ref.connector != BUILT_IN:
            return None
        return self.customers.read(lambda unit: record_of(unit, ref.id, ref.type))

    async def search(self, text: str) -> Sequence[Mapping[str, Any]]:
        """Contacts that match, at most 25."""
        found = await asyncio.to_thread(self.customers.search, text)
        return [self.hit(contact) for contact in found]

    def hit(self, contact: Contact) -> Mapping[str, Any]:
        """A contact in a list."""
        number = _number(contact)
        created = f"since {_day(contact.created_at)}"
        return {
            "title": title_of(contact),
            "subtitle": ", ".join(part for part in (number, created) if part),
            "record": KIND + contact.id,
        }

    def exists(self, reference: str) -> bool:
        """Whether a record is there; of another CRM's we take the flow's word, it has just read it. Blocks."""
        try:
            if reference.startswith(KIND):
                self.customers.contact(reference.removeprefix(KIND))
            else:
                self._record(reference)
        except CustomerError:
            return False
        return True

    def contact_of(self, reference: str) -> str | None:
        """The contact that a record is, or belongs to; None when there is none or another CRM keeps it. Blocks."""
        if reference.startswith(KIND):
            return reference.removeprefix(KIND)
        try:
            record = self._record(reference)
        except CustomerError:
            return None
        return record.contact_id if record is not None else None

    def is_curated(self, reference: str) -> bool:
        """Whether somebody has made this contact, and not just a call from an unknown number. Blocks."""
        try:
            return self.customers.contact(reference.removeprefix(KIND)).type == CURATED
        except CustomerError:
            return False

    def _custom(self) -> Mapping[str, CustomField]:
        return self.customers.settings.custom("contact")

    def _value(self, contact: Contact, name: str) -> Any:
        field = self._custom().get(name)
        return contact.custom.get(field.key) if field is not None else None

    def _fields(self, card: CustomerCard) -> list[Mapping[str, str]]:
        contact = card.contact
        shown = [("Phone", _number(contact)), ("Company", card.company)]
        for name, field in self._custom().items():
            if field.show_to_agent:
                shown.append((field.label or name, _plain(contact.custom.get(field.key))))
        address = contact.fields.get("address") or {}
        shown.append(("Address", " ".join(str(address[part]) for part in _ADDRESS if address.get(part))))
        return [{"label": label, "value": value} for label, value in shown if value]


def title_of(contact: Contact, company: str | None = None) -> str:
    """What a contact is called: its name, its company, else its number."""
    return contact.name or company or _number(contact) or "Contact"


def _label(name: str) -> str:
    """``dueAt`` as people read it."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return words[:1].upper() + words[1:]


def _subtitle(card: CustomerCard) -> str:
    number = value_at(card.contact.fields, "customerNumber")
    parts = [f"No. {number}" if number else "", card.company or "", f"since {_day(card.contact.created_at)}"]
    return " · ".join(part for part in parts if part)


def _number(contact: Contact) -> str:
    slots = (value for value in contact.fields.values() if isinstance(value, Mapping) and value.get("e164"))
    first = next(slots, None)
    return str(first.get("display") or first["e164"]) if first else ""


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")


def _line(entry: Mapping[str, Any]) -> Mapping[str, str]:
    details = [entry.get("queue"), entry.get("wrapup"), entry.get("notes")]
    return {
        "at": str(entry.get("at") or "")[:16].replace("T", " "),
        "title": str(entry.get("title") or entry["kind"]),
        "text": " · ".join(str(detail) for detail in details if detail),
    }
