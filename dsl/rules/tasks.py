"""Calls of tasks against the tasks that they call: inputs, outputs, and the ways out (flow-format.md §6, §9.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsl.inventory import Inventory
from dsl.model import Action, Container, Flow
from dsl.rules.walk import all_actions, containers, nested
from dsl.source import Diagnostic, Map, did_you_mean, finding

DEFAULT = "default"


def called_tasks(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """What a call gives to its task, takes from it, or waits for, and the task does not know."""
    tasks = {container.element: container for container in containers(flow)}
    for action in all_actions(flow):
        task = tasks.get(action.target or "") if action.key in ("callTask", "jumpToTask") else None
        if task is not None:
            yield from _strangers(action, task, "inputs", [v.name for v in task.variables if v.is_input])
            yield from _strangers(action, task, "outputVariables", [v.name for v in task.variables if v.is_output])
            yield from _ways_out(action, task)


def undeclared_way_out(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """``endTask`` by a path that its task does not declare; modules declare none."""
    if flow.type == "commonModule":
        return
    for task in containers(flow):
        known = {path.casefold() for path in (*task.output_paths, DEFAULT)}
        for action in nested(task.actions):
            path = action.settings.get("outputPath") if action.key == "endTask" else None
            if isinstance(path, str) and path.casefold() not in known:
                node = action.extra.get("outputPath") if action.extra is not None else None
                message = f'the {task.kind} "{task.name}" has no output path "{path}"'
                help_ = did_you_mean(path, task.output_paths) or "declare it under outputPaths"
                span = node.span if node is not None else action.span
                yield finding("unknown-output", message, span, help=help_, element=action.element)


def _strangers(action: Action, task: Container, group: str, known: Iterable[str]) -> Iterator[Diagnostic]:
    """Names of a call that are none of the task's inputs, or outputs."""
    kind = "input" if group == "inputs" else "output"
    names = {name.casefold() for full in known for name in (full, full.rpartition(".")[2])}
    given = action.extra.get(group) if action.extra is not None else None
    for key, _ in given if isinstance(given, Map) else ():
        if key.text.casefold() not in names and key.text not in ("none", "noValue"):
            message = f'the task "{task.name}" has no {kind} "{key.text}"'
            help_ = did_you_mean(key.text, known) or f"mark its variable with is{kind.capitalize()}: true"
            yield finding(f"unknown-flow-{kind}", message, key.span, help=help_, element=action.element)


def _ways_out(action: Action, task: Container) -> Iterator[Diagnostic]:
    """Outputs of a call that the task never takes."""
    taken = [a.settings.get("outputPath") for a in nested(task.actions) if a.key == "endTask"]
    known = [*task.output_paths, *(path for path in taken if isinstance(path, str)), DEFAULT]
    for output in action.outputs:
        if output.path.casefold() not in {path.casefold() for path in known}:
            message = f'the task "{task.name}" has no output path "{output.path}", so it is never taken'
            help_ = did_you_mean(output.path, known)
            yield finding("unknown-output", message, output.span, help=help_, element=action.element)
