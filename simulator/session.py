"""A rehearsed call: a flow, a virtual caller and scripted services in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from dsl.actions import FLOW_TYPES
from dsl.expressions.phone import valid_number
from dsl.expressions.text_of import to_text
from dsl.expressions.values import Entity
from dsl.program import Program
from interpreter.clock import VirtualClock
from interpreter.commands import End, Request
from interpreter.execution import Execution, Ports
from interpreter.ports import Answer, RequestPort
from interpreter.requests import MISSING_FLOW
from interpreter.step import Executable
from interpreter.trace import Element
from simulator.caller import Line, VirtualCaller
from simulator.script import Step
from simulator.services import ScriptedServices

MOST_MS = 100 * 3_600_000


class Receiver(Protocol):
    """Somebody who gets messages of the flow that are no prompts."""

    def receives(self, text: str) -> None: ...


class Driven(Protocol):
    """A caller that a session can move on."""

    media: Any

    def go_on(self) -> None: ...


@dataclass(slots=True)
class Rehearsal:
    """What came of a call."""

    end: End | None = None
    trace: list[Element] = field(default_factory=list)
    transcript: list[Line] = field(default_factory=list)
    queue: str | None = None
    skills: tuple[str, ...] = ()
    language: str | None = None
    priority: int | None = None
    data: dict[str, str] = field(default_factory=dict)
    by: str | None = None
    started: int = 0
    finished: int = 0
    dropped: tuple[str, ...] = ()
    callback: dict[str, str | None] | None = None
    """The callback that was booked: its number, name and queue."""

    outputs: dict[str, Any] = field(default_factory=dict)
    """The published output variables, by name."""

    caller: Receiver | None = field(default=None, repr=False)

    @property
    def how(self) -> str:
        """How the call ended: disconnect, queue, number, hangup, error ..."""
        return self.end.how if self.end is not None else "open"


def name_of(value: Any) -> str | None:
    """The display name of an organisation object, or the text itself."""
    if isinstance(value, Entity):
        return value.username or value.name
    return None if value is None else str(value)


@dataclass(slots=True)
class AcceptedQueues:
    """The port ``routing``: every transfer to a queue is accepted, unless the queue is one that refuses."""

    rehearsal: Rehearsal
    refusing: frozenset[str] = frozenset()
    known: frozenset[str] | None = None

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Take the call into the queue."""
        inputs = request.inputs
        if request.operation != "enqueue":
            answer("success", {}, {})
            return
        queue = name_of(inputs.get("queue")) or ""
        unknown = self.known is not None and queue.casefold() not in self.known
        if unknown or queue.casefold() in self.refusing:
            failure = {"errorType": "InvalidQueue", "errorMessage": f"the queue {queue} does not take the call"}
            answer("refused", {}, failure)
            return
        found = self.rehearsal
        found.queue = queue
        found.skills = tuple(name_of(skill) or "" for skill in inputs.get("skills") or ())
        found.language = name_of(inputs.get("language"))
        found.priority = inputs.get("priority")
        found.data.update(inputs.get("attributes") or {})
        answer("accepted", {"end": "queue"}, {})

    def cancel(self, execution: str, request_id: str) -> None:
        """Nobody waits any more."""


_NO_CLOCK = VirtualClock()
_TRANSFERS = {
    "transfer_user": "user",
    "transfer_group": "group",
    "transfer_number": "number",
    "transfer_flow": "flow",
    "voicemail": "voicemail",
    "extension": "user",
    "return_to_agent": "user",
}


@dataclass(slots=True)
class WillingConversation:
    """The port ``conversation``: transfers are taken, messages are delivered, data is kept; all else is answered by its
    harmless output."""

    rehearsal: Rehearsal
    flows: frozenset[str] | None = None
    """Names of the flows that there are, case-folded; None where nobody knows them."""

    kept: dict[str, str] = field(default_factory=dict)
    """Data that the flow has set on the conversation, secured data too."""

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Answer as a conversation would when all goes well."""
        operation, inputs = request.operation, request.inputs
        flow = str(inputs.get("targetFlow"))
        if operation == "transfer_flow" and self.flows is not None and flow.casefold() not in self.flows:
            answer("refused", {}, {"errorType": MISSING_FLOW, "errorMessage": f'there is no flow "{flow}"'})
        elif operation == "module":
            answer("failure", {}, {"errorType": MISSING_FLOW, "errorMessage": "the module is not among the flows"})
        elif operation in _TRANSFERS:
            self.rehearsal.data.update(inputs.get("attributes") or {})
            answer("accepted", {"end": _TRANSFERS[operation]}, {})
        elif operation == "callback":
            self._callback(inputs, answer)
        elif operation in ("set_data", "set_secured"):
            self.kept.update({str(name): to_text(value) or "" for name, value in inputs.get("attributes") or ()})
            answer("success", {}, {})
        elif operation in ("get_data", "get_secured"):
            found = {name: self.kept[name] for name in inputs.get("attributes") or () if name in self.kept}
            answer("success" if operation == "get_secured" else "found" if found else "notFound", found, {})
        else:
            if operation in ("send_response", "send_auto_reply") and self.rehearsal.caller is not None:
                self.rehearsal.caller.receives(to_text(inputs.get("messageBody")) or "")
            ScriptedServices("conversation", _NO_CLOCK, {}).request(execution, request, answer)

    def _callback(self, inputs: Mapping[str, Any], answer: Answer) -> None:
        """Book it, unless the number is none: then live flows meet an error too."""
        text, queue = to_text(inputs.get("callbackNumber")) or "", name_of(inputs.get("queue"))
        number = valid_number(text)
        if number is None:
            answer("failure", {}, {"errorType": "InvalidNumber", "errorMessage": f"{text} is no telephone number"})
            return
        self.rehearsal.callback = {"number": number, "name": inputs.get("calleeName"), "queue": queue}
        answer("success", {}, {})

    def cancel(self, execution: str, request_id: str) -> None:
        """Nobody waits any more."""


class NothingFound(ScriptedServices):
    """A port that knows nothing: every request takes its harmless output (schedules: inactive, closed)."""

    def __init__(self, port: str = "lookups") -> None:
        super().__init__(port, _NO_CLOCK, {})


@dataclass(slots=True)
class Session:
    """Plays calls of one flow."""

    executable: Executable
    clock: VirtualClock
    requests: Mapping[str, RequestPort]
    rehearsal: Rehearsal
    caller: VirtualCaller | None = None
    on_trace: Callable[[Element], None] | None = None
    execution: Execution | None = None

    def play(self, **facts: Any) -> Rehearsal:
        """Play the call to its end: until the flow has ended and nothing is left to happen."""
        self.rehearsal.started = self.clock.now()
        media = self.caller.media if self.caller is not None else None
        ports = Ports(self.clock, media, self.requests)
        self.execution = Execution("rehearsal", self.executable, ports, self)
        if media is not None:
            media.listener = _TellsCaller(self.execution, self.caller)
        self.execution.start(**facts)
        if self.caller is not None:
            self.caller.go_on()
        while not self.execution.ended and self.clock.now() - self.rehearsal.started < MOST_MS:
            if not self.clock.jump():
                break
        self.rehearsal.finished = self.clock.now()
        if self.caller is not None:
            self.caller.finish()
            self.rehearsal.transcript = self.caller.transcript
        return self.rehearsal

    def ended(self, execution: str, end: End) -> None:
        """The execution is over."""
        self.rehearsal.end = end
        self.rehearsal.data.update(end.attributes)
        self.rehearsal.outputs.update(end.outputs)
        self.rehearsal.by = end.reason if end.how == "hangup" else "flow"
        if self.caller is not None:
            self.caller.media.release()

    def traced(self, execution: str, element: Mapping[str, Any]) -> None:
        """One trace element."""
        self.rehearsal.trace.append(dict(element))
        if self.on_trace is not None:
            self.on_trace(dict(element))


class _TellsCaller:
    """The execution as listener of the media; the caller hears besides that a wait has timed out."""

    def __init__(self, execution: Execution, caller: VirtualCaller | None) -> None:
        self._execution = execution
        self._caller = caller

    def __getattr__(self, name: str) -> Any:
        return getattr(self._execution, name)

    def input_done(
        self,
        id: str,  # noqa: A002
        digits: str,
        why: str,
        key: str | None = None,
        speech: str | None = None,
        confidence: float | None = None,
    ) -> None:
        self._execution.input_done(id, digits, why, key, speech, confidence)
        if why == "no_input" and self._caller is not None:
            self._caller.timed_out()


def is_written(program: Program) -> bool:
    """Whether a conversation of this flow is written."""
    return FLOW_TYPES.get(program.type) in ("text", "mail", "survey") or program.type == "digitalBot"


def rehearse(
    executable: Executable,
    steps: Sequence[Step],
    *,
    requests: Mapping[str, Callable[[VirtualClock, Rehearsal], RequestPort]],
    at: int = 0,
    on_line: Callable[[Line], None] | None = None,
    on_played: Callable[[int, str, bool], None] | None = None,
    on_trace: Callable[[Element], None] | None = None,
    opened: str | None = None,
    **facts: Any,
) -> tuple[Rehearsal, VirtualCaller]:
    """Play one conversation from its beginning: spoken, written, or without anybody, as the flow's type is.

    ``requests`` makes the ports for this call, ``opened`` is the text that it begins with, ``facts`` are those of
    ``Started``.
    """
    clock = VirtualClock(at)
    family = FLOW_TYPES.get(executable.program.type, "unknown")
    caller = VirtualCaller(clock, list(steps), on_line, on_played, writes=is_written(executable.program))
    rehearsal = Rehearsal(caller=caller)
    ports = {name: make(clock, rehearsal) for name, make in requests.items()}
    session = Session(executable, clock, ports, rehearsal, None if family == "work" else caller, on_trace)
    if opened:
        caller.writes_first(opened)
    if family == "work":
        caller.ended = True
    return session.play(**facts), caller
