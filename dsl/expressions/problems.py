"""What is wrong with an expression, at a character of it; the loader turns it into a diagnostic at a place in
the file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding in an expression: its code, ``pos`` (1-based character), how many characters it marks, and
    what to do."""

    code: str
    message: str
    pos: int
    help: str | None = None
    length: int = 1
    severity: str | None = None


class ExpressionError(Exception):
    """Evaluation failed (``runtime-expression``): the flow's error handling takes over (expressions.md
    §6)."""

    def __init__(self, message: str, pos: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.pos = pos
