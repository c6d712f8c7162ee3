"""Clients of the vendor's API stay logged in: over a restart, on every node, until they are removed or a
day is over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from store import MemoryStore
from web.api.vendor.tokens import BELIEVED_MS, LIVES_MS, TOKEN_KIND, Clients


class Clock:
    """Milliseconds that a test sets."""

    def __init__(self) -> None:
        self.at = 1_000_000

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(clock: Clock) -> Callable[[], Clients]:
    """Makes a node on one and the same store."""
    store = MemoryStore()
    return lambda: Clients(store, clock)


def logged_in(clients: Clients) -> tuple[str, str]:
    """A new client's id and an ``Authorization`` header for it."""
    client, secret = clients.add("test", ["reader"])
    form = f"grant_type=client_credentials&client_id={client.id}&client_secret={secret}"
    return client.id, f"Bearer {clients.log_in('', form.encode())['access_token']}"


def test_a_token_holds_after_a_restart_and_on_another_node(node: Callable[[], Clients]) -> None:
    identity, header = logged_in(node())
    found = node().of(header)
    assert found is not None
    assert (found.id, found.roles) == (identity, ("reader",))


def test_a_token_is_over_after_a_day_and_is_then_forgotten(node: Callable[[], Clients], clock: Clock) -> None:
    clients = node()
    _, header = logged_in(clients)
    clock.at += LIVES_MS - 1
    assert clients.of(header) is not None
    clock.at += 1
    assert clients.of(header) is None
    logged_in(clients)
    assert len(clients.store.documents(TOKEN_KIND)) == 1


def test_a_client_that_another_node_removed_is_out_within_half_a_minute(
    node: Callable[[], Clients], clock: Clock
) -> None:
    here, there = node(), node()
    identity, header = logged_in(here)
    assert there.of(header) is not None
    assert here.remove(identity)
    assert here.of(header) is None
    clock.at += BELIEVED_MS
    assert there.of(header) is None
    assert here.store.documents(TOKEN_KIND) == []


def test_no_token_stands_in_the_store(node: Callable[[], Clients]) -> None:
    clients = node()
    _, header = logged_in(clients)
    token = header.removeprefix("Bearer ")
    assert all(token.encode() not in one.body and token != one.id for one in clients.store.documents(TOKEN_KIND))


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer made-up", "Basic made-up"])
def test_what_is_no_token_belongs_to_nobody(header: str, node: Callable[[], Clients]) -> None:
    assert node().of(header) is None
