"""Terms: expressions over what the world answered, put together along a path.

A variable's term says how its value came about: the typed tree of its last assignment, in which every other variable
is replaced by its own term. The leaves that are left are *sources*: an output of a data action, the digits that the
caller entered, the caller's number. A term without a source is a plain value.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dsl.expressions.emit import emit
from dsl.expressions.evaluate import Surroundings
from dsl.expressions.runtime import HELPERS
from dsl.expressions.tree import Node
from dsl.expressions.types import ANY, Type, is_collection
from dsl.expressions.values import Duration, Entity
from interpreter.directory import Directory

MARK = "?"
"""What a source's name begins with, so that it is no author's."""
MAX_NODES = 200
"""Larger terms are taken as plain values: nobody could solve for their sources."""

Values = Mapping[str, Any]
Answer = dict[str, Any]
"""Values of sources by name."""
Demand = tuple[Node, bool | None]
"""A condition's term, and whether it must hold; None: it must only have a value."""


class Undefined(Exception):  # noqa: N818  (an answer, not a fault)
    """A term has no value: NOT_SET where that is refused, or something outside its range."""


def source(name: str, type_: Type) -> Node:
    """A leaf whose value the world decides."""
    return Node("ref", 1, type_, name=MARK + name)


def plain(value: Any, type_: Type = ANY) -> Node:
    """A value as a term."""
    return Node("lit", 1, type_, value=value) if value is not None else Node("nul", 1, type_)


def is_source(node: Node) -> bool:
    """Whether a node is a source itself."""
    return node.op == "ref" and (node.name or "").startswith(MARK)


def sources(node: Node) -> Iterator[Node]:
    """The sources of a term, in order, each as often as it stands there."""
    if is_source(node):
        yield node
    for operand in node.operands:
        yield from sources(operand)


def has_source(node: Node) -> bool:
    """Whether a term depends on what the world answers."""
    return next(sources(node), None) is not None


def names(node: Node) -> Iterator[Node]:
    """The leaves that are read by name."""
    if node.op in ("ref", "sysref"):
        yield node
    for operand in node.operands:
        yield from names(operand)


def size(node: Node) -> int:
    """How many nodes a term has."""
    return 1 + sum(size(operand) for operand in node.operands)


def substitute(node: Node, read: Callable[[Node], Node | None]) -> Node:
    """A tree with every name for which ``read`` knows a term replaced by it."""
    if node.op in ("ref", "sysref"):
        term = read(node)
        if term is None:
            return node
        return replace(term, type=node.type) if term.type == ANY and node.type != ANY else term
    if not node.operands:
        return node
    return replace(node, operands=tuple(substitute(operand, read) for operand in node.operands))


@dataclass(slots=True)
class _Context(Surroundings):
    """The surroundings of an evaluation, with the flow's own directory."""

    directory: Directory | None = None

    def find(self, kind: str, name: str) -> Entity | None:
        return self.directory.find(kind, name) if self.directory is not None else None

    def named(self, kind: str, name: str) -> Entity | None:
        return self.find(kind, name)

    def by_id(self, kind: str, identity: str) -> Entity | None:
        return self.directory.by_id(kind, identity) if self.directory is not None else None

    def estimated_wait(self, queue: str) -> Duration | None:
        return self.directory.estimated_wait(queue) if self.directory is not None else None


@dataclass(slots=True)
class Evaluator:
    """Gives terms their values, by the same generated code that the flow runs; ``at`` is UTC ms."""

    directory: Directory
    at: int
    language: str = "en-us"
    _known: dict[int, tuple[Node, frozenset[str], Callable[..., Any] | None]] = field(default_factory=dict)
    """By the identity of a term, which is kept so that it stays its own: the names it reads, and its code."""

    _globals: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        moment = datetime.fromtimestamp(self.at // 1000, UTC)
        context = _Context(moment, self.language, directory=self.directory)
        self._globals = {"__builtins__": {}, "ctx": context, **HELPERS()}

    def value(self, term: Node, values: Values) -> Any:
        """The term's value where the sources have these values; raises ``Undefined``."""
        if is_source(term):
            return values.get(term.name or "", () if is_collection(term.type) else None)
        if term.op == "lit":
            return term.value
        function = self._function(term)
        try:
            return function(values.get)
        except Exception as error:  # whatever it is, the flow takes its error handling there
            raise Undefined(str(error)) from None

    def reads(self, term: Node) -> frozenset[str]:
        """The names of the sources of a term."""
        found = self._known.get(id(term))
        if found is None:
            found = self._known[id(term)] = (term, frozenset(leaf.name or "" for leaf in sources(term)), None)
        return found[1]

    def _function(self, term: Node) -> Callable[..., Any]:
        names = self.reads(term)
        function = self._known[id(term)][2]
        if function is None:
            function = self._compiled(term)
            self._known[id(term)] = (term, names, function)
        return function

    def _compiled(self, term: Node) -> Callable[..., Any]:
        """The term as a function of ``read(name, if it is not there)``."""
        constants: list[Any] = []

        def resolve(node: Node) -> ast.expr:
            empty: ast.expr = ast.Tuple([], ast.Load()) if is_collection(node.type) else ast.Constant(None)
            return ast.Call(ast.Name("read", ast.Load()), [ast.Constant(node.name), empty], [])

        def constant(value: Any) -> ast.expr:
            constants.append(value)
            return ast.Subscript(ast.Name("known", ast.Load()), ast.Constant(len(constants) - 1), ast.Load())

        try:
            given = ast.arguments([], [ast.arg("read")], None, [], [], None, [])
            expression = ast.Expression(ast.Lambda(given, emit(term, resolve, constant=constant)))
            code = compile(ast.fix_missing_locations(expression), "<term>", "eval")
        except (TypeError, ValueError, RecursionError, SyntaxError) as error:
            raise Undefined(str(error)) from None
        made: Callable[..., Any] = eval(code, {**self._globals, "known": constants})
        return made


def holds_now(evaluator: Evaluator, demand: Demand, values: Values) -> bool:
    """Whether a demand is met; a condition without a value does not hold."""
    try:
        value = evaluator.value(demand[0], values)
    except Undefined:
        return False
    return demand[1] is None or (value is True) is demand[1]
