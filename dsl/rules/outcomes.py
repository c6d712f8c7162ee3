"""Flow outcomes, which are named and not picked (flow-format.md §9.4)."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.inventory import Inventory
from dsl.model import Flow
from dsl.rules.walk import all_actions
from dsl.source import Diagnostic, did_you_mean, finding


def unknown_flow_outcome(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """An outcome that the organisation does not have."""
    known = inventory.known("flow-outcome")
    if known is None:
        return
    folded = {name.casefold() for name in known}
    for action in all_actions(flow):
        name = action.settings.get("flowOutcome")
        if isinstance(name, str) and name.casefold() not in folded:
            node = action.extra.get("flowOutcome") if action.extra is not None else None
            place = node.span if node is not None else action.span
            message = f'unknown flow outcome "{name}"'
            help_ = did_you_mean(name, known)
            yield finding("unknown-flow-outcome", message, place, help=help_, element=action.element)
