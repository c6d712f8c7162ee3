"""Start-up guard: the root packages have plain names, and another distribution may have put its own in front
of ours."""

from __future__ import annotations

import sys
from os.path import dirname, realpath

PACKAGES = ("channels", "connectors", "contactcenter", "dsl", "interpreter", "simulator", "store", "web")


def shadowed() -> str | None:
    """A sentence about the first package that is not beside ours, or None when all is well."""
    home = dirname(dirname(realpath(__file__)))
    for name in PACKAGES:
        found_at = _file_of(name)
        origin = dirname(dirname(realpath(found_at))) if found_at else None
        if origin != home:
            found = f"it comes from {origin}" if origin else "it cannot be found"
            return (
                f'the package "{name}" is not callwright\'s: {found}, callwright is in {home}. '
                "Install callwright in an environment of its own (pipx, uv tool, or a virtual environment)."
            )
    return None


def _file_of(package: str) -> str | None:
    """The file that an import would begin with; ``importlib.util`` and ``pathlib`` would cost every command 3 ms."""
    for finder in sys.meta_path:
        spec = finder.find_spec(package, None)
        if spec is not None:
            return spec.origin
    return None
