"""Emitters of requests: data actions, transfers, and whatever needs the world by its catalogue entry (flow-format.md
§8, §9.2, §9.4)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from dsl.actions import ActionSpec, actions
from dsl.compile.compiler import Compiler
from dsl.compile.inputs import input_mapping, input_pairs, mapping, values
from dsl.compile.settings import milliseconds, setting
from dsl.model import Action


def emit_call_data(c: Compiler, action: Action, site: int) -> None:
    """A data action: two deadlines, outputs by response path, thirteen failure outputs (flow-format.md §9.4)."""
    called = action.settings.get("category")
    operation = actions()[action.key].operation
    if not isinstance(called, dict):
        c.b.leave(c.b.call("fail", "the data action is not named", "missing-parameter"))
        return
    secure = action.key == "callDataSecure"

    def command(resume: int) -> ast.expr:
        inputs = values(c, called["inputs"], secure=secure)
        target = (operation, called["integration"], called["action"])
        timeout, prompt = milliseconds(c.b, action, "timeout"), setting(c.b, action, "processingPrompt")
        return c.b.call("call_data", site, resume, *target, inputs, timeout, prompt)

    c.wait(action.element, site, command)

    def bind(kind: str, method: str) -> Callable[[], None]:
        return lambda: c.b.changed(
            site, [c.b.binding(target, c.b.call(method, path)) for path, target in called[kind].items()]
        )

    before = {
        "success": bind("successOutputs", "output"),
        "failure": bind("failureOutputs", "failure"),
        "timeout": lambda: None,
    }
    c.paths(action, c.b.path_taken(), site, before)


def emit_transfer(c: Compiler, action: Action, site: int) -> None:
    """Transfers have a failure output only; success ends the flow (flow-format.md §8, §9.2)."""
    settings = action.settings
    spec = actions()[action.key]
    c.hear(site, settings.get("preTransferAudio") or settings.get("preTransferCommunication"))

    def command(resume: int) -> ast.expr:
        inputs = input_pairs(c, spec, action, skip=_AUDIO, optional=("targetQueue",))
        if spec.operation == "enqueue":
            asked = {_ASKED_OF_ROUTING[name]: source for name, source in inputs if name in _ASKED_OF_ROUTING}
            return c.b.call("enqueue", site, resume, **asked)
        return c.b.call("transfer", site, resume, spec.port, spec.operation, mapping(inputs))

    c.wait(action.element, site, command)
    refused, ended = c.b.block(), c.b.block()
    c.b.branch(c.b.call("is_refused"), refused.number, ended.number)
    c.b.enter(ended)
    c.b.leave(c.b.call("transferred", site, _HOW_TRANSFERRED[action.key]))
    c.b.enter(refused)
    c.hear(site, settings.get("failureTransferAudio") or settings.get("failureTransferCommunication"))
    bind_failures(c, site, settings.get("failureOutputs") or {})
    c.paths(action, c.b.call("refused_path"), site, {"failure": lambda: None})


_ASKED_OF_ROUTING = {
    "targetQueue": "queue",
    "priority": "priority",
    "acdSkills": "skills",
    "languageSkill": "language",
    "preferredAgents": "preferred",
    "directAgent": "direct",
    "overrideInQueueFlow": "in_queue_flow",
    "appendSkills": "append",
}
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
        c.b.done(site, None)
        c.b.leave(c.b.call("finish", "disconnect"))
        return
    results = _results(c, spec, action)
    table = action.settings.get("dataTable") or {}
    failures = {**(action.settings.get("failureOutputs") or {}), **(table.get("failureOutputs") or {})}

    def bind_results(path: str = "") -> None:
        taken = action.output(path)
        own = [(target, c.b.call("output", name)) for name, target in taken.results.items()] if taken else []
        c.b.changed(site, [c.b.binding(target, source) for target, source in (*results(), *own)])

    before: dict[str, Callable[[], None]] = {
        path: partial(bind_results, path)
        for path in (*spec.outputs, *(o.path for o in action.outputs))
        if path not in _KEEPS_VALUES
    }
    if "failure" in spec.outputs:
        before["failure"] = lambda: bind_failures(c, site, failures)
    if not spec.outputs:
        bind_results()
    c.paths(action, c.b.path_taken(), site, before)


_KEEPS_VALUES = frozenset(
    "failure timeout notFound error invalid conditionsNotMet maxNoInputs maxNoMatches noIntent noInput".split()
)
"""Paths on which outputs keep their old values (expressions.md §6)."""


def _results(c: Compiler, spec: ActionSpec, action: Action) -> Callable[[], list[tuple[str, ast.expr]]]:
    """Variables that an answer's outputs go into, each with how it is read."""

    def found() -> list[tuple[str, ast.expr]]:
        pairs: list[tuple[str, ast.expr]] = []
        for name, given in action.settings.items():
            parameter = spec.parameters.get(name)
            if parameter is None:
                continue
            if parameter.is_output and isinstance(given, str):
                pairs.append((given, c.b.call("output", name)))
            elif parameter.kind == "getAttributes":
                pairs.extend((target, c.b.call("output", c.b.value(value))) for value, target in given)
            elif parameter.kind == "dataTable":
                pairs.extend((t, c.b.call("output", column)) for column, t in given["foundOutputs"].items())
            elif parameter.kind == "results":
                pairs.extend((target, c.b.call("output", path)) for path, target in given.items())
            elif parameter.kind == "module":
                pairs.extend(given_by_flow(c, given["outputs"]))
        return pairs

    return found


def given_by_flow(c: Compiler, outputs: Mapping[str, str]) -> Iterator[tuple[str, ast.expr]]:
    """Variables that the outputs of another flow go into, which is not here but answered for."""
    for name, target in outputs.items():
        yield target, c.b.call("flow_output", name, c.b.types[c.b.slot(target)])


def bind_failures(c: Compiler, site: int, failures: Mapping[str, str]) -> None:
    """Failure outputs into the variables that they are bound to."""
    c.b.changed(site, [c.b.binding(target, c.b.call("failure", path)) for path, target in failures.items()])
