"""The customers of the house as a service: the use cases that conversations, desk, flows and routes ask for.

Methods are synchronous, block until what they say is durable, and may be called from any thread; under an event
loop call them in a thread. They raise ``CustomerError`` (see ``problems``) and the store's ``Unavailable``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from msgspec.structs import replace
from sqlalchemy.exc import DBAPIError

from contactcenter.customers import history, merges, patch, records, resolution, searching, writing
from contactcenter.customers.contacts import Contact
from contactcenter.customers.fields import read_fields
from contactcenter.customers.history import Entry
from contactcenter.customers.identifiers import Identifier, identifier, identifiers_of, normal_form
from contactcenter.customers.problems import ForbiddenError, NotFoundError
from contactcenter.customers.resolution import BY_AGENT, BY_FLOW, Link, Match
from contactcenter.customers.settings import CustomerSettings
from contactcenter.customers.tables import CUSTOMERS
from contactcenter.customers.unit import SYSTEM, Actor, Ids, Unit
from store import Conflict, Store, Unavailable

Result = TypeVar("Result")
Found = TypeVar("Found")
ATTEMPTS = 20
"""How often a unit is decided anew after somebody else wrote first."""


class Card(msgspec.Struct, frozen=True):
    """What the desk shows of a customer: the canonical contact, how it was found, who else it might be, and what is
    known about it."""

    contact: Contact
    link: Link | None
    others: tuple[Contact, ...]
    company: str | None
    notes: tuple[Mapping[str, Any], ...]
    history: tuple[Mapping[str, Any], ...]
    records: tuple[records.Record, ...]
    summary: Mapping[str, Any]


class Customers:
    """Contacts, their identifiers, records and history on a store."""

    def __init__(
        self, store: Store, settings: CustomerSettings, now: Callable[[], int], ids: Ids = lambda: str(uuid4())
    ) -> None:
        store.install(CUSTOMERS)
        self.settings = settings
        self._store = store
        self._now = now
        self._ids = ids
        self._lock = threading.RLock()

    # One change, one look.

    @contextmanager
    def _unit(self, actor: Actor) -> Iterator[Unit]:
        if not self.settings.enabled:
            raise ForbiddenError("the built-in CRM is switched off", "crm.disabled")
        with self._store.engine.connect() as connection:
            yield Unit(connection, self._store, self.settings, self._now(), self._ids, actor)

    def read(self, work: Callable[[Unit], Result], actor: Actor = SYSTEM) -> Result:
        """Look something up; what ``work`` would write is dropped."""
        return self._look(work, actor)

    def _look(self, look: Callable[[Unit], Found], actor: Actor) -> Found:
        """What a look finds; once more where the database has closed the connection, as it does when this process
        stood still within (``store.opening``). Raises ``Unavailable`` where that does not help either."""
        try:
            with self._unit(actor) as unit:
                return look(unit)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        try:
            with self._unit(actor) as unit:
                return look(unit)
        except DBAPIError as error:
            raise Unavailable(f"the database does not answer: {error.orig}") from error

    def write(self, work: Callable[[Unit], Result], actor: Actor = SYSTEM) -> Result:
        """Change something: all of it or nothing; ``work`` is decided anew when somebody else wrote first."""
        with self._lock:
            for _ in range(ATTEMPTS - 1):
                try:
                    return self._write_once(work, actor)
                except Conflict:
                    continue
            return self._write_once(work, actor)

    def _write_once(self, work: Callable[[Unit], Result], actor: Actor) -> Result:
        result, writes = self._look(lambda unit: (work(unit), unit.writes()), actor)
        if writes:
            self._store.commit(*writes).result()
        return result

    # Contacts.

    def create_contact(
        self,
        given: Mapping[str, Any],
        actor: Actor = SYSTEM,
        *,
        created_at: int | None = None,
        conversation: str | None = None,
    ) -> Contact:
        """A curated contact from wire fields; made during an interaction it is linked to it, and earlier unlinked
        interactions with the same identifiers become its own (customers.md §5)."""

        def work(unit: Unit) -> Contact:
            fields = read_fields(given, unit.settings)
            contact = writing.create(unit, fields, created_at=created_at)
            if conversation is not None:
                resolution.link(unit, conversation, contact, BY_AGENT)
            if created_at is None:
                history.reresolve(unit, contact, [one.norm for one in identifiers_of(fields, unit.settings)])
            return contact

        return self.write(work, actor)

    def contact(self, identity: str) -> Contact:
        """The canonical contact behind an id."""
        return self.read(lambda unit: unit.head(identity))

    def replace_contact(
        self, identity: str, given: Mapping[str, Any], actor: Actor = SYSTEM, expected_rev: int | None = None
    ) -> Contact:
        """PUT: what is left out is cleared; a write to an alias goes to its head."""
        return self.write(
            lambda unit: writing.change(unit, unit.head(identity), read_fields(given, unit.settings), expected_rev),
            actor,
        )

    def patch_contact(
        self, identity: str, body: Mapping[str, Any], actor: Actor = SYSTEM, expected_rev: int | None = None
    ) -> Contact:
        """PATCH with the vendor's list of changes."""

        def work(unit: Unit) -> Contact:
            head = unit.head(identity)
            changed = patch.apply_changes(head.fields, body)
            return writing.change(unit, head, read_fields(changed, unit.settings), expected_rev)

        return self.write(work, actor)

    def update_contact(self, identity: str, given: Mapping[str, Any], actor: Actor = SYSTEM) -> Contact:
        """Change the given fields only, in wire or plain names; None clears one."""

        def work(unit: Unit) -> Contact:
            head = unit.head(identity)
            wire = wire_fields(given, unit.settings)
            custom = {**head.custom, **wire.pop("customFields", {})}
            address = {**(head.fields.get("address") or {}), **wire.pop("address", {})}
            merged = {**head.fields, **wire, "customFields": custom, "address": address}
            return writing.change(unit, head, read_fields(merged, unit.settings))

        return self.write(work, actor)

    def delete_contact(self, identity: str, actor: Actor = SYSTEM) -> None:
        """Tombstone a head and its merge set."""
        self.write(lambda unit: writing.delete(unit, unit.living(identity)), actor)

    def search(self, text: str, page_size: int = 25, page_number: int = 1) -> list[Contact]:
        """Curated contacts by words."""
        return self.read(lambda unit: searching.search(unit, text, page_size=page_size, page_number=page_number)[0])

    def sweep(self) -> int:
        """Forget the contacts whose time is over; returns how many."""

        def work(unit: Unit) -> int:
            gone = writing.expired(unit)
            if gone:
                writing.bury(unit, gone)
            return len(gone)

        return self.write(work)

    # Who is it?

    def find_by_phone(self, number: str) -> Match:
        """Who holds a number: found, several (the first created, the others beside it) or unknown."""
        return self.read(lambda unit: searching.find_by_phone(unit, number))

    def resolve_call(
        self, conversation: str, number: str, *, create: bool | None = None, participant: str | None = None
    ) -> tuple[Link | None, Match]:
        """Link a call to whom its number tells; an unknown number becomes a contact, a withheld one nobody's."""
        return self.resolve(conversation, [("Phone", number)], create=create, participant=participant)

    def resolve(
        self,
        conversation: str,
        keys: Sequence[tuple[str, str]],
        *,
        create: bool | None = None,
        participant: str | None = None,
    ) -> tuple[Link | None, Match]:
        """Link an interaction by its channel's keys, in order (customers.md §4.1, §4.2)."""

        def work(unit: Unit) -> tuple[Link | None, Match]:
            known = [(type_, value, normal_form(type_, value, unit.settings)) for type_, value in keys]
            identifiers = [Identifier(type_, value, norm) for type_, value, norm in known if norm is not None]
            wanted = unit.settings.create_on_unknown if create is None else create
            return resolution.resolve(unit, conversation, identifiers, create_unknown=wanted, participant=participant)

        return self.write(work)

    def relink(
        self, conversation: str, contact_id: str | None, actor: Actor = SYSTEM, how: str = BY_AGENT
    ) -> Link | None:
        """Link this one interaction to somebody else, or to nobody; the next one resolves as before."""

        def work(unit: Unit) -> Link | None:
            if contact_id is None:
                resolution.unlink(unit, conversation)
                return None
            return resolution.link(unit, conversation, unit.head(contact_id), how)

        return self.write(work, actor)

    def link_by_flow(self, conversation: str, ref: str) -> Link | None:
        """A flow has identified the customer and set ``crm.record`` = ``builtin:contact:<id>``."""
        kind, _, identity = ref.removeprefix("builtin:").partition(":")
        if not ref.startswith("builtin:contact:") or kind != "contact":
            return None
        try:
            return self.relink(conversation, identity, how=BY_FLOW)
        except NotFoundError:
            return None

    def link_of(self, conversation: str) -> Link | None:
        """Who an interaction is linked to now, as its canonical contact."""

        def work(unit: Unit) -> Link | None:
            found = resolution.link_of(unit, conversation)
            contact = unit.contact(found.contact_id) if found is not None else None
            return replace(found, contact_id=contact.head_id) if found and contact else found

        return self.read(work)

    def not_this_person(self, contact_id: str, type_: str, value: str, actor: Actor = SYSTEM) -> None:
        """Never link this identifier to this contact by itself again."""
        self.write(
            lambda unit: resolution.refuse(unit, identifier(type_, value, unit.settings), unit.head(contact_id)), actor
        )

    # What is known about them.

    def card(self, contact_id: str | None = None, conversation: str | None = None, address: str | None = None) -> Card:
        """Everything for the customer card, by contact or by interaction; ``address`` tells who else has it."""

        def work(unit: Unit) -> Card:
            linked = resolution.link_of(unit, conversation) if conversation else None
            identity = contact_id or (linked.contact_id if linked else None)
            if identity is None:
                raise NotFoundError("this interaction is linked to nobody")
            contact = unit.head(identity)
            match = searching.find_by_phone(unit, address) if address else None
            held = [one for one in (match.contact, *match.others) if one is not None] if match else []
            return Card(
                contact=contact,
                link=linked,
                others=tuple(one for one in held if one.id != contact.id),
                company=company_of(unit, contact),
                notes=tuple(history.notes_of(unit, [one.id for one in unit.members(contact)])),
                history=tuple(history.entries(unit, contact, kinds=("interaction", "callback", "workitem", "merge"))),
                records=tuple(records.related(unit, contact)),
                summary=history.summary(unit, contact),
            )

        return self.read(work)

    def log(self, entry: Entry, actor: Actor = SYSTEM) -> None:
        """Write an entry of the history; the same id again updates it."""
        self.write(lambda unit: history.log(unit, entry), actor)

    def add_note(
        self, contact_id: str, text: str, actor: Actor = SYSTEM, conversation: str | None = None
    ) -> Mapping[str, Any]:
        """A note on a contact."""
        return self.write(
            lambda unit: history.add_note(unit, "contact", unit.head(contact_id).id, text, conversation), actor
        )

    def summary(self, contact_id: str, days: int = 30, queue: str | None = None) -> dict[str, Any]:
        """What earlier interactions say (customers.md §7)."""
        return self.read(lambda unit: history.summary(unit, unit.head(contact_id), days=days, queue=queue))

    def merge(
        self, ids: Sequence[str], override: Mapping[str, Any], actor: Actor = SYSTEM, key: str | None = None
    ) -> Contact:
        """Merge contacts into a new one."""
        return self.write(lambda unit: merges.merge(unit, ids, override, key=key), actor)

    def undo_merge(
        self,
        merge_id: str,
        resolutions: Mapping[str, str | None],
        actor: Actor = SYSTEM,
        *,
        accept_proposals: bool = False,
    ) -> list[Contact]:
        """Take a merge back."""
        return self.write(
            lambda unit: merges.undo(unit, merge_id, resolutions, accept_proposals=accept_proposals), actor
        )


def company_of(unit: Unit, contact: Contact) -> str | None:
    """The name of the organisation that a contact belongs to."""
    identity = (contact.fields.get("externalOrganization") or {}).get("id")
    if not identity:
        return None
    try:
        return records.record_of(unit, identity, "account").title
    except NotFoundError:
        return None


def wire_fields(given: Mapping[str, Any], settings: CustomerSettings) -> dict[str, Any]:
    """Plain names (``customerNumber``, ``postalCode``, ``phone``, ``tier``) as the wire has them."""
    from contactcenter.customers.fields import ADDRESS, WRITABLE

    found: dict[str, Any] = {}
    custom: dict[str, Any] = dict(given.get("customFields") or {})
    address: dict[str, Any] = dict(given.get("address") or {})
    for name, value in given.items():
        if name in ("customFields", "address", "fields"):
            continue
        if name in ADDRESS:
            address[name] = value
        elif name in WRITABLE:
            found[name] = value
        else:
            renamed = {"phone": "workPhone", "email": "workEmail"}.get(name)
            (found if renamed else custom)[renamed or name] = value
    custom.update(given.get("fields") or {})
    if custom:
        found["customFields"] = custom
    if address:
        found["address"] = address
    return found
