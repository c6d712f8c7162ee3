"""Conditions that are functions: which values of the sources in them would make them true, or anything but true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from dsl.expressions.tree import Node
from dsl.expressions.types import Type, is_collection
from dsl.expressions.values import Json
from simulator.explore.samples import sample
from simulator.explore.terms import Answer, Undefined, has_source

if TYPE_CHECKING:
    from simulator.explore.solve import Solver

Test = Callable[["Solver", Node, bool], Iterator[Answer]]


def _set(empty_too: bool, negated: bool) -> Any:
    """IsSet, IsNotSetOrEmpty."""

    def test(s: Solver, term: Node, wanted: bool) -> Iterator[Answer]:
        inner = term.operands[0]
        if wanted is not negated:
            yield from s.becomes(inner, sample(inner.type))
            return
        yield from s.becomes(inner, () if is_collection(Type(inner.type)) else None)
        if empty_too:
            yield from s.becomes(inner, "")

    return test


def _equal(s: Solver, term: Node, wanted: bool) -> Iterator[Answer]:
    """AreEqual, with its optional first operand."""
    operands = [operand for operand in term.operands if operand.type != "bln" or len(term.operands) == 2]
    for other in operands[1:]:
        yield from s.compared(operands[0], "==" if wanted else "!=", other)


def _contains(s: Solver, term: Node, wanted: bool) -> Iterator[Answer]:
    """Contains, in a text."""
    inner, part = term.operands[:2]
    for searched, other in ((inner, part), (part, inner)):
        if not has_source(searched):
            continue
        try:
            value = s.value(other)
        except Undefined:
            continue
        if not wanted:
            yield from s.becomes(searched, "" if searched is inner else f"{value}x")
        elif isinstance(value, str):
            given = s.now(searched)
            for text in (value, given + value if isinstance(given, str) else value):
                yield from s.becomes(searched, text)


def _is_object(s: Solver, term: Node, wanted: bool) -> Iterator[Answer]:
    yield from s.becomes(term.operands[0], Json({}) if wanted else Json([]))


TESTS: Mapping[str, Test] = {
    "IsSet": _set(empty_too=False, negated=False),
    "IsNotSetOrEmpty": _set(empty_too=True, negated=True),
    "AreEqual": _equal,
    "Contains": _contains,
    "IsJsonObject": _is_object,
}
