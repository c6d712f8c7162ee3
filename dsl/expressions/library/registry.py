"""Where implementations register: by function name, or by ``Name.n`` for one overload."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Implementation = Callable[..., Any]  # run-time values in and out, as the signature of the catalogue says
_Function = TypeVar("_Function", bound=Implementation)

IMPLEMENTATIONS: dict[str, Implementation] = {}
NEEDS_CONTEXT: set[str] = set()


def implements(*keys: str, context: bool = False) -> Callable[[_Function], _Function]:
    """Register an implementation; with ``context`` it gets the evaluation's context as its first argument."""

    def register(function: _Function) -> _Function:
        for key in keys:
            IMPLEMENTATIONS[key] = function
            if context:
                NEEDS_CONTEXT.add(key)
        return function

    return register
