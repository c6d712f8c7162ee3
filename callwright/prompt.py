"""The prompt of ``callwright eval``: names complete, lines come back with the arrow keys, mistakes are answers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import click

PROMPT = "callwright> "
_LEAVE = ("exit", "quit")
_KEPT_LINES = 1000


def ask(answer: Callable[[str], object]) -> None:
    """Give every line to ``answer`` until the input ends or somebody leaves; ^C drops the line that is being typed."""
    at_terminal = sys.stdin.isatty()
    if not at_terminal:
        for line in sys.stdin:
            if line.strip():
                answer(line.strip())
        return
    click.echo("An expression a line. Tab completes names; exit or ^D leaves.")
    with _line_editing():
        while True:
            try:
                line = input(PROMPT).strip()
            except KeyboardInterrupt:
                click.echo()
                continue
            except EOFError:
                click.echo()
                return
            if line in _LEAVE:
                return
            if line:
                answer(line)


@contextmanager
def _line_editing() -> Iterator[None]:
    """Completion, and a history that is there the next time; a Python without readline has neither."""
    try:
        import readline
    except ImportError:
        yield
        return
    from callwright.settings import data_folder

    readline.set_completer(completer())
    readline.set_completer_delims(" ()+-*/%^<>=!&|~,?:[]")
    editline = "libedit" in (readline.__doc__ or "")
    readline.parse_and_bind("bind ^I rl_complete" if editline else "tab: complete")
    readline.set_history_length(_KEPT_LINES)
    history = data_folder() / "eval_history"
    with suppress(OSError):
        readline.read_history_file(history)
    try:
        yield
    finally:
        with suppress(OSError):
            history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            readline.write_history_file(history)
            history.chmod(0o600)


def completer() -> Callable[[str, int], str | None]:
    """What readline asks, match by match: functions, built-in names and constants that begin so, in any case."""
    from dsl.expressions import known_names

    known = known_names()

    def complete(prefix: str, state: int) -> str | None:
        matches = [name for name in known if name.casefold().startswith(prefix.casefold())]
        return matches[state] if state < len(matches) else None

    return complete
