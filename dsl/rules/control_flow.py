"""What is never reached, what never ends, loops without a way out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl.actions import FLOW_TYPES, actions
from dsl.inventory import Inventory
from dsl.model import Action, Container, Flow, Value
from dsl.rules.walk import all_actions, containers, lists, menus, nested
from dsl.rules.ways import Ways
from dsl.source import Diagnostic, finding
from dsl.source.tree import scalars

_JUMPS = frozenset({"jumpToTask", "changeState"})
_LEAVES = frozenset({"loopNext", "loopExit"})
_WAITS = frozenset({"collectInput", "holdMusic", "detectSilence", "playAudioOnSilence"})
"""Actions of the machine that wait for the caller, who can hang up."""
_ENDINGS: Mapping[str, str] = {
    "workflow": "endWorkflow or changeState",
    "workitem": "exitWorkitemFlow or changeState",
    "botFlow": "exitBotFlow or a jump",
    "digitalBot": "exitBotFlow or a jump",
    "surveyInvite": "completeSurveyInvite or abortSurveyInvite",
}
"""What ends flows that nobody is connected to (flow-format.md §9)."""


def unreachable_action(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Actions behind one that ends."""
    ways = Ways(flow)
    for container in containers(flow):
        for listed in lists(container.actions):
            for index, action in enumerate(listed[:-1]):
                if not ways.passes(action):
                    after = listed[index + 1]
                    message = f'"{after.name}" is never reached: "{action.name}" ends here'
                    yield finding("unreachable-action", message, after.span, element=after.element)
                    break


def no_terminating_action(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A start-up or jumped-to task whose end is reached: the flow then simply ends."""
    if FLOW_TYPES[flow.type] == "module" or flow.type == "inqueueCall":
        return
    ways = Ways(flow)
    started = {flow.start} | {a.target for a in all_actions(flow) if a.key in _JUMPS}
    for container in flow.containers:
        if _caller_decides(container):
            continue
        if container.element in started and ways.falls(container.actions, transfers_end=True):
            message = f'{container.kind} "{container.name}" has a way to its end without an action that ends the flow'
            help_ = f"end it with {_ENDINGS.get(flow.type, 'disconnect, a transfer or a jump')}"
            yield finding("no-terminating-action", message, container.span, help=help_, element=container.element)


def _caller_decides(container: Container) -> bool:
    """Whether it ends with a wait for what the caller says next, which starts the task of an intent."""
    return container.kind == "bot" and bool(container.actions) and container.actions[-1].key == "waitForInput"


def loop_leaf_outside_loop(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """``loopNext`` and ``loopExit`` outside every loop."""
    for container in containers(flow):
        yield from _leaves(container.actions, inside=False)


def _leaves(listed: tuple[Action, ...], *, inside: bool) -> Iterator[Diagnostic]:
    for action in listed:
        if action.key in _LEAVES and not inside:
            message = f'"{action.key}" stands outside every loop'
            yield finding("loop-leaf-outside-loop", message, action.span, element=action.element)
        looping = inside or action.key in ("loop", "loopUntil", "loopAnythingElse") or action.key not in actions()
        for output in action.outputs:
            yield from _leaves(output.actions, inside=looping)


def unused_task(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Tasks and states that no way from the start leads to."""
    steps = _steps(flow)
    reached: set[str | None] = set()
    waiting = [flow.start, flow.error_handling.target if flow.error_handling else None]
    waiting += [container.element for container in flow.containers if container.kind == "bot"]
    while waiting:
        element = waiting.pop()
        if element not in reached:
            reached.add(element)
            waiting.extend(steps.get(element or "", ()))
    settings = _settings_texts(flow)
    for container in flow.containers:
        named = any(name in text for name in (container.name, container.ref_id) for text in settings)
        if container.kind in ("task", "state") and container.element not in reached and not named:
            message = f'nothing leads to the {container.kind} "{container.name}"'
            yield finding("unused-task", message, container.span, element=container.element)


def _settings_texts(flow: Flow) -> list[str]:
    """Texts of the flow's settings: intents, knowledge and escalation start tasks, too."""
    groups = [node for key, node in flow.tree or () if key.text.startswith("settings")]
    return [scalar.text for group in groups for scalar in scalars(group)]


def _steps(flow: Flow) -> Mapping[str, list[str | None]]:
    """Where each container and menu leads to."""
    steps: dict[str, list[str | None]] = {
        container.element: [action.target for action in nested(container.actions)] for container in containers(flow)
    }
    for menu in menus(flow):
        ways = [choice.action.target for choice in menu.choices]
        ways += [inner.element for choice in menu.choices for inner in (choice.body, choice.submenu) if inner]
        steps[menu.element] = ways
    return steps


def loop_without_exit(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Tasks that go in a circle which no action can leave, and loops that nothing ends."""
    yield from _circles(flow)
    ways = Ways(flow)
    for action in all_actions(flow):
        if action.key == "loopUntil" and _endless(action) and not _left(action, ways):
            message = f'nothing ends the loop "{action.name}"'
            help_ = "give it maxLoopCount, an untilCase that can be true, or a loopExit"
            yield finding("loop-without-exit", message, action.span, help=help_, element=action.element)


def _endless(loop: Action) -> bool:
    most = loop.settings.get("maxLoopCount")
    bounded = isinstance(most, Value) and most.expression is not None and most.expression.op != "nul"
    cases = [o.condition.expression for o in loop.outputs if o.condition is not None]
    return not bounded and all(case is not None and case.op == "lit" and case.value is False for case in cases)


def _left(loop: Action, ways: Ways) -> bool:
    """Whether something inside leaves the loop or the flow."""
    inside = [action for output in loop.outputs for action in nested(output.actions)]
    return any(
        action.key == "loopExit" or (action.key != "loopNext" and not ways.passes(action, transfers_end=True))
        for action in inside
    )


def _circles(flow: Flow) -> Iterator[Diagnostic]:
    ways = Ways(flow)
    jumps: dict[str, set[str]] = {}
    leaving: set[str] = set()
    for container in flow.containers:
        inside = list(nested(container.actions))
        jumps[container.element] = {a.target for a in inside if a.key in _JUMPS and a.target is not None}
        if ways.falls(container.actions) or any(map(_may_leave, inside)):
            leaving.add(container.element)
    while more := {element for element, ahead in jumps.items() if element not in leaving and ahead - set(jumps)}:
        leaving |= more
    while more := {element for element, ahead in jumps.items() if element not in leaving and ahead & leaving}:
        leaving |= more
    for container in flow.containers:
        if container.element not in leaving and container.element in _ahead(container.element, jumps):
            message = f'{container.kind} "{container.name}" jumps in a circle that nothing leaves'
            yield finding("loop-without-exit", message, container.span, element=container.element)


def _may_leave(action: Action) -> bool:
    """Whether an action may end the flow, leave the task otherwise than by a jump, or waits for the caller."""
    spec = actions().get(action.key)
    if spec is None or action.key in _JUMPS | _LEAVES:
        return spec is None
    return spec.ends or action.key in _WAITS or spec.port in ("conversation", "clock", "routing")


def _ahead(element: str, jumps: Mapping[str, set[str]]) -> set[str]:
    """Everything that can be reached from a container by at least one jump."""
    found: set[str] = set()
    waiting = list(jumps[element])
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting.extend(jumps.get(at, ()))
    return found
