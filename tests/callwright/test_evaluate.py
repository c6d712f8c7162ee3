"""``callwright eval`` beyond the prompt: one expression, and a stream of lines."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from callwright.cli import main


def stream(data: bytes, *options: str) -> list[dict[str, object]]:
    command = [sys.executable, "-m", "callwright", "eval", *options, "-"]
    done = subprocess.run(command, input=data, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_every_line_has_its_answer_whatever_stands_in_it() -> None:
    answers = stream(b'\xef\xbb\xbf{"expr": "1"}\r\n\n\xff\xfe\n[]\n{"expr": "\\"\\u00fc\\""}\n{"expr": "2"}')
    assert [answer.get("text") for answer in answers] == ["1", None, None, None, "ü", "2"]
    assert [dict(answer["error"])["code"] for answer in answers[1:4]] == ["syntax-json", "syntax-json", "wrong-kind"]  # type: ignore[call-overload]


def test_lines_may_ask_for_trees() -> None:
    (tree,) = stream(b'{"expr": "-1.50 + Flow.x", "types": {"Flow.x": "int"}, "expect": "str"}', "--tree")
    assert tree == {
        "op": "ToString", "type": "str", "pos": 7, "implicit": True,
        "operands": [{"op": "+", "type": "dec", "pos": 7, "operands": [
            {"op": "lit", "type": "dec", "pos": 1, "value": "-1.5"},
            {"op": "ref", "type": "int", "pos": 9, "name": "Flow.x"}]}],
    }  # fmt: skip


def test_a_variable_that_nobody_declared_is_converted_by_the_function_of_its_target() -> None:
    (tree,) = stream(b'{"expr": "Flow.x", "expect": "int"}', "--tree")
    assert (tree["op"], tree["type"], tree["implicit"]) == ("ToInt", "int", True)


@pytest.mark.parametrize(("expression", "shown"), [("-2^2", "4.0"), ("-Round(2.5)", "-3.0"), ("- 5 + 1", "-4")])
def test_an_expression_may_begin_with_a_minus(expression: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", expression, "--language", "de"]) == 0
    assert capsys.readouterr().out.strip() == shown


def test_a_mistyped_option_is_still_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--tre", "1"]) == 2
    assert "--tree" in capsys.readouterr().err


def test_a_mistake_is_shown_with_its_line_its_place_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", '1 +\n  Lenght("a")']) == 1
    assert capsys.readouterr().err == (
        'error[unknown-function]: unknown function "Lenght"\n'
        '  |   Lenght("a")\n'
        "  |   ^\n"
        '  = help: did you mean "Length" or "Left"?\n'
    )


def test_what_checking_would_warn_of_is_shown_beside_the_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "IsSet(Call.Anni)"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "false\n"
    assert shown.err.startswith('warning[unknown-builtin]: "Call.Anni" is no known built-in name')
    assert 'did you mean "Call.Ani"?' in shown.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--expect", "integer"], 'there is no type "integer"'),
        (["--flow-type", "inboundCal"], '"inboundCal" is no flow type'),
        (["--now", "0001-01-01T00:00:00+14:00"], "is no time for"),
        (["--now", "2026-03-02T09:15:00"], "is no time for"),
    ],
)
def test_an_option_with_a_wrong_value_says_so(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "1", *options]) == 1
    assert words in capsys.readouterr().err
