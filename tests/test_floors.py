"""Imports point down only (DESIGN.md, "The house"; docs/decisions/005-floors.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {
    "store": 1,
    "dsl": 2,
    "interpreter": 3,
    "connectors": 4,
    "contactcenter": 4,
    "channels": 5,
    "simulator": 5,
    "web": 5,
    "callwright": 6,
}
CONTACT_CENTER = ["organisation", "customers", "routing", "conversations", "workitems"]


def modules() -> list[Path]:
    return [path for package in FLOORS for path in sorted((ROOT / package).rglob("*.py"))]


def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
            found.extend(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_imports_only_from_lower_floors(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for imported in imports(path):
        other = imported.split(".")[0]
        if other in FLOORS and other != package:
            assert FLOORS[other] < FLOORS[package], f"{name_of(path)} imports {imported}"


@pytest.mark.parametrize("path", sorted((ROOT / "contactcenter").rglob("*.py")), ids=name_of)
def test_inside_the_contact_center_imports_follow_the_listed_order(path: Path) -> None:
    own = path.relative_to(ROOT).parts[1]
    for imported in imports(path):
        parts = imported.split(".")
        if parts[0] == "contactcenter" and len(parts) > 1 and parts[1] in CONTACT_CENTER and own in CONTACT_CENTER:
            assert CONTACT_CENTER.index(parts[1]) <= CONTACT_CENTER.index(own), f"{name_of(path)} imports {imported}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_only_the_client_factory_imports_an_http_client(path: Path) -> None:
    if not name_of(path).startswith("connectors/http/"):
        assert {name.split(".")[0] for name in imports(path)} & {"aiohttp", "httpcore", "httpx"} == set()
