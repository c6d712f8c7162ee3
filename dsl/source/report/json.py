"""For programs: the document of DESIGN.md "What machines read"."""

from __future__ import annotations

import json
from typing import Any

from dsl.source.diagnostics import Diagnostic
from dsl.source.report.result import Report

SCHEMA = "callwright.check/1"


def as_object(found: Diagnostic) -> dict[str, Any]:
    """One finding as the JSON object of the contract."""
    return {
        "path": found.span.path,
        "line": found.span.start.line,
        "column": found.span.start.column,
        "end_line": found.span.end.line,
        "end_column": found.span.end.column,
        "code": found.code,
        "severity": found.severity.value,
        "message": found.message,
        "help": found.help,
        "element": found.element,
        "notes": [
            {
                "path": note.span.path,
                "line": note.span.start.line,
                "column": note.span.start.column,
                "message": note.message,
            }
            for note in found.notes
        ],
    }


def json_text(report: Report) -> str:
    """The whole report as one JSON object."""
    document = {
        "schema": SCHEMA,
        "files": len(report.paths),
        "findings": [as_object(found) for found in report.findings],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
