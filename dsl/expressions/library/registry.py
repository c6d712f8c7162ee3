"""Where implementations register: by function name, or by ``Name.n`` for one overload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Implementation = Callable[..., Any]  # run-time values in and out, as the signature of the catalogue says
_Function = TypeVar("_Function", bound=Implementation)

IMPLEMENTATIONS: dict[str, Implementation] = {}
NEEDS_CONTEXT: set[str] = set()
IN_PLACE: set[Implementation] = set()
"""Functions whose body is one expression that generated code may hold instead of a call."""


def implements(*keys: str, context: bool = False, in_place: bool = False) -> Callable[[_Function], _Function]:
    """Register an implementation; with ``context`` it gets the evaluation's context as its first argument.

    One that is ``in_place`` is a single ``return`` of an expression over its parameters, constants of its module,
    ``len``, and methods of texts: that expression is written where the function is called (``dsl.expressions.calls``).
    """

    def register(function: _Function) -> _Function:
        for key in keys:
            IMPLEMENTATIONS[key] = function
            if context:
                NEEDS_CONTEXT.add(key)
        if in_place:
            IN_PLACE.add(function)
        return function

    return register
