"""An execution: one program running, driven through its ports (DESIGN.md "Execution").

Feeds the machine events, hands its commands to media and services, arms its deadlines, stores its snapshots.
All on one thread and
by callback, so that it runs the same under an event loop and under a virtual clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from interpreter.commands import (
    Cancel,
    Collect,
    Command,
    Continue,
    End,
    HangUp,
    Listen,
    MediaCommand,
    Menu,
    Record,
    Request,
    Say,
)
from interpreter.events import (
    AdapterError,
    Connected,
    Continued,
    Event,
    HungUp,
    Input,
    PromptDone,
    RecordingDone,
    Reply,
    SilenceDone,
    Started,
    TimerFired,
)
from interpreter.ports import (
    Clock,
    ExecutionListener,
    ExecutionStore,
    HostValues,
    MediaPort,
    RequestPort,
    StaleExecution,
    Timer,
)
from interpreter.snapshot import UnknownSnapshotError, pack, unpack
from interpreter.state import State
from interpreter.step import Executable, Step, advance, again, lost, start
from interpreter.trace import Tracer


@dataclass(slots=True)
class Ports:
    """What an execution is connected to; a port that is missing answers ``failure`` with ``NotConfigured``."""

    clock: Clock
    media: MediaPort | None = None
    requests: Mapping[str, RequestPort] = field(default_factory=dict)
    host: HostValues | None = None
    store: ExecutionStore | None = None


NOT_CONFIGURED = {
    "errorCode": "NotConfigured",
    "errorType": "NotConfigured",
    "status": 501,
    "userMessage": "nothing is bound to this port",
}


OUTCOME_UNKNOWN = {
    "errorCode": "OutcomeUnknown",
    "errorType": "OutcomeUnknown",
    "status": 500,
    "userMessage": "outcome unknown: the request was open when its machine stopped",
}
LONG_WAIT_MS = 5_000
"""Waits that are longer are stored before they begin (DESIGN.md "Execution")."""

SAVE_PATIENCE_MS = 15_000
"""For how long the caller's flow stands still, at most, while the store cannot be written: a database's failover."""


class Execution:
    """One running program; it is the listener of its media.

    Faults of ports, of the store or of our own never reach a caller as exceptions: they end in the flow's
    error handling or, where
    nothing else is left, in an end that says ``error``.
    """

    def __init__(self, id: str, executable: Executable, ports: Ports, listener: ExecutionListener) -> None:  # noqa: A002
        self.id = id
        self.executable = executable
        self.ports = ports
        self.listener = listener
        self.state: State | None = None
        self.tracer = Tracer(executable.program)
        self.timer: Timer | None = None
        self.open_request: Request | None = None
        self.seq = 0
        self._stored = 0
        """The event after which the newest snapshot in the store was taken; 0 where there is none."""
        self._saving: tuple[Step, int] | None = None
        """The step that is told only once it is stored, and when it was taken; events wait for that."""
        self._busy = False
        self._queued: list[Event] = []
        self._lost = False

    # Its life.

    def start(self, **facts: Any) -> None:
        """Begin; ``facts`` are the fields of ``Started``."""
        self.seq = 1
        event = Started(seq=1, at=self.ports.clock.now(), host=self._host(), execution=self.id, **facts)
        self._begin(lambda: start(self.executable, event), event.at)

    def resume(self, seq: int, snapshot: bytes) -> None:
        """Go on after a restart from what was stored after event ``seq``: what was waited for is asked again with the
        same id.

        A request that may not be sent twice takes its failure output; a snapshot that does not fit takes the
        flow's error handling.
        """
        now, self._stored = self.ports.clock.now(), seq
        try:
            self.state = unpack(snapshot, self.executable.program)
        except UnknownSnapshotError as error:
            reason = str(error)
            self._begin(lambda: lost(self.executable, self.id, now, reason), now)
            return
        self.seq = self.state.seq
        state = self.state
        self._begin(lambda: self._without_repeats(again(self.executable, state, now)), now)

    def _without_repeats(self, result: Step) -> Step:
        kept: list[Command] = []
        for command in result.commands:
            if isinstance(command, Request) and not command.idempotent:
                self._queued.append(Reply(seq=0, at=0, id=command.id, path="failure", failure=OUTCOME_UNKNOWN))
            else:
                kept.append(command)
        return Step(result.state, tuple(kept), result.trace)

    def _begin(self, first: Callable[[], Step], at: int) -> None:
        self._busy = True
        try:
            self._take(first(), at)
        except Exception as error:
            self._fault(error)
        self._drain()

    def cancel(self) -> None:
        """End it from outside: whoever started it no longer wants it."""
        self.hung_up("system", "cancelled")

    def abandon(self) -> None:
        """Let go of it without a word: it goes on from its snapshot, in another process."""
        self._let_go()

    def connected(self) -> None:
        """The caller is bridged to somebody: no further action runs."""
        self._feed(Connected(seq=0, at=0))

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._lost or (self.state is not None and self.state.ended is not None)

    # What the media reports.

    def prompt_done(self, id: str, how: str, ms: int) -> None:  # noqa: A002
        """The say has ended."""
        self._feed(PromptDone(seq=0, at=0, id=id, how=how, ms=ms))

    def input_done(
        self,
        id: str,  # noqa: A002
        digits: str,
        why: str,
        key: str | None = None,
        speech: str | None = None,
        confidence: float | None = None,
    ) -> None:
        """The collect or menu has ended."""
        self._feed(Input(seq=0, at=0, id=id, digits=digits, why=why, key=key, speech=speech, confidence=confidence))

    def recording_done(self, id: str, uri: str, ms: int, why: str) -> None:  # noqa: A002
        """The record has ended."""
        self._feed(RecordingDone(seq=0, at=0, id=id, uri=uri, ms=ms, why=why))

    def silence_done(self, id: str, how: str) -> None:  # noqa: A002
        """The listen has ended."""
        self._feed(SilenceDone(seq=0, at=0, id=id, how=how))

    def hung_up(self, by: str, cause: str = "normal") -> None:
        """The call is over."""
        self._feed(HungUp(seq=0, at=0, by=by, cause=cause))

    def adapter_error(self, where: str, detail: str, *, fatal: bool) -> None:
        """The adapter has failed."""
        self._feed(AdapterError(seq=0, at=0, where=where, detail=detail, fatal=fatal))

    # Inside.

    def _host(self) -> Mapping[str, Any]:
        reads = self.executable.program.host_reads
        if self.ports.host is None or not reads:
            return {}
        return {name.lower(): value for name, value in self.ports.host.read(reads).items()}

    def _feed(self, event: Event) -> None:
        """Take an event now, or after the one that is being taken: steps never overlap."""
        if self.state is None or self.ended:
            return
        if self._saving is not None and isinstance(event, HungUp | Connected):
            self._give_up_what_is_stored()
        self._queued.append(event)
        if not self._busy and self._saving is None:
            self._busy = True
            self._drain()

    def _drain(self) -> None:
        try:
            while self._queued and self.state is not None and self._saving is None and not self.ended:
                self.seq += 1
                event = self._stamped(self._queued.pop(0))
                self._take(advance(self.executable, self.state, event), event.at)
        except Exception as error:
            self._fault(error)
        finally:
            if self._saving is None:
                self._queued.clear()
            self._busy = False

    def _fault(self, error: Exception) -> None:
        """Our own fault: the caller hears the line end instead of silence, and whoever listens is told why."""
        self._disarm()
        self._queued.clear()
        if self._lost or (self.state is not None and self.state.ended is not None):
            return
        if self.state is not None:
            self.state.ended = "error"
        self._lost = True
        with suppress(Exception):
            self._finish()
        told = {"code": "internal-error", "message": f"{type(error).__name__}: {error}"}
        with suppress(Exception):
            self.listener.traced(self.id, {"t": self.ports.clock.now(), "path": "", "kind": "fault", "error": told})
        if self.ports.media is not None:
            with suppress(Exception):
                self.ports.media.send(HangUp())
        attributes = dict(self.state.attributes) if self.state is not None else {}
        self.listener.ended(self.id, End("error", "internal-error", attributes))

    def _stamped(self, event: Event) -> Event:
        import msgspec

        return msgspec.structs.replace(event, seq=self.seq, at=self.ports.clock.now(), host=self._host())

    def _take(self, result: Step, at: int) -> None:
        """A step has been taken: what must survive is stored before anybody is told."""
        self.state = result.state
        store, state = self.ports.store, result.state
        if store is None or state.ended is not None or not _is_worth_storing(result, at):
            self._go_on(result, at)
            return
        self._disarm()
        saving = self._saving = (result, at)
        seq, snapshot = state.seq, pack(state, self.executable.program)
        until = min(at + SAVE_PATIENCE_MS, state.waiting.deadline if state.waiting is not None else at)
        store.save(self.id, self._stored, seq, snapshot, until, lambda problem: self._saved(saving, problem))

    def _saved(self, saving: tuple[Step, int], problem: Exception | None) -> None:
        """The snapshot of a step is in the store, or cannot be."""
        if self._saving is not saving:
            return  # the call was over before
        self._saving = None
        if isinstance(problem, StaleExecution):
            self._let_go()
            return
        self._stored = saving[0].state.seq
        try:
            if problem is not None:
                raise problem
            self._go_on(*saving)
        except Exception as error:
            self._fault(error)
        if not self._busy:
            self._busy = True
            self._drain()

    def _give_up_what_is_stored(self) -> None:
        """The call is over while a step is being stored: it was taken, but nothing of it is carried out."""
        saving, self._saving = self._saving, None
        self._queued.clear()
        if saving is not None:
            self._stored = saving[0].state.seq  # or will be: there is a snapshot to be taken away
            self._trace(*saving)

    def _let_go(self) -> None:
        self._disarm()
        self._queued.clear()
        self._saving = None
        self._lost = True

    def _trace(self, result: Step, at: int) -> None:
        for element in self.tracer.elements(result.trace, at):
            self.listener.traced(self.id, element)

    def _go_on(self, result: Step, at: int) -> None:
        """Tell what a step has come to, and carry out its commands."""
        self._trace(result, at)
        if result.state.ended is not None:
            for element in self.tracer.cut_off(result.state.ended, at):
                self.listener.traced(self.id, element)
        for command in result.commands:
            self._carry_out(command)
        self._arm()
        if result.state.ended is not None:
            self._finish()

    def _finish(self) -> None:
        """Nobody goes on from the snapshot any more. Last of all: until the end is told, a restart still may."""
        if self.ports.store is not None and self._stored:
            self.ports.store.finish(self.id)
            self._stored = 0

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, End):
            self._disarm()
            self.listener.ended(self.id, command)
        elif isinstance(command, Continue):
            clock = self.ports.clock
            clock.call_at(clock.now(), lambda: self._feed(Continued(seq=0, at=0)))
        elif isinstance(command, Request):
            self._ask(command)
        elif isinstance(command, Cancel):
            self._cancel(command)
        else:
            self._send(command)

    def _send(self, command: MediaCommand) -> None:
        if self.ports.media is not None:
            try:
                self.ports.media.send(command)
            except Exception as error:
                self.adapter_error("media", f"{type(error).__name__}: {error}", fatal=True)
        elif isinstance(command, (Say, Collect, Menu, Record, Listen)):
            # Nobody listens: a flow without a caller cannot hear or be heard.
            self._queued.append(AdapterError(seq=0, at=0, where="media", detail="there is no caller", fatal=True))

    def _ask(self, request: Request) -> None:
        self.open_request = request
        port = self.ports.requests.get(request.port)
        identity = request.id

        def answer(path: str, outputs: Mapping[str, Any], failure: Mapping[str, Any]) -> None:
            self._feed(Reply(seq=0, at=0, id=identity, path=path, outputs=outputs, failure=failure))

        if port is None:
            answer("refused" if request.port == "routing" else "failure", {}, NOT_CONFIGURED)
            return
        try:
            port.request(self.id, request, answer)
        except Exception as error:
            broken = {**NOT_CONFIGURED, "errorCode": "internal-error", "errorType": "internal-error"}
            answer("failure", {}, {**broken, "userMessage": f"the port failed: {type(error).__name__}"})

    def _cancel(self, command: Cancel) -> None:
        request = self.open_request
        if request is not None and request.id == command.id:
            port = self.ports.requests.get(request.port)
            if port is not None:
                port.cancel(self.id, request.id)

    def _arm(self) -> None:
        """One timer for the deadline of what is waited for."""
        self._disarm()
        waiting = self.state.waiting if self.state is not None else None
        if waiting is not None and waiting.id:
            identity = waiting.id

            def fire() -> None:
                self._feed(TimerFired(seq=0, at=0, id=identity))

            self.timer = self.ports.clock.call_at(waiting.deadline, fire)

    def _disarm(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


def _is_worth_storing(result: Step, at: int) -> bool:
    """Before a request that may not be repeated, and before every long wait (DESIGN.md "Execution")."""
    if any(isinstance(command, Request) and not command.idempotent for command in result.commands):
        return True
    waiting = result.state.waiting
    return waiting is not None and waiting.deadline - at > LONG_WAIT_MS
