"""A process that owns a routing shard, for tests that kill or pause it: ``python node.py URL NAME [MODE]``.

It prints one JSON line for whatever it has been told is durable, so that whoever reads along can strike at the n-th
acknowledgement. ``load`` (default) keeps calls coming for ever; ``standby`` takes the shard as soon as it can, then
queues one call; ``quiet`` works off a few calls, says so, waits for a line on its input and tries again.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time

from contactcenter.routing import Ownership, Routed, RoutingService
from contactcenter.routing import messages as m
from interpreter.clock import LoopClock
from store import open_store
from store.contract import StoreError

AGENTS = [f"a{n}" for n in range(6)]
CONFIGURATION = {
    "agents": [{"id": agent} for agent in AGENTS],
    "queues": [{"id": "q", "members": [{"id": agent} for agent in AGENTS]}],
}
AT_ONCE = 4


def say(**fields: object) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


class Node:
    """A routing service with agents who take every offer and callers who never stop."""

    def __init__(self, service: RoutingService, name: str) -> None:
        self.service, self.name = service, name
        self.tasks: set[asyncio.Task[None]] = set()
        service.subscribe(self.told)

    def told(self, routed: Routed) -> None:
        """Somebody is offered a call: take it, talk, and be free again."""
        if isinstance(routed.event, m.ItemReserved):
            self.spawn(self.answer(routed.event.reservation, routed.event.item, routed.event.agent))

    def spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[arg-type]
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def answer(self, reservation: str, item: str, agent: str) -> None:
        """Accept and end a call."""
        accept = m.Accept(command_id=f"accept:{reservation}", reservation=reservation, agent=agent)
        if isinstance(await self.service.send(accept), m.Accepted):
            say(accepted=item, agent=agent, reservation=reservation)
            ended = m.UnitChanged(command_id=f"end:{reservation}", item=item, agent=agent, unit="released")
            if isinstance(await self.service.send(ended), m.Accepted):
                say(released=item, agent=agent)

    async def call(self, item: str) -> bool:
        """Queue a call."""
        answer = await self.service.send(m.Enqueue(command_id=f"enqueue:{item}", item=item, queue="q"))
        if isinstance(answer, m.Accepted):
            say(enqueued=item, at_ms=round(time.time() * 1000))
            return True
        say(refused=item, code=answer.code)
        return False

    async def begin(self) -> None:
        """Organisation, agents at work, and what an earlier life left open."""
        await self.service.send(m.Configure(command_id=f"configure:{self.name}", configuration=CONFIGURATION))
        for agent in AGENTS:
            await self.service.send(m.SetStatus(command_id=f"{self.name}:{agent}", agent=agent, status="on_queue"))
        for view in self.service.views.waiting():
            if view["reservation"]:
                self.spawn(self.answer(view["reservation"], view["item"], view["offered_to"]))
        for seen in self.service.views.agents():
            for unit in seen["units"]:
                if unit["state"] != "alerting":
                    self.spawn(self.end(unit["item"], seen["id"], unit["reservation"]))

    async def end(self, item: str, agent: str, reservation: str) -> None:
        """A call that outlived its process."""
        ended = m.UnitChanged(command_id=f"end:{reservation}", item=item, agent=agent, unit="released")
        await self.service.send(ended)

    async def callers(self, line: int) -> None:
        """One call after the other."""
        number = 0
        while await self.call(f"{self.name}-{line}-{number}"):
            number += 1


async def main(url: str, name: str, mode: str = "load") -> None:
    """Own the shard, and do as the mode says."""
    logging.disable(logging.CRITICAL)
    loop = asyncio.get_running_loop()
    store = await asyncio.to_thread(open_store, url)
    service = RoutingService(store, LoopClock(loop), ownership=Ownership(name, name), snapshot_every=200)
    say(started=name)
    node = Node(service, name)
    while not await started(service):  # noqa: ASYNC110 - another process's lease tells nobody when it ends
        await asyncio.sleep(0.02)
    say(owned=name)
    if mode == "standby":
        await node.call(f"{name}-first")
    await node.begin()
    if mode == "load":
        await asyncio.gather(*(node.callers(line) for line in range(AT_ONCE)))
        return
    for number in range(5):
        await node.call(f"{name}-{number}")
    while node.tasks:
        await asyncio.gather(*node.tasks)
    say(quiet=name)
    await asyncio.to_thread(sys.stdin.readline)
    await asyncio.gather(*(node.call(f"{name}-late-{number}") for number in range(5)))
    say(done=name)


async def started(service: RoutingService) -> bool:
    """Whether the shard is ours; a busy database is asked again."""
    try:
        return await service.start()
    except StoreError:
        return False


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
