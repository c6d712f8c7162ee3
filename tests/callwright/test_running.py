"""``init`` and ``run``: a new project, a scripted call, a call at the keyboard."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from callwright.cli import main

Output = pytest.CaptureFixture[str]
AT = ["--at", "2026-06-01T10:00:00Z"]
MIRA, STRANGER = "+4930901820", "+15550001"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> Path:
    """A new project, made by ``init``, as the current folder."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "hello"]) == 0
    capsys.readouterr()
    monkeypatch.chdir(tmp_path / "hello")
    return tmp_path / "hello"


FLOW = "flows/crm_welcome.yaml"
TESTS = "tests/crm_welcome.test.yaml"
CASE = "an unknown caller types the customer number, wrong once"


def script(text: str) -> list[str]:
    Path("caller.yaml").write_text(f"script: [{text}]\n", encoding="utf-8")
    return ["--script", "caller.yaml"]


# init


def test_a_new_project_checks_clean_even_under_strict(project: Path, capsys: Output) -> None:
    assert main(["check", "--strict", "."]) == 0
    assert capsys.readouterr().out == "7 files checked: no findings\n"


def test_init_says_what_to_do_next_and_each_of_it_works(
    tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "hello"]) == 0
    told = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("  callwright")]
    assert [words[1] for words in told] == ["check", "test", "run"]
    monkeypatch.setattr("sys.stdin", Keyboard(""))
    for words in told:
        assert main(words[1:]) == 0


# run with a scripted caller


def test_a_call_with_a_script_is_shown_as_it_was(project: Path, capsys: Output, snapshot: SnapshotAssertion) -> None:
    assert main(["run", FLOW, "--from", STRANGER, *AT, "--script", TESTS, "--case", CASE]) == 0
    assert capsys.readouterr().out == snapshot


def test_a_trace_reads_as_sentences(project: Path, capsys: Output, snapshot: SnapshotAssertion) -> None:
    assert main(["run", FLOW, "--from", MIRA, *AT, "--trace", *script("hear: Platinum, press: '1'")]) == 0
    assert capsys.readouterr().out == snapshot


def test_a_trace_of_a_caller_who_hangs_up_says_where(
    project: Path, capsys: Output, snapshot: SnapshotAssertion
) -> None:
    assert main(["run", FLOW, "--from", STRANGER, *AT, "--trace", *script("hear: six digit, hang up: true")]) == 0
    assert capsys.readouterr().out == snapshot


def test_event_lines_are_in_the_order_of_time_and_hold_what_was_played_and_pressed(
    project: Path, capsys: Output, snapshot: SnapshotAssertion
) -> None:
    arguments = ["run", FLOW, "--from", MIRA, *AT, "--format", "json"]
    assert main([*arguments, *script("hear: Platinum, wait: 1s, press: '1'")]) == 0
    shown = capsys.readouterr().out
    lines = [json.loads(line) for line in shown.splitlines()]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert lines[0]["schema"] == "callwright.events/1"
    assert {line["text"]: line["interrupted"] for line in lines if line["event"] == "prompt.played"} == {
        "Thank you for calling Example.": False,
        "You have our Platinum subscription. If that is right, press 1. If not, press 2.": True,
        "Welcome back, Mira Okafor. One moment, please.": False,
    }
    assert shown == snapshot


def test_a_trace_for_machines_is_one_element_a_line(project: Path, capsys: Output) -> None:
    assert main(["run", FLOW, "--from", MIRA, *AT, "--press", "1", "--trace", "--format", "json"]) == 0
    elements = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert elements[-1]["kind"] == "transferToAcd"
    assert all({"t", "path", "kind"} <= element.keys() for element in elements)


def test_the_same_call_is_told_in_the_same_words(project: Path, capsys: Output) -> None:
    arguments = ["run", FLOW, "--from", MIRA, *AT, "--press", "1", "--format", "json"]
    main(arguments)
    first = capsys.readouterr().out
    main(arguments)
    assert capsys.readouterr().out == first


def test_a_script_that_waits_in_vain_fails_and_says_where(project: Path, capsys: Output) -> None:
    assert main(["run", FLOW, "--from", MIRA, *script("hear: Good night")]) == 1
    assert 'caller.yaml:1:10: "Good night" was never heard' in capsys.readouterr().err


def test_a_case_that_is_not_there_is_an_error(project: Path, capsys: Output) -> None:
    assert main(["run", FLOW, "--script", TESTS, "--case", "nobody"]) == 1
    assert 'the test file has no case "nobody"' in capsys.readouterr().err


def test_stubs_stand_before_the_crm_and_leave_the_rest_to_it(project: Path, capsys: Output) -> None:
    Path("stubs.yaml").write_text("callwright CRM / Find Contact By Phone: [timeout]\n", encoding="utf-8")
    arguments = ["run", FLOW, "--from", MIRA, *AT, "--press", "1"]
    assert main([*arguments, "--stubs", "stubs.yaml"]) == 0
    assert "data: crm.lookup = unreachable" in capsys.readouterr().out
    Path("stubs.yaml").write_text("callwright CRM / Find Contact By Field: [timeout]\n", encoding="utf-8")
    assert main([*arguments, "--stubs", "stubs.yaml"]) == 0
    assert "data: crm.name = Mira Okafor" in capsys.readouterr().out


def test_without_contacts_an_action_without_a_stub_brings_one_to_paste(project: Path, capsys: Output) -> None:
    Path("contacts.yaml").unlink()
    config = Path("callwright.yaml")
    text = config.read_text(encoding="utf-8").replace("contacts: contacts.yaml\n", "")
    config.write_text(text, encoding="utf-8")
    assert main(["run", FLOW, "--from", MIRA, *AT, "--press", "1"]) == 0
    shown = capsys.readouterr()
    assert "callwright CRM / Find Contact By Phone has no stub" in shown.err
    assert "data: crm.lookup = unreachable" in shown.out


def test_a_contact_that_cannot_be_read_is_reported_and_the_call_goes_on(project: Path, capsys: Output) -> None:
    with Path("contacts.yaml").open("a", encoding="utf-8") as file:
        file.write("  - {firstName: Broken, colour: red}\n")
    assert main(["run", FLOW, "--from", MIRA, *AT, "--press", "1"]) == 0
    shown = capsys.readouterr()
    assert 'a contact has no "colour"' in shown.err
    assert "ended: queue Priority" in shown.out
    assert main(["test", ".", "-k", "priority account"]) == 0
    assert capsys.readouterr().out.count('a contact has no "colour"') == 1


# run at the keyboard


class Keyboard:
    """A terminal at which keys are typed, and then nothing until the call is over."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines
        self.gone = threading.Event()

    def isatty(self) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        yield from (line for line in self.lines if line)
        if self.lines != ("",):
            self.gone.wait(60)


def test_whoever_types_h_hangs_up(project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard("h\n"))
    assert main(["run", FLOW, "--from", MIRA]) == 0
    shown = capsys.readouterr().out
    assert "flow: Thank you for calling Example." in shown
    assert "ended: hangup" in shown


def test_the_end_of_input_hangs_up(project: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard(""))
    assert main(["run", FLOW, "--from", MIRA, "--trace"]) == 0
    assert "ended: hangup" in capsys.readouterr().out


def test_what_the_keyboard_cannot_do_is_told_before_the_call(
    tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(
        "inboundCall: {name: F, startUpTaskActions: "
        "[{setUUIData: {uuiData: {lit: x}, mode: transfer}}, {disconnect: {}}]}"
    )
    monkeypatch.setattr("sys.stdin", Keyboard("h\n"))
    assert main(["run", str(path)]) == 0
    assert 'needs SIP headers, which the adapter "terminal" does not have' in capsys.readouterr().err


class Writer(Keyboard):
    """A terminal at which each line is typed when it is asked for."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.left = iter(lines)

    def readline(self) -> str:
        return next(self.left, "")

    def __iter__(self) -> Iterator[str]:
        yield from self.left
        self.gone.wait(60)


TYPES = Path(__file__).parent.parent / "simulator" / "flow_types"


@pytest.mark.parametrize(
    ("flow", "lines", "told"),
    [
        ("message.yaml", ("where is my order A-123",), ("flow: Noted: Track A-123", "ended: disconnect")),
        ("digital_bot.yaml", ("Balance", "no", "yes", "help"), ("flow: You have 5", "ended: queue Help")),
        ("orders_bot.yaml", ("refund 12",), ("flow: What can I do for you?", "flow: Refund", "ended: bot")),
        ("email.yaml", ("Help", "Please call me.", "", "Nobody reads this."), ("ended: ",)),
    ],
)
def test_what_is_written_and_said_is_typed(
    flow: str, lines: tuple[str, ...], told: tuple[str, ...], capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Writer(*(f"{line}\n" for line in lines)))
    assert main(["run", str(TYPES / flow)]) == 0
    shown = capsys.readouterr().out
    assert [text for text in told if text not in shown] == [], shown


def test_a_call_at_a_real_terminal_goes_to_its_queue(project: Path) -> None:
    """Keys are typed as soon as the flow asks for them, the flow answers out of the project's contacts."""
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", "callwright", "run", FLOW, "--from", MIRA, "--trace"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True) as call:
        assert call.stdout is not None
        shown = ""
        for line in call.stdout:
            shown += line
            if line.startswith("flow: You have our Platinum"):
                os.write(mine, b"1\n")
    os.close(mine)
    os.close(theirs)
    assert call.returncode == 0
    assert "flow: Welcome back, Mira Okafor." in shown
    assert 'Greet - confirm: asked "You have our Platinum' in shown
    assert "ended: queue Priority" in shown
