"""The JSONPath dialect of translation maps: Jayway's, read by python-jsonpath behind a normaliser (data-actions.md §6).

A *definite* path gives its value or does not resolve; an *indefinite* one (``..``, ``*``, a filter, a slice, a union)
always gives a list, possibly empty.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

NOT_FOUND = object()
"""What a definite path gives when a member or an index of it is missing."""

_FUNCTION = re.compile(r"\.(size|length|min|max|avg|sum|first|last|keys)\(\)\s*$")
_DOT_BRACKET = re.compile(r"(?<!\.)\.(?=\[)")
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_LENGTH = re.compile(r"(@(?:\.[A-Za-z_][\w-]*|\[\d+\])+)\.(?:length|size)\(\)")
_NAMES = re.compile(r"\[\s*(?:'[^'\\]*'|\"[^\"\\]*\")(?:\s*,\s*(?:'[^'\\]*'|\"[^\"\\]*\"))+\s*\]\s*\Z")


class PathSyntaxError(Exception):
    """The path does not parse."""

    def __init__(self, message: str, at: int = 0) -> None:
        super().__init__(message)
        self.message, self.at = message, at


@dataclass(frozen=True, slots=True)
class JaywayPath:
    """A compiled path: read it from any document."""

    text: str
    definite: bool
    function: str | None
    steps: tuple[str | int, ...]
    """The members and indexes that the path begins with; all of it when there is nothing to compile."""

    compiled: Any | None
    names: tuple[str, ...] = ()
    """The members that a union at the end takes out of what is found before it, as a smaller object."""

    def read(self, document: Any) -> Any:
        """The value, a list for an indefinite path, or ``NOT_FOUND``."""
        found = self._read(document)
        if self.names:
            several = [found] if self.definite else found
            taken = [{n: one[n] for n in self.names if n in one} for one in several if isinstance(one, dict)]
            found = taken if not self.definite else taken[0] if taken else NOT_FOUND
        if self.function is None or found is NOT_FOUND:
            return found
        return FUNCTIONS[self.function](found)

    def _read(self, document: Any) -> Any:
        if self.compiled is None:
            return _walk(document, self.steps)
        if _index_is_missing(document, self.steps):
            return NOT_FOUND
        values = list(self.compiled.findall(document))
        if not self.definite:
            return values
        return values[0] if values else NOT_FOUND


def read_path(path: str, document: Any) -> Any:
    """Read ``path`` from ``document``; raises ``PathSyntaxError``."""
    return compile_path(path).read(document)


@lru_cache(maxsize=2048)
def compile_path(path: str) -> JaywayPath:
    """Compile a path of the dialect; raises ``PathSyntaxError``."""
    text, function = normalised(path)
    if text.count("$") > 1 and "$$" in _blanked(text):
        raise PathSyntaxError(f'the path "{path}" has two roots', max(0, path.find("$$")))
    union = _NAMES.search(text)
    names = tuple(name[1:-1] for name in _QUOTED.findall(union.group())) if union else ()
    text = text[: union.start()] if union else text
    definite = is_definite(text)
    steps, end = _leading_steps(text)
    return JaywayPath(path, definite, function, steps, None if end == len(text) else _compiled(text), names)


def normalised(path: str) -> tuple[str, str | None]:
    """The path with its root and without odd dots, and the function at its end."""
    text = path.strip()
    if not text:
        raise PathSyntaxError("the path is empty")
    match = _FUNCTION.search(text)
    function = match.group(1) if match else None
    text = text[: match.start()] if match else text
    if text.startswith("@"):
        text = "$" + text[1:]
    elif not text.startswith("$"):  # Jayway puts "$." before all else, so that ".total" finds every total
        text = ("$" if text.startswith("[") else "$.") + text
    text = _outside_quotes(_LENGTH, r"length(\1)", text)
    return _outside_quotes(_DOT_BRACKET, "", text), function


def is_definite(text: str) -> bool:
    """Whether the path can only mean one place."""
    plain = _blanked(text)
    if ".." in plain or "*" in plain or "?" in plain:
        return False
    return not any("," in inside or ":" in inside for inside in _BRACKET.findall(plain))


def _blanked(text: str) -> str:
    """The path with its quoted names blanked out, of equal length."""
    return _QUOTED.sub(lambda match: "_" * len(match.group()), text)


def _outside_quotes(pattern: re.Pattern[str], replacement: str, text: str) -> str:
    out, at = [], 0
    for match in _QUOTED.finditer(text):
        out += [pattern.sub(replacement, text[at : match.start()]), match.group()]
        at = match.end()
    # a dot just before a bracket with a quoted name was seen above: quotes never stand right behind a dot
    return "".join([*out, pattern.sub(replacement, text[at:])])


_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[\s*(-?\d+)\s*\]|\[\s*'([^'\\]*)'\s*\]|\[\s*\"([^\"\\]*)\"\s*\]")


def _leading_steps(text: str) -> tuple[tuple[str | int, ...], int]:
    """Members and indexes of ``$.a['b'][0]`` up to the first thing that is more, and where that is."""
    steps: list[str | int] = []
    at = 1
    while (match := _STEP.match(text, at)) is not None:
        name, index, single, double = match.groups()
        steps.append(int(index) if index is not None else next(x for x in (name, single, double) if x is not None))
        at = match.end()
    return tuple(steps), at


def _index_is_missing(document: Any, steps: tuple[str | int, ...]) -> bool:
    """Whether an index before the first wildcard lies outside its list: Jayway then finds nothing, not an empty list.

    A missing member before it gives the empty list (corpus/templates/jsonpath.json).
    """
    for step in steps:
        if isinstance(step, int) and isinstance(document, list) and not -len(document) <= step < len(document):
            return True
        document = _walk(document, (step,))
    return False


def _walk(document: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        try:
            document = _members(document, step)[step]
        except (KeyError, IndexError):
            return NOT_FOUND
    return document


def _members(document: Any, step: str | int) -> Any:
    """What a step can be taken into: an object by name, a list by index, anything else not at all."""
    return document if isinstance(document, dict if isinstance(step, str) else list) else {}


@lru_cache(maxsize=1)
def _environment() -> Any:
    from connectors.translation.jayway import Environment

    return Environment(filter_caching=False)


def _compiled(text: str) -> Any:
    import jsonpath

    try:
        return _environment().compile(text)
    except jsonpath.JSONPathError as error:
        message = str(error).splitlines()[0]
        raise PathSyntaxError(f'the path "{text}" cannot be read: {message}') from None
    except (RecursionError, ValueError) as error:
        raise PathSyntaxError(f'the path "{text}" cannot be read: {error}') from None


def _size(value: Any) -> Any:
    return len(value) if isinstance(value, list | dict | str) else NOT_FOUND


def _numbers(function: Callable[[list[float]], float]) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        found = value if isinstance(value, list) else [value]
        numbers = [n for n in found if isinstance(n, int | float) and not isinstance(n, bool)]
        return function(numbers) if numbers else NOT_FOUND

    return apply


def _at(index: int) -> Callable[[Any], Any]:
    return lambda value: value[index] if isinstance(value, list) and value else NOT_FOUND


FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "size": _size,
    "length": _size,
    "min": _numbers(min),
    "max": _numbers(max),
    "sum": _numbers(math.fsum),
    "avg": _numbers(lambda numbers: math.fsum(numbers) / len(numbers)),
    "first": _at(0),
    "last": _at(-1),
    "keys": lambda value: list(value) if isinstance(value, dict) else NOT_FOUND,
}
"""What may stand at the end of a path."""
