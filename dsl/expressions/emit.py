"""From a typed tree to Python: nodes of ``ast``, never text, so that no author's text can become code.

Operators on Integers, Booleans and texts become Python's own where their operands are known to be set or where
Python itself refuses NOT_SET; the rest calls a helper. How a function is called ``dsl.expressions.calls`` knows. Lazy
forms (``and``, ``or``, ``If``) stay lazy. Nodes carry the author's line and column, so a traceback
names the expression.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

from dsl.expressions.bounds import bounds, is_always_set
from dsl.expressions.calls import Argument, Fresh, write_call
from dsl.expressions.catalogue import overload_of
from dsl.expressions.runtime import UNKNOWN_FUNCTION, implementation
from dsl.expressions.tree import Node
from dsl.expressions.types import ANY, UNKNOWN, Type, is_collection
from dsl.expressions.values import MAX_INT, MAX_TEXT

Resolve = Callable[[Node], ast.expr]
At = Callable[[int], tuple[int, int]]
Constant = Callable[[Any], ast.expr]

_ARITHMETIC = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "remainder",
    "^": "power",
}
_OF_INTEGERS: dict[str, type[ast.operator]] = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult}
_COMPARE: dict[str, type[ast.cmpop]] = {"<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE}
_PLAIN = frozenset({"int", "bln", "dec"})
_SIMPLE_EQUALITY = frozenset({"int", "bln", "dec", "str", "dur", "dtm", "dat", "tim", "cur"})
_SMALL = (1 << 30) - 1
"""Integers up to here are compared at once; the range of Integer is asked only beyond."""


def emit(
    node: Node,
    resolve: Resolve,
    at: At | None = None,
    constant: Constant | None = None,
    fresh: Fresh | None = None,
) -> ast.expr:
    """The Python expression of a typed tree.

    ``resolve`` gives the Python expression that reads a ``ref`` or ``sysref``; ``at`` the (line, column) of a
    1-based position; ``constant`` the expression of a literal that Python has no syntax for (a duration, a queue);
    ``fresh`` a local name that nothing else in the function uses.
    """
    numbers = count()
    return _Emitter(resolve, at or (lambda pos: (1, pos)), constant, fresh or (lambda: f"t{next(numbers)}")).visit(node)


def has_plain_equality(left: Node, right: Node) -> bool:
    """Whether Python's own ``==`` says of two such values what the language says."""
    same = left.type == right.type and left.type in _SIMPLE_EQUALITY
    return same or {left.type, right.type} == {"int", "dec"}


class _Emitter:
    def __init__(self, resolve: Resolve, at: At, foreign: Constant | None, fresh: Fresh) -> None:
        self.resolve = resolve
        self.at = at
        self.foreign = foreign
        self.fresh = fresh

    def visit(self, node: Node) -> ast.expr:
        expression = self.build(node)
        line, column = self.at(node.pos)
        _place(expression, line, column)
        return expression

    def build(self, node: Node) -> ast.expr:
        if node.value is not None and node.op in ("lit", ".", "["):
            return self.constant(node.value)
        if node.op in ("nul", "emp"):
            return ast.Tuple([], ast.Load()) if is_collection(node.type) else ast.Constant(None)
        if node.op in ("ref", "sysref"):
            return self.resolve(node)
        if node.op == "coerce":
            return self.coerced(self.visit(node.operands[0]), node.type)
        if node.op in ("?", "If"):
            return self.choice(node)
        if node.op in (".", "["):
            return self.access(node)
        if node.op in ("==", "!="):
            return self.equality(node)
        if len(node.operands) == 1 and node.op in ("!", "~", "-"):
            return self.prefix(node)
        if node.overload is None and not node.op[0].isalpha():
            return self.binary(node)
        if node.op in ("and", "or"):
            return self.both(node)
        return self.call(node)

    def helper(self, name: str, *arguments: ast.expr) -> ast.expr:
        return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])

    def constant(self, value: Any) -> ast.expr:
        if isinstance(value, Decimal) and self.foreign is None:
            return self.helper("Decimal", ast.Constant(str(value)))
        if value is None or isinstance(value, (bool, int, str)):
            return ast.Constant(value)
        if self.foreign is None:
            raise TypeError(f"a literal of {type(value).__name__} cannot be emitted")
        return self.foreign(value)

    # Lazy forms.

    def both(self, node: Node) -> ast.expr:
        operator: ast.boolop = ast.And() if node.op == "and" else ast.Or()
        return ast.BoolOp(operator, [self.strict(operand) for operand in node.operands])

    def strict(self, node: Node) -> ast.expr:
        """A Boolean that must not be NOT_SET."""
        expression = self.visit(node)
        if is_always_set(node):
            return expression
        if node.type != "bln":
            return self.helper("truth", expression)
        value = Argument(expression, node.type)
        is_set = ast.Compare(value.keep(self.fresh), [ast.IsNot()], [ast.Constant(None)])
        return ast.IfExp(is_set, value.value(), self.helper("truth", ast.Constant(None)))

    def choice(self, node: Node) -> ast.expr:
        known = (Type("bln"), node.type, node.type)
        condition, yes, no = (self.known(one, type_) for one, type_ in zip(node.operands, known, strict=True))
        return ast.IfExp(condition, yes, no)  # NOT_SET counts as false, and so does Python's None

    def known(self, node: Node, type_: Type) -> ast.expr:
        """A value that has a type, also where the author's variable is of any."""
        value = self.visit(node)
        return value if type_ in UNKNOWN or node.type not in UNKNOWN else self.coerced(value, type_)

    def coerced(self, value: ast.expr, type_: Type) -> ast.expr:
        return self.helper("coerce", value, ast.Constant(str(type_)))

    # Operators.

    def prefix(self, node: Node) -> ast.expr:
        operand = node.operands[0]
        if node.op == "!":
            return ast.UnaryOp(ast.Not(), self.strict(operand))
        if node.op == "~":
            whole = ast.UnaryOp(ast.Invert(), self.helper("whole", self.visit(operand)))
            return self.helper("in_range", whole)
        return self.helper("negate", self.visit(operand))

    def equality(self, node: Node) -> ast.expr:
        left, right = node.operands
        sides = (self.visit(left), self.visit(right))
        if has_plain_equality(left, right):
            operator: ast.cmpop = ast.Eq() if node.op == "==" else ast.NotEq()
            return ast.Compare(sides[0], [operator], [sides[1]])
        same = self.helper("equal", *sides)
        return same if node.op == "==" else ast.UnaryOp(ast.Not(), same)

    def binary(self, node: Node) -> ast.expr:
        left, right = node.operands
        sides = (self.visit(left), self.visit(right))
        if node.op in _COMPARE:
            # Python refuses to order None: the machine turns its TypeError into the NOT_SET error.
            if left.type in _PLAIN and right.type in _PLAIN:
                return ast.Compare(sides[0], [_COMPARE[node.op]()], [sides[1]])
            return ast.Compare(self.helper("order", *sides), [_COMPARE[node.op]()], [ast.Constant(0)])
        if node.op in ("&", "|"):
            operator: ast.operator = ast.BitAnd() if node.op == "&" else ast.BitOr()
            whole = [self.helper("whole", side) for side in sides]
            return self.helper("in_range", ast.BinOp(whole[0], operator, whole[1]))
        if node.op in _OF_INTEGERS and left.type == right.type == "int":
            return self.of_integers(node, ast.BinOp(sides[0], _OF_INTEGERS[node.op](), sides[1]))
        if node.op == "+" and left.type == right.type == "str":
            return self.of_texts(ast.BinOp(sides[0], ast.Add(), sides[1]))
        return self.helper(_ARITHMETIC[node.op], *sides)

    def of_integers(self, node: Node, result: ast.expr) -> ast.expr:
        """The result, held against the range of Integer unless it is seen to be within. Python refuses None itself."""
        least, most = bounds(node)
        if least >= -MAX_INT and most <= MAX_INT:
            return result
        value = Argument(result, node.type)
        kept = value.keep(self.fresh)
        low = ast.Compare(kept, [ast.LtE()], [ast.Constant(_SMALL)])
        high = ast.Compare(value.value(), [ast.GtE()], [ast.Constant(-_SMALL)])
        return ast.IfExp(ast.BoolOp(ast.And(), [low, high]), value.value(), self.helper("in_range", value.value()))

    def of_texts(self, result: ast.expr) -> ast.expr:
        """Two texts in one, unless it is too long for one."""
        value = Argument(result, Type("str"))
        fits = ast.Compare(self.helper("len", value.keep(self.fresh)), [ast.LtE()], [ast.Constant(MAX_TEXT)])
        return ast.IfExp(fits, value.value(), self.helper("too_long"))

    # Access and calls.

    def access(self, node: Node) -> ast.expr:
        key, inner = node.operands
        if node.op == "[":
            return self.element(key, inner)
        helper = "json_prop" if inner.type == "jsn" else "prop"
        value = self.helper(helper, ast.Constant(str(key.value)), self.visit(inner))
        if is_collection(node.type):  # one that is absent is empty
            return ast.BoolOp(ast.Or(), [value, ast.Tuple([], ast.Load())])
        return value

    def element(self, key: Node, inner: Node) -> ast.expr:
        """An element of a collection by its index."""
        index, items = Argument(self.visit(key), key.type), Argument(self.visit(inner), inner.type)
        if not (key.type == "int" and is_collection(inner.type) and index.is_plain and items.is_plain):
            return self.helper("element", index.expression, items.expression)
        found = ast.Subscript(items.value(), index.value(), ast.Load())
        return ast.IfExp(_is_there(key, index, items), found, self.helper("outside", index.value(), items.value()))

    def call(self, node: Node) -> ast.expr:
        if node.overload is None or implementation(overload_of(node.overload)) is None:
            return self.helper(UNKNOWN_FUNCTION, *(self.visit(operand) for operand in node.operands))
        if any(operand.type in UNKNOWN and operand.op != "nul" for operand in node.operands):
            return self.late(node)
        arguments = [Argument(self.visit(o), o.type, is_always_set(o), bounds(o)) for o in node.operands]
        return write_call(overload_of(node.overload), arguments, self.fresh)

    def late(self, node: Node) -> ast.expr:
        """A call whose overload is chosen when the values are there."""
        types = " ".join(
            "NOT_SET" if operand.op == "nul" else ANY if operand.type in UNKNOWN else operand.type
            for operand in node.operands
        )
        values = [self.visit(operand) for operand in node.operands]
        called = self.helper("late", ast.Name("ctx", ast.Load()), ast.Constant(node.op), ast.Constant(types), *values)
        return called if node.type in UNKNOWN else self.coerced(called, node.type)


def _is_there(key: Node, index: Argument, items: Argument) -> ast.expr:
    """Whether a collection has an element, as short as what is known of the index lets it be."""
    if key.value == 0:
        return items.value()
    length = ast.Call(ast.Name("len", ast.Load()), [items.value()], [])
    if bounds(key)[0] >= 0:
        return ast.Compare(index.value(), [ast.Lt()], [length])
    return ast.Compare(ast.Constant(0), [ast.LtE(), ast.Lt()], [index.value(), length])


def _place(expression: ast.expr, line: int, column: int) -> None:
    """Give a place in the file to a node, and to those below that have none of their own."""
    expression.lineno = expression.end_lineno = line
    expression.col_offset, expression.end_col_offset = column, column + 1
    for inner in ast.iter_child_nodes(expression):
        if isinstance(inner, ast.expr) and not hasattr(inner, "lineno"):
            _place(inner, line, column)
