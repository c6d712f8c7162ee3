"""The flow machine as two pure functions (docs/decisions/001-commands-and-events.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec import structs

from dsl.expressions.problems import ExpressionError
from dsl.expressions.runtime import HELPERS
from dsl.expressions.types import Type, is_collection
from dsl.program import ABI, Program
from interpreter.commands import Command, Continue
from interpreter.core import RUNNING_MS, SECRET, moment
from interpreter.directory import Directory, NoDirectory
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
from interpreter.machine import ERROR_ACTIONS, STEP_ACTIONS, FlowError, Machine, TraceEntry
from interpreter.state import State, Waiting
from interpreter.understanding import Rules, Understanding

Block = Callable[[Machine, list[Any], list[TraceEntry]], int]


@dataclass(frozen=True, slots=True)
class Executable:
    """A program linked to its helpers and to the organisation it looks names up in."""

    program: Program
    blocks: Mapping[int, Block] = field(repr=False)
    directory: Directory = field(repr=False)
    understanding: Understanding = field(default_factory=Rules, repr=False)
    unset: tuple[Any, ...] = field(default=(), repr=False)
    """Every variable before its initial value: NOT_SET, or an empty collection."""

    made: Callable[..., Machine] = field(init=False, repr=False)
    has_limited_time: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        linked = partial(Machine, self.program, self.directory, self.understanding)
        object.__setattr__(self, "made", linked)  # a frozen record's way of keeping what follows from the rest
        object.__setattr__(self, "has_limited_time", self.program.type in RUNNING_MS)

    def machine(self, state: State, at: int, host: Mapping[str, Any], waited: Waiting | None = None) -> Machine:
        """The machine of one step, from its state, time and host values, and what was waited for."""
        return self.made(state, at, host, state.actions, state.limit, state.actions + STEP_ACTIONS, waited)


class Step(NamedTuple):
    """What a step gives: the new state, the commands in order, and the raw trace (interpreter.trace)."""

    state: State
    commands: Sequence[Command]
    trace: Sequence[TraceEntry]


_STEP = tuple.__new__  # as Step(...), without the call in between


class WrongProgram(Exception):  # noqa: N818  (a caller's mistake)
    """The program was made for another machine."""


def link(
    program: Program, directory: Directory | None = None, understanding: Understanding | None = None
) -> Executable:
    """Make a program executable: its code sees the helper table and nothing else.

    ``understanding`` takes the place of the rules by which bots read a text.
    """
    if program.abi != ABI:
        raise WrongProgram(f"the program has ABI {program.abi}, this machine {ABI}")
    constants = {f"k{number}": value for number, value in enumerate(program.constants)}
    table: dict[str, Any] = {"__builtins__": {}, **HELPERS(), **constants}
    exec(compile(program.module, program.path, "exec"), table)
    blocks = {number: table[f"b{number}"] for number in program.blocks}
    unset = tuple(() if is_collection(Type(t)) else None for t in program.types)
    return Executable(program, blocks, directory or NoDirectory(), understanding or Rules(), unset)


def start(executable: Executable, event: Started) -> Step:
    """Begin an execution."""
    program = executable.program
    state = State(
        execution=event.execution,
        conversation=event.conversation,
        variables=list(executable.unset),
        language=(event.language or program.default_language).lower(),
        seq=event.seq,
        known=dict(event.attributes),
        builtins=_builtins(event, program),
        random=event.seed,
        headers=dict(event.headers),
        pass_at=event.at if program.type == "inqueueCall" else -1,
    )
    if event.inputs:
        given = {name.lower(): value for name, value in event.inputs.items()}
        state.inputs = tuple((slot, given[name]) for name, slot in program.inputs.items() if name in given)
    return _run(executable, executable.machine(state, event.at, event.host), program.start)


_OF_CALL: Mapping[str, Callable[[Started], Any]] = {
    "call.ani": attrgetter("ani"),
    "call.calledaddress": attrgetter("dnis"),
    "call.calledaddressoriginal": lambda event: event.dnis_original or event.dnis,
    "call.remotename": attrgetter("ani_name"),
    "call.conversationid": attrgetter("conversation"),
    "interaction.id": attrgetter("conversation"),
    "flow.istest": lambda event: False,
    "flow.version": lambda event: "1.0",
    "flow.startdatetimeutc": lambda event: moment(event.at),
}
"""Built-in variables that the beginning gives their values."""
_OF_MACHINE = frozenset({"flow.startdatetimeutc", "flow.$lastinput", "session.activeintent", "bot.$said", "bot.$exit"})
"""Those that the machine itself goes by."""


def _builtins(event: Started, program: Program) -> dict[str, Any]:
    """The built-in variables that somebody will read; a state has no others to carry."""
    reads = {*program.host_reads, "flow.startdatetimeutc"} if program.type in RUNNING_MS else program.host_reads
    found = {name: value for name in reads if name in _OF_CALL and (value := _OF_CALL[name](event)) is not None}
    if event.builtins:
        given = {name.lower(): value for name, value in event.builtins.items()}
        found.update({name: given[name] for name in given if name in program.host_reads or name in _OF_MACHINE})
    return found


def step(executable: Executable, state: State, event: Event) -> Step:
    """Take one event; the state before it stays as it was. A stale one changes nothing but the sequence number and is
    traced."""
    return advance(executable, state.fork(), event)


def advance(executable: Executable, state: State, event: Event) -> Step:
    """The same in place, for whoever needs the state before it no more."""
    waiting, actions = state.waiting, state.actions
    state.seq = event.seq
    state.numbered = 0
    machine = executable.made(state, event.at, event.host, actions, state.limit, actions + STEP_ACTIONS, waiting)
    if waiting is not None:
        take = _TAKES.get((type(event), waiting.kind))
        if take is not None and event.id == waiting.id:  # type: ignore[union-attr]
            if executable.has_limited_time and _is_over_time(machine):
                return _run(executable, machine, _fail(machine, _too_long()))
            if waiting.said:
                state.audio = state.audio[waiting.said :]
            if state.secret_audio and not state.audio:
                state.secret_audio = False
            return _run(executable, machine, take(machine, waiting, event))
    happened = _UNASKED.get(type(event))
    return _stale(machine, event) if happened is None or state.ended else happened(executable, machine, event)


def _stale(machine: Machine, event: Event) -> Step:
    machine.trace.append(("stale", -1, type(event).__name__))
    return _result(machine)


def _is_over_time(machine: Machine) -> bool:
    """Whether the flow has had its time (flow-format.md §12); its error handling still gets the rest."""
    return not machine.state.in_error and machine.time_left() < 0


def _too_long() -> FlowError:
    return FlowError("limit-exceeded", "the flow has run for too long")


def again(executable: Executable, state: State, at: int) -> Step:
    """After a restart: the command that the state waits on, derived again with the same id."""
    waiting = state.waiting
    state = state.fork()
    if waiting is None:
        return Step(state, (), ())
    if waiting.kind == "continue":
        return Step(state, (Continue(),), ())
    machine = executable.machine(state, at, {}, waiting)
    machine.asked_again = waiting
    return _run(executable, machine, waiting.block)


def lost(executable: Executable, execution: str, at: int, reason: str) -> Step:
    """An execution whose snapshot does not fit: nothing of it is left but the flow's error handling."""
    program = executable.program
    state = State(execution, list(executable.unset), program.default_language)
    machine = executable.machine(state, at, {})
    return _run(executable, machine, _fail(machine, FlowError("internal-error", reason)))


# What answers no command.


def _adapter_error(executable: Executable, machine: Machine, event: AdapterError) -> Step:
    machine.trace.append(("adapter", -1, {"where": event.where, "detail": event.detail, "fatal": event.fatal}))
    if not event.fatal:
        return _result(machine)
    return _run(executable, machine, _fail(machine, FlowError("adapter", f"{event.where}: {event.detail}")))


def _hung_up(executable: Executable, machine: Machine, event: HungUp) -> Step:
    machine.stop("hangup", event.by)
    return _result(machine)


def _continued(executable: Executable, machine: Machine, event: Continued) -> Step:
    waiting = machine.state.waiting
    if waiting is None or waiting.kind != "continue":
        return _stale(machine, event)
    return _run(executable, machine, _fail(machine, _too_long()) if _is_over_time(machine) else waiting.resume)


def _connected(executable: Executable, machine: Machine, event: Connected) -> Step:
    machine.stop("connected")
    return _result(machine)


_UNASKED: Mapping[type, Callable[[Executable, Machine, Any], Step]] = {
    HungUp: _hung_up,
    Connected: _connected,
    AdapterError: _adapter_error,
    Continued: _continued,
}


# Answers: each gives the block that goes on.


def _take_end(machine: Machine, waiting: Waiting, event: PromptDone | SilenceDone) -> int:
    machine.reply_path = event.how
    return waiting.resume


def _take_recording(machine: Machine, waiting: Waiting, event: RecordingDone) -> int:
    return waiting.resume


def _take_input(machine: Machine, waiting: Waiting, event: Input) -> int:
    machine.input = event
    secret = machine.state.secret_input
    shown = SECRET if secret else event.digits
    machine.state.secret_input = False
    if not secret and machine.program.bots:
        machine.state.builtins = {**machine.state.builtins, "flow.$lastinput": event.digits or event.speech}
    machine.trace.append(("input", -1, {"digits": shown, "why": event.why}))
    return waiting.resume


def _take_reply(machine: Machine, waiting: Waiting, event: Reply) -> int:
    """The path of an answer, spelled as the action has it; a failure without an output for it is a flow error."""
    machine.reply_outputs, machine.reply_failure = event.outputs, event.failure
    if event.path in ("success", "accepted"):
        machine.reply_path = event.path
        return waiting.resume
    failed = event.path in ("failure", "error") and event.path not in waiting.outputs
    if failed and waiting.outputs and "failure" not in waiting.outputs:
        message = event.failure.get("userMessage") or event.failure.get("errorMessage") or "the service failed"
        return _fail(machine, FlowError("runtime-expression", str(message)))
    path = "failure" if failed else event.path
    if waiting.outputs and path not in waiting.outputs:
        path = next((p for p in waiting.outputs if p.casefold() == path.casefold()), path)
    machine.reply_path = path
    return waiting.resume


def _timed_out(machine: Machine, waiting: Waiting, event: TimerFired) -> int:
    """A guard or deadline has fired: the failed outcome of the command."""
    machine.reply_path = "timeout"
    if waiting.kind != "request" or not waiting.outputs or "timeout" in waiting.outputs:
        return waiting.resume
    if "failure" not in waiting.outputs:
        return _fail(machine, FlowError("runtime-expression", "the service did not answer in time"))
    machine.reply_path = "failure"
    machine.reply_failure = {
        "errorCode": "gateway.timeout",
        "errorType": "Timeout",
        "status": 504,
        "userMessage": "no answer in time",
    }
    return waiting.resume


_COMMANDS = ("say", "collect", "menu", "record", "listen", "request", "pause")
_TAKES: Mapping[tuple[type, str], Callable[[Machine, Waiting, Any], int]] = {
    (PromptDone, "say"): _take_end,
    (Input, "collect"): _take_input,
    (Input, "menu"): _take_input,
    (RecordingDone, "record"): _take_recording,
    (SilenceDone, "listen"): _take_end,
    (Reply, "request"): _take_reply,
    **{(TimerFired, kind): _timed_out for kind in _COMMANDS},
}
"""How an event is taken as the answer of a kind of waiting command."""


def _run(executable: Executable, machine: Machine, block: int) -> Step:
    """The trampoline: blocks until one waits, the flow ends, or the step's budget is used up."""
    state, blocks = machine.state, executable.blocks
    while block >= 0:
        try:
            block = blocks[block](machine, state.variables, machine.trace)
        except Exception as error:  # a fault anywhere takes the flow's own error path, never the caller's peace
            block = _fail(machine, _as_flow_error(error), _place(error, executable.program.path))
        if block >= 0 and machine.actions >= machine.enough:
            state.waiting = Waiting("", "continue", block, block, machine.at)
            machine.commands.append(Continue())
            break
    state.actions = machine.actions
    return _STEP(Step, (state, machine.commands, machine.trace))


def _as_flow_error(error: Exception) -> FlowError:
    """What the flow's error handling is told."""
    if isinstance(error, FlowError):
        return error
    if isinstance(error, ExpressionError):
        return FlowError("runtime-expression", error.message)
    if isinstance(error, TypeError):
        # Python's own refusal of NOT_SET where the generated code uses its operators.
        return FlowError("runtime-expression", "a value is NOT_SET here")
    if isinstance(error, (ArithmeticError, RecursionError)):
        return FlowError("runtime-expression", f"it cannot be evaluated ({error})")
    return FlowError("internal-error", f"{type(error).__name__}: {error}")


def _place(error: Exception, path: str) -> tuple[int, int] | None:
    """Line and column of the author's expression: generated code carries them."""
    found = None
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == path:
            line, _, column, _ = list(code.co_positions())[traceback.tb_lasti // 2]
            if line is not None and column is not None:
                found = (line, column)
        traceback = traceback.tb_next
    return found


def _fail(machine: Machine, error: FlowError, place: tuple[int, int] | None = None) -> int:
    """Enter the flow's error handling; an error inside it ends the execution (flow-format.md §12)."""
    state = machine.state
    told: dict[str, Any] = {"code": error.code, "message": error.message}
    if place is not None:
        told["line"], told["column"] = place
    machine.trace.append(("error", machine.site, told))
    state.waiting = None
    machine.asked_again = None
    bot = _bot_that_fails(state) if error.code != "limit-exceeded" else None
    if bot is not None:
        return bot
    state.frames = ()
    if state.in_error:
        return machine.end_in_silence()
    state.in_error = True
    state.limit = machine.limit = machine.actions + ERROR_ACTIONS
    return machine.program.error_block


def _bot_that_fails(state: State) -> int | None:
    """The innermost called bot ends by its own error handling, once; None when there is none."""
    for index in reversed(range(len(state.frames))):
        frame = state.frames[index]
        if frame.error >= 0:
            state.frames = (*state.frames[:index], structs.replace(frame, error=-1))
            return frame.error
    return None


def _result(machine: Machine) -> Step:
    return _STEP(Step, (machine.state, machine.commands, machine.trace))
