"""The example that offers a callback in the queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from callwright.cli import main

PROJECT = Path(__file__).parents[2] / "flows/callback_offer"


def test_its_calls_pass_and_it_checks_without_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(PROJECT)]) == 0
    assert capsys.readouterr().out.endswith("3 passed, 0 failed\n")
    assert main(["check", "--strict", str(PROJECT)]) == 0


def test_a_new_project_begins_like_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "new"), "--example", "callback"]) == 0
    assert "flows/front_door.yaml" in capsys.readouterr().out
    assert main(["test", str(tmp_path / "new")]) == 0


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ('{number: "+49111"}', 'the number of the callback is "+4930901820", expected "+49111"'),
        ("{queue: Sales}", 'the queue of the callback is "Support", expected "Sales"'),
    ],
)
def test_another_callback_than_expected_fails_with_what_was_booked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], expected: str, said: str
) -> None:
    case = tmp_path / "wrong.test.yaml"
    case.write_text(
        f"""
flow: {PROJECT}/flows/offer_callback.yaml
calls:
  - name: books
    from: "+4930901820"
    to: "+49301234567"
    builtins: {{Call.PositionInQueue: 3}}
    script: [{{hear: press 1}}, {{press: "1"}}]
    expect: {{callback: {expected}}}
""",
        encoding="utf-8",
    )
    assert main(["test", str(case)]) == 1
    assert said in capsys.readouterr().out


def test_a_number_that_is_none_takes_the_error_handling(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow = (PROJECT / "flows/offer_callback.yaml").read_text(encoding="utf-8")
    (tmp_path / "flow.yaml").write_text(flow.replace("ToPhoneNumber(Call.Ani)}", 'ToPhoneNumber("tel:+4912")}'))
    case = tmp_path / "none.test.yaml"
    case.write_text(
        """
flow: flow.yaml
calls:
  - name: cannot be called
    from: "+4930901820"
    to: "+49301234567"
    builtins: {Call.PositionInQueue: 3}
    script: [{hear: press 1}, {press: "1"}]
    expect: {error: is no telephone number}
""",
        encoding="utf-8",
    )
    assert main(["test", str(case)]) == 0, capsys.readouterr().out
