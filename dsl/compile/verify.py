"""The last look at a finished program: only known kinds of nodes, slots, helpers and methods of the machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Sequence

from dsl.expressions.runtime import HELPERS
from dsl.program import ATTRIBUTES, CALLS, WRITTEN

_NODES = (
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Expr, ast.Assign, ast.Call, ast.Name, ast.Load,
    ast.Store, ast.Constant, ast.Subscript, ast.Tuple, ast.Dict, ast.Attribute, ast.keyword, ast.IfExp, ast.BoolOp,
    ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Invert, ast.Compare, ast.cmpop, ast.BinOp, ast.Add, ast.Sub, ast.Mult,
    ast.BitAnd, ast.BitOr, ast.NamedExpr, ast.JoinedStr, ast.FormattedValue, ast.Slice, ast.USub, ast.If, ast.While,
    ast.Continue, ast.AugAssign, ast.Pass, ast.Try,
)  # fmt: skip


_METHODS = frozenset("casefold find lower lstrip rstrip strip upper".split())
"""Methods of texts: the bodies of functions that are written in place use them."""
_LOCAL = re.compile(r"(t\d+|n)\Z")
"""Names of values that are needed more than once, and the count of actions."""
_CONSTANT = re.compile(r"k\d+\Z")
"""Names of the program's constants."""


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
        if isinstance(node, ast.Attribute) and node.attr not in _attributes(node):
            raise UnsafeProgram(f"{node.attr!r} is no attribute for programs")
        if isinstance(node, ast.Subscript) and _is_named(node.value, "v"):
            index = node.slice.value if isinstance(node.slice, ast.Constant) else None
            if not isinstance(index, int) or not 0 <= index < slots:
                raise UnsafeProgram("a slot does not exist")
        if isinstance(node, ast.Try) and node.handlers:
            raise UnsafeProgram("an error is kept from the machine")
        if isinstance(node, ast.While) and not (_is_true(node.test) and _gets_out(node.body)):
            raise UnsafeProgram("a loop could go round without end")
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and not _is_named(node.value, "v"):
            raise UnsafeProgram("nothing but a slot is written")


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and test.value is True


def _gets_out(body: Sequence[ast.stmt]) -> bool:
    """Whether statements end by a return, or go round only after they have asked whether the step has done enough."""
    if not all(_gets_round(body, n) for n, statement in enumerate(body) if isinstance(statement, ast.Continue)):
        return False
    *before, last = body
    inner = [part for s in before if isinstance(s, ast.If) for part in (s.body, s.orelse)]
    if not all(_gets_out([*part, ast.Return()]) for part in inner):
        return False
    if isinstance(last, ast.If):
        return bool(last.orelse) and _gets_out(last.body) and _gets_out(last.orelse)
    return isinstance(last, (ast.Return, ast.Continue))


def _gets_round(body: Sequence[ast.stmt], number: int) -> bool:
    asked = body[number - 1] if number else None
    return isinstance(asked, ast.If) and ast.unparse(asked).startswith("if n >= ctx.enough:\n    return ")


def _attributes(node: ast.Attribute) -> Container[str]:
    """What may be read, called or written of a value."""
    if isinstance(node.ctx, ast.Store):
        return WRITTEN if _is_named(node.value, "ctx") else ()
    if _is_named(node.value, "log"):
        return ("append", "extend")
    return CALLS | ATTRIBUTES if _is_named(node.value, "ctx") else _METHODS


def _is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_known(node: ast.Name, helpers: Container[str]) -> bool:
    if _LOCAL.match(node.id):
        return True
    return isinstance(node.ctx, ast.Load) and (
        _CONSTANT.match(node.id) is not None or node.id in ("ctx", "v", "log") or node.id in helpers
    )
