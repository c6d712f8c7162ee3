"""What a scripted caller waits to hear."""

from __future__ import annotations

import pytest

from dsl.source import Source, read_yaml
from simulator.script import Hear, read_script


def hear(text: str) -> Hear:
    tree, _ = read_yaml(Source("script", f"[{{hear: {text}}}]"))
    steps, findings = read_script(tree)
    assert findings == []
    assert isinstance(steps[0], Hear)
    return steps[0]


@pytest.mark.parametrize(
    ("waited_for", "heard", "rest"),
    [
        ("welcome   BACK", "Hello. Welcome back, Mira.", ", Mira."),
        ("Mira.", "Welcome back, Mira.", ""),
        ("a+b (c)", "Say a+b (c) now", "now"),
        ("{matches: 'W\\w+'}", "Say Welcome back", "back"),
    ],
)
def test_what_follows_the_words_is_still_to_be_heard(waited_for: str, heard: str, rest: str) -> None:
    step = hear(waited_for)
    assert step.matches(heard, ())
    assert step.rest(heard) == rest


def test_a_named_prompt_is_heard_as_a_whole() -> None:
    step = hear("{prompt: Prompt.Welcome}")
    assert step.matches("Hello there", ("Prompt.Welcome",))
    assert step.rest("Hello there") == ""


def test_a_slip_of_the_pen_below_repeat_is_told() -> None:
    tree, _ = read_yaml(Source("script", "[{repeat: {times: 2, stps: [{press: '1'}]}}]"))
    (found,) = read_script(tree)[1]
    assert (found.code, found.help) == ("unknown-key", 'did you mean "steps"?')
