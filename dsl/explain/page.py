"""Reading the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from dsl.source.codes import CODES, Code
from dsl.source.diagnostics import Severity

_SECTION = re.compile(r"^## (\w+)\n", re.MULTILINE)
_FENCE = re.compile(r"^```\w+ (\S+)\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r' *(?:#|//) (error|warning|info): ([a-z-]+)(?: "(.*)")?$')
SECTIONS = ("Wrong", "When", "Right")


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that an example has: its file, line, severity, code and a part of its message."""

    path: str
    line: int
    severity: Severity
    code: str
    fragment: str


@dataclass(frozen=True, slots=True)
class Example:
    """A section of a page: its words, and files by path as the page shows them."""

    text: str
    shown: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, str]:
        """The files as they are checked: without marks in JSON, which has no comments."""
        return {path: self.unmarked[path] if path.endswith(".json") else text for path, text in self.shown.items()}

    @property
    def unmarked(self) -> dict[str, str]:
        """The files without the findings that are written on their lines."""
        return {path: "\n".join(_MARK.sub("", line) for line in text.split("\n")) for path, text in self.shown.items()}

    @property
    def expected(self) -> tuple[Expected, ...]:
        """The findings that are written on the lines."""
        return tuple(self._marks())

    def _marks(self) -> Iterator[Expected]:
        for path, text in self.shown.items():
            for number, line in enumerate(text.split("\n"), 1):
                if match := _MARK.search(line):
                    severity, code, fragment = match.groups()
                    yield Expected(path, number, Severity(severity), code, fragment or "")


@dataclass(frozen=True, slots=True)
class Page:
    """What a code means, an example that has it (or when it arises), and one that is mended."""

    code: Code
    meaning: str
    wrong: Example | None
    when: Example | None
    right: Example | None


def page(code: str) -> Page:
    """The page of a code of the catalogue."""
    text = files("dsl.explain").joinpath("pages", f"{code}.md").read_text(encoding="utf-8")
    meaning, *rest = _SECTION.split(text)
    sections = dict(zip(rest[::2], map(_example, rest[1::2]), strict=True))
    unknown = set(sections) - set(SECTIONS)
    if unknown:
        raise ValueError(f"{code}.md has the section {unknown.pop()}")
    return Page(CODES[code], meaning.strip(), *(sections.get(name) for name in SECTIONS))


def pages() -> Iterator[Page]:
    """Every page, in the order of the catalogue."""
    return (page(code) for code in CODES)


def _example(text: str) -> Example:
    return Example(_FENCE.sub("", text).strip(), dict(_FENCE.findall(text)))
