"""Where each character of a scalar's value stands in the file.

Block scalars lose their indentation, folded ones their line breaks, quoted ones their escapes; an expression
inside them must still be underlined where the author sees it. The walk below goes through value and raw text
side by side and is right for every character that is not white space.
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)


def value_offsets(value: str, text: str, start: int, end: int, style: str) -> list[int]:
    """One offset into ``text`` for each character of ``value``, whose raw form is ``text[start:end]``."""
    at = start
    if style in ("literal", "folded"):
        line_break = text.find("\n", start, end)
        at = end if line_break < 0 else line_break + 1
    elif style in ("single", "double"):
        at = start + 1
    offsets: list[int] = []
    for char in value:
        at = _advance(char, text, at, end, style)
        offsets.append(min(at, end))
        escape = _ESCAPE.match(text, at, end) if style == "double" and text[at : at + 1] == "\\" else None
        at = escape.end() if escape else at + 1
    return offsets


def _advance(char: str, text: str, at: int, end: int, style: str) -> int:
    """The offset at which ``char`` is found, from ``at`` on."""
    while at < end:
        raw = text[at]
        if raw == char or (raw == "\n" and char.isspace()):
            return at
        if style == "double" and raw == "\\":
            if text[at + 1 : at + 2] != "\n":
                return at
            at += 2
        elif raw.isspace() or (style == "single" and raw == "'"):
            at += 1
        else:
            return at
    return end
