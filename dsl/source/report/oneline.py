"""For problem matchers: ``file:line:col: message [code]``, one finding a line, stable."""

from __future__ import annotations

from dsl.source.report.result import Report


def oneline(report: Report) -> str:
    """One line per finding."""
    return "".join(
        f"{found.span.path}:{found.span.start.line}:{found.span.start.column}: "
        f"{' '.join(found.message.split())} [{found.code}]\n"
        for found in report.findings
    )
