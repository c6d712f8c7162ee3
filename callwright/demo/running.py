"""The demo from its start to its end: a node with sample data, agents at its desk, callers one after the other."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from callwright.accounts import random_password
from callwright.demo.agent import DeskAgent
from callwright.demo.callers import CALLERS, DemoCaller
from callwright.demo.screen import Screen
from callwright.numbers import uri
from callwright.project import load_project
from callwright.samples import sample
from callwright.serving.center import CannotStartError, ContactCenter, open_center
from callwright.serving.running import has_errors_shown, open_database, port_of, stop_signal
from callwright.serving.server import HOST, address_of, listen, served
from callwright.story import SCHEMA, Line, as_json
from channels.telephony import ScriptedCaller
from connectors.http import HttpFactory
from store import StoreError

AGENTS = ("ada@example.com", "ben@example.com")
CALL_S = 120.0
"""How long one call may take before the demo gives it up, in s."""
READING_S = 1.2
"""How long a demo agent hesitates when somebody watches, in s."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What was asked for. ``json``: event lines instead of the story; ``stay``: go on after the calls;
    ``auto_agent``: demo agents answer the user's own calls, too."""

    callers: Sequence[str]
    json: bool
    verbose: bool
    stay: bool
    auto_agent: bool
    port: int | None
    database: str | None


def run_demo(options: DemoOptions) -> int:
    """Run the demo; gives an exit code: 1 when it cannot start or a call did not go all the way."""
    try:
        return asyncio.run(_Demo(options).run())
    except (CannotStartError, StoreError) as error:
        click.echo(f"callwright: {error}", err=True)
        return 1


class _Paper(Console):
    """Where the story is told; when nobody reads any more, it is told to nobody."""

    def on_broken_pipe(self) -> None:
        """The reader has gone, as ``head`` does."""
        self.quiet = True


class _Demo:
    def __init__(self, options: DemoOptions) -> None:
        self.options = options
        self.watched = sys.stdout.isatty() and not options.json
        self.screen = Screen(_Paper(highlight=False, stderr=options.json))
        self.logged: asyncio.Queue[str] = asyncio.Queue()
        self.first = True

    async def run(self) -> int:
        stopped = stop_signal()
        async with AsyncExitStack() as stack:
            center, address, passwords = await self._start(stack)
            if not self.options.json:
                self.screen.note(f"callwright's demo: the desk is at {address}/desk")
            async with self._agents(center, address, passwords):
                complete = await self._until(stopped, self._calls(center))
                if complete is None:
                    return 0
                if self.options.stay and self.options.auto_agent:
                    await self._stay(address, passwords, stopped)
            if self.options.stay and not self.options.auto_agent:
                await self._stay(address, passwords, stopped)
            return 0 if complete else 1

    # The parts.

    async def _start(self, stack: AsyncExitStack) -> tuple[ContactCenter, str, dict[str, str]]:
        project, findings = load_project(sample("crm_welcome"))
        if has_errors_shown(findings, {}):
            raise CannotStartError("the sample project has errors")
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="callwright-demo-"))
        store = await open_database(self.options.database or f"sqlite:///{Path(folder) / 'demo.db'}")
        center = await open_center(
            project,
            store,
            tell=self.tell,
            verbose=self.options.verbose,
            pace=None if self.watched or self.options.stay else 0,
        )
        stack.push_async_callback(center.close)
        passwords = {name: random_password() for name in AGENTS}
        for name, password in passwords.items():
            center.accounts.set_password(name, password)
        callers = [(caller.number, caller.title) for caller in CALLERS.values()]
        listening = listen(HOST, port_of(project, self.options.port))
        await stack.enter_async_context(served(center, listening, callers))
        return center, address_of(listening, HOST), passwords

    @asynccontextmanager
    async def _agents(self, center: ContactCenter, address: str, passwords: dict[str, str]) -> AsyncIterator[None]:
        """Demo agents who work until the calls are done, and go off queue again."""
        factory = HttpFactory()
        agents = []
        for username, password in passwords.items():
            person = center.organisation.user(username)
            assert person is not None
            agents.append(DeskAgent(address, username, password, name=person.name, think=self._think, factory=factory))
        try:
            for agent in agents:
                await agent.log_in()
                await agent.set_presence("on_queue")
            working = [asyncio.create_task(agent.work()) for agent in agents]
            yield
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
            for agent in agents:
                await agent.set_presence("off_queue")
        finally:
            await factory.aclose()

    async def _calls(self, center: ContactCenter) -> bool:
        """All callers, one after the other; whether every call went all the way into the history."""
        for name in self.options.callers:
            caller = CALLERS[name]
            if not self.options.json:
                self.screen.title(caller.title)
            try:
                async with asyncio.timeout(CALL_S):
                    await self._call(center, caller)
            except TimeoutError:
                click.echo(f"callwright: the call of {caller.title} did not come to its end", err=True)
                return False
        return True

    async def _call(self, center: ContactCenter, caller: DemoCaller) -> None:
        said = self.screen.said if self.watched else None
        phone = ScriptedCaller(center.clock, caller.steps, pace=center.phone.phone.pace, on_line=said)
        dialled = next(iter(center.project.numbers))
        identity, _ = await center.conversations.call(
            phone, ani=uri(caller.number), dnis=uri(dialled), adapter="terminal"
        )
        phone.start()
        while await self.logged.get() != identity:
            pass

    async def _stay(self, address: str, passwords: dict[str, str], stopped: asyncio.Event) -> None:
        self.screen.title("your turn")
        self.screen.note(f"  call from   {address}/phone")
        self.screen.note(f"  answer at   {address}/desk")
        for username, password in passwords.items():
            self.screen.note(f"  log in as   {username}   {password}")
        if not self.options.auto_agent:
            self.screen.note("  then go on queue; --auto-agent lets the demo's agents answer instead")
        self.screen.note("  Ctrl-C ends the demo")
        if self.watched and (
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "darwin"
        ):
            await asyncio.to_thread(partial(webbrowser.open, f"{address}/desk"))
        await stopped.wait()
        self.screen.note("stopping")

    # Small things.

    def tell(self, line: Line) -> None:
        """An event line of any call."""
        if self.options.json:
            with suppress(BrokenPipeError):
                click.echo(as_json({"schema": SCHEMA, **line} if self.first else line))
            self.first = False
        else:
            self.screen.event(line)
        if line["event"] == "interaction.logged":
            self.logged.put_nowait(str(line["call"]))

    async def _think(self) -> None:
        await asyncio.sleep(READING_S if self.watched else 0)

    @staticmethod
    async def _until(stopped: asyncio.Event, work: Coroutine[Any, Any, bool]) -> bool | None:
        """What the work gives; None when Ctrl-C comes first."""
        task = asyncio.create_task(work)
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
        for one in (task, waiting):
            one.cancel()
        await asyncio.gather(task, waiting, return_exceptions=True)
        return None if task.cancelled() else task.result()
