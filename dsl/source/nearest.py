"""The one helper for "did you mean": every unknown name asks here."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name closest to ``name``, compared without regard to case, or None if none is as close as ``cutoff``
    (0 to 1)."""
    matches = _near(name, known, 1, cutoff)
    return matches[0] if matches else None


def _near(name: str, known: Iterable[str], most: int, cutoff: float) -> list[str]:
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    return [by_folded[match] for match in get_close_matches(name.casefold(), by_folded, n=most, cutoff=cutoff)]


def did_you_mean(name: str, known: Iterable[str], *, most: int = 1) -> str | None:
    """A help sentence: the nearest known names, at most so many, else the whole list when it is short (eight names)."""
    names = sorted(set(known))
    matches = _near(name, names, most, 0.6)
    if matches:
        first, last = ", ".join(f'"{match}"' for match in matches[:-1]), f'"{matches[-1]}"'
        return f"did you mean {first} or {last}?" if first else f"did you mean {last}?"
    if 0 < len(names) <= 8:
        return "known: " + ", ".join(names)
    return None
