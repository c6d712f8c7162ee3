"""Boolean expressions: ``AND``, ``OR``, ``NOT`` and parentheses over skills, or over numbered conditions.

What the leaves are is up to whoever reads one (routing.md §2, §8).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

SIGNS = {"==": "EqualTo", "=": "EqualTo", "!=": "NotEqualTo", "<": "LessThan", "<=": "LessThanOrEqualTo"}
SIGNS |= {">": "GreaterThan", ">=": "GreaterThanOrEqualTo"}
"""Comparisons with the vendor's words for them."""

_TOKEN = re.compile(r'\s*(?:(?P<sign><=|>=|==|!=|[<>=()])|"(?P<quoted>[^"]*)"|(?P<word>[^\s()<>=!"]+))')

Atom = TypeVar("Atom")


class BadExpression(ValueError):  # noqa: N818 - read as a sentence
    """A boolean expression that cannot be read; the message names the place."""


@dataclass(frozen=True, slots=True)
class All(Generic[Atom]):
    """Every part holds."""

    parts: tuple[Tree[Atom], ...]


@dataclass(frozen=True, slots=True)
class Some(Generic[Atom]):
    """At least one part holds."""

    parts: tuple[Tree[Atom], ...]


@dataclass(frozen=True, slots=True)
class Not(Generic[Atom]):
    """The part does not hold."""

    part: Tree[Atom]


Tree: TypeAlias = All[Atom] | Some[Atom] | Not[Atom] | Atom


def holds(tree: Tree[Atom], true: Callable[[Atom], bool]) -> bool:
    """The tree's value when ``true`` tells that of its leaves."""
    match tree:
        case All(parts):
            return all(holds(part, true) for part in parts)
        case Some(parts):
            return any(holds(part, true) for part in parts)
        case Not(part):
            return not holds(part, true)
    return true(tree)


class ExpressionReader(Generic[Atom]):
    """Recursive descent: or, and, not, parentheses; ``leaf`` makes an atom of a word and a comparison."""

    def __init__(self, text: str, leaf: Callable[[str, str | None, str | None], Atom]) -> None:
        self.text, self.leaf = text, leaf
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise BadExpression(f"cannot read {text[at:].strip()!r}")
            kind = found.lastgroup or "word"
            self.tokens.append((kind, found[kind]))
            at = found.end()
        self.at = 0

    def next_is(self, *words: str) -> bool:
        if self.at == len(self.tokens):
            return False
        kind, word = self.tokens[self.at]
        found = kind != "quoted" and word.upper() in words
        self.at += found
        return found

    def whole(self) -> Tree[Atom]:
        tree = self.either()
        if self.at < len(self.tokens):
            raise BadExpression(f"{self.tokens[self.at][1]!r} is not expected here in {self.text!r}")
        return tree

    def either(self) -> Tree[Atom]:
        parts = [self.both()]
        while self.next_is("OR", "||"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def both(self) -> Tree[Atom]:
        parts = [self.single()]
        while self.next_is("AND", "&&"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def single(self) -> Tree[Atom]:
        if self.next_is("NOT"):
            return Not(self.single())
        if self.next_is("("):
            tree = self.either()
            if not self.next_is(")"):
                raise BadExpression(f"a closing parenthesis is missing in {self.text!r}")
            return tree
        word = self.word()
        kind, sign = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "sign" and sign in SIGNS:
            self.at += 1
            return self.leaf(word, sign, self.word())
        return self.leaf(word, None, None)

    def word(self) -> str:
        if self.at == len(self.tokens):
            raise BadExpression(f"{self.text!r} ends too early")
        kind, word = self.tokens[self.at]
        if kind == "sign":
            raise BadExpression(f"{word!r} is not expected here in {self.text!r}")
        self.at += 1
        return word


def read_numbered(text: str, count: int) -> Tree[int]:
    """A combination of conditions by 1-based number: ``1 AND (C2 OR NOT 3)``; empty joins all by AND."""
    if not text.strip():
        return All(tuple(range(count)))

    def leaf(word: str, sign: str | None, _level: str | None) -> int:
        digits = word.upper().removeprefix("C")
        if sign is not None or not digits.isdigit() or not 1 <= int(digits) <= count:
            raise BadExpression(f"{word!r} is none of the {count} conditions")
        return int(digits) - 1

    return ExpressionReader(text, leaf).whole()
