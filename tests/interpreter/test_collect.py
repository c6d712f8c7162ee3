"""Digit collection, row by row (telephony.md §4)."""

from __future__ import annotations

from typing import Any

import pytest

from interpreter.collect import Collected, Collector, validate
from interpreter.commands import Collect


def collect(keys: str, *, wait: bool = False, queue: str = "", **settings: Any) -> tuple[Collected | None, list[str]]:
    """Press keys 100 ms apart after the prompt; ``wait`` lets the deadline pass afterwards.

    The answer and what stays queued.
    """
    settings.setdefault("max", 6)
    left = list(queue)
    collector = Collector(Collect(id="1", deadline=0, **settings), left)
    answer = collector.begin(0)
    if answer is None:
        collector.prompt_ended(0)
    now = 0
    for key in keys:
        if answer is not None:
            left.append(key)
            continue
        now += 100
        answer = collector.digit(key, now)
    if answer is None and wait and collector.deadline is not None:
        assert collector.expire(collector.deadline - 1) is None
        answer = collector.expire(collector.deadline)
    return answer, left


@pytest.mark.parametrize(
    ("keys", "settings", "expected"),
    [
        ("", {}, ("", "no_input")),
        ("#", {}, ("", "no_match")),
        ("#", {"min": 0}, ("", "term")),
        ("#", {"accept_bare": "#"}, ("#", "term")),
        ("*", {"accept_bare": "*"}, ("*", "term")),
        ("12#", {"min": 3}, ("12", "no_match")),
        ("12", {"min": 3}, ("12", "no_match")),
        ("123#", {"min": 3}, ("123", "term")),
        ("123", {"min": 3}, ("123", "inter_timeout")),
        ("123456", {"term_keys": ""}, ("123456", "max")),
        ("123456", {}, ("123456", "max")),
        ("123456#", {"term_timeout": 1000}, ("123456", "term")),
        ("123456", {"term_timeout": 1000}, ("123456", "max")),
        ("1*", {}, ("1*", "no_match")),
        ("7", {"allowed": "123"}, ("7", "no_match")),
    ],
)
def test_a_collection_ends_as_the_table_says(keys: str, settings: dict[str, Any], expected: tuple[str, str]) -> None:
    answer, _ = collect(keys, wait=True, **settings)
    assert answer is not None
    assert (answer.digits, answer.why) == expected


def test_letters_of_the_keypad_are_ignored_unless_allowed() -> None:
    answer, _ = collect("1A2", wait=True)
    assert answer == Collected("12", "inter_timeout")


def test_a_key_after_the_last_digit_stays_in_the_queue() -> None:
    answer, left = collect("1234567", term_timeout=500)
    assert answer == Collected("123456", "max")
    assert left == ["7"]


def test_digits_typed_ahead_answer_at_once_and_the_rest_is_kept() -> None:
    answer, left = collect("", queue="12", max=1, term_keys="")
    assert answer == Collected("1", "max")
    assert left == ["2"]


def test_some_digits_typed_ahead_start_the_inter_digit_timer() -> None:
    collector = Collector(Collect(id="1", deadline=0, max=6), list("12"))
    assert collector.begin(1000) is None
    assert collector.skips_prompts
    assert collector.deadline == 4000


def test_a_flush_forgets_what_was_typed_ahead() -> None:
    answer, left = collect("", queue="12", max=1, flush_typeahead=True, wait=True)
    assert answer == Collected("", "no_input")
    assert left == []


def test_the_first_timer_starts_when_the_prompt_ends_and_each_digit_restarts_the_other() -> None:
    collector = Collector(Collect(id="1", deadline=0, max=6), [])
    collector.begin(0)
    assert collector.deadline is None
    collector.prompt_ended(2000)
    assert collector.deadline == 7000
    collector.digit("1", 3000)
    assert collector.deadline == 6000
    collector.digit("2", 5000)
    assert collector.deadline == 8000


def test_a_barge_in_digit_never_starts_the_first_timer() -> None:
    collector = Collector(Collect(id="1", deadline=0, max=6), [])
    collector.begin(0)
    collector.digit("1", 500)
    collector.prompt_ended(600)
    assert collector.deadline == 3500


def test_a_platform_that_collects_by_itself_is_held_to_the_same_rules() -> None:
    command = Collect(id="1", deadline=0, max=6, min=3)
    assert validate(command, "12", "term") == Collected("12", "no_match")
    assert validate(command, "123", "term") == Collected("123", "term")
