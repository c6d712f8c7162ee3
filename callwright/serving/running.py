"""Running a node from its start to Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import click

from callwright.project import Project, load_project
from callwright.serving.center import CannotStartError, ContactCenter, open_center
from callwright.serving.server import HOST, address_of, listen, served
from callwright.serving.threads import enough_threads
from callwright.settings import database_url, setting
from dsl.source import Diagnostic, Severity, Source
from dsl.source.report import Report, pretty
from store import Store, StoreError, open_store

PORT = 8080


def serve(path: Path, *, host: str | None, port: int | None, database: str | None, tell: Callable[[str], None]) -> int:
    """Serve a project until a signal comes; 1 when it cannot start, with the reason on standard error."""
    project, findings = load_project(path)
    if has_errors_shown(findings, {}):
        return 1
    address = str(setting(project.settings, "desk.host", HOST, host))
    try:
        return asyncio.run(_serve(project, address, port_of(project, port), database, tell))
    except (CannotStartError, StoreError) as error:
        click.echo(f"callwright: {error}", err=True)
        return 1


async def _serve(project: Project, host: str, port: int, database: str | None, tell: Callable[[str], None]) -> int:
    enough_threads()
    stopped = stop_signal()
    listening = listen(host, port)
    address = address_of(listening, host)
    reachable = str(setting(project.settings, "nodes.address", address))
    center = await open_center(project, await open_database(database), address=reachable)
    try:
        if has_errors_shown([*center.publication.findings, *center.crm.findings], center.publication.sources):
            return 1
        users = [user for user in center.organisation.all("user") if center.accounts.has_password(user.id)]
        async with served(center, listening):
            show(center.publication.lacking, center.publication.sources)
            tell(f"callwright serves {_flows(center)} at {address}")
            if not users:
                tell("nobody may log in yet: give a user a password with `callwright user add NAME`")
            await stopped.wait()
            tell("stopping")
    finally:
        await center.close()
    return 0


def _flows(center: ContactCenter) -> str:
    count = len(center.publication.flows.by_name)
    numbers = ", ".join(center.project.numbers) or "no number"
    return f"{count} flow{'' if count == 1 else 's'} on {numbers}"


async def open_database(url: str | None) -> Store:
    """Open the store in a thread; migrations may take a while. Raises ``StoreError``."""
    return await asyncio.to_thread(lambda: open_store(url or database_url()))


def port_of(project: Project, option: int | None) -> int:
    """The port that was asked for. Raises ``CannotStartError`` when it is none."""
    wanted = setting(project.settings, "desk.port", PORT, option)
    try:
        port = int(str(wanted))
    except ValueError:
        port = -1
    if not 0 <= port <= 65_535:
        raise CannotStartError(f'"{wanted}" is no port; desk.port is a number from 1 to 65535')
    return port


def stop_signal() -> asyncio.Event:
    """An event that Ctrl-C and SIGTERM set, instead of an exception anywhere."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    return stopped


def has_errors_shown(findings: list[Diagnostic], sources: dict[str, Source]) -> bool:
    """Show errors on standard error; whether there are any."""
    errors = [found for found in findings if found.severity is Severity.ERROR]
    show(errors, sources)
    return bool(errors)


def show(findings: list[Diagnostic], sources: dict[str, Source]) -> None:
    """Show findings on standard error."""
    if findings:
        click.echo(pretty(Report([], findings, sources, color=sys.stderr.isatty())), err=True, nl=False)
