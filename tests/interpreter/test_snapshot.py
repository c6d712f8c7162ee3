"""Parked executions survive as bytes (docs/decisions/002-snapshot.md)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from syrupy.assertion import SnapshotAssertion

from dsl import check_flow
from dsl.compile import compile_flow
from dsl.expressions.values import Entity
from dsl.source import Source
from interpreter import again, link, start, step
from interpreter.commands import Collect, Recording, Request, Text
from interpreter.events import HungUp, Input, PromptDone, Reply, Started
from interpreter.snapshot import UnknownSnapshotError, pack, readable, unpack
from interpreter.state import State

WELCOME = Path(__file__).parent.parent.parent / "flows/crm_welcome/flows/crm_welcome.yaml"
FOUND = {
    "ref": "builtin:contact:1",
    "outcome": "found",
    "name": "Alexis",
    "tier": "Gold",
    "products": ("Fiber", "Mobile"),
    "nps": 9,
    "priorityAccount": False,
}


@pytest.fixture(scope="module")
def welcome() -> Any:
    text = WELCOME.read_text(encoding="utf-8")
    checked = check_flow(Source("crm_welcome.yaml", text))
    assert checked.flow is not None
    return link(compile_flow(checked.flow, text))


def replace_in(state: State, **changes: Any) -> State:
    return structs.replace(state, **changes)


def begin(executable: Any, ani: str = "tel:+18031230000") -> State:
    started = Started(seq=1, at=0, execution="e1", conversation="c1", ani=ani, dnis="tel:+49301", seed=3)
    return start(executable, started).state


def waits(executable: Any) -> list[State]:
    """The states at every wait of a known caller's way."""
    states = [begin(executable)]
    answers: list[Callable[[str, int], Any]] = [
        lambda id_, seq: PromptDone(seq=seq, at=1000, id=id_, how="done"),
        lambda id_, seq: Reply(seq=seq, at=2000, id=id_, path="success", outputs=FOUND),
        lambda id_, seq: Input(seq=seq, at=3000, id=id_, digits="1", why="max"),
        lambda id_, seq: PromptDone(seq=seq, at=4000, id=id_, how="done"),
    ]
    for answer in answers:
        waiting = states[-1].waiting
        assert waiting is not None
        states.append(step(executable, states[-1], answer(waiting.id, states[-1].seq + 1)).state)
    return states


def test_at_every_wait_a_resumed_execution_goes_on_as_the_one_that_stayed(welcome: Any) -> None:
    for state in waits(welcome):
        resumed = unpack(pack(state, welcome.program), welcome.program)
        event = HungUp(seq=state.seq + 1, at=9000, by="caller")
        assert step(welcome, resumed, event).commands == step(welcome, state, event).commands
        assert resumed.waiting == state.waiting
        assert resumed.variables == state.variables


def test_the_waiting_command_is_derived_again_with_the_same_id(welcome: Any) -> None:
    state = waits(welcome)[2]
    resumed = unpack(pack(state, welcome.program), welcome.program)
    command = again(welcome, resumed, 5000).commands[-1]
    assert isinstance(command, Collect)
    assert state.waiting is not None
    assert command.id == state.waiting.id


def test_a_request_is_derived_again_with_the_same_inputs(welcome: Any) -> None:
    state = waits(welcome)[1]
    command = again(welcome, unpack(pack(state, welcome.program), welcome.program), 5000).commands[-1]
    assert isinstance(command, Request)
    assert command.inputs["inputs"] == {"phone": "+18031230000"}


def test_a_parked_call_takes_a_kilobyte_at_the_most(welcome: Any) -> None:
    assert max(len(pack(state, welcome.program)) for state in waits(welcome)) <= 1_000


@pytest.mark.parametrize(
    ("prompt", "written"),
    [
        (Text("Hello", "en-us"), '"Hello"'),
        (Text("Hallo", "de-de"), '"language": "de-de"'),
        (Text("12", "en-us", kind="number", value="12"), '"kind": "number"'),
        (Text("Listen", "en-us", barge_in=False), '"barge_in": false'),
        (Recording("Prompt.Hello", "Hello", "en-us"), '"Recording"'),
    ],
)
def test_a_prompt_is_written_as_its_words_only_where_it_is_no_more(welcome: Any, prompt: Any, written: str) -> None:
    state = replace_in(begin(welcome), audio=(prompt,))
    assert written in readable(state, welcome.program)
    assert unpack(pack(state, welcome.program), welcome.program).audio == (prompt,)


@pytest.mark.parametrize(
    "entity",
    [
        Entity("que", None, "Gold"),
        Entity("que", "1", "Gold"),
        Entity("que", None, ""),
        Entity("usr", None, "Ada", "ada@example.com"),
        Entity("pmt", "2", "Prompt.Hello", properties={"text": "Hello"}),
    ],
)
def test_an_object_comes_back_whole(welcome: Any, entity: Entity) -> None:
    state = begin(welcome)
    state.variables[0] = entity
    found = unpack(pack(state, welcome.program), welcome.program).variables[0]
    assert structs.astuple(found) == structs.astuple(entity)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("00000000-0000-4000-8000-0000000000ff", 18),
        ("00000000-0000-4000-8000-0000000000FF", 38),
        ("00000000-0000-4000-8000-0000000000f", 37),
        (f"sha256:{64 * 'a'}", 34),
        (f"sha256:{64 * 'g'}", 73),
    ],
)
def test_a_uuid_and_a_digest_take_their_bytes_and_come_back_as_texts(welcome: Any, text: str, size: int) -> None:
    empty, state = begin(welcome), begin(welcome)
    empty.variables[0], state.variables[0] = "", text
    packed = pack(state, welcome.program)
    assert len(packed) - len(pack(empty, welcome.program)) == size - 1
    assert unpack(packed, welcome.program).variables[0] == text


@pytest.mark.parametrize("change", [{"limit": 9_000}, {"pass_at": 7}, {"language": "de-de"}, {"in_error": True}])
def test_what_is_not_usual_comes_back(welcome: Any, change: dict[str, Any]) -> None:
    state = replace_in(begin(welcome), **change)
    assert unpack(pack(state, welcome.program), welcome.program) == state


def test_a_snapshot_of_another_version_of_the_flow_is_refused(welcome: Any) -> None:
    data = pack(begin(welcome), welcome.program)
    with pytest.raises(UnknownSnapshotError, match="another version of the flow"):
        unpack(data, replace(welcome.program, fingerprint="sha256:other"))


def test_a_site_that_is_not_there_is_refused(welcome: Any) -> None:
    data = pack(begin(welcome), welcome.program)
    with pytest.raises(UnknownSnapshotError, match="no place"):
        unpack(data, replace(welcome.program, phases={}))


@pytest.mark.parametrize("data", [b"", b"\xff\x00", b"\x80", b"\xc0"])
def test_bytes_that_are_no_snapshot_are_refused(welcome: Any, data: bytes) -> None:
    with pytest.raises(UnknownSnapshotError):
        unpack(data, welcome.program)


def test_the_golden_snapshot_of_this_abi(welcome: Any, snapshot: SnapshotAssertion) -> None:
    assert readable(waits(welcome)[2], welcome.program) == snapshot
