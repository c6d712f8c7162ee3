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
    """Call a function; ``types`` are the codes of the arguments as far as they were known, ``any`` for the others and
    ``NOT_SET`` for a bare one."""
    known = types.split()
    found = tuple(_type(v) if code == ANY else Type(code) for code, v in zip(known, values, strict=True))
    return _call(function, found)(context, *values)


def _type(value: Any) -> Type:
    return _BARE if value is None else type_of_value(value)


_BARE = Type("NOT_SET")
"""What is NOT_SET and of no known type counts as a bare NOT_SET does."""


@lru_cache(maxsize=1024)
def _call(function: str, types: tuple[Type, ...]) -> Callable[..., Any]:
    """The call as it is written where these types are known beforehand."""
    overloads = functions()[function.casefold()]
    unknown = tuple(ANY if code == _BARE else code for code in types)
    bare = tuple(Node("nul" if code == _BARE else "ref", 1, type_) for code, type_ in zip(types, unknown, strict=True))
    choice = choose(overloads, bare) or choose(overloads, tuple(Node("ref", 1, type_) for type_ in unknown))
    if choice is None or implementation(choice.overload) is None:
        given = ", ".join(code if code == _BARE else spoken(code) for code in types)
        raise ExpressionError(f"no {function} takes ({given})")
    return _compiled(choice.overload, unknown)


def _compiled(overload: Overload, types: tuple[Type, ...]) -> Callable[..., Any]:
    names = [f"a{number}" for number in range(len(types))]
    arguments = [Argument(ast.Name(name, ast.Load()), code) for name, code in zip(names, types, strict=True)]
    numbers = count()
    body = write_call(overload, arguments, lambda: f"t{next(numbers)}")
    given = ast.arguments([], [ast.arg(name) for name in ("ctx", *names)], None, [], [], None, [])
    code = compile(ast.fix_missing_locations(ast.Expression(ast.Lambda(given, body))), "<late>", "eval")
    made: Callable[..., Any] = eval(code, {"__builtins__": {}, **HELPERS()})
    return made
