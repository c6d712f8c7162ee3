"""Secure and sensitive values: where they may go (expressions.md §3.1, data-actions.md §9.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dsl.inventory import Inventory
from dsl.model import Action, Flow, Value
from dsl.rules.variables import declared, inside, names_in
from dsl.rules.walk import all_actions, containers, lists, nested
from dsl.rules.ways import Ways
from dsl.source import Diagnostic, Map, Scalar, finding

_MAY_READ_SECURE = frozenset({"extractSecureData", "callDataSecure"})
_ROUTING = frozenset(
    "targetQueue priority acdSkills languageSkill preferredAgents directAgent overrideInQueueFlow utilizationLabel "
    "targetUser targetGroup targetNumber targetFlow".split()
)
"""Parameters that say where a call goes."""
_BRANCHES = frozenset({"decision", "switch", "loop", "loopUntil"})


def secure_variable_exposed(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A secure variable that anything but audio, a secure data action or Extract Secure Data reads."""
    secure = frozenset(variable.name.lower() for _, variable in declared(flow) if variable.is_secure)
    if not secure:
        return
    for action in all_actions(flow):
        if action.key in _MAY_READ_SECURE:
            continue
        for value in (*inside(list(action.settings.values())), *(o.condition for o in action.outputs if o.condition)):
            name = _read_of(value, secure)
            if name is not None and value.type != "aud":
                message = f'"{action.name}" shows the secure variable "{name}"'
                help_ = "only callDataSecure, extractSecureData and audio may read it"
                yield finding("secure-variable-exposed", message, value.span, help=help_, element=action.element)


def secure_not_acknowledged(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Extract Secure Data without its acknowledgement."""
    for action in all_actions(flow):
        if action.key == "extractSecureData" and action.settings.get("acknowledgment") is not True:
            message = f'"{action.name}" takes data out of its protection without "acknowledgment: true"'
            yield finding("secure-not-acknowledged", message, action.span, element=action.element)


def sensitive_values(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Marked values in routing, in a branch that decides about routing, and in unmarked participant data."""
    given = _outputs_marked(flow, inventory)
    removed = dict(_declassified(flow, given))
    for action, reason in removed.values():
        yield finding("declassified-value", f'"{action.name}" removes the mark: {reason}', action.span)
    marked = _spread(flow, given, frozenset(removed))
    if not marked:
        return
    ways = Ways(flow)
    for action in all_actions(flow):
        yield from _in_routing(action, marked)
        yield from _in_attributes(action, marked, inventory)
    for container in containers(flow):
        for listed in lists(container.actions):
            yield from _in_branches(listed, marked, ways)


def _read_of(value: Value, names: frozenset[str]) -> str | None:
    read = names_in(value.expression) if value.expression is not None else ()
    return next((name for name in read if name.lower() in names), None)


def _outputs_marked(flow: Flow, inventory: Inventory) -> frozenset[str]:
    """Variables that a data action writes a marked output into."""
    found: set[str] = set()
    for action in all_actions(flow):
        called = action.settings.get("category")
        contract = inventory.action(called["integration"], called["action"]) if isinstance(called, dict) else None
        if contract is not None and isinstance(called, dict):
            marks = {field.name.casefold() for field in contract.outputs if field.sensitive}
            bound: Mapping[str, str] = called["successOutputs"]
            found.update(name.lower() for path, name in bound.items() if path.casefold() in marks)
    return frozenset(found)


def _declassified(flow: Flow, marked: frozenset[str]) -> Iterator[tuple[str, tuple[Action, str]]]:
    """Actions that say why they take the mark away (``x-callwright.declassify``), by their element."""
    if not marked:
        return
    for action in all_actions(flow):
        own = action.extra.get("x-callwright") if action.extra is not None else None
        reason = own.get("declassify") if isinstance(own, Map) else None
        if isinstance(reason, Scalar) and reason.text.strip():
            yield action.element, (action, reason.text)


def _spread(flow: Flow, given: frozenset[str], removed: frozenset[str]) -> frozenset[str]:
    """The marked variables and all that are assigned from them."""
    assignments = list(_assignments(flow, removed))
    marked = given
    while True:
        more = {target for target, value in assignments if target not in marked and _read_of(value, marked)}
        if not more:
            return marked
        marked = marked | more


def _assignments(flow: Flow, removed: frozenset[str]) -> Iterator[tuple[str, Value]]:
    for action in all_actions(flow):
        if action.element in removed:
            continue
        for _, target, value in action.settings.get("statements", ()):
            yield target.lower(), value
        given = action.settings.get("inputs")
        for name, value in given.items() if action.target is not None and isinstance(given, dict) else ():
            yield (name if "." in name else f"Task.{name}").lower(), value


def _in_routing(action: Action, marked: frozenset[str]) -> Iterator[Diagnostic]:
    for name in _ROUTING & set(action.settings):
        for value in inside(action.settings[name]):
            read = _read_of(value, marked)
            if read is not None:
                message = f'"{name}" of "{action.name}" comes from the sensitive value in "{read}"'
                help_ = "route by something else; a queue would tell what the value says"
                yield finding("sensitive-in-routing", message, value.span, help=help_, element=action.element)


def _in_attributes(action: Action, marked: frozenset[str], inventory: Inventory) -> Iterator[Diagnostic]:
    for name, value in action.settings.get("attributes", ()) if action.key == "setParticipantData" else ():
        read = _read_of(value, marked)
        if read is not None and str(name.literal) not in inventory.sensitive_attributes:
            attribute = name.literal or name.text
            message = f'the sensitive value in "{read}" goes into the participant attribute "{attribute}"'
            help_ = "mark the attribute in the organisation file: attributes: {NAME: {sensitive: true}}"
            yield finding("sensitive-attribute", message, value.span, help=help_, element=action.element)


def _in_branches(listed: tuple[Action, ...], marked: frozenset[str], ways: Ways) -> Iterator[Diagnostic]:
    """Branches on marked values whose ways reach transfers with different arguments."""
    for index, action in enumerate(listed):
        asked = [value for name in ("condition", "match", "loopCount") for value in inside(action.settings.get(name))]
        asked += [output.condition for output in action.outputs if output.condition]
        read = next((read for value in asked if (read := _read_of(value, marked))), None)
        if read is None or action.key not in _BRANCHES:
            continue
        behind = frozenset(_transfers(listed[index + 1 :], ways))
        reached = {
            frozenset(_transfers(output.actions, ways)) | (behind if ways.falls(output.actions) else frozenset())
            for output in action.outputs
        }
        if action.key != "decision" or len(action.outputs) < 2:
            reached.add(behind)
        if len(reached - {frozenset()}) > 1:
            message = f'"{action.name}" decides by the sensitive value in "{read}" where the call goes'
            yield finding("sensitive-in-routing", message, action.span, element=action.element)


def _transfers(listed: Iterable[Action], ways: Ways) -> Iterator[str]:
    """The routing arguments of every transfer that a list leads to, as text."""
    seen: set[str] = set()
    waiting = [listed]
    while waiting:
        for action in nested(tuple(waiting.pop())):
            if action.key.startswith("transferTo"):
                arguments = [(name, action.settings[name]) for name in sorted(_ROUTING & set(action.settings))]
                yield str([(name, [(v.form, v.text, str(v.literal)) for v in inside(a)] or a) for name, a in arguments])
            ahead = ways.containers.get(action.target or "")
            if ahead is not None and ahead.element not in seen:
                seen.add(ahead.element)
                waiting.append(ahead.actions)
