"""One change of the customers: reads what is committed, collects what is to be written, commits it as one unit.

Every unit is guarded by one counter document: whoever read an older state is refused with ``Conflict`` and
decides again. So two automatic creations, two merges or a sweep and a call can never both win, on any
database and with any number of processes; and the counter hands out the sequence that decides who came first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, insert, or_, select, update

from contactcenter.customers import tables
from contactcenter.customers.contacts import Claim, Contact, search_text
from contactcenter.customers.identifiers import Identifier
from contactcenter.customers.problems import NotFoundError
from contactcenter.customers.settings import CustomerSettings
from store import Run, Save, Store, Write

GUARD = "customers"
Ids = Callable[[], str]


class Actor(msgspec.Struct, frozen=True):
    """Who changes something: an agent's or client's id, the interaction it happens in, and where from."""

    id: str = "system"
    interaction: str | None = None
    source: str = "api"


SYSTEM = Actor()


class Unit:
    """Reads and pending writes; contacts and claims that were read or changed here are kept by id."""

    def __init__(
        self, connection: Connection, store: Store, settings: CustomerSettings, at: int, ids: Ids, actor: Actor
    ) -> None:
        guard = store.load(GUARD, GUARD)
        self._guard_rev = 0 if guard is None else guard.rev
        self._last = 0 if guard is None else int(guard.body)
        self.connection = connection
        self.settings = settings
        self.at = at
        self.new_id = ids
        self.actor = actor
        self.warnings: list[str] = []
        self._contacts: dict[str, Contact | None] = {}
        self._claims: dict[str, Claim] = {}
        self._saved: dict[str, Contact] = {}
        self._original: dict[str, Contact | None] = {}
        self._new_claims: dict[str, Claim] = {}
        self._known_claims: set[str] = set()
        self._writes: list[Write] = []
        self._tx = ids()

    # Reading.

    def seq(self) -> int:
        """The next number of the one monotonic sequence."""
        self._last += 1
        return self._last

    def rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        """Rows as they are committed, columns by name."""
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def contact(self, identity: str) -> Contact | None:
        """The very contact, deleted or not."""
        if identity not in self._contacts:
            found = self._read_contacts(tables.contact.c.id == identity)
            self._contacts[identity] = found[0] if found else None
        return self._contacts[identity]

    def _read_contacts(self, condition: Any) -> list[Contact]:  # an SQL condition
        rows = self.rows(select(tables.contact).where(condition).order_by(tables.contact.c.seq))
        return [contact_of(row) for row in rows]

    def contacts_where(self, condition: Any) -> list[Contact]:
        """Contacts by a condition on what is committed, as they are now in this unit."""
        return [self._contacts.setdefault(one.id, one) or one for one in self._read_contacts(condition)]

    def living(self, identity: str) -> Contact:
        """The very contact; raises ``NotFoundError`` for a deleted or expired one."""
        found = self.contact(identity)
        if found is None or not found.is_alive(self.at, self.settings):
            raise NotFoundError(f"there is no contact {identity}")
        return found

    def head(self, identity: str) -> Contact:
        """The canonical contact behind an id."""
        return self.living(self.living(identity).head_id)

    def members(self, contact: Contact) -> list[Contact]:
        """Everybody in the merge set of a contact, the head among them, in order of creation."""
        head = contact.head_id
        table = tables.contact.c
        self.contacts_where(or_(table.id == head, table.canonical_id == head))
        found = [one for one in self._contacts.values() if one is not None and one.head_id == head]
        return sorted(found, key=lambda one: one.seq)

    def claims_of(self, contacts: Iterable[str]) -> list[Claim]:
        """All holds of these contacts, released ones too, in order."""
        wanted = set(contacts)
        self._load_claims(tables.claim.c.contact_id.in_(sorted(wanted)))
        return sorted((c for c in self._claims.values() if c.contact_id in wanted), key=lambda c: c.order)

    def holders(self, wanted: Identifier) -> list[tuple[Claim, Contact]]:
        """Live holders of an identifier with their contacts, the owner first."""
        table = tables.claim.c
        type_, source, norm = wanted.key
        self._load_claims(
            and_(table.type == type_, table.source == source, table.norm == norm, table.released_at.is_(None))
        )
        live = [c for c in self._claims.values() if c.key == wanted.key and c.released_at is None]
        found = []
        for one in sorted(live, key=lambda c: c.order):
            contact = self.contact(one.contact_id)
            head = self.contact(contact.head_id) if contact is not None else None
            if contact is not None and head is not None and head.is_alive(self.at, self.settings):
                found.append((one, contact))
        return found

    def _load_claims(self, condition: Any) -> None:  # an SQL condition
        for row in self.rows(select(tables.claim).where(condition)):
            found = Claim(**row)
            self._claims.setdefault(found.id, found)
            self._known_claims.add(found.id)

    # Writing.

    def put(self, contact: Contact) -> Contact:
        """Keep a new or changed contact."""
        if contact.id not in self._original:
            self._original[contact.id] = self.contact(contact.id)
        before = self._original[contact.id]
        contact = msgspec.structs.replace(contact, rev=1 if before is None else before.rev + 1)
        self._contacts[contact.id] = contact
        self._saved[contact.id] = contact
        return contact

    def put_claim(self, claim: Claim) -> None:
        """Keep a new or changed hold."""
        self._claims[claim.id] = claim
        self._new_claims[claim.id] = claim

    def run(self, statement: Any) -> None:  # any SQL statement
        """Write something else in the same unit."""
        self._writes.append(Run(statement))

    def log_change(
        self, contact: Contact, field: str, old: Any, new: Any, *, entity: str = "contact", sensitive: bool = False
    ) -> None:
        """A row of the change feed (customers.md §10.3)."""
        row = {
            "seq": self.seq(),
            "entity": entity,
            "contact_id": contact.id,
            "canonical_id": contact.head_id,
            "field": field,
            "old": old,
            "new": new,
            "sensitive": sensitive,
            "agent_id": self.actor.id,
            "interaction_id": self.actor.interaction,
            "source": self.actor.source,
            "tx_id": self._tx,
            "at": self.at,
        }
        self.run(insert(tables.change).values(**row))

    def writes(self) -> list[Write]:
        """The whole unit, the guard first; empty when nothing changed."""
        rows = [*self._contact_writes(), *self._claim_writes(), *self._writes]
        if not rows:
            return []
        rev = self._guard_rev + 1
        return [Save(GUARD, GUARD, self._guard_rev, rev, str(self._last).encode()), *rows]

    def _contact_writes(self) -> Iterable[Write]:
        for identity, saved in self._saved.items():
            row = {**msgspec.structs.asdict(saved), "search": self._search(saved)}
            row["merged_from"] = list(saved.merged_from)
            if self._original[identity] is None:
                yield Run(insert(tables.contact).values(**row))
            else:
                yield Run(update(tables.contact).where(tables.contact.c.id == identity).values(**row))

    def _search(self, contact: Contact) -> str:
        reference = contact.fields.get("externalOrganization") or {}
        title = tables.record.c.title
        named = self.connection.execute(select(title).where(tables.record.c.id == reference.get("id"))).first()
        return search_text(contact, self.settings, named[0] if named and reference else "")

    def _claim_writes(self) -> Iterable[Write]:
        for identity, saved in self._new_claims.items():
            row = msgspec.structs.asdict(saved)
            if identity in self._known_claims:
                yield Run(update(tables.claim).where(tables.claim.c.id == identity).values(**row))
            else:
                yield Run(insert(tables.claim).values(**row))


def contact_of(row: Mapping[str, Any]) -> Contact:
    """A row of the table as a contact."""
    values = {name: value for name, value in row.items() if name != "search"}
    return Contact(**{**values, "merged_from": tuple(values["merged_from"])})


def digest(body: Mapping[str, Any]) -> str:
    """What tells whether an idempotency key comes with the same body again."""
    return hashlib.sha256(msgspec.json.encode(body, order="deterministic")).hexdigest()
