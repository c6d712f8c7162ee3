"""Which routes of the vendor's API data actions call, how often, and which of them callwright serves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callwright.actions import read_actions

if TYPE_CHECKING:
    from connectors import DataAction
    from web.api.vendor.table import Operation

API = "/api/v2/"
UNKNOWN = "{}"
"""A part of a path that only the inputs tell."""

_ELSEWHERE = ("zendesk-data-actions", "microsoft-dynamics-data-actions", "salesforce-datadip")


@dataclass(frozen=True, slots=True)
class Route:
    """A route as actions call it, how many do, and whether it is served."""

    method: str
    path: str
    calls: int
    served: bool


def route_of(action: DataAction) -> tuple[str, str] | None:
    """Method and path of an action that calls the vendor's API, inputs as ``{}``; None for any other."""
    from connectors.templates import TemplateSyntaxError, parse
    from connectors.templates.tree import Literal

    if action.integration_type in _ELSEWHERE:
        return None
    try:
        block = parse(action.request.url.value)
    except TemplateSyntaxError:
        return None
    text = "".join(item.text if isinstance(item, Literal) else UNKNOWN for item in block.items)
    path = text.partition("?")[0].strip()
    if not path.startswith(API):
        return None
    parts = (UNKNOWN if UNKNOWN in part or "$" in part else part for part in path.split("/"))
    return action.request.method, "/".join(parts)


def is_served(method: str, path: str, operations: Iterable[Operation]) -> bool:
    """Whether an operation fits, an unknown part only where the operation has a parameter."""
    parts = path.split("/")
    for operation in operations:
        wanted = operation.path.split("/")
        if operation.method == method and len(wanted) == len(parts):
            pairs = zip(wanted, parts, strict=True)
            if all(want == part or (want.startswith("{") and part) for want, part in pairs):
                return True
    return False


def routes_used(paths: Iterable[Path]) -> list[Route]:
    """The routes that the actions below some paths call, the most used first."""
    from web.api.vendor.table import OPERATIONS

    counts = Counter(route for action in _actions(paths) if (route := route_of(action)) is not None)
    found = (Route(*route, count, is_served(*route, OPERATIONS)) for route, count in counts.items())
    return sorted(found, key=lambda route: (-route.calls, route.path, route.method))


def _actions(paths: Iterable[Path]) -> Iterator[DataAction]:
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and (file.suffix in (".json", ".tf") or not path.is_dir()):
                yield from read_actions(file)[0]


def as_object(routes: list[Route]) -> dict[str, Any]:
    """``{"calls", "served", "routes": [...]}``."""
    return {
        "calls": sum(route.calls for route in routes),
        "served": sum(route.calls for route in routes if route.served),
        "routes": [
            {"method": route.method, "path": route.path, "calls": route.calls, "served": route.served}
            for route in routes
        ],
    }
