"""Every kind of store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store import Store, open_store

KINDS = ["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same store again and again; what is in memory stays one object."""
    opened: list[Store] = []
    if request.param == "postgres":
        url = request.getfixturevalue("fresh_postgres")
    else:
        url = "memory:" if request.param == "memory" else f"sqlite:///{tmp_path}/callwright.db"

    def open_it() -> Store:
        if url == "memory:" and opened:
            return opened[0]
        opened.append(open_store(url))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Callable[[], Store]) -> Store:
    """A fresh store of each kind."""
    return reopen()
