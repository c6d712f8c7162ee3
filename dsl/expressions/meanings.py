"""What functions do, in a sentence or two, with an example each (``meanings.txt``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a function does, and an expression that shows it."""

    text: str
    example: str


@lru_cache(maxsize=1)
def meanings() -> Mapping[str, Meaning]:
    """The meaning of every function by its name."""
    text = files("dsl.expressions").joinpath("meanings.txt").read_text(encoding="utf-8")
    lines = (line.split(" | ") for line in text.splitlines() if " | " in line and not line.startswith("#"))
    return {name: Meaning(meaning, example) for name, meaning, example in lines}
