"""A call at the keyboard: prompts are printed, typed keys are pressed, ``h`` hangs up."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from callwright.loading import Loaded, executable_of
from callwright.rehearsed_crm import RehearsedCrm
from callwright.rehearsing import Caller, Stage, call_id, uri
from callwright.transcript import conclusion
from interpreter.clock import LoopClock
from interpreter.commands import End, Prompt
from interpreter.execution import Execution, Ports
from interpreter.media import LiveMedia
from interpreter.narrative import sentence
from interpreter.ports import Capabilities, RequestPort, Timer
from interpreter.prompts import heard
from simulator.session import AcceptedQueues, NothingFound, Rehearsal, WillingConversation
from simulator.stubs import StubbedActions

if TYPE_CHECKING:
    from connectors import DataActions

READING_MS_PER_CHARACTER = 25


class TerminalPhone:
    """The adapter: a prompt takes as long as it takes to read."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.capabilities = Capabilities()
        self.media = LiveMedia(self, clock)
        self.playing: Timer | None = None

    def play(self, prompts: tuple[Prompt, ...]) -> None:
        """Print and be done after the time to read it."""
        text = heard(prompts)
        click.echo(click.style("flow: ", bold=True) + text)
        self.playing = self.clock.call_at(self.clock.now() + READING_MS_PER_CHARACTER * len(text), self.media.played)

    def stop(self) -> None:
        """The caller has interrupted."""
        if self.playing is not None:
            self.playing.cancel()

    def background(self, prompts: tuple[Prompt, ...], music: str | None) -> None:
        """Print; nobody waits."""
        text = heard(prompts)
        if text:
            click.echo(click.style("flow: ", bold=True) + text)
        if music:
            click.echo(click.style("      (music)", dim=True))

    def hang_up(self, cause: str) -> None:
        """The flow ends the call."""
        click.echo(click.style("      the line is closed", dim=True))


def talk(loaded: Loaded, caller: Caller, stage: Stage, *, trace: bool = False) -> int:
    """Play the call with the person at the terminal; gives an exit code."""
    return asyncio.run(_Talk(loaded, caller, stage, trace=trace).run())


class _Talk:
    def __init__(self, loaded: Loaded, caller: Caller, stage: Stage, *, trace: bool) -> None:
        self.loaded, self.caller, self.stage, self.trace = loaded, caller, stage, trace
        self.rehearsal = Rehearsal()
        self.over: asyncio.Event | None = None
        self.crm = RehearsedCrm(loaded)

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        self.over = asyncio.Event()
        clock = LoopClock(loop)
        phone = TerminalPhone(clock)
        execution = Execution(
            "terminal", executable_of(self.loaded), Ports(clock, phone.media, self.ports(clock)), self
        )
        phone.media.listener = execution
        click.echo(click.style("type keys (0-9 * #), h hangs up", dim=True))
        threading.Thread(target=self.read_keys, args=(loop, phone), daemon=True).start()
        execution.start(
            conversation=call_id(self.loaded, self.caller), ani=uri(self.caller.number), dnis=uri(self.caller.dialled)
        )
        await self.over.wait()
        self.crm.close()
        click.echo(conclusion(self.rehearsal))
        return 0

    def ports(self, clock: LoopClock) -> dict[str, RequestPort]:
        organisation = self.loaded.around.organisation
        lookups: RequestPort = NothingFound()
        if organisation is not None:
            from contactcenter.organisation import Lookups

            lookups = Lookups(organisation, clock.now)
        crm = self.crm
        crm.now = clock.now

        def run_in(actions: DataActions) -> RequestPort:
            from connectors import DataActionPort

            return DataActionPort(actions, clock)

        return {
            "data_actions": StubbedActions(clock, self.stage.stubs, crm.answering(run_in)),
            "routing": AcceptedQueues(self.rehearsal),
            "conversation": WillingConversation(self.rehearsal),
            "lookups": lookups,
            "customers": crm if crm.exists else NothingFound("customers"),
            "workitems": NothingFound("workitems"),
        }

    def read_keys(self, loop: asyncio.AbstractEventLoop, phone: TerminalPhone) -> None:
        """In a thread of its own; what is typed after the call has ended goes nowhere."""
        with suppress(RuntimeError):  # the loop is closed
            for line in sys.stdin:
                for key in line.strip():
                    if key in "hH":
                        loop.call_soon_threadsafe(phone.media.gone)
                    elif key in "0123456789*#":
                        loop.call_soon_threadsafe(phone.media.pressed, key)
            loop.call_soon_threadsafe(phone.media.gone)

    def ended(self, execution: str, end: End) -> None:
        """The execution is over."""
        self.rehearsal.end = end
        self.rehearsal.data.update(end.attributes)
        if self.over is not None:
            self.over.set()

    def traced(self, execution: str, element: Any) -> None:
        """One trace element."""
        self.rehearsal.trace.append(dict(element))
        if self.trace:
            click.echo(click.style(f"      {sentence(element)}", dim=True))
