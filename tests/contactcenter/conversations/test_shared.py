"""Two nodes on one store: what a node that hung shows of conversations that the other has taken over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest.mock import Mock

import msgspec
import pytest
from msgspec.structs import replace

from contactcenter.conversations import (
    OPEN,
    Conversation,
    Conversations,
    Homes,
    SharedConversations,
    Surroundings,
    replay,
)
from contactcenter.conversations.service import STREAM
from contactcenter.routing import Ownership
from contactcenter.routing import messages as m
from interpreter import VirtualClock
from store import Append, MemoryStore, NewEvent, Save, Unavailable
from tests.contactcenter.conversations.conftest import Hand

T = TypeVar("T")
LEASE_MS = Ownership("any").lease_ms


class Routing:
    """Takes every message."""

    async def send(self, command: m.Command) -> m.Answer:
        return m.Accepted()

    def subscribe(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        return lambda: None


@dataclass
class Installation:
    """Nodes on one store and one clock; no leg outlives its node."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(1_000_000))

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock.now)

    def node(self, name: str) -> SharedConversations:
        around = Surroundings(self.clock, Mock(), Mock(), Mock(), Mock(), {})
        homes = Homes(self.store, Ownership(name))
        local = Conversations(self.store, Routing(), around, homes)
        tenants = Mock(live_in=Mock(return_value=False), homes_of_all=set, take_up=Mock(side_effect=_nothing))
        return SharedConversations(local, self.carry, tenants, legs=lambda _: {}, dropped=lambda _: None)

    async def carry(self, address: str, body: bytes, timeout_ms: int) -> bytes:
        raise ConnectionRefusedError(address)

    def put_call_on(self, node: SharedConversations) -> Conversation:
        """A call whose flow runs on a node."""
        started, *rest = Hand().start().events
        events = [replace(started, data={**started.data, "home": node.homes.own}), *rest]
        state = replay(events)
        new = tuple(NewEvent(event.type, event.at, msgspec.json.encode(event)) for event in events)
        document = msgspec.json.encode(state)
        saved = Save(OPEN, state.id, 0, state.rev, document)
        self.store.commit(Append(STREAM + state.id, 0, new), saved).result()
        node.local.adopt(state)
        return state

    async def until(self, what: Awaitable[T]) -> T:
        """Let time pass in small steps until something has happened."""
        task = asyncio.ensure_future(what)
        while not task.done():
            await asyncio.sleep(0.0005)  # work in threads
            self.clock.advance(self.clock.now() + 5)
        return task.result()


async def _nothing(home: str) -> None:
    """Nobody else lives there."""


@pytest.fixture
def installation() -> Installation:
    return Installation()


async def begun(installation: Installation) -> tuple[SharedConversations, Conversation]:
    """A node that hangs as soon as it has a call: it does not renew its lease."""
    node = installation.node("one")
    await installation.until(node._settle_in())
    return node, installation.put_call_on(node)


async def taken_over(installation: Installation) -> SharedConversations:
    """Another node takes over what is there: its caller's leg died with the first one."""
    other = installation.node("two")
    await installation.until(other.start())
    await installation.until(other.local.settled())
    return other


async def test_a_node_that_hung_shows_a_call_as_the_one_that_has_it_now_left_it(installation: Installation) -> None:
    one, call = await begun(installation)
    installation.clock.advance(installation.clock.now() + LEASE_MS + 1)
    two = await taken_over(installation)
    await installation.until(one.fresh())
    assert one.open() == two.open() == ()  # its caller's leg was with the node
    ended = await one.read(call.id)
    assert ended is not None
    assert ended.state == "closed"
    assert one.local.open() == (call,)  # it has not noticed yet
    await two.close()


async def test_while_its_lease_runs_a_node_reads_nothing_of_the_store(installation: Installation) -> None:
    one, call = await begun(installation)
    installation.store.read_all = installation.store.load = Mock(side_effect=AssertionError)  # type: ignore[method-assign]
    await installation.until(one.fresh())
    assert one.open() == (call,)
    assert await one.read(call.id) == call


async def test_while_the_database_is_away_a_node_knows_what_it_held(installation: Installation) -> None:
    one, call = await begun(installation)
    installation.clock.advance(installation.clock.now() + LEASE_MS + 1)
    installation.store.load = Mock(side_effect=Unavailable("the database is away"))  # type: ignore[method-assign]
    assert await one.read(call.id) == call
