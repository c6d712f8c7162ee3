"""The one helper for "did you mean": every unknown name asks here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

CLOSE, IN_ONE_WORD = 0.6, 0.4
"""How close (0 to 1) another name must be, and one that has a word of it: ``queueName`` and ``targetQueue``."""
_WORD = re.compile(r"[A-Z]?[a-z]{3,}")


def nearest(name: str, known: Iterable[str], *, cutoff: float = CLOSE) -> str | None:
    """The known name closest to ``name``, compared without regard to case, or None if none is as close as ``cutoff``
    (0 to 1)."""
    return next(iter(_near(name, known, cutoff)), None)


def did_you_mean(name: str, known: Iterable[str], *, most: int = 1) -> str | None:
    """A help sentence: the nearest known names, at most so many, or one that has a word of it, else the whole list when
    it is short (eight names)."""
    names = sorted(set(known))
    matches = _near(name, names, CLOSE)[:most] or _with_a_word_of(name, names)
    if matches:
        first, last = ", ".join(f'"{match}"' for match in matches[:-1]), f'"{matches[-1]}"'
        return f"did you mean {first} or {last}?" if first else f"did you mean {last}?"
    if 0 < len(names) <= 8:
        return "known: " + ", ".join(names)
    return None


def _near(name: str, known: Iterable[str], cutoff: float) -> list[str]:
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    matches = get_close_matches(name.casefold(), by_folded, n=5, cutoff=cutoff)
    return [by_folded[match] for match in matches if _likeness(_own(name), _own(match)) >= CLOSE]


def _with_a_word_of(name: str, known: Iterable[str]) -> list[str]:
    words = _words(name)
    likenesses = [(_likeness(name, one), one) for one in known if words & _words(one)]
    likeness, found = max(likenesses, default=(0.0, ""))
    return [found] if likeness >= IN_ONE_WORD else []


def _words(name: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(_own(name))}


def _own(name: str) -> str:
    """A name without its scope, which makes any two names of it alike."""
    return name.rpartition(".")[2]


def _likeness(name: str, other: str) -> float:
    return SequenceMatcher(None, name.casefold(), other.casefold()).ratio()
