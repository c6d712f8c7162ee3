"""For people: message, excerpt with caret, notes, remedy.

Carets are placed by display cells, so that they stand right below wide characters; a tab is one cell, as it
is printed. Of a long line only what lies around the place is shown.
"""

from __future__ import annotations

from unicodedata import combining, east_asian_width

from dsl.source.diagnostics import Diagnostic, Severity
from dsl.source.report.result import Report
from dsl.source.text import Span

_MOST_LINES = 3
_WIDEST, _BEFORE = 160, 60
"""How many characters of a line are shown, and how many of them before the place."""

_COLORS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}
_FRAME = "34"


def cells(text: str) -> int:
    """How many cells a text takes on a terminal."""
    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def pretty(report: Report) -> str:
    """All findings with excerpts, and a last line that counts them where files were checked."""
    blocks = [_finding(report, found) for found in report.findings]
    counted = [_summary(report)] if report.paths or not blocks else []
    return "\n\n".join([*blocks, *counted]) + "\n"


def _summary(report: Report) -> str:
    counts = [(report.count(severity), severity.value) for severity in Severity]
    parts = [f"{count} {name}{'s' if count != 1 and name != 'info' else ''}" for count, name in counts if count]
    files = f"{len(report.paths)} file{'s' if len(report.paths) != 1 else ''}"
    return f"{files} checked: {', '.join(parts) if parts else 'no findings'}"


def _finding(report: Report, found: Diagnostic) -> str:
    head = _paint(report, f"{found.severity}[{found.code}]", _COLORS[found.severity] + ";1")
    lines = [f"{head}: {_paint(report, found.message, '1')}", *_excerpt(report, found.span, found.severity)]
    for note in found.notes:
        lines += [f"{_paint(report, 'note', '1')}: {note.message}", *_excerpt(report, note.span, Severity.INFO)]
    if found.help:
        lines.append(f"{_paint(report, '   =', _FRAME)} help: {found.help}")
    return "\n".join(lines)


def _excerpt(report: Report, span: Span, severity: Severity) -> list[str]:
    place = f"{span.path}:{span.start.line}:{span.start.column}"
    lines = [f"{_paint(report, '  -->', _FRAME)} {place}"]
    source = report.sources.get(span.path)
    if source is None:
        return lines
    last = min(max(span.end.line, span.start.line), span.start.line + _MOST_LINES - 1)
    width = max(2, len(str(last)))
    bar = _paint(report, f"{' ' * width} |", _FRAME)
    lines.append(bar)
    for number in range(span.start.line, last + 1):
        text = source.line(number)
        start = span.start.column - 1 if number == span.start.line else len(text) - len(text.lstrip())
        end = span.end.column - 1 if number == span.end.line else len(text.rstrip())
        if number > span.start.line and end <= start:
            continue
        text, start, end = _window(text, start, end)
        marker = " " * cells(text[:start]) + "^" * max(1, cells(text[start:end]))
        lines.append(f"{_paint(report, f'{number:>{width}} |', _FRAME)} {text.replace(chr(9), ' ')}".rstrip())
        lines.append(f"{bar} {_paint(report, marker, _COLORS[severity])}")
    return lines


def _window(text: str, start: int, end: int) -> tuple[str, int, int]:
    """The part of a line to show, and where the place lies in it."""
    if len(text) <= _WIDEST:
        return text, start, end
    first = max(0, min(start - _BEFORE, len(text) - _WIDEST))
    shown = text[first : first + _WIDEST]
    before, after = "…" if first else "", "…" if first + _WIDEST < len(text) else ""
    offset = len(before) - first
    return before + shown + after, start + offset, min(end, first + _WIDEST) + offset


def _paint(report: Report, text: str, color: str) -> str:
    return f"\x1b[{color}m{text}\x1b[0m" if report.color else text
