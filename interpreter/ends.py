"""Ends of an execution, and what each leaves behind (flow-format.md §6, §12; telephony.md §3.2)."""

from __future__ import annotations

from typing import Any

from dsl.actions import FLOW_TYPES
from dsl.expressions.text_of import to_text
from dsl.program import WAIT
from interpreter.commands import Cancel, End, HangUp, Say
from interpreter.core import GUARD_MS, Core, timing

_HOW = {
    "workflow": "workflow",
    "workitem": "workflow",
    "commonModule": "module",
    "botFlow": "bot",
    "digitalBot": "bot",
    "inqueueEmail": "state",
    "inqueueShortMessage": "state",
}
"""How a flow ends that just comes to its end, by type; all others are disconnected."""
_KEEPS_INTERACTION = frozenset(
    {"endWorkflow", "endFlow", "exit", "endInQueueState", "continue", "abortSend", "completeSend"}
)
"""Kinds of error handling that do not end the interaction."""


class Ends(Core):
    """The ways in which a flow is over."""

    def end_of_flow(self, path: str) -> int:
        """A flow came to its end without an action that ends it."""
        how = _HOW.get(self.program.type)
        if how is None:
            return self.disconnect()
        return self.finish(how, path if how == "module" else None)

    def disconnect(self) -> int:
        """End the interaction; what is queued is heard first."""
        if _HOW.get(self.program.type) == "workflow":
            return self.finish("workflow")
        self._hang_up()
        return self.end("disconnect", None)

    def finish(self, how: str, reason: Any = None) -> int:
        """End the flow, but not the interaction."""
        self._last_words()
        return self.end(how, to_text(reason))

    def end_by_error(self, kind: str) -> int:
        """The error handling's own end (flow-format.md §12)."""
        if kind in _KEEPS_INTERACTION or _HOW.get(self.program.type) == "workflow":
            self._last_words()
        else:
            self._hang_up()
        return self.end("error", None)

    def end_in_silence(self) -> int:
        """An error inside the error handling, or its limit: nothing more is tried."""
        self.state.audio = ()
        return self.end_by_error("disconnect")

    def default_error_end(self) -> int:
        """What happens without an error handling: calls are told, then ended."""
        if FLOW_TYPES.get(self.program.type) == "voice":
            self.queue_audio("Sorry, an error occurred. Please try your call again.")
        return self.end_by_error("exit" if _HOW.get(self.program.type) == "bot" else "disconnect")

    def end(self, how: str, reason: str | None) -> int:
        """The last command: what the execution leaves behind."""
        state, program = self.state, self.program
        state.ended = how
        state.waiting = None
        outputs: dict[str, Any] = {}
        for name, slot in program.outputs.items():
            if slot not in program.secure:
                outputs[name] = state.variables[slot]
        self.commands.append(End(how, reason, state.attributes, state.outcomes, state.wrapup_code, outputs))
        return WAIT

    def stop(self, how: str, reason: str | None = None) -> None:
        """End from outside: hang-up or connection; what was open is withdrawn and what was set is flushed."""
        waiting = self.state.waiting
        if waiting is not None and waiting.kind not in ("pause", "continue"):
            self.commands.append(Cancel(waiting.id))
        self.end(how, reason)

    def _hang_up(self) -> None:
        if FLOW_TYPES.get(self.program.type) == "voice":
            self.commands.append(HangUp(self.state.audio))
            self.state.audio = ()
        else:
            self._last_words()

    def _last_words(self) -> None:
        """What is still queued where nobody hangs up; nothing waits for its end."""
        prompts = self.state.audio
        if prompts:
            self.state.numbered += 1
            identity = f"{self.state.seq}.{self.state.numbered}"
            self.commands.append(Say(identity, prompts, self.at + timing(prompts)[0] + GUARD_MS))
            self.state.audio = ()
