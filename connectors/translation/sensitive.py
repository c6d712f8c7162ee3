"""Values that a connection marks as sensitive by JSONPath (data-actions.md §9.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dsl.expressions.values import Secure


def mark(document: Any, paths: Sequence[str]) -> Any:
    """The document with the values at these paths wrapped; the given one is left alone."""
    for path in paths:
        import jsonpath

        from connectors.translation.jsonpath import normalised

        places = [match.parts for match in jsonpath.finditer(normalised(path)[0], document)]
        for parts in places:
            document = _wrapped(document, parts)
    return document


def _wrapped(value: Any, parts: Sequence[str | int]) -> Any:
    if not parts:
        return value if isinstance(value, Secure) or value is None else Secure(value)
    first, rest = parts[0], parts[1:]
    if isinstance(value, dict) and first in value:
        return {**value, first: _wrapped(value[first], rest)}
    if isinstance(value, list) and isinstance(first, int) and first < len(value):
        return [*value[:first], _wrapped(value[first], rest), *value[first + 1 :]]
    return value
