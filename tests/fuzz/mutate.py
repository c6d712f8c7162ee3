"""Flows and expressions that somebody has damaged: by a character, a line, a word, or a part in the wrong place."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

SCRAPS = (
    *"{}[]:&*!|>'\"%@`#-,?\t\x00\x07\ufeff\u2028",
    "yes",
    "null",
    "{{x}}",
    "<<: *a",
    "&a [*a]",
    "99999999999999999999",
    "-0.0e999",
    "2026-99-99T99:99:99Z",
    "Flow.x",
    "exp: ",
    'lit: "',
    "é" * 40,
)
TOKENS = re.compile(r"[A-Za-z_.]+|\d+|\"[^\"]*\"|[^\sA-Za-z\d]")

Damage = Callable[[random.Random, str], str]


def _character(chance: random.Random, text: str) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(SCRAPS) + text[at + chance.randrange(3) :]


def _lines(chance: random.Random, text: str) -> str:
    lines = text.splitlines()
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    part = lines[min(first, second) : max(first, second) + 1]
    what = chance.randrange(4)
    if what == 0:
        del lines[first]
    elif what == 1:
        lines[first], lines[second] = lines[second], lines[first]
    elif what == 2:
        lines[first:first] = part[:40]
    else:
        lines[first] = " " * chance.randrange(12) + lines[first].lstrip()
    return "\n".join(lines)


def _word(chance: random.Random, text: str) -> str:
    words = list(TOKENS.finditer(text))
    if not words:
        return text
    gone, come = chance.choice(words), chance.choice(words)
    return text[: gone.start()] + come.group() + text[gone.end() :]


def _nesting(chance: random.Random, text: str) -> str:
    depth = chance.randrange(1, 400)
    opened, closed = chance.choice((("[", "]"), ("{a: ", "}"), ("(", ")"), ("Not(", ")")))
    at = chance.randrange(len(text) + 1)
    return text[:at] + opened * depth + "1" + closed * depth + text[at:]


def damaged_words(chance: random.Random, text: str) -> str:
    """A text with another word or a scrap in it."""
    return chance.choice((_character, _word))(chance, text)


DAMAGES: tuple[Damage, ...] = (_character, _lines, _word, _word, _nesting)


def mutated(chance: random.Random, originals: Sequence[str]) -> str:
    """One of the originals, damaged one to four times."""
    text = chance.choice(originals)
    for _ in range(chance.randrange(1, 5)):
        text = chance.choice(DAMAGES)(chance, text) or "\n"
    return text
