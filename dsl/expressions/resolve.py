"""Names: variables, built-ins, constants, prompts, and the properties of values (expressions.md §3)."""

from __future__ import annotations

from dataclasses import replace

from dsl.expressions.builtins import (
    AUTHOR_SCOPES,
    BUILTINS,
    CONSTANTS,
    DAYS,
    OLD_NAMES,
    OPEN_TYPES,
    PROPERTIES,
    SCOPES,
    SYSTEM_CONTAINERS,
)
from dsl.expressions.catalogue import functions, spoken
from dsl.expressions.constants import internal_name, proper_container, system_members, system_properties, system_value
from dsl.expressions.problems import Problem
from dsl.expressions.scope import Scope
from dsl.expressions.tree import Node
from dsl.expressions.types import ANY, Type, is_collection
from dsl.source.nearest import did_you_mean

_STR = Type("str")
Found = tuple[Node, Problem | None]
_SCOPE_NAMES = {scope.lower(): scope for scope in SCOPES}


def reference(node: Node, scope: Scope) -> Found:
    """The typed leaf of a ``Scope.Name``, and what is wrong with it."""
    name = node.name or ""
    container, dot, rest = name.partition(".")
    if not dot:
        return node, _bare_name(name, node, scope)
    lowered = name.lower()
    declared = scope.variable(name)
    if declared is not None:
        return replace(node, type=declared.type), None
    if lowered in CONSTANTS:
        return replace(node, op="sysref", type=Type(CONSTANTS[lowered][0])), None
    if lowered in SYSTEM_CONTAINERS:
        return replace(node, op="sysref", type=Type("csc")), None
    if container.lower() in ("prompt", "promptsystem"):
        return _prompt(node, container, rest, scope)
    return _variable(node, container.lower(), lowered, scope)


def _variable(node: Node, container: str, lowered: str, scope: Scope) -> Found:
    builtin = BUILTINS.get(lowered)
    if builtin is not None:
        typed = replace(node, op="sysref", type=builtin.type)
        if scope.flow_type and builtin.flow_types and scope.flow_type not in builtin.flow_types:
            message = f'"{builtin.name}" does not exist in a flow of type {scope.flow_type}'
            places = ", ".join(sorted(builtin.flow_types))
            return typed, _problem("unknown-variable", message, node, f"it exists in: {places}")
        return typed, _old_name(node, lowered)
    if scope.open and container in AUTHOR_SCOPES:
        return replace(node, op="ref"), None
    if container in AUTHOR_SCOPES:
        known = [d.name for d in scope.variables.values()] + [b.name for b in BUILTINS.values()]
        same = [name for name in known if name.lower().startswith(container + ".")]
        return node, _problem(
            "unknown-variable", f'unknown variable "{node.name}"', node, did_you_mean(node.name or "", same)
        )
    if container in _SCOPE_NAMES:
        known = [b.name for b in BUILTINS.values() if b.name.lower().startswith(container + ".")]
        message = f'"{node.name}" is no known built-in name; it is NOT_SET unless the adapter supplies it'
        typed = replace(node, op="sysref")
        return typed, _problem("unknown-builtin", message, node, did_you_mean(node.name or "", known))
    written = (node.name or "").partition(".")[0]
    help_ = did_you_mean(written, SCOPES) or "scopes are Flow, Task, State, Slot, Call and others"
    return node, _problem("unknown-scope", f'unknown scope "{written}"', node, help_)


def _old_name(node: Node, lowered: str) -> Problem | None:
    proper = OLD_NAMES.get(lowered)
    if proper is None:
        return None
    old = _problem("deprecated-form", f'"{node.name}" is an old name', node, f"write {proper}")
    return replace(old, severity="warning")


_OTHER_WORDS = {
    **dict.fromkeys(("true", "yes"), "true"),
    **dict.fromkeys(("false", "no"), "false"),
    **dict.fromkeys(("not_set", "notset", "null", "none", "nil", "undefined"), "NOT_SET"),
}
"""What people write for a value that is spelled otherwise."""


def _bare_name(name: str, node: Node, scope: Scope) -> Problem:
    if name.lower() in functions():
        proper = functions()[name.lower()][0].function
        return _problem("unknown-variable", f'"{name}" is a function', node, f"call it: {proper}(...)")
    if name.lower() in _OTHER_WORDS:
        help_ = f"write {_OTHER_WORDS[name.lower()]}"
    else:
        full = [declared.name for declared in scope.variables.values()]
        match = next((spelled for spelled in full if spelled.lower().endswith("." + name.lower())), None)
        help_ = (
            f'did you mean "{match}"?' if match else 'a variable has a scope, as in "Flow.name"; texts stand in quotes'
        )
    return _problem("unknown-variable", f'unknown name "{name}"', node, help_)


def _prompt(node: Node, container: str, name: str, scope: Scope) -> Found:
    typed = replace(node, op="sysref", type=Type("pmt"))
    if container.lower() == "prompt" and scope.prompts is not None and name.lower() not in scope.prompts:
        return typed, _problem(
            "unknown-prompt", f'unknown prompt "{name}"', node, did_you_mean(name, scope.prompts.values())
        )
    return typed, None


def _problem(code: str, message: str, node: Node, help_: str | None) -> Problem:
    return Problem(code, message, node.pos, help_, max(1, len(node.name or "")))


def known_names() -> list[str]:
    """Every name that an expression may use without a flow: functions with their "(", built-ins, constants."""
    functions_ = [f"{overloads[0].function}(" for overloads in functions().values()]
    builtins = [builtin.name for builtin in BUILTINS.values()]
    members = [f"{proper_container(name)}.{member}" for name, (_, _, found) in CONSTANTS.items() for member in found]
    days = [f"System.DateTime.dayOfWeek.{day}" for day in DAYS]
    containers = [f"{proper_container(name)}." for name in SYSTEM_CONTAINERS if name != "system.datetime"]
    return sorted([*functions_, *builtins, *members, *days, *containers], key=str.casefold)


# Properties.


def member(node: Node, name: Node, inner: Node, scope: Scope) -> Found:
    """The typed property access ``inner.name`` (also ``inner["name"]``), and what is wrong with it."""
    whole = replace(node, operands=(name, inner))
    wanted = str(name.value)
    if inner.op == "sysref" and inner.type in ("dac", "stc", "csc"):
        return _constant(whole, wanted, inner)
    if inner.type in _SYSTEM_MEMBERS:
        return _system_member(whole, wanted, inner)
    if inner.type == ANY:
        return whole, None
    if inner.type == "jsn":
        return replace(whole, type=Type("jsn")), None
    if inner.type in OPEN_TYPES:
        return replace(whole, type=_STR if inner.type == "con" else ANY), None
    known = PROPERTIES.get(inner.type, {})
    found = known.get(wanted.lower())
    if found is None:
        help_ = did_you_mean(wanted, [proper for proper, _ in known.values()])
        if is_collection(inner.type):
            help_ = "take one element before it: GetAt(collection, 0)"
        message = f'{spoken(inner.type)} has no property "{wanted}"'
        return whole, Problem("unknown-property", message, node.pos, help_, len(wanted) + 1)
    proper, type_ = found
    return replace(whole, type=type_, operands=(replace(name, value=proper), inner)), None


def _constant(whole: Node, wanted: str, inner: Node) -> Found:
    container = (inner.name or "").lower()
    if container in SYSTEM_CONTAINERS:
        return _system_constant(whole, wanted, inner, container)
    _, type_, members = CONSTANTS[container]
    proper = next((name for name in members if name.lower() == wanted.lower()), None)
    if proper is None:
        message = f'{inner.name} has no member "{wanted}"'
        problem = Problem("unknown-property", message, whole.pos, did_you_mean(wanted, members), len(wanted) + 1)
        return replace(whole, type=Type(type_)), problem
    spelled = proper_container(container)
    literal = Node("lit", whole.pos, _STR, value=internal_name(spelled, proper))
    return replace(whole, type=Type(type_), operands=(literal, inner), value=f"{spelled}.{proper}"), None


def _system_constant(whole: Node, wanted: str, inner: Node, container: str) -> Found:
    kind = Type(SYSTEM_CONTAINERS[container][0])
    spelled = proper_container(container)
    members = system_members(container)
    proper = members.get(wanted.lower(), wanted)
    literal = Node("lit", whole.pos, _STR, value=internal_name(spelled, proper))
    typed = replace(whole, type=kind, operands=(literal, inner), value=f"{spelled}.{proper}")
    if wanted.lower() not in members:
        help_ = did_you_mean(wanted, members.values())
        return typed, Problem(
            "unknown-property", f'{spelled} has no member "{wanted}"', whole.pos, help_, len(wanted) + 1
        )
    return typed, None


_SYSTEM_MEMBERS = frozenset({"cst_Currencies", "cst_Languages", "cst_Regions", "cst_DateTime", "cst_Survey"})


def _system_member(whole: Node, wanted: str, inner: Node) -> Found:
    name = str(inner.value).rpartition(".")[2]
    value = system_value(inner.type, name, wanted)
    if value is None:
        message = f'{inner.value} has no property "{wanted}"'
        help_ = did_you_mean(wanted, system_properties(inner.type))
        return replace(whole, type=_STR), Problem("unknown-property", message, whole.pos, help_, len(wanted) + 1)
    type_ = Type("int") if isinstance(value, int) else _STR
    return replace(whole, type=type_, value=value), None
