"""Tasks, jumps and loops: frames are explicit, so that a call can wait and be saved (flow-format.md §6, §9.1)."""

from __future__ import annotations

from typing import Any

from dsl.program import WAIT
from interpreter.commands import Background
from interpreter.core import FlowError
from interpreter.ends import Ends
from interpreter.state import Frame

MAX_CALL_DEPTH = 100
IDLE_MS = 10_000
"""How long hold music plays after a pass of an in-queue flow that took no time."""

Inputs = tuple[tuple[int, Any], ...]


class Tasks(Ends):
    """Calls and returns."""

    def turns_left(self, turn: int, limit: Any) -> bool:
        """Whether a loopUntil may go on."""
        return limit is None or turn < limit

    def call_task(self, number: int, back: int, inputs: Inputs) -> int:
        """Call a container with a fresh scope."""
        state = self.state
        if len(state.frames) >= MAX_CALL_DEPTH:
            raise FlowError("limit-exceeded", f"tasks are called more than {MAX_CALL_DEPTH} deep")
        container = self.program.containers[number]
        values = tuple(state.variables[slot] for slot in container.slots)
        frame = Frame(back, container.slots, values, container.is_module, container.error_block)
        state.frames = (*state.frames, frame)
        return self.enter(number, inputs)

    def enter(self, number: int, inputs: Inputs) -> int:
        """A container begins: its variables are empty, but for what the caller gives."""
        container = self.program.containers[number]
        variables, types = self.state.variables, self.program.types
        for slot in container.slots:
            variables[slot] = () if types[slot].endswith("_coll") else None
        self.state.inputs = inputs
        return container.entry

    def take_inputs(self, variables: list[Any]) -> None:
        """Values that the caller passed, over the initial ones."""
        if self.state.inputs:
            for slot, value in self.state.inputs:
                variables[slot] = value
            self.state.inputs = ()

    def jump(self, entry: int, number: int | None, inputs: Inputs) -> int:
        """Go to a task, menu or state and do not come back; inside a module its caller still waits."""
        self._leave_tasks()
        self._language_takes_effect()
        return entry if number is None else self.enter(number, inputs)

    def end_task(self, path: str) -> int:
        """Return to the caller; without one the flow ends as its type does (flow-format.md §6)."""
        self._language_takes_effect()
        state = self.state
        if not state.frames:
            return self.end_of_flow(path)
        frame, state.frames = state.frames[-1], state.frames[:-1]
        state.returned = {slot: state.variables[slot] for slot in frame.slots}
        for slot, value in zip(frame.slots, frame.values, strict=True):
            state.variables[slot] = value
        state.returned_path = path
        return frame.back

    def _leave_tasks(self) -> None:
        """Forget the callers up to the one that has called the module or bot."""
        frames = self.state.frames
        while frames and not frames[-1].is_module:
            frames = frames[:-1]
        self.state.frames = frames

    def returned(self, slot: int) -> Any:
        """A value of the task that has just returned."""
        return self.state.returned.get(slot)

    def returned_path(self) -> str:
        """The output path by which the called task came back."""
        return self.state.returned_path

    def _language_takes_effect(self) -> None:
        if self.state.next_language is not None:
            self.state.language, self.state.next_language = self.state.next_language, None

    def pass_over(self, resume: int) -> int:
        """A pass of an in-queue flow is over: what is queued is heard; one that took no time is followed by music."""
        if self.say_all():
            return WAIT
        if self.at > self.state.pass_at:
            return resume
        self.commands.append(Background(hold_music="PromptSystem.on_hold_music"))
        self.wait("pause", resume, self.at + IDLE_MS)
        return WAIT

    def begin_pass(self, number: int) -> int:
        """The looping start-up task of an in-queue flow begins anew."""
        self._language_takes_effect()
        self.state.pass_at = self.at
        return self.enter(number, ())
