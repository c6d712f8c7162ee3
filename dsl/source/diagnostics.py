"""Diagnostics: mistakes as values (DESIGN.md, principle 4).

Reading and checking return findings beside their result and never raise at an author. The codes are those of
the one catalogue in ``dsl.source.codes``; constructing a finding with another code is a programming error and
fails at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from dsl.source.codes import CODES
from dsl.source.text import Span


class Severity(StrEnum):
    """How bad a finding is: an ``error`` fails a check, a ``warning`` fails it under --strict."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for errors, 1 for warnings, 2 for infos."""
        return ("error", "warning", "info").index(self.value)


@dataclass(frozen=True, slots=True)
class Note:
    """A secondary place with what is to be said about it ("first defined here")."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A mechanical remedy: replace ``span`` by ``text``."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    ``message`` is one sentence in the author's terms; ``help`` says what to do, where possible with the
    nearest right name; ``element`` is the Architect path (``/inboundCall/tasks/task[x]/actions[2]``).
    """

    code: str
    severity: Severity
    message: str
    span: Span
    help: str | None = None
    element: str | None = None
    notes: tuple[Note, ...] = ()
    fix: Edit | None = None

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"diagnostic code {self.code!r} is not in the catalogue")

    def at(self, element: str) -> Diagnostic:
        """The same finding, placed at an Architect path unless it already has one."""
        return self if self.element else replace(self, element=element)


def finding(
    code: str,
    message: str,
    span: Span,
    *,
    severity: Severity | None = None,
    help: str | None = None,  # noqa: A002  (the field's name in every output format)
    element: str | None = None,
    notes: Iterable[Note] = (),
    fix: Edit | None = None,
) -> Diagnostic:
    """A diagnostic with the catalogue's first severity for ``code`` unless another one is given."""
    chosen = severity or Severity(CODES[code].severities[0])
    return Diagnostic(code, chosen, message, span, help, element, tuple(notes), fix)


def sorted_unique(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Findings by file, line and column, without repetitions of (code, span, message)."""
    unique = {(d.code, d.span, d.message): d for d in findings}
    return sorted(
        unique.values(),
        key=lambda d: (d.span.path, d.span.start, d.severity.rank, d.code, d.message),
    )


def has_errors(findings: Iterable[Diagnostic]) -> bool:
    """Whether any of the findings is an error."""
    return any(d.severity is Severity.ERROR for d in findings)
