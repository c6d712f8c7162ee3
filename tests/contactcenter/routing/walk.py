"""A walk through a small contact centre, command by command, that keeps an eye on what must always hold.

Loaded by path, as the oracle is: the tests are no package.
"""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from contactcenter.routing import messages as m
from contactcenter.routing.core import Core
from contactcenter.routing.state import ALERTING, WORKING, Item
from contactcenter.routing.statistics import Counters, Statistics

AGENTS = [f"a{n}" for n in range(5)]
SKILLS = ["s1", "s2", "s3"]
QUEUES = ["plain", "rings", "strict", "groups"]
CROWD = 60
"""So many waiting make every case; more only make the looking slow, which grows with their number."""

ALL_SKILLS = dict.fromkeys(SKILLS, 3.0)

CONFIGURATION: dict[str, Any] = {
    "skills": [{"id": skill} for skill in SKILLS],
    "agents": [
        {"id": name, "skills": [{"id": skill, "proficiency": n} for skill in SKILLS[: n % 3 + 1]], "groups": ["g"]}
        for n, name in enumerate(AGENTS)
    ],
    "utilization": {
        "utilization": {
            "call": {"maximumCapacity": 1},
            "chat": {"maximumCapacity": 3, "interruptableMediaTypes": ["call"]},
        }
    },
    "queues": [
        {
            "id": "plain",
            "members": [{"id": agent} for agent in AGENTS],
            "lastAgentRoutingMode": "AnyAgent",
            "x-callwright": {"last_agent_wait_s": 20},
        },
        {
            "id": "rings",
            "members": [{"id": agent, "ringNumber": n % 3 + 1} for n, agent in enumerate(AGENTS)],
            "skillEvaluationMethod": "BEST",
            "enableManualAssignment": True,
            "bullseye": {
                "rings": [
                    {
                        "expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": 10}],
                        "actions": {"skillsToRemove": [{"id": skill}]},
                    }
                    for skill in SKILLS
                ]
            },
        },
        {
            "id": "strict",
            "members": [{"id": agent} for agent in AGENTS[1:]],
            "scoringMethod": "PriorityOnly",
            "routingRules": [{"operator": "MEETS_THRESHOLD", "threshold": 80, "waitSeconds": 5}, {"waitSeconds": 5}],
            "directRouting": {"backupQueueId": "plain", "waitForAgent": True, "agentWaitSeconds": 60},
            "x-callwright": {"reoffer_after_s": 15},
        },
        {
            "id": "groups",
            "members": [],
            "skillEvaluationMethod": "NONE",
            "conditionalGroupRouting": {
                "rules": [
                    {
                        "metric": "EstimatedWaitTime",
                        "operator": "GreaterThan",
                        "conditionValue": 60,
                        "groups": [{"id": "g"}],
                        "waitSeconds": 10,
                    }
                ]
            },
        },
    ],
}


def oracle() -> Any:
    """The naive router's module."""
    if "routing_oracle" not in sys.modules:
        spec = importlib.util.spec_from_file_location("routing_oracle", Path(__file__).parent / "oracle.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules["routing_oracle"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["routing_oracle"]


class Walk:
    """A core in some state, reached by commands that make sense; refusals are part of the walk."""

    def __init__(self) -> None:
        self.core, self.now, self.number = Core(), 1_000_000, 0
        self.live = Statistics()
        self.recount: Counter[tuple[str, str]] = Counter()
        self.accepted: set[tuple[str, int]] = set()
        self.queue_of: dict[str, str] = {}
        self.send(m.Configure, configuration=CONFIGURATION)

    # -- moves

    def send(self, make: Any, **fields: Any) -> m.Answer:
        """One command; what it leads to is looked at event by event."""
        self.number += 1
        before = dict(self.core.state.items)
        events, answer = self.core.decide(make(command_id=f"c{self.number}", **fields), self.now)
        for event in events:
            self.live.apply(event, self.now)
            self.look_at(event, before)
        return answer

    def wait(self, seconds: float) -> None:
        """Time passes; timers fire in their time."""
        until = self.now + round(seconds * 1000)
        while (due := self.core.next_due()) is not None and due <= until:
            self.now = max(self.now, due)
            self.send(m.Tick)
        self.now = until

    def enqueue(self, queue: str, media: str, skills: tuple[str, ...], priority: int, wish: str | None) -> None:
        """An item arrives; ``wish`` is an agent whom it prefers, wants directly, or had before."""
        asked = m.Requirement(skills=skills)
        if wish is not None and queue == "strict":
            even = self.number % 2
            asked = m.Requirement(skills=skills, preferred=((wish, 90),)) if even else m.Requirement(direct=wish)
        self.send(
            m.Enqueue,
            item=f"i{self.number}",
            queue=queue,
            media=media,
            requirement=asked,
            priority=priority,
            customer=wish,
        )

    def on_some_offer(self, pick: int, kind: str) -> None:
        """An open offer is taken, declined, not delivered, or its customer hangs up."""
        offers = sorted(self.core.state.reservations.values(), key=lambda r: r.id)
        if not offers:
            return
        offer = offers[pick % len(offers)]
        if kind == "gone":
            self.send(m.CustomerGone, item=offer.item)
        elif kind == "failed":
            self.send(m.DeliveryFailed, reservation=offer.id)
        else:
            self.send(m.Accept if kind == "accept" else m.Decline, reservation=offer.id, agent=offer.agent)

    def on_some_unit(self, pick: int, unit: str) -> None:
        """Something that an agent works on goes on to another state."""
        running = sorted(
            (agent.id, unit.item)
            for agent in self.core.state.agents.values()
            for unit in agent.units.values()
            if unit.state != ALERTING
        )
        if running:
            agent, item = running[pick % len(running)]
            self.send(m.UnitChanged, agent=agent, item=item, unit=unit)

    def on_some_item(self, pick: int, kind: str, agent: str, priority: int) -> None:
        """A waiting item is patched, assigned by hand, or leaves."""
        items = sorted(self.core.state.items)
        if not items:
            return
        item = items[pick % len(items)]
        if kind == "patch":
            self.send(m.PatchRouting, item=item, priority=priority, skills=tuple(SKILLS[: pick % 3]))
        elif kind == "assign":
            self.send(m.Assign, item=item, agent=agent, by="boss")
        elif kind == "pull":
            self.send(m.Pull, item=item, agent=agent)
        else:
            self.send(m.Cancel, item=item, reason="flow_out") if kind == "out" else self.send(m.CustomerGone, item=item)

    def any_move(self, random: Random) -> None:
        """A move chosen by chance; where many wait already, nobody comes until some have gone."""
        agent, pick = random.choice(AGENTS), random.randrange(1000)
        coming = ("in",) * 5 if len(self.core.state.items) < CROWD else ("item",) * 2
        match random.choice((*coming, *("offer",) * 6, *("unit",) * 6, *("status",) * 3, "item", "agent", "wait")):
            case "in":
                skills = tuple(random.sample(SKILLS, random.randint(0, 2)))
                wish = random.choice([None, None, agent])
                media = random.choice(["call", "call", "chat"])
                self.enqueue(random.choice(QUEUES), media, skills, random.randint(-2, 2), wish)
            case "offer":
                self.on_some_offer(pick, random.choice(("accept",) * 4 + ("decline", "gone", "failed")))
            case "unit":
                self.on_some_unit(pick, random.choice(("released",) * 3 + ("acw", "held")))
            case "status":
                self.send(m.SetStatus, agent=agent, status=random.choice(("on_queue",) * 3 + ("off_queue",)))
            case "item":
                kind = random.choice(["patch", "assign", "pull", "out", "gone"])
                self.on_some_item(pick, kind, agent, random.randint(-2, 2))
            case "agent":
                self.other_agent_command(agent, pick)
            case _:
                self.wait(random.choice([0.5, 3, 20, 90]))

    def other_agent_command(self, agent: str, pick: int) -> None:
        """Skills, memberships, calls of their own, figures that conditional groups read."""
        match pick % 5:
            case 0:
                self.send(m.SetSkills, agent=agent, skills=dict.fromkeys(SKILLS[: pick % 4], 2.0))
            case 1:
                self.send(m.NonAcd, agent=agent, media="call", change=pick % 2 * 2 - 1)
            case 2:
                self.send(m.JoinQueue, agent=agent, queue=QUEUES[pick % 4], ring=pick % 3 + 1)
            case 3:
                self.send(m.LeaveQueue, agent=agent, queue=QUEUES[pick % 4])
            case _:
                self.send(m.Metrics, values={"groups": {"EstimatedWaitTime": pick % 120}})

    # -- what must hold of an event

    def look_at(self, event: m.Event, before: dict[str, Item]) -> None:
        """Check an event against what came before it, and count it in our own way."""
        match event:
            case m.ItemEnqueued():
                self.queue_of[event.item] = event.queue
                self.recount[event.queue, "offered"] += 1
            case m.ItemMoved():
                self.recount[self.queue_of[event.item], "flow_outs"] += 1
                self.queue_of[event.item] = event.queue
                self.recount[event.queue, "offered"] += 1
            case m.ItemReserved():
                self.recount[event.queue, "alerts"] += 1
                if event.method == "Standard" and event.item in before:
                    self.nobody_is_overtaken_without_right(before[event.item], event)
                self.load_is_within_capacity(event.agent)
            case m.OfferAccepted():
                entry = (event.item, self.core.state.item_seq)
                assert entry not in self.accepted, "an item was accepted twice"  # I1
                self.accepted.add(entry)
                self.recount[self.queue_of.pop(event.item), "answered"] += 1
            case m.OfferDeclined() | m.OfferTimedOut():
                self.recount[self.queue_of[event.item], "not_answered"] += 1
            case m.ItemLeft():
                word = {"abandoned": "abandoned", "flow_out": "flow_outs"}[event.reason]
                self.recount[self.queue_of.pop(event.item), word] += 1

    def load_is_within_capacity(self, agent_id: str) -> None:
        """I2."""
        agent = self.core.state.agents[agent_id]
        load = Counter(unit.media for unit in agent.units.values())
        assert load["call"] <= 1
        assert load["chat"] <= 3
        assert not (load["chat"] and load["call"] and agent.status not in (*WORKING, "NOT_RESPONDING", "OFF_QUEUE"))

    def nobody_is_overtaken_without_right(self, chosen: Item, event: m.ItemReserved) -> None:
        """I6: who came earlier and asks for the same thing goes first, unless priority makes up for the time."""
        for other in self.core.state.items.values():
            alike = (other.queue, other.media, other.requirement) == (chosen.queue, chosen.media, chosen.requirement)
            if other.waits and alike and other.stage.method == "Standard" and event.agent not in other.excluded:
                lead, edge = chosen.at - other.at, chosen.priority - other.priority
                if chosen.queue == "strict":
                    assert (edge, -lead, other.seq - chosen.seq) > (0, 0, 0)
                else:
                    assert (60_000 * edge - lead, other.seq - chosen.seq) > (0, 0)

    # -- what must hold of a state

    def check(self) -> None:
        """routing.md §23, as far as one moment shows it."""
        self.every_offer_has_one_item_and_one_unit()
        self.every_state_has_a_timer()
        self.nobody_idle_could_take_what_waits()

    def every_offer_has_one_item_and_one_unit(self) -> None:
        """I1, I8."""
        state = self.core.state
        assert sorted(i.reservation for i in state.items.values() if i.reservation) == sorted(state.reservations)
        alerting = [
            (u.reservation, a.id) for a in state.agents.values() for u in a.units.values() if u.state == "alerting"
        ]
        assert sorted(alerting) == sorted((r.id, r.agent) for r in state.reservations.values())

    def every_state_has_a_timer(self) -> None:
        """I3."""
        core = self.core
        armed = {(timer.kind, timer.ref) for timer in core.state.timers if core.means_something(timer)}
        assert all(("offer", reservation) in armed for reservation in core.state.reservations)
        for item in core.state.items.values():
            assert ("expire", item.id) in armed
            assert item.stage.until is None or item.reservation or ("stage", item.id) in armed

    def nobody_idle_could_take_what_waits(self) -> None:
        """I5, by the naive rules."""
        naive = oracle().NaiveCore(self.core.state)
        for item in self.core.state.items.values():
            if item.waits:
                assert not [a.id for a in self.core.state.agents.values() if naive.eligible(item, a, self.now)], item

    def statistics_are_those_of_the_log(self) -> None:
        """I9, against a count of our own."""
        for queue in QUEUES:
            total: Counters = self.live.total(queue)
            for word in ("offered", "alerts", "not_answered", "answered", "abandoned", "flow_outs"):
                assert getattr(total, word) == self.recount[queue, word], (queue, word)
        assert Statistics.restore(self.live.snapshot()).snapshot() == self.live.snapshot()

    def everything_can_be_finished(self) -> None:
        """No item is starved and no agent stuck once everybody works, can do everything, and takes every offer."""
        self.send(m.Configure, configuration={**CONFIGURATION, "agents": [*CONFIGURATION["agents"], {"id": "new"}]})
        self.send(m.Configure, configuration=CONFIGURATION)  # memberships as they were written
        for agent in AGENTS:
            self.send(m.SetSkills, agent=agent, skills=ALL_SKILLS)
            for _ in range(self.core.state.agents[agent].non_acd.get("call", 0)):
                self.send(m.NonAcd, agent=agent, media="call", change=-1)
            self.send(m.SetStatus, agent=agent, status="on_queue")
        rounds = 0
        while self.core.state.items or any(agent.units for agent in self.core.state.agents.values()):
            while self.core.state.reservations:
                self.on_some_offer(0, "accept")
            for _ in range(sum(len(agent.units) for agent in self.core.state.agents.values())):
                self.on_some_unit(0, "released")
            due = self.core.next_due()
            if not self.core.state.reservations and self.core.state.items and due is not None:
                self.wait(max(0, due - self.now) / 1000)
            rounds += 1
            assert rounds < 500, "something is stuck"
        assert {agent.status for agent in self.core.state.agents.values()} == {"IDLE"}
