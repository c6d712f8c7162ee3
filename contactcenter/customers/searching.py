"""Finding contacts by words or by a field, and who might be the same person (customers.md §1.4, §4.8).

Words are compared as they are, never as a pattern: two characters or fewer must begin a word, longer ones may
stand anywhere. Suggestions carry a score and never merge anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import func, select

from contactcenter.customers import tables
from contactcenter.customers.contacts import CURATED, Contact
from contactcenter.customers.custom_fields import CUSTOMER_NUMBER, SEARCHED
from contactcenter.customers.identifiers import EMAIL_SLOTS, PHONE_SLOTS, Identifier, identifiers_of, normal_form
from contactcenter.customers.phones import read_phone
from contactcenter.customers.problems import BadRequestError
from contactcenter.customers.resolution import Match, look_up
from contactcenter.customers.unit import Unit
from contactcenter.customers.writing import value_at

SORTS = ("firstName", "lastName", "middleName", "title")
_INDEXED = frozenset({*SORTS, "salutation", "customerNumber", "postalCode", "city"})
"""Plain fields whose values stand in the search text."""

MAX_PRODUCT = 1000
MAX_PAGE = 100
WEIGHTS = {"name": 50, "postcode": 15, "email": 20, "phone": 15}
MAX_SUGGESTIONS = 10


def _heads() -> Any:  # an SQL condition
    table = tables.contact.c
    return table.deleted_at.is_(None) & table.merged_to.is_(None)


def search(
    unit: Unit, text: str, *, page_size: int = 25, page_number: int = 1, sort: str | None = None
) -> tuple[list[Contact], int]:
    """Curated heads with all words, and how many there are; first created first unless sorted."""
    if page_size < 1 or page_number < 1 or page_size > MAX_PAGE or page_size * page_number > MAX_PRODUCT:
        raise BadRequestError(f"pageSize is 1 to {MAX_PAGE}, and pageSize times pageNumber at most {MAX_PRODUCT}")
    table = tables.contact.c
    condition = _heads() & (table.type == CURATED)
    for word in _words(unit, text):
        condition = condition & table.search.contains(word, autoescape=True)
    total = int(unit.connection.execute(select(func.count()).where(condition)).scalar_one())
    if sort is None:
        query = select(table.id).where(condition).order_by(table.seq)
        rows = unit.rows(query.limit(page_size).offset(page_size * (page_number - 1)))
        return unit.contacts_where(table.id.in_([row["id"] for row in rows])) if rows else [], total
    field, _, direction = sort.partition(":")
    if field not in SORTS or direction not in ("", "asc", "desc"):
        raise BadRequestError(f"sortOrder is one of {', '.join(SORTS)}, with :asc or :desc")
    found = unit.contacts_where(condition)
    found.sort(key=lambda one: str(one.fields.get(field) or "").casefold(), reverse=direction == "desc")
    return found[page_size * (page_number - 1) : page_size * page_number], total


def _words(unit: Unit, text: str) -> list[str]:
    """Search words; what reads as a phone number is looked for as one."""
    phone = read_phone(text, unit.settings)
    if phone.e164 is not None and sum(char.isdigit() for char in text) >= unit.settings.min_digits:
        return [phone.e164]
    words = [word for word in text.casefold().split() if word]
    return [word if len(word) > 2 else " " + word for word in words]


def scan(unit: Unit, after: int, limit: int) -> list[Contact]:
    """All living contacts behind a sequence, in order of creation."""
    table = tables.contact.c
    query = select(table.id).where(table.deleted_at.is_(None), table.seq > after).order_by(table.seq).limit(limit)
    rows = unit.rows(query)
    return unit.contacts_where(table.id.in_([row["id"] for row in rows])) if rows else []


def find_by_phone(unit: Unit, text: str) -> Match:
    """Who holds a number, the first created first; a withheld or unreadable number is nobody's."""
    norm = normal_form("Phone", text, unit.settings)
    return look_up(unit, [Identifier("Phone", text, norm)] if norm else [])


def curated(match: Match) -> list[Contact]:
    """The contacts of a match that somebody has made on purpose, not just a call, in its order."""
    held = (match.contact, *match.others)
    return [one for one in held if one is not None and one.type == CURATED]


def find_by_field(unit: Unit, field: str, value: str, limit: int = 25) -> list[Contact]:
    """Living curated heads whose field has exactly this value, first created first; texts without regard to case.

    A contact that only a call has made says nothing about who calls, so it is not found.
    ``field`` is a plain name (``customerNumber``, ``postalCode``, ``email``, ``phone``, a custom field).
    """
    value = value.strip()
    if not value:
        return []
    if field in ("phone", *PHONE_SLOTS):
        return curated(find_by_phone(unit, value))[:limit]
    if field in ("email", *EMAIL_SLOTS):
        norm = normal_form("Email", value, unit.settings)
        return curated(look_up(unit, [Identifier("Email", value, norm)] if norm else []))[:limit]
    names = {"postalCode": "address.postalCode", "city": "address.city"}.get(field, field)
    condition = _heads() & (tables.contact.c.type == CURATED)
    custom = unit.settings.custom("contact").get(field)
    if field in _INDEXED or (custom is not None and custom.type in SEARCHED and not custom.sensitive):
        condition = condition & tables.contact.c.search.contains(value.casefold(), autoescape=True)
    wanted = value.casefold()
    found = [one for one in unit.contacts_where(condition) if _has(one, names, wanted)]
    return [one for one in found if one.is_alive(unit.at, unit.settings)][:limit]


def _has(contact: Contact, name: str, wanted: str) -> bool:
    held = value_at(contact.fields, name)
    values = held if isinstance(held, list) else [held]
    return any(value is not None and str(value).casefold() == wanted for value in values)


def reverse_lookup(unit: Unit, text: str) -> list[Contact]:
    """Who has this e-mail address, number or screen name; at most 25 (§1.4)."""
    found: dict[str, Contact] = {}
    for type_ in ("Phone", "Email", "SocialTwitter"):
        norm = normal_form(type_, text, unit.settings)
        for _, contact in unit.holders(Identifier(type_, text, norm)) if norm else ():
            head = unit.contact(contact.head_id)
            if head is not None:
                found.setdefault(head.id, head)
    return list(found.values())[:25]


class Suggestion(msgspec.Struct, frozen=True):
    """Somebody who may be the same person: 0 to 100, and why in words."""

    contact: Contact
    score: int
    reasons: tuple[str, ...]


def duplicates(unit: Unit, contact: Contact) -> list[Suggestion]:
    """Exact shared identifiers first, then by score; what an agent has ruled out is not suggested (§4.8)."""
    own = {member.id for member in unit.members(contact)}
    refused = _refused(unit, own)
    shared: dict[str, Suggestion] = {}
    for one in identifiers_of(contact.fields, unit.settings):
        for _, holder in unit.holders(one):
            head = unit.contact(holder.head_id)
            if head is not None and head.id not in own | refused:
                shared.setdefault(head.id, Suggestion(head, 100, (f"the same {one.type.casefold()}",)))
    scored = [
        _score(contact, other) for other in _candidates(unit, contact) if other.id not in {*own, *refused, *shared}
    ]
    close = [one for one in scored if one.score >= unit.settings.duplicate_threshold]
    ranked = sorted([*shared.values(), *close], key=lambda one: (-one.score, one.contact.seq))
    return ranked[:MAX_SUGGESTIONS]


def _refused(unit: Unit, own: set[str]) -> set[str]:
    """Contacts that an agent said are not behind an identifier of these."""
    held = {one.norm for one in unit.claims_of(own)}
    table = tables.negative.c
    rows = unit.rows(select(tables.negative).where(table.norm.in_(sorted(held)))) if held else []
    return {row["contact_id"] for row in rows}


def _candidates(unit: Unit, contact: Contact) -> Sequence[Contact]:
    """Heads that share a word of the name with the contact."""
    table = tables.contact.c
    found: dict[str, Contact] = {}
    for name in ("lastName", "firstName"):
        word = str(contact.fields.get(name) or "").casefold()[:4]
        if word:
            condition = _heads() & table.search.contains(word, autoescape=True)
            found.update({one.id: one for one in unit.contacts_where(condition)})
    return list(found.values())


def _score(one: Contact, other: Contact) -> Suggestion:
    from rapidfuzz import fuzz

    reasons = []
    names = fuzz.token_sort_ratio((one.name or "").casefold(), (other.name or "").casefold()) if one.name else 0.0
    total = WEIGHTS["name"] * names / 100
    if names >= 80:
        reasons.append("nearly the same name")
    if _same(one, other, "address.postalCode"):
        total += WEIGHTS["postcode"]
        reasons.append("the same postcode")
    if _parts(one, EMAIL_SLOTS, local=True) & _parts(other, EMAIL_SLOTS, local=True):
        total += WEIGHTS["email"]
        reasons.append("the same e-mail name")
    if _parts(one, PHONE_SLOTS) & _parts(other, PHONE_SLOTS):
        total += WEIGHTS["phone"]
        reasons.append("the same last digits")
    return Suggestion(other, round(total), tuple(reasons))


def _same(one: Contact, other: Contact, name: str) -> bool:
    value = value_at(one.fields, name)
    return value is not None and value == value_at(other.fields, name)


def _parts(contact: Contact, slots: Sequence[str], *, local: bool = False) -> set[str]:
    found = set()
    for slot in slots:
        value = contact.fields.get(slot)
        if local and isinstance(value, str):
            found.add(value.partition("@")[0].casefold())
        elif isinstance(value, Mapping) and value.get("e164"):
            found.add(str(value["e164"])[-7:])
    return found


def number_of(contact: Contact) -> str | None:
    """The customer number."""
    value = contact.custom.get(CUSTOMER_NUMBER)
    return None if value is None else str(value)
