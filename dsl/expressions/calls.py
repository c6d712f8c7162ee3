"""How a call of a function is written: what its signature asks for is tested in place, then the function is called, or
its body stands there itself.

A test is left out where the value is seen to pass it. Arguments are evaluated once and in order: one that is more than
a variable or a literal is kept in a local name.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from textwrap import dedent
from typing import Any

from dsl.expressions.catalogue import Overload, Parameter
from dsl.expressions.library.registry import IN_PLACE, Implementation
from dsl.expressions.runtime import TAKES_NOT_SET, context_helpers, helper_name, implementation
from dsl.expressions.types import Type, is_collection
from dsl.expressions.values import MAX_TEXT

Range = tuple[int, int]
Fresh = Callable[[], str]
"""Gives a local name that nothing else uses."""


@dataclass(slots=True)
class Argument:
    """An argument: its Python expression, its static type, and what is known of its value beforehand."""

    expression: ast.expr
    type: Type
    is_set: bool = False
    within: Range | None = None
    """Least and greatest value of an Integer."""

    @property
    def is_plain(self) -> bool:
        """Whether it may be written several times: a variable, a literal, a local name."""
        node = self.expression
        if isinstance(node, ast.Subscript):
            return isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Constant)
        return isinstance(node, (ast.Constant, ast.Name))

    @property
    def is_not_set(self) -> bool:
        """Whether it is a bare NOT_SET."""
        return isinstance(self.expression, ast.Constant) and self.expression.value is None

    def value(self) -> ast.expr:
        """Its expression once more."""
        return deepcopy(self.expression) if self.is_plain else self.expression

    def keep(self, fresh: Fresh) -> ast.expr:
        """The expression that evaluates it; from then on it is a local name."""
        if self.is_plain:
            return self.value()
        name = fresh()
        kept = ast.NamedExpr(ast.Name(name, ast.Store()), self.expression)
        self.expression = ast.Name(name, ast.Load())
        return kept


def write_call(overload: Overload, arguments: Sequence[Argument], fresh: Fresh) -> ast.expr:
    """The call of an overload that has an implementation."""
    never = next((i for i, a in enumerate(arguments) if a.is_not_set and _must_be_set(overload, i, a)), None)
    if never is not None:
        return _call("refuse", ast.Constant(overload.function), ast.Constant(overload.parameter(never).name))
    body = _body(implementation(overload), arguments)
    tests = _tests(overload, arguments, fresh, beforehand=body is not None and _moves(body, arguments))
    written: ast.expr
    special = _SPECIAL.get(overload.key)
    short = special(arguments, fresh) if special is not None else None
    if short is not None:
        written = short
    elif body is not None:
        written = _filled(*body, arguments)
    else:
        helper = helper_name(overload.key)
        context = [ast.Name("ctx", ast.Load())] if helper in context_helpers() else []
        written = _call(helper, *context, *(argument.value() for argument in arguments))
    for test, refusal in reversed(tests):
        written = ast.IfExp(test, written, refusal)
    return written


# Tests of arguments.

Test = tuple[ast.expr, ast.expr]  # what has to hold, and what refuses where it does not


def _tests(overload: Overload, arguments: Sequence[Argument], fresh: Fresh, *, beforehand: bool) -> list[Test]:
    """What the arguments are held against, in order; ``beforehand`` says that all have to be evaluated by then."""
    found: list[Test] = []
    asked = [(_must_be_set(overload, i, a), _must_be_within(overload, i, a)) for i, a in enumerate(arguments)]
    last = max((i for i, (is_set, within) in enumerate(asked) if is_set or within), default=-1)
    if beforehand:
        last = len(arguments) - 1
    for index, argument in enumerate(arguments[: last + 1]):
        parameter, (must_be_set, must_be_within) = overload.parameter(index), asked[index]
        name = ast.Constant(parameter.name)
        function = ast.Constant(overload.function)
        if must_be_set:
            test = ast.Compare(argument.keep(fresh), [ast.IsNot()], [ast.Constant(None)])
            found.append((test, _call("refuse", function, name)))
        elif not argument.is_plain and (must_be_within or beforehand or index < last):
            found.append((_always(argument, fresh), ast.Constant(None)))
        if must_be_within:
            beyond = _call("beyond", function, name, argument.value())
            found.append((_within(parameter, argument, is_set=must_be_set or argument.is_set), beyond))
    return found


def _always(argument: Argument, fresh: Fresh) -> ast.expr:
    """Evaluates an argument in its turn; it holds whatever the value is."""
    kept = argument.keep(fresh)
    return ast.Compare(kept, [ast.Is()], [argument.value()])


def _must_be_set(overload: Overload, index: int, argument: Argument) -> bool:
    is_literal = isinstance(argument.expression, ast.Constant) and not argument.is_not_set
    if argument.is_set or is_literal or overload.function in TAKES_NOT_SET:
        return False
    parameter = overload.parameter(index)
    return not parameter.optional_value and parameter.code != "NOT_SET"


def _must_be_within(overload: Overload, index: int, argument: Argument) -> bool:
    parameter, known = overload.parameter(index), argument.within
    if parameter.low is None and parameter.high is None and not parameter.nonzero:
        return False
    if known is None:
        return True
    low, high = known
    fits = (parameter.low is None or low >= parameter.low) and (parameter.high is None or high <= parameter.high)
    return not fits or (parameter.nonzero and low <= 0 <= high)


def _within(parameter: Parameter, argument: Argument, *, is_set: bool) -> ast.expr:
    least, most, value = parameter.low, parameter.high, argument.value
    tests: list[ast.expr] = []
    if least is not None and most is not None:
        limits = [ast.LtE(), ast.LtE()]
        tests.append(ast.Compare(ast.Constant(least), list(limits), [value(), ast.Constant(most)]))
    elif least is not None:
        tests.append(ast.Compare(ast.Constant(least), [ast.LtE()], [value()]))
    elif most is not None:
        tests.append(ast.Compare(value(), [ast.LtE()], [ast.Constant(most)]))
    if parameter.nonzero:
        tests.append(ast.UnaryOp(ast.Not(), ast.UnaryOp(ast.Not(), value())))
    whole = tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)
    if is_set:
        return whole
    return ast.BoolOp(ast.Or(), [ast.Compare(value(), [ast.Is()], [ast.Constant(None)]), whole])


def _call(helper: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(helper, ast.Load()), list(arguments), [])


# Bodies that stand in place of a call.

Body = tuple[tuple[str, ...], Mapping[str, Any], ast.expr]  # parameters, the defaults of some, and the expression


def _body(function: Implementation | None, arguments: Sequence[Argument]) -> Body | None:
    """The body of a function that may be written in place, where the types of its arguments are known."""
    if function not in IN_PLACE or any(argument.type == "any" for argument in arguments):
        return None
    assert function is not None
    return _body_of(function)


def _moves(body: Body, arguments: Sequence[Argument]) -> bool:
    """Whether a body would evaluate arguments in another order, or another number of times, than a call does."""
    parameters, _, expression = body
    names = [node.id for node in ast.walk(expression) if isinstance(node, ast.Name)]
    evaluated = [name for name, argument in zip(parameters, arguments, strict=False) if not argument.is_plain]
    return len(evaluated) > 1 or any(names.count(name) != 1 for name in evaluated)


@lru_cache(maxsize=256)
def _body_of(function: Implementation) -> Body | None:
    """What a function of one expression returns; None where its source is not at hand."""
    try:
        source = dedent(inspect.getsource(function))
    except OSError:
        return None
    definition = ast.parse(source).body[0]
    assert isinstance(definition, ast.FunctionDef)
    result = definition.body[-1]
    assert isinstance(result, ast.Return)
    assert result.value is not None
    for node in ast.walk(result.value):
        for place in ("lineno", "end_lineno", "col_offset", "end_col_offset"):
            node.__dict__.pop(place, None)
    parameters = inspect.signature(function).parameters
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    constants = {k: v for k, v in function.__globals__.items() if isinstance(v, (str, int))}
    return tuple(parameters), {**constants, **defaults}, result.value


def _filled(
    parameters: tuple[str, ...], known: Mapping[str, Any], body: ast.expr, given: Sequence[Argument]
) -> ast.expr:
    arguments = dict(zip(parameters, given, strict=False))

    class Fill(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id in arguments:
                return arguments[node.id].value()
            return ast.Constant(known[node.id]) if node.id in known else node

        def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
            self.generic_visit(node)
            return node if not isinstance(node.test, ast.Constant) else node.body if node.test.value else node.orelse

        def visit_Compare(self, node: ast.Compare) -> ast.AST:
            """Python warns of a literal that is compared by ``is``."""
            self.generic_visit(node)
            literal = isinstance(node.left, (ast.Constant, ast.Tuple)) and isinstance(node.ops[0], (ast.Is, ast.IsNot))
            if not literal:
                return node
            is_none = isinstance(node.left, ast.Constant) and node.left.value is None
            return ast.Constant(is_none is isinstance(node.ops[0], ast.Is))

    filled: ast.expr = Fill().visit(deepcopy(body))
    return filled


# Functions whose shortest form depends on the types or the number of their arguments.


def _joined(pieces: Sequence[Argument], fresh: Fresh) -> ast.expr | None:
    """``Append`` of texts: one f-string, in which NOT_SET is nothing."""
    if any(piece.type != "str" for piece in pieces):
        return None
    parts: list[ast.expr] = [
        piece.expression
        if isinstance(piece.expression, ast.Constant) and isinstance(piece.expression.value, str)
        else ast.FormattedValue(_or_empty(piece), -1)
        for piece in pieces
    ]
    name = fresh()
    length = _call("len", ast.NamedExpr(ast.Name(name, ast.Store()), ast.JoinedStr(parts)))
    fits = ast.Compare(length, [ast.LtE()], [ast.Constant(MAX_TEXT)])
    return ast.IfExp(fits, ast.Name(name, ast.Load()), _call("too_long"))


def _or_empty(piece: Argument) -> ast.expr:
    return piece.value() if piece.is_set else ast.BoolOp(ast.Or(), [piece.value(), ast.Constant("")])


def _count(arguments: Sequence[Argument], fresh: Fresh) -> ast.expr | None:
    return _call("len", arguments[0].value()) if is_collection(arguments[0].type) else None


def _text_of(arguments: Sequence[Argument], fresh: Fresh) -> ast.expr | None:
    """``ToString``: a text is its own, an Integer is Python's."""
    (argument,) = arguments
    if argument.type == "str":
        return argument.value()
    if argument.type != "int":
        return None
    if argument.is_set:
        return _call("str", argument.value())
    is_set = ast.Compare(argument.keep(fresh), [ast.IsNot()], [ast.Constant(None)])
    return ast.IfExp(is_set, _call("str", argument.value()), ast.Constant(None))


def _is_empty(arguments: Sequence[Argument], fresh: Fresh) -> ast.expr | None:
    """``IsNotSetOrEmpty`` of a text or a collection."""
    (argument,) = arguments
    plain = argument.type == "str" or is_collection(argument.type)
    return ast.UnaryOp(ast.Not(), argument.value()) if plain else None


_SPECIAL: Mapping[str, Callable[[Sequence[Argument], Fresh], ast.expr | None]] = {
    "Append.1": _joined,
    "Count.1": _count,
    "IsNotSetOrEmpty.1": _is_empty,
    "IsNotSetOrEmpty.2": _is_empty,
    "ToString.1": _text_of,
}
