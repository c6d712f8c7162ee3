"""Where indentation does not fit, the line that has to be moved is told, not the one that libyaml stumbles over."""

from __future__ import annotations

import pytest

from dsl.source import Source, read_yaml

FLOW = """\
flow:
  name: A
  settings:
    first:
      lit: 1
    second:
      lit: 2
    third:
      lit: 3
  actions:
    - play:
        audio: a
    - wait:
        time: 1
    - stop:
        why: b
"""
LINES = FLOW.splitlines()


def refused(text: str) -> tuple[int, str]:
    """Line and message of the one finding."""
    (found,) = read_yaml(Source("flow.yaml", text))[1]
    assert found.code == "syntax-yaml"
    return found.span.start.line, found.message


def moved(number: int, by: int) -> str:
    line = LINES[number - 1]
    changed = " " * by + line if by > 0 else line[-by:]
    return "\n".join([*LINES[: number - 1], changed, *LINES[number:]]) + "\n"


@pytest.mark.parametrize(
    ("number", "by"),
    [
        (4, 1),  # the first key of a block, pushed in
        (4, 2),
        (6, -2),  # one in the middle, pulled out
        (8, -1),
        (11, 2),  # the first action
        (13, -2),  # an action in the middle
        (6, -3),
        (15, 1),
    ],
)
def test_the_line_that_was_moved_is_told(number: int, by: int) -> None:
    line, message = refused(moved(number, by))
    assert line == number
    assert "indentation" in message or "dash" in message or "colon" in message


def test_a_dash_among_keys_is_told_where_it_stands() -> None:
    line, _ = refused(FLOW.replace("    second:", "  - second:"))
    assert line == 6


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_quote_that_is_not_closed_is_told_where_it_opens(quote: str) -> None:
    text = FLOW.replace("name: A", f"name: {quote}A").replace("audio: a", f"audio: {quote}a{quote}")
    assert refused(text) == (2, "a text in quotes is not closed")


def test_a_quote_that_nothing_closes_is_told_where_it_opens_or_at_the_end() -> None:
    line, message = refused('flow:\n  name: "A\n  other: b\n')
    assert message == "a text in quotes is not closed"
    assert line in (2, 4)


def test_a_value_that_begins_with_an_exclamation_mark_is_told_to_be_quoted() -> None:
    tree, (found,) = read_yaml(Source("flow.yaml", "exp: !Flow.vip\n"))
    assert (found.code, found.help) == ("wrong-kind", "remove the tag; a value that begins with ! stands in quotes")
    assert tree is not None
