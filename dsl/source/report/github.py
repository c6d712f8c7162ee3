"""For GitHub Actions: workflow commands that annotate the change."""

from __future__ import annotations

from dsl.source.diagnostics import Severity
from dsl.source.report.result import Report

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def github(report: Report) -> str:
    """One workflow command per finding."""
    lines = []
    for found in report.findings:
        span = found.span
        message = found.message + (f"\n{found.help}" if found.help else "")
        lines.append(
            f"::{_COMMANDS[found.severity]} file={_property(span.path)},line={span.start.line},"
            f"col={span.start.column},endLine={span.end.line},endColumn={span.end.column},"
            f"title={_property(found.code)}::{_data(message)}\n"
        )
    return "".join(lines)
