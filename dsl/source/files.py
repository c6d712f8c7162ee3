"""Bytes of a file as a ``Source``: UTF-8, a byte order mark tolerated."""

from __future__ import annotations

from pathlib import Path

from dsl.source.diagnostics import Diagnostic, finding
from dsl.source.text import Source, Span


def decode(path: str, data: bytes) -> tuple[Source | None, list[Diagnostic]]:
    """The text of a file, or the finding ``syntax-encoding`` with the place of the first bad byte."""
    try:
        return Source(path, data.decode("utf-8-sig")), []
    except UnicodeDecodeError as error:
        readable = Source(path, data[: error.start].decode("utf-8-sig", errors="replace"))
        span = readable.span(len(readable.text), len(readable.text))
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02x} cannot stand here"
        return None, [finding("syntax-encoding", message, span, help="save the file as UTF-8")]


def read_file(path: Path) -> tuple[Source | None, list[Diagnostic]]:
    """Read a file; one that cannot be opened is a ``syntax-yaml`` or ``syntax-json`` finding with the
    system's reason."""
    try:
        data = path.read_bytes()
    except OSError as error:
        code = "syntax-json" if path.suffix == ".json" else "syntax-yaml"
        message = f"the file cannot be read: {error.strerror or error}"
        return None, [finding(code, message, Span.whole_file(str(path)))]
    return decode(str(path), data)
