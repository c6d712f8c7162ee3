"""The one helper for "did you mean": every unknown name asks here."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name closest to ``name``, compared without regard to case, or None if none is as close as ``cutoff``
    (0 to 1)."""
    by_folded: dict[str, str] = {}
    for candidate in known:
        by_folded.setdefault(candidate.casefold(), candidate)
    matches = get_close_matches(name.casefold(), by_folded, n=1, cutoff=cutoff)
    return by_folded[matches[0]] if matches else None


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A help sentence: the nearest known name, else the whole list when it is short (eight names)."""
    names = sorted(set(known))
    match = nearest(name, names)
    if match is not None:
        return f'did you mean "{match}"?'
    if 0 < len(names) <= 8:
        return "known: " + ", ".join(names)
    return None
