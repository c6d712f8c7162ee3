"""The prompt of ``callwright eval``, at a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callwright.cli import main
from callwright.prompt import completer

pytest.importorskip("readline")
PATIENCE_S = 30.0  # until a loaded machine has started Python; a prompt that never comes fails


class Terminal:
    """Somebody who types and reads."""

    def __init__(self, process: subprocess.Popen[bytes], screen: int) -> None:
        self.process = process
        self.screen = screen
        self.shown = ""

    def read_until(self, wanted: str) -> str:
        """Everything that is shown until ``wanted`` stands there."""
        while wanted not in self.shown:
            ready, _, _ = select.select([self.screen], [], [], PATIENCE_S)
            assert ready, f"{wanted!r} was never shown, but: {self.shown!r}"
            try:
                self.shown += os.read(self.screen, 4096).decode()
            except OSError:  # the other end is closed
                raise AssertionError(f"it ended before {wanted!r}: {self.shown!r}") from None
        seen, _, self.shown = self.shown.partition(wanted)
        return seen

    def type(self, keys: str, until: str = "callwright> ") -> str:
        """What is shown from these keys until the next prompt, or another text."""
        os.write(self.screen, keys.encode())
        return self.read_until(until)

    def interrupt(self) -> None:
        """^C until the next prompt: Python notices one that comes while it handles a key only with the next event."""
        while True:
            os.write(self.screen, b"\x03")
            if select.select([self.screen], [], [], 1.0)[0]:
                self.read_until("callwright> ")
                return

    def leave(self, keys: str) -> int:
        os.write(self.screen, keys.encode())
        return self.process.wait(PATIENCE_S)


@contextmanager
def terminal(home: Path, *options: str) -> Iterator[Terminal]:
    mine, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "dumb", "INPUTRC": "/dev/null", "CALLWRIGHT_HOME": str(home)}
    command = [sys.executable, "-m", "callwright", "eval", *options]

    def take_terminal() -> None:
        os.login_tty(theirs)  # so that ^C reaches it
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a suite that runs in the background ignores it

    process = subprocess.Popen(command, env=environment, preexec_fn=take_terminal, pass_fds=[theirs])
    os.close(theirs)
    somebody = Terminal(process, mine)
    try:
        somebody.read_until("callwright> ")
        yield somebody
    finally:
        process.kill()
        process.wait()
        os.close(mine)


def test_lines_are_answered_and_mistakes_are_answers_too(tmp_path: Path) -> None:
    with terminal(tmp_path) as somebody:
        assert "3.0" in somebody.type("Round(2.5)\n")
        mistake = somebody.type("ToFoo(1)\n")
        assert 'error[unknown-function]: unknown function "ToFoo"' in mistake
        assert "  | ToFoo(1)\r\n  | ^" in mistake
        assert "error[runtime-expression]: division by zero" in somebody.type('1 / ToInt("0")\n')
        assert "after" in somebody.type('"af" + "ter"\n')
        assert somebody.leave("exit\n") == 0


def test_the_tabulator_completes_functions_built_in_names_and_constants(tmp_path: Path) -> None:
    with terminal(tmp_path) as somebody:
        somebody.type('leng\t"x") + 40\n', until="\n41\r\n")
        somebody.type("system.datetime.dayofweek.sat\t + 1\n", until="\n8\r\n")
        somebody.type("isset(call.an\t)\n", until="\nfalse\r\n")
        somebody.read_until("callwright> ")
        assert somebody.leave("\x04") == 0


def test_a_line_comes_back_with_the_arrow_key_also_the_next_time(tmp_path: Path) -> None:
    with terminal(tmp_path) as somebody:
        somebody.type("20 + 1\n")
        assert "21" in somebody.type("\x10\n")  # ^P is the arrow up
        assert somebody.leave("quit\n") == 0
    assert (tmp_path / "eval_history").stat().st_mode & 0o077 == 0
    with terminal(tmp_path) as somebody:
        assert "21" in somebody.type("\x10\x10\n")  # above "quit"


def test_control_c_drops_the_line_and_keeps_the_prompt(tmp_path: Path) -> None:
    with terminal(tmp_path) as somebody:
        somebody.type("1 +", until="1 +")
        somebody.interrupt()
        assert "5" in somebody.type("2 + 3\n")


def test_the_options_hold_for_every_line(tmp_path: Path) -> None:
    with terminal(tmp_path, "--expect", "str", "--now", "2026-03-02T09:15:00Z") as somebody:
        assert "2026-03-02T09:15:00Z" in somebody.type("GetCurrentDateTimeUtc()\n")


def test_without_a_terminal_lines_are_read_without_a_prompt(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("1 + 1\n\nToInt(\n2 * 3\n"))
    assert main(["eval"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "2\n6\n"
    assert "error[syntax-expression]" in shown.err


@pytest.mark.parametrize(
    ("prefix", "first"),
    [
        ("tolang", "ToLanguageSkill("),
        ("Format.Date.long", "Format.Date.longYear"),
        ("call.anI", "Call.Ani"),
        ("System.DateTime.dayOfWeek.su", "System.DateTime.dayOfWeek.sunday"),
        ("nothing", None),
    ],
)
def test_what_a_beginning_completes_to(prefix: str, first: str | None) -> None:
    assert completer()(prefix, 0) == first
