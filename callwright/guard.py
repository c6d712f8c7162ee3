"""Start-up guard: the root packages have plain names, and another distribution may have put its own in front
of ours."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("channels", "connectors", "contactcenter", "dsl", "interpreter", "simulator", "store", "web")


def shadowed() -> str | None:
    """A sentence about the first package that is not beside ours, or None when all is well."""
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = find_spec(name)
        origin = Path(spec.origin).resolve().parent.parent if spec and spec.origin else None
        if origin != home:
            found = f"it comes from {origin}" if origin else "it cannot be found"
            return (
                f'the package "{name}" is not callwright\'s: {found}, callwright is in {home}. '
                "Install callwright in an environment of its own (pipx, uv tool, or a virtual environment)."
            )
    return None
