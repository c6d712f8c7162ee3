"""``callwright user``: who may log in."""

from __future__ import annotations

from pathlib import Path

import click


@click.group("user")
def command() -> None:
    """Give users of the organisation a password."""


@command.command("add")
@click.argument("username")
@click.option("--project", type=click.Path(exists=True, path_type=Path), default=Path(), help="The project's folder.")
@click.option("--database", metavar="URL", help="The database; default: in the data folder.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(username: str, project: Path, database: str | None, password_stdin: bool) -> int:
    """Let USERNAME (an e-mail address of the organisation) log in."""
    import sys

    from callwright.accounts import OrganisationAccounts, random_password
    from callwright.inventory import surroundings_of
    from callwright.project import load_project
    from callwright.settings import database_url
    from contactcenter.organisation import User
    from dsl.source import did_you_mean
    from store import open_store
    from store.contract import StoreError

    organisation = surroundings_of(load_project(project)[0]).organisation
    if organisation is None:
        raise click.ClickException(f"{project} has no organisation file")
    password = sys.stdin.readline().rstrip("\n") if password_stdin else random_password()
    if len(password) < 8:
        raise click.UsageError("a password has at least eight characters")
    try:
        store = open_store(database or database_url())
    except StoreError as error:
        raise click.ClickException(str(error)) from error
    try:
        user = OrganisationAccounts(organisation, store).set_password(username, password)
    finally:
        store.close()
    if user is None:
        names = [person.username for person in organisation.all("user") if isinstance(person, User)]
        raise click.ClickException(f'the organisation has no user "{username}"; {did_you_mean(username, names) or ""}')
    click.echo(f"{user.username} may log in" + ("" if password_stdin else f" with {password}"))
    return 0
