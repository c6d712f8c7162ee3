"""Whatever happens, and in whatever order: the machine answers, and always the same (docs/decisions/001, 002)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsl import check_flow
from dsl.compile import compile_flow
from dsl.source import Source, has_errors
from interpreter import Executable, State, again, link, start, step
from interpreter.commands import Command, Continue, End
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
from interpreter.snapshot import pack, unpack

SAMPLES = sorted((Path(__file__).parent.parent.parent / "flows").rglob("flows/*.yaml"))
OUTPUTS = {
    "ref": "builtin:contact:1",
    "outcome": "found",
    "name": "Ada",
    "tier": "Gold",
    "products": ("Fiber",),
    "nps": 3,
    "priorityAccount": False,
}
Make = Callable[[str, int, int], Event]
EVENTS: tuple[Make, ...] = (
    lambda i, seq, at: PromptDone(seq=seq, at=at, id=i, how="done"),
    lambda i, seq, at: PromptDone(seq=seq, at=at, id=i, how="interrupted"),
    lambda i, seq, at: Input(seq=seq, at=at, id=i, digits="1", why="max"),
    lambda i, seq, at: Input(seq=seq, at=at, id=i, digits="471100", why="term", key="#"),
    lambda i, seq, at: Input(seq=seq, at=at, id=i, digits="", why="no_input"),
    lambda i, seq, at: Reply(seq=seq, at=at, id=i, path="success", outputs=OUTPUTS),
    lambda i, seq, at: Reply(seq=seq, at=at, id=i, path="success", outputs={"nps": "many", "products": 1}),
    lambda i, seq, at: Reply(seq=seq, at=at, id=i, path="failure", failure={"status": 404}),
    lambda i, seq, at: Reply(seq=seq, at=at, id=i, path="accepted"),
    lambda i, seq, at: Reply(seq=seq, at=at, id=i, path="refused"),
    lambda i, seq, at: Reply(seq=seq, at=at, id=i, path="no such path"),
    lambda i, seq, at: SilenceDone(seq=seq, at=at, id=i, how="silence"),
    lambda i, seq, at: RecordingDone(seq=seq, at=at, id=i, uri="", ms=0, why="max"),
    lambda i, seq, at: TimerFired(seq=seq, at=at, id=i),
    lambda i, seq, at: TimerFired(seq=seq, at=at, id="0.0"),
    lambda i, seq, at: Continued(seq=seq, at=at),
    lambda i, seq, at: AdapterError(seq=seq, at=at, where="x", detail="y", fatal=False),
)
HEARD, TIME_OUT, CONTINUE = EVENTS[0], EVENTS[13], EVENTS[15]
LAST: tuple[Make, ...] = (
    lambda i, seq, at: HungUp(seq=seq, at=at, by="caller"),
    lambda i, seq, at: Connected(seq=seq, at=at),
    lambda i, seq, at: AdapterError(seq=seq, at=at, where="x", detail="y", fatal=True),
)
WAYS = st.lists(st.sampled_from(EVENTS), max_size=14)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def executable_of(path: Path) -> Executable:
    text = path.read_text(encoding="utf-8")
    checked = check_flow(Source(path.name, text))
    assert checked.flow is not None
    return link(compile_flow(checked.flow, text))


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda path: path.stem)
def executable(request: pytest.FixtureRequest) -> Executable:
    return executable_of(request.param)


def begun(executable: Executable) -> tuple[State, tuple[Command, ...]]:
    event = Started(seq=1, at=0, execution="e", conversation="c", ani="tel:+4930901820", dnis="tel:+49301", seed=5)
    state, commands, _ = start(executable, event)
    return state, commands


def after(executable: Executable, state: State, make: Make) -> tuple[State, tuple[Command, ...]]:
    identity = state.waiting.id if state.waiting is not None else "0.0"
    state, commands, _ = step(executable, state, make(identity, state.seq + 1, state.seq * 700))
    return state, commands


@QUICK
@given(way=WAYS, last=st.sampled_from(LAST))
def test_no_sequence_of_events_makes_a_step_raise_or_leaves_a_call_without_an_end(
    executable: Executable, way: list[Make], last: Make
) -> None:
    state, commands = begun(executable)
    ends = sum(isinstance(command, End) for command in commands)
    for make in way:
        state, commands = after(executable, state, make)
        ends += sum(isinstance(command, End) for command in commands)
        assert (state.ended is not None) == (ends == 1)
        assert state.ended is not None or state.waiting is not None
    for _ in range(20):
        if state.ended is not None:
            break
        state, commands = after(executable, state, last)
        ends += sum(isinstance(command, End) for command in commands)
        last = LAST[0]
    assert ends == 1


@QUICK
@given(way=WAYS)
def test_the_same_events_give_the_same_commands_and_states(executable: Executable, way: list[Make]) -> None:
    one, other = begun(executable), begun(executable)
    for make in way:
        one, other = after(executable, one[0], make), after(executable, other[0], make)
        assert one == other


@QUICK
@given(way=WAYS, further=WAYS)
def test_a_call_that_was_parked_goes_on_as_the_one_that_stayed(
    executable: Executable, way: list[Make], further: list[Make]
) -> None:
    state, asked = begun(executable)
    for make in way:
        before = state
        state, commands = after(executable, state, make)
        asked = commands if state.waiting != before.waiting else asked
    if state.ended is not None:
        return
    program = executable.program
    resumed = unpack(pack(state, program), program)
    once_more = again(executable, resumed, 999_999)
    waiting = [c for c in asked if getattr(c, "id", None) == (state.waiting.id if state.waiting else "")]
    assert [c for c in once_more.commands if not isinstance(c, Continue)][-len(waiting) :] == waiting or not waiting
    stayed, parked = state, once_more.state
    for make in further:
        (stayed, one), (parked, other) = after(executable, stayed, make), after(executable, parked, make)
        assert one == other


@pytest.mark.corpus
def test_every_published_flow_that_checks_without_errors_runs_to_an_end(corpus: Path) -> None:
    ran = 0
    for path in sorted((corpus / "flows").rglob("*.y*ml")):
        text = path.read_text(encoding="utf-8", errors="replace")
        checked = check_flow(Source(path.name, text))
        if checked.flow is None or has_errors(checked.findings):
            continue
        executable = link(compile_flow(checked.flow, text))
        state, _ = begun(executable)
        for _ in range(400):
            if state.ended is not None:
                break
            kind = state.waiting.kind if state.waiting is not None else ""
            make = {"continue": CONTINUE, "say": HEARD}.get(kind, TIME_OUT)
            state, _ = after(executable, state, make)
        assert state.ended is not None or checked.flow.type == "inqueueCall", path.name
        ran += 1
    assert ran > 20
