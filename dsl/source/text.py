"""Source text, positions in it, and spans: what every finding points at.

Lines and columns are 1-based and count Unicode code points; offsets are 0-based code point indices
(authoring.md §3.1). A source that was substituted before parsing maps its positions back to what the author
wrote, so nobody ever sees a position in a text that exists only in memory.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

import msgspec


class Position(msgspec.Struct, frozen=True, order=True, gc=False):
    """A place in a text: 1-based ``line`` and ``column``, 0-based ``offset``."""

    line: int
    column: int
    offset: int


START = Position(1, 1, 0)


class Span(msgspec.Struct, frozen=True, gc=False):
    """The stretch from ``start`` up to, not including, ``end`` of the file named ``path``."""

    path: str
    start: Position
    end: Position

    @classmethod
    def whole_file(cls, path: str) -> Span:
        """A span for findings about a file as such: its first position."""
        return cls(path, START, START)


@dataclass(frozen=True)
class Source:
    """A text and the name it goes by in findings (a path, or ``<stdin>``)."""

    path: str
    text: str
    _line_starts: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lengths = [len(line) + 1 for line in self.text.split("\n")]
        object.__setattr__(self, "_line_starts", [0, *accumulate(lengths[:-1])])

    def position(self, offset: int) -> Position:
        """The position of a code point offset; offsets beyond the text are its end."""
        if not 0 <= offset <= len(self.text):
            offset = 0 if offset < 0 else len(self.text)
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1, offset)

    def span(self, start: int, end: int) -> Span:
        """The span between two code point offsets."""
        return Span(self.path, self.position(start), self.position(max(start, end)))

    def line(self, number: int) -> str:
        """The text of a 1-based line without its line break; empty beyond the end."""
        if not 1 <= number <= len(self._line_starts):
            return ""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] - 1 if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    @property
    def lines(self) -> int:
        """How many lines the text has; an empty text has one."""
        return len(self._line_starts)
