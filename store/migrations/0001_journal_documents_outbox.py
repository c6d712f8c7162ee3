"""Journal, documents, answers, leases, cursors and outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of the first version."""
    op.create_table(
        "events",
        sa.Column("position", Number, primary_key=True, autoincrement=False),
        sa.Column("stream", sa.String, nullable=False),
        sa.Column("seq", Number, nullable=False),
        sa.Column("epoch", Number, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", Number, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("stream", "seq"),
    )
    op.create_table(
        "streams",
        sa.Column("stream", sa.String, primary_key=True),
        sa.Column("last", Number, nullable=False),
    )
    op.create_table(
        "documents",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("rev", Number, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "answers",
        sa.Column("command_id", sa.String, primary_key=True),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        sa.Column("at", Number, nullable=False, index=True),
    )
    op.create_table(
        "leases",
        sa.Column("shard", sa.String, primary_key=True),
        sa.Column("owner", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("epoch", Number, nullable=False),
        sa.Column("expires", Number, nullable=False),
        sa.Column("ttl", Number, nullable=False),
    )
    op.create_table(
        "cursors",
        sa.Column("consumer", sa.String, primary_key=True),
        sa.Column("position", Number, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("number", Number, primary_key=True),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("destination", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("not_after", Number),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due", Number, nullable=False, server_default="0"),
        sa.Column("dead", sa.String),
        sa.Column("error", sa.String),
        sa.Index("outbox_open", "destination", "key", "number"),
    )
