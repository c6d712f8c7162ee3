"""An imported flow as a YAML file, with what could not be carried over as comments at its head."""

from __future__ import annotations

from dsl.native.flow import Imported
from dsl.source.emit import to_yaml


def to_text(imported: Imported, origin: str) -> str:
    """The file; ``origin`` is the name of the export that it came from."""
    lines = [f"# Imported from {origin} by callwright import."]
    if imported.leftovers:
        lines.append("# Not carried over (JSON path in the export, then its content):")
    lines += [f"#   {leftover.path}: {leftover.content}" for leftover in imported.leftovers]
    return "\n".join(lines) + "\n" + to_yaml(imported.document)
