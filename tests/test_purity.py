"""No clock, randomness or I/O inside the cores (docs/decisions/008-time.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE = ["dsl", "interpreter", "contactcenter/routing", "contactcenter/conversations", "contactcenter/workitems"]
EDGES = {
    "interpreter/clock.py",
    "contactcenter/routing/service.py",
    "contactcenter/routing/shards.py",
    "contactcenter/routing/shared.py",
    "contactcenter/conversations/elsewhere.py",
    "contactcenter/conversations/executions.py",
    "contactcenter/conversations/recovery.py",
    "contactcenter/conversations/service.py",
    "contactcenter/conversations/shared.py",
    "contactcenter/conversations/workflows.py",
    "contactcenter/conversations/writing.py",
}
FORBIDDEN_MODULES = {"random", "secrets", "socket", "sqlite3", "threading", "time", "asyncio"}
FORBIDDEN_CALLS = {"now", "utcnow", "today", "sleep", "uuid4", "monotonic"}


def pure_modules() -> list[Path]:
    paths = [path for folder in PURE for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in paths if str(path.relative_to(ROOT)) not in EDGES]


@pytest.mark.parametrize("path", pure_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_core_reads_no_clock_and_draws_no_random_number(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & FORBIDDEN_MODULES
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.module.split(".")[0] not in FORBIDDEN_MODULES
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            if owner in {"datetime", "date", "dt", "time", "uuid"}:
                assert node.func.attr not in FORBIDDEN_CALLS, f"{path}:{node.lineno}"
