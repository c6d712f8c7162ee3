"""What actions and their parameters mean, in a sentence each (``meanings.txt``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def _texts() -> Mapping[str, str]:
    text = files("dsl.actions").joinpath("meanings.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return dict(line.split(": ", 1) for line in lines)


def meaning_of(action: str) -> str:
    """What an action does."""
    return _texts()[action]


def meaning_of_parameter(action: str, parameter: str) -> str:
    """What a parameter of an action holds; empty where nothing is known of it."""
    texts = _texts()
    return texts.get(f"{action}.{parameter}") or texts.get(f".{parameter}", "")
