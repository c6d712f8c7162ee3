"""From a typed tree to Python: nodes of ``ast``, never text, so that no author's text can become code.

Operators on Integers, Booleans and texts become Python's own where their operands are known to be set or where
Python itself refuses NOT_SET; the rest calls a helper. Lazy forms (``and``, ``or``, ``If``) stay lazy. Nodes carry
the author's line and column, so a traceback names the expression.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from dsl.expressions.runtime import HELPERS, UNKNOWN, context_helpers, helper_name
from dsl.expressions.tree import Node
from dsl.expressions.types import is_collection

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
_ALWAYS_SET = frozenset({"IsSet", "IsNotSetOrEmpty", "AreEqual", "Append", "Count", "Contains", "FindFirst", "Length"})


def emit(node: Node, resolve: Resolve, at: At | None = None, constant: Constant | None = None) -> ast.expr:
    """The Python expression of a typed tree.

    ``resolve`` gives the Python expression that reads a ``ref`` or ``sysref``; ``at`` the (line, column) of a
    1-based position; ``constant`` the expression of a literal that Python has no syntax for (a duration, a queue).
    """
    return _Emitter(resolve, at or (lambda pos: (1, pos)), constant).visit(node)


def has_plain_equality(left: Node, right: Node) -> bool:
    """Whether Python's own ``==`` says of two such values what the language says."""
    same = left.type == right.type and left.type in _SIMPLE_EQUALITY
    return same or {left.type, right.type} == {"int", "dec"}


class _Emitter:
    def __init__(self, resolve: Resolve, at: At, foreign: Constant | None) -> None:
        self.resolve = resolve
        self.at = at
        self.foreign = foreign

    def visit(self, node: Node) -> ast.expr:
        expression = self.build(node)
        line, column = self.at(node.pos)
        expression.lineno = expression.end_lineno = line
        expression.col_offset, expression.end_col_offset = column, column + 1
        return expression

    def build(self, node: Node) -> ast.expr:
        if node.value is not None and node.op in ("lit", ".", "["):
            return self.constant(node.value)
        if node.op in ("nul", "emp"):
            return ast.Tuple([], ast.Load()) if is_collection(node.type) else ast.Constant(None)
        if node.op in ("ref", "sysref"):
            return self.resolve(node)
        if node.op == "coerce":
            return self.helper("coerce", node, self.visit(node.operands[0]), ast.Constant(str(node.type)))
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

    def helper(self, name: str, node: Node, *arguments: ast.expr) -> ast.expr:
        line, column = self.at(node.pos)
        place: Any = {"lineno": line, "end_lineno": line, "col_offset": column, "end_col_offset": column + 1}
        return ast.Call(ast.Name(name, ast.Load(), **place), list(arguments), [], **place)

    def constant(self, value: Any) -> ast.expr:
        if isinstance(value, Decimal):
            line: Any = {"lineno": 1, "end_lineno": 1, "col_offset": 0, "end_col_offset": 1}
            function = ast.Name("Decimal", ast.Load(), **line)
            return ast.Call(function, [ast.Constant(str(value), **line)], [], **line)
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
        return expression if self.always_set(node) else self.placed(self.helper("truth", node, expression), node)

    def choice(self, node: Node) -> ast.expr:
        condition, yes, no = (self.visit(operand) for operand in node.operands)
        return ast.IfExp(condition, yes, no)  # NOT_SET counts as false, and so does Python's None

    # Operators.

    def prefix(self, node: Node) -> ast.expr:
        operand = node.operands[0]
        if node.op == "!":
            return ast.UnaryOp(ast.Not(), self.strict(operand))
        if node.op == "~":
            return ast.UnaryOp(ast.Invert(), self.placed(self.helper("whole", node, self.visit(operand)), node))
        return self.helper("negate", node, self.visit(operand))

    def equality(self, node: Node) -> ast.expr:
        left, right = node.operands
        sides = (self.visit(left), self.visit(right))
        if has_plain_equality(left, right):
            operator: ast.cmpop = ast.Eq() if node.op == "==" else ast.NotEq()
            return ast.Compare(sides[0], [operator], [sides[1]])
        same = self.placed(self.helper("equal", node, *sides), node)
        return same if node.op == "==" else ast.UnaryOp(ast.Not(), same)

    def binary(self, node: Node) -> ast.expr:
        left, right = node.operands
        sides = (self.visit(left), self.visit(right))
        if node.op in _COMPARE:
            # Python refuses to order None: the machine turns its TypeError into the NOT_SET error.
            if left.type in _PLAIN and right.type in _PLAIN:
                return ast.Compare(sides[0], [_COMPARE[node.op]()], [sides[1]])
            order = self.placed(self.helper("order", node, *sides), node)
            return ast.Compare(order, [_COMPARE[node.op]()], [self.placed(ast.Constant(0), node)])
        if node.op in ("&", "|"):
            operator: ast.operator = ast.BitAnd() if node.op == "&" else ast.BitOr()
            whole = [self.placed(self.helper("whole", node, side), node) for side in sides]
            return ast.BinOp(whole[0], operator, whole[1])
        whole_number = _OF_INTEGERS.get(node.op)
        if whole_number is not None and left.type == right.type == "int":
            # Python refuses None here as well.
            return self.helper("in_range", node, self.placed(ast.BinOp(sides[0], whole_number(), sides[1]), node))
        return self.helper(_ARITHMETIC[node.op], node, *sides)

    # Access and calls.

    def access(self, node: Node) -> ast.expr:
        key, inner = node.operands
        target = self.visit(inner)
        if node.op == "[":
            return self.helper("element", node, self.visit(key), target)
        helper = "json_prop" if inner.type == "jsn" else "prop"
        return self.helper(helper, node, ast.Constant(str(key.value), **self.place(node)), target)

    def call(self, node: Node) -> ast.expr:
        arguments = [self.visit(operand) for operand in node.operands]
        name = helper_name(node.overload) if node.overload else UNKNOWN
        if name not in HELPERS():
            name = UNKNOWN
        if name in context_helpers():
            arguments.insert(0, self.placed(ast.Name("ctx", ast.Load()), node))
        return self.helper(name, node, *arguments)

    def always_set(self, node: Node) -> bool:
        """Whether the value can be seen never to be NOT_SET."""
        if node.op == "lit" or node.op in _ALWAYS_SET:
            return True
        return node.op in ("and", "or", "!", "==", "!=", "<", "<=", ">", ">=")

    def place(self, node: Node) -> Any:
        line, column = self.at(node.pos)
        return {"lineno": line, "end_lineno": line, "col_offset": column, "end_col_offset": column + 1}

    def placed(self, expression: ast.expr, node: Node) -> ast.expr:
        line, column = self.at(node.pos)
        expression.lineno = expression.end_lineno = line
        expression.col_offset, expression.end_col_offset = column, column + 1
        return expression
