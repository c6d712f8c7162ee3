"""The tables of this package (customers.md §14); written through store units only.

Times are UTC ms; ``seq`` is the monotonic number that decides who came first, never the clock alone.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

from store import Schema

metadata = MetaData()


def _id() -> Column[str]:
    return Column("id", String(64), primary_key=True)


contact = Table(
    "contact",
    metadata,
    _id(),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("type", String(16), nullable=False),
    Column("division", String(64), nullable=False),
    Column("fields", JSON, nullable=False),
    Column("search", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("modified_seq", BigInteger, nullable=False),
    Column("last_interaction_at", BigInteger),
    Column("canonical_id", String(64), index=True),
    Column("merged_to", String(64), index=True),
    Column("merged_from", JSON, nullable=False),
    Column("deleted_at", BigInteger),
    Column("rev", Integer, nullable=False),
)

claim = Table(
    "identifier_claim",
    metadata,
    _id(),
    Column("seq", BigInteger, nullable=False),
    Column("contact_id", String(64), nullable=False, index=True),
    Column("type", String(32), nullable=False),
    Column("source", String(64), nullable=False),
    Column("norm", String(512), nullable=False),
    Column("value", String(512), nullable=False),
    Column("origin", String(8), nullable=False),
    Column("rank", Integer, nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("released_at", BigInteger),
    Column("suppressed", Boolean, nullable=False),
    Index("identifier_live", "type", "source", "norm", "released_at"),
)

negative = Table(
    "identifier_negative",
    metadata,
    _id(),
    Column("type", String(32), nullable=False),
    Column("norm", String(512), nullable=False),
    Column("contact_id", String(64), nullable=False, index=True),
    Column("by", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("identifier_negative_norm", "type", "norm"),
)

link = Table(
    "conversation_contact",
    metadata,
    _id(),
    Column("seq", BigInteger, nullable=False),
    Column("conversation_id", String(64), nullable=False, index=True),
    Column("participant_id", String(64)),
    Column("contact_id", String(64), nullable=False, index=True),
    Column("level", String(16), nullable=False),
    Column("how", String(16), nullable=False),
    Column("by", String(64)),
    Column("explain", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

entry = Table(
    "history_entry",
    metadata,
    _id(),
    Column("kind", String(16), nullable=False),
    Column("contact_id", String(64), index=True),
    Column("at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("due_at", BigInteger),
    Column("state", String(8), nullable=False),
    Column("ref", String(128)),
    Column("division", String(64), nullable=False),
    Column("address", String(512), index=True),
    Column("data", JSON, nullable=False),
)

note = Table(
    "note",
    metadata,
    _id(),
    Column("seq", BigInteger, nullable=False),
    Column("entity_type", String(16), nullable=False),
    Column("entity_id", String(64), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("created_by", String(64)),
    Column("conversation_id", String(64), index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
)

merge = Table(
    "merge_event",
    metadata,
    _id(),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("kind", String(8), nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("output", String(64), nullable=False, index=True),
    Column("actor", String(64), nullable=False),
    Column("reason", String(500)),
    Column("policy", Integer, nullable=False),
    Column("snapshot", JSON, nullable=False),
    Column("key", String(255), unique=True),
    Column("body", String(64)),
    Column("at", BigInteger, nullable=False),
    Column("undone_by", String(64)),
)

change = Table(
    "change_feed",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entity", String(16), nullable=False),
    Column("contact_id", String(64), nullable=False, index=True),
    Column("canonical_id", String(64), nullable=False),
    Column("field", String(128), nullable=False),
    Column("old", JSON),
    Column("new", JSON),
    Column("sensitive", Boolean, nullable=False),
    Column("agent_id", String(64)),
    Column("interaction_id", String(64)),
    Column("source", String(32), nullable=False),
    Column("tx_id", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
)

record = Table(
    "crm_record",
    metadata,
    _id(),
    Column("seq", BigInteger, nullable=False, unique=True),
    Column("type", String(64), nullable=False, index=True),
    Column("number", String(32)),
    Column("title", String(1000), nullable=False),
    Column("status", String(64)),
    Column("fields", JSON, nullable=False),
    Column("search", Text, nullable=False),
    Column("phone", String(32), index=True),
    Column("contact_id", String(64), index=True),
    Column("account_id", String(64), index=True),
    Column("parent_id", String(64)),
    Column("external_source", String(64)),
    Column("external_id", String(255)),
    Column("owner_id", String(64)),
    Column("division", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("deleted_at", BigInteger),
    Column("key", String(255), unique=True),
    Column("rev", Integer, nullable=False),
    Index("crm_record_number", "type", "number", unique=True),
    Index("crm_record_external", "type", "external_source", "external_id", unique=True),
)

record_contact = Table(
    "crm_record_contact",
    metadata,
    Column("record_id", String(64), primary_key=True),
    Column("contact_id", String(64), primary_key=True),
    Column("role", String(64), nullable=False),
)

CUSTOMERS = Schema("customers", metadata)
"""What ``Store.install`` creates."""
