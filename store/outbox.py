"""The outbox in SQL: claims in batches, in order per key (routing.md §28.2)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, func, select, update

from store.contract import OutboxRow
from store.plan import EXPIRED
from store.rows import NOW
from store.tables import outbox

OPEN = outbox.c.dead.is_(None)


def claim(connection: Connection, destination: str, n: int, lease_ms: int) -> Sequence[OutboxRow]:
    """Up to ``n`` due messages, the first unfinished one of each key; they are ours for ``lease_ms``."""
    now = connection.execute(select(NOW[connection.dialect.name])).scalar_one()
    here = (outbox.c.destination == destination, OPEN)
    connection.execute(update(outbox).where(*here, outbox.c.not_after < now).values(dead=EXPIRED))
    firsts = select(func.min(outbox.c.number)).where(*here).group_by(outbox.c.key)
    due = select(outbox).where(outbox.c.number.in_(firsts), outbox.c.due <= now).order_by(outbox.c.number).limit(n)
    rows = connection.execute(due).all()
    if rows:
        claimed = outbox.c.number.in_([row.number for row in rows])
        connection.execute(update(outbox).where(claimed).values(attempt=outbox.c.attempt + 1, due=now + lease_ms))
    return [OutboxRow(row.id, row.destination, row.key, row.payload, row.attempt + 1, row.not_after) for row in rows]


def sent(connection: Connection, ids: Sequence[str]) -> None:
    """Acknowledged messages leave."""
    connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))


def retry(connection: Connection, id_: str, at: int, error: str) -> None:
    """Due again at ``at``."""
    connection.execute(update(outbox).where(outbox.c.id == id_).values(due=at, error=error))


def bury(connection: Connection, id_: str, error: str) -> None:
    """Dead, and no longer in the way of its key."""
    connection.execute(update(outbox).where(outbox.c.id == id_).values(dead=error, error=error))
