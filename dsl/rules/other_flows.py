"""Flows and modules that a flow leads to: are they there, and can they be reached from here?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl.actions import FLOW_TYPES
from dsl.inventory import FlowInterface, Inventory
from dsl.model import Action, Flow
from dsl.rules.walk import all_actions
from dsl.source import Diagnostic, Key, Map, Node, Span, did_you_mean, finding

CALLED_TYPES: Mapping[str, frozenset[str]] = {
    "commonModule": frozenset({"commonModule"}),
    "botFlow": frozenset({"botFlow"}),
    "digitalBotFlow": frozenset({"digitalBot"}),
    "voiceFlow": frozenset({"voice"}),
}
"""Parameters that name a flow which comes back, and the types that it may have."""


def other_flows(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Targets that the project does not have, and such of a type that cannot be reached from here."""
    for action in all_actions(flow) if flow.type == "commonModule" else ():
        if action.key == "callCommonModule":
            message = "a common module cannot call a common module"
            yield finding("incompatible-flow-type", message, action.span, element=action.element)
    if inventory.flows is None:
        return
    for action in all_actions(flow):
        for parameter in ("targetFlow", "overrideInQueueFlow"):
            name = action.settings.get(parameter)
            if isinstance(name, str):
                yield from _target(flow, action, parameter, name, inventory)
        for parameter, types in CALLED_TYPES.items():
            called = action.settings.get(parameter)
            if isinstance(called, dict):
                yield from _called(flow, action, parameter, inventory, types)


def _target(flow: Flow, action: Action, parameter: str, name: str, inventory: Inventory) -> Iterator[Diagnostic]:
    place = _place(action, parameter)
    fitting = _types_of_target(flow, action, parameter)
    found = inventory.flow(name, fitting)
    if found is None:
        help_ = did_you_mean(name, [interface.name for interface in (inventory.flows or {}).values()])
        message = f'the project has no flow "{name}"'
        yield finding("unknown-flow", message, place, help=help_, element=action.element)
        return
    if found.type not in fitting:
        message = f'"{found.name}" is a flow of type {found.type}, {action.key} cannot lead there from {flow.type}'
        yield finding("incompatible-flow-type", message, place, element=action.element)


def _types_of_target(flow: Flow, action: Action, parameter: str) -> frozenset[str]:
    """The types of flow that a transfer, or a queue, can lead to."""
    if action.key == "transferToFlowSecure":
        return frozenset({"secureCall"})
    in_queue = frozenset(type_ for type_ in FLOW_TYPES if type_.startswith("inqueue"))
    if parameter == "overrideInQueueFlow":
        return in_queue
    return frozenset(type_ for type_, family in FLOW_TYPES.items() if family == FLOW_TYPES[flow.type]) - in_queue


def _called(
    flow: Flow, action: Action, parameter: str, inventory: Inventory, types: frozenset[str]
) -> Iterator[Diagnostic]:
    name = action.settings[parameter]["name"]
    found = inventory.flow(name, types)
    place = _place(action, parameter)
    if found is None:
        callable_ = [known.name for known in (inventory.flows or {}).values() if known.type in types]
        help_ = did_you_mean(name, callable_) or "bring its file into the project"
        yield finding("unknown-flow", f'the project has no flow "{name}"', place, help=help_, element=action.element)
        return
    yield from _published(action, parameter, found)
    compatible = {type_.casefold() for type_ in found.compatible_flow_types}
    if found.type not in types:
        message = f'"{found.name}" is a flow of type {found.type}, {action.key} cannot call it'
        yield finding("incompatible-flow-type", message, place, element=action.element)
    elif compatible and compatible.isdisjoint({flow.type.casefold(), flow.type.removesuffix("Flow").casefold()}):
        message = f'the module "{found.name}" is not meant for flows of type {flow.type}'
        help_ = f"it is compatible with: {', '.join(found.compatible_flow_types)}"
        yield finding("incompatible-flow-type", message, place, help=help_, element=action.element)


def _published(action: Action, parameter: str, called: FlowInterface) -> Iterator[Diagnostic]:
    """Inputs that the called flow does not take, and outputs that it does not give."""
    for kind, names in (("input", called.inputs), ("output", called.outputs)):
        known = {name.casefold() for name in names or ()}
        for key in _keys_given(action, parameter, f"{kind}s") if names is not None else ():
            if key.text.casefold() not in known:
                message = f'"{called.name}" has no {kind} "{key.text}"'
                help_ = did_you_mean(key.text, names or ()) or f"mark its variable with is{kind.capitalize()}: true"
                yield finding(f"unknown-flow-{kind}", message, key.span, help=help_, element=action.element)


def _keys_given(action: Action, parameter: str, group: str) -> Iterator[Key]:
    """``commonModule: {NAME: {ver_latestPublished: {inputs: ..., outputs: ...}}}``."""
    node: Node | None = action.extra.get(parameter) if action.extra is not None else None
    for _ in ("name", "version"):
        node = node.items[0][1] if isinstance(node, Map) and len(node) else None
    listed = node.get(group) if isinstance(node, Map) else None
    yield from (key for key, _ in listed) if isinstance(listed, Map) else ()


def _place(action: Action, parameter: str) -> Span:
    node = action.extra.get(parameter) if action.extra is not None else None
    if isinstance(node, Map) and len(node):
        key, value = node.items[0]
        return value.span if key.text in ("name", "lit") else key.span
    return node.span if node is not None else action.span
