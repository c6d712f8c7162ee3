"""Every statement of the reference that one expression can show (``statements.jsonl``), asked as ``eval -`` is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dsl.expressions import answer_line

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def read_statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """The heading that a line stands under, and the line."""
    heading = ""
    for line in (Path(__file__).parent / "statements.jsonl").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.removeprefix("# ")
        else:
            yield heading, json.loads(line)


STATEMENTS: dict[str, list[dict[str, Any]]] = {}
for _heading, _statement in read_statements():
    STATEMENTS.setdefault(_heading, []).append(_statement)


def holds(statement: Mapping[str, Any], answer: Mapping[str, Any]) -> bool:
    if "gives" in statement:
        return all(name in answer and answer[name] == value for name, value in statement["gives"].items())
    error = answer.get("error")
    code, column, words = (*statement["fails"], None, None)[:3]
    if error is None or error["code"] != code:
        return False
    return column in (None, error["column"]) and (words or "") in error["message"]


@pytest.mark.parametrize("heading", STATEMENTS)
def test_what_the_reference_says_of(heading: str) -> None:
    wrong = []
    for statement in STATEMENTS[heading]:
        line = json.dumps({key: value for key, value in statement.items() if key not in ("gives", "fails")})
        answer = json.loads(answer_line(line, NOW))
        if not holds(statement, answer):
            wrong.append((statement, answer))
    assert wrong == []
