"""What every store promises (DESIGN.md "Store", routing.md §28.2).

One unit of ``Write`` values is committed whole or not at all. A unit is refused with ``Conflict`` (somebody
else wrote first: read again and decide again) or ``Lost`` (the lease has gone to another owner: drop the
state). ``commit`` returns a future; it completes after the unit is durable, so that whoever waits for it may
tell the world.

Streams are named texts (``routing/default``, ``conversation/<uuid>``); their sequence numbers begin at 1 and
have no gaps. Every event has a ``position`` too, which orders all streams of a store as they were committed.

StoreError
├── Conflict          the expected sequence or revision is not the current one; nothing was written
├── Lost              the lease's epoch is not ours any more; nothing was written
└── Unavailable       the database cannot be reached, opened or written; the message says what to do
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

import msgspec

if TYPE_CHECKING:  # SQLAlchemy is loaded by whoever opens a database, not by whoever names these types
    from sqlalchemy import Engine, Executable, MetaData


class StoreError(Exception):
    """Root of the store's errors."""


class Conflict(StoreError):  # noqa: N818 - says what happened
    """The expected sequence or revision is not the current one; nothing was written."""


class Lost(StoreError):  # noqa: N818 - says what happened
    """The lease's epoch is not ours any more; nothing was written."""


class Unavailable(StoreError):  # noqa: N818 - says what happened
    """The database cannot be reached, opened or written."""


class NewEvent(msgspec.Struct, frozen=True):
    """An event to append: ``body`` is JSON with sorted keys, ``at`` UTC ms, ``version`` that of the type's
    format."""

    type: str
    at: int
    body: bytes
    version: int = 1


class StoredEvent(msgspec.Struct, frozen=True):
    """An event as read back."""

    position: int
    stream: str
    seq: int
    epoch: int
    type: str
    version: int
    at: int
    body: bytes


class Append(msgspec.Struct, frozen=True):
    """Append events to a stream whose last sequence number is ``expected``.

    With ``epoch``, only while the lease whose ``shard`` is this stream's name has that epoch (else ``Lost``);
    such an append prolongs the lease.
    """

    stream: str
    expected: int
    events: tuple[NewEvent, ...]
    epoch: int | None = None


class Fence(msgspec.Struct, frozen=True):
    """Write the unit only while the lease of ``shard`` has this epoch (else ``Lost``); prolongs the lease."""

    shard: str
    epoch: int


class Save(msgspec.Struct, frozen=True):
    """Replace document ``id`` of ``kind`` whose revision is ``expected`` (0: it does not exist yet) by
    revision ``rev``.

    ``begun`` and ``ended`` (UTC ms) are the time that it tells of, by which ``documents_in`` finds it; without them it
    has always begun, and goes on.
    """

    kind: str
    id: str
    expected: int
    rev: int
    body: bytes
    begun: int | None = None
    ended: int | None = None


class Delete(msgspec.Struct, frozen=True):
    """Remove a document, whatever its revision; harmless when it is gone."""

    kind: str
    id: str


class Remember(msgspec.Struct, frozen=True):
    """Keep the answer to a command; ``Conflict`` when this ``command_id`` has one already."""

    command_id: str
    answer: bytes
    at: int


class Send(msgspec.Struct, frozen=True):
    """Put a message for a foreign system into the outbox; order is kept per ``key``.

    A second message with the same ``id`` is ignored; one that is still there after ``not_after`` (UTC ms) is
    buried instead of sent.
    """

    id: str
    destination: str
    key: str
    payload: bytes
    not_after: int | None = None


class Run(msgspec.Struct, frozen=True):
    """Run an SQLAlchemy statement on the tables; a violated constraint refuses the unit with ``Conflict``."""

    statement: Executable


class Schema(msgspec.Struct, frozen=True):
    """The tables of a package: ``Store.install`` creates or upgrades them.

    ``migrations`` is a folder of alembic revision files, applied in order and remembered in the table
    ``<name>_version``; without it the tables of ``metadata`` are created where they are missing.
    """

    name: str
    metadata: MetaData
    migrations: Path | None = None


Write: TypeAlias = Append | Fence | Save | Delete | Remember | Send | Run


class Document(msgspec.Struct, frozen=True):
    """A stored document."""

    id: str
    rev: int
    body: bytes


class Lease(msgspec.Struct, frozen=True):
    """Who owns a shard, where it answers, under which epoch, and until when (UTC ms of the database's
    clock).

    ``ttl`` (ms) is what an append under the lease prolongs it by; ``left`` (ms) is how much longer it ran when it was
    read, by the database's clock, and not above 0 once it has run out.
    """

    shard: str
    owner: str
    address: str
    epoch: int
    expires: int
    ttl: int = 0
    left: int = 0


class OutboxRow(msgspec.Struct, frozen=True):
    """A claimed message."""

    id: str
    destination: str
    key: str
    payload: bytes
    attempt: int
    not_after: int | None = None


class Store(Protocol):
    """The whole store.

    All methods may be called from any thread; reads block shortly, ``commit`` does not.
    """

    @property
    def is_shared(self) -> bool:
        """Whether several processes may use it at the same time, on several machines."""

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine of the tables, for reading; writing goes through ``commit``."""

    def install(self, schema: Schema) -> None:
        """Create or upgrade a package's tables; harmless when they are current."""

    def commit(self, *writes: Write) -> Future[int]:
        """Write a unit; the future gives the position of its last event (or of the store), or raises a
        ``StoreError``."""

    def read(self, stream: str, after: int = 0, limit: int = 1000) -> Sequence[StoredEvent]:
        """Events of one stream with ``seq`` above ``after``, in order."""

    def read_all(self, after: int = 0, limit: int = 1000, prefix: str = "") -> Sequence[StoredEvent]:
        """Events of all streams whose name begins with ``prefix``, with ``position`` above ``after``, in
        order."""

    def last(self, stream: str) -> int:
        """The last sequence number of a stream, 0 when it is empty."""

    def head(self) -> int:
        """The position of the newest event, 0 when there is none."""

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` (from any thread) after commits that appended events; returns a function that ends
        it.

        On PostgreSQL commits of other processes wake too. A wake-up may be lost, and may come for nothing: polling is
        the truth, this only shortens it.
        """

    def cursor(self, consumer: str) -> int:
        """The position that a durable consumer has handled, 0 at first."""

    def move_cursor(self, consumer: str, position: int) -> None:
        """Remember what a consumer has handled; called after handling, so that a crash repeats and never
        skips."""

    def load(self, kind: str, id: str) -> Document | None:  # noqa: A002
        """A document, or None."""

    def documents(self, kind: str) -> Sequence[Document]:
        """All documents of a kind, by id."""

    def documents_in(self, kind: str, since: int, until: int) -> Sequence[Document]:
        """Documents of a kind whose time touches [since, until) (UTC ms), by id; those saved without a time are always
        among them."""

    def answer(self, command_id: str) -> bytes | None:
        """The kept answer to a command (24 h), or None."""

    def acquire(self, shard: str, owner: str, address: str, ttl_ms: int) -> int | None:
        """Take a shard's lease: the new epoch, or None while another owner's lease runs.

        Always raises the epoch.
        """

    def renew(self, shard: str, owner: str, epoch: int, ttl_ms: int) -> bool:
        """Prolong a lease; False when it is no longer ours."""

    def release(self, shard: str, owner: str, epoch: int) -> None:
        """Give a lease back: another owner may take it at once."""

    def lease(self, shard: str) -> Lease | None:
        """The shard's lease row, expired or not."""

    def leases(self, prefix: str) -> Sequence[Lease]:
        """The lease rows of all shards whose name begins with ``prefix``, by name, expired or not."""

    def forget(self, shard: str, owner: str, epoch: int) -> None:
        """Give a lease up for good: its row is gone, and nobody may write under it any more. For shards whose names
        are never used again."""

    def claim(self, destination: str, n: int, lease_ms: int) -> Sequence[OutboxRow]:
        """Up to ``n`` due messages, at most the first unfinished one of each key; at least once."""

    def sent(self, ids: Sequence[str]) -> None:
        """These messages were acknowledged."""

    def retry(self, id: str, at: int, error: str) -> None:  # noqa: A002
        """Try this message again at ``at``."""

    def bury(self, id: str, error: str) -> None:  # noqa: A002
        """Give up on this message: dead letter."""

    def close(self) -> None:
        """Finish what was accepted, then let go of files and connections."""
