"""The reference flow in XState (Node) and in ``transitions`` (Python), beside the flow machine, in one run.

Each peer is a process that plays the call when it is told to, in turn with ours; all must tell the same commands. They
have no trace, no limits, no error handling and check no value. What is missing is installed by its name into
``.callwright/bench``; a peer that cannot be installed is left out by name.
"""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.__main__ import Figure
from bench.flow import by_flow, events, executable
from interpreter.commands import Collect, Command, End, Request, Say

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".callwright" / "bench"
REFERENCE = Path(__file__).parent / "reference"
ROUNDS, CALLS, WARM = 15, 60, 3_000
XSTATE, TRANSITIONS = "xstate@5", "transitions>=0.9,<1"


class CannotBeInstalled(Exception):  # noqa: N818  (a peer that is left out)
    """Why a peer is not here."""


def tool(*command: str) -> None:
    """Run an installer."""
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise CannotBeInstalled(said[-1] if said else str(error)) from None


def xstate() -> Sequence[str]:
    """The command of XState's process; Node looks for packages beside the script, so it gets a copy."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise CannotBeInstalled("there is no node and npm")
    if not (HOME / "node_modules" / "xstate").is_dir():
        tool(npm, "install", "--prefix", str(HOME), "--no-audit", "--no-fund", XSTATE)
    return node, str(shutil.copy(str(REFERENCE / "xstate.mjs"), HOME))


def transitions() -> Sequence[str]:
    """The command of the process of ``transitions``, in an environment of its own."""
    python = HOME / "venv" / "bin" / "python"
    if not python.exists():
        tool(sys.executable, "-m", "venv", str(HOME / "venv"))
    if subprocess.run([python, "-c", "import transitions"], capture_output=True).returncode:
        tool(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", TRANSITIONS)
    return str(python), str(REFERENCE / "by_transitions.py")


PEERS: dict[str, tuple[Callable[[], Sequence[str]], str]] = {
    "XState": (xstate, ">= 30"),
    "transitions": (transitions, ">= 100"),
}
"""How each peer is started, and how many times as fast we want to be."""

Play = Callable[[int], float]  # how many calls: how many seconds


@contextmanager
def peer(command: Sequence[str], told: Any) -> Iterator[Play]:
    """A running peer, which must have told the same as we."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None
        assert json.loads(stdout.readline()) == told, "the peer tells other commands"

        def play(calls: int) -> float:
            print(calls, file=stdin, flush=True)
            return float(stdout.readline())

        yield play
        stdin.close()


def plain(command: Command) -> list[Any]:
    """A command as the peers tell it."""
    if isinstance(command, Say):
        return ["Say", [prompt.text for prompt in command.prompts], command.deadline]  # type: ignore[union-attr]  # the flow says texts only
    if isinstance(command, Collect):
        texts = [prompt.text for prompt in command.prompts]  # type: ignore[union-attr]  # the flow says texts only
        return ["Collect", command.max, texts, command.deadline]
    if isinstance(command, Request):
        inputs = dict(command.inputs)
        if command.operation == "enqueue":
            inputs = {key: inputs[key] for key in ("queue", "priority", "attributes")}
            inputs["queue"] = inputs["queue"].name
        return ["Request", command.operation, inputs, command.deadline]
    assert isinstance(command, End), command
    return ["End", command.how]


def run() -> list[Figure]:
    """Ratios of the best rounds."""
    HOME.mkdir(parents=True, exist_ok=True)
    linked, happening = executable(), events()

    def ours(calls: int) -> float:
        begun = perf_counter()
        for _ in range(calls):
            by_flow(linked, happening)
        return perf_counter() - begun

    told = [plain(command) for command in by_flow(linked, happening)]
    with ExitStack() as running:
        players: dict[str, Play] = {"ours": ours}
        for name, (start, _) in PEERS.items():
            try:
                players[name] = running.enter_context(peer(start(), told))
            except CannotBeInstalled as error:
                print(f"  {name} is left out: {error}")
        for play in players.values():
            play(WARM)
        gc.collect()
        gc.disable()
        try:
            rounds = [{name: play(CALLS) for name, play in players.items()} for _ in range(ROUNDS)]
        finally:
            gc.enable()
    best = {name: min(times[name] for times in rounds) / CALLS * 1e6 for name in players}
    ratios = [
        (f"the flow machine to {name}, times as fast", best[name] / best["ours"], goal)
        for name, (_, goal) in PEERS.items()
        if name in best
    ]
    return [*ratios, *((f"  one call, {name}, microseconds", value, "") for name, value in best.items())]
