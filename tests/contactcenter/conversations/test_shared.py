"""Two nodes on one store: what a node that hung shows of conversations that the other has taken over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar
from unittest.mock import AsyncMock, Mock

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
from contactcenter.conversations.recovery import Legs
from contactcenter.conversations.service import STREAM
from contactcenter.routing import Ownership, Routed
from contactcenter.routing import messages as m
from interpreter import VirtualClock
from store import Append, MemoryStore, NewEvent, Save, Unavailable
from tests.contactcenter.conversations.conftest import Hand

T = TypeVar("T")
LEASE_MS = Ownership("any").lease_ms


class Routing:
    """Takes every message."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Routed], None]] = []

    async def send(self, command: m.Command) -> m.Answer:
        return m.Accepted()

    def subscribe(self, listener: Callable[[Routed], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tells(self, event: m.Event) -> None:
        """A durable event."""
        for listener in tuple(self.listeners):
            listener(Routed("default", 1, 0, event))


@dataclass
class Installation:
    """Nodes on one store and one clock; no leg outlives its node."""

    clock: VirtualClock = field(default_factory=lambda: VirtualClock(1_000_000))

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock.now)

    def node(self, name: str, *, routing: Routing | None = None, legs: Legs = lambda _: {}) -> SharedConversations:
        self.executions = Mock(load=Mock(return_value=None), close=AsyncMock())
        directory = Mock(queue=Mock(return_value=None), user=Mock(return_value=None))
        around = Surroundings(self.clock, Mock(), directory, Mock(), Mock(), {}, executions=self.executions)
        homes = Homes(self.store, Ownership(name))
        local = Conversations(self.store, routing or Routing(), around, homes)
        tenants = Mock(live_in=Mock(return_value=False), homes_of_all=set, take_up=AsyncMock())
        return SharedConversations(local, self.carry, tenants, legs=legs, dropped=lambda _: None)

    async def carry(self, address: str, body: bytes, timeout_ms: int) -> bytes:
        raise ConnectionRefusedError(address)

    def put_call_on(self, node: SharedConversations) -> Conversation:
        """A call that waits in the queue of a node."""
        started, *rest = Hand().start().enqueue().events
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


async def test_an_offer_that_comes_while_calls_are_taken_over_is_made(installation: Installation) -> None:
    _, call = await begun(installation)
    installation.clock.advance(installation.clock.now() + LEASE_MS + 1)
    routing, loop = Routing(), asyncio.get_running_loop()
    two = installation.node("two", routing=routing, legs=lambda _: {"leg-c": Mock()})
    offer = m.ItemReserved(
        reservation="r1",
        item=call.id,
        agent="ada",
        queue="q-gold",
        deadline=installation.clock.now() + 9_000,
        method="standard",
    )

    def load(execution: str) -> None:
        """Reading what the flow was doing is the last that a takeover waits for."""
        loop.call_soon_threadsafe(routing.tells, offer)

    installation.executions.load.side_effect = load
    await installation.until(two.start())
    await installation.until(two.local.settled())
    [state] = two.open()
    assert state.offer is not None
    assert state.offer.agent_id == "ada"
    await two.close()
