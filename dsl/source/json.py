"""The positioned JSON reader: the same tree as YAML gives, for data actions and exports.

Strict JSON (RFC 8259) with a byte order mark tolerated, read iteratively. Duplicate keys are findings,
everything else that is wrong is one ``syntax-json``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from json.decoder import scanstring  # type: ignore[attr-defined]  # the C scanner; typeshed leaves it out
from typing import Any

from dsl.source.diagnostics import Diagnostic, Note, finding
from dsl.source.text import Source
from dsl.source.tree import Key, Map, Node, Scalar, Seq
from dsl.source.yaml import MAX_CHARACTERS, MAX_DEPTH

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class _Syntax(Exception):  # noqa: N818  (control flow, never seen outside)
    def __init__(self, at: int, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.at, self.message, self.remedy = at, message, remedy


@dataclass(slots=True)
class _Open:
    is_map: bool
    start: int
    items: list[Any] = field(default_factory=list)
    keys: dict[str, Key] = field(default_factory=dict)
    pending: Key | None = None


def read_json(source: Source) -> tuple[Node | None, list[Diagnostic]]:
    """Read a JSON text: its tree (None when it cannot be read) and the findings."""
    if len(source.text) > MAX_CHARACTERS:
        message = f"the file has more than {MAX_CHARACTERS:,} characters"
        return None, [finding("too-large", message, source.span(0, 0))]
    reader = _Reader(source)
    try:
        return reader.read(), reader.findings
    except _Syntax as error:
        span = source.span(error.at, error.at + 1)
        reader.findings.append(finding("syntax-json", error.message, span, help=error.remedy))
        return None, reader.findings


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self.findings: list[Diagnostic] = []
        self.stack: list[_Open] = []

    def read(self) -> Node:
        while True:
            done = self.value()
            while done is not None:
                if not self.stack:
                    return self.finish(done)
                done = self.add(done)

    def finish(self, root: Node) -> Node:
        self.space()
        if self.at < len(self.text):
            raise _Syntax(self.at, "the text goes on after its end", "keep one JSON value in one file")
        return root

    def space(self) -> str:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def value(self) -> Node | None:
        """Read a scalar or an empty collection; open any other collection and give None."""
        char = self.space()
        start = self.at
        if char == '"':
            return self.string()
        if char in ("{", "["):
            return self.open(is_map=char == "{")
        for word, value in _WORDS.items():
            if self.text.startswith(word, start):
                self.at += len(word)
                return Scalar(value, word, "plain", self.source.span(start, self.at))
        match = _NUMBER.match(self.text, start)
        if match is None:
            raise self.unexpected("a value")
        self.at = match.end()
        text = match.group()
        number = float(text) if match.group(1) or match.group(2) else int(text) if len(text) < 4000 else float(text)
        return Scalar(number, text, "plain", self.source.span(start, self.at))

    def string(self) -> Scalar:
        start = self.at
        try:
            text, self.at = scanstring(self.text, start + 1, True)
        except ValueError as error:
            at = getattr(error, "pos", start)
            unclosed = "Unterminated" in str(error)
            raise _Syntax(
                start if unclosed else at,
                "a text in quotes is not closed" if unclosed else "this character or escape may not stand in a text",
                "add the closing quote" if unclosed else "write line breaks as \\n, backslashes as \\\\",
            ) from None
        return Scalar(text, text, "double", self.source.span(start, self.at), self.align(start, text))

    def align(self, start: int, text: str) -> Callable[[], tuple[int, ...]] | None:
        return None if self.at - start - 2 == len(text) else partial(self.offsets, start, text)

    def offsets(self, start: int, text: str) -> tuple[int, ...]:
        found, at = [], start + 1
        for char in text:
            found.append(at)
            if self.text[at] != "\\":
                at += 1
            elif self.text[at + 1] != "u":
                at += 2
            else:
                at += 12 if ord(char) > 0xFFFF else 6
        return tuple(found)

    def open(self, *, is_map: bool) -> Node | None:
        if len(self.stack) >= MAX_DEPTH:
            message = f"values are nested deeper than {MAX_DEPTH} levels"
            raise _Syntax(self.at, message)
        frame = _Open(is_map, self.at)
        self.at += 1
        if self.space() == ("}" if is_map else "]"):
            self.at += 1
            return self.closed(frame)
        self.stack.append(frame)
        if is_map:
            self.key(frame)
        return None

    def key(self, frame: _Open) -> None:
        if self.space() != '"':
            raise self.unexpected("a key in double quotes")
        scalar = self.string()
        key = Key(scalar.text, scalar.span)
        first = frame.keys.get(key.text)
        if first is not None:
            message = f'the key "{key.text}" stands here a second time, the last one counts'
            note = Note(first.span, "first defined here")
            self.findings.append(finding("duplicate-key", message, key.span, notes=[note], help="remove one of them"))
        frame.keys[key.text] = frame.pending = key
        if self.space() != ":":
            raise self.unexpected("a colon after the key")
        self.at += 1

    def add(self, node: Node) -> Node | None:
        """Put a finished value into the open collection; give the collection when that closes it."""
        frame = self.stack[-1]
        frame.items.append((frame.pending, node) if frame.is_map else node)
        char = self.space()
        if char == ("}" if frame.is_map else "]"):
            self.at += 1
            self.stack.pop()
            return self.closed(frame)
        if char != ",":
            raise self.unexpected("a comma or the closing bracket")
        self.at += 1
        if frame.is_map:
            self.key(frame)
        return None

    def closed(self, frame: _Open) -> Node:
        span = self.source.span(frame.start, self.at)
        return Map(tuple(frame.items), span) if frame.is_map else Seq(tuple(frame.items), span)

    def unexpected(self, wanted: str) -> _Syntax:
        self.space()
        if self.at >= len(self.text):
            return _Syntax(self.at, f"the text ends where {wanted} is expected")
        if self.text[self.at] in "}]":
            return _Syntax(self.at, f"{wanted} is expected here", "remove the comma before the closing bracket")
        if self.text.startswith(("//", "/*"), self.at):
            return _Syntax(self.at, "JSON has no comments", "remove the comment")
        return _Syntax(self.at, f"{wanted} is expected here")
