"""Conditions that can only come out one way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from dsl.expressions.evaluate import Surroundings, run
from dsl.expressions.operators import BINARY, EQUALITY, PREFIX
from dsl.expressions.tree import Node as Expression
from dsl.expressions.types import is_collection
from dsl.inventory import Inventory
from dsl.model import Flow, Form, Value
from dsl.rules.variables import bound_names, declared
from dsl.rules.walk import all_actions
from dsl.source import Diagnostic, finding

_FOLDED = frozenset({*BINARY, *PREFIX, *EQUALITY, "If", "IsSet", "IsNotSetOrEmpty", "AreEqual", "Contains", "Length"})
"""What is worked out beforehand: nothing that asks the clock, chance or the organisation."""
_LOCAL = ("task.", "state.")
"""Scopes whose variables nobody outside can set; one of the flow may well be a switch for those who deploy it."""


def constant_condition(flow: Flow, inventory: Inventory) -> Iterator[Diagnostic]:
    """A decision whose condition is a constant, or says something of variables that only ever have one value."""
    fixed: Mapping[str, Any] | None = None
    for action in all_actions(flow):
        condition = action.settings.get("condition") if action.key == "decision" else None
        expression = condition.expression if isinstance(condition, Value) else None
        if action.origin is not None or condition is None or expression is None or not _may_be_folded(expression):
            continue
        fixed = _fixed_variables(flow) if fixed is None else fixed
        result = False if expression.op == "nul" else _folded(expression, fixed)
        if isinstance(result, bool):
            code = "always-true" if result else "always-false"
            message = f'the condition of "{action.name}" is always {str(result).lower()}'
            names = sorted({fixed[name][0] for name in _names(expression)})
            help_ = f"nothing ever changes {' and '.join(names)}" if names else None
            yield finding(code, message, condition.span, help=help_, element=action.element)


def _may_be_folded(node: Expression) -> bool:
    if not node.operands:
        local = (node.name or "").lower().startswith(_LOCAL)
        return node.op in ("lit", "nul") or (node.op == "ref" and local)
    return (node.op in _FOLDED or node.implicit) and all(map(_may_be_folded, node.operands))


def _names(node: Expression) -> Iterator[str]:
    if node.op == "ref" and node.name:
        yield node.name.lower()
    for operand in node.operands:
        yield from _names(operand)


def _fixed_variables(flow: Flow) -> Mapping[str, tuple[str, Any]]:
    """Local variables with a literal that nothing overwrites: spelling and value by the name in lower case."""
    written = {name.lower() for name in bound_names(flow.tree)} if flow.tree is not None else set()
    found: dict[str, tuple[str, Any]] = {}
    twice: set[str] = set()
    for _, variable in declared(flow):
        name, initial = variable.name.lower(), variable.initial
        if name in found or name in twice:
            twice.add(name)  # of two tasks, each with its own value
            found.pop(name, None)
        elif (
            name.startswith(_LOCAL)
            and name not in written
            and not (variable.is_input or variable.is_output or is_collection(variable.type))
            and initial is not None
            and initial.form is Form.LITERAL
            and initial.literal is not None
        ):
            found[name] = (variable.name, initial.literal)
        else:
            twice.add(name)
    return found


def _folded(expression: Expression, fixed: Mapping[str, tuple[str, Any]]) -> Any:
    """The value, None where it is not certain."""
    if not all(name in fixed for name in _names(expression)):
        return None
    values = {name: value for name, (_, value) in fixed.items()}
    return run(expression, values, {}, Surroundings(datetime(2000, 1, 1, tzinfo=UTC))).value
