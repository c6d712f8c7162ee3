"""The ground floor: what is acknowledged is durable.

``open_store(url)`` gives a ``Store``: a journal of event streams with leases and cursors, documents that
change by compare-and-set, SQLAlchemy tables, and the outbox for foreign systems; all of it written through
one ``commit`` that is atomic and grouped with its neighbours. ``MemoryStore`` is the fake with fault
injection that tests and the simulator use; one contract suite holds for all.
"""

from __future__ import annotations

from store.contract import (
    Append,
    Conflict,
    Delete,
    Document,
    Fence,
    Lease,
    Lost,
    NewEvent,
    OutboxRow,
    Remember,
    Run,
    Save,
    Schema,
    Send,
    Store,
    StoredEvent,
    StoreError,
    Unavailable,
    Write,
)
from store.memory import Fault, MemoryStore
from store.opening import open_store

__all__ = [
    "Append",
    "Conflict",
    "Delete",
    "Document",
    "Fault",
    "Fence",
    "Lease",
    "Lost",
    "MemoryStore",
    "NewEvent",
    "OutboxRow",
    "Remember",
    "Run",
    "Save",
    "Schema",
    "Send",
    "Store",
    "StoreError",
    "StoredEvent",
    "Unavailable",
    "Write",
    "open_store",
]
