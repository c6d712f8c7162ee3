"""The flow machine: what generated code may do, one method each.

A machine lives for one step. Its methods are the only way from a program to the world: they gather commands, change the state, note
the trace, and give the number of the block to go on with (``WAIT`` when an event has to come first).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from dsl.expressions.text_of import to_text
from dsl.expressions.values import Duration, Entity, Secure
from dsl.program import WAIT, Program
from interpreter.commands import Background, Cancel, Collect, Command, End, HangUp, Listen, Menu, Prompt, Request, Say
from interpreter.directory import Directory
from interpreter.prompts import heard, to_prompts
from interpreter.state import Frame, State, Waiting

STEP_ACTIONS = 500
ERROR_ACTIONS = 1_000
MAX_CALL_DEPTH = 100
GUARD_MS = 10_000
MAX_SKILLS = 20
MAX_NAME, MAX_VALUE, MAX_NAMES, MAX_ALL = 200, 32_000, 200, 64_000

_SAME_TURN = frozenset({"lookups"})
"""Ports that answer at once: nothing has to be heard before them."""

TraceEntry = tuple[str, int, Any]


class FlowError(Exception):
    """The flow's error handling is to take over (flow-format.md §12)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Machine:
    """The ``ctx`` of generated code, for one step."""

    def __init__(self, program: Program, state: State, at: int, host: Mapping[str, Any], directory: Directory) -> None:
        self.program = program
        self.state = state
        self.at = at
        self.host = host
        self.directory = directory
        self.commands: list[Command] = []
        self.trace: list[TraceEntry] = []
        self.site = -1
        self.taken_actions = 0
        self.reply_path = ""
        self.reply_outputs: Mapping[str, Any] = {}
        self.reply_failure: Mapping[str, Any] = {}
        self.input: Any = None  # the event Input that has just come

    # The context of expressions.

    @property
    def language(self) -> str:
        return self.state.language

    @property
    def default_language(self) -> str:
        return self.program.default_language

    @property
    def supported_languages(self) -> Sequence[str]:
        return tuple(self.program.languages) or (self.program.default_language,)

    def now(self) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.at)

    def draw(self) -> float:
        """The next number of a 64-bit splitmix generator whose state is in the state."""
        mask = 0xFFFFFFFFFFFFFFFF
        self.state.random = (self.state.random + 0x9E3779B97F4A7C15) & mask
        mixed = self.state.random
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)

    def find(self, kind: str, name: str) -> Entity | None:
        return self.directory.find(kind, name)

    def named(self, kind: str, name: str) -> Entity | None:
        return self.directory.find(kind, name)

    def by_id(self, kind: str, identity: str) -> Entity | None:
        return self.directory.by_id(kind, identity)

    def estimated_wait(self, queue: str) -> Duration | None:
        return self.directory.estimated_wait(queue)

    # Names that programs read.

    def builtin(self, name: str) -> Any:
        """The value of a built-in variable; unknown ones are NOT_SET."""
        if name in self.host:
            return self.host[name]
        if name in ("call.language", "interaction.language", "email.language", "message.language"):
            return self.state.language
        return self.state.builtins.get(name)

    def prompt(self, name: str) -> Entity:
        """A prompt by its name with scope."""
        found = self.directory.find("pmt", name)
        return found or Entity("pmt", None, name)

    def constant(self, number: int) -> Any:
        """A literal of the program; a name in it is looked up now, so that it has the organisation's id."""
        value = self.program.constants[number]
        if isinstance(value, Entity) and value.id is None and value.kind != "pmt":
            return self.directory.find(value.kind, value.username or value.name) or value
        return value

    def unreadable(self, text: str) -> Any:
        """A setting that could not be read at load."""
        raise FlowError("syntax-expression", f"the expression cannot be evaluated: {text[:200]}")

    # Actions and trace.

    def act(self, site: int) -> None:
        """An action begins."""
        self.site = site
        self.taken_actions += 1
        self.state.actions += 1
        if self.state.actions > self.state.limit:
            raise FlowError("limit-exceeded", f"more than {self.state.limit:,} actions")
        self.trace.append(("act", site, self.at))

    def done(self, site: int, out: str | None = None, changed: Sequence[tuple[int, Any]] = ()) -> None:
        """An action is over, by an output, having changed variables."""
        self.trace.append(("done", site, (out, changed)))

    def changed(self, site: int, changed: Sequence[tuple[int, Any]]) -> None:
        """Variables that an action's outputs went into."""
        self.trace.append(("changed", site, changed))

    def note(self, site: int, **facts: Any) -> None:
        """Further facts for the trace."""
        if site >= 0:
            self.trace.append(("note", site, facts))

    def decide(self, site: int, condition: Any, yes: int, no: int) -> int:
        """Only true takes yes; NOT_SET takes no."""
        taken = condition is True
        self.trace.append(("done", site, ("yes" if taken else "no", ())))
        return yes if taken else no

    def case(self, site: int, path: str, value: Any, taken: int, further: int) -> int:
        """A case of a switch or loopUntil."""
        if value is not True:
            return further
        self.trace.append(("done", site, (path, ())))
        return taken

    def taken(self, site: int, path: str, blocks: Mapping[str, int], after: int) -> int:
        """The block behind the output that was taken; a missing one falls through."""
        block = blocks.get(path)
        if block is not None:
            return block
        self.trace.append(("done", site, (path, ())))
        return after

    def fail(self, message: str) -> int:
        """A flow error."""
        raise FlowError("runtime-expression", message)

    # Loops, tasks, menus.

    def more_turns(self, site: int, turn: int, count: Any) -> bool:
        """Whether a loop goes on; NOT_SET counts as none. Each further turn counts as an action."""
        if turn:
            self.act(site)
        going = count is not None and turn < count
        self.trace.append(("done", site, ("loop" if going else None, ())))
        return going

    def turns_left(self, turn: int, limit: Any) -> bool:
        """Whether a loopUntil may go on."""
        return limit is None or turn < limit

    def call_task(self, entry: int, back: int, slots: tuple[int, ...], inputs: tuple[tuple[int, Any], ...]) -> int:
        """Call a task with a fresh scope."""
        if len(self.state.frames) >= MAX_CALL_DEPTH:
            raise FlowError("limit-exceeded", f"tasks are called more than {MAX_CALL_DEPTH} deep")
        values = tuple(self.state.variables[slot] for slot in slots)
        self.state.frames.append(Frame(back, slots, values))
        self.state.inputs = inputs
        return entry

    def take_inputs(self, variables: list[Any]) -> None:
        """Values that the caller passed, over the initial ones."""
        for slot, value in self.state.inputs:
            variables[slot] = value
        self.state.inputs = ()

    def jump(self, entry: int, inputs: tuple[tuple[int, Any], ...]) -> int:
        """Go to a task or menu and do not come back."""
        self.state.frames.clear()
        self.state.menus.clear()
        self.state.inputs = inputs
        self._language_takes_effect()
        return entry

    def end_task(self, path: str) -> int:
        """Return to the caller; without one the flow ends as its type does (flow-format.md §6)."""
        self._language_takes_effect()
        if not self.state.frames:
            how = {"workflow": "workflow", "workitem": "workflow", "commonModule": "module"}.get(self.program.type)
            return self.finish(how, path) if how else self.disconnect()
        frame = self.state.frames.pop()
        self.state.returned = {slot: self.state.variables[slot] for slot in frame.slots}
        for slot, value in zip(frame.slots, frame.values, strict=True):
            self.state.variables[slot] = value
        self.state.returned_path = path
        return frame.back

    def returned(self, slot: int) -> Any:
        """A value of the task that has just returned."""
        return self.state.returned.get(slot)

    def again(self, block: int) -> int:
        """The looping start-up task of an in-queue flow begins anew."""
        self.state.actions += 1
        if self.state.actions > self.state.limit:
            raise FlowError("limit-exceeded", f"more than {self.state.limit:,} actions")
        if self.taken_actions == 0 or not self.state.waiting:
            # A pass that never waited would spin: let a second go by (the caller hears hold audio).
            return self.pause(block, Duration(1000))
        return block

    def returned_path(self) -> str:
        """The output path by which the called task came back."""
        return self.state.returned_path

    def _language_takes_effect(self) -> None:
        if self.state.next_language is not None:
            self.state.language, self.state.next_language = self.state.next_language, None

    def set_language(self, language: Any) -> None:
        """Takes effect after the current task (flow-format.md §9.3)."""
        text = self._required(language, "the language").lower()
        known = {tag.lower() for tag in self.supported_languages}
        if text not in known:
            raise FlowError("runtime-expression", f'the flow does not support the language "{text}"')
        self.state.next_language = text

    def _required(self, value: Any, what: str) -> Any:
        if value is None:
            raise FlowError("runtime-expression", f"{what} is NOT_SET")
        return value

    # Participant data, outcomes.

    def set_attributes(self, site: int, pairs: Sequence[tuple[Any, Any]]) -> None:
        """Write participant data into the buffer; limits of conversations.md §5."""
        written: dict[str, str] = {}
        for name, value in pairs:
            if isinstance(value, Secure):
                raise FlowError("secure-value", f'a secure value cannot be stored as participant data "{name}"')
            if not name:
                raise FlowError("runtime-expression", "the attribute has no name")
            written[name] = "" if value is None else value
        merged = {**self.state.attributes, **written}
        _check_attributes(merged)
        self.state.attributes.update(written)
        self.note(site, result=written)
        self.done(site)

    def attribute(self, name: Any) -> str | None:
        """Participant data as this flow sees it: its own buffer first."""
        if name in self.state.attributes:
            return self.state.attributes[name]
        return self.state.known.get(name)

    def outcome(self, name: str | None, value: str) -> None:
        """Record a flow outcome or milestone; applied when the flow ends."""
        if name and len(self.state.outcomes) < 100:
            self.state.outcomes[name] = value

    # Audio.

    def queue_audio(self, audio: Any) -> list[Prompt]:
        """Append to the audio queue; the next waiting command carries it."""
        prompts = to_prompts(audio, self.state.language, self.directory)
        self.state.audio.extend(prompts)
        return prompts

    def play(self, site: int, audio: Any) -> None:
        """``playAudio``: nothing waits."""
        prompts = self.queue_audio(audio)
        self.note(site, text=heard(prompts))
        self.done(site)

    def greet(self, audio: Any) -> None:
        """The initial greeting."""
        self.queue_audio(audio)

    def _take_audio(self, audio: Any = None) -> tuple[Prompt, ...]:
        self.queue_audio(audio)
        prompts = tuple(self.state.audio)
        self.state.audio.clear()
        return prompts

    def play_estimated_wait(self, site: int, wait: Any, mode: str, interval: Any, specific: Any) -> None:
        """``playEstimatedWaitTime`` (flow-format.md §9.3); NOT_SET is silent."""
        from interpreter.waiting_audio import estimated_wait_audio

        audio = estimated_wait_audio(wait, mode, interval, specific)
        self.note(site, text=heard(self.queue_audio(audio)))
        self.done(site)

    def play_position(self, site: int, position: Any, mode: str) -> None:
        """``playPositionInQueue``; NOT_SET is silent."""
        from interpreter.waiting_audio import position_audio

        self.note(site, text=heard(self.queue_audio(position_audio(position, mode))))
        self.done(site)

    # Waits.

    def _wait(self, kind: str, resume: int, deadline: int, outputs: tuple[str, ...] = ()) -> str:
        self.state.numbered += 1
        identity = f"{self.state.seq}.{self.state.numbered}"
        self.state.waiting = Waiting(identity, kind, self.state.block, resume, deadline, outputs)
        return identity

    def flush(self, resume: int) -> int:
        """Play what is queued and wait for its end."""
        prompts = self._take_audio()
        if not prompts:
            return resume
        deadline = self.at + _length(prompts) + GUARD_MS
        self.commands.append(Say(self._wait("say", resume, deadline), prompts, deadline))
        return WAIT

    def collect(
        self,
        site: int,
        resume: int,
        *,
        audio: Any,
        low: Any,
        high: Any,
        keys: str,
        first: Any,
        inter: Any,
        star: Any,
        pound: Any,
        terminator: bool,
        verification: str,
    ) -> int:
        """``collectInput``."""
        prompts = self._take_audio(audio)
        first_ms = first.ms if isinstance(first, Duration) else 5000
        inter_ms = inter.ms if isinstance(inter, Duration) else 3000
        most = int(self._required(high, "the number of digits"))
        least = int(self._required(low, "the number of digits"))
        accept = ("*" if star else "") + ("#" if pound else "")
        deadline = self.at + _length(prompts) + first_ms + most * inter_ms + GUARD_MS
        command = Collect(
            id=self._wait("collect", resume, deadline, ("terminator",) if terminator else ()),
            max=most,
            deadline=deadline,
            prompts=prompts,
            min=least,
            term_keys=keys,
            first_timeout=first_ms,
            inter_timeout=inter_ms,
            barge_in=all(p.barge_in for p in prompts),
            accept_bare=accept,
            language=self.state.language,
        )
        self.commands.append(command)
        self.note(site, text=heard(prompts))
        return WAIT

    def collected(self) -> str:
        """The output of a collectInput."""
        return "success" if self.input is not None and self.input.why in ("max", "term", "inter_timeout") else "failure"

    def digits(self) -> str:
        """The digits, with the terminator where the author wants it."""
        digits: str = self.input.digits
        wants = self.state.waiting is not None and "terminator" in self.state.waiting.outputs
        return digits + (self.input.key or "") if wants else digits

    def hold_music(self, site: int, resume: int, prompt: Any, duration: Any) -> int:
        """Play what is queued, then music for a while."""
        prompts = self._take_audio()
        name = prompt.name if isinstance(prompt, Entity) else None
        length = duration.ms if isinstance(duration, Duration) else 60_000
        if prompts:
            self.commands.append(Background(prompts))
        self.commands.append(Background(hold_music=name or "PromptSystem.on_hold_music"))
        self.note(site, text=heard(prompts))
        return self.pause(resume, Duration(_length(prompts) + length))

    def listen(self, resume: int, audio: Any, silence: Any, timeout: Any) -> int:
        """Wait for silence."""
        prompts = self._take_audio(audio)
        if prompts:
            self.commands.append(Background(prompts))
        silence_ms = silence.ms if isinstance(silence, Duration) else 1000
        timeout_ms = timeout.ms if isinstance(timeout, Duration) else 40_000
        deadline = self.at + _length(prompts) + timeout_ms + GUARD_MS
        self.commands.append(Listen(self._wait("listen", resume, deadline), silence_ms, timeout_ms, deadline))
        return WAIT

    def listened(self) -> str:
        """The output of a listen."""
        return "success" if self.reply_path == "silence" else "timeout"

    def pause(self, resume: int, duration: Any) -> int:
        """Let time pass."""
        length = duration.ms if isinstance(duration, Duration) else 60_000
        if length < 0:
            raise FlowError("runtime-expression", "a wait cannot be shorter than nothing")
        deadline = self.at + length
        self._wait("pause", resume, deadline)
        return WAIT

    # Menus.

    def enter_menu(self, number: int) -> None:
        """A menu is entered: its rounds begin at zero."""
        self.state.actions += 1
        if self.state.actions > self.state.limit:
            raise FlowError("limit-exceeded", f"more than {self.state.limit:,} actions")
        self.state.menus = [entry for entry in self.state.menus if entry[0] != number]
        self.state.menus.append((number, 0))

    def into_menu(self, entry: int, outer: int) -> int:
        """A nested menu."""
        return entry

    def previous_menu(self, entry: int) -> int:
        """Back to the menu before this one."""
        if len(self.state.menus) < 2:
            return entry
        self.state.menus.pop()
        element = self.program.menus[self.state.menus[-1][0]].element
        return next(number for number, phase in self.program.phases.items() if phase == element)

    def menu(self, number: int, resume: int, *, audio: Any, timeout: Any, repeats: Any) -> int:
        """Play a menu and wait for a choice."""
        table = self.program.menus[number]
        prompts = self._take_audio(audio)
        timeout_ms = timeout.ms if isinstance(timeout, Duration) else 10_000
        deadline = self.at + _length(prompts) + timeout_ms + GUARD_MS
        spoken = table.terms.get(self.state.language, {})
        choices = {key: tuple(w for w, k in spoken.items() if k == key) for key in table.keys}
        limit = 3 if repeats is None else int(repeats)
        self.commands.append(
            Menu(
                id=self._wait("menu", resume, deadline, (str(limit),)),
                choices=choices,
                deadline=deadline,
                prompts=prompts,
                first_timeout=timeout_ms,
                barge_in=all(p.barge_in for p in prompts),
                flush_typeahead=self.state.menus[-1][1] > 0,
                language=self.state.language,
            )
        )
        self.trace.append(("menu", number, (self.at, heard(prompts))))
        return WAIT

    def chosen(self, number: int, again: int) -> int:
        """Where the choice leads: one shared counter for silence and wrong keys (flow-format.md §10.1)."""
        table = self.program.menus[number]
        event = self.input
        key = event.digits if event is not None and event.why in ("max", "term") else None
        if key is None and event is not None and event.speech:
            key = table.terms.get(self.state.language, {}).get(event.speech.casefold())
        if key is not None and key in table.keys:
            self.trace.append(("chosen", number, key))
            return table.keys[key]
        rounds = self.state.menus[-1][1] + 1
        self.state.menus[-1] = (number, rounds)
        limit = int(self.state.waiting.outputs[0]) if self.state.waiting else 3
        why = "no_input" if event is None or event.why == "no_input" else "no_match"
        self.trace.append(("chosen", number, why))
        if rounds <= limit:
            return again
        if table.default is not None:
            return table.default
        return self.disconnect()

    # Requests.

    def _request(
        self, resume: int, port: str, operation: str, inputs: Mapping[str, Any], timeout: int, **how: Any
    ) -> int:
        if self.state.audio and port not in _SAME_TURN:
            # What was said so far is heard first; then this block runs again and asks.
            return self.flush(self.state.block)
        deadline = self.at + timeout
        identity = self._wait("request", resume, deadline, how.get("outputs", ()))
        request = Request(identity, port, operation, inputs, deadline, how.get("idempotent", False))
        self.commands.append(request)
        return WAIT

    def call_data(
        self, site: int, resume: int, integration: str, action: str, inputs: Mapping[str, Any], timeout: Any
    ) -> int:
        """``callData``: inputs that are NOT_SET are left out."""
        length = timeout.ms if isinstance(timeout, Duration) else 60_000
        if length < 100:
            length = 100
        given = {name: value for name, value in inputs.items() if value is not None}
        self.note(site, action=f"{integration} / {action}", inputs=given)
        whole = {"integration": integration, "action": action, "inputs": given}
        return self._request(resume, "data_actions", "run", whole, length, idempotent=False)

    def ask(
        self, site: int, resume: int, port: str, operation: str, inputs: Mapping[str, Any], outputs: tuple[str, ...]
    ) -> int:
        """Any other request."""
        if operation == "data_table" and inputs.get("lookupValue") is None:
            raise FlowError("runtime-expression", "the look-up value is NOT_SET")
        if operation == "screen_pop":
            self.state.screen_pop = dict(inputs.get("screenPopScript") or {})
        if operation == "set_wrapup_code":
            code = inputs.get("wrapupCode")
            self.state.wrapup_code = code.name if isinstance(code, Entity) else code
        idempotent = port in ("lookups", "customers")
        return self._request(resume, port, operation, inputs, GUARD_MS, outputs=outputs, idempotent=idempotent)

    def answered(self) -> str:
        """The output that an answer takes."""
        return self.reply_path

    def output(self, name: str) -> Any:
        """An output of the answer; missing ones are NOT_SET."""
        return self.reply_outputs.get(name)

    def failure(self, name: str) -> Any:
        """A failure output; older files ask by their older names (flow-format.md §9.4)."""
        names = {"errorType": "errorCode", "errorMessage": "userMessage"}
        if name in self.reply_failure:
            return self.reply_failure[name]
        return self.reply_failure.get(names.get(name, name))

    # Transfers and ends.

    def transfer(self, site: int, resume: int, port: str, operation: str, inputs: Mapping[str, Any]) -> int:
        """Ask for a transfer; participant data goes along, so that it is there before anybody is alerted."""
        whole = dict(inputs)
        if operation == "enqueue":
            whole.update(self._enqueue_inputs(site, inputs))
            if whole["queue"] is None:
                self.reply_path = "refused"
                self.reply_failure = {"errorType": "InvalidQueue", "errorCode": "InvalidQueue"}
                return resume
        whole["attributes"] = dict(self.state.attributes)
        timeout = inputs.get("connectTimeout")
        length = (timeout.ms if isinstance(timeout, Duration) else 30_000) + 5_000
        return self._request(resume, port, operation, whole, length)

    def _enqueue_inputs(self, site: int, inputs: Mapping[str, Any]) -> dict[str, Any]:
        skills = inputs.get("acdSkills")
        listed = [skill for skill in skills or () if skill is not None]
        language = inputs.get("languageSkill") or self._language_skill()
        found = {
            "queue": inputs.get("targetQueue"),
            "priority": inputs.get("priority") or 0,
            "skills": tuple(listed[:MAX_SKILLS]),
            "language": language,
            "preferred": inputs.get("preferredAgents") or (),
            "direct": inputs.get("directAgent"),
            "in_queue_flow": inputs.get("overrideInQueueFlow"),
        }
        self.note(site, inputs=found, dropped=listed[MAX_SKILLS:])
        return found

    def _language_skill(self) -> Entity | None:
        settings = self.program.languages.get(self.state.language) or {}
        skill = settings.get("skill")
        literal = getattr(skill, "literal", None)
        return literal if isinstance(literal, Entity) else None

    def is_refused(self) -> bool:
        """Whether the transfer was refused."""
        return self.reply_path != "accepted"

    def transferred(self, site: int) -> int:
        """An accepted transfer ends the execution."""
        where = str(self.reply_outputs.get("end") or "queue")
        self.done(site, None)
        self.state.attributes = {}
        return self._end(where, None)

    def transferred_or_disconnect(self) -> int:
        """The transfer of an error handling."""
        return self._end("queue", None) if self.reply_path == "accepted" else self.disconnect()

    def disconnect(self) -> int:
        """Play what is queued and hang up."""
        if self.program.type in ("workflow", "workitem"):
            return self._end("workflow", None)
        self.commands.append(HangUp(self._take_audio()))
        return self._end("disconnect", None)

    def finish(self, how: str, reason: Any = None) -> int:
        """The end of a workflow, module or bot."""
        return self._end(how, to_text(reason))

    def end_by_error(self, kind: str) -> int:
        """The error handling's own end (flow-format.md §12)."""
        if kind in ("endWorkflow", "endFlow", "exit", "endInQueueState"):
            return self._end("error", None)
        self.commands.append(HangUp(self._take_audio()))
        return self._end("error", None)

    def default_error_end(self) -> int:
        """What happens without an error handling: calls are told, then ended."""
        if self.program.type in ("inboundCall", "outboundCall", "secureCall", "inqueueCall", "voicemail"):
            self.queue_audio("Sorry, an error occurred. Please try your call again.")
            return self.end_by_error("disconnect")
        return self.end_by_error("endWorkflow")

    def _end(self, how: str, reason: str | None) -> int:
        state = self.state
        state.ended = how
        state.waiting = None
        self.commands.append(
            End(
                how=how,
                reason=reason,
                attributes=dict(state.attributes),
                outcomes=dict(state.outcomes),
                wrapup_code=state.wrapup_code,
                outputs={name: state.variables[slot] for name, slot in self.program.outputs.items()},
            )
        )
        return WAIT

    def stop(self, how: str, reason: str | None = None) -> None:
        """End from outside: hang-up or connection; what was open is withdrawn and what was set is flushed."""
        waiting = self.state.waiting
        if waiting is not None and waiting.kind != "pause":
            self.commands.append(Cancel(waiting.id))
        self._end(how, reason)


def _check_attributes(attributes: Mapping[str, str]) -> None:
    total = 0
    for name, value in attributes.items():
        total += len(name.encode()) + len(value.encode())
        if len(name) > MAX_NAME or len(value) > MAX_VALUE or "\0" in name or "\0" in value:
            raise FlowError("limit-exceeded", f'the participant data "{name[:40]}" is too long or holds a NUL')
    if len(attributes) > MAX_NAMES or total > MAX_ALL:
        raise FlowError("limit-exceeded", "there is too much participant data")


def _length(prompts: Sequence[Prompt]) -> int:
    """A generous guess of how long prompts take, in ms: guards only, never timing."""
    from interpreter.commands import Silence

    return sum(p.ms if isinstance(p, Silence) else 3_000 + 120 * len(heard((p,))) for p in prompts)
