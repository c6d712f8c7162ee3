"""Contacts and what belongs to them as JSON: the vendor's shapes (customers.md §1), and the flat record for flows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from contactcenter.customers.contacts import Claim, Contact
from contactcenter.customers.custom_fields import plain_names
from contactcenter.customers.identifiers import EMAIL_SLOTS, PHONE_SLOTS
from contactcenter.customers.settings import CustomerSettings

BASE = "/api/v2/externalcontacts"
_FLAT = (*"firstName middleName lastName salutation title externalSystemUrl surveyOptOut".split(), *EMAIL_SLOTS)


def iso(at: int | None) -> str | None:
    """UTC ms as ISO 8601 with milliseconds and Z."""
    if at is None:
        return None
    whole = datetime.fromtimestamp(at / 1000, UTC)
    return whole.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def from_iso(text: str) -> int:
    """UTC ms of an ISO 8601 time; raises ``ValueError``. Without a zone it is UTC."""
    found = datetime.fromisoformat(text)
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def reference(identity: str, collection: str = "contacts") -> dict[str, str]:
    """``{id, selfUri}``."""
    return {"id": identity, "selfUri": f"{BASE}/{collection}/{identity}"}


def contact_json(contact: Contact, members: Sequence[Contact] = (), head: Contact | None = None) -> dict[str, Any]:
    """The vendor's contact; ``members`` of its merge set and their ``head`` fill the merge fields."""
    found: dict[str, Any] = {
        **reference(contact.id),
        "division": {"id": contact.division, "name": contact.division, "selfUri": "/api/v2/authorization/divisions/*"},
        **contact.fields,
        "type": contact.type,
        "createDate": iso(contact.created_at),
        "modifyDate": iso(contact.modified_at),
    }
    if contact.canonical_id is not None:
        found["canonicalContact"] = reference(contact.canonical_id)
        found["mergeSet"] = [reference(one.id) for one in members]
    if contact.merged_from:
        found["mergedFrom"] = [reference(one) for one in contact.merged_from]
    if contact.merged_to is not None:
        found["mergedTo"] = reference(contact.merged_to)
    if len(contact.merged_from) == 2:
        source, target = contact.merged_from
        found["mergeOperation"] = {
            "sourceContact": reference(source),
            "targetContact": reference(target),
            "resultingContact": reference(contact.id),
        }
    return found


def identifier_json(claim: Claim, *, owner: bool) -> dict[str, Any]:
    """The vendor's identifier, and whether its contact owns it."""
    found: dict[str, Any] = {
        "type": claim.type,
        "value": claim.norm if claim.type == "Phone" else claim.value,
        "dateCreated": iso(claim.claimed_at),
        "owner": owner,
    }
    if claim.source:
        found["externalSource"] = {"id": claim.source}
    return found


def flat_contact(contact: Contact, settings: CustomerSettings, company: str | None = None) -> dict[str, Any]:
    """The record as flows see it: one value per field, custom fields without their type suffix."""
    fields: Mapping[str, Any] = contact.fields
    found: dict[str, Any] = {name: fields[name] for name in _FLAT if name in fields}
    phones = {slot: fields[slot] for slot in PHONE_SLOTS if slot in fields}
    found.update({slot: phone.get("e164") or phone.get("display") for slot, phone in phones.items()})
    found["phone"] = next((phone.get("e164") for phone in phones.values() if phone.get("e164")), None)
    found["email"] = next((fields[slot] for slot in EMAIL_SLOTS if slot in fields), None)
    found.update(fields.get("address") or {})
    found["name"] = contact.name
    found["company"] = company
    found.update(plain_names(contact.custom, "contact", settings))
    found["createDate"] = iso(contact.created_at)
    found["type"] = contact.type
    return {name: value for name, value in found.items() if value is not None}


def page_json(
    entities: Sequence[Any], total: int, page_size: int, page_number: int, path: str, query: str = ""
) -> dict[str, Any]:
    """The vendor's listing."""
    count = max(1, -(-total // page_size))

    def uri(number: int) -> str:
        return f"{path}?pageSize={page_size}&pageNumber={number}{query}"

    found: dict[str, Any] = {
        "entities": list(entities),
        "pageSize": page_size,
        "pageNumber": page_number,
        "total": total,
        "pageCount": count,
        "partialResults": False,
        "firstUri": uri(1),
        "selfUri": uri(page_number),
        "lastUri": uri(count),
    }
    if page_number < count:
        found["nextUri"] = uri(page_number + 1)
    if page_number > 1:
        found["previousUri"] = uri(page_number - 1)
    return found
