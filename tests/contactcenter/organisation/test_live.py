"""What is changed on one node is known on the others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contactcenter.organisation import Organisation
from contactcenter.organisation.live import LiveOrganisation
from store import Fault, MemoryStore


@pytest.fixture
def organisation(load: Callable[..., Organisation]) -> Organisation:
    return load("""
        dataTables:
          - name: Flags
            columns: {on: boolean}
            rows: [{key: music, on: false}]
    """)


def is_on(live: LiveOrganisation) -> object:
    table = live.current.data_table("Flags")
    assert table is not None
    return table.rows["music"]["on"]


def switch(live: LiveOrganisation, *, on: bool) -> None:
    table = live.current.data_table("Flags")
    assert table is not None
    live.write_row(table, "music", {"on": on})


def test_a_row_that_one_node_writes_is_read_along_by_the_other(organisation: Organisation) -> None:
    store = MemoryStore()
    one, other = LiveOrganisation(organisation, store), LiveOrganisation(organisation, store)
    heard: list[Organisation] = []
    other.subscribe(heard.append)
    switch(one, on=True)
    assert (is_on(one), is_on(other)) == (True, False)
    other.read_along()
    other.read_along()
    assert is_on(other) is True
    assert len(heard) == 2  # what was, and the one change


def test_two_nodes_that_write_at_once_both_succeed_and_end_alike(organisation: Organisation) -> None:
    store = MemoryStore()
    one, other = LiveOrganisation(organisation, store), LiveOrganisation(organisation, store)
    store.inject(Fault.CONFLICT)
    switch(one, on=True)
    switch(other, on=False)
    one.read_along()
    assert (is_on(one), is_on(other)) == (False, False)
