"""One emitter per kind of action: what the generated code does for it (flow-format.md §9).

An action that the machine runs itself has an entry in ``EMIT``; every other one is a request to its port by
its catalogue entry.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from dsl.actions import ActionSpec, actions
from dsl.compile import bots, voice
from dsl.compile.builder import slot_key
from dsl.compile.compiler import Compiler
from dsl.compile.inputs import input_mapping, values
from dsl.expressions.emit import has_plain_equality
from dsl.model import Action, Form, Value
from dsl.source import Map, Scalar, Seq

Emitter = Callable[[Compiler, Action, int], None]


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
        slot = c.b.hidden("match")
        c.b.write(slot, c.b.value(match))
    for output in cases:
        taken, further = c.b.block(), c.b.block()
        value = c.b.value(output.condition)
        if isinstance(match, Value):
            value = _equal(c.b.read(slot), match, value, output.condition)
        c.b.leave(c.b.call("case", site, output.path, value, taken.number, further.number))
        c.list_in(taken, output.actions, after.number)
        c.b.enter(further)
    c.b.do("done", site, "default")
    if default is not None:
        c.actions(default.actions)
    c.b.leave(after.number)
    c.b.enter(after)


def _equal(left: ast.expr, match: Value, right: ast.expr, case: Value | None) -> ast.expr:
    """Whether a case's value is the one that is looked for."""
    wanted, given = match.expression, case.expression if case is not None else None
    if wanted is not None and given is not None and has_plain_equality(wanted, given):
        return ast.Compare(left, [ast.Eq()], [right])
    return ast.Call(ast.Name("equal", ast.Load()), [left, right], [])


def emit_loop(c: Compiler, action: Action, site: int) -> None:
    count, turn = c.b.hidden("count"), c.b.hidden("turn")
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
    turn = c.b.hidden("turn")
    limit = c.b.hidden("count")
    c.b.write(limit, c.b.value(action.settings.get("maxLoopCount")))
    c.b.write(turn, ast.Constant(0))
    head, step, after = c.b.block(), c.b.block(), c.b.block()
    c.b.leave(head.number)
    c.b.enter(head)
    c.b.do("act", site)
    if action.settings.get("currentIndex"):
        c.b.write(c.b.slot(action.settings["currentIndex"], "int"), c.b.read(turn))
    c.b.do("done", site, "loop")
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
    c.b.enter(used_up)
    c.b.do("done", site, "loopsMax")
    exhausted = action.output("loopsMax")
    c.list_in(used_up, exhausted.actions if exhausted else (), after.number)
    c.b.enter(after)


def emit_loop_next(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    c.b.leave(
        c.loops[-1][0] if c.loops else c.b.call("fail", "loopNext stands outside every loop", "loop-leaf-outside-loop")
    )


def emit_loop_exit(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    c.b.leave(
        c.loops[-1][1] if c.loops else c.b.call("fail", "loopExit stands outside every loop", "loop-leaf-outside-loop")
    )


def emit_call_task(c: Compiler, action: Action, site: int) -> None:
    number = c.number(action.target)
    if number is None:
        c.b.leave(c.b.call("fail", "the task does not exist", "unknown-task"))
        return
    back = c.b.block(f"{c.b.prefix}{action.element}#return")
    c.b.leave(c.b.call("call_task", number, back.number, _task_inputs(c, action)))
    c.b.enter(back)
    slots = []
    for name, target in (action.settings.get("outputVariables") or {}).items():
        slot = c.slot_of(action.target, name)
        if slot is not None:
            slots.append(c.b.binding(target, c.b.call("returned", slot)))
    c.noted(site, slots)
    c.paths(action, c.b.call("returned_path"), site, {})


def _task_inputs(c: Compiler, action: Action) -> ast.expr:
    """(slot, value) of each input that is given; ``noValue`` leaves the task's own initial value."""
    given: list[ast.expr] = []
    for name, value in (action.settings.get("inputs") or {}).items():
        slot = c.slot_of(action.target, name)
        if slot is not None and value.form is not Form.NO_VALUE:
            given.append(ast.Tuple([ast.Constant(slot), c.b.value(value)], ast.Load()))
    return ast.Tuple(given, ast.Load())


def emit_call_module(c: Compiler, action: Action, site: int) -> None:
    """A common module: isolated scopes, results by name, back by one of its paths (flow-format.md §9.1)."""
    module = action.settings.get("commonModule") or {}
    prefix = c.modules.get(str(module.get("name", "")).casefold())
    if prefix is None:
        c.b.leave(c.b.call("fail", f"there is no module {module.get('name', '')!r}", "unknown-flow"))
        return
    given: list[ast.expr] = []
    for name, value in module["inputs"].items():
        slot = c.b.slots.get(slot_key(prefix, name))
        if slot is not None and value.form is not Form.NO_VALUE:
            given.append(ast.Tuple([ast.Constant(slot), c.b.value(value)], ast.Load()))
    back = c.b.block(f"{c.b.prefix}{action.element}#return")
    c.b.leave(c.b.call("call_task", c.numbers[prefix], back.number, ast.Tuple(given, ast.Load())))
    c.b.enter(back)
    slots = []
    for name, target in module["outputs"].items():
        slot = c.b.slots.get(slot_key(prefix, name))
        if slot is not None:
            slots.append(c.b.binding(target, c.b.call("returned", slot)))
    c.noted(site, slots)
    c.paths(action, c.b.call("returned_path"), site, {})


def emit_jump(c: Compiler, action: Action, site: int) -> None:
    """To a task, menu or state, for good."""
    c.b.do("done", site, None)
    entry = c.entry(action.target)
    if entry is None:
        kind = {"jumpToMenu": "menu", "changeState": "state"}.get(action.key, "task")
        c.b.leave(c.b.call("fail", f"the {kind} that {action.name} goes to does not exist", f"unknown-{kind}"))
        return
    if action.key == "jumpToMenu":
        c.b.do("leave_menus")
    c.b.leave(c.b.call("jump", entry, c.number(action.target), _task_inputs(c, action)))


def emit_previous_menu(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    c.b.leave(c.b.call("jump", c.b.call("last_menu"), None, ast.Tuple([], ast.Load())))


def emit_end_task(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    c.b.leave(c.b.call("end_task", action.settings.get("outputPath") or "default"))


def emit_disconnect(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    c.b.leave(c.b.call("disconnect"))


def emit_finish(c: Compiler, action: Action, site: int) -> None:
    c.b.do("done", site, None)
    if action.key == "exitBotFlow":
        c.b.leave(c.b.call("leave_bot", "Exit"))
        return
    reason = c.b.value(action.settings.get("exitReason"))
    c.b.leave(c.b.call("finish", _HOW_FINISHED[action.key], reason))


_HOW_FINISHED = {"endWorkflow": "workflow", "exitWorkitemFlow": "workflow", "endState": "state"}


# Data.


def emit_update_data(c: Compiler, action: Action, site: int) -> None:
    """Assignments in order; only an acknowledged extractSecureData may read secure variables."""
    secure = action.key == "extractSecureData" and bool(action.settings.get("acknowledgment"))
    slots = []
    for type_, target, value in action.settings.get("statements") or ():
        slot = c.b.slot(target, type_)
        c.b.write(slot, c.b.value(value, secure=secure))
        slots.append(slot)
    c.changed(site, slots)


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
    c.changed(site, slots)


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


def emit_set_uui(c: Compiler, action: Action, site: int) -> None:
    c.b.do("write_headers", c.b.value(action.settings.get("uuiData")))
    c.b.do("done", site, None)


def emit_headers(c: Compiler, action: Action, site: int) -> None:
    raw = action.key == "getRawSIPHeaders"
    names = c.b.value(action.settings.get("sipHeaderNames"), ())
    path = c.b.call("read_raw_headers") if raw else c.b.call("read_headers", names)
    target = action.settings.get("rawSIPHeadersResult" if raw else "sipHeadersResult")

    def keep() -> None:
        if target:
            c.noted(site, [c.b.binding(target, c.b.call("output", "headers"))])

    failures = action.settings.get("failureOutputs") or {}
    c.paths(action, path, site, {"success": keep, "failure": lambda: _bind_failures(c, site, failures)})


def _bind_failures(c: Compiler, site: int, failures: Mapping[str, str]) -> None:
    c.noted(site, [c.b.binding(target, c.b.call("failure", path)) for path, target in failures.items()])


def emit_set_wrapup_code(c: Compiler, action: Action, site: int) -> None:
    c.b.do("remember_wrapup", c.b.value(action.settings.get("wrapupCode")))
    emit_by_catalogue(c, action, site)


# Bots.


def emit_intent(c: Compiler, action: Action, site: int) -> None:
    c.b.do("set_intent", c.b.value(action.settings.get("intent")))
    c.b.do("done", site, None)


def emit_clear_slot(c: Compiler, action: Action, site: int) -> None:
    node = action.settings.get("slots")
    slots = []
    for item in node.items if isinstance(node, Seq) else ():
        body = item.get("slot") if isinstance(item, Map) else None
        name = body.get("name") if isinstance(body, Map) else None
        if isinstance(name, Scalar):
            slot = c.b.slot(name.text if "." in name.text else f"Slot.{name.text}")
            empty: ast.expr = ast.Tuple([], ast.Load()) if c.b.types[slot].endswith("_coll") else ast.Constant(None)
            c.b.write(slot, empty)
            slots.append(slot)
    c.changed(site, slots)


# Voice.


def emit_play_audio(c: Compiler, action: Action, site: int) -> None:
    value = action.settings.get("communication" if action.key == "communicate" else "audio")
    c.b.do("play", site, c.b.value(value, secure=True), c.b.is_secret(value))


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


def emit_wait(c: Compiler, action: Action, site: int) -> None:
    duration, trim = action.settings.get("duration"), action.settings.get("trimDurationNearMaxRunningTime")

    def command(resume: int) -> ast.expr:
        if trim is None:
            return c.b.call("pause", resume, c.b.value(duration))
        return c.b.call("pause", resume, c.b.value(duration), c.b.value(trim))

    c.wait(action.element, site, command)
    c.b.do("done", site, None)


# Requests.


def emit_call_data(c: Compiler, action: Action, site: int) -> None:
    """A data action: two deadlines, outputs by response path, thirteen failure outputs (flow-format.md §9.4)."""
    called = action.settings.get("category")
    operation = actions()[action.key].operation
    if not isinstance(called, dict):
        c.b.leave(c.b.call("fail", "the data action is not named", "missing-parameter"))
        return
    secure = action.key == "callDataSecure"
    timeout, prompt = action.settings.get("timeout"), _processing_prompt(c, action)

    def command(resume: int) -> ast.expr:
        inputs = values(c, called["inputs"], secure=secure)
        target = (operation, called["integration"], called["action"])
        return c.b.call("call_data", site, resume, *target, inputs, c.b.value(timeout), c.b.value(prompt))

    c.wait(action.element, site, command)

    def bind(kind: str, method: str) -> Callable[[], None]:
        return lambda: c.noted(
            site, [c.b.binding(target, c.b.call(method, path)) for path, target in called[kind].items()]
        )

    before = {
        "success": bind("successOutputs", "output"),
        "failure": bind("failureOutputs", "failure"),
        "timeout": lambda: None,
    }
    c.paths(action, c.b.call("answered"), site, before)


def _processing_prompt(c: Compiler, action: Action) -> Value | None:
    """The action's own prompt, else the flow's."""
    for value in (action.settings.get("processingPrompt"), c.b.flow.settings.get(f"{action.key}.processingPrompt")):
        if isinstance(value, Value) and value.form is not Form.NO_VALUE:
            return value
    return None


def emit_transfer(c: Compiler, action: Action, site: int) -> None:
    """Transfers have a failure output only; success ends the flow (flow-format.md §8, §9.2)."""
    settings = action.settings
    spec = actions()[action.key]
    c.hear(site, settings.get("preTransferAudio") or settings.get("preTransferCommunication"))

    def command(resume: int) -> ast.expr:
        inputs = input_mapping(c, spec, action, skip=_AUDIO, optional=("targetQueue",))
        return c.b.call("transfer", site, resume, spec.port, spec.operation, inputs)

    c.wait(action.element, site, command)
    refused, ended = c.b.block(), c.b.block()
    c.b.branch(c.b.call("is_refused"), refused.number, ended.number)
    c.b.enter(ended)
    c.b.leave(c.b.call("transferred", site, _HOW_TRANSFERRED[action.key]))
    c.b.enter(refused)
    c.hear(site, settings.get("failureTransferAudio") or settings.get("failureTransferCommunication"))
    _bind_failures(c, site, settings.get("failureOutputs") or {})
    c.paths(action, c.b.call("refused_path"), site, {"failure": lambda: None})


_AUDIO = frozenset(
    {"preTransferAudio", "failureTransferAudio", "preTransferCommunication", "failureTransferCommunication"}
)
_HOW_TRANSFERRED = {
    "transferToAcd": "queue",
    "transferToUser": "user",
    "transferToGroup": "group",
    "transferToNumber": "number",
    "transferToVoicemail": "voicemail",
    "transferToFlow": "flow",
    "transferToFlowSecure": "flow",
    "dialByExtension": "user",
    "returnToAgent": "user",
}


def emit_by_catalogue(c: Compiler, action: Action, site: int) -> None:
    """Every action that needs the world and has no emitter of its own: its inputs go out, its outputs come back."""
    spec = actions().get(action.key)
    if spec is None or spec.port is None or spec.operation is None:
        c.b.leave(c.b.call("fail", f"the action {action.key} cannot be run", "unknown-action"))
        return
    names: ast.expr = ast.Tuple([ast.Constant(name) for name in spec.outputs], ast.Load())
    port, operation = spec.port, spec.operation

    def command(resume: int) -> ast.expr:
        return c.b.call("ask", site, resume, port, operation, input_mapping(c, spec, action), names)

    c.wait(action.element, site, command)
    if spec.ends:
        c.b.do("done", site, None)
        c.b.leave(c.b.call("finish", "disconnect"))
        return
    results = _results(c, spec, action)
    table = action.settings.get("dataTable") or {}
    failures = {**(action.settings.get("failureOutputs") or {}), **(table.get("failureOutputs") or {})}

    def bind_results() -> None:
        c.noted(site, [c.b.binding(target, source) for target, source in results()])

    before: dict[str, Callable[[], None]] = {
        path: bind_results for path in (*spec.outputs, *(o.path for o in action.outputs)) if path not in _KEEPS_VALUES
    }
    if "failure" in spec.outputs:
        before["failure"] = lambda: _bind_failures(c, site, failures)
    if not spec.outputs:
        bind_results()
    c.paths(action, c.b.call("answered"), site, before)


_KEEPS_VALUES = frozenset(
    "failure timeout notFound error invalid conditionsNotMet maxNoInputs maxNoMatches noIntent noInput".split()
)
"""Paths on which outputs keep their old values (expressions.md §6)."""


def _results(c: Compiler, spec: ActionSpec, action: Action) -> Callable[[], list[tuple[str, ast.expr]]]:
    """Variables that an answer's outputs go into, each with how it is read."""

    def found() -> list[tuple[str, ast.expr]]:
        pairs: list[tuple[str, ast.expr]] = []
        for name, setting in action.settings.items():
            parameter = spec.parameters.get(name)
            if parameter is None:
                continue
            if parameter.is_output and isinstance(setting, str):
                pairs.append((setting, c.b.call("output", name)))
            elif parameter.kind == "getAttributes":
                pairs.extend((target, c.b.call("output", c.b.value(value))) for value, target in setting)
            elif parameter.kind == "dataTable":
                pairs.extend((t, c.b.call("output", column)) for column, t in setting["foundOutputs"].items())
            elif parameter.kind == "module":
                pairs.extend((target, c.b.call("output", path)) for path, target in setting["outputs"].items())
        return pairs

    return found


EMIT: Mapping[str, Emitter] = {
    "decision": emit_decision,
    "switch": emit_switch,
    "loop": emit_loop,
    "loopUntil": emit_loop_until,
    "loopNext": emit_loop_next,
    "loopExit": emit_loop_exit,
    "callTask": emit_call_task,
    "callCommonModule": emit_call_module,
    "jumpToTask": emit_jump,
    "jumpToMenu": emit_jump,
    "previousMenu": emit_previous_menu,
    "changeState": emit_jump,
    "endTask": emit_end_task,
    "endState": emit_finish,
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
    "flushAudio": voice.emit_flush_audio,
    "collectInput": voice.emit_collect_input,
    "holdMusic": voice.emit_hold_music,
    "playEstimatedWaitTime": emit_estimated_wait,
    "playPositionInQueue": emit_position,
    "detectSilence": voice.emit_detect_silence,
    "playAudioOnSilence": voice.emit_play_on_silence,
    "wait": emit_wait,
    "callData": emit_call_data,
    "callDataSecure": emit_call_data,
    "callBridge": emit_call_data,
    "transferToAcd": emit_transfer,
    "transferToUser": emit_transfer,
    "transferToGroup": emit_transfer,
    "transferToNumber": emit_transfer,
    "transferToVoicemail": emit_transfer,
    "transferToFlow": emit_transfer,
    "transferToFlowSecure": emit_transfer,
    "dialByExtension": emit_transfer,
    "returnToAgent": emit_transfer,
    "setUUIData": emit_set_uui,
    "getSIPHeaders": emit_headers,
    "getRawSIPHeaders": emit_headers,
    "setWrapupCode": emit_set_wrapup_code,
    **dict.fromkeys(bots.KINDS, bots.emit_ask),
    "detectIntent": bots.emit_detect_intent,
    "callBotFlow": bots.emit_call_bot,
    "callDigitalBotFlow": bots.emit_call_bot,
    "callVoiceFlow": bots.emit_call_bot,
    "setIntent": emit_intent,
    "clearActiveIntent": emit_intent,
    "clearSlot": emit_clear_slot,
}
"""Every action that is more than a request by its catalogue entry."""
