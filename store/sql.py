"""The store on SQLite or PostgreSQL, through SQLAlchemy.

One thread writes. It commits at once when it is idle and gathers what arrives while a commit runs
(routing.md §28.1). Its transaction excludes every other writer of the database (``BEGIN IMMEDIATE``, on
PostgreSQL an advisory lock), so positions follow the order of commits and a reader of all streams never sees
a gap that fills up behind it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Select, delete, select, text, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from store import outbox
from store.contract import (
    Conflict,
    Document,
    Lease,
    OutboxRow,
    Schema,
    StoredEvent,
    StoreError,
    Unavailable,
    Write,
)
from store.migrate import install
from store.notices import Notices
from store.plan import Change, advance, decide, merge
from store.rows import NOW, forget_answers, load_facts, store_change, upsert
from store.tables import STORE, answers, cursors, documents, events, leases, streams
from store.writer import Unit, Writer

Result = TypeVar("Result")

LOCK = text("SELECT pg_advisory_xact_lock(6027118342)")
"""Excludes other writers of a PostgreSQL database; SQLite has begun the transaction IMMEDIATE."""

PATIENCE = text("SET LOCAL idle_in_transaction_session_timeout = '1min'")
"""A migration may stand still for longer than a write: it loads its machinery in between, on a machine that is busy."""

FORGET_EVERY_MS = 3600 * 1000


class SqlStore:
    """The whole ``Store`` on an engine; ``store.opening`` makes the engine as the database needs it.

    ``explain`` puts a database error into the operator's words.
    """

    def __init__(self, engine: Engine, explain: Callable[[BaseException], str] = str) -> None:
        self._engine = engine
        self._writing = engine.execution_options(callwright_begin="BEGIN IMMEDIATE")
        self._reading = engine
        if engine.dialect.name == "postgresql":  # a read is one statement: no transaction that may stand still for long
            self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._explain = explain
        self._now = NOW[engine.dialect.name]
        self._cursors: dict[str, int] = {}
        self._moved: dict[str, int] = {}
        self._moving = threading.Lock()
        self._watchers: dict[int, Callable[[], None]] = {}
        self._numbers = itertools.count()
        self._forgotten = 0
        self.install(STORE)
        self._notices = Notices(engine, self._wake) if engine.dialect.name == "postgresql" else None
        self._writer = Writer(self._write_group, self._error)

    @property
    def is_shared(self) -> bool:
        """A database server is; an SQLite file is on one machine, and its processes hear nothing of each other."""
        return self._notices is not None

    @property
    def engine(self) -> Engine:
        """The engine of the tables."""
        return self._engine

    def install(self, schema: Schema) -> None:
        """Create or upgrade a package's tables."""
        try:
            with self._transaction() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(PATIENCE)
                install(connection, schema)
        except SQLAlchemyError as error:
            raise self._error(error) from error

    # -- writing

    def commit(self, *writes: Write) -> Future[int]:
        """Hand a unit to the writer."""
        return self._writer.put(writes)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A transaction that no other writer can be in."""
        with self._writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(LOCK)
            yield connection

    def _write_group(self, group: Sequence[Unit]) -> None:
        """Commit a group in one transaction and tell every unit how it went."""
        outcomes: list[int | Exception] = []
        with self._transaction() as connection:
            facts = load_facts(connection, [unit.writes for unit in group])
            whole = Change(facts.head)
            for unit in group:
                try:
                    change = decide(facts, unit.writes)
                    _run(connection, change)
                except (StoreError, SQLAlchemyError) as error:
                    if connection.invalidated:
                        raise
                    outcomes.append(error)
                    continue
                advance(facts, change)
                merge(whole, change)
                outcomes.append(change.head)
            store_change(connection, whole)
            self._forget(connection, whole)
            if whole.events and self._notices is not None:
                self._notices.tell(connection)
        for unit, outcome in zip(group, outcomes, strict=True):
            unit.tell(outcome)
        if whole.events:
            self._wake()

    def _wake(self) -> None:
        for wake in list(self._watchers.values()):
            wake()

    def _forget(self, connection: Connection, change: Change) -> None:
        newest = max((kept.at for kept in change.answers.values()), default=0)
        if newest > self._forgotten + FORGET_EVERY_MS:
            self._forgotten = newest
            forget_answers(connection, newest)

    def _do(self, job: Callable[[Connection], Result]) -> Result:
        """Run a job on the writer's thread, in a transaction of its own."""

        def run() -> Result:
            with self._transaction() as connection:
                return job(connection)

        return self._writer.call(run)

    def _error(self, error: Exception) -> Exception:
        if isinstance(error, StoreError) or not isinstance(error, SQLAlchemyError | OSError):
            return error
        return Unavailable(self._explain(error))

    # -- reading

    def _rows(self, query: Select[Any]) -> Sequence[Any]:  # rows of whatever columns were asked for
        try:
            with self._reading.connect() as connection:
                return connection.execute(query).all()
        except SQLAlchemyError as error:
            raise self._error(error) from error

    def _value(self, query: Select[tuple[Result]]) -> Result | None:
        rows = self._rows(query)
        return rows[0][0] if rows else None

    def read(self, stream: str, after: int = 0, limit: int = 1000) -> Sequence[StoredEvent]:
        """Events of one stream."""
        wanted = select(events).where(events.c.stream == stream, events.c.seq > after)
        return [StoredEvent(*row) for row in self._rows(wanted.order_by(events.c.seq).limit(limit))]

    def read_all(self, after: int = 0, limit: int = 1000, prefix: str = "") -> Sequence[StoredEvent]:
        """Events of all streams."""
        wanted = select(events).where(events.c.position > after).order_by(events.c.position).limit(limit)
        if prefix:
            wanted = wanted.where(events.c.stream.startswith(prefix, autoescape=True))
        return [StoredEvent(*row) for row in self._rows(wanted)]

    def last(self, stream: str) -> int:
        """The last sequence number of a stream."""
        return self._value(select(streams.c.last).where(streams.c.stream == stream)) or 0

    def head(self) -> int:
        """The position of the newest event."""
        return self._value(select(events.c.position).order_by(events.c.position.desc()).limit(1)) or 0

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after commits that appended events: on the writer's thread after our own, on another one after
        those of other processes, as far as the database tells of them."""
        if self._notices is not None:
            self._notices.listen()
        number = next(self._numbers)
        self._watchers[number] = wake

        def end() -> None:
            self._watchers.pop(number, None)

        return end

    def cursor(self, consumer: str) -> int:
        """What a consumer has handled."""
        known = self._cursors.get(consumer)
        if known is not None:
            return known
        return self._value(select(cursors.c.position).where(cursors.c.consumer == consumer)) or 0

    def move_cursor(self, consumer: str, position: int) -> None:
        """Remember what a consumer has handled: at once here, soon on disk (a crash repeats a little more)."""
        with self._moving:
            self._cursors[consumer] = position
            first = not self._moved
            self._moved[consumer] = position
        if first:
            self._writer.post(self._store_cursors)

    def _store_cursors(self) -> None:
        with self._moving:
            moved, self._moved = self._moved, {}
        rows = [{"consumer": consumer, "position": position} for consumer, position in moved.items()]
        with self._transaction() as connection:
            connection.execute(upsert(connection, cursors), rows)

    def load(self, kind: str, id: str) -> Document | None:  # noqa: A002 - the contract's name
        """A document, or None."""
        wanted = select(documents.c.id, documents.c.rev, documents.c.body)
        rows = self._rows(wanted.where(documents.c.kind == kind, documents.c.id == id))
        return Document(*rows[0]) if rows else None

    def documents(self, kind: str) -> Sequence[Document]:
        """All documents of a kind, by id."""
        wanted = select(documents.c.id, documents.c.rev, documents.c.body).where(documents.c.kind == kind)
        return [Document(*row) for row in self._rows(wanted.order_by(documents.c.id))]

    def documents_in(self, kind: str, since: int, until: int) -> Sequence[Document]:
        """Documents of a kind by their time."""
        wanted = select(documents.c.id, documents.c.rev, documents.c.body)
        touching = wanted.where(documents.c.kind == kind, documents.c.ended >= since, documents.c.begun < until)
        return sorted((Document(*row) for row in self._rows(touching)), key=lambda document: document.id)

    def answer(self, command_id: str) -> bytes | None:
        """The kept answer to a command."""
        return self._value(select(answers.c.answer).where(answers.c.command_id == command_id))

    # -- leases

    def acquire(self, shard: str, owner: str, address: str, ttl_ms: int) -> int | None:
        """Take a shard's lease when it is free."""
        return self._do(lambda connection: self._acquire(connection, Lease(shard, owner, address, 0, 0, ttl_ms)))

    def _acquire(self, connection: Connection, wanted: Lease) -> int | None:
        now = connection.execute(select(self._now)).scalar_one()
        held = connection.execute(select(leases).where(leases.c.shard == wanted.shard)).one_or_none()
        if held is not None and held.owner != wanted.owner and held.expires > now:
            return None
        epoch = held.epoch + 1 if held is not None else 1
        row = {
            "shard": wanted.shard,
            "owner": wanted.owner,
            "address": wanted.address,
            "epoch": epoch,
            "expires": now + wanted.ttl,
            "ttl": wanted.ttl,
        }
        connection.execute(upsert(connection, leases), row)
        return epoch

    def renew(self, shard: str, owner: str, epoch: int, ttl_ms: int) -> bool:
        """Prolong a lease that is still ours."""
        ours = (leases.c.shard == shard, leases.c.owner == owner, leases.c.epoch == epoch)
        prolong = update(leases).where(*ours).values(expires=self._now + ttl_ms, ttl=ttl_ms)
        return self._do(lambda connection: connection.execute(prolong).rowcount > 0)

    def release(self, shard: str, owner: str, epoch: int) -> None:
        """Give a lease back."""
        self.renew(shard, owner, epoch, 0)

    def lease(self, shard: str) -> Lease | None:
        """The shard's lease row."""
        rows = self._rows(self._leases().where(leases.c.shard == shard))
        return Lease(*rows[0]) if rows else None

    def leases(self, prefix: str) -> Sequence[Lease]:
        """The lease rows of shards with this prefix."""
        wanted = self._leases().where(leases.c.shard.startswith(prefix, autoescape=True))
        return [Lease(*row) for row in self._rows(wanted.order_by(leases.c.shard))]

    def _leases(self) -> Select[Any]:
        return select(leases, leases.c.expires - self._now)

    def forget(self, shard: str, owner: str, epoch: int) -> None:
        """Give a lease up for good."""
        ours = (leases.c.shard == shard, leases.c.owner == owner, leases.c.epoch == epoch)
        self._do(lambda connection: connection.execute(delete(leases).where(*ours)))

    # -- outbox

    def claim(self, destination: str, n: int, lease_ms: int) -> Sequence[OutboxRow]:
        """Due messages, the first unfinished one of each key."""
        return self._do(lambda connection: outbox.claim(connection, destination, n, lease_ms))

    def sent(self, ids: Sequence[str]) -> None:
        """Acknowledged messages leave."""
        self._do(lambda connection: outbox.sent(connection, ids))

    def retry(self, id: str, at: int, error: str) -> None:  # noqa: A002
        """Try a message again at ``at``."""
        self._do(lambda connection: outbox.retry(connection, id, at, error))

    def bury(self, id: str, error: str) -> None:  # noqa: A002
        """Give up on a message."""
        self._do(lambda connection: outbox.bury(connection, id, error))

    def close(self) -> None:
        """Finish what was accepted, then let go of the connections."""
        if self._notices is not None:
            self._notices.close()
        self._writer.close()
        self._engine.dispose()


def _run(connection: Connection, change: Change) -> None:
    """A unit's own statements, in a savepoint: a violated constraint refuses this unit and no other."""
    if not change.runs:
        return
    try:
        with connection.begin_nested():
            for run in change.runs:
                connection.execute(run.statement)
    except IntegrityError as error:
        raise Conflict(str(error.orig)) from error
