"""A conversation at the keyboard: prompts are printed, typed keys are pressed, typed words are said or written."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from callwright.loading import Loaded, executable_of
from callwright.numbers import uri
from callwright.rehearsed_crm import RehearsedCrm
from callwright.rehearsing import Caller, Stage, call_id, known_flows
from callwright.transcript import conclusion
from channels.telephony import ADAPTERS
from dsl.actions import FLOW_TYPES
from dsl.needs import lacking
from dsl.source.report import Report, pretty
from interpreter.clock import LoopClock
from interpreter.commands import End, Prompt
from interpreter.execution import Execution, Ports
from interpreter.media import LiveMedia
from interpreter.narrative import sentence
from interpreter.ports import RequestPort, Timer
from interpreter.prompts import heard
from interpreter.step import Executable
from interpreter.written import WrittenMedia
from simulator.opening import Opening, facts_of
from simulator.session import AcceptedQueues, NothingFound, Rehearsal, WillingConversation, is_written
from simulator.stubs import StubbedActions

if TYPE_CHECKING:
    from connectors import DataActions

READING_MS_PER_CHARACTER = 25
KEYS = frozenset("0123456789*#")
AT_THE_KEYBOARD = frozenset({"voice", "text", "mail", "bot"})
"""Families of flows that somebody can take part in."""


class Screen:
    """The adapter: what is said takes as long as it takes to read, what is written is there at once."""

    def __init__(self, clock: LoopClock, *, writes: bool) -> None:
        self.clock = clock
        self.capabilities = ADAPTERS["terminal"]
        self.media: LiveMedia | WrittenMedia = WrittenMedia(self, clock) if writes else LiveMedia(self, clock)
        self.playing: Timer | None = None

    def play(self, prompts: tuple[Prompt, ...]) -> None:
        """Print and be done after the time to read it."""
        text = heard(prompts)
        self.receives(text)
        if isinstance(self.media, LiveMedia):
            over = self.clock.now() + READING_MS_PER_CHARACTER * len(text)
            self.playing = self.clock.call_at(over, self.media.played)

    def receives(self, text: str) -> None:
        """A message of the flow, a prompt or an answer by itself."""
        click.echo(click.style("flow: ", bold=True) + text)

    def stop(self) -> None:
        """The caller has interrupted."""
        if self.playing is not None:
            self.playing.cancel()

    def background(self, prompts: tuple[Prompt, ...], music: str | None) -> None:
        """Print; nobody waits."""
        text = heard(prompts)
        if text:
            self.receives(text)
        if music:
            click.echo(click.style("      (music)", dim=True))

    def hang_up(self, cause: str) -> None:
        """The flow ends the call."""
        click.echo(click.style("      the line is closed", dim=True))

    def typed(self, line: str) -> None:
        """A line of the person at the keyboard."""
        media = self.media
        if isinstance(media, WrittenMedia):
            media.written(line)
        elif line.lower() == "h":
            media.gone()
        elif set(line) <= KEYS:
            for key in line:
                media.pressed(key)
        else:
            media.spoken(line)


def talk(loaded: Loaded, caller: Caller, stage: Stage, *, trace: bool = False) -> int:
    """Play the conversation with the person at the terminal; gives an exit code. Raises ``WrongInput``."""
    executable = executable_of(loaded)
    sources = {one.path: one for one in (loaded.source, *loaded.others) if one is not None}
    if missed := list(lacking(executable.program.needs, "terminal", ADAPTERS["terminal"].names)):
        click.echo(pretty(Report([], missed, sources, color=sys.stderr.isatty())), err=True, nl=False)
    family = FLOW_TYPES.get(executable.program.type)
    if family in ("text", "mail") and caller.opening.message is None and not caller.opening.mail.get("body"):
        opening = _first_mail(caller.opening) if family == "mail" else replace(caller.opening, message=_ask("you"))
        caller = replace(caller, opening=opening)
    return asyncio.run(_Talk(loaded, executable, caller, stage, trace=trace).run())


def _first_mail(opening: Opening) -> Opening:
    """A mail typed line by line, up to an empty one."""
    subject = str(opening.mail.get("subject") or "") or _ask("subject")
    click.echo(click.style("the text, an empty line ends it", dim=True))
    lines: list[str] = []
    for line in _lines(sys.stdin):
        if not line:
            break
        lines.append(line)
    return replace(opening, mail={**opening.mail, "subject": subject, "body": "\n".join(lines)})


def _ask(what: str) -> str:
    click.echo(click.style(f"{what}: ", bold=True), nl=False)
    return sys.stdin.readline().strip()


def _lines(stream: Iterable[str]) -> Iterable[str]:
    return (line.strip() for line in stream)


class _Talk:
    def __init__(self, loaded: Loaded, executable: Executable, caller: Caller, stage: Stage, *, trace: bool) -> None:
        self.loaded, self.executable, self.caller, self.stage, self.trace = loaded, executable, caller, stage, trace
        self.rehearsal = Rehearsal()
        self.over: asyncio.Event | None = None
        self.crm = RehearsedCrm(loaded)

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        self.over = asyncio.Event()
        clock, caller, program = LoopClock(loop), self.caller, self.executable.program
        writes = is_written(program)
        screen = Screen(clock, writes=writes)
        self.rehearsal.caller = screen
        execution = Execution("terminal", self.executable, Ports(clock, screen.media, self.ports(clock)), self)
        screen.media.listener = execution
        how = "type messages, Ctrl-D leaves" if writes else "type keys (0-9 * #) or words, h hangs up"
        click.echo(click.style(how, dim=True))
        threading.Thread(target=self.read, args=(loop, screen), daemon=True).start()
        message = caller.opening.message
        facts = facts_of(program, caller.opening, message, caller.number, caller.dialled, clock.now())
        number, dialled = uri(caller.number), uri(caller.dialled)
        execution.start(conversation=call_id(self.loaded, caller), ani=number, dnis=dialled, **facts)
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
            "conversation": WillingConversation(self.rehearsal, known_flows(self.loaded)),
            "lookups": lookups,
            "customers": crm if crm.exists else NothingFound("customers"),
            "workitems": NothingFound("workitems"),
        }

    def read(self, loop: asyncio.AbstractEventLoop, screen: Screen) -> None:
        """In a thread of its own; what is typed after the conversation has ended goes nowhere."""
        with suppress(RuntimeError):  # the loop is closed
            for line in _lines(sys.stdin):
                if line:
                    loop.call_soon_threadsafe(screen.typed, line)
            if not self.caller.opening.mail:  # whoever has written a mail is done
                loop.call_soon_threadsafe(screen.media.gone)

    def ended(self, execution: str, end: End) -> None:
        """The execution is over."""
        self.rehearsal.end = end
        self.rehearsal.data.update(end.attributes)
        self.rehearsal.outputs.update(end.outputs)
        if self.over is not None:
            self.over.set()

    def traced(self, execution: str, element: Any) -> None:
        """One trace element."""
        self.rehearsal.trace.append(dict(element))
        if self.trace:
            click.echo(click.style(f"      {sentence(element)}", dim=True))
