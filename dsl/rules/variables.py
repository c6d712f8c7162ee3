"""Variables that are declared, read and written, and those that are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dsl.actions import FLOW_TYPES, actions
from dsl.expressions.builtins import BUILTINS
from dsl.expressions.catalogue import functions
from dsl.expressions.operators import BINARY, PREFIX
from dsl.expressions.tree import Node as Expression
from dsl.inventory import Inventory
from dsl.load.structure import LISTED_OUTPUTS, UNREAD
from dsl.model import Action, Flow, Form, Value, Variable
from dsl.rules.walk import all_actions, containers, menus
from dsl.source import Diagnostic, Map, Scalar, Seq, finding
from dsl.source.tree import Node

MAX_BOT_ATTRIBUTES = 50


def variable_use(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Variables never used, never read, or read and never written."""
    read = {name.lower() for value in values(flow) if value.expression for name in names_in(value.expression)}
    written = {name.lower() for name in _written(flow)}
    evaluated, other_texts = _unread_texts(flow)
    counters = {str(action.settings.get("currentIndex")).lower() for action in all_actions(flow)}  # loops need one
    generated = {action.origin.span for action in all_actions(flow) if action.origin}
    for owner, variable in declared(flow):
        lowered = variable.name.lower()
        if variable.span in generated:
            continue
        if variable.is_input or variable.is_output or any(lowered in text for text in other_texts):
            continue
        is_read = lowered in read or any(lowered in text for text in evaluated)
        is_written = lowered in written
        if not is_read and not is_written:
            yield _about("unused-variable", f'the variable "{variable.name}" is never used', variable, owner)
        elif not is_read and lowered not in counters:
            yield _about(
                "variable-never-read", f'the variable "{variable.name}" is written, but never read', variable, owner
            )
        elif is_read and not is_written and (variable.initial is None or variable.initial.form is Form.NO_VALUE):
            message = f'the variable "{variable.name}" is read, but never written and has no initial value'
            yield _about("variable-never-written", message, variable, owner)


def _about(code: str, message: str, variable: Variable, owner: str) -> Diagnostic:
    return finding(code, message, variable.span, element=owner)


def string_names_variable(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A text literal that is exactly a variable's name: most likely the quotes are wrong."""
    known = {variable.name for _, variable in declared(flow)}
    names = {id(name) for action in all_actions(flow) for name, *_ in action.settings.get("attributes", ())}
    for value in values(flow):
        if id(value) in names:
            continue  # an attribute may well be called as the variable is
        for text in _literal_texts(value.expression):
            if text in known:
                message = f'the text "{text}" is the name of a variable'
                quoted = value.form is Form.EXPRESSION
                help_ = "leave the quotes out to read the variable" if quoted else f"write exp: {text} to read it"
                yield finding("string-names-variable", message, value.span, help=help_)


def _literal_texts(expression: Expression | None) -> Iterator[str]:
    if expression is None:
        return
    if expression.op == "lit" and isinstance(expression.value, str):
        yield expression.value
    for operand in expression.operands:
        yield from _literal_texts(operand)


def maybe_not_set(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Strict use of a built-in that may be NOT_SET, in a flow that never asks whether it is (expressions.md §6)."""
    expressions = [(value, value.expression) for value in values(flow) if value.expression is not None]
    asked = {name.lower() for _, expression in expressions for name in _asked(expression)}
    for value, expression in expressions:
        for name in sorted({name for name in _strictly_read(expression) if name.lower() not in asked}):
            builtin = BUILTINS.get(name.lower())
            if builtin is not None and builtin.maybe_not_set:
                message = f'"{builtin.name}" may be NOT_SET, and then this fails'
                yield finding("maybe-not-set", message, value.span, help=f"ask first: If(IsSet({builtin.name}), ...)")


def _asked(expression: Expression) -> Iterator[str]:
    """Names that an expression asks about: whether they are set, or what they are equal to."""
    if expression.op in ("IsSet", "IsNotSetOrEmpty", "==", "!="):
        yield from names_in(expression)
    for operand in expression.operands:
        yield from _asked(operand)


def _strictly_read(expression: Expression) -> Iterator[str]:
    """Names that stand directly where NOT_SET is refused."""
    overload = next((o for o in functions().get(expression.op.lower(), ()) if o.key == expression.overload), None)
    strict_sign = expression.op in BINARY or expression.op in PREFIX
    for index, operand in enumerate(expression.operands):
        strict = strict_sign or (overload is not None and not overload.parameter(index).optional_value)
        if strict and operand.op == "sysref" and operand.name:
            yield operand.name
        yield from _strictly_read(operand)


def too_many_participant_data(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """More than fifty attributes in one bot session (flow-format.md §12)."""
    if FLOW_TYPES[flow.type] != "bot":
        return
    count = 0
    for action in all_actions(flow):
        if action.key in ("setParticipantData", "getParticipantData"):
            count += len(action.settings.get("attributes", ()))
            if count > MAX_BOT_ATTRIBUTES:
                message = f"a bot session may set and get {MAX_BOT_ATTRIBUTES} attributes, here it is {count}"
                yield finding("too-many-participant-data", message, action.span, element=action.element)
                return


def string_condition(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A condition that is a text: it is converted, which is seldom what was meant."""
    for action in all_actions(flow):
        for condition in (action.settings.get("condition"), *(output.condition for output in action.outputs)):
            expression = condition.expression if isinstance(condition, Value) and condition.type == "bln" else None
            if expression is not None and expression.implicit and expression.operands[0].type == "str":
                message, help_ = f'a condition of "{action.name}" is a text', "compare it with something"
                place = action.span if condition is None else condition.span
                yield finding("string-condition", message, place, help=help_, element=action.element)


def values(flow: Flow) -> Iterator[Value]:
    """Every value of a flow."""
    for variable in (v for _, v in declared(flow)):
        if variable.initial:
            yield variable.initial
    if flow.initial_greeting:
        yield flow.initial_greeting
    yield from inside(list(flow.settings.values()))
    if flow.error_handling:
        yield from inside([flow.error_handling.audio, flow.error_handling.queue])
    for menu in menus(flow):
        yield from inside([menu.audio, *menu.settings.values()])
    for action in all_actions(flow):
        yield from inside(list(action.settings.values()))
        yield from (output.condition for output in action.outputs if output.condition)


def inside(settings: Any) -> Iterator[Value]:
    """The values in a setting of any shape."""
    if isinstance(settings, Value):
        yield settings
    elif isinstance(settings, dict):
        for item in settings.values():
            yield from inside(item)
    elif isinstance(settings, (list, tuple)):
        for item in settings:
            yield from inside(item)


def names_in(expression: Expression) -> Iterator[str]:
    """Names of the variables that an expression reads."""
    if expression.op in ("ref", "sysref") and expression.name:
        yield expression.name
    for operand in expression.operands:
        yield from names_in(operand)


def declared(flow: Flow) -> Iterator[tuple[str, Variable]]:
    """Every declared variable with the element that declares it."""
    root = f"/{flow.type}"
    yield from ((root, variable) for variable in flow.variables)
    for container in containers(flow):
        yield from ((container.element, variable) for variable in container.variables)


def _written(flow: Flow) -> Iterator[str]:
    yield from bound_names(flow.tree) if flow.tree is not None else ()


def bound_names(node: Node) -> list[str]:
    """Names of the variables that something below writes."""
    found: list[str] = []
    _collect_bound(node, found)
    return found


def _collect_bound(node: Node, found: list[str]) -> None:
    if isinstance(node, Map):
        for key, value in node.items:
            if not isinstance(value, Scalar):
                _collect_bound(value, found)
            elif key.text in ("var", "variable"):
                found.append(value.text.strip())
    elif isinstance(node, Seq):
        for item in node.items:
            if not isinstance(item, Scalar):
                _collect_bound(item, found)


_UNREAD_KINDS = UNREAD | {"any"}
_READ_ELSEWHERE = frozenset({"name", "outputs", "x-callwright", *LISTED_OUTPUTS})
_KEPT_SETTINGS = ("settingsBotFlow", "settingsNaturalLanguageUnderstanding", "settingsUserInput", "settingsKnowledge")


def _unread_texts(flow: Flow) -> tuple[list[str], list[str]]:
    """Texts of parts that the catalogue gives no types for, in lower case: expressions, which are evaluated all the
    same, and others, in which a name counts as a use of any kind. Variables that results go into are in neither."""
    evaluated: list[str] = []
    others: list[str] = []

    def collect(node: Node | None, key: str = "") -> None:
        if isinstance(node, Map):
            for inner, below in node:
                collect(below, inner.text)
        elif isinstance(node, Seq):
            for item in node.items:
                collect(item)
        elif isinstance(node, Scalar) and "." in node.text and key not in ("var", "variable"):
            (evaluated if key == "exp" else others).append(node.text.lower())

    for action in all_actions(flow):
        for node in _unread_parts(action):
            collect(node)
    for key, node in flow.tree or ():
        if key.text in _KEPT_SETTINGS:
            collect(node)
    return evaluated, others


def _unread_parts(action: Action) -> Iterator[Node]:
    """What stands below keys that the action does not have, or whose setting is kept as it is."""
    spec = actions().get(action.key)
    for key, node in action.extra or ():
        proper = key.text if spec is None else spec.renamed_from(key.text) or key.text
        parameter = spec.parameters.get(proper) if spec is not None else None
        if key.text not in _READ_ELSEWHERE and (parameter is None or parameter.kind in _UNREAD_KINDS):
            yield node
