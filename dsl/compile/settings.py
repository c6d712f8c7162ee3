"""Settings of actions and menus by their catalogue entries: the author's value, else the flow's, else the default;
within the range, or a flow error (flow-format.md §7, §9)."""

from __future__ import annotations

import ast

from dsl.actions import Parameter, actions
from dsl.compile.builder import Builder
from dsl.expressions.values import Duration
from dsl.load.values import literal_of
from dsl.model import Action, Form, Value


def setting(b: Builder, action: Action, name: str) -> ast.expr:
    """What a parameter of an action is at run time."""
    parameter = actions()[action.key].parameters[name]
    return first_of(b, parameter, action.settings.get(name), flow_default(b, action, name))


def milliseconds(b: Builder, action: Action, name: str) -> ast.expr:
    """The same of a duration, in ms where it is known by now."""
    given = setting(b, action, name)
    known = b.known_constant(given)
    return ast.Constant(known.ms) if isinstance(known, Duration) else given


def flow_default(b: Builder, action: Action, name: str) -> Value | None:
    """What the flow sets for all actions of the kind (``settingsActionDefaults``)."""
    found = b.flow.settings.get(f"{action.key}.{name}")
    return found if isinstance(found, Value) else None


def first_of(b: Builder, parameter: Parameter, *given: Value | None) -> ast.expr:
    """The first value that is set, else the default; one that is known at run time only is held to the range there."""
    value, *others = given or (None,)
    otherwise = first_of(b, parameter, *others) if others else _default(b, parameter)
    if not isinstance(value, Value) or value.form in (Form.NO_VALUE, Form.NONE):
        return otherwise
    literal = literal_of(value)
    if literal is not None and parameter.beyond(literal) is None:
        return b.value(value)
    if parameter.low is None and parameter.high is None and _is_nothing(otherwise):
        return b.value(value)
    facts = (parameter.name, parameter.kind, parameter.low, parameter.high)
    if value.expression is None or value.expression.type != "int" or None in facts or b.is_secret(value):
        return b.call("within", b.value(value), otherwise, *facts)
    number = b.local()
    kept = ast.NamedExpr(ast.Name(number, ast.Store()), b.value(value))
    is_set = ast.Compare(kept, [ast.IsNot()], [ast.Constant(None)])
    low = ast.Compare(ast.Name(number, ast.Load()), [ast.GtE()], [ast.Constant(parameter.low)])
    high = ast.Compare(ast.Name(number, ast.Load()), [ast.LtE()], [ast.Constant(parameter.high)])
    asked = b.call("within", ast.Name(number, ast.Load()), otherwise, *facts)
    return ast.IfExp(ast.BoolOp(ast.And(), [is_set, low, high]), ast.Name(number, ast.Load()), asked)


def word(action: Action, name: str) -> str:
    """The word that a bare parameter of an action is."""
    return str(action.settings.get(name) or actions()[action.key].parameters[name].default)


def _default(b: Builder, parameter: Parameter) -> ast.expr:
    if parameter.is_duration and isinstance(parameter.default, int):
        return b.constant(Duration(parameter.default))
    return ast.Constant(parameter.default)


def _is_nothing(source: ast.expr) -> bool:
    return isinstance(source, ast.Constant) and source.value is None
