"""Requests to ports, and transfers (flow-format.md §8, §9.2, §9.4; telephony.md §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsl.expressions.library.conversions import NAMED_OBJECTS
from dsl.expressions.values import Entity, Secure
from dsl.program import WAIT
from interpreter.commands import Background, Request
from interpreter.core import GUARD_MS, FlowError, ms_of
from interpreter.ends import Ends
from interpreter.prompts import to_prompts

MISSING_FLOW = "FlowNotFound"
"""The error type of a transfer to a flow that nobody has published."""
MAX_SKILLS = MAX_PREFERRED = 20
CONNECT_MS = 30_000
CONNECT_GUARD_MS = 5_000

_QUICK_PORTS = frozenset({"lookups", "workitems"})
_QUICK = frozenset(
    """
    screen_pop tag set_data get_data set_secured get_secured transcription audio_monitoring record whisper notify
    set_post_flow clear_post_flow clear_voicemail set_skills set_priority set_label clear_label set_wrapup_code module
    """.split()
)
"""Operations that are answered in the same turn: nothing has to be heard before them."""
_IDEMPOTENT_PORTS = frozenset({"lookups", "customers"})
_IDEMPOTENT = frozenset({"get_data", "get_secured", "set_data", "screen_pop", "tag", "callback", "module"})
_TOLD_ATTRIBUTES = frozenset({"bot", "foreign_bot", "callback"})
_CHANGES = frozenset({"promote"})
_FIND_BY = ("findName", "findId")
_OLDER_NAMES = {"errorType": "errorCode", "errorMessage": "userMessage"}


class Requests(Ends):
    """Asking the world, and what it answers."""

    def call_data(
        self,
        site: int,
        resume: int,
        operation: str,
        integration: str,
        action: str,
        inputs: Any,
        timeout: Any,
        prompt: Any,
    ) -> int:
        """``callData``: inputs that are NOT_SET are left out; the flow's own deadline takes ``timeout``."""
        if self.state.audio and self.say_all(site):
            return WAIT
        given = inputs
        if None in inputs.values():
            given = {name: value for name, value in inputs.items() if value is not None}
        self.trace.append(("note", site, {"action": f"{integration} / {action}", "inputs": given}))
        if prompt is not None:
            self.commands.append(Background(tuple(to_prompts(prompt, self.state.language, self.directory))))
        whole = {"integration": integration, "action": action, "inputs": given}
        return self._request(
            resume, "data_actions", operation, whole, timeout if type(timeout) is int else ms_of(timeout)
        )

    def ask(
        self, site: int, resume: int, port: str, operation: str, inputs: Mapping[str, Any], outputs: tuple[str, ...]
    ) -> int:
        """Any other request; looking for nothing finds nothing."""
        if any(name in inputs and not inputs[name] for name in _FIND_BY):
            self.reply_path = "notFound"
            return resume
        if port not in _QUICK_PORTS and operation not in _QUICK and self.say_all(site):
            return WAIT
        if "attributes" not in inputs and operation in _TOLD_ATTRIBUTES:
            inputs = {**inputs, "attributes": self.state.attributes}
        self.note(site, inputs=inputs)
        return self._request(resume, port, operation, inputs, GUARD_MS, outputs or ("",))

    def _request(
        self,
        resume: int,
        port: str,
        operation: str,
        inputs: Mapping[str, Any],
        timeout: int,
        outputs: tuple[str, ...] = (),
    ) -> int:
        identity, deadline = self.wait("request", resume, self.at + timeout, outputs)
        idempotent = operation in _IDEMPOTENT or (port in _IDEMPOTENT_PORTS and operation not in _CHANGES)
        self.commands.append(Request(identity, port, operation, inputs, deadline, idempotent))
        return WAIT

    def output(self, name: str) -> Any:
        """An output of the answer; missing ones are NOT_SET."""
        return self.reply_outputs.get(name)

    def failure(self, name: str) -> Any:
        """A failure output; older files ask by their older names (flow-format.md §9.4)."""
        if name in self.reply_failure:
            return self.reply_failure[name]
        return self.reply_failure.get(_OLDER_NAMES.get(name, name))

    def flow_output(self, name: str, wanted: str) -> Any:
        """An output of a module or bot that somebody else answers for: objects of the organisation come by name."""
        value, kind = self.output(name), wanted.removesuffix("_coll")
        if kind not in NAMED_OBJECTS:
            return value
        if isinstance(value, tuple):
            return tuple(self.named(kind, one) if isinstance(one, str) else one for one in value)
        return self.named(kind, value) if isinstance(value, str) else value

    def module_path(self, missing: str) -> str:
        """The output by which a module came back that is not among the flows; nobody answers for it in a live call."""
        if self.reply_failure:
            raise FlowError("unknown-flow", missing)
        return self.reply_path

    # Transfers.

    def transfer(self, site: int, resume: int, port: str, operation: str, inputs: Mapping[str, Any]) -> int:
        """Ask for a transfer; participant data goes along, so that it is there before anybody is alerted."""
        if self.say_all(site):
            return WAIT
        self.note(site, inputs=inputs)
        length = ms_of(inputs.get("connectTimeout"), CONNECT_MS, 1_000) + CONNECT_GUARD_MS
        outputs = ("failure", "timeout") if operation == "extension" else ("failure",)
        whole = {**inputs, "attributes": self.state.attributes}
        return self._request(resume, port, operation, whole, length, outputs)

    def enqueue(
        self,
        site: int,
        resume: int,
        queue: Entity | None,
        priority: int = 0,
        skills: Sequence[Entity | None] | None = (),
        language: Entity | None = None,
        preferred: Any = (),
        direct: Any = None,
        in_queue_flow: Any = None,
        append: Any = None,
    ) -> int:
        """The same for a queue. Skills and agents that are NOT_SET or beyond the limit are left out, and told in the
        trace."""
        if self.state.audio and self.say_all(site):
            return WAIT
        found: dict[str, Any] = {
            "queue": queue,
            "priority": priority,
            "skills": (),
            "language": language or self._language_skill(),
            "preferred": (),
            "direct": direct,
            "in_queue_flow": in_queue_flow,
        }
        if append is True:
            found["append_skills"] = True
        told: dict[str, Any] = {"inputs": found, "dropped": ()}
        if skills:
            listed = tuple(skill for skill in skills if skill is not None)
            found["skills"], told["dropped"] = listed[:MAX_SKILLS], listed[MAX_SKILLS:]
            if len(listed) < len(skills):
                told["warning"] = f"{len(skills) - len(listed)} skills are NOT_SET and were left out"
        if preferred:
            agents = tuple(agent for agent in preferred if agent is not None)
            found["preferred"] = agents[:MAX_PREFERRED]
            if len(agents) > MAX_PREFERRED:
                told["warning"] = f"{len(agents) - MAX_PREFERRED} preferred agents beyond {MAX_PREFERRED} were left out"
        if Secure in map(type, found.values()):
            raise FlowError("secure-value", "a secure value cannot take part in routing")
        self.trace.append(("note", site, told))
        if queue is None:
            self.reply_path = "refused"
            self.reply_failure = {"errorType": "InvalidQueue", "errorMessage": "the queue is NOT_SET"}
            return resume
        whole = {**found, "attributes": self.state.attributes}
        return self._request(resume, "routing", "enqueue", whole, CONNECT_MS + CONNECT_GUARD_MS, ("failure",))

    def _language_skill(self) -> Entity | None:
        """The default skill of the running language."""
        settings = self.program.languages.get(self.state.language)
        if not settings:
            return None
        literal = getattr(settings.get("skill"), "literal", None)
        if literal is None:
            return None
        return self.directory.find("lac", literal.name) or literal if isinstance(literal, Entity) else None

    def is_refused(self) -> bool:
        """Whether the transfer was refused; a flow that is not there is a flow error (flow-format.md §9.2)."""
        if self.reply_failure.get("errorType") == MISSING_FLOW:
            raise FlowError("unknown-flow", str(self.reply_failure.get("errorMessage")))
        return self.reply_path != "accepted"

    def refused_path(self) -> str:
        """The output of a transfer that was refused: its own ``timeout`` where it has one, else ``failure``."""
        return "timeout" if self.reply_path == "timeout" else "failure"

    def transferred(self, site: int, how: str) -> int:
        """An accepted transfer ends the execution; participant data went with it."""
        self.done(site)
        self.state.attributes = {}
        return self.end(str(self.reply_outputs.get("end") or how), None)
