"""A whole node in virtual time: the real parts on a store in memory, agents and callers by their own commands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from callwright.numbers import uri
from callwright.project import load_project
from callwright.serving.center import ContactCenter, open_center
from channels.telephony import ScriptedCaller
from contactcenter.conversations import Leg, LegReport
from interpreter.ports import Clock
from simulator.virtual_loop import VirtualLoop
from store import MemoryStore
from web.services import Outcome, User

Result = TypeVar("Result")
Step = dict[str, Any]
CONFIRM: list[Step] = [{"hear": "If that is right, press 1"}, {"press": "1"}]


Reaction = str | Sequence[Step]
"""What a called number does: ``busy``, ``silent`` (it rings and nobody answers), ``machine`` (one answers), or the
steps of who answers."""


@dataclass
class Exchange:
    """The telephones of customers, by number; ``called`` are the numbers that were dialled, ``answered`` who took
    it."""

    reactions: dict[str, Reaction] = field(default_factory=dict)
    called: list[str] = field(default_factory=list)
    answered: list[ScriptedCaller] = field(default_factory=list)
    clock: Clock | None = None

    def dial(self, number: str, conversation: str, leg: str, report: LegReport) -> Leg | None:
        """Something happens at the other end after three seconds; a number without a telephone cannot be called."""
        assert self.clock is not None
        self.called.append(number)
        reaction = self.reactions.get(number)
        if reaction is None:
            return None
        phone = ScriptedCaller(self.clock, [] if isinstance(reaction, str) else reaction, pace=0)

        def react() -> None:
            if phone.over:
                return
            if reaction == "busy":
                report.failed(leg, "busy")
            else:
                self.answered.append(phone)
                report.connected(leg, machine=reaction == "machine")
                phone.start()

        if reaction != "silent":
            self.clock.call_at(self.clock.now() + 3000, react)
        return phone


@dataclass
class VirtualNode:
    """A running node; ``lines`` is the story of all calls."""

    center: ContactCenter
    exchange: Exchange
    lines: list[dict[str, Any]] = field(default_factory=list)

    def user(self, name: str) -> User:
        person = self.center.organisation.user(f"{name.lower()}@example.com")
        assert person is not None
        return User(person.id, person.username, person.name, frozenset({"agent"}))

    async def does(self, name: str, command: str, call: str = "", **args: Any) -> Outcome:
        """An agent's command at the desk."""
        body = {"commandId": str(uuid4()), "interactionId": call, "args": args}
        return await self.center.desk.command(self.user(name), command, body)

    async def on_queue(self, *names: str) -> None:
        for name in names:
            assert (await self.does(name, "presence.set", status="on_queue")).status == 200

    async def call(self, number: str, steps: Sequence[Step] = CONFIRM, *, pace: int = 0) -> tuple[str, ScriptedCaller]:
        """A caller who does these steps and then is silent; gives the call and the phone.

        ``pace`` is how long prompts take, in ms a character.
        """
        phone = ScriptedCaller(self.center.clock, steps, pace=pace)
        dialled = next(iter(self.center.project.numbers))
        identity, _ = await self.center.conversations.call(phone, ani=uri(number), dnis=uri(dialled), adapter="test")
        phone.start()
        return identity, phone

    async def shown(self, name: str) -> list[dict[str, Any]]:
        """The interactions at an agent's desk."""
        return list((await self.center.desk.state(self.user(name)))["interactions"])

    async def status(self, name: str) -> str:
        return str((await self.center.desk.state(self.user(name)))["status"])

    async def until(self, name: str, state: str, seconds: float = 60) -> dict[str, Any]:
        """An agent's interaction, once it is in this state; looked for every tenth of a virtual second."""
        for _ in range(int(seconds * 10)):
            for one in await self.shown(name):
                if one["state"] == state:
                    return one
            await asyncio.sleep(0.1)
        raise AssertionError(f"{name} has no interaction that is {state}: {self.told()}")

    async def answered(self, name: str) -> dict[str, Any]:
        """The agent is alerted and answers."""
        alert = await self.until(name, "alerting")
        assert (await self.does(name, "answer", alert["interactionId"], reservation=alert["reservation"])).status == 200
        return await self.until(name, "connected")

    def told(self, event: str | None = None) -> list[Any]:
        """The events so far, or the lines of one."""
        return [line if event else line["event"] for line in self.lines if event in (None, line["event"])]


def in_virtual_time(
    project: Path,
    play: Callable[[VirtualNode], Awaitable[Result]],
    store: MemoryStore | None = None,
    loop: VirtualLoop | None = None,
) -> Result:
    """Start a node, play, and stop it; on a new store and loop unless others are given."""
    store, loop = store or MemoryStore(), loop or VirtualLoop()

    async def run() -> Result:
        lines: list[dict[str, Any]] = []
        exchange = Exchange()
        center = await open_center(load_project(project)[0], store, pace=0, dialler=exchange.dial, tell=lines.append)
        exchange.clock = center.clock
        try:
            return await play(VirtualNode(center, exchange, lines))
        finally:
            await center.close()

    try:
        return loop.run_until_complete(run())
    finally:
        loop.close()
