"""The store's own tables; packages above bring theirs as a ``Schema`` of their own."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, UniqueConstraint

from store.contract import Schema

metadata = MetaData()

FOR_EVER = 1 << 62
"""Later than every time (UTC ms)."""

Number = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; on SQLite the name that makes a primary key the row id."""

events = Table(
    "events",
    metadata,
    Column("position", Number, primary_key=True, autoincrement=False),
    Column("stream", String, nullable=False),
    Column("seq", Number, nullable=False),
    Column("epoch", Number, nullable=False),
    Column("type", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Number, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("stream", "seq"),
)

streams = Table(
    "streams",
    metadata,
    Column("stream", String, primary_key=True),
    Column("last", Number, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("kind", String, primary_key=True),
    Column("id", String, primary_key=True),
    Column("rev", Number, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("begun", Number, nullable=False, server_default=str(-FOR_EVER)),
    Column("ended", Number, nullable=False, server_default=str(FOR_EVER)),
    Index("documents_by_time", "kind", "ended", "begun"),
)
"""What a document tells of lasts for ever where nothing is said, so that one comparison finds it."""

answers = Table(
    "answers",
    metadata,
    Column("command_id", String, primary_key=True),
    Column("answer", LargeBinary, nullable=False),
    Column("at", Number, nullable=False, index=True),
)

leases = Table(
    "leases",
    metadata,
    Column("shard", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("address", String, nullable=False),
    Column("epoch", Number, nullable=False),
    Column("expires", Number, nullable=False),
    Column("ttl", Number, nullable=False),
)

cursors = Table(
    "cursors",
    metadata,
    Column("consumer", String, primary_key=True),
    Column("position", Number, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", String, nullable=False, unique=True),
    Column("destination", String, nullable=False),
    Column("key", String, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("not_after", Number),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("due", Number, nullable=False, server_default="0"),
    Column("dead", String),
    Column("error", String),
    Index("outbox_open", "destination", "key", "number"),
)

STORE = Schema("store", metadata, Path(__file__).parent / "migrations")
