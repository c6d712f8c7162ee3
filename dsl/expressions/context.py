"""What evaluation may ask of the world: the time of the event, the running language, look-ups, random numbers.

The machine implements it from the event and from its state, so that evaluation stays a function of its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dsl.expressions.values import Duration, Entity

_WORD = 0xFFFFFFFFFFFFFFFF


def next_random(state: int) -> tuple[int, float]:
    """One step of a splitmix generator: from its 64 bits to the next 64 bits and a number, 0 <= x < 1."""
    state = mixed = (state + 0x9E3779B97F4A7C15) & _WORD
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
    return state, ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)


class Context(Protocol):
    """Given as ``ctx`` to the functions that need it."""

    @property
    def language(self) -> str:
        """The running language, lower case (``en-us``)."""

    @property
    def default_language(self) -> str:
        """The flow's default language."""

    @property
    def supported_languages(self) -> Sequence[str]:
        """The flow's languages."""

    def now(self) -> datetime:
        """The time of the current event, UTC."""

    def draw(self) -> float:
        """A random number, 0 <= x < 1, from the generator in the state."""

    def find(self, kind: str, name: str) -> Entity | None:
        """The one organisation object of this type code by name (users: by e-mail address), whatever its case."""

    def named(self, kind: str, name: str) -> Entity | None:
        """The same for casts; where there is no organisation at all, the name is taken as it is."""

    def by_id(self, kind: str, identity: str) -> Entity | None:
        """The organisation object of this type code by id."""

    def estimated_wait(self, queue: str) -> Duration | None:
        """The estimated wait of a queue by name or id; None when there is none."""
