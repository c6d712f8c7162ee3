"""Entries of the trace that nothing stands between are written at once."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from dsl.compile.builder import LOG, VARIABLES


def together(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The same statements, with one ``log.extend`` for each run of ``log.append``, also in what they hold.

    An entry that is known beforehand waits for the next one behind assignments between variables, which cannot fail.
    """
    written: list[ast.stmt] = []
    entries: list[ast.expr] = []
    for statement in body:
        entry = _entry(statement)
        if entry is not None:
            entries.append(entry)
            continue
        if not (_cannot_fail(statement) and all(map(_is_known, entries))):
            written += _logged(entries)
            entries = []
        if isinstance(statement, (ast.If, ast.While)):
            statement.body, statement.orelse = together(statement.body), together(statement.orelse)
        written.append(statement)
    return written + _logged(entries)


def _entry(statement: ast.stmt) -> ast.expr | None:
    """What a statement appends to the trace, where it does nothing else."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    of_log = isinstance(call.func.value, ast.Name) and call.func.value.id == LOG
    return call.args[0] if of_log and call.func.attr == "append" else None


def _logged(entries: Sequence[ast.expr]) -> list[ast.stmt]:
    if not entries:
        return []
    several = len(entries) > 1
    method = ast.Attribute(ast.Name(LOG, ast.Load()), "extend" if several else "append", ast.Load())
    call = ast.Call(method, [ast.Tuple(list(entries), ast.Load()) if several else entries[0]], [])
    statement = ast.copy_location(ast.Expr(call), entries[0])
    return [ast.fix_missing_locations(statement)]


def _cannot_fail(statement: ast.stmt) -> bool:
    """Whether a statement only gives a slot the value of another one, or a plain literal."""
    if not isinstance(statement, ast.Assign):
        return False
    return isinstance(statement.value, ast.Constant) or _is_slot(statement.value)


def _is_slot(value: ast.expr) -> bool:
    return isinstance(value, ast.Subscript) and isinstance(value.value, ast.Name) and value.value.id == VARIABLES


def _is_known(entry: ast.expr) -> bool:
    """Whether an entry is the same whenever it is written."""
    if isinstance(entry, ast.Tuple):
        return all(map(_is_known, entry.elts))
    return isinstance(entry, ast.Constant)
