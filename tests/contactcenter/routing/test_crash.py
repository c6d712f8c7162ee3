"""Owners of a shard are killed and paused in the middle of their work (routing.md §28.4)."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from contactcenter.routing import messages as m
from contactcenter.routing.journal import decode, rebuild, recount
from store import Store, open_store

NODE = Path(__file__).parent / "node.py"
ROOT = NODE.parents[3]
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of the kind that the test asks for."""
    if getattr(request, "param", "sqlite") == "postgres":
        fresh: str = request.getfixturevalue("fresh_postgres")
        return fresh
    return f"sqlite:///{tmp_path}/callwright.db"


class Process:
    """A node, and what it has acknowledged so far."""

    def __init__(self, *arguments: str) -> None:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
        command = [sys.executable, str(NODE), *arguments]
        self.process = subprocess.Popen(command, env={"PYTHONPATH": str(ROOT), "PATH": ""}, **pipes)
        self.said: list[dict[str, Any]] = []

    def hear(self, word: str, n: int = 1) -> dict[str, Any]:
        """Read on until the n-th line from here with this word in it."""
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self.said.append(json.loads(text))
            n -= word in self.said[-1]
            if n == 0:
                return self.said[-1]
        raise AssertionError(f"the node ended before it said {word!r}: {self.said[-3:]}")

    def tell(self) -> None:
        """A line on its input."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """SIGKILL; what it managed to say before counts as acknowledged."""
        self.process.send_signal(signal.SIGKILL)
        assert self.process.stdout is not None
        assert self.process.stdin is not None
        lines = self.process.stdout.read().split("\n")
        self.said += [json.loads(line) for line in lines[:-1]]
        self.process.wait()
        self.process.stdout.close()
        self.process.stdin.close()


@contextmanager
def running(*arguments: str) -> Iterator[Process]:
    """A node that is dead afterwards in any case."""
    node = Process(*arguments)
    try:
        yield node
    finally:
        if node.process.poll() is None:
            node.process.send_signal(signal.SIGCONT)
            node.kill()


def events_of(store: Store) -> list[tuple[int, int, m.Event]]:
    """The journal: sequence, epoch, event."""
    return [(e.seq, e.epoch, decode(e).event) for e in store.read("routing/default", limit=10_000_000)]


def check(url: str, said: list[dict[str, Any]]) -> None:
    """Everything acknowledged is there, and nobody is booked twice."""
    store = open_store(url)
    journal = events_of(store)
    assert [seq for seq, _, _ in journal] == list(range(1, len(journal) + 1))
    assert [epoch for _, epoch, _ in journal] == sorted(epoch for _, epoch, _ in journal)
    events = [event for _, _, event in journal]

    enqueued = {e.item for e in events if isinstance(e, m.ItemEnqueued)}
    taken = Counter(e.item for e in events if isinstance(e, m.OfferAccepted))
    released = {e.item for e in events if isinstance(e, m.UnitMoved) and e.unit == "released"}
    assert {line["enqueued"] for line in said if "enqueued" in line} <= enqueued
    assert {line["accepted"] for line in said if "accepted" in line} <= taken.keys()
    assert {line["released"] for line in said if "released" in line} <= released
    assert set(taken.values()) <= {1}
    nobody_has_two_calls_at_once(events)

    rebuilt = rebuild(store, "default")
    replayed = type(rebuilt.core)()
    for stored in store.read("routing/default", limit=10_000_000):
        replayed.apply(decode(stored).event, stored.at)
    assert rebuilt.core.snapshot() == replayed.snapshot()
    left = {e.item for e in events if isinstance(e, m.ItemLeft | m.OfferAccepted)}
    assert set(rebuilt.core.state.items) == enqueued - left
    assert recount(store, "default", rebuilt.seq).total("q").answered == len(taken)
    store.close()


def nobody_has_two_calls_at_once(events: list[m.Event]) -> None:
    """The journal, read as a list of who is busy with what."""
    busy: dict[str, str] = {}
    for event in events:
        match event:
            case m.ItemReserved():
                assert event.agent not in busy, f"{event.agent} was offered {event.item} and has {busy[event.agent]}"
                busy[event.agent] = event.reservation
            case m.OfferDeclined() | m.OfferTimedOut() | m.OfferWithdrawn():
                assert busy.pop(event.agent) == event.reservation
            case m.OfferAccepted():
                assert busy[event.agent] == event.reservation
            case m.UnitMoved() if event.unit == "released":
                assert busy.pop(event.agent) == event.reservation


def kill_again_and_again(url: str, points: list[int]) -> None:
    """Each node goes on with what the one before it left."""
    said: list[dict[str, Any]] = []
    for number, point in enumerate(points):
        with running(url, f"n{number}") as node:
            node.hear("enqueued", point)
            node.kill()
        said += node.said
        if number % 10 == 9 or number == len(points) - 1:
            check(url, said)
    assert any("accepted" in line for line in said)


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_a_killed_owner_loses_nothing_acknowledged_and_books_nobody_twice(url: str) -> None:
    kill_again_and_again(url, [1, 37, 150])


@pytest.mark.soak
@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_two_hundred_killings_lose_nothing(url: str) -> None:
    random = Random(7)
    kill_again_and_again(url, [random.randint(1, 120) for _ in range(200)])


def pause_between_writes(node: Process, url: str) -> None:
    """Stop a node; one that is stopped within a write holds an SQLite file until it goes on, so it is stopped again."""
    while True:
        node.process.send_signal(signal.SIGSTOP)
        if not url.startswith("sqlite") or is_free(url.removeprefix("sqlite:///")):
            return
        node.process.send_signal(signal.SIGCONT)


def is_free(path: str) -> bool:
    """Whether an SQLite file can be written."""
    with closing(sqlite3.connect(path, timeout=2, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


@pytest.mark.parametrize("url", DATABASES, indirect=True)
def test_a_paused_owner_is_replaced_and_does_no_harm_when_it_returns(url: str) -> None:
    with running(url, "old", "quiet") as old:
        old.hear("quiet")
        with running(url, "new", "standby") as new:
            new.hear("started")
            pause_between_writes(old, url)
            paused = time.time()
            first = new.hear("enqueued")
            gap_ms = first["at_ms"] - round(paused * 1000)
            print(f"taken over {gap_ms} ms after the pause, with a lease of 800 ms")
            assert gap_ms < 4 * 800  # 800 + 300 on a machine that has nothing else to do
            new.hear("quiet")
            old.process.send_signal(signal.SIGCONT)
            old.tell()
            old.hear("done")
            late = [line for line in old.said if "late" in str(line.get("enqueued") or line.get("refused"))]
            assert [line["code"] for line in late] == ["unavailable"] * 5
            new.tell()
            new.hear("done")
            said = old.said + new.said
    check(url, said)
