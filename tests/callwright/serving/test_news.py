"""The streams of all desks: read once, each with what concerns its agent, whole over every reconnection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from pathlib import Path
from random import Random
from typing import Any

from store import MemoryStore, StoredEvent
from tests.callwright.serving.virtual import VirtualNode, in_virtual_time
from web.services import ServerEvent

MIRA, DENTAL = "+4930901820", "+49407770100"


class Counted(MemoryStore):
    """Counts how often the whole journal is read."""

    reads = 0

    def read_all(self, after: int = 0, limit: int = 1000, prefix: str = "") -> Sequence[StoredEvent]:
        self.reads += 1
        return super().read_all(after, limit, prefix)


class Deaf(MemoryStore):
    """Wakes nobody."""

    def watch(self, wake: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


async def listen(node: VirtualNode, name: str, heard: list[ServerEvent], after: int = 0, most: int = 10**6) -> None:
    """A desk that stays for ``most`` events."""
    async with aclosing(node.center.desk.events(node.user(name), after)) as events:  # type: ignore[type-var]  # it is a generator
        async for event in events:
            heard.append(event)
            if len(heard) >= most:
                return


async def a_call(node: VirtualNode) -> None:
    call, phone = await node.call(MIRA)
    await node.answered("Ada")
    await node.does("Ada", "hold", call)
    await asyncio.sleep(5)
    phone.leave()
    await node.until("Ada", "acw")
    await asyncio.sleep(60)


def durable(events: list[ServerEvent]) -> list[ServerEvent]:
    return [event for event in events if event.type != "caption"]


def played(project: Path, store: MemoryStore, play: Callable[[VirtualNode], Coroutine[Any, Any, None]]) -> None:
    in_virtual_time(project, play, store)


def test_however_many_desks_listen_the_journal_is_read_once(project: Path) -> None:
    counts = []
    for desks in (1, 40):
        store = Counted()

        async def scene(node: VirtualNode, desks: int = desks, store: Counted = store) -> None:
            await node.on_queue("Ada")
            heard: list[list[ServerEvent]] = [[] for _ in range(desks)]
            head = await node.center.desk.head()
            streams = [asyncio.create_task(listen(node, "Ada", one, head)) for one in heard]
            await asyncio.sleep(1)
            before = store.reads
            await a_call(node)
            counts.append(store.reads - before)
            assert heard[0]
            assert all(one == heard[0] for one in heard)
            for stream in streams:
                stream.cancel()
            await asyncio.gather(*streams, return_exceptions=True)

        played(project, store, scene)
    assert 0 < counts[1] <= counts[0] + 5  # a page may be cut elsewhere


def test_a_desk_that_comes_and_goes_hears_everything_once_and_in_order(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        random = Random(5)
        whole: list[ServerEvent] = []
        staying = asyncio.create_task(listen(node, "Ada", whole))

        async def come_and_go() -> list[ServerEvent]:
            heard: list[ServerEvent] = []
            while True:
                part: list[ServerEvent] = []
                after = heard[-1].id if heard else 0
                visit = asyncio.create_task(listen(node, "Ada", part, after, random.randint(1, 3)))
                await asyncio.wait([visit], timeout=random.uniform(0.1, 20))
                visit.cancel()
                await asyncio.gather(visit, return_exceptions=True)
                heard += durable(part)
                if over and not part:
                    return heard
                await asyncio.sleep(random.uniform(0, 10))

        over = False
        others = [asyncio.create_task(come_and_go()) for _ in range(8)]
        await node.on_queue("Ada")
        for _ in range(3):
            await a_call(node)
        over = True
        heard = await asyncio.gather(*others)
        staying.cancel()
        told = [(event.id, event.type) for event in durable(whole)]
        assert len(told) > 20
        for events in heard:
            # Who comes back may also be told how a call began that has become the agent's since.
            assert [event.id for event in events] == sorted({event.id for event in events})
            assert [one for event in events if (one := (event.id, event.type)) in told] == told

    played(project, MemoryStore(), scene)


def test_a_desk_hears_of_its_own_agents_calls_and_status_only(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        ada: list[ServerEvent] = []
        ben: list[ServerEvent] = []
        streams = [asyncio.create_task(listen(node, name, one)) for name, one in (("Ada", ada), ("Ben", ben))]
        await node.on_queue("Ada")
        await a_call(node)
        assert {"alert", "alert.ended", "screenpop", "presence.changed", "acw.started"} <= {one.type for one in ada}
        assert ben == []
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)

    played(project, MemoryStore(), scene)


def test_where_nothing_wakes_it_a_desk_hears_the_news_within_a_second(project: Path) -> None:
    async def scene(node: VirtualNode) -> None:
        heard: list[ServerEvent] = []
        stream = asyncio.create_task(listen(node, "Ada", heard, await node.center.desk.head()))
        await asyncio.sleep(1)
        await node.on_queue("Ada")
        await asyncio.sleep(1.1)
        assert [event.type for event in heard] == ["presence.changed"]
        stream.cancel()
        await asyncio.gather(stream, return_exceptions=True)

    played(project, Deaf(), scene)


def test_nobody_reads_on_when_the_last_desk_has_gone(project: Path) -> None:
    store = Counted()

    async def scene(node: VirtualNode) -> None:
        stream = asyncio.create_task(listen(node, "Ada", []))
        await asyncio.sleep(1)
        stream.cancel()
        await asyncio.gather(stream, return_exceptions=True)
        await asyncio.sleep(1)
        before = store.reads
        await node.on_queue("Ada")
        await asyncio.sleep(10)
        assert store.reads == before

    played(project, store, scene)
