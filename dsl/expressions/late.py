"""Calls whose arguments nobody could type beforehand: the overload is chosen by the values that have come.

A variable that is declared nowhere is of type Any (expressions.md §7.1); what it holds is known at run time only.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache
from itertools import count
from typing import Any

from dsl.expressions.calls import Argument, write_call
from dsl.expressions.catalogue import Overload, functions, spoken
from dsl.expressions.kinds import type_of_value
from dsl.expressions.overloads import choose
from dsl.expressions.problems import ExpressionError
from dsl.expressions.runtime import HELPERS, implementation
from dsl.expressions.tree import Node
from dsl.expressions.types import ANY, Type


def late(context: Any, function: str, types: str, *values: Any) -> Any:
    """Call a function; ``types`` are the codes of the arguments as far as they were known, ``any`` for the others."""
    known = types.split()
    found = tuple(type_of_value(v) if code == ANY else Type(code) for code, v in zip(known, values, strict=True))
    return _call(function, found)(context, *values)


@lru_cache(maxsize=1024)
def _call(function: str, types: tuple[Type, ...]) -> Callable[..., Any]:
    """The call as it is written where these types are known beforehand."""
    choice = choose(functions()[function.casefold()], tuple(Node("ref", 1, code) for code in types))
    if choice is None or implementation(choice.overload) is None:
        given = ", ".join(spoken(code) for code in types)
        raise ExpressionError(f"no {function} takes ({given})")
    return _compiled(choice.overload, types)


def _compiled(overload: Overload, types: tuple[Type, ...]) -> Callable[..., Any]:
    names = [f"a{number}" for number in range(len(types))]
    arguments = [Argument(ast.Name(name, ast.Load()), code) for name, code in zip(names, types, strict=True)]
    numbers = count()
    body = write_call(overload, arguments, lambda: f"t{next(numbers)}")
    given = ast.arguments([], [ast.arg(name) for name in ("ctx", *names)], None, [], [], None, [])
    code = compile(ast.fix_missing_locations(ast.Expression(ast.Lambda(given, body))), "<late>", "eval")
    made: Callable[..., Any] = eval(code, {"__builtins__": {}, **HELPERS()})
    return made
