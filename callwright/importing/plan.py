"""What an import is going to write: files by their path in the project, and what was found on the way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dsl.source import Diagnostic, Source

FILE_KINDS = ("flows", "actions", "organisation.yaml", "connections.yaml", "callwright.yaml")


@dataclass(slots=True)
class Plan:
    """Files to write, by path with ``/`` below the project's folder; ``origins`` says what each came from."""

    files: dict[str, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    findings: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)
    flows: dict[str, str] = field(default_factory=dict)
    """The file of each flow by the flow's name."""

    numbers: dict[str, str] = field(default_factory=dict)
    """The flow's name behind each dialled number."""

    language: str = ""
    organisation: dict[str, list[object]] = field(default_factory=dict)
    """Sections of ``organisation.yaml``, each a list of entries."""

    connections: dict[str, dict[str, object]] = field(default_factory=dict)
    contracts: dict[tuple[str, str], tuple[str, str, dict[str, object], str]] = field(default_factory=dict)
    """Data actions of which only the contract is known: integration, name, export and origin."""

    def add(self, folder: str, name: str, suffix: str, text: str, origin: str) -> str:
        """A file under a name that is free; gives its path."""
        stem, number = slug(name), 1
        path = f"{folder}/{stem}{suffix}"
        while path in self.files:
            number += 1
            path = f"{folder}/{stem}_{number}{suffix}"
        self.files[path], self.origins[path] = text, origin
        return path


def slug(name: str) -> str:
    """A name as a file's name: small letters, digits and ``_``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.casefold()).strip("_") or "flow"


def collisions(plan: Plan, folder: Path) -> list[str]:
    """Files of the plan that are there already with another content."""
    return [path for path, text in plan.files.items() if _differs(folder / path, text)]


def _differs(path: Path, text: str) -> bool:
    try:
        return path.exists() and path.read_text(encoding="utf-8") != text
    except (OSError, UnicodeDecodeError):
        return True


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the files below a folder.

    Raises ``OSError`` where the folder cannot be written.
    """
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
