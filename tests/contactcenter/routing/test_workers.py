"""Two web workers over HTTP, and the owner of the shard killed between a command and its answer (routing.md §28.7)."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from contactcenter.routing.journal import decode
from store import open_store

WORKER = Path(__file__).parent / "worker.py"
ROOT = WORKER.parents[3]
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of the kind that the test asks for."""
    if request.param == "postgres":
        fresh: str = request.getfixturevalue("fresh_postgres")
        return fresh
    return f"sqlite:///{tmp_path}/callwright.db"


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])


@contextmanager
def worker(url: str, name: str, mode: str) -> Iterator[subprocess.Popen[str]]:
    """A worker that is dead afterwards."""
    command = [sys.executable, str(WORKER), url, name, free_port(), mode]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    process = subprocess.Popen(command, env={"PYTHONPATH": str(ROOT), "PATH": ""}, **pipes)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def hear(process: subprocess.Popen[str], word: str) -> dict[str, Any]:
    """The next line with this word."""
    assert process.stdout is not None
    for text in process.stdout:
        line: dict[str, Any] = json.loads(text)
        if word in line:
            return line
    raise AssertionError(f"the worker ended before it said {word!r}")


def one_killing(url: str) -> int:
    """Kill the owner with the answer in its hand; gives how long the caller's worker waited for its answer, in ms."""
    with worker(url, "one", "fatal") as one:
        hear(one, "configured")
        with worker(url, "two", "caller") as two:
            hear(two, "started")
            assert two.stdin is not None
            two.stdin.write("\n")
            two.stdin.flush()
            killed = hear(one, "killed_ms")["killed_ms"]
            told = hear(two, "told")
    assert told["told"] == "Accepted"
    assert told["owns"] is True
    store = open_store(url)
    types = [type(decode(stored).event).__name__ for stored in store.read("routing/default")]
    store.close()
    assert types.count("ItemEnqueued") == 1
    return int(told["at_ms"] - killed)


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_a_command_whose_owner_died_before_it_answered_has_one_effect(url: str) -> None:
    gap = one_killing(url)
    print(f"answered {gap} ms after the kill, with a lease of 800 ms")
    assert gap < 3_000


@pytest.mark.soak
def test_the_takeover_gap_of_twenty_killings(tmp_path: Path) -> None:
    gaps = [one_killing(f"sqlite:///{tmp_path}/{number}.db") for number in range(20)]
    print(f"takeover: median {median(gaps)} ms, worst {max(gaps)} ms, lease 800 ms, goal 1100 ms")
    assert median(gaps) <= 2_000  # the goal is met on a machine that has nothing else to do
