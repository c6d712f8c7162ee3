"""Data actions in flows, and whatever else a network can break."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.actions import FLOW_TYPES, actions
from dsl.inventory import Inventory
from dsl.model import Action, Flow
from dsl.rules.walk import all_actions
from dsl.source import Diagnostic, finding


def missing_failure_path(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A data action with neither a failure nor a timeout output that does anything."""
    for action in all_actions(flow):
        if action.key not in DATA_ACTIONS:
            continue
        paths = [action.output(path) for path in ("failure", "timeout")]
        if not any(output and output.actions for output in paths):
            message = f'"{action.name}" has neither a failure nor a timeout path'
            help_ = "add outputs.failure: the network will fail one day"
            yield finding("missing-failure-path", message, action.span, help=help_, element=action.element)


def silent_failure(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """An action that may fail where the caller then hears nothing any more: no failure path, and only the end behind
    it."""
    if FLOW_TYPES[flow.type] not in ("voice", "text") or flow.type.startswith("inqueue"):
        return
    words = _IN_WRITING if FLOW_TYPES[flow.type] == "text" else _ON_A_CALL
    for container in flow.containers:
        at_the_end = container.element == flow.start and container.kind != "bot"
        yield from _silent(container.actions, words, behind=at_the_end)


_ON_A_CALL = ("the caller hears nothing", "say something")
_IN_WRITING = ("the customer reads nothing", "send something")


def _silent(listed: tuple[Action, ...], words: tuple[str, str], *, behind: bool) -> Iterator[Diagnostic]:
    """``behind`` says that the caller hears nothing after the list, either."""
    for action in reversed(listed):
        looping = action.key in ("loop", "loopUntil")
        for output in action.outputs:
            yield from _silent(output.actions, words, behind=behind and not looping)
        if behind and _fails_unheard(action):
            silence, remedy = words
            message = f'when "{action.name}" fails, {silence} before the end'
            help_ = f"add outputs.failure, or {remedy} behind it"
            yield finding("missing-failure-path", message, action.span, help=help_, element=action.element)
        behind = action.key in _ENDINGS or (behind and action.key in _UNHEARD)


def _fails_unheard(action: Action) -> bool:
    """Whether an action has its say only when it succeeds."""
    spec = actions().get(action.key)
    if spec is None or action.key in DATA_ACTIONS or not _FAILURES & set(spec.outputs):
        return False
    if any((output := action.output(path)) and output.actions for path in _FAILURES):
        return False
    leaves = action.key.startswith("transferTo") and not {"failureTransferAudio", "failureTransferCommunication"} & set(
        action.settings
    )
    succeeds = action.output("success")
    return leaves or bool(succeeds and succeeds.actions)


DATA_ACTIONS = frozenset({"callData", "callDataSecure", "callBridge"})
_FAILURES = frozenset({"failure", "timeout"})
_ENDINGS = frozenset({"disconnect", "endState"})
_UNHEARD = frozenset(
    "updateData setParticipantData getParticipantData setWrapupCode setExternalTag initializeFlowOutcome "
    "setFlowOutcome addFlowMilestone setScreenPop setUUIData".split()
)
"""Actions that the caller notices nothing of."""


def secure_action_in_normal_flow(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A secure data action outside a secure flow."""
    if flow.type == "secureCall":
        return
    for action in all_actions(flow):
        called = action.settings.get("category")
        contract = inventory.action(called["integration"], called["action"]) if isinstance(called, dict) else None
        if contract is not None and contract.secure:
            message = f'"{contract.name}" is a secure data action, it belongs into a secure flow'
            yield finding("secure-action-in-normal-flow", message, action.span, element=action.element)
