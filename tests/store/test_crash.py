"""What was acknowledged survives kill -9 of the process that wrote it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from store import open_store

WRITER = """
import sys
from store import Append, NewEvent, Save, open_store
store = open_store(sys.argv[1])
last = store.last("a")
for n in range(last, 1_000_000):
    unit = (Append("a", n, (NewEvent("t", n, b"%d" % n),)), Save("k", "1", n, n + 1, b"%d" % n))
    future = store.commit(*unit)
    future.add_done_callback(lambda _, n=n: print(n + 1, flush=True))
    if n % 5 == 0:
        future.result()
"""


@pytest.mark.parametrize("acknowledged_before_the_kill", [1, 40])
def test_killing_the_writer_loses_nothing_acknowledged(tmp_path: Path, acknowledged_before_the_kill: int) -> None:
    url = f"sqlite:///{tmp_path}/callwright.db"
    for _ in range(2):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(acknowledged_before_the_kill)]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.read().split("\n")
        writer.wait()
        writer.stdout.close()
        acknowledged = max(int(line) for line in lines[:-1] if line.strip())

        store = open_store(url)
        assert store.last("a") >= acknowledged
        found = [event.seq for event in store.read("a", limit=1_000_000)]
        document = store.load("k", "1")
        assert document is not None
        assert found == list(range(1, document.rev + 1))
        store.close()
