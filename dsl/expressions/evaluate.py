"""Evaluating one expression by itself: ``callwright eval`` and tests.

It runs the same generated code as a flow does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import CodeType, TracebackType
from typing import Any

from dsl.expressions.annotate import annotate
from dsl.expressions.builtins import CONSTANTS, SYSTEM_CONTAINERS
from dsl.expressions.constants import proper_container
from dsl.expressions.context import next_random
from dsl.expressions.emit import emit
from dsl.expressions.parse import parse
from dsl.expressions.problems import ExpressionError, Problem
from dsl.expressions.runtime import HELPERS, IS_NOT_SET
from dsl.expressions.scope import Declared, Scope
from dsl.expressions.text_of import MAX_DATE_TIME, MIN_DATE_TIME
from dsl.expressions.tree import Node
from dsl.expressions.types import ANY, Type, is_collection
from dsl.expressions.values import MAX_INT, Duration, Entity
from dsl.source.codes import CODES

FILE = "<expression>"
_SYSTEM = {
    "system.maxint": MAX_INT,
    "system.minint": -MAX_INT,
    "system.maxdatetime": MAX_DATE_TIME,
    "system.mindatetime": MIN_DATE_TIME,
    "system.maxduration": Duration(MAX_INT),
    "system.minduration": Duration(-MAX_INT),
}


@dataclass(slots=True)
class Surroundings:
    """A context for one evaluation: a fixed time, a seeded generator, objects given by hand."""

    moment: datetime
    language: str = "en-us"
    default_language: str = "en-us"
    supported_languages: Sequence[str] = ()
    seed: int = 0
    entities: Sequence[Entity] | None = None

    def now(self) -> datetime:
        return self.moment

    def draw(self) -> float:
        self.seed, number = next_random(self.seed)
        return number

    def find(self, kind: str, name: str) -> Entity | None:
        wanted = name.casefold()
        found = [e for e in self.entities or () if e.kind == kind and (e.username or e.name).casefold() == wanted]
        return found[0] if len(found) == 1 else None

    def named(self, kind: str, name: str) -> Entity | None:
        if self.entities is None:
            return Entity(kind, None, name, name if kind == "usr" else None)
        return self.find(kind, name)

    def by_id(self, kind: str, identity: str) -> Entity | None:
        return next((e for e in self.entities or () if e.kind == kind and e.id == identity), None)

    def estimated_wait(self, queue: str) -> Duration | None:
        return None


@dataclass(frozen=True, slots=True)
class Result:
    """What came out: a value of a type, or the problem that kept it from coming out.

    ``tree`` is there when it could be typed, and then ``warnings`` are what checking would warn of.
    """

    value: Any = None  # a run-time value
    type: Type = ANY
    problem: Problem | None = None
    tree: Node | None = None
    warnings: tuple[Problem, ...] = ()


def evaluate(
    text: str,
    context: Surroundings,
    *,
    variables: Mapping[str, Any] | None = None,
    types: Mapping[str, str] | None = None,
    expect: str | None = None,
    flow_type: str | None = None,
    only_tree: bool = False,
) -> Result:
    """Evaluate an expression; ``variables`` are run-time values by name, ``types`` their type codes, ``context``
    the time, the language and what else it may read."""
    values = {name.lower(): value for name, value in (variables or {}).items()}
    declared = {name.lower(): Declared(name, Type(code)) for name, code in (types or {}).items()}
    node, problems = parse(text)
    if problems:
        return Result(problem=problems[0])
    scope = Scope(declared, flow_type, open=True)
    typed, found = annotate(node, scope, expected=Type(expect) if expect else None)
    errors = [problem for problem in found if _severity(problem) == "error"]
    if errors:
        return Result(problem=min(errors, key=lambda p: p.pos), tree=typed)
    result = Result(tree=typed, type=typed.type) if only_tree else run(typed, values, declared, context)
    return replace(result, warnings=tuple(problem for problem in found if _severity(problem) == "warning"))


def _severity(problem: Problem) -> str:
    return problem.severity or CODES[problem.code].severities[0]


def run(typed: Node, values: Mapping[str, Any], declared: Mapping[str, Declared], context: Surroundings) -> Result:
    """Run the generated code of a typed tree."""

    def resolve(node: Node) -> ast.expr:
        return ast.Call(ast.Name("read", ast.Load()), [ast.Constant((node.name or "").lower())], [])

    def read(name: str) -> Any:
        if name in values:
            return values[name]
        if name in _SYSTEM:
            return _SYSTEM[name]
        if name in CONSTANTS or name in SYSTEM_CONTAINERS:
            return proper_container(name)
        scope, _, rest = name.partition(".")
        if scope in ("prompt", "promptsystem"):
            spelled = "Prompt" if scope == "prompt" else "PromptSystem"
            return context.find("pmt", f"{spelled}.{rest}") or Entity(
                "pmt", None, f"{spelled}.{_spelling(typed, name)}"
            )
        known = declared.get(name)
        return () if known is not None and is_collection(known.type) else None

    expression = ast.Expression(emit(typed, resolve))
    code = compile(ast.fix_missing_locations(expression), FILE, "eval")
    try:
        value = eval(code, {"__builtins__": {}, "ctx": context, "read": read, **HELPERS()})
    except Exception as error:  # a fault of ours is told as one; nothing is raised at an author
        return Result(problem=_with_names(_as_problem(error, typed.pos), typed, read), tree=typed)
    return Result(value, _actual(value, typed.type), tree=typed)


def _as_problem(error: Exception, default: int) -> Problem:
    place = _place(error.__traceback__, default)
    if isinstance(error, ExpressionError):
        return Problem("runtime-expression", error.message, place)
    if isinstance(error, TypeError):  # Python's own refusal of NOT_SET where the code uses its operators
        return Problem("runtime-expression", IS_NOT_SET, place)
    if isinstance(error, (ArithmeticError, RecursionError)):
        return Problem("runtime-expression", f"it cannot be evaluated ({error})", place)
    return Problem("internal-error", f"{type(error).__name__}: {error}", place)


def _with_names(problem: Problem, typed: Node, read: Callable[[str], Any]) -> Problem:
    """The same, with the names of the variables that are NOT_SET there."""
    if problem.message != IS_NOT_SET:
        return problem
    operands = [operand for node in _nodes(typed) if node.pos == problem.pos for operand in node.operands]
    leaves = [operand.name for operand in operands if operand.op in ("ref", "sysref") and operand.name]
    unset = [name for name in dict.fromkeys(leaves) if read(name.lower()) is None]
    return (
        replace(problem, message=f"{' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} NOT_SET")
        if unset
        else problem
    )


def _actual(value: Any, static: Type) -> Type:
    """The type of an answer; what was not known beforehand is read off the value."""
    if static != ANY or value is None:
        return static
    from dsl.expressions.kinds import type_of_value

    return type_of_value(value)


def _spelling(root: Node, name: str) -> str:
    found = next((node.name for node in _nodes(root) if node.name and node.name.lower() == name), name)
    return found.partition(".")[2]


def _nodes(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.operands))


def _place(traceback: TracebackType | None, default: int) -> int:
    """The column of the failing node: generated code carries it in its positions."""
    place = default
    while traceback is not None:
        code: CodeType = traceback.tb_frame.f_code
        if code.co_filename == FILE:
            position = list(code.co_positions())[traceback.tb_lasti // 2]
            place = position[2] if position[2] is not None else default
        traceback = traceback.tb_next
    return place
