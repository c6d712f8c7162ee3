"""The examples of the explain pages, checked for real: the files are written out and ``check`` reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from callwright.checking import check_paths
from dsl.explain import Example
from dsl.source import Source, Span
from dsl.source.diagnostics import Diagnostic
from dsl.source.report import Report


def check_example(example: Example) -> Report:
    """What ``check`` finds in an example's files; its paths are as the example names them."""
    with TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        paths = [root / name for name in example.files]
        for path, text in zip(paths, example.files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        report = check_paths(paths)

    def short(text: str) -> str:
        return text.replace(f"{root}/", "").replace(str(root), "the project's folder")

    def moved(span: Span) -> Span:
        return msgspec.structs.replace(span, path=short(span.path))

    def renamed(found: Diagnostic) -> Diagnostic:
        notes = tuple(replace(note, span=moved(note.span)) for note in found.notes)
        help_ = short(found.help) if found.help else None
        return replace(found, message=short(found.message), help=help_, span=moved(found.span), notes=notes)

    return replace(
        report,
        paths=[short(path) for path in report.paths],
        findings=[renamed(found) for found in report.findings],
        sources={short(path): Source(short(path), source.text) for path, source in report.sources.items()},
    )
