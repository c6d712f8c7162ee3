"""Finding answers for conditions: simple comparisons are turned around, and every answer found is tried out.

``solutions`` goes down from a demand to the sources in it. What it meets on the way (``and``, ``==``, ``Append``,
``Count`` ...) tells which values would do; whatever it cannot turn around it leaves to typical values of the source's
type. Nothing here has to be right: ``solve`` keeps the first answer under which all demands really hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from dsl.expressions.tree import Node
from dsl.expressions.types import ANY, is_collection
from dsl.expressions.values import Json
from simulator.explore.conditions import TESTS
from simulator.explore.inverses import INVERSES, wishes
from simulator.explore.samples import readable, sample, typical
from simulator.explore.terms import (
    Answer,
    Demand,
    Evaluator,
    Undefined,
    Values,
    has_source,
    holds_now,
    is_source,
)

MOST_TRIED = 400
_PER_OPERAND = 6
_PARTS = frozenset({".", "[", "GetAt", "GetJsonObjectProperty"})
_DOCUMENTS: tuple[Any, ...] = ({}, 1, "sample", True, [], "2026-03-02T09:15:00Z")
"""What a part may be of which only is known that it is read."""
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
Realised = Callable[[Answer], Iterable[Answer]]
"""The forms in which the world can give an answer, if it can at all."""


def solve(
    evaluator: Evaluator, kept: Sequence[Demand], wanted: Sequence[Demand], values: Values, realised: Realised
) -> Answer | None:
    """Values, over those that there are, under which what is wanted holds and what held before still does.

    None when none were found.
    """
    solver = Solver(evaluator, values)
    unmet = [demand for demand in wanted if not solver.holds(demand)]
    for answer in islice(solver.joined(unmet), MOST_TRIED):
        for whole in realised(answer):
            tried = solver.where(whole)
            touched = [demand for demand in kept if not whole.keys().isdisjoint(evaluator.reads(demand[0]))]
            if all(tried.holds(demand) for demand in [*wanted, *touched]):
                return whole
    return _repaired(solver, kept, wanted, realised, unmet)


def _repaired(
    solver: Solver, kept: Sequence[Demand], wanted: Sequence[Demand], realised: Realised, unmet: Sequence[Demand]
) -> Answer | None:
    """The same, where an answer breaks what held before and that can be mended by other sources."""
    for first in islice(solver.joined(unmet), _PER_OPERAND):
        now = solver.where(first)
        broken = [demand for demand in kept if not now.holds(demand)]
        for mended in islice(now.joined(broken), _PER_OPERAND):
            for whole in realised({**first, **mended}):
                if all(solver.where(whole).holds(demand) for demand in [*kept, *wanted]):
                    return whole
    return None


def contradict(kept: Iterable[Demand], wanted: Iterable[Demand]) -> bool:
    """Whether it can be seen that no answer meets both: the same condition is to hold and not to hold."""
    demands = [*kept, *wanted]
    return any((term, not holds) in demands for term, holds in wanted if holds is not None)


def _parts_read(term: Node) -> Iterator[Node]:
    """The outermost parts of documents and lists in a term."""
    if term.op in _PARTS and has_source(term):
        yield term
        return
    for operand in term.operands:
        yield from _parts_read(operand)


def _few(answers: Iterator[Answer]) -> Iterator[Answer]:
    return islice(answers, _PER_OPERAND * 4)


@dataclass(frozen=True, slots=True)
class Solver:
    """Looks for answers where the sources have certain values."""

    evaluator: Evaluator
    values: Values

    def where(self, answer: Answer) -> Solver:
        """The same where an answer is given."""
        return Solver(self.evaluator, {**self.values, **answer})

    def holds(self, demand: Demand) -> bool:
        """Whether a demand is met as things are."""
        return holds_now(self.evaluator, demand, self.values)

    def value(self, term: Node) -> Any:
        """A term's value as things are; raises ``Undefined``."""
        return self.evaluator.value(term, self.values)

    def now(self, term: Node) -> Any:
        """A term's value as things are; None where it has none."""
        try:
            return self.value(term)
        except Undefined:
            return None

    def joined(self, demands: Sequence[Demand]) -> Iterator[Answer]:
        """Answers to all demands at once: each is solved where those before it hold."""
        if not demands:
            yield {}
            return
        (term, wanted), *further = demands
        for answer in _few(self.solutions(term, wanted)):
            now = self.where(answer)
            for more in now.joined([demand for demand in further if not now.holds(demand)]):
                yield {**answer, **more}

    def solutions(self, term: Node, wanted: bool | None) -> Iterator[Answer]:
        """Values of sources that may make a condition true, or anything but true."""
        operands = term.operands
        if wanted is None:
            yield from self.filled(term)
            yield from readable(term)
        elif term.op == "!":
            yield from self.solutions(operands[0], not wanted)
        elif term.op in ("and", "or"):
            if (term.op == "and") is wanted:
                yield from self.joined([(operand, wanted) for operand in operands])
            else:
                for operand in operands:
                    yield from _few(self.solutions(operand, wanted))
        elif term.op in _OPPOSITE and len(operands) == 2:
            yield from self.compared(operands[0], term.op if wanted else _OPPOSITE[term.op], operands[1])
        elif term.op in TESTS:
            yield from TESTS[term.op](self, term, wanted)
        elif term.op in ("If", "?"):
            yield from self.either(term, lambda side: self.solutions(side, wanted))
        elif is_source(term) or term.op in (".", "[", "GetAt", "coerce", "ToBool"):
            yield from self.such_that(term, "==", wanted)
        yield from typical(term, self.values)

    def filled(self, term: Node) -> Iterator[Answer]:
        """Documents and lists that have the parts which a term reads, each part with the same simple value."""
        parts = list(_parts_read(term))
        for document in _DOCUMENTS if parts else ():
            answer: Answer | None = {}
            for part in parts:
                value = Json(document) if part.type in ("jsn", ANY) else sample(part.type)
                more = next(self.where(answer).becomes(part, value), None) if answer is not None else None
                answer = {**answer, **more} if answer is not None and more is not None else None
            if answer is not None:
                yield answer

    def compared(self, left: Node, sign: str, right: Node) -> Iterator[Answer]:
        """Values under which two terms stand in a relation."""
        for side, other, relation in ((left, right, sign), (right, left, _MIRRORED[sign])):
            if not has_source(side):
                continue
            try:
                value = self.value(other)
            except Undefined:
                continue
            yield from self.such_that(side, relation, value)

    def either(self, term: Node, go_on: Callable[[Node], Iterator[Answer]]) -> Iterator[Answer]:
        """Through a choice: as it stands, then with its condition turned."""
        condition, yes, no = term.operands
        for wanted, side in ((True, yes), (False, no)):
            for answer in [{}, *_few(self.solutions(condition, wanted))]:
                if self.where(answer).holds((condition, wanted)):
                    if not has_source(side):
                        yield answer
                    for more in _few(go_on(side)):
                        yield {**answer, **more}

    def such_that(self, term: Node, sign: str, value: Any) -> Iterator[Answer]:
        """Values of sources that bring a term into a relation to a value."""
        for wished in wishes(sign, value, term.type):
            yield from self.becomes(term, wished)

    def becomes(self, term: Node, value: Any) -> Iterator[Answer]:
        """Values of sources that give a term a value."""
        if is_source(term):
            if isinstance(value, tuple) or not is_collection(term.type):
                yield {term.name or "": value}
        elif term.op in INVERSES:
            yield from INVERSES[term.op](self, term, value)
        elif term.op in ("If", "?"):
            yield from self.either(term, lambda side: self.becomes(side, value))
