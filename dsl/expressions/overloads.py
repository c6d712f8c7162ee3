"""Which overload a call is (expressions.md §7.1): exact types, no conversion of arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.expressions.catalogue import Overload, Parameter
from dsl.expressions.tree import Node
from dsl.expressions.types import ANY, Type, is_collection, item_of

_NOT_SCALAR = frozenset({"aud", "daf", "stf", "dac", "stc", "csc", "com"})
_PARTS = frozenset({"str", "int", "dec", "cur", "dat", "tim", "dtm", "dur", "tsl", "com", "aud", "jsn", "phn", "bln"})


@dataclass(frozen=True, slots=True)
class Choice:
    """The overload, the type its ``Any`` stands for, and what a finding may be made of."""

    overload: Overload
    variable: Type | None
    exact: int
    lone_argument: bool = False
    untyped: Node | None = None


def choose(overloads: Sequence[Overload], arguments: tuple[Node, ...]) -> Choice | None:
    """The fitting overload with the most exact matches; of equals the first in the catalogue."""
    best: Choice | None = None
    for overload in overloads:
        choice = _fit(overload, arguments)
        if choice is not None and (best is None or choice.exact > best.exact):
            best = choice
    return best


def _fit(overload: Overload, arguments: tuple[Node, ...]) -> Choice | None:
    lone = False
    if not overload.takes(len(arguments)):
        # Append(x) and Sum(x): the signature asks for two, one is accepted with a lint (functions.md §3).
        parameters = overload.parameters
        lone = len(arguments) == 1 and len(parameters) == 2 and parameters[-1].repeats
        if not lone:
            return None
    exact = 0
    variable: Type | None = None
    bare: Node | None = None
    generic = False
    for index, argument in enumerate(arguments):
        parameter = overload.parameter(index)
        if parameter.is_generic:
            generic = True
            if argument.op == "nul":
                # A bare NOT_SET takes the type of its neighbours; a collection is never NOT_SET.
                if is_collection(Type(parameter.code)):
                    return None
                bare = bare or argument
                continue
            wanted = _generic(parameter, argument)
            if wanted is None:
                return None
            if variable in (None, ANY):
                variable = wanted
            elif wanted not in (variable, ANY):
                return None
            continue
        score = _match(parameter, argument)
        if score is None:
            return None
        exact += score
    if not generic:
        variable = None
    untyped = bare if variable is None and generic else None
    if untyped is not None and overload.function == "AreEqual":
        untyped, variable = None, Type("str")
    if untyped is not None and len(overload.parameters) == 1 and overload.function not in ("MakeList", "MakeEmptyList"):
        return None
    return Choice(overload, variable, exact, lone, untyped)


def _generic(parameter: Parameter, argument: Node) -> Type | None:
    """The type that ``Any`` stands for by this argument, or None when it does not fit."""
    if argument.type == ANY:
        return ANY
    if parameter.code == "any_coll":
        return item_of(argument.type) if is_collection(argument.type) else None
    if is_collection(argument.type) or argument.type in _NOT_SCALAR or argument.type.startswith("cst_"):
        return None
    return argument.type


def _match(parameter: Parameter, argument: Node) -> int | None:
    """2 for the very type, 1 for a fit, 0 for Any, None for no fit."""
    if argument.op == "nul":
        if parameter.code == "NOT_SET":
            return 2
        return 0 if not is_collection(Type(parameter.code)) else None
    if parameter.code == "NOT_SET":
        return None
    if argument.type == ANY:
        return 0
    if argument.type == "any_coll" and is_collection(Type(parameter.code)):
        return 0
    if parameter.code == "Part":
        return 1 if argument.type in _PARTS or not is_collection(argument.type) else None
    if parameter.code == "Each":
        return 1
    if parameter.code == "Format":
        return 1 if argument.type.startswith("cst_") or argument.type in ("daf", "stf") else None
    return 2 if argument.type in parameter.code.split("|") else None
