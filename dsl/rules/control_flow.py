"""Ways through a flow: what is never reached, what never ends, loops without a way out."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.actions import FLOW_TYPES, actions
from dsl.inventory import Inventory
from dsl.model import Action, Container, Flow
from dsl.rules.walk import all_actions, containers, lists, nested
from dsl.source import Diagnostic, finding


def ends(action: Action) -> bool:
    """Whether nothing that follows the action is ever reached."""
    spec = actions().get(action.key)
    if spec is not None and spec.ends:
        return True
    if action.key == "decision":
        return all((o := action.output(path)) is not None and list_ends(o.actions) for path in ("yes", "no"))
    if action.key == "switch":
        default = action.output("default")
        return default is not None and all(list_ends(output.actions) for output in action.outputs)
    if action.key.startswith("transferTo"):
        failure = action.output("failure")
        return failure is not None and list_ends(failure.actions)
    if action.key.startswith(("evaluateSchedule", "find", "dataTableLookup")) and spec is not None:
        return all((o := action.output(path)) is not None and list_ends(o.actions) for path in spec.outputs)
    return False


def list_ends(listed: tuple[Action, ...]) -> bool:
    """Whether the end of a list is never reached."""
    return any(ends(action) for action in listed)


def unreachable_action(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Actions behind one that ends."""
    for container in containers(flow):
        for listed in lists(container.actions):
            for index, action in enumerate(listed[:-1]):
                if ends(action):
                    after = listed[index + 1]
                    message = f'"{after.name}" is never reached: "{action.name}" ends here'
                    yield finding("unreachable-action", message, after.span, element=after.element)
                    break


def no_terminating_action(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A start-up or jumped-to task whose end is reached: the flow then simply ends."""
    if FLOW_TYPES[flow.type] == "module" or flow.type == "inqueueCall":
        return
    started = {flow.start} | {a.target for a in all_actions(flow) if a.key in ("jumpToTask", "changeState")}
    for container in flow.containers:
        transfers = bool(container.actions) and container.actions[-1].key.startswith("transferTo")
        if container.element in started and not transfers and not list_ends(container.actions):
            message = f'{container.kind} "{container.name}" has a way to its end without an action that ends the flow'
            help_ = "end it with disconnect, a transfer or a jump"
            yield finding("no-terminating-action", message, container.span, help=help_, element=container.element)


def loop_leaf_outside_loop(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """``loopNext`` and ``loopExit`` outside every loop."""
    for container in containers(flow):
        yield from _leaves(container.actions, inside=False)


def _leaves(listed: tuple[Action, ...], *, inside: bool) -> Iterator[Diagnostic]:
    for action in listed:
        if action.key in ("loopNext", "loopExit") and not inside:
            message = f'"{action.key}" stands outside every loop'
            yield finding("loop-leaf-outside-loop", message, action.span, element=action.element)
        looping = inside or action.key in ("loop", "loopUntil", "loopAnythingElse")
        for output in action.outputs:
            yield from _leaves(output.actions, inside=looping)


def unused_task(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Tasks and menus that nothing leads to."""
    led_to = {flow.start, flow.error_handling.target if flow.error_handling else None}
    led_to |= {action.target for action in all_actions(flow)}
    intents = str(flow.settings.get("settingsBotFlow", ""))
    for container in flow.containers:
        if container.kind in ("task", "state") and container.element not in led_to and container.name not in intents:
            message = f'nothing leads to the {container.kind} "{container.name}"'
            yield finding("unused-task", message, container.span, element=container.element)


def loop_without_exit(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Tasks that jump in a circle which no action can leave."""
    jumps = {container.element: _only_way(container) for container in flow.containers}
    for start, first in jumps.items():
        seen, at = {start}, first
        while at is not None and at in jumps and at not in seen:
            seen.add(at)
            at = jumps[at]
        if at == start:
            container = next(c for c in flow.containers if c.element == start)
            message = f'task "{container.name}" jumps in a circle that nothing leaves'
            yield finding("loop-without-exit", message, container.span, element=start)


def _only_way(container: Container) -> str | None:
    """Where a task always goes, if it neither waits for the caller nor branches."""
    waits = {"collectInput", "callData", "wait", "transferToAcd", "jumpToMenu", "disconnect", "endWorkflow", "decision"}
    if any(action.key in waits or action.outputs for action in nested(container.actions)):
        return None
    return next((action.target for action in container.actions if action.key == "jumpToTask"), None)
