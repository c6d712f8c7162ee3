"""The flow machine as two pure functions (docs/decisions/001-commands-and-events.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from msgspec import structs

from dsl.expressions.problems import ExpressionError
from dsl.expressions.runtime import HELPERS
from dsl.expressions.types import Type, is_collection
from dsl.program import ABI, Program
from interpreter.commands import Command, Continue
from interpreter.core import SECRET
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

Block = Callable[[Machine, list[Any]], int]
_ACTION_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Executable:
    """A program linked to its helpers and to the organisation it looks names up in."""

    program: Program
    blocks: tuple[Block, ...] = field(repr=False)
    directory: Directory = field(repr=False)
    understanding: Understanding = field(default_factory=Rules, repr=False)
    unset: tuple[Any, ...] = field(default=(), repr=False)
    """Every variable before its initial value: NOT_SET, or an empty collection."""

    def machine(self, state: State, at: int, host: Mapping[str, Any]) -> Machine:
        """A machine for one step."""
        return Machine(self.program, state, at, host, self.directory, self.understanding)


class Step(NamedTuple):
    """What a step gives: the new state, the commands in order, and the raw trace (interpreter.trace)."""

    state: State
    commands: tuple[Command, ...]
    trace: tuple[TraceEntry, ...]


_FROM_OUTSIDE = (HungUp, Connected, AdapterError)


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
    table: dict[str, Any] = {"__builtins__": {}, **HELPERS()}
    exec(compile(program.module, program.path, "exec"), table)
    blocks = tuple(table[f"b{number}"] for number in range(program.blocks))
    unset = tuple(() if is_collection(Type(t)) else None for t in program.types)
    return Executable(program, blocks, directory or NoDirectory(), understanding or Rules(), unset)


def start(executable: Executable, event: Started) -> Step:
    """Begin an execution."""
    program = executable.program
    state = State(
        execution=event.execution,
        conversation=event.conversation,
        variables=list(executable.unset),
        block=program.start,
        language=(event.language or program.default_language).lower(),
        seq=event.seq,
        known=dict(event.attributes),
        builtins={**_call_builtins(event, program), **{k.lower(): v for k, v in event.builtins.items()}},
        random=event.seed,
        limit=_ACTION_LIMIT,
        headers=dict(event.headers),
        pass_at=event.at,
    )
    state.inputs = tuple(
        (program.inputs[name.lower()], value) for name, value in event.inputs.items() if name.lower() in program.inputs
    )
    machine = executable.machine(state, event.at, event.host)
    state.builtins["flow.startdatetimeutc"] = machine.now()
    return _run(executable, machine, program.start)


def _call_builtins(event: Started, program: Program) -> dict[str, Any]:
    given = {
        "call.ani": event.ani,
        "call.calledaddress": event.dnis,
        "call.calledaddressoriginal": event.dnis_original or event.dnis,
        "call.remotename": event.ani_name,
        "call.conversationid": event.conversation,
        "interaction.id": event.conversation,
        "flow.istest": False,
        "flow.version": "1.0",
    }
    return {name: value for name, value in given.items() if value is not None}


def step(executable: Executable, state: State, event: Event) -> Step:
    """Take one event. A stale one changes nothing but the sequence number and is traced."""
    state = state.fork()
    state.seq = event.seq
    state.numbered = 0
    machine = executable.machine(state, event.at, event.host)
    if state.ended is not None:
        machine.trace.append(("stale", -1, type(event).__name__))
        return _result(machine)
    if isinstance(event, _FROM_OUTSIDE):
        if isinstance(event, AdapterError):
            return _adapter_error(executable, machine, event)
        machine.stop(*(("hangup", event.by) if isinstance(event, HungUp) else ("connected", None)))
        return _result(machine)
    if _is_over_time(machine):
        return _run(executable, machine, _fail(machine, FlowError("limit-exceeded", "the flow has run for too long")))
    block = _resume(machine, event)
    if block is None:
        machine.trace.append(("stale", -1, type(event).__name__))
        return _result(machine)
    return _run(executable, machine, block)


def _is_over_time(machine: Machine) -> bool:
    """Whether the flow has had its time (flow-format.md §12); its error handling still gets the rest."""
    return not machine.state.in_error and machine.time_left() < 0


def again(executable: Executable, state: State, at: int) -> Step:
    """After a restart: the command that the state waits on, derived again with the same id."""
    waiting = state.waiting
    state = state.fork()
    if waiting is None:
        return Step(state, (), ())
    if waiting.kind == "continue":
        return Step(state, (Continue(),), ())
    machine = executable.machine(state, at, {})
    machine.asked_again = waiting
    machine.site = executable.program.wait_sites.get(waiting.block, -1)
    return _run(executable, machine, waiting.block)


def lost(executable: Executable, execution: str, at: int, reason: str) -> Step:
    """An execution whose snapshot does not fit: nothing of it is left but the flow's error handling."""
    program = executable.program
    state = State(execution, list(executable.unset), program.error_block, program.default_language, limit=_ACTION_LIMIT)
    machine = executable.machine(state, at, {})
    return _run(executable, machine, _fail(machine, FlowError("internal-error", reason)))


def _adapter_error(executable: Executable, machine: Machine, event: AdapterError) -> Step:
    machine.trace.append(("adapter", -1, {"where": event.where, "detail": event.detail, "fatal": event.fatal}))
    if not event.fatal:
        return _result(machine)
    return _run(executable, machine, _fail(machine, FlowError("adapter", f"{event.where}: {event.detail}")))


def _resume(machine: Machine, event: Event) -> int | None:
    """The block that goes on with this event; None when it is stale."""
    waiting = machine.state.waiting
    if isinstance(event, Continued):
        return waiting.resume if waiting is not None and waiting.kind == "continue" else None
    answers = _ANSWERS.get(type(event))
    if waiting is None or answers is None or event.id != waiting.id:  # type: ignore[union-attr]  # what answers has one
        return None
    if answers.kinds and waiting.kind not in answers.kinds:
        return None
    machine.site = machine.program.wait_sites.get(waiting.block, -1)
    state = machine.state
    del state.audio[: waiting.said]
    if not state.audio:
        state.secret_audio = False
    return answers.take(machine, waiting, event)


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
    if not secret:
        machine.state.builtins = {**machine.state.builtins, "flow.$lastinput": event.digits or event.speech}
    machine.trace.append(("input", -1, {"digits": shown, "why": event.why}))
    return waiting.resume


def _take_reply(machine: Machine, waiting: Waiting, event: Reply) -> int:
    """The path of an answer, spelled as the catalogue has it; a failure without an output for it is a flow error."""
    failed = event.path in ("failure", "error")
    if failed and waiting.outputs and "failure" not in waiting.outputs:
        message = event.failure.get("userMessage") or event.failure.get("errorMessage") or "the service failed"
        return _fail(machine, FlowError("runtime-expression", str(message)))
    path = "failure" if failed else event.path
    machine.reply_path = next((p for p in waiting.outputs if p.casefold() == path.casefold()), path)
    machine.reply_outputs, machine.reply_failure = event.outputs, event.failure
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


class _Answer(NamedTuple):
    """The kinds of waiting commands that an event answers (none: all of them), and how it is taken."""

    kinds: tuple[str, ...]
    take: Callable[[Machine, Waiting, Any], int]


_ANSWERS: dict[type, _Answer] = {
    PromptDone: _Answer(("say",), _take_end),
    Input: _Answer(("collect", "menu"), _take_input),
    RecordingDone: _Answer(("record",), _take_recording),
    SilenceDone: _Answer(("listen",), _take_end),
    Reply: _Answer(("request",), _take_reply),
    TimerFired: _Answer((), _timed_out),
}


def _run(executable: Executable, machine: Machine, block: int) -> Step:
    """The trampoline: blocks until one waits, the flow ends, or the step's budget is used up."""
    state, blocks = machine.state, executable.blocks
    variables = state.variables
    enough = state.actions + STEP_ACTIONS
    while block >= 0:
        state.block = block
        if state.actions >= enough:
            state.waiting = Waiting("", "continue", block, block, machine.at)
            machine.commands.append(Continue())
            return _result(machine)
        try:
            block = blocks[block](machine, variables)
        except Exception as error:  # a fault anywhere takes the flow's own error path, never the caller's peace
            block = _fail(machine, _as_flow_error(error), _place(error, executable.program.path))
    return _result(machine)


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
    state.frames.clear()
    if state.in_error:
        return machine.end_in_silence()
    state.in_error = True
    state.limit = state.actions + ERROR_ACTIONS
    return machine.program.error_block


def _bot_that_fails(state: State) -> int | None:
    """The innermost called bot ends by its own error handling, once; None when there is none."""
    for index in reversed(range(len(state.frames))):
        frame = state.frames[index]
        if frame.error >= 0:
            del state.frames[index + 1 :]
            state.frames[index] = structs.replace(frame, error=-1)
            return frame.error
    return None


def _result(machine: Machine) -> Step:
    return Step(machine.state, tuple(machine.commands), tuple(machine.trace))
