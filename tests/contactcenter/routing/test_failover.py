"""The database's own failover: the primary is killed under load, the synchronous standby goes on (routing.md §28.4)."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.cluster import NO_SERVER, Cluster, server_tools

ROUNDS = 3


def _crash_module() -> Any:
    spec = importlib.util.spec_from_file_location("routing_crash", Path(__file__).parent / "test_crash.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules["routing_crash"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


crash = _crash_module()


@pytest.fixture
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    """A primary that waits for its standby with every commit, and the standby."""
    if server_tools() is None:
        pytest.skip(NO_SERVER)
    primary = Cluster(synchronous_standby_names="*", synchronous_commit="on", wal_level="replica", fsync="on")
    standby = Cluster(fsync="on")
    try:
        primary.create()
        settings, primary.settings = primary.settings, {}
        primary.start()  # once without a standby that it would wait for, so that what is copied has its settings
        primary.stop()
        standby.copy(primary)
        primary.settings = settings
        primary.start()
        standby.start()
        yield primary, standby
    finally:
        primary.remove()
        standby.remove()


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_killed_primary_loses_nothing_that_was_acknowledged(pair: tuple[Cluster, Cluster], number: int) -> None:
    primary, standby = pair
    url = (
        f"postgresql://callwright@/postgres?host={primary.folder},{standby.folder}&port=5432,5432"
        "&target_session_attrs=read-write"
    )
    with crash.running(url, f"n{number}") as node:
        node.hear("accepted", 40 + 25 * number)
        killed = time.time()
        primary.kill()
        standby.promote()
        promoted = time.time()
        first = node.hear("enqueued")
        while first["at_ms"] < promoted * 1000:  # what was acknowledged before, and not read yet
            first = node.hear("enqueued")
        print(
            f"promoted after {1000 * (promoted - killed):.0f} ms, calls again {first['at_ms'] - 1000 * killed:.0f} ms"
        )
        node.hear("accepted", 20)
        node.kill()
    crash.check(standby.url, node.said)
