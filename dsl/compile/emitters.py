"""One emitter per kind of action: what the generated code does for it (flow-format.md §9).

An action that the machine runs itself has an entry in ``EMIT``; every other one is a request to its port by its catalogue entry.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from dsl.actions import ActionSpec, actions
from dsl.compile.builder import Builder
from dsl.model import Action, Value

Emitter = Callable[["Compiler", Action, int], None]


class Compiler:
    """Writes action lists into a builder; knows where tasks and menus begin and where loops go on."""

    def __init__(self, builder: Builder) -> None:
        self.b = builder
        self.entries: dict[str, int] = {}
        self.container_slots: dict[str, tuple[int, ...]] = {}
        self.loops: list[tuple[int, int]] = []

    def actions(self, listed: tuple[Action, ...]) -> None:
        """The actions of a list, in order, into the current block and those that follow it."""
        for action in listed:
            if self.b.current.closed:
                return
            site = self.b.site(action)
            self.b.do("act", site)
            EMIT.get(action.key, emit_by_catalogue)(self, action, site)

    def paths(self, action: Action, path: ast.expr, site: int, before: Mapping[str, Callable[[], None]]) -> None:
        """Go on by the path that an action has taken: bind its outputs, run the output's actions, fall through."""
        after = self.b.block()
        outputs = {output.path: output for output in action.outputs}
        names = list(dict.fromkeys([*outputs, *before]))
        starts = {name: self.b.block() for name in names}
        table: dict[ast.expr, ast.expr] = {
            ast.Constant(name): ast.Constant(block.number) for name, block in starts.items()
        }
        lookup = ast.Dict(list(table), list(table.values()))
        self.b.leave(self.b.call("taken", site, path, lookup, after.number))
        for name, block in starts.items():
            self.b.enter(block)
            if name in before:
                before[name]()
            self.b.do("done", site, name)
            output = outputs.get(name)
            if output is not None:
                self.actions(output.actions)
            self.b.leave(after.number)
        self.b.enter(after)

    def list_in(self, block: Any, listed: tuple[Action, ...], after: int) -> None:
        """A list of actions as a block of its own, which goes on at ``after``."""
        self.b.enter(block)
        self.actions(listed)
        self.b.leave(after)

    def wait(self, action: Action, command: Callable[[int], ast.expr], phase: str = "wait") -> None:
        """A wait begins a block, so that running it again asks the same; its answer goes on in the next block."""
        waiting = self.b.block(f"{action.element}#{phase}")
        answered = self.b.block(f"{action.element}#{phase}-done")
        self.b.leave(waiting.number)
        self.b.enter(waiting)
        self.b.leave(command(answered.number))
        self.b.enter(answered)


# Flow control.


def emit_decision(c: Compiler, action: Action, site: int) -> None:
    yes, no = action.output("yes"), action.output("no")
    condition = c.b.value(action.settings.get("condition"), False)
    blocks = {"yes": c.b.block(), "no": c.b.block()}
    after = c.b.block()
    c.b.leave(c.b.call("decide", site, condition, blocks["yes"].number, blocks["no"].number))
    for path, output in (("yes", yes), ("no", no)):
        c.list_in(blocks[path], output.actions if output else (), after.number)
    c.b.enter(after)


def emit_switch(c: Compiler, action: Action, site: int) -> None:
    after = c.b.block()
    default = action.output("default")
    cases = [output for output in action.outputs if output.condition is not None]
    match = action.settings.get("match")
    if isinstance(match, Value):
        slot = c.b.hidden(f"{action.element}#match")
        c.b.write(slot, c.b.value(match))
    for output in cases:
        taken, further = c.b.block(), c.b.block()
        value = c.b.value(output.condition)
        if isinstance(match, Value):
            value = ast.Call(ast.Name("equal", ast.Load()), [c.b.read(slot), value], [])
        c.b.leave(c.b.call("case", site, output.path, value, taken.number, further.number))
        c.list_in(taken, output.actions, after.number)
        c.b.enter(further)
    c.b.do("done", site, "default")
    if default is not None:
        c.actions(default.actions)
    c.b.leave(after.number)
    c.b.enter(after)


def emit_loop(c: Compiler, action: Action, site: int) -> None:
    count, turn = c.b.hidden(f"{action.element}#count"), c.b.hidden(f"{action.element}#turn")
    c.b.write(count, c.b.value(action.settings.get("loopCount"), 0))
    c.b.write(turn, ast.Constant(0))
    head, body, step, after = c.b.block(), c.b.block(), c.b.block(), c.b.block()
    c.b.leave(head.number)
    c.b.enter(head)
    more = c.b.call("more_turns", site, c.b.read(turn), c.b.read(count))
    c.b.branch(more, body.number, after.number)
    c.b.enter(body)
    index = action.settings.get("currentIndex")
    if index:
        c.b.write(c.b.slot(index, "int"), c.b.read(turn))
    output = action.output("loop")
    c.loops.append((step.number, after.number))
    c.actions(output.actions if output else ())
    c.loops.pop()
    c.b.leave(step.number)
    c.b.enter(step)
    c.b.write(turn, ast.BinOp(c.b.read(turn), ast.Add(), ast.Constant(1)))
    c.b.leave(head.number)
    c.b.enter(after)


def emit_loop_until(c: Compiler, action: Action, site: int) -> None:
    turn = c.b.hidden(f"{action.element}#turn")
    limit = c.b.hidden(f"{action.element}#count")
    c.b.write(limit, c.b.value(action.settings.get("maxLoopCount")))
    c.b.write(turn, ast.Constant(0))
    head, step, after = c.b.block(), c.b.block(), c.b.block()
    c.b.leave(head.number)
    c.b.enter(head)
    c.b.do("act", site)
    if action.settings.get("currentIndex"):
        c.b.write(c.b.slot(action.settings["currentIndex"], "int"), c.b.read(turn))
    output = action.output("loop")
    c.loops.append((step.number, after.number))
    c.actions(output.actions if output else ())
    c.loops.pop()
    c.b.leave(step.number)
    c.b.enter(step)
    for case in (output for output in action.outputs if output.condition is not None):
        taken, further = c.b.block(), c.b.block()
        value = c.b.value(case.condition)
        c.b.leave(c.b.call("case", site, case.path, value, taken.number, further.number))
        c.list_in(taken, case.actions, after.number)
        c.b.enter(further)
    c.b.write(turn, ast.BinOp(c.b.read(turn), ast.Add(), ast.Constant(1)))
    used_up = c.b.block()
    c.b.branch(c.b.call("turns_left", c.b.read(turn), c.b.read(limit)), head.number, used_up.number)
    exhausted = action.output("loopsMax")
    c.list_in(used_up, exhausted.actions if exhausted else (), after.number)
    c.b.enter(after)


def emit_loop_next(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    c.b.leave(c.loops[-1][0] if c.loops else c.b.call("fail", "loopNext stands outside every loop"))


def emit_loop_exit(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    c.b.leave(c.loops[-1][1] if c.loops else c.b.call("fail", "loopExit stands outside every loop"))


def emit_call_task(c: Compiler, action: Action, site: int) -> None:
    entry = c.entries.get(action.target or "")
    if entry is None:
        c.b.leave(c.b.call("fail", "the task does not exist"))
        return
    back = c.b.block(f"{action.element}#return")
    slots = c.container_slots.get(action.target or "", ())
    given = _task_inputs(c, action)
    saved = ast.Tuple([ast.Constant(slot) for slot in slots], ast.Load())
    c.b.leave(c.b.call("call_task", entry, back.number, saved, given))
    c.b.enter(back)
    outputs = action.settings.get("outputVariables") or {}
    for name, target in outputs.items():
        slot = _callee_slot(c, action, name)
        if slot is not None:
            c.b.binding(target, c.b.call("returned", slot))
    c.paths(action, c.b.call("returned_path"), site, {})


def _task_inputs(c: Compiler, action: Action) -> ast.expr:
    given = []
    for name, value in (action.settings.get("inputs") or {}).items():
        slot = _callee_slot(c, action, name)
        if slot is not None:
            given.append(ast.Tuple([ast.Constant(slot), c.b.value(value)], ast.Load()))
    return ast.Tuple(list(given), ast.Load())


def _callee_slot(c: Compiler, action: Action, name: str) -> int | None:
    full = name if "." in name else f"Task.{name}"
    return c.b.slots.get(f"{action.target}|{full.lower()}")


def emit_jump_to_task(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    entry = c.entries.get(action.target or "")
    if entry is None:
        c.b.leave(c.b.call("fail", "the target of the jump does not exist"))
        return
    c.b.leave(c.b.call("jump", entry, _task_inputs(c, action)))


def emit_end_task(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    c.b.leave(c.b.call("end_task", action.settings.get("outputPath") or "default"))


def emit_disconnect(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    c.b.leave(c.b.call("disconnect"))


def emit_finish(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    reason = c.b.value(action.settings.get("exitReason"))
    how = "workflow" if action.key == "endWorkflow" else "bot" if action.key == "exitBotFlow" else "disconnect"
    c.b.leave(c.b.call("finish", how, reason))


# Data.


def emit_update_data(c: Compiler, action: Action, site: int) -> None:
    slots = []
    for type_, target, value in action.settings.get("statements") or ():
        slot = c.b.slot(target, type_)
        c.b.write(slot, c.b.value(value))
        slots.append(slot)
    _changed(c, site, slots)


def _changed(c: Compiler, site: int, slots: list[int], out: str | None = None) -> None:
    pairs = [ast.Tuple([ast.Constant(s), c.b.read(s)], ast.Load()) for s in dict.fromkeys(slots)]
    c.b.do("done", site, out, ast.Tuple(list(pairs), ast.Load()))


def emit_set_participant_data(c: Compiler, action: Action, site: int) -> None:
    pairs = [
        ast.Tuple([c.b.value(name), c.b.value(value)], ast.Load())
        for name, value in action.settings.get("attributes") or ()
    ]
    c.b.do("set_attributes", site, ast.Tuple(list(pairs), ast.Load()))


def emit_get_participant_data(c: Compiler, action: Action, site: int) -> None:
    slots = [
        c.b.binding(target, c.b.call("attribute", c.b.value(name)))
        for name, target in action.settings.get("attributes") or ()
    ]
    _changed(c, site, slots)


def emit_set_language(c: Compiler, action: Action, site: int) -> None:
    c.b.do("set_language", c.b.value(action.settings.get("language")))
    c.b.do("done", site, None)


def emit_outcome(c: Compiler, action: Action, site: int) -> None:
    name = action.settings.get("flowOutcome") or action.settings.get("flowMilestone")
    value = {"initializeFlowOutcome": "INITIALIZED", "addFlowMilestone": "MILESTONE"}.get(
        action.key, action.settings.get("flowOutcomeValue") or "SUCCESS"
    )
    c.b.do("outcome", name, value)
    c.b.do("done", site, None)


# Voice.


def emit_play_audio(c: Compiler, action: Action, site: int) -> None:
    name = "communication" if action.key == "communicate" else "audio"
    c.b.do("play", site, c.b.value(action.settings.get(name)))


def emit_flush_audio(c: Compiler, action: Action, site: int) -> None:
    c.wait(action, lambda resume: c.b.call("flush", resume))
    c.b.do("done", site, None)


def emit_collect_input(c: Compiler, action: Action, site: int) -> None:
    settings = action.settings
    low, high, keys = settings.get("digits") or (1, 20, "#")

    def number(value: Any) -> ast.expr:
        return c.b.value(value) if isinstance(value, Value) else ast.Constant(value)

    def command(resume: int) -> ast.expr:
        return c.b.call(
            "collect",
            site,
            resume,
            audio=c.b.value(settings.get("inputAudio")),
            low=number(low),
            high=number(high),
            keys=ast.Constant(keys),
            first=c.b.value(settings.get("noEntryTimeout") or c.b.flow.settings.get("collectInput.noEntryTimeout")),
            inter=c.b.value(settings.get("interDigitTimeout")),
            star=c.b.value(settings.get("acceptJustStar")),
            pound=c.b.value(settings.get("acceptJustPound")),
            terminator=ast.Constant(bool(settings.get("includeTerminatingDtmfInResultData"))),
            verification=ast.Constant(settings.get("verificationType") or "none"),
        )

    c.wait(action, command)
    target = settings.get("inputData")

    def keep() -> None:
        if target:
            _note(c, site, [c.b.binding(target, c.b.call("digits"))])

    c.paths(action, c.b.call("collected"), site, {"success": keep, "failure": lambda: None})


def emit_hold_music(c: Compiler, action: Action, site: int) -> None:
    style = action.settings.get("playStyle")
    duration = c.b.value(style) if isinstance(style, Value) else ast.Constant(None)
    prompt = c.b.value(action.settings.get("prompt"))
    c.wait(action, lambda resume: c.b.call("hold_music", site, resume, prompt, duration))
    c.b.do("done", site, None)


def emit_estimated_wait(c: Compiler, action: Action, site: int) -> None:
    settings = action.settings
    c.b.do(
        "play_estimated_wait",
        site,
        c.b.value(settings.get("estimatedWaitTime")),
        settings.get("playbackMode") or "about",
        c.b.value(settings.get("roundingInterval")),
        c.b.value(settings.get("specificRoundingIntervals")),
    )


def emit_position(c: Compiler, action: Action, site: int) -> None:
    position = c.b.value(action.settings.get("positionInQueue"))
    c.b.do("play_position", site, position, action.settings.get("playbackMode") or "number")


def emit_listen(c: Compiler, action: Action, site: int) -> None:
    settings = action.settings
    audio = c.b.value(settings.get("audio"))
    silence, timeout = c.b.value(settings.get("silenceDuration")), c.b.value(settings.get("timeout"))
    c.wait(action, lambda resume: c.b.call("listen", resume, audio, silence, timeout))
    c.paths(action, c.b.call("listened"), site, {"success": lambda: None, "timeout": lambda: None})


def emit_wait(c: Compiler, action: Action, site: int) -> None:
    duration = c.b.value(action.settings.get("duration"))
    c.wait(action, lambda resume: c.b.call("pause", resume, duration))
    c.b.do("done", site, None)


# Requests.


def emit_call_data(c: Compiler, action: Action, site: int) -> None:
    called = action.settings.get("category")
    if not isinstance(called, dict):
        c.b.leave(c.b.call("fail", "the data action is not named"))
        return
    names = [ast.Constant(name) for name in called["inputs"]]
    inputs = ast.Dict(list(names), [c.b.value(value) for value in called["inputs"].values()])
    timeout = c.b.value(action.settings.get("timeout"))

    def command(resume: int) -> ast.expr:
        return c.b.call("call_data", site, resume, called["integration"], called["action"], inputs, timeout)

    c.wait(action, command)

    def bind(kind: str, method: str) -> Callable[[], None]:
        def write() -> None:
            slots = [c.b.binding(target, c.b.call(method, path)) for path, target in called[kind].items()]
            _note(c, site, slots)

        return write

    before = {
        "success": bind("successOutputs", "output"),
        "failure": bind("failureOutputs", "failure"),
        "timeout": lambda: None,
    }
    c.paths(action, c.b.call("answered"), site, before)


def _note(c: Compiler, site: int, slots: list[int]) -> None:
    pairs = [ast.Tuple([ast.Constant(s), c.b.read(s)], ast.Load()) for s in dict.fromkeys(slots)]
    if pairs:
        c.b.do("changed", site, ast.Tuple(list(pairs), ast.Load()))


def emit_transfer(c: Compiler, action: Action, site: int) -> None:
    """Transfers have a failure output only; success ends the flow (flow-format.md §8, §9.2)."""
    settings = action.settings
    spec = actions()[action.key]
    before = settings.get("preTransferAudio") or settings.get("preTransferCommunication")
    if before is not None:
        c.b.do("queue_audio", c.b.value(before))
    inputs = _inputs(c, spec, action, skip={"failureOutputs"} | _AUDIO)
    c.wait(action, lambda resume: c.b.call("transfer", site, resume, spec.port, spec.operation, inputs))
    refused, ended = c.b.block(), c.b.block()
    c.b.branch(c.b.call("is_refused"), refused.number, ended.number)
    c.b.enter(ended)
    c.b.leave(c.b.call("transferred", site))
    c.b.enter(refused)
    after = settings.get("failureTransferAudio") or settings.get("failureTransferCommunication")
    if after is not None:
        c.b.do("queue_audio", c.b.value(after))
    slots = [c.b.binding(t, c.b.call("failure", path)) for path, t in (settings.get("failureOutputs") or {}).items()]
    _changed(c, site, slots, "failure")
    output = action.output("failure")
    c.actions(output.actions if output else ())


_AUDIO = frozenset(
    {"preTransferAudio", "failureTransferAudio", "preTransferCommunication", "failureTransferCommunication"}
)


def _inputs(c: Compiler, spec: ActionSpec, action: Action, skip: set[str] | frozenset[str]) -> ast.expr:
    keys: list[ast.expr | None] = []
    values: list[ast.expr] = []
    for name, setting in action.settings.items():
        parameter = spec.parameters.get(name)
        if name in skip or parameter is None or parameter.is_output or parameter.kind in ("bindings", "any"):
            continue
        keys.append(ast.Constant(name))
        values.append(_plain(c, setting))
    return ast.Dict(keys, values)


def _plain(c: Compiler, setting: Any) -> ast.expr:
    """A setting of any shape as Python: values are evaluated, the rest is what it is."""
    if isinstance(setting, Value):
        return c.b.value(setting)
    if isinstance(setting, dict):
        keys: list[ast.expr | None] = [ast.Constant(key) for key in setting]
        return ast.Dict(keys, [_plain(c, item) for item in setting.values()])
    if isinstance(setting, tuple):
        return ast.Tuple([_plain(c, item) for item in setting], ast.Load())
    return ast.Constant(setting) if isinstance(setting, (str, int, bool, float)) else ast.Constant(None)


def emit_by_catalogue(c: Compiler, action: Action, site: int) -> None:
    """Every action that needs the world and has no emitter of its own: its inputs go out, its outputs come back."""
    spec = actions().get(action.key)
    if spec is None or spec.port is None or spec.operation is None:
        c.b.leave(c.b.call("fail", f"the action {action.key} cannot be run"))
        return
    inputs = _inputs(c, spec, action, skip={"failureOutputs"})
    names = ast.Tuple([ast.Constant(name) for name in spec.outputs], ast.Load())
    port, operation = spec.port, spec.operation
    c.wait(action, lambda resume: c.b.call("ask", site, resume, port, operation, inputs, names))
    results = {name: target for name, target in action.settings.items() if _is_output(spec, name)}
    table = action.settings.get("dataTable")
    found = table["foundOutputs"] if isinstance(table, dict) else {}
    failures = dict(action.settings.get("failureOutputs") or {})
    if isinstance(table, dict):
        failures.update(table["failureOutputs"])

    def bind_results() -> None:
        slots = [c.b.binding(target, c.b.call("output", name)) for name, target in results.items()]
        slots += [c.b.binding(target, c.b.call("output", column)) for column, target in found.items()]
        _note(c, site, slots)

    def bind_failures() -> None:
        slots = [c.b.binding(target, c.b.call("failure", path)) for path, target in failures.items()]
        _note(c, site, slots)

    before: dict[str, Callable[[], None]] = {path: bind_results for path in _GOOD if path in spec.outputs}
    if "failure" in spec.outputs:
        before["failure"] = bind_failures
    if not spec.outputs:
        bind_results()
    c.paths(action, c.b.call("answered"), site, before)


_GOOD = (
    "success found partiallyFound matchExact matchMultiple open closed holiday emergency active inactive default yes no"
).split()


def _is_output(spec: ActionSpec, name: str) -> bool:
    parameter = spec.parameters.get(name)
    return parameter is not None and parameter.is_output


EMIT: Mapping[str, Emitter] = {
    "decision": emit_decision,
    "switch": emit_switch,
    "loop": emit_loop,
    "loopUntil": emit_loop_until,
    "loopNext": emit_loop_next,
    "loopExit": emit_loop_exit,
    "callTask": emit_call_task,
    "jumpToTask": emit_jump_to_task,
    "jumpToMenu": emit_jump_to_task,
    "changeState": emit_jump_to_task,
    "endTask": emit_end_task,
    "endState": emit_end_task,
    "disconnect": emit_disconnect,
    "endWorkflow": emit_finish,
    "exitBotFlow": emit_finish,
    "exitWorkitemFlow": emit_finish,
    "updateData": emit_update_data,
    "extractSecureData": emit_update_data,
    "setParticipantData": emit_set_participant_data,
    "getParticipantData": emit_get_participant_data,
    "setLanguage": emit_set_language,
    "initializeFlowOutcome": emit_outcome,
    "setFlowOutcome": emit_outcome,
    "addFlowMilestone": emit_outcome,
    "playAudio": emit_play_audio,
    "communicate": emit_play_audio,
    "flushAudio": emit_flush_audio,
    "collectInput": emit_collect_input,
    "holdMusic": emit_hold_music,
    "playEstimatedWaitTime": emit_estimated_wait,
    "playPositionInQueue": emit_position,
    "detectSilence": emit_listen,
    "playAudioOnSilence": emit_listen,
    "wait": emit_wait,
    "callData": emit_call_data,
    "callDataSecure": emit_call_data,
    "transferToAcd": emit_transfer,
    "transferToUser": emit_transfer,
    "transferToGroup": emit_transfer,
    "transferToNumber": emit_transfer,
    "transferToVoicemail": emit_transfer,
    "transferToFlow": emit_transfer,
    "transferToFlowSecure": emit_transfer,
}
"""Every action that is more than a request by its catalogue entry."""
