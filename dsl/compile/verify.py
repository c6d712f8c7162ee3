"""The last look at a finished program: only known kinds of nodes, slots, helpers and methods of the machine."""

from __future__ import annotations

import ast

from dsl.expressions.runtime import HELPERS
from dsl.program import CALLS

_NODES = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Expr, ast.Assign, ast.Call, ast.Name, ast.Load,
    ast.Store, ast.Constant, ast.Subscript, ast.Tuple, ast.Dict, ast.Attribute, ast.keyword, ast.IfExp, ast.BoolOp,
    ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Invert, ast.Compare, ast.cmpop, ast.BinOp, ast.Add, ast.Sub, ast.Mult,
    ast.BitAnd, ast.BitOr,
)  # fmt: skip


class UnsafeProgram(Exception):  # noqa: N818  (a fault of the compiler, never of an author)
    """Generated code holds something that it may not hold."""


def verify(module: ast.Module, slots: int) -> None:
    """Raise ``UnsafeProgram`` unless every node is allowed."""
    helpers = HELPERS()
    for node in ast.walk(module):
        if not isinstance(node, _NODES):
            raise UnsafeProgram(f"a {type(node).__name__} may not stand in a program")
        if isinstance(node, ast.Name) and node.id not in ("ctx", "v") and node.id not in helpers:
            raise UnsafeProgram(f"the name {node.id!r} is no helper")
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "ctx"):
            raise UnsafeProgram("attributes are read of the machine only")
        if isinstance(node, ast.Attribute) and node.attr not in CALLS:
            raise UnsafeProgram(f"{node.attr!r} is no method for programs")
        if isinstance(node, ast.Subscript):
            index = node.slice.value if isinstance(node.slice, ast.Constant) else None
            if not isinstance(index, int) or not 0 <= index < slots:
                raise UnsafeProgram("a slot does not exist")
