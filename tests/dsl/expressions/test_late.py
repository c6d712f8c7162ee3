"""Values whose type nobody knows beforehand: the call is that of the values which come (expressions.md §7.1)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dsl.expressions import answer_line

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def answer(expression: str, value: Any) -> Any:
    line = {"expr": expression, "vars": {"Flow.x": value}, "types": {"Flow.x": "any"}}
    found = json.loads(answer_line(json.dumps(line), NOW))
    return found["error"]["message"] if "error" in found else found["value"]


@pytest.mark.parametrize(
    ("expression", "value", "expected"),
    [
        ("ToInt(Flow.x)", "42", 42),
        ("ToInt(Flow.x)", 41.5, 41),
        ("ToInt(Flow.x)", {"duration_ms": 1500}, 1500),
        ("Count(Flow.x)", {"list": "String", "items": ["a", "b"]}, 2),
        ("Count(Flow.x)", {"json": [1, 2, 3]}, 3),
        ("IsNotSetOrEmpty(Flow.x)", {"list": "String", "items": []}, True),
        ("IsSet(Flow.x)", None, False),
        ('If(Flow.x, "yes", "no")', "false", "no"),
        ('If(true, Flow.x, "no")', 5, "5"),
        ("Flow.x and true", "true", True),
        ("Floor(Flow.x)", {"time": "12:00:00"}, "no Floor takes (Time)"),
        ("Length(Flow.x)", None, 'Length does not take NOT_SET for "text"'),
        ('Left("abc", Flow.x)', -1, '"length" of Left is -1, which is out of range'),
        ("Flow.x | 1", "7", "the values do not fit together"),
        ('If(false, ToDate("2026-03-02"), Flow.x)', {"duration_ms": 1}, "this is no Date"),
        ("-Flow.x", "7", "the values do not fit together"),
        ("Flow.x < 3", "7", "the values do not fit together"),
    ],
)
def test_a_call_is_that_of_the_value_which_comes(expression: str, value: Any, expected: Any) -> None:
    assert answer(expression, value) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"expr": "Flow.x", "vars": {"Flow.x": {}}}, "an object with one key, the kind of the value"),
        ({"expr": "Flow.x", "vars": {"Flow.x": {"timeslot": 3}}}, "has not the form of any value"),
        ({"expr": "Flow.x", "vars": {"Flow.x": "a"}, "types": {"Flow.x": 5}}, 'the type of "Flow.x" is a type code'),
        ({"expr": "1", "expect": 7}, '"expect" must be a text'),
        ({"expr": "Flow.x", "vars": {"Flow.x": float("nan")}}, "NaN is no number"),
        ({"expr": "Flow.x", "vars": {"Flow.x": "gold"}, "types": {"Flow.x": "tsl"}}, "cannot be read"),
        ({"expr": 'JsonParse("[1e999]")'}, "beyond the range of JSON numbers"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: dict[str, Any], message: str) -> None:
    assert message in json.loads(answer_line(json.dumps(line), NOW))["error"]["message"]


def test_a_number_inside_a_document_comes_out_as_it_went_in() -> None:
    assert answer("Flow.x", {"json": {"a": [1.5, 2]}}) == {"json": {"a": [1.5, 2]}}
