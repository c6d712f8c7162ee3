"""The run: the real routing core under a virtual clock, with callers and agents drawn by chance (routing.md §27)."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from contactcenter.routing import Core
from contactcenter.routing import messages as m
from simulator.traffic.erlang import Theory, erlang_a, erlang_c
from simulator.traffic.figures import Report
from simulator.traffic.plan import HOUR_MS, Calls, Plan, Team
from simulator.traffic.tally import Tally, counting, queue_figures, team_figures

BACK_AFTER_MS = 60_000
"""An agent who missed an offer is back after this time."""


class BadPlan(Exception):  # noqa: N818 - the message is what the author reads
    """Routing does not take the queues or agents of the file."""


@dataclass(slots=True)
class _Waiting:
    calls: Calls
    since: int


@dataclass(slots=True)
class _Agent:
    team: Team
    tally: Tally
    running: int = 0
    busy_since: int = 0
    at_work: bool = False


@dataclass(slots=True)
class _Run:
    plan: Plan
    core: Core = field(default_factory=Core)
    now: int = 0
    number: int = 0
    decisions: int = 0
    todo: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    waiting: dict[str, _Waiting] = field(default_factory=dict)
    talking: dict[str, Calls] = field(default_factory=dict)
    queues: dict[str, Tally] = field(default_factory=dict)
    lengths: dict[str, tuple[int, int]] = field(default_factory=dict)
    agents: dict[str, _Agent] = field(default_factory=dict)
    targets: dict[str, int] = field(default_factory=dict)
    chance: dict[str, random.Random] = field(default_factory=dict)

    # -- time

    def later(self, at: int, what: Callable[[], None]) -> None:
        self.number += 1
        heapq.heappush(self.todo, (at, self.number, what))

    def until_the_end(self, progress: Callable[[int], None]) -> None:
        """Everything up to the end of the arrivals, in order of time; our own events before the router's timers."""
        told, step = 0, max(1, self.plan.duration // 200)
        while True:
            due = self.core.next_due()
            ours = self.todo[0][0] if self.todo else None
            at = min((time for time in (due, ours) if time is not None), default=self.plan.duration)
            if at >= self.plan.duration:
                break
            self.now = at
            if ours == at:
                heapq.heappop(self.todo)[2]()
            else:
                self.send(m.Tick)
            if at - told >= step:
                told = at
                progress(at)
        self.now = self.plan.duration
        progress(self.now)

    # -- commands

    def send(self, make: Callable[..., m.Command], **fields: Any) -> m.Answer:
        self.decisions += 1
        events, answer = self.core.decide(make(command_id=str(self.decisions), **fields), self.now)
        for event in events:
            self.see(event)
        return answer

    def see(self, event: m.Event) -> None:
        match event:
            case m.ItemReserved():
                self.offered(event)
            case m.OfferAccepted():
                self.taken(event)
                self.left(event.item, "answered")
            case m.ItemLeft():
                self.left(event.item, event.reason)
            case m.AgentStatusChanged(status="NOT_RESPONDING"):
                agent = event.agent
                self.later(self.now + BACK_AFTER_MS, lambda: self.begin(agent) if self.agents[agent].at_work else None)

    def draw(self, name: str) -> random.Random:
        """A stream of chance of its own for every purpose, so that a change elsewhere leaves it as it was."""
        if name not in self.chance:
            self.chance[name] = random.Random(f"{self.plan.seed}:{name}")
        return self.chance[name]

    # -- agents

    def begin(self, agent: str) -> None:
        self.agents[agent].at_work = True
        self.send(m.SetStatus, agent=agent, status="on_queue")

    def end(self, agent: str) -> None:
        self.agents[agent].at_work = False
        self.send(m.SetStatus, agent=agent, status="off_queue")

    def offered(self, event: m.ItemReserved) -> None:
        delay = self.agents[event.agent].team.answer_after
        wait = delay.take(self.draw(f"answer {event.agent}")) if delay else 0
        fields = {"reservation": event.reservation, "agent": event.agent}
        self.later(self.now + wait, lambda: self.accept(fields))

    def accept(self, fields: dict[str, str]) -> None:
        if fields["reservation"] in self.core.state.reservations:
            self.send(m.Accept, **fields)

    def taken(self, event: m.OfferAccepted) -> None:
        agent, calls = self.agents[event.agent], self.waiting[event.item].calls
        agent.tally.add("handled", self.now)
        if not agent.running:
            agent.busy_since = self.now
        agent.running += 1
        names = {"item": event.item, "agent": event.agent}
        talked = self.now + calls.handle.take(self.draw(f"handle {calls.name}"))
        if calls.wrap_up is None:
            self.later(talked, lambda: self.over(names))
            return
        wrapped = talked + calls.wrap_up.take(self.draw(f"wrap_up {calls.name}"))
        self.later(talked, lambda: self.unit(names, "acw"))
        self.later(wrapped, lambda: self.over(names))

    def unit(self, names: dict[str, str], unit: str) -> None:
        self.send(m.UnitChanged, unit=unit, **names)

    def over(self, names: dict[str, str]) -> None:
        agent = self.agents[names["agent"]]
        agent.running -= 1
        if not agent.running:
            agent.tally.spread("busy", agent.busy_since, self.now)
        self.unit(names, "released")

    # -- callers

    def next_call(self, calls: Calls, most: float) -> None:
        """Arrivals by thinning: drawn at the highest rate, kept as often as the rate of the moment asks."""
        source, at = self.draw(f"arrivals {calls.name}"), float(self.now)
        while most > 0:
            at += source.expovariate(most)
            if at >= self.plan.duration:
                return
            if source.random() * most <= calls.rate(int(at)):
                self.later(int(at), lambda: self.call(calls, most))
                return

    def call(self, calls: Calls, most: float) -> None:
        self.number += 1
        item = f"i{self.number}"
        requirement = m.Requirement(skills=calls.skills, language=calls.language)
        self.waiting[item] = _Waiting(calls, self.now)
        self.length(calls.queue, 1)
        self.queues[calls.queue].add("offered", self.now)
        answer = self.send(
            m.Enqueue,
            item=item,
            queue=calls.queue,
            media=calls.media,
            requirement=requirement,
            priority=calls.priority,
        )
        if isinstance(answer, m.Refused):
            raise BadPlan(answer.message)
        if calls.patience is not None:
            patience = calls.patience.take(self.draw(f"patience {calls.name}"))
            self.later(self.now + patience, lambda: self.give_up(item))
        self.next_call(calls, most)

    def give_up(self, item: str) -> None:
        if item in self.waiting:
            self.send(m.CustomerGone, item=item)

    def left(self, item: str, reason: str) -> None:
        waiting = self.waiting.pop(item)
        queue, waited = waiting.calls.queue, self.now - waiting.since
        tally = self.queues[queue]
        self.length(queue, -1)
        tally.waited(waiting.since, waited)
        if reason == "answered":
            tally.add("answered", waiting.since)
            tally.add("answer_ms", waiting.since, waited)
            tally.add("in_time", waiting.since, waited <= self.targets[queue])
        elif reason == "abandoned":
            tally.add("abandoned", waiting.since)

    def length(self, queue: str, change: int) -> None:
        length, since = self.lengths[queue]
        self.queues[queue].spread("area", since, self.now, length)
        self.lengths[queue] = (length + change, self.now)


def simulate(plan: Plan, progress: Callable[[int], None] = lambda _: None) -> Report:
    """Run a plan; ``progress`` is told the virtual time (ms) now and then.

    Raises ``BadPlan`` where routing refuses the file's queues, agents or calls.
    """
    run = _prepared(plan)
    run.until_the_end(progress)
    for name, (length, since) in run.lengths.items():
        run.queues[name].spread("area", since, plan.duration, length)
    for agent in run.agents.values():
        if agent.running:
            agent.tally.spread("busy", agent.busy_since, plan.duration)
    figures = []
    for name, tally in run.queues.items():
        still = sum(waiting.calls.queue == name for waiting in run.waiting.values())
        found = queue_figures(name, tally, plan, run.targets[name], still)
        figures.append(replace(found, theory=_theory(plan, name, run.targets[name])))
    tallies = {name: agent.tally for name, agent in run.agents.items()}
    return Report(
        seed=plan.seed,
        hours=plan.duration / HOUR_MS,
        warm_up_s=plan.warm_up / 1000,
        batches=plan.batches,
        confidence=plan.confidence,
        decisions=run.decisions,
        queues=tuple(figures),
        teams=tuple(team_figures(team, tallies, plan) for team in plan.teams),
    )


def _prepared(plan: Plan) -> _Run:
    run = _Run(plan)
    answer = run.send(m.Configure, configuration=plan.configuration())
    if isinstance(answer, m.Refused):
        raise BadPlan(answer.message)
    for queue in run.core.organisation.queues.values():
        tally = run.queues[queue.id] = counting(plan)
        tally.spread("time", 0, plan.duration)
        run.lengths[queue.id] = (0, 0)
        level = queue.media("call").service_level
        run.targets[queue.id] = level.duration_ms if level else 20_000
    for team in plan.teams:
        for agent in team.members():
            run.agents[agent] = found = _Agent(team, counting(plan))
            for begin, end in team.shifts or ((0, plan.duration),):
                found.tally.spread("staffed", begin, end)
                run.later(begin, lambda agent=agent: run.begin(agent))  # type: ignore[misc]
                run.later(end, lambda agent=agent: run.end(agent))  # type: ignore[misc]
    for calls in plan.calls:
        run.next_call(calls, max((rate for _, rate in calls.rates), default=0) / HOUR_MS)
    return run


def _theory(plan: Plan, queue: str, target_ms: int) -> Theory | None:
    """Erlang C or A where the plan is as simple as they are: one team, one stream, exponential times."""
    teams = [team for team in plan.teams if queue in team.queues]
    streams = [calls for calls in plan.calls if calls.queue == queue]
    if len(teams) != 1 or len(streams) != 1:
        return None
    team, calls = teams[0], streams[0]
    plain = team.queues == (queue,) and not team.shifts and team.answer_after is None and team.utilization is None
    steady = len({rate for _, rate in calls.rates}) == 1 and calls.media == "call" and not calls.wrap_up
    anybody = not calls.skills and not calls.language
    markov = calls.handle.shape == "exponential" and (calls.patience is None or calls.patience.shape == "exponential")
    if not (plain and steady and anybody and markov):
        return None
    per_s, handle_s = calls.rates[0][1] / 3600, calls.handle.mean / 1000
    if calls.patience is None:
        return erlang_c(team.count, per_s, handle_s, target_ms / 1000)
    return erlang_a(team.count, per_s, handle_s, calls.patience.mean / 1000)
