"""The time that documents tell of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

FOR_EVER = 1 << 62
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the columns; documents that are there already last for ever until they are saved again."""
    op.add_column("documents", sa.Column("begun", Number, nullable=False, server_default=str(-FOR_EVER)))
    op.add_column("documents", sa.Column("ended", Number, nullable=False, server_default=str(FOR_EVER)))
    op.create_index("documents_by_time", "documents", ["kind", "ended", "begun"])
