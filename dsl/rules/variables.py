"""Variables that are declared, read and written, and those that are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dsl.expressions.tree import Node as Expression
from dsl.inventory import Inventory
from dsl.model import Flow, Form, Value, Variable
from dsl.rules.walk import all_actions, containers, menus
from dsl.source import Diagnostic, Map, Scalar, Seq, finding
from dsl.source.tree import Node


def variable_use(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """Variables never used, never read, or read and never written."""
    read = {name.lower() for value in values(flow) if value.expression for name in names_in(value.expression)}
    written = {name.lower() for name in _written(flow)}
    texts = _opaque_texts(flow)
    generated = {action.origin.span for action in all_actions(flow) if action.origin}
    for owner, variable in _declared(flow):
        lowered = variable.name.lower()
        if variable.span in generated:
            continue
        if variable.is_input or variable.is_output or any(lowered in text for text in texts):
            continue
        is_read, is_written = lowered in read, lowered in written
        if not is_read and not is_written:
            yield _about("unused-variable", f'the variable "{variable.name}" is never used', variable, owner)
        elif not is_read:
            yield _about(
                "variable-never-read", f'the variable "{variable.name}" is written, but never read', variable, owner
            )
        elif not is_written and (variable.initial is None or variable.initial.form is Form.NO_VALUE):
            message = f'the variable "{variable.name}" is read, but never written and has no initial value'
            yield _about("variable-never-written", message, variable, owner)


def _about(code: str, message: str, variable: Variable, owner: str) -> Diagnostic:
    return finding(code, message, variable.span, element=owner)


def string_names_variable(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A text literal that is exactly a variable's name: most likely the quotes are wrong."""
    known = {variable.name for _, variable in _declared(flow)}
    for value in values(flow):
        for text in _literal_texts(value.expression) if value.form is Form.EXPRESSION else ():
            if text in known:
                message = f'the text "{text}" is the name of a variable'
                yield finding(
                    "string-names-variable", message, value.span, help="leave the quotes out to read the variable"
                )


def _literal_texts(expression: Expression | None) -> Iterator[str]:
    if expression is None:
        return
    if expression.op == "lit" and isinstance(expression.value, str):
        yield expression.value
    for operand in expression.operands:
        yield from _literal_texts(operand)


def string_condition(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A decision on a text: it is converted, which is seldom what was meant."""
    for action in all_actions(flow):
        condition = action.settings.get("condition") if action.key == "decision" else None
        expression = condition.expression if isinstance(condition, Value) else None
        if expression is not None and expression.implicit and expression.operands[0].type == "str":
            message = f'the condition of "{action.name}" is a text'
            yield finding(
                "string-condition", message, action.span, help="compare it with something", element=action.element
            )


def constant_condition(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A decision whose condition is the literal true or false."""
    for action in all_actions(flow):
        condition = action.settings.get("condition") if action.key == "decision" else None
        literal = condition.expression if isinstance(condition, Value) else None
        if action.origin is None and literal is not None and literal.op == "lit" and isinstance(literal.value, bool):
            code = "always-true" if literal.value else "always-false"
            message = f'the condition of "{action.name}" is always {str(literal.value).lower()}'
            yield finding(code, message, action.span, element=action.element)


def values(flow: Flow) -> Iterator[Value]:
    """Every value of a flow."""
    for variable in (v for _, v in _declared(flow)):
        if variable.initial:
            yield variable.initial
    if flow.initial_greeting:
        yield flow.initial_greeting
    yield from _inside(list(flow.settings.values()))
    if flow.error_handling:
        yield from _inside([flow.error_handling.audio, flow.error_handling.queue])
    for menu in menus(flow):
        yield from _inside([menu.audio, *menu.settings.values()])
    for action in all_actions(flow):
        yield from _inside(list(action.settings.values()))
        yield from (output.condition for output in action.outputs if output.condition)


def _inside(settings: Any) -> Iterator[Value]:
    if isinstance(settings, Value):
        yield settings
    elif isinstance(settings, dict):
        for item in settings.values():
            yield from _inside(item)
    elif isinstance(settings, (list, tuple)):
        for item in settings:
            yield from _inside(item)


def names_in(expression: Expression) -> Iterator[str]:
    """Names of the variables that an expression reads."""
    if expression.op in ("ref", "sysref") and expression.name:
        yield expression.name
    for operand in expression.operands:
        yield from names_in(operand)


def _declared(flow: Flow) -> Iterator[tuple[str, Variable]]:
    root = f"/{flow.type}"
    yield from ((root, variable) for variable in flow.variables)
    for container in containers(flow):
        yield from ((container.element, variable) for variable in container.variables)


def _written(flow: Flow) -> Iterator[str]:
    yield from _bound(flow.tree) if flow.tree is not None else ()


def _bound(node: Node) -> Iterator[str]:
    if isinstance(node, Map):
        for key, value in node:
            if key.text in ("var", "variable") and isinstance(value, Scalar):
                yield value.text.strip()
            else:
                yield from _bound(value)
    elif isinstance(node, Seq):
        for item in node.items:
            yield from _bound(item)


def _opaque_texts(flow: Flow) -> list[str]:
    """Texts of parts that are kept unread: a name in them counts as a use."""
    found: list[str] = []

    def collect(node: Node | None) -> None:
        if isinstance(node, Scalar):
            if "." in node.text:
                found.append(node.text.lower())
        elif isinstance(node, Map):
            for _, value in node:
                collect(value)
        elif isinstance(node, Seq):
            for item in node.items:
                collect(item)

    from dsl.actions import actions

    for action in all_actions(flow):
        spec = actions().get(action.key)
        if spec is None or spec.open_parameters or any(p.kind == "any" for p in spec.parameters.values()):
            collect(action.extra)
    for name in ("settingsBotFlow", "settingsNaturalLanguageUnderstanding", "settingsUserInput", "settingsKnowledge"):
        collect(flow.tree.get(name) if flow.tree is not None else None)
    return found
