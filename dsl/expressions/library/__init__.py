"""The functions' implementations, one module a family. Importing the package registers them all."""

from dsl.expressions.library import (
    conversions,
    dates,
    documents,
    lists,
    logic,
    lookups,
    money,
    numbers,
    sounds,
    texts,
)
from dsl.expressions.library.registry import IMPLEMENTATIONS, NEEDS_CONTEXT

__all__ = [
    "IMPLEMENTATIONS",
    "NEEDS_CONTEXT",
    "conversions",
    "dates",
    "documents",
    "lists",
    "logic",
    "lookups",
    "money",
    "numbers",
    "sounds",
    "texts",
]
