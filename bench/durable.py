"""Assignments that are durable before they are told, with group commit, and the latency that grouping adds.

An assignment is an offer that was accepted and ended: the events of a call are on the disk, each batch before its
answer. ``alone`` is one caller at a time, who never waits for a group; the others share commits.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cluster import NO_SERVER, Cluster, server_tools
from contactcenter.routing import Ownership, Routed, RoutingService
from contactcenter.routing import messages as m
from interpreter.clock import LoopClock
from store import Store, open_store

AT_ONCE = 200
"""Callers at once, with as many agents: what a few hundred busy desks ask of one shard."""

CALLS = {1: 300, AT_ONCE: 6_000}


class Load:
    """Callers who each call again as soon as they were served, by agents who take everything."""

    def __init__(self, service: RoutingService, callers: int) -> None:
        self.service, self.callers = service, callers
        self.left = CALLS[callers]
        self.offers: dict[str, asyncio.Future[m.ItemReserved]] = {}
        self.answers: list[float] = []
        self.end = service.subscribe(self.told)

    def told(self, routed: Routed) -> None:
        """An offer is durable."""
        if isinstance(routed.event, m.ItemReserved) and not self.offers[routed.event.item].done():
            self.offers[routed.event.item].set_result(routed.event)

    async def send(self, command: m.Command) -> None:
        """A command, with the time until it is durable and answered."""
        begin = time.perf_counter()
        answer = await self.service.send(command)
        self.answers.append(time.perf_counter() - begin)
        assert isinstance(answer, m.Accepted), answer

    async def caller(self) -> None:
        """Call, be served, call again."""
        while self.left > 0:
            self.left -= 1
            item = f"{self.callers}-{self.left}"
            self.offers[item] = asyncio.get_running_loop().create_future()
            await self.send(m.Enqueue(command_id=f"in:{item}", item=item, queue="q"))
            offer = await self.offers.pop(item)
            await self.send(m.Accept(command_id=f"a:{item}", reservation=offer.reservation, agent=offer.agent))
            await self.send(m.UnitChanged(command_id=f"e:{item}", item=item, agent=offer.agent, unit="released"))

    async def run(self) -> float:
        """Assignments per second."""
        calls, begin = self.left, time.perf_counter()
        await asyncio.gather(*(self.caller() for _ in range(self.callers)))
        self.end()
        return calls / (time.perf_counter() - begin)


async def measure(store: Store, name: str) -> list[tuple[str, float, str]]:
    """Figures of a store."""
    service = RoutingService(store, LoopClock(asyncio.get_running_loop()), ownership=Ownership("bench", lease_ms=5_000))
    assert await service.start()
    agents = [f"a{n}" for n in range(AT_ONCE)]
    queue = {"id": "q", "members": [{"id": agent} for agent in agents]}
    configuration = {"agents": [{"id": agent} for agent in agents], "queues": [queue]}
    await service.send(m.Configure(command_id="configure", configuration=configuration))
    for agent in agents:
        await service.send(m.SetStatus(command_id=f"on:{agent}", agent=agent, status="on_queue"))
    figures: list[tuple[str, float, str]] = []
    medians = []
    for callers in CALLS:
        load, before = Load(service, callers), store.last("routing/default")
        rate = await load.run()
        answers = sorted(load.answers)
        medians.append(1000 * answers[len(answers) // 2])
        figures += [
            (f"{name}, {callers} at once: durable assignments/s", rate, ""),
            (f"{name}, {callers} at once: median until an answer is durable, ms", medians[-1], ""),
            (f"{name}, {callers} at once: p99 of it, ms", 1000 * answers[int(len(answers) * 0.99)], ""),
        ]
        events = (store.last("routing/default") - before) / CALLS[callers]
    await service.stop()
    figures.append((f"{name}: latency that sharing commits adds, ms", medians[1] - medians[0], ""))
    figures.append((f"{name}: events of an assignment", events, ""))
    return figures


@contextmanager
def stores() -> Iterator[list[tuple[str, str]]]:
    """Names and addresses of fresh databases; PostgreSQL waits for the disk, as in earnest."""
    with tempfile.TemporaryDirectory() as folder:
        found = [("SQLite", f"sqlite:///{Path(folder)}/bench.db")]
        if server_tools() is None:
            print(f"  PostgreSQL is left out: {NO_SERVER}")
            yield found
            return
        cluster = Cluster(fsync="on")
        try:
            cluster.create()
            cluster.start()
            yield [*found, ("PostgreSQL", cluster.url)]
        finally:
            cluster.remove()


def run() -> list[tuple[str, float, str]]:
    """Figures of every database that is here."""
    figures = []
    with stores() as addresses:
        for name, url in addresses:
            store = open_store(url)
            figures += asyncio.run(measure(store, name))
            store.close()
    return figures
