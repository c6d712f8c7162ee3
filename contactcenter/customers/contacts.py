"""A contact as it is stored, and the holds it has on identifiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from contactcenter.customers.custom_fields import searched_texts
from contactcenter.customers.identifiers import EMAIL_SLOTS, PHONE_SLOTS, Identifier
from contactcenter.customers.settings import DAY_MS, CustomerSettings

EPHEMERAL, IDENTIFIED, CURATED = "Ephemeral", "Identified", "Curated"
RANK = {EPHEMERAL: 0, IDENTIFIED: 1, CURATED: 2}
"""Types in the order in which a contact may rise (customers.md §1.3)."""

EVERYWHERE = "*"
_NAMES = ("salutation", "title", "firstName", "middleName", "lastName")


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One row: ``fields`` are the writable wire fields, ``canonical_id`` the head of the merge set it is in (None:
    not merged), ``merged_to`` the output of the merge it went into."""

    id: str
    seq: int
    type: str = CURATED
    division: str = EVERYWHERE
    fields: Mapping[str, Any]
    created_at: int
    modified_at: int
    modified_seq: int
    last_interaction_at: int | None = None
    canonical_id: str | None = None
    merged_to: str | None = None
    merged_from: tuple[str, ...] = ()
    deleted_at: int | None = None
    rev: int = 1

    @property
    def head_id(self) -> str:
        """The contact that answers for this one."""
        return self.canonical_id or self.id

    @property
    def is_head(self) -> bool:
        """Whether it answers for itself."""
        return self.merged_to is None and self.deleted_at is None

    @property
    def name(self) -> str | None:
        """First and last name, or what there is of them."""
        parts = (self.fields.get("firstName"), self.fields.get("middleName"), self.fields.get("lastName"))
        return " ".join(part for part in parts if part) or None

    @property
    def custom(self) -> Mapping[str, Any]:
        """The custom and predefined fields under their wire names."""
        found: Mapping[str, Any] = self.fields.get("customFields") or {}
        return found

    def expires_at(self, settings: CustomerSettings) -> int | None:
        """When it is forgotten: 60 days after the last interaction, never for curated or merged ones (§1.3)."""
        if self.type == CURATED or self.canonical_id is not None:
            return None
        return (self.last_interaction_at or self.created_at) + settings.expiry_days * DAY_MS

    def is_alive(self, at: int, settings: CustomerSettings) -> bool:
        """Whether it is neither deleted nor expired."""
        expires = self.expires_at(settings)
        return self.deleted_at is None and (expires is None or at < expires)


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A hold of a contact on an identifier; the live one that sorts first is its owner.

    ``origin`` tells what made it: ``field`` (a value was written), ``claim`` (asked for), ``auto`` (made with
    the contact by an interaction).
    """

    id: str
    seq: int
    contact_id: str
    type: str
    source: str = ""
    norm: str
    value: str
    origin: str = "field"
    rank: int = 0
    claimed_at: int
    released_at: int | None = None
    suppressed: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """The identifier's own key."""
        return (self.type, self.source, self.norm)

    @property
    def order(self) -> tuple[int, int, int]:
        """First created first; only a forced claim goes before."""
        return (self.rank, self.claimed_at, self.seq)

    @property
    def identifier(self) -> Identifier:
        """What is held."""
        return Identifier(self.type, self.value, self.norm, self.source)


def search_text(contact: Contact, settings: CustomerSettings, organisation: str = "") -> str:
    """The words that free text search finds a contact by, folded, each after a blank (customers.md §1.4)."""
    fields = contact.fields
    words: list[str] = [str(fields.get(name) or "") for name in _NAMES]
    words += [str(fields.get(slot) or "") for slot in EMAIL_SLOTS]
    for slot in PHONE_SLOTS:
        phone = fields.get(slot) or {}
        words += [str(phone.get("e164") or ""), str(phone.get("userInput") or "")]
    address = fields.get("address") or {}
    words += [str(address.get("postalCode") or ""), str(address.get("city") or "")]
    words += [str(entry.get("value") or "") for entry in fields.get("externalIds") or ()]
    words += searched_texts(contact.custom, "contact", settings)
    words.append(organisation)
    return " " + " ".join(word.casefold() for word in words if word)
