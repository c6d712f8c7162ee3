"""docs/functions.md: every function of the expression language, with an example and what it really gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from callwright.documentation.markdown import fence, page
from dsl.expressions import answer_line
from dsl.expressions.catalogue import functions, sections, spoken
from dsl.expressions.meanings import meanings
from dsl.expressions.values import Entity

_INTRODUCTION = """
Every function, by what it is for. Names are taken in any case. A `?` marks what may be NOT_SET, `...` what may repeat.
Arguments are never converted on their own: `Append("a", 1)` is an error, `Append("a", ToString(1))` is right.

The examples are what `callwright eval` answers, in an organisation with the queue Sales, the skill Billing and the
like; of audio the words are shown.
"""
_NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
_ORGANISATION = (
    Entity("que", "q1", "Sales"),
    Entity("skl", "s1", "Billing"),
    Entity("lac", "l1", "German"),
    Entity("usr", "u1", "Ada", "ada@example.com"),
    Entity("grp", "g1", "Managers"),
    Entity("wrc", "w1", "Resolved"),
)


def functions_page() -> str:
    """The page."""
    parts = (part for heading, names in sections().items() for part in _section(heading, names))
    return page("Functions", _INTRODUCTION, *parts)


def _section(heading: str, names: tuple[str, ...]) -> Iterator[str]:
    yield f"## {heading}"
    for name in names:
        meaning = meanings()[name]
        yield f"### {name}"
        yield meaning.text
        offered = [overload for overload in functions()[name.lower()] if not overload.internal]
        yield fence("text", "\n".join(f"{overload} -> {spoken(overload.result)}" for overload in offered))
        yield f"`{meaning.example}` gives `{answer_of(meaning.example)}`."


def answer_of(expression: str) -> str:
    """What an expression gives, as text; audio as what is heard."""
    line = json.dumps({"expr": expression, "seed": 1})
    answer = json.loads(answer_line(line, _NOW, entities=_ORGANISATION))
    if "error" in answer:
        raise ValueError(f"{expression}: {answer['error']['message']}")
    value = answer["value"]
    if isinstance(value, dict) and "audio" in value:
        return " ".join(filter(None, map(_heard, value["audio"])))
    return str(answer["text"])


def _heard(part: dict[str, object]) -> str:
    if "blank_ms" in part:
        return f"({part['blank_ms']} ms of silence)"
    return str(part.get("say") or part.get("prompt") or "")
