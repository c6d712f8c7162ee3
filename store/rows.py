"""Facts and changes as rows: the SQL of the writer, the same for every database but for the dialect's upsert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from store.contract import Remember, Save, Send, StoredEvent, Write
from store.plan import (
    ANSWERS_KEPT_MS,
    Change,
    Facts,
    commands_of,
    documents_of,
    leases_of,
    streams_of,
)
from store.tables import FOR_EVER, answers, documents, events, leases, outbox, streams

NOW: dict[str, ColumnElement[int]] = {
    "sqlite": literal_column("CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"),
    "postgresql": literal_column("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"),
}
"""UTC ms by the database's own clock, which alone decides about leases."""


def upsert(connection: Connection, table: Table) -> Executable:
    """``INSERT`` of whole rows that replaces the row with the same primary key."""
    statement = _insert(connection, table)
    key = [column.name for column in table.primary_key]
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=others)


def _insert(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def load_facts(connection: Connection, units: Sequence[tuple[Write, ...]]) -> Facts:
    """Everything that these units ask about."""
    facts = Facts(connection.execute(select(func.coalesce(func.max(events.c.position), 0))).scalar_one())
    writes = tuple(write for unit in units for write in unit)
    if asked := streams_of(writes):
        rows = connection.execute(select(streams.c.stream, streams.c.last).where(streams.c.stream.in_(asked)))
        facts.last = {row.stream: row.last for row in rows}
    if keys := documents_of(writes):
        columns = (documents.c.kind, documents.c.id)
        rows = connection.execute(select(*columns, documents.c.rev).where(tuple_(*columns).in_(list(keys))))
        facts.revisions = {(row.kind, row.id): row.rev for row in rows}
    if commands := commands_of(writes):
        found = connection.execute(select(answers.c.command_id).where(answers.c.command_id.in_(commands)))
        facts.answered = set(found.scalars())
    if shards := leases_of(writes):
        rows = connection.execute(select(leases.c.shard, leases.c.epoch).where(leases.c.shard.in_(shards)))
        facts.epochs = {row.shard: row.epoch for row in rows}
    return facts


def store_change(connection: Connection, change: Change) -> None:
    """Write what a group of units comes to."""
    if change.events:
        connection.execute(insert(events), [_event_row(event) for event in change.events])
    if change.last:
        rows = [{"stream": stream, "last": last} for stream, last in change.last.items()]
        connection.execute(upsert(connection, streams), rows)
    if change.saved:
        _store_documents(connection, change)
    if change.answers:
        connection.execute(insert(answers), [_answer_row(kept) for kept in change.answers.values()])
    if change.sends:
        ignoring_known = _insert(connection, outbox).on_conflict_do_nothing(index_elements=["id"])
        connection.execute(ignoring_known, [_send_row(send) for send in change.sends])
    for shard in sorted(change.renewed):
        until = NOW[connection.dialect.name] + leases.c.ttl
        connection.execute(update(leases).where(leases.c.shard == shard).values(expires=until))


def _store_documents(connection: Connection, change: Change) -> None:
    saved = [_document_row(save) for save in change.saved.values() if save is not None]
    if saved:
        connection.execute(upsert(connection, documents), saved)
    gone = [{"gone_kind": kind, "gone_id": id_} for (kind, id_), save in change.saved.items() if save is None]
    if gone:
        this = and_(documents.c.kind == bindparam("gone_kind"), documents.c.id == bindparam("gone_id"))
        connection.execute(delete(documents).where(this), gone)


def forget_answers(connection: Connection, newest: int) -> None:
    """Answers are kept for a day, counted back from ``newest``."""
    connection.execute(delete(answers).where(answers.c.at < newest - ANSWERS_KEPT_MS))


def _event_row(event: StoredEvent) -> dict[str, Any]:
    return {
        "position": event.position,
        "stream": event.stream,
        "seq": event.seq,
        "epoch": event.epoch,
        "type": event.type,
        "version": event.version,
        "at": event.at,
        "body": event.body,
    }


def _document_row(save: Save) -> dict[str, Any]:
    return {
        "kind": save.kind,
        "id": save.id,
        "rev": save.rev,
        "body": save.body,
        "begun": -FOR_EVER if save.begun is None else save.begun,
        "ended": FOR_EVER if save.ended is None else save.ended,
    }


def _answer_row(kept: Remember) -> dict[str, Any]:
    return {"command_id": kept.command_id, "answer": kept.answer, "at": kept.at}


def _send_row(send: Send) -> dict[str, Any]:
    return {
        "id": send.id,
        "destination": send.destination,
        "key": send.key,
        "payload": send.payload,
        "not_after": send.not_after,
    }
