"""Up to where a node has done what follows from a journal."""

from __future__ import annotations

import itertools


class Progress:
    """Everything up to ``safe`` is done: whoever takes over begins behind it.

    ``hold`` comes before work whose cause is in the journal, or soon will be; until ``release``, ``safe`` stays where
    the journal was known to reach then.
    """

    def __init__(self, reached: int = 0) -> None:
        self._reached = reached
        self._held: dict[int, int] = {}
        self._numbers = itertools.count()

    def reach(self, number: int) -> None:
        """The journal is known up to here."""
        self._reached = max(self._reached, number)

    def hold(self) -> int:
        """Work begins; gives what ends it."""
        number = next(self._numbers)
        self._held[number] = self._reached
        return number

    def release(self, number: int) -> None:
        """Nothing is left to do for this work."""
        self._held.pop(number, None)

    @property
    def safe(self) -> int:
        """Up to here nothing is left to do."""
        return next(iter(self._held.values()), self._reached)
