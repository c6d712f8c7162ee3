"""A store that forgets: for tests, rehearsals and simulations, with faults on demand.

Commits take place at once, in the caller's thread. The tables lie in a SQLite database in memory that is made
when somebody asks for it.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from store.contract import (
    Conflict,
    Document,
    Lease,
    Lost,
    OutboxRow,
    Run,
    Save,
    Schema,
    Send,
    StoredEvent,
    StoreError,
    Unavailable,
    Write,
)
from store.plan import ANSWERS_KEPT_MS, EXPIRED, Change, Facts, advance, decide

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_DATABASES = itertools.count(1)
"""A name for each database in memory: the address of a store would come again before its database has gone."""


class Fault(Enum):
    """What may go wrong with a commit (routing.md §28.2)."""

    ANSWER_LOST = "the unit is committed, but the caller gets Unavailable"
    STALE_EPOCH = "another owner has taken the lease: Lost"
    CONFLICT = "somebody wrote first: Conflict"
    UNAVAILABLE = "nothing is written: Unavailable"
    DELAY = "nothing happens until resume()"
    WAKE_LOST = "the unit is committed, but no watcher is called"


@dataclass(slots=True)
class _Message:
    send: Send
    attempt: int = 0
    due: int = 0
    dead: str | None = None


class MemoryStore:
    """The whole ``Store`` in memory.

    ``clock`` gives UTC ms for leases and the outbox. ``inject(fault, after=n)`` lets the commit after the next
    ``n`` meet that fault.
    """

    def __init__(self, clock: Callable[[], int] | None = None) -> None:
        self._clock = clock or (lambda: time.time_ns() // 1_000_000)
        self._lock = threading.RLock()
        self._facts = Facts()
        self._events: list[StoredEvent] = []
        self._streams: dict[str, list[StoredEvent]] = {}
        self._documents: dict[tuple[str, str], Save] = {}
        self._answers: dict[str, tuple[int, bytes]] = {}
        self._outbox: dict[str, _Message] = {}
        self._cursors: dict[str, int] = {}
        self._leases: dict[str, Lease] = {}
        self._watchers: dict[int, Callable[[], None]] = {}
        self._numbers = itertools.count()
        self._commits = 0
        self._faults: dict[int, Fault] = {}
        self._delayed: deque[tuple[tuple[Write, ...], Future[int], Fault | None]] = deque()
        self._held = False
        self._closed = False
        self._engine: Engine | None = None
        self._anchor: Connection | None = None

    # -- faults

    def inject(self, fault: Fault, after: int = 0) -> None:
        """Let the commit after the next ``after`` ones meet ``fault``."""
        self._faults[self._commits + after + 1] = fault

    def resume(self) -> None:
        """Carry out what ``Fault.DELAY`` holds back."""
        self._held = False
        while self._delayed and not self._held:
            writes, future, fault = self._delayed.popleft()
            self._carry_out(writes, future, fault)

    # -- tables

    @property
    def is_shared(self) -> bool:
        """Nobody else can reach it."""
        return False

    @property
    def engine(self) -> Engine:
        """A SQLite database in memory that several threads may read."""
        if self._engine is None:
            from sqlalchemy import create_engine

            address = f"sqlite:///file:/callwright-{next(_DATABASES)}?vfs=memdb&uri=true"
            self._engine = create_engine(address, connect_args={"timeout": 5})
            self._anchor = self._engine.connect()  # the database lives as long as one connection
        return self._engine

    def install(self, schema: Schema) -> None:
        """Create a package's tables."""
        from store.migrate import install

        with self.engine.begin() as connection:
            install(connection, schema)

    # -- units

    def commit(self, *writes: Write) -> Future[int]:
        """Write a unit at once, unless a fault was injected."""
        future: Future[int] = Future()
        with self._lock:
            self._commits += 1
            fault = self._faults.pop(self._commits, None)
            if fault is Fault.DELAY:
                self._held, fault = True, None
            if self._held:
                self._delayed.append((writes, future, fault))
                return future
        self._carry_out(writes, future, fault)
        return future

    def _carry_out(self, writes: tuple[Write, ...], future: Future[int], fault: Fault | None) -> None:
        try:
            position, woken = self._write(writes, fault)
        except StoreError as error:
            future.set_exception(error)
            return
        future.set_result(position)
        for wake in woken:
            wake()

    def _write(self, writes: tuple[Write, ...], fault: Fault | None) -> tuple[int, list[Callable[[], None]]]:
        with self._lock:
            if self._closed:
                raise Unavailable("the store is closed")
            if fault is Fault.CONFLICT:
                raise Conflict("injected")
            if fault is Fault.UNAVAILABLE:
                raise Unavailable("injected")
            if fault is Fault.STALE_EPOCH:
                self._usurp(writes)
                raise Lost("injected")
            change = decide(self._facts, writes)
            if change.runs:
                self._run(change.runs)
            self._take(change)
            if fault is Fault.ANSWER_LOST:
                raise Unavailable("injected: the answer was lost after the commit")
            woken = list(self._watchers.values()) if change.events and fault is not Fault.WAKE_LOST else []
            return change.head, woken

    def _usurp(self, writes: tuple[Write, ...]) -> None:
        for shard in {write.stream for write in writes if hasattr(write, "stream")}:
            epoch = self._facts.epochs.get(shard, 0) + 1
            self._set_lease(Lease(shard, "usurper", "", epoch, self._clock()))

    def _run(self, runs: Sequence[Run]) -> None:
        from sqlalchemy.exc import IntegrityError

        try:
            with self.engine.begin() as connection:
                for run in runs:
                    connection.execute(run.statement)
        except IntegrityError as error:
            raise Conflict(str(error.orig)) from error

    def _take(self, change: Change) -> None:
        advance(self._facts, change)
        for event in change.events:
            self._events.append(event)
            self._streams.setdefault(event.stream, []).append(event)
        for key, saved in change.saved.items():
            if saved is None:
                self._documents.pop(key, None)
            else:
                self._documents[key] = saved
        for command_id, kept in change.answers.items():
            self._answers[command_id] = (kept.at, kept.answer)
            self._forget(kept.at - ANSWERS_KEPT_MS)
        for send in change.sends:
            self._outbox.setdefault(send.id, _Message(send))
        for shard in change.renewed:
            lease = self._leases[shard]
            self._set_lease(msgspec.structs.replace(lease, expires=self._clock() + lease.ttl))

    def _forget(self, before: int) -> None:
        while self._answers:
            oldest = next(iter(self._answers))
            if self._answers[oldest][0] >= before:
                return
            del self._answers[oldest]
            self._facts.answered.discard(oldest)

    # -- reading

    def read(self, stream: str, after: int = 0, limit: int = 1000) -> Sequence[StoredEvent]:
        """Events of one stream."""
        return self._streams.get(stream, [])[after : after + limit]

    def read_all(self, after: int = 0, limit: int = 1000, prefix: str = "") -> Sequence[StoredEvent]:
        """Events of all streams."""
        found = (event for event in itertools.islice(self._events, after, None) if event.stream.startswith(prefix))
        return list(itertools.islice(found, limit))

    def last(self, stream: str) -> int:
        """The last sequence number of a stream."""
        return self._facts.last.get(stream, 0)

    def head(self) -> int:
        """The position of the newest event."""
        return self._facts.head

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` after commits that appended events."""
        number = next(self._numbers)
        self._watchers[number] = wake

        def end() -> None:
            self._watchers.pop(number, None)

        return end

    def cursor(self, consumer: str) -> int:
        """What a consumer has handled."""
        return self._cursors.get(consumer, 0)

    def move_cursor(self, consumer: str, position: int) -> None:
        """Remember what a consumer has handled."""
        self._cursors[consumer] = position

    def load(self, kind: str, id: str) -> Document | None:  # noqa: A002 - the contract's name
        """A document, or None."""
        saved = self._documents.get((kind, id))
        return None if saved is None else Document(saved.id, saved.rev, saved.body)

    def documents(self, kind: str) -> Sequence[Document]:
        """All documents of a kind, by id."""
        with self._lock:
            saved = sorted(key for key in self._documents if key[0] == kind)
            return [Document(key[1], self._documents[key].rev, self._documents[key].body) for key in saved]

    def documents_in(self, kind: str, since: int, until: int) -> Sequence[Document]:
        """Documents of a kind by their time."""
        with self._lock:
            saved = (save for key, save in sorted(self._documents.items()) if key[0] == kind)
            return [Document(save.id, save.rev, save.body) for save in saved if _touches(save, since, until)]

    def answer(self, command_id: str) -> bytes | None:
        """The kept answer to a command."""
        kept = self._answers.get(command_id)
        return None if kept is None else kept[1]

    # -- leases

    def acquire(self, shard: str, owner: str, address: str, ttl_ms: int) -> int | None:
        """Take a shard's lease when it is free."""
        with self._lock:
            now = self._clock()
            held = self._leases.get(shard)
            if held is not None and held.owner != owner and held.expires > now:
                return None
            epoch = held.epoch + 1 if held else 1
            self._set_lease(Lease(shard, owner, address, epoch, now + ttl_ms, ttl_ms))
            return epoch

    def renew(self, shard: str, owner: str, epoch: int, ttl_ms: int) -> bool:
        """Prolong a lease that is still ours."""
        with self._lock:
            held = self._leases.get(shard)
            if held is None or (held.owner, held.epoch) != (owner, epoch):
                return False
            self._set_lease(msgspec.structs.replace(held, expires=self._clock() + ttl_ms, ttl=ttl_ms))
            return True

    def release(self, shard: str, owner: str, epoch: int) -> None:
        """Give a lease back."""
        self.renew(shard, owner, epoch, 0)

    def lease(self, shard: str) -> Lease | None:
        """The shard's lease row."""
        held = self._leases.get(shard)
        return None if held is None else self._read(held)

    def leases(self, prefix: str) -> Sequence[Lease]:
        """The lease rows of shards with this prefix."""
        with self._lock:
            found = [lease for shard, lease in sorted(self._leases.items()) if shard.startswith(prefix)]
        return [self._read(lease) for lease in found]

    def _read(self, lease: Lease) -> Lease:
        return msgspec.structs.replace(lease, left=lease.expires - self._clock())

    def forget(self, shard: str, owner: str, epoch: int) -> None:
        """Give a lease up for good."""
        with self._lock:
            held = self._leases.get(shard)
            if held is not None and (held.owner, held.epoch) == (owner, epoch):
                del self._leases[shard], self._facts.epochs[shard]

    def _set_lease(self, lease: Lease) -> None:
        self._leases[lease.shard] = lease
        self._facts.epochs[lease.shard] = lease.epoch

    # -- outbox

    def claim(self, destination: str, n: int, lease_ms: int) -> Sequence[OutboxRow]:
        """Due messages, at most the first unfinished one of each key."""
        with self._lock:
            now = self._clock()
            firsts: dict[str, _Message] = {}
            for message in self._outbox.values():
                send = message.send
                if message.dead is not None or send.destination != destination:
                    continue
                if send.not_after is not None and send.not_after < now:
                    message.dead = EXPIRED
                    continue
                firsts.setdefault(send.key, message)
            claimed = [message for message in firsts.values() if message.due <= now][:n]
            for message in claimed:
                message.attempt += 1
                message.due = now + lease_ms
            return [_row(message) for message in claimed]

    def sent(self, ids: Sequence[str]) -> None:
        """Acknowledged messages leave."""
        with self._lock:
            for id_ in ids:
                self._outbox.pop(id_, None)

    def retry(self, id: str, at: int, error: str) -> None:  # noqa: A002
        """Try a message again at ``at``."""
        with self._lock:
            if id in self._outbox:
                self._outbox[id].due = at

    def bury(self, id: str, error: str) -> None:  # noqa: A002
        """Give up on a message."""
        with self._lock:
            if id in self._outbox:
                self._outbox[id].dead = error

    def close(self) -> None:
        """Let go of the tables; later commits are refused."""
        self._closed = True
        if self._engine is not None and self._anchor is not None:
            self._anchor.close()
            self._engine.dispose()


def _row(message: _Message) -> OutboxRow:
    send = message.send
    return OutboxRow(send.id, send.destination, send.key, send.payload, message.attempt, send.not_after)


def _touches(save: Save, since: int, until: int) -> bool:
    return (save.begun is None or save.begun < until) and (save.ended is None or save.ended >= since)
