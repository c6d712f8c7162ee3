"""An execution: ports, deadlines, snapshots, resume, and faults that stay inside (DESIGN.md "Execution")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from interpreter.clock import VirtualClock
from interpreter.commands import Collect, End, HangUp, MediaCommand, Request, Say
from interpreter.execution import Execution, Ports
from interpreter.ports import Answer, Capabilities, StaleExecution

Make = Callable[..., "World"]
ASK = (
    "- callData:\n    name: Find\n    timeout: {lit: {seconds: 2}}\n    category: {CRM: {dataAction: {Get: "
    "{inputs: {n: {lit: 1}}, successOutputs: {name: {var: Flow.name}}, "
    "failureOutputs: {errorCode: {var: Flow.why}}}}}}\n"
    "    outputs: {success: {actions: [{setParticipantData: {name: S, attributes: [{attribute: {name: {lit: path}, "
    "value: {exp: Flow.name}}}]}}]}, failure: {actions: [{setParticipantData: {name: F, attributes: [{attribute: "
    "{name: {lit: path}, value: {exp: Flow.why}}}]}}]}, timeout: {actions: [{setParticipantData: {name: T, attributes: "
    "[{attribute: {name: {lit: path}, value: {lit: timeout}}}]}}]}}\n"
    "- collectInput: {name: C, inputData: {var: Flow.d}, digits: {exact: 1}, inputAudio: {tts: One digit.}}\n"
    "- disconnect: {none: true}"
)


@dataclass
class World:
    """Everything around an execution, as simple as it can be."""

    executable: Any
    clock: VirtualClock = field(default_factory=VirtualClock)
    media: list[MediaCommand] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    saved: list[tuple[int, bytes]] = field(default_factory=list)
    stored: Callable[[Any], None] = lambda _: None
    patience: int = 0
    finished: bool = False
    end: End | None = None
    trace: list[Mapping[str, Any]] = field(default_factory=list)
    answer: Answer | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)
    breaks: str = ""

    def execution(self) -> Execution:
        ports = Ports(self.clock, self, {"data_actions": self}, store=self)
        return Execution("e1", self.executable, ports, self)

    def send(self, command: MediaCommand) -> None:
        if self.breaks == "media":
            raise OSError("the line is gone")
        self.media.append(command)

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        if self.breaks == "port":
            raise RuntimeError("broken")
        self.asked.append(request)
        self.answer = answer

    def cancel(self, execution: str, request_id: str) -> None:
        self.cancelled.append(request_id)

    def save(
        self, execution: str, expected: int, seq: int, snapshot: bytes, until: int, stored: Callable[[Any], None]
    ) -> None:
        assert expected == (self.saved[-1][0] if self.saved else 0)
        problem = {"stale": StaleExecution(), "store": OSError("no disk")}.get(self.breaks)
        if problem is None:
            self.saved.append((seq, snapshot))
        if self.breaks == "slow store":
            self.patience, self.stored = until, stored
        else:
            stored(problem)

    def finish(self, execution: str) -> None:
        assert self.end is not None
        self.finished = True

    def ended(self, execution: str, end: End) -> None:
        self.end = end

    def traced(self, execution: str, element: Mapping[str, Any]) -> None:
        self.trace.append(element)


@pytest.fixture
def world(begin: Callable[..., Any]) -> Make:
    def make(actions: str = ASK, **how: Any) -> World:
        return World(begin(actions, **how).executable)

    return make


def started(world: World) -> Execution:
    execution = world.execution()
    execution.start(conversation="c1", ani="tel:+491", dnis="tel:+492")
    return execution


def test_a_request_is_stored_before_it_is_asked_and_answered_by_callback(world: Make) -> None:
    here = world()
    execution = started(here)
    assert len(here.saved) == 1
    assert here.answer is not None
    here.answer("success", {"name": "Ada"}, {})
    assert isinstance(here.media[-1], Collect)
    execution.input_done(here.media[-1].id, "1", "max")
    assert here.end is not None
    assert here.end.attributes == {"path": "Ada"}
    assert here.finished


def test_a_deadline_fires_by_the_clock_and_a_late_answer_is_ignored(world: Make) -> None:
    here = world()
    started(here)
    here.clock.advance(2_000)
    assert isinstance(here.media[-1], Collect)
    assert here.answer is not None
    here.answer("success", {"name": "Ada"}, {})
    assert here.trace[-1]["kind"] == "stale"


def test_a_hang_up_cancels_what_is_open_and_flushes(world: Make) -> None:
    here = world()
    started(here).hung_up("caller")
    assert here.cancelled == [here.asked[0].id]
    assert here.end is not None
    assert (here.end.how, here.end.reason) == ("hangup", "caller")


def test_connected_ends_the_execution_without_another_action(world: Make) -> None:
    here = world()
    execution = started(here)
    execution.connected()
    assert here.end is not None
    assert here.end.how == "connected"
    assert here.media == []


def test_a_request_that_may_not_be_repeated_takes_failure_after_a_restart(world: Make) -> None:
    here = world()
    started(here)
    there = World(here.executable, saved=here.saved)
    there.execution().resume(*here.saved[-1])
    assert there.asked == []
    collect = there.media[-1]
    assert isinstance(collect, Collect)
    assert [e["out"] for e in there.trace if e["name"] == "Find"] == ["failure"]


def test_a_collect_is_asked_again_after_a_restart_with_its_id_and_deadline(world: Make) -> None:
    here = world()
    started(here)
    assert here.answer is not None
    here.answer("success", {"name": "Ada"}, {})
    there = World(here.executable, VirtualClock(4_000), saved=here.saved)
    execution = there.execution()
    execution.resume(*here.saved[-1])
    assert there.media == [here.media[-1]]
    execution.input_done(here.media[-1].id, "1", "max")  # type: ignore[union-attr]  # a Collect
    assert there.end is not None
    assert there.end.attributes == {"path": "Ada"}


def test_a_snapshot_that_does_not_fit_takes_the_flows_error_handling(world: Make) -> None:
    there = world()
    there.execution().resume(1, b"\x80")
    assert isinstance(there.media[-1], HangUp)
    assert there.end is not None
    assert there.end.how == "error"
    assert "another version" in there.trace[0]["error"]["message"]


def test_who_is_too_late_to_store_lets_go_without_another_word(world: Make) -> None:
    here = world()
    here.breaks = "stale"
    execution = started(here)
    assert execution.ended
    assert (here.media, here.asked, here.end) == ([], [], None)


def test_nothing_is_told_before_it_is_stored_and_what_comes_meanwhile_waits(world: Make) -> None:
    here = world()
    here.breaks = "slow store"
    execution = started(here)
    assert (here.asked, here.trace) == ([], [])
    execution.adapter_error("media", "a hiccup", fatal=False)
    assert here.trace == []
    here.stored(None)
    assert len(here.asked) == 1
    assert here.trace


def test_a_store_has_until_the_end_of_the_wait_and_no_longer_than_a_quarter_of_a_minute(world: Make) -> None:
    here, there = world(), world(ASK.replace("seconds: 2", "seconds: 60"))
    for one in (here, there):
        one.breaks = "slow store"
        started(one)
    assert (here.patience, there.patience) == (2_000, 15_000)


def test_a_caller_who_hangs_up_while_a_step_is_stored_ends_it_and_nothing_of_it_is_done(world: Make) -> None:
    here = world()
    here.breaks = "slow store"
    execution = started(here)
    execution.hung_up("caller")
    assert here.end is not None
    assert (here.end.how, here.asked, here.finished) == ("hangup", [], True)
    here.stored(None)
    assert here.asked == []


def test_who_lets_go_while_a_step_is_stored_says_no_word(world: Make) -> None:
    here = world()
    here.breaks = "slow store"
    started(here).abandon()
    here.stored(None)
    assert (here.asked, here.end, here.finished) == ([], None, False)


@pytest.mark.parametrize("part", ["store", "media"])
def test_a_fault_around_it_ends_the_call_and_never_reaches_the_caller_as_an_exception(world: Make, part: str) -> None:
    here = world("- flushAudio: {name: F}\n- playAudio: {name: P, audio: {tts: Hi.}}\n" + ASK)
    here.breaks = part
    started(here)
    assert here.end is not None
    assert here.end.how == "error"


def test_a_port_that_breaks_takes_the_failure_path(world: Make) -> None:
    here = world()
    here.breaks = "port"
    execution = started(here)
    execution.input_done(here.media[-1].id, "1", "max")  # type: ignore[union-attr]  # a Collect
    assert here.end is not None
    assert here.end.attributes == {"path": "internal-error"}


def test_a_port_that_nobody_has_bound_takes_the_failure_path(world: Make) -> None:
    here = world()
    execution = Execution("e1", here.executable, Ports(here.clock, here), here)
    execution.start()
    execution.input_done(here.media[-1].id, "1", "max")  # type: ignore[union-attr]  # a Collect
    assert here.end is not None
    assert here.end.attributes == {"path": "NotConfigured"}


def test_a_flow_that_never_waits_gives_way_to_others(world: Make) -> None:
    here = world("- jumpToTask: {name: J, targetTaskRef: './tasks/task[main]'}")
    started(here)
    assert here.end is None
    while here.clock.jump():
        pass
    assert here.end is not None
    assert here.end.how == "error"


def test_a_listener_that_hangs_up_while_it_is_told_does_not_overlap_steps(world: Make) -> None:
    here = world("- playAudio: {name: P, audio: {tts: Hi.}}\n" + ASK)
    execution = here.execution()
    here.send = lambda command: execution.hung_up("caller")  # type: ignore[method-assign]  # a line that drops at once
    execution.start()
    assert here.end is not None
    assert here.end.how == "hangup"
    assert not any(isinstance(command, Say) for command in here.media)


def test_host_values_are_read_for_every_step_and_only_those_the_program_declares(flow_of: Callable[[str], Any]) -> None:
    text = (
        "inqueueCall:\n  name: Wait\n  defaultLanguage: en-us\n  startUpTaskActions:\n"
        "  - playPositionInQueue: {name: P, positionInQueue: {exp: Call.PositionInQueue}, playbackMode: number}\n"
    )
    here = World(flow_of(text).executable)
    asked: list[frozenset[str]] = []

    class Queue:
        def read(self, names: frozenset[str]) -> Mapping[str, Any]:
            asked.append(names)
            return {"Call.PositionInQueue": 3 - len(asked)}

    execution = Execution("e1", here.executable, Ports(here.clock, here, host=Queue()), here)
    execution.start()
    first = here.media[-1]
    assert isinstance(first, Say)
    here.clock.advance(900)
    execution.prompt_done(first.id, "done", 900)
    assert asked[:2] == [frozenset({"call.positioninqueue"})] * 2
    said = [command.prompts[1].text for command in here.media if isinstance(command, Say)]  # type: ignore[union-attr]
    assert said[:2] == ["two", "one"]
