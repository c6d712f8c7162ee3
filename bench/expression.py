"""Typical expressions, compiled once as in a flow, against what an engineer writes in their place.

Both stand in the same loop, generated in the same way, so that nothing but the expression is measured; they run
interleaved. What is written by hand checks nothing: neither NOT_SET, nor the range of a number, nor a text's length.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from math import prod
from time import perf_counter
from typing import Any

from bench.__main__ import Figure
from dsl.expressions import Declared, Scope, annotate, emit, parse
from dsl.expressions.runtime import HELPERS
from dsl.expressions.tree import Node
from dsl.expressions.types import Type

GOAL = 1.3
ROUNDS, TIMES = 25, 4_000


@dataclass(slots=True)
class Call:
    """What the expressions read: attributes by hand, ``Flow.<name>`` in a flow."""

    number: str = "tel:+4930901820"
    name: str = "Ada"
    tier: str = "Gold"
    answer: str = "1"
    visits: int = 7
    score: int = 20
    index: int = 3
    products: tuple[str, ...] = ("Internet", "Fiber", "Mobile")


CODES = {"str": "str", "int": "int", "tuple[str, ...]": "str_coll"}
"""The type code of an attribute."""

EXPRESSIONS = {
    "IsSet(Flow.number)": "call.number is not None",
    'Flow.tier == "Gold"': "call.tier == 'Gold'",
    'Flow.answer == "1" and Flow.visits > 2': "call.answer == '1' and call.visits > 2",
    'If(Flow.tier == "Gold", 20, 5)': "20 if call.tier == 'Gold' else 5",
    "Flow.score + Flow.index * 2": "call.score + call.index * 2",
    'Append("Welcome back, ", Flow.name, ".")': "f'Welcome back, {call.name}.'",
    "ToString(Flow.score)": "str(call.score)",
    "Length(Flow.number) > 5": "len(call.number) > 5",
    "Substring(Flow.number, 4, 3)": "call.number[4:7]",
    "Upper(Trim(Flow.name))": "call.name.strip().upper()",
    'Contains(Flow.number, "+49")': "'+49' in call.number",
    "Count(Flow.products) > 0 and Flow.products[0] == Flow.tier": (
        "len(call.products) > 0 and call.products[0] == call.tier"
    ),
}
"""An expression and the Python that an engineer writes for it."""

Loop = Callable[[Any, range], Any]  # what the expression reads, how often; its last value


def _loop(source: str, expression: ast.expr, names: dict[str, Any]) -> Loop:
    """``for _ in times: value = <expression>``, as a function."""
    module = ast.parse(f"def loop({source}, times):\n    for _ in times:\n        value = None\n    return value")
    statement: Any = module.body[0]
    statement.body[0].body[0].value = expression
    table = dict(names)
    exec(compile(ast.fix_missing_locations(module), "<bench>", "exec"), table)
    loop: Loop = table["loop"]
    return loop


def compiled(text: str) -> Loop:
    """An expression as a flow has it: typed, emitted, variables in slots."""
    slots = {f"flow.{field.name}": slot for slot, field in enumerate(fields(Call))}
    scope = Scope(
        {f"flow.{f.name}": Declared(f"Flow.{f.name}", Type(CODES[str(f.type)])) for f in fields(Call)},
    )
    tree, problems = parse(text)
    typed, found = annotate(tree, scope)
    assert not problems, problems
    assert not [problem for problem in found if problem.severity == "error"], found

    def slot(node: Node) -> ast.expr:
        return ast.Subscript(ast.Name("v", ast.Load()), ast.Constant(slots[(node.name or "").lower()]), ast.Load())

    return _loop("v", emit(typed, slot), {"__builtins__": {}, **HELPERS()})


def by_hand(text: str) -> Loop:
    """The Python in its place."""
    return _loop("call", ast.parse(text, mode="eval").body, {})


def ratio(text: str, hand: str) -> float:
    """Best round of the compiled expression to the best of the hand-written one, with equal values."""
    call = Call()
    slots = list(astuple(call))
    ours, theirs = compiled(text), by_hand(hand)
    assert ours(slots, range(1)) == theirs(call, range(1)), text
    best, times = [float("inf"), float("inf")], range(TIMES)
    for _ in range(ROUNDS):
        for which, (loop, source) in enumerate(((ours, slots), (theirs, call))):
            begun = perf_counter()
            loop(source, times)
            best[which] = min(best[which], perf_counter() - begun)
    return best[0] / best[1]


def run() -> list[Figure]:
    """The ratio of every expression, and their geometric mean, which the goal is for."""
    gc.disable()
    try:
        ratios = {text: ratio(text, hand) for text, hand in EXPRESSIONS.items()}
    finally:
        gc.enable()
    mean = prod(ratios.values()) ** (1 / len(ratios))
    return [
        ("compiled expression to hand-written Python, geometric mean (ratio)", mean, f"<= {GOAL}"),
        *((f"  {text}", value, "") for text, value in ratios.items()),
    ]
