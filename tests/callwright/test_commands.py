"""The command line, as users call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from callwright.cli import COMMANDS, main

ROOT = Path(__file__).parent.parent.parent
WELCOME = ROOT / "flows/crm_welcome/flows/crm_welcome.yaml"
TESTS = ROOT / "flows/crm_welcome/tests/crm_welcome.test.yaml"


def test_help_loads_nothing_heavy() -> None:
    heavy = "lark yaml jsonschema aiohttp httpx sqlalchemy starlette rich pygls babel num2words".split()
    code = (
        "import sys; from callwright.cli import main; main(['--help']); "
        f"print('LOADED', [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED []"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


def test_a_misspelt_command_gets_the_right_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chek"]) == 2
    assert 'Did you mean "check"?' in capsys.readouterr().err


def test_the_sample_project_passes_its_own_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", str(TESTS)]) == 0
    assert capsys.readouterr().out.endswith("9 passed, 0 failed\n")


def test_a_new_project_passes_its_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "new")]) == 0
    assert main(["test", str(tmp_path / "new")]) == 0
    assert "9 passed, 0 failed" in capsys.readouterr().out


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    assert main(["init", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_failing_case_says_what_was_seen_and_where_it_was_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        TESTS.read_text(encoding="utf-8")
        .replace("queue: Priority", "queue: Gold")
        .replace("../flows", str(WELCOME.parent))
    )
    file = tmp_path / "wrong.test.yaml"
    file.write_text(text, encoding="utf-8")
    assert main(["test", str(file)]) == 1
    shown = capsys.readouterr().out
    assert 'queue is "Priority", expected "Gold"' in shown
    assert "8 passed, 1 failed" in shown


def test_a_checked_flow_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(WELCOME)]) == 0
    assert capsys.readouterr().out == "1 file checked: no findings\n"


def test_check_shows_an_unknown_action_with_the_nearest_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("flow.yaml").write_text(
        "inboundCall:\n  name: Typo\n  startUpRef: ./tasks/task[main]\n  tasks:\n  - task:\n      name: Main\n"
        "      refId: main\n      actions:\n      - transfertoAcd: {name: T, targetQueue: {lit: {name: Gold}}}\n"
        "      - disconnect: {none: true}\n",
        encoding="utf-8",
    )
    assert main(["check", "flow.yaml"]) == 1
    assert capsys.readouterr().out == snapshot


def test_check_answers_machines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--format", "json", str(WELCOME)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["files"], document["findings"]) == (1, [])


def test_an_unknown_queue_is_found_in_the_organisation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", str(tmp_path / "p")])
    flow = tmp_path / "p/flows/crm_welcome.yaml"
    flow.write_text(flow.read_text(encoding="utf-8").replace("queue: Gold", "queue: Gould"), encoding="utf-8")
    capsys.readouterr()
    assert main(["check", "--strict", str(flow)]) == 1
    shown = capsys.readouterr().out
    assert 'unknown queue "Gould"' in shown
    assert 'did you mean "Gold"?' in shown


def test_expand_prints_what_checks_clean_on_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["expand", str(WELCOME)]) == 0
    expanded = tmp_path / "expanded.yaml"
    expanded.write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["check", str(expanded)]) == 0


@pytest.mark.parametrize(
    ("expression", "shown"),
    [("42/8", "5.25"), ('Append("a", NOT_SET, "b")', "ab"), ("2^2", "4.0"), ('ToDuration("PT90S")', "PT1M30S")],
)
def test_eval_prints_a_value_as_text(expression: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", expression]) == 0
    assert capsys.readouterr().out.strip() == shown


def test_eval_shows_the_place_of_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "5 + Flow.unset"]) == 1
    assert "error[runtime-expression]" in capsys.readouterr().err


def test_eval_answers_lines_in_order() -> None:
    lines = '{"expr": "1 + 1"}\nnot json\n{"expr": "Length(5)"}\n'
    command = [sys.executable, "-m", "callwright", "eval", "-"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers[0] == {"type": "int", "value": 2, "text": "2"}
    assert [answer["error"]["code"] for answer in answers[1:]] == ["syntax-json", "no-matching-overload"]


def test_a_file_that_is_not_there_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "nowhere.yaml"]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err
