"""``callwright client``: programs that may use the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from web.api.vendor import Clients


@click.group("client")
def command() -> None:
    """Let programs log in to the API with OAuth client credentials."""


_DATABASE = click.option("--database", metavar="URL", help="The database; default: in the data folder.")


@contextmanager
def _clients(database: str | None) -> Iterator[Clients]:
    """The clients of a database; raises ``click.ClickException`` where it cannot be opened."""
    import time

    from callwright.settings import database_url
    from store import StoreError, open_store
    from web.api.vendor import Clients

    try:
        store = open_store(database or database_url())
    except StoreError as error:
        raise click.ClickException(str(error)) from None
    try:
        yield Clients(store, lambda: time.time_ns() // 1_000_000)
    finally:
        store.close()


@command.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True, help="A role of the organisation; may be given several times.")
@_DATABASE
def add(name: str, roles: tuple[str, ...], database: str | None) -> int:
    """Make a client called NAME and show its id and secret, the secret this once."""
    if not roles:
        raise click.UsageError("a client without a --role may do nothing; administrator may do everything")
    with _clients(database) as clients:
        client, secret = clients.add(name, roles)
    click.echo(f"client_id      {client.id}\nclient_secret  {secret}")
    return 0


@command.command("list")
@_DATABASE
def list_(database: str | None) -> int:
    """Show every client: id, name, roles."""
    with _clients(database) as clients:
        for client in clients.all():
            click.echo(f"{client.id}  {client.name} ({', '.join(client.roles)})")
    return 0


@command.command("remove")
@click.argument("client_id")
@_DATABASE
def remove(client_id: str, database: str | None) -> int:
    """Take a client away; a running node forgets its tokens when it starts again."""
    with _clients(database) as clients:
        if not clients.remove(client_id):
            raise click.UsageError(f"there is no client {client_id}")
    return 0
