"""The last look at a finished program: only known kinds of nodes, slots, helpers and methods of the machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Container

from dsl.expressions.runtime import HELPERS
from dsl.program import CALLS

_NODES = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Expr, ast.Assign, ast.Call, ast.Name, ast.Load,
    ast.Store, ast.Constant, ast.Subscript, ast.Tuple, ast.Dict, ast.Attribute, ast.keyword, ast.IfExp, ast.BoolOp,
    ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Invert, ast.Compare, ast.cmpop, ast.BinOp, ast.Add, ast.Sub, ast.Mult,
    ast.BitAnd, ast.BitOr, ast.NamedExpr, ast.JoinedStr, ast.FormattedValue, ast.Slice, ast.USub,
)  # fmt: skip


_METHODS = frozenset("casefold find lower lstrip rstrip strip upper".split())
"""Methods of texts: the bodies of functions that are written in place use them."""
_LOCAL = re.compile(r"t\d+\Z")
"""Names of values that an expression needs more than once."""


class UnsafeProgram(Exception):  # noqa: N818  (a fault of the compiler, never of an author)
    """Generated code holds something that it may not hold."""


def verify(module: ast.Module, slots: int) -> None:
    """Raise ``UnsafeProgram`` unless every node is allowed."""
    helpers = HELPERS()
    for node in ast.walk(module):
        if not isinstance(node, _NODES):
            raise UnsafeProgram(f"a {type(node).__name__} may not stand in a program")
        if isinstance(node, ast.Name) and not _is_known(node, helpers):
            raise UnsafeProgram(f"the name {node.id!r} is no helper")
        if isinstance(node, ast.Attribute) and node.attr not in (CALLS if _is_named(node.value, "ctx") else _METHODS):
            raise UnsafeProgram(f"{node.attr!r} is no method for programs")
        if isinstance(node, ast.Subscript) and _is_named(node.value, "v"):
            index = node.slice.value if isinstance(node.slice, ast.Constant) else None
            if not isinstance(index, int) or not 0 <= index < slots:
                raise UnsafeProgram("a slot does not exist")
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and not _is_named(node.value, "v"):
            raise UnsafeProgram("nothing but a slot is written")


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_known(node: ast.Name, helpers: Container[str]) -> bool:
    if _LOCAL.match(node.id):
        return True
    return isinstance(node.ctx, ast.Load) and (node.id in ("ctx", "v") or node.id in helpers)
