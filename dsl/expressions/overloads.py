"""Which overload a call is (expressions.md §7.1): exact types, no conversion of arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsl.expressions.catalogue import Overload, Parameter, spoken
from dsl.expressions.tree import Node
from dsl.expressions.types import ANY, UNKNOWN, Type, is_collection, item_of

_NOT_SCALAR = frozenset({"aud", "daf", "stf", "dac", "stc", "csc"})
_PARTS = frozenset({"str", "int", "dec", "cur", "dat", "tim", "dtm", "dur", "tsl", "com", "aud", "jsn", "phn", "bln"})
_TAKES_ONE = ("Append", "Sum")
"""Functions that are accepted with one argument, with a lint, where their signatures ask for two (functions.md §3)."""
_TYPED_BY_NEIGHBOURS = ("Sum", "Average")
"""Functions whose overloads differ by the one type of all values: where all are a bare NOT_SET, there is none."""

FORMATS: Mapping[str, tuple[str, ...]] = {
    "daf": ("dat", "dtm"),
    "cst_Time": ("tim", "dtm"),
    "stf": ("str",),
    "cst_Number": ("int", "dec"),
    "cst_Currency": ("cur",),
    "cst_PhoneNumber": ("phn",),
    "cst_Bool": ("bln",),
}
"""The types of values that each family of ``Format`` constants shapes, by the family's type code."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The overload, the type its ``Any`` stands for, and what a finding may be made of."""

    overload: Overload
    variable: Type | None
    exact: int
    refused: int = 0
    lone_argument: bool = False
    untyped: Node | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """The greater, the better."""
        return (-self.refused, self.exact)


def choose(overloads: Sequence[Overload], arguments: tuple[Node, ...]) -> Choice | None:
    """The fitting overload with the most exact matches; of equals the first in the catalogue.

    One that takes every bare NOT_SET goes before one that refuses it, which is chosen only to be complained about.
    """
    best: Choice | None = None
    for overload in overloads:
        choice = _fit(overload, arguments)
        if isinstance(choice, Choice) and (best is None or choice.rank > best.rank):
            best = choice
    return best


def may_differ(overloads: Sequence[Overload], arguments: tuple[Node, ...]) -> bool:
    """Whether the type of the result depends on arguments of which nobody knows the type."""
    if not any(argument.type in UNKNOWN and argument.op != "nul" for argument in arguments):
        return False
    fitting = [overload for overload in overloads if isinstance(_fit(overload, arguments), Choice)]
    return len({overload.result for overload in fitting}) > 1


def misfit(overload: Overload, arguments: tuple[Node, ...]) -> str:
    """Why an overload does not fit, in words: how many arguments it takes, or which one is of another type."""
    place = _fit(overload, arguments)
    if isinstance(place, Choice) or place == _COUNT:
        least = len(overload.parameters)
        more = " or more" if overload.parameters and overload.parameters[-1].repeats else ""
        return f"takes {least}{more}"
    argument = arguments[place]
    return f"argument {place + 1} is {'NOT_SET' if argument.op == 'nul' else spoken(argument.type)}"


_COUNT = -1


def _fit(overload: Overload, arguments: tuple[Node, ...]) -> Choice | int:
    """How an overload fits; else the index of the first argument that does not, or that their number does not."""
    lone = False
    if not overload.takes(len(arguments)):
        parameters = overload.parameters
        lone = len(arguments) == 1 and overload.function in _TAKES_ONE and len(parameters) == 2
        if not lone:
            return _COUNT
    exact = 0
    variable: Type | None = None
    bare: Node | None = None
    generic = False
    refused = 0
    for index, argument in enumerate(arguments):
        parameter = overload.parameter(index)
        refused += argument.op == "nul" and not parameter.optional_value
        if parameter.is_generic:
            generic = True
            if argument.op == "nul":
                # A bare NOT_SET takes the type of its neighbours; a collection is never NOT_SET.
                if is_collection(Type(parameter.code)):
                    return index
                bare = bare or argument
                continue
            wanted = _generic(parameter, argument)
            if wanted is None:
                return index
            if variable in (None, ANY):
                variable = wanted
            elif wanted not in (variable, ANY):
                return index
            continue
        score = _match_format(arguments[0], argument) if parameter.code == "Format" else _match(parameter, argument)
        if score is None:
            return index
        exact += score
    if not generic:
        variable = None
    untyped = bare if variable is None and generic else None
    if untyped is not None and overload.function == "AreEqual":
        untyped, variable = None, Type("str")
    if untyped is not None and len(overload.parameters) == 1 and overload.function not in ("MakeList", "MakeEmptyList"):
        return 0
    if overload.function in _TYPED_BY_NEIGHBOURS and all(argument.op == "nul" for argument in arguments):
        untyped = arguments[0]
    return Choice(overload, variable, exact, refused, lone, untyped)


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
        return None if argument.type in _NOT_SCALAR or argument.type.startswith("cst_") else 1
    return 2 if argument.type in parameter.code.split("|") else None


def _match_format(value: Node, argument: Node) -> int | None:
    """How a constant of ``Format`` fits the value that it shapes (functions.md §4.3)."""
    if argument.type == ANY:
        return 0
    shaped = FORMATS.get(argument.type)
    if shaped is None:
        return None
    return 1 if value.type in (*shaped, ANY, "jsn", "com") or value.op == "nul" else None
