"""What evaluation may ask of the world: the time of the event, the running language, look-ups, random numbers.

The machine implements it from the event and from its state, so that evaluation stays a function of its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dsl.expressions.values import Duration, Entity


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
