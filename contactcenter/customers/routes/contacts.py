"""Contacts, identifiers, look-ups, notes, links and merges in the vendor's shapes (customers.md §1, §2, §5, §6)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from contactcenter.customers import history, merges, resolution, searching, writing
from contactcenter.customers.contacts import EVERYWHERE, Contact
from contactcenter.customers.identifiers import Identifier, identifier
from contactcenter.customers.problems import BadRequestError, NotFoundError
from contactcenter.customers.resolution import BY_AGENT
from contactcenter.customers.routes.message import Handler, Request, Response
from contactcenter.customers.service import Customers
from contactcenter.customers.settings import CustomerSettings
from contactcenter.customers.unit import Unit
from contactcenter.customers.wire import BASE, contact_json, identifier_json, page_json

SCAN_LIMITS = (10, 200)
CURSOR_MS = 24 * 3600 * 1000
MEDIA_TYPES = (
    "CALL CALLBACK CHAT COBROWSE EMAIL MESSAGE INTERNAL_MESSAGE SCREEN_MONITORING SOCIAL_EXPRESSION VIDEO SCREENSHARE"
).split()


def shown(unit: Unit, contact: Contact) -> dict[str, Any]:
    """A contact with its merge set."""
    return contact_json(contact, unit.members(contact) if contact.canonical_id is not None else ())


def _one(customers: Customers, contact: Contact, status: int = 200, **headers: str) -> Response:
    def work(unit: Unit) -> Response:
        found = unit.contact(contact.id) or contact
        return Response(status, shown(unit, found), {"etag": f'"{found.rev}"', **headers})

    return customers.read(work)


def create(customers: Customers, request: Request) -> Response:
    """POST /contacts; our query ``conversationId`` links the running interaction."""
    _check_division(request.fields, customers.settings)
    conversation = request.query.get("conversationId") or request.actor.interaction
    contact = customers.create_contact(request.fields, request.actor, conversation=conversation)
    return _one(customers, contact)


def _check_division(fields: Mapping[str, Any], settings: CustomerSettings) -> None:
    division = (fields.get("division") or {}).get("id", EVERYWHERE)
    if settings.divisions and division != EVERYWHERE:
        raise BadRequestError("the division of a contact cannot be changed: delete and create it again")


def get(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803 - the vendor's name
    """The canonical contact behind an id."""
    return _one(customers, customers.contact(contactId))


def get_unresolved(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """The record of that very id, a merged or undone one too."""

    def work(unit: Unit) -> Response:
        found = unit.contact(contactId)
        if found is None:
            raise NotFoundError(f"there is no contact {contactId}")
        return Response(200, shown(unit, found))

    return customers.read(work)


def replace(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """PUT /contacts/{id}."""
    _check_division(request.fields, customers.settings)
    return _one(customers, customers.replace_contact(contactId, request.fields, request.actor, request.revision))


def patch(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """PATCH /contacts/{id}."""
    return _one(customers, customers.patch_contact(contactId, request.fields, request.actor, request.revision))


def delete(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """DELETE answers an empty object, as the vendor does."""
    customers.delete_contact(contactId, request.actor)
    return Response(200, {})


def listing(customers: Customers, request: Request) -> Response:
    """GET /contacts?q=: curated contacts by words."""
    size = request.number("pageSize", 25, 1, 1000)
    number = request.number("pageNumber", 1, 1, 1000)
    return _page(customers, request.query.get("q", ""), size, number, request.query.get("sortOrder"))


def search(customers: Customers, request: Request) -> Response:
    """POST /contacts/search."""
    body = request.fields
    simple = (body.get("operation") or {}).get("simpleSearch") or {}
    sort = (simple.get("sortOrder") or [None])[0]
    return _page(
        customers, str(simple.get("query") or ""), int(body.get("pageSize", 25)), int(body.get("pageNumber", 1)), sort
    )


def _page(customers: Customers, text: str, size: int, number: int, sort: str | None) -> Response:
    def work(unit: Unit) -> Response:
        found, total = searching.search(unit, text, page_size=size, page_number=number, sort=sort)
        entities = [shown(unit, one) for one in found]
        return Response(200, page_json(entities, total, size, number, f"{BASE}/contacts"))

    return customers.read(work)


def scan(customers: Customers, request: Request) -> Response:
    """GET /scan/contacts: everything, page by page, in order of creation."""
    limit = request.number("limit", 100, *SCAN_LIMITS)

    def work(unit: Unit) -> Response:
        after = _cursor_of(request.query.get("cursor"), unit.at)
        found = searching.scan(unit, after, limit)
        entities = [shown(unit, one) for one in found if one.is_alive(unit.at, unit.settings)]
        path = f"{BASE}/scan/contacts?limit={limit}"
        body: dict[str, Any] = {"entities": entities, "selfUri": path}
        if len(found) == limit:
            cursor = base64.urlsafe_b64encode(f"{unit.at}:{found[-1].seq}".encode()).decode()
            body.update(cursors={"after": cursor}, nextUri=f"{path}&cursor={cursor}")
        return Response(200, body)

    return customers.read(work)


def _cursor_of(text: str | None, at: int) -> int:
    if not text:
        return 0
    try:
        made, _, seq = base64.urlsafe_b64decode(text.encode()).decode().partition(":")
        age, after = at - int(made), int(seq)
    except (binascii.Error, ValueError) as error:
        raise BadRequestError("this cursor was not made here") from error
    if age > CURSOR_MS:
        raise BadRequestError("this cursor is older than 24 hours")
    return after


def _asked(body: Mapping[str, Any], settings: CustomerSettings) -> Identifier:
    source = (body.get("externalSource") or {}).get("id") or ""
    return identifier(str(body.get("type") or ""), str(body.get("value") or ""), settings, source)


def look_up(customers: Customers, request: Request) -> Response:
    """POST /identifierlookup[/contacts]: the canonical contact of the owner."""

    def work(unit: Unit) -> Response:
        holders = unit.holders(_asked(request.fields, unit.settings))
        if not holders:
            raise NotFoundError("no contact has this identifier")
        return Response(200, shown(unit, unit.head(holders[0][1].id)))

    return customers.read(work)


def reverse_look_up(customers: Customers, request: Request) -> Response:
    """GET /reversewhitepageslookup?lookupVal=."""
    text = request.query.get("lookupVal", "")
    if not text.strip():
        raise BadRequestError('"lookupVal" is missing')

    def work(unit: Unit) -> Response:
        return Response(200, {"contacts": [shown(unit, one) for one in searching.reverse_lookup(unit, text)]})

    return customers.read(work)


def identifiers(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """The identifiers of the whole merge set, each with its oldest date and whether it is owned."""

    def work(unit: Unit) -> Response:
        return Response(200, {"entities": _held(unit, unit.head(contactId))})

    return customers.read(work)


def _held(unit: Unit, contact: Contact) -> list[dict[str, Any]]:
    oldest: dict[tuple[str, str, str], Any] = {}
    for held in unit.claims_of([one.id for one in unit.members(contact)]):
        if held.released_at is None:
            oldest.setdefault(held.key, held)
    found = []
    for held in oldest.values():
        holders = unit.holders(held.identifier)
        owner = bool(holders) and holders[0][1].head_id == contact.head_id
        found.append(identifier_json(held, owner=owner))
    return found


def change_identifier(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """PATCH /contacts/{id}/identifiers: Claim or Release; our query ``force`` takes it from its owner."""
    body = request.fields
    operation = str(body.get("operation") or "").casefold()
    if operation not in ("claim", "release"):
        raise BadRequestError('"operation" is Claim or Release')

    def work(unit: Unit) -> dict[str, Any]:
        contact, wanted = unit.head(contactId), _asked(body.get("identifier") or {}, unit.settings)
        if operation == "claim":
            writing.claim(unit, contact, wanted, force=request.flag("force"))
        else:
            writing.release(unit, contact, wanted)
        return {"type": wanted.type, "value": wanted.norm if wanted.type == "Phone" else wanted.value}

    return Response(200, customers.write(work, request.actor))


def promote(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """POST /contacts/{id}/promotion."""
    return _one(customers, customers.write(lambda unit: merges.promote(unit, contactId), request.actor))


def merge(customers: Customers, request: Request) -> Response:
    """POST /contacts/merge; values that found no field are told in a header."""
    ids = request.fields.get("contactIds")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise BadRequestError('"contactIds" is a list of ids')
    override = request.fields.get("valueOverride") or {}
    key = request.headers.get("idempotency-key")

    def work(unit: Unit) -> tuple[Contact, list[str]]:
        return merges.merge(unit, ids, override, key=key), list(unit.warnings)

    output, warnings = customers.write(work, request.actor)
    answer = _one(customers, output)
    if not warnings:
        return answer
    headers = {**answer.headers, "x-callwright-warnings": "; ".join(warnings)}
    return Response(200, {**answer.body, "mergeWarnings": warnings}, headers)


def merge_two(customers: Customers, request: Request) -> Response:
    """POST /merge/contacts, the older endpoint that real exports still call."""
    source, target = (str(request.fields.get(name) or "") for name in ("sourceContactId", "targetContactId"))
    if not source or not target:
        raise BadRequestError("sourceContactId and targetContactId are needed")
    return _one(customers, customers.write(lambda unit: merges.merge_two(unit, source, target), request.actor))


def link(customers: Customers, request: Request, conversationId: str) -> Response:  # noqa: N803
    """PUT /conversations/{id}: link, relink, or without a contact unlink, this one interaction."""
    body = request.fields
    media = body.get("mediaType")
    if media is not None and str(media).upper() not in MEDIA_TYPES:
        raise BadRequestError(f'"mediaType" is one of {", ".join(MEDIA_TYPES)}')
    contact_id = (body.get("externalContactId") or body.get("externalContact", {}).get("id")) if body else None

    def work(unit: Unit) -> None:
        if contact_id:
            resolution.link(unit, conversationId, unit.head(str(contact_id)), BY_AGENT)
        else:
            resolution.unlink(unit, conversationId)

    customers.write(work, request.actor)
    return Response(200, {})


# Notes of contacts.


def notes(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """Newest first unless ``sortOrder`` says otherwise; the whole merge set."""
    size, number = request.number("pageSize", 25, 1, 100), request.number("pageNumber", 1, 1, 1000)
    if size * number > searching.MAX_PRODUCT:
        raise BadRequestError(f"pageSize times pageNumber is at most {searching.MAX_PRODUCT}")

    def work(unit: Unit) -> Response:
        found = history.notes_of(unit, [one.id for one in unit.members(unit.head(contactId))])
        if request.query.get("sortOrder") == "createDate:asc":
            found.reverse()
        page = [history.note_json(note) for note in found[size * (number - 1) : size * number]]
        return Response(200, page_json(page, len(found), size, number, f"{BASE}/contacts/{contactId}/notes"))

    return customers.read(work)


def add_note(customers: Customers, request: Request, contactId: str) -> Response:  # noqa: N803
    """POST /contacts/{id}/notes."""
    text = request.fields.get("noteText")
    made = customers.write(lambda unit: history.add_note(unit, "contact", unit.head(contactId).id, text), request.actor)
    return Response(200, history.note_json(made))


def _note(unit: Unit, contact_id: str, note_id: str) -> dict[str, Any]:
    return history.note_of(unit, note_id, [one.id for one in unit.members(unit.head(contact_id))])


def note(customers: Customers, request: Request, contactId: str, noteId: str) -> Response:  # noqa: N803
    """GET one note."""
    return Response(200, customers.read(lambda unit: history.note_json(_note(unit, contactId, noteId))))


def change_note(customers: Customers, request: Request, contactId: str, noteId: str) -> Response:  # noqa: N803
    """PUT or PATCH one note."""
    body = request.fields
    listed = body.get("changes")
    text = listed[-1].get("value") if isinstance(listed, list) and listed else body.get("noteText")
    changed = customers.write(
        lambda unit: history.change_note(unit, _note(unit, contactId, noteId), text), request.actor
    )
    return Response(200, history.note_json(changed))


def delete_note(customers: Customers, request: Request, contactId: str, noteId: str) -> Response:  # noqa: N803
    """DELETE one note."""
    customers.write(lambda unit: history.delete_note(unit, _note(unit, contactId, noteId)), request.actor)
    return Response(200, {})


HANDLERS: Mapping[str, Handler] = {
    "POST /contacts": create,
    "GET /contacts": listing,
    "POST /contacts/search": search,
    "POST /contacts/merge": merge,
    "GET /contacts/{contactId}": get,
    "PUT /contacts/{contactId}": replace,
    "PATCH /contacts/{contactId}": patch,
    "DELETE /contacts/{contactId}": delete,
    "GET /contacts/{contactId}/unresolved": get_unresolved,
    "GET /contacts/{contactId}/identifiers": identifiers,
    "PATCH /contacts/{contactId}/identifiers": change_identifier,
    "POST /contacts/{contactId}/promotion": promote,
    "GET /contacts/{contactId}/notes": notes,
    "POST /contacts/{contactId}/notes": add_note,
    "GET /contacts/{contactId}/notes/{noteId}": note,
    "PUT /contacts/{contactId}/notes/{noteId}": change_note,
    "PATCH /contacts/{contactId}/notes/{noteId}": change_note,
    "DELETE /contacts/{contactId}/notes/{noteId}": delete_note,
    "GET /scan/contacts": scan,
    "POST /identifierlookup": look_up,
    "POST /identifierlookup/contacts": look_up,
    "GET /reversewhitepageslookup": reverse_look_up,
    "POST /merge/contacts": merge_two,
    "PUT /conversations/{conversationId}": link,
}
"""Who answers which operation."""
