"""Word of the commits of other processes on PostgreSQL (LISTEN/NOTIFY): shortens polling, never replaces it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    import psycopg

CHANNEL = "callwright_events"
CHECK_S = 0.25
"""How often a listener looks whether it is to end, and how long it waits before it connects again."""

PATIENCE_S = 2.0


class Notices:
    """Tells others of our commits, and calls ``wake`` on a thread of its own after theirs."""

    def __init__(self, engine: Engine, wake: Callable[[], None]) -> None:
        self._engine, self._wake = engine, wake
        self._us = str(uuid4())
        self._closing = threading.Event()
        self._hearing = threading.Event()
        self._thread: threading.Thread | None = None

    def tell(self, connection: Connection) -> None:
        """Others hear when this transaction is committed."""
        notify = text("SELECT pg_notify(:channel, :us)")
        connection.execute(notify, {"channel": CHANNEL, "us": self._us})

    def listen(self) -> None:
        """Begin to hear, and wait for that a moment; harmless when it has begun."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="store-notices", daemon=True)
            self._thread.start()
            self._hearing.wait(PATIENCE_S)

    def close(self) -> None:
        """Hear no more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _loop(self) -> None:
        while not self._closing.is_set():
            try:
                self._hear()
            except _broken():
                self._closing.wait(CHECK_S)  # the database fails over

    def _hear(self) -> None:
        with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            raw: psycopg.Connection | None = connection.connection.driver_connection
            connection.exec_driver_sql(f"LISTEN {CHANNEL}")
            if self._hearing.is_set():
                self._wake()  # we may have missed something
            self._hearing.set()
            while raw is not None and not self._closing.is_set():
                for notice in raw.notifies(timeout=CHECK_S, stop_after=1):
                    if notice.payload != self._us:
                        self._wake()
            connection.invalidate()  # nobody else may get one that listens


def _broken() -> tuple[type[Exception], ...]:
    """What a lost connection raises."""
    import psycopg

    return (SQLAlchemyError, psycopg.Error, OSError)
