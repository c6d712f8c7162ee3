"""Data actions in flows."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.inventory import Inventory
from dsl.model import Flow
from dsl.rules.walk import all_actions
from dsl.source import Diagnostic, finding


def missing_failure_path(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A data action with neither a failure nor a timeout output that does anything."""
    for action in all_actions(flow):
        if action.key not in ("callData", "callDataSecure", "callBridge"):
            continue
        paths = [action.output(path) for path in ("failure", "timeout")]
        if not any(output and output.actions for output in paths):
            message = f'"{action.name}" has neither a failure nor a timeout path'
            help_ = "add outputs.failure: the network will fail one day"
            yield finding("missing-failure-path", message, action.span, help=help_, element=action.element)


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
