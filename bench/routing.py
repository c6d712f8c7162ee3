"""The routing core at the size of a large contact centre (routing.md §26.1), and beside its naive oracle."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from contactcenter.routing.core import Core
from contactcenter.routing.messages import (
    Accept,
    Accepted,
    Command,
    Configure,
    Enqueue,
    ItemReserved,
    Requirement,
    SetStatus,
    UnitChanged,
)


def _reading_the_clock() -> float:
    """Seconds that an interval shows in which nothing happens."""
    begins = (time.thread_time() for _ in range(1_000))
    return min(time.thread_time() - begin for begin in begins)


CLOCK = _reading_the_clock()

ORACLE = Path(__file__).parent.parent / "tests" / "contactcenter" / "routing" / "oracle.py"


def organisation(random: Random, agents: int, skills: int, queues: int) -> dict[str, Any]:
    """Agents with 12 skills in 4 queues each."""
    members: dict[str, list[dict[str, str]]] = {f"q{n}": [] for n in range(queues)}
    people = []
    for number in range(agents):
        held = random.sample(range(skills), min(12, skills))
        people.append(
            {"id": f"a{number}", "skills": [{"id": f"s{s}", "proficiency": random.randint(1, 5)} for s in held]}
        )
        for queue in random.sample(range(queues), min(4, queues)):
            members[f"q{queue}"].append({"id": f"a{number}"})
    return {
        "skills": [{"id": f"s{n}"} for n in range(skills)],
        "agents": people,
        "queues": [{"id": queue, "members": who} for queue, who in members.items()],
    }


class Centre:
    """A core that is kept busy: somebody finishes, somebody calls.

    ``spent`` is the time of each command inside the core, in seconds of this thread's CPU: neither what the benchmark
    itself takes, nor what reading the clock takes, nor what others on the machine take is in it.
    """

    def __init__(self, core: Core, random: Random, agents: int, skills: int, queues: int) -> None:
        self.core, self.random, self.skills, self.queues = core, random, skills, queues
        self.now = 1_000_000
        self.ids = count()
        self.busy: list[tuple[str, str]] = []
        self.spent: list[float] = []
        self.send(Configure, configuration=organisation(random, agents, skills, queues))

    def send(self, make: Callable[..., Command], **fields: Any) -> tuple[Any, ...]:
        """A command; its events."""
        command = make(command_id=str(next(self.ids)), **fields)
        begin = time.thread_time()
        events, answer = self.core.decide(command, self.now)
        self.spent.append(time.thread_time() - begin - CLOCK)
        assert isinstance(answer, Accepted), answer
        return events

    def call(self) -> None:
        """Somebody calls, asking for up to two skills."""
        self.now += 1
        wanted = tuple(f"s{s}" for s in self.random.sample(range(self.skills), self.random.randint(0, 2)))
        queue = f"q{self.random.randrange(self.queues)}"
        self.answer(self.send(Enqueue, item=f"i{next(self.ids)}", queue=queue, requirement=Requirement(skills=wanted)))

    def answer(self, events: tuple[Any, ...]) -> None:
        """Every offer is taken at once."""
        for event in events:
            if isinstance(event, ItemReserved):
                self.send(Accept, reservation=event.reservation, agent=event.agent)
                self.busy.append((event.agent, event.item))

    def finish(self) -> None:
        """Some call ends, and its agent gets the next one."""
        self.now += 1
        at = self.random.randrange(len(self.busy))
        self.busy[at], self.busy[-1] = self.busy[-1], self.busy[at]
        agent, item = self.busy.pop()
        self.answer(self.send(UnitChanged, agent=agent, item=item, unit="released"))

    def fill(self, agents: int, backlog: int) -> None:
        """Everybody at work and busy, and ``backlog`` waiting."""
        for number in range(agents):
            self.send(SetStatus, agent=f"a{number}", status="on_queue")
        while len(self.core.state.items) < backlog:
            self.call()


def turns(centre: Centre, n: int, backlog: int) -> Iterator[float]:
    """Seconds in the core of each turn: a call ends, its agent takes another, and a call keeps the backlog up."""
    for _ in range(n):
        centre.spent.clear()
        centre.finish()
        while len(centre.core.state.items) < backlog:
            centre.call()
        yield sum(centre.spent)


def naive_turns(centre: Centre, naive: Any, n: int) -> Iterator[tuple[float, float]]:
    """Seconds of the naive search for what a freed agent gets, and of the core's whole step; they must agree.

    The naive router looks at the very state of the core, with the agent set free for the moment.
    """
    naive.state, naive.organisation = centre.core.state, centre.core.organisation
    for _ in range(n):
        agent_id, item = centre.busy[-1]
        agent = centre.core.state.agents[agent_id]
        kept = agent.units, agent.status, agent.idle
        agent.units, agent.status, agent.idle = {}, "IDLE", centre.core.state.idle_rank + 1
        begin = time.thread_time()
        pair = naive.best_pair(centre.now)
        seconds = time.thread_time() - begin
        agent.units, agent.status, agent.idle = kept
        centre.busy.pop()
        centre.spent.clear()
        events = centre.send(UnitChanged, agent=agent_id, item=item, unit="released")
        offers = [(event.item, event.agent) for event in events if isinstance(event, ItemReserved)]
        assert offers == ([] if pair is None else [(pair[0].id, pair[1].id)]), "the naive router decides otherwise"
        yield seconds, sum(centre.spent)
        centre.answer(events)


def naive_core() -> type[Core]:
    """The oracle that ships with the tests."""
    spec = importlib.util.spec_from_file_location("routing_oracle", ORACLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found: type[Core] = module.NaiveCore
    return found


def run() -> list[tuple[str, float, str]]:
    """Figures with their goals (routing.md §26.1)."""
    centre = Centre(Core(), Random(1), 10_000, 200, 50)
    centre.fill(10_000, 10_000)
    seconds = sorted(turns(centre, 5_000, 10_000))
    pairs = list(naive_turns(centre, naive_core()(), 5))
    offers = [step for _, step in pairs]
    return [
        (
            "assignments/s at 10,000 agents, 200 skills, 50 queues, 10,000 waiting",
            len(seconds) / sum(seconds),
            ">= 20000",
        ),
        ("median of a turn there (end, offer, accept, next call), ms", 1000 * seconds[len(seconds) // 2], ""),
        ("p99 of a turn there, ms", 1000 * seconds[int(len(seconds) * 0.99)], "< 1"),
        ("longest turn there, ms", 1000 * seconds[-1], ""),
        ("times as fast as the naive oracle there, same decisions", sum(n for n, _ in pairs) / sum(offers), ">= 30"),
    ]
