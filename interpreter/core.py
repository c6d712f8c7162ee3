"""The machine's core: the state and the context of expressions, actions and trace, waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import inf
from types import MappingProxyType
from typing import Any, NoReturn

import msgspec

from dsl.actions import Parameter
from dsl.expressions.context import next_random
from dsl.expressions.values import MAX_TEXT, Duration, Entity, Secure
from dsl.program import WAIT, Program
from interpreter.commands import Command, Prompt, Recording, Say, Silence, Text
from interpreter.directory import Directory
from interpreter.events import Input
from interpreter.prompts import to_prompts
from interpreter.state import State, Waiting
from interpreter.understanding import Understanding

GUARD_MS = 10_000
"""What a guard gives on top of the time that something should take (telephony.md §3.2)."""
SECRET = "***"
FEW_PROMPTS, MOST_PROMPTS = 8, 1_000
"""How many prompts may wait to be heard at once, and how many of them nobody counts the characters of."""
_HOUR = 3_600_000
RUNNING_MS: Mapping[str, int] = {
    **dict.fromkeys(("inboundEmail", "inboundShortMessage", "inboundChat", "workflow", "workitem"), 72 * _HOUR),
    **dict.fromkeys(("inqueueEmail", "inqueueShortMessage"), 72 * _HOUR),
    "surveyInvite": _HOUR,
}
"""How long a flow may run, in ms, by its type (flow-format.md §12)."""

STEP_ACTIONS = 500
"""So many actions run at the most before others have their turn."""

TraceEntry = tuple[str, int, Any]
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LANGUAGE = frozenset({"call.language", "interaction.language", "email.language", "message.language"})


class FlowError(Exception):
    """The flow's error handling is to take over (flow-format.md §12)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Core(msgspec.Struct, gc=False):
    """What all families of actions work with, for one step: made anew for each, so it is a record that costs little.

    ``actions`` are those that have begun so far, ``limit`` and ``enough`` the most of them in all and in this step;
    ``block`` is the one that waits, ``waited`` the wait that the event of this step answers.
    """

    program: Program
    directory: Directory
    understanding: Understanding
    state: State
    at: int
    host: Mapping[str, Any]
    actions: int
    limit: int
    enough: int
    waited: Waiting | None = None
    commands: list[Command] = []
    trace: list[TraceEntry] = []
    block: int = -1
    asked_again: Waiting | None = None
    """The wait that is derived again after a restart, with its id and deadline."""

    reply_path: str = ""
    reply_outputs: Mapping[str, Any] = _NOTHING
    reply_failure: Mapping[str, Any] = _NOTHING
    input: Input | None = None

    # The context of expressions.

    @property
    def language(self) -> str:
        return self.state.language

    @property
    def default_language(self) -> str:
        return self.program.default_language

    @property
    def supported_languages(self) -> Sequence[str]:
        return tuple(self.program.languages) or (self.program.default_language,)

    def now(self) -> datetime:
        return moment(self.at)

    def time_left(self) -> float:
        """How long the flow may still run, in ms; calls run as long as they last (flow-format.md §12)."""
        most = RUNNING_MS.get(self.program.type)
        if most is None:
            return inf
        began: datetime | None = self.state.builtins.get("flow.startdatetimeutc")
        if began is None:
            return inf
        return most - self.at + (began - _EPOCH).total_seconds() * 1_000

    def draw(self) -> float:
        """The next number of the generator whose state is in the state."""
        self.state.random, number = next_random(self.state.random)
        return number

    def find(self, kind: str, name: str) -> Entity | None:
        return self.directory.find(kind, name)

    def named(self, kind: str, name: str) -> Entity | None:
        return self.directory.find(kind, name)

    def by_id(self, kind: str, identity: str) -> Entity | None:
        return self.directory.by_id(kind, identity)

    def estimated_wait(self, queue: str) -> Duration | None:
        return self.directory.estimated_wait(queue)

    # Names that programs read.

    def builtin(self, name: str) -> Any:
        """The value of a built-in variable; unknown ones are NOT_SET."""
        if name in self.host:
            return self.host[name]
        if name in _LANGUAGE:
            return self.state.language
        return self.state.builtins.get(name)

    def prompt(self, name: str) -> Entity:
        """A prompt by its name with scope."""
        return self.directory.find("pmt", name) or Entity("pmt", None, name)

    def known(self, value: Any) -> Any:
        """A literal with names in it, which are looked up now, so that they have the organisation's ids."""
        return tuple(self._known(item) for item in value) if isinstance(value, tuple) else self._known(value)

    def _known(self, value: Any) -> Any:
        if isinstance(value, Entity) and value.id is None and value.kind != "pmt":
            return self.directory.find(value.kind, value.username or value.name) or value
        return value

    def unreadable(self, text: str) -> Any:
        """A setting that could not be read at load."""
        raise FlowError("syntax-expression", f"the expression cannot be evaluated: {text[:200]}")

    def refuse_secret(self, name: str) -> Any:
        """A secure variable is read where its value could be seen (expressions.md §3.1)."""
        raise FlowError("secure-value", f'the secure variable "{name}" cannot be used here')

    def secret(self, value: Any) -> Any:
        """A value that came from a secure variable, on its way to a port."""
        return None if value is None else Secure(value)

    def required(self, value: Any, what: str) -> Any:
        """A value that must be set."""
        if value is None:
            raise FlowError("runtime-expression", f"{what} is NOT_SET")
        return value

    def within(self, value: Any, otherwise: Any, name: str, kind: str, low: int | None, high: int | None) -> Any:
        """A setting that must be in its range (dsl.actions.Parameter); ``otherwise`` where it is NOT_SET."""
        if value is None:
            return otherwise
        message = Parameter(name, kind, low=low, high=high).beyond(value.ms if isinstance(value, Duration) else value)
        if message is not None:
            raise FlowError("out-of-range", message)
        return value

    # Actions and trace.

    def beyond(self) -> NoReturn:
        """There have been too many actions."""
        raise FlowError("limit-exceeded", f"more than {self.limit:,} actions")

    def done(self, site: int) -> None:
        """An action is over that has no output and has written no variable."""
        self.trace.append(("done", site, (None,)))

    def note(self, site: int, **facts: Any) -> None:
        """Further facts for the trace."""
        self.trace.append(("note", site, facts))

    @property
    def site(self) -> int:
        """The action that runs: the last one that has begun, else the one that waited."""
        for kind, site, _ in reversed(self.trace):
            if kind == "act":
                return site
        return self.program.wait_sites.get(self.waited.block, -1) if self.waited is not None else -1

    def fail(self, message: str, code: str = "runtime-expression") -> int:
        """A flow error."""
        raise FlowError(code, message)

    # The audio queue.

    def queue_audio(self, audio: Any, secret: bool = False) -> list[Prompt]:
        """Append to the audio queue; the next waiting command carries it."""
        prompts = to_prompts(audio, self.state.language, self.directory)
        self._queue(prompts, secret)
        return prompts

    def _queue(self, prompts: Sequence[Prompt], secret: bool = False) -> None:
        state = self.state
        waiting = (*state.audio, *prompts)
        if len(waiting) > FEW_PROMPTS and _is_too_much(waiting):
            state.audio = ()
            raise FlowError("limit-exceeded", "more is to be said than anybody would listen to")
        state.audio = waiting
        state.secret_audio = state.secret_audio or (secret and bool(prompts))

    # Waits.

    def wait(
        self, kind: str, resume: int, deadline: int, outputs: tuple[str, ...] = (), said: int = 0
    ) -> tuple[str, int]:
        """Wait for an answer; gives the command's id and deadline, which stay the same when it is asked again.

        ``said`` prompts of the audio queue go with the command; they stay in the queue until it is answered.
        """
        state = self.state
        if self.asked_again is None:
            state.numbered = number = state.numbered + 1
            identity = f"{state.seq}.{number}"
        else:
            identity, deadline = self.asked_again.id, self.asked_again.deadline
        state.waiting = Waiting(identity, kind, self.block, resume, deadline, outputs, said)
        return identity, deadline

    def say(
        self, prompts: tuple[Prompt, ...], resume: int, site: int | None = None, interruptible: bool | None = None
    ) -> int:
        """Play prompts that the queue begins with, and wait for their end."""
        ms, may_stop = timing(prompts)
        identity, deadline = self.wait("say", resume, self.at + ms + GUARD_MS, (), len(prompts))
        self.commands.append(Say(identity, prompts, deadline, may_stop if interruptible is None else interruptible))
        played = SECRET if self.state.secret_audio else prompts
        self.trace.append(("played", self.site if site is None else site, played))
        return WAIT

    def say_first(self) -> bool:
        """Whether prompts that cannot be interrupted are said before those that can, after which the block runs again.

        Barge-in holds for a whole command: a notice and a menu are two commands (telephony.md §4.4).
        """
        audio = self.state.audio
        count = next((n for n in range(len(audio), 0, -1) if not audio[n - 1].barge_in), 0)
        if count in (0, len(audio)):
            return False
        self.say(audio[:count], self.block)
        return True

    def say_all(self, site: int | None = None) -> bool:
        """The same with the whole queue: for waits that carry no prompts, of the action that runs or of ``site``."""
        prompts = self.state.audio
        if not prompts:
            return False
        self.say(prompts, self.block, site)
        return True


def moment(at: int) -> datetime:
    """A time in ms as an instant; the language knows whole seconds."""
    return _EPOCH + timedelta(seconds=at // 1000)


def _is_too_much(prompts: Sequence[Prompt]) -> bool:
    return len(prompts) > MOST_PROMPTS or sum([len(p.text) for p in prompts if type(p) is Text]) > MAX_TEXT


def timing(prompts: Sequence[Prompt]) -> tuple[int, bool]:
    """How long prompts take in ms, and whether the caller may interrupt every one of them.

    The time is a generous guess: for guards only, never for timing.
    """
    ms, may_interrupt = 0, True
    for prompt in prompts:
        if type(prompt) is Text:
            ms += 3_000 + 120 * len(prompt.text)
        elif type(prompt) is Recording:
            ms += 3_000 + 120 * len(prompt.transcript)
        elif type(prompt) is Silence:
            ms += prompt.ms
        if not prompt.barge_in:
            may_interrupt = False
    return ms, may_interrupt


def ms_of(duration: Any, default: int = 0, least: int = 0) -> int:
    """A duration in milliseconds, which programs give as such where they know it; NOT_SET is the default."""
    if type(duration) is int:
        return duration
    if type(duration) is not Duration:
        return default
    ms: int = duration.ms
    if ms < 0:
        raise FlowError("runtime-expression", "a duration cannot be shorter than nothing here")
    return ms if ms >= least else least
