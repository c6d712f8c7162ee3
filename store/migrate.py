"""Bring a package's tables up to date when the store is opened."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from store.contract import Schema


def install(connection: Connection, schema: Schema) -> None:
    """Run the migrations that are missing, or create the tables of a schema without migrations.

    The caller's transaction is used, so that two processes which open the same database at once do not both
    migrate it.
    """
    if schema.migrations is None:
        schema.metadata.create_all(connection)
        return
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(schema.migrations), version_locations=[str(schema.migrations)])

    def steps(current: Any, _context: MigrationContext) -> Any:  # alembic's own types are private
        return script._upgrade_revs("head", current)

    context = MigrationContext.configure(
        connection, opts={"version_table": f"{schema.name}_version", "fn": steps, "script": script}
    )
    with Operations.context(context):
        context.run_migrations()
