"""For code scanning: SARIF 2.1.0, one run, the rules from the catalogue of codes."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from dsl.source.codes import CODES
from dsl.source.diagnostics import Diagnostic, Severity
from dsl.source.report.result import Report
from dsl.source.text import Span

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def _location(span: Span) -> dict[str, Any]:
    region = {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": max(span.end.line, span.start.line),
        "endColumn": max(span.end.column, 1),
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.path)}, "region": region}}


def _uri(path: str) -> str:
    """A path as a reference: relative ones stay so, for the repository that the log is about."""
    posix = PurePath(path).as_posix()
    return ("file://" if posix.startswith("/") else "") + quote(posix)


def _rule(code: str) -> dict[str, Any]:
    row = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": row.title},
        "help": {"text": f"callwright explain {code}"},
        "defaultConfiguration": {"level": _LEVELS[Severity(row.severities[0])]},
        "properties": {"tags": [row.group]},
    }


def _result(found: Diagnostic, rules: list[str]) -> dict[str, Any]:
    text = found.message + (f"; {found.help}" if found.help else "")
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": rules.index(found.code),
        "level": _LEVELS[found.severity],
        "message": {"text": text},
        "locations": [_location(found.span)],
    }
    if found.notes:
        result["relatedLocations"] = [
            {**_location(note.span), "message": {"text": note.message}} for note in found.notes
        ]
    return result


def sarif(report: Report) -> str:
    """The SARIF log."""
    rules = sorted({found.code for found in report.findings})
    driver = {
        "name": "callwright",
        "version": report.version,
        "rules": [_rule(code) for code in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, rules) for found in report.findings],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"
