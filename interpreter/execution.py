"""An execution: one program running, driven through its ports (DESIGN.md "Execution").

Feeds the machine events, hands its commands to media and services, arms its deadlines, stores its snapshots.
All on one thread and
by callback, so that it runs the same under an event loop and under a virtual clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from interpreter.commands import (
    Cancel,
    Collect,
    Command,
    Continue,
    End,
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
from interpreter.ports import Clock, ExecutionListener, HostValues, MediaPort, RequestPort, Timer
from interpreter.state import State
from interpreter.step import Executable, Step, start, step
from interpreter.trace import Tracer


@dataclass(slots=True)
class Ports:
    """What an execution is connected to; a port that is missing answers ``failure`` with ``NotConfigured``."""

    clock: Clock
    media: MediaPort | None = None
    requests: Mapping[str, RequestPort] = field(default_factory=dict)
    host: HostValues | None = None


NOT_CONFIGURED = {
    "errorCode": "NotConfigured",
    "errorType": "NotConfigured",
    "status": 501,
    "userMessage": "nothing is bound to this port",
}


class Execution:
    """One running program; it is the listener of its media."""

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
        self._busy = False
        self._queued: list[Event] = []

    # Its life.

    def start(self, **facts: Any) -> None:
        """Begin; ``facts`` are the fields of ``Started``."""
        self.seq = 1
        event = Started(seq=1, at=self.ports.clock.now(), host=self._host(), execution=self.id, **facts)
        self._busy = True
        self._take(start(self.executable, event), event.at)
        self._drain()

    def connected(self) -> None:
        """The caller is bridged to somebody: no further action runs."""
        self._feed(Connected(seq=0, at=0))

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.state is not None and self.state.ended is not None

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
        return self.ports.host.read(reads) if self.ports.host is not None else {}

    def _feed(self, event: Event) -> None:
        """Take an event now, or after the one that is being taken: steps never overlap."""
        if self.state is None or self.ended:
            return
        self._queued.append(event)
        if not self._busy:
            self._busy = True
            self._drain()

    def _drain(self) -> None:
        try:
            while self._queued and self.state is not None:
                self.seq += 1
                event = self._stamped(self._queued.pop(0))
                self._take(step(self.executable, self.state, event), event.at)
        finally:
            self._busy = False

    def _stamped(self, event: Event) -> Event:
        import msgspec

        return msgspec.structs.replace(event, seq=self.seq, at=self.ports.clock.now(), host=self._host())

    def _take(self, result: Step, at: int) -> None:
        self.state = result.state
        for element in self.tracer.elements(result.trace, at):
            self.listener.traced(self.id, element)
        for command in result.commands:
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, End):
            self._disarm()
            self.listener.ended(self.id, command)
        elif isinstance(command, Continue):
            self._queued.append(Continued(seq=0, at=0))
        elif isinstance(command, Request):
            self._ask(command)
        elif isinstance(command, Cancel):
            self._cancel(command)
        else:
            self._send(command)
        self._arm()

    def _send(self, command: MediaCommand) -> None:
        if self.ports.media is not None:
            self.ports.media.send(command)
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
        else:
            port.request(self.id, request, answer)

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
