"""Emitters of the flow's own course: decisions, loops, tasks, modules, jumps and ends (flow-format.md §9.1, §9.2)."""

from __future__ import annotations

import ast

from dsl.actions import actions
from dsl.compile.builder import Block, slot_key
from dsl.compile.compiler import Compiler, name_of
from dsl.compile.inputs import input_mapping
from dsl.expressions.emit import has_plain_equality
from dsl.model import Action, Form, Output, Value


def emit_decision(c: Compiler, action: Action, site: int) -> None:
    """Only true takes yes; NOT_SET takes no."""
    condition = holds(c.b.value(action.settings.get("condition"), False))
    yes, no, after = c.b.block(), c.b.block(), c.b.block()
    c.b.branch(condition, yes.number, no.number)
    for path, block in (("yes", yes), ("no", no)):
        output = action.output(path)
        c.b.enter(block)
        c.b.done(site, path)
        c.actions(output.actions if output else ())
        c.b.leave(after.number)
    c.b.enter(after)


def holds(condition: ast.expr) -> ast.expr:
    """Whether a value is true, and not NOT_SET."""
    is_plain = isinstance(condition, ast.Compare) or (
        isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not)
    )
    return condition if is_plain else ast.Compare(condition, [ast.Is()], [ast.Constant(True)])


def emit_switch(c: Compiler, action: Action, site: int) -> None:
    after = c.b.block()
    default = action.output("default")
    match = action.settings.get("match")
    if isinstance(match, Value):
        slot = c.b.hidden("match")
        c.b.write(slot, c.b.value(match))
    for output in action.outputs:
        if output.condition is None:
            continue
        value = c.b.value(output.condition)
        if isinstance(match, Value):
            value = _equal(c.b.read(slot), match, value, output.condition)
        _case(c, site, output, value, after)
    c.b.done(site, "default")
    if default is not None:
        c.actions(default.actions)
    c.b.leave(after.number)
    c.b.enter(after)


def _case(c: Compiler, site: int, output: Output, value: ast.expr, after: Block) -> None:
    """A case with its actions, which go on at ``after``; where it does not hold, the current block goes on."""
    taken, further = c.b.block(), c.b.block()
    c.b.branch(holds(value), taken.number, further.number)
    c.b.enter(taken)
    c.b.done(site, output.path)
    c.actions(output.actions)
    c.b.leave(after.number)
    c.b.enter(further)


def _equal(left: ast.expr, match: Value, right: ast.expr, case: Value | None) -> ast.expr:
    """Whether a case's value is the one that is looked for."""
    wanted, given = match.expression, case.expression if case is not None else None
    if wanted is not None and given is not None and has_plain_equality(wanted, given):
        return ast.Compare(left, [ast.Eq()], [right])
    return ast.Call(ast.Name("equal", ast.Load()), [left, right], [])


def emit_loop(c: Compiler, action: Action, site: int) -> None:
    """Each further turn counts as an action; a count that is NOT_SET is none."""
    turn = c.b.hidden("turn")
    count = c.b.value(action.settings.get("loopCount"), 0)
    is_known = isinstance(count, ast.Constant) and count.value is not None
    if not is_known:
        slot = c.b.hidden("count")
        c.b.write(slot, count)
        count = c.b.read(slot)
    c.b.write(turn, ast.Constant(0))
    head, body, step, over = (c.b.block() for _ in range(4))
    c.b.leave(head.number)
    c.b.enter(head)
    more: ast.expr = ast.Compare(c.b.read(turn), [ast.Lt()], [count])
    if not is_known:
        more = ast.BoolOp(ast.And(), [ast.Compare(count, [ast.IsNot()], [ast.Constant(None)]), more])
    c.b.branch(more, body.number, over.number)
    c.b.enter(body)
    c.b.done(site, "loop")
    index = action.settings.get("currentIndex")
    if index:
        c.b.write(c.b.slot(index, "int"), c.b.read(turn))
    after = c.b.block()
    _turn(c, action, step, after)
    c.b.act(site)
    _next_turn(c, turn)
    c.b.leave(head.number)
    c.b.enter(over)
    c.b.done(site, None)
    c.b.leave(after.number)
    c.b.enter(after)


def _turn(c: Compiler, action: Action, step: Block, after: Block) -> None:
    """The actions of a loop, within which ``loopNext`` goes on at ``step`` and ``loopExit`` at ``after``."""
    output = action.output("loop")
    c.loops.append((step.number, after.number))
    c.actions(output.actions if output else ())
    c.loops.pop()
    c.b.leave(step.number)
    c.b.enter(step)


def _next_turn(c: Compiler, turn: int) -> None:
    c.b.write(turn, ast.BinOp(c.b.read(turn), ast.Add(), ast.Constant(1)))


def emit_loop_until(c: Compiler, action: Action, site: int) -> None:
    turn = c.b.hidden("turn")
    limit = c.b.hidden("count")
    c.b.write(limit, c.b.value(action.settings.get("maxLoopCount")))
    c.b.write(turn, ast.Constant(0))
    head, step, after = c.b.block(), c.b.block(), c.b.block()
    c.b.leave(head.number)
    c.b.enter(head)
    c.b.act(site)
    if action.settings.get("currentIndex"):
        c.b.write(c.b.slot(action.settings["currentIndex"], "int"), c.b.read(turn))
    c.b.done(site, "loop")
    _turn(c, action, step, after)
    for case in (output for output in action.outputs if output.condition is not None):
        _case(c, site, case, c.b.value(case.condition), after)
    _next_turn(c, turn)
    used_up = c.b.block()
    c.b.branch(c.b.call("turns_left", c.b.read(turn), c.b.read(limit)), head.number, used_up.number)
    c.b.enter(used_up)
    c.b.done(site, "loopsMax")
    exhausted = action.output("loopsMax")
    c.actions(exhausted.actions if exhausted else ())
    c.b.leave(after.number)
    c.b.enter(after)


def emit_loop_next(c: Compiler, action: Action, site: int) -> None:
    c.b.done(site, None)
    c.b.leave(
        c.loops[-1][0] if c.loops else c.b.call("fail", "loopNext stands outside every loop", "loop-leaf-outside-loop")
    )


def emit_loop_exit(c: Compiler, action: Action, site: int) -> None:
    c.b.done(site, None)
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
    c.b.changed(site, slots)
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
    module = action.settings.get("commonModule")
    prefix = c.modules.get(module["name"].casefold()) if module is not None else None
    if module is None:
        c.b.leave(c.b.call("fail", "the module is not named", "missing-parameter"))
        return
    if prefix is None:
        _ask_for_module(c, action, site)
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
    c.b.changed(site, slots)
    c.paths(action, c.b.call("returned_path"), site, {})


def _ask_for_module(c: Compiler, action: Action, site: int) -> None:
    """A module that is not among the flows is a flow error, unless somebody answers for it, as rehearsals can."""
    from dsl.compile.requests import given_by_flow

    spec, module = actions()[action.key], action.settings["commonModule"]
    names = dict.fromkeys(("failure", *spec.outputs, *(output.path for output in action.outputs)))
    known: ast.expr = ast.Tuple([ast.Constant(name) for name in names], ast.Load())

    def command(resume: int) -> ast.expr:
        return c.b.call("ask", site, resume, spec.port, spec.operation, input_mapping(c, spec, action), known)

    c.wait(action.element, site, command)
    missing = f'there is no module "{module["name"]}": its file belongs beside the flow, or into the project'
    taken = name_of(c.b.let(c.b.call("module_path", missing)))
    c.b.changed(site, [c.b.binding(target, source) for target, source in given_by_flow(c, module["outputs"])])
    c.paths(action, taken, site, {})


def emit_jump(c: Compiler, action: Action, site: int) -> None:
    """To a task, menu or state, for good."""
    c.b.done(site, None)
    entry = c.entry(action.target)
    if entry is None:
        kind = {"jumpToMenu": "menu", "changeState": "state"}.get(action.key, "task")
        c.b.leave(c.b.call("fail", f"the {kind} that {action.name} goes to does not exist", f"unknown-{kind}"))
        return
    if action.key == "jumpToMenu":
        c.b.do("leave_menus")
    c.b.leave(c.b.call("jump", entry, c.number(action.target), _task_inputs(c, action)))


def emit_previous_menu(c: Compiler, action: Action, site: int) -> None:
    c.b.done(site, None)
    c.b.leave(c.b.call("jump", c.b.call("last_menu"), None, ast.Tuple([], ast.Load())))


def emit_end_task(c: Compiler, action: Action, site: int) -> None:
    c.b.done(site, None)
    c.b.leave(c.b.call("end_task", action.settings.get("outputPath") or "default"))


def emit_disconnect(c: Compiler, action: Action, site: int) -> None:
    c.b.done(site, None)
    c.b.leave(c.b.call("disconnect"))


def emit_finish(c: Compiler, action: Action, site: int) -> None:
    c.b.done(site, None)
    if action.key == "exitBotFlow":
        c.b.leave(c.b.call("leave_bot", "Exit"))
        return
    reason = c.b.value(action.settings.get("exitReason"))
    c.b.leave(c.b.call("finish", _HOW_FINISHED[action.key], reason))


_HOW_FINISHED = {"endWorkflow": "workflow", "exitWorkitemFlow": "workflow", "endState": "state"}
