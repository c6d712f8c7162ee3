"""The fast core decides exactly as the naive one, over generated organisations and histories."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contactcenter.routing import messages as m
from contactcenter.routing.core import Core
from contactcenter.routing.state import ALERTING, WORKING

SKILLS = ["s1", "s2", "s3", "s4"]
AGENTS = [f"a{n}" for n in range(6)]
QUEUES = ["q1", "q2", "q3"]
MEDIA = ["call", "chat", "email"]
EXPRESSIONS = ["s1 OR s2", "s1 >= 3 AND NOT s4", "NOT (s2 AND s3)", "s3 > 1.5 OR (s1 AND s2)"]

skill_levels = st.dictionaries(st.sampled_from(SKILLS), st.sampled_from([0.0, 1.0, 2.25, 2.5, 3.0, 5.0]), max_size=4)


@st.composite
def utilizations(draw: st.DrawFn) -> dict[str, Any]:
    media = {
        medium: {
            "maximumCapacity": draw(st.integers(0, 3)),
            "interruptableMediaTypes": draw(st.lists(st.sampled_from(MEDIA), max_size=2, unique=True)),
        }
        for medium in draw(st.lists(st.sampled_from(MEDIA), unique=True, max_size=3))
    }
    labels = {
        "vip": {
            "maximumCapacity": draw(st.integers(0, 2)),
            "interruptingLabelIds": draw(st.sampled_from([[], ["vip"]])),
        }
    }
    return {"utilization": media, "labelUtilizations": labels if draw(st.booleans()) else None}


@st.composite
def agents(draw: st.DrawFn, name: str) -> dict[str, Any]:
    held = draw(skill_levels)
    return {
        "id": name,
        "skills": [{"id": skill, "proficiency": level} for skill, level in held.items()],
        "groups": draw(st.lists(st.sampled_from(["g1", "g2"]), unique=True)),
        "utilization": draw(st.none() | utilizations()),
    }


RING = st.builds(
    lambda seconds, removed: {
        "expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": seconds}],
        "actions": {"skillsToRemove": [{"id": skill} for skill in removed]},
    },
    st.sampled_from([0, 5, 20]),
    st.lists(st.sampled_from(SKILLS), max_size=2, unique=True),
)
CGR_RULE = st.builds(
    lambda value, group, seconds: {
        "metric": "EstimatedWaitTime",
        "operator": "GreaterThan",
        "conditionValue": value,
        "groups": [{"id": group}],
        "waitSeconds": seconds,
    },
    st.sampled_from([0, 60]),
    st.sampled_from(["g1", "g2"]),
    st.sampled_from([0, 10]),
)


@st.composite
def queues(draw: st.DrawFn, name: str) -> dict[str, Any]:
    members = draw(st.lists(st.sampled_from(AGENTS), unique=True, max_size=6))
    queue: dict[str, Any] = {
        "id": name,
        "members": [{"id": agent, "ringNumber": draw(st.sampled_from([None, 1, 2, 3]))} for agent in members],
        "memberGroups": draw(st.sampled_from([[], [{"id": "g1"}]])),
        "skillEvaluationMethod": draw(st.sampled_from(["ALL", "BEST", "NONE"])),
        "scoringMethod": draw(st.sampled_from(["TimestampAndPriority", "PriorityOnly"])),
        "lastAgentRoutingMode": draw(st.sampled_from(["Disabled", "AnyAgent", "QueueMembersOnly"])),
        "enableManualAssignment": True,
        "mediaSettings": {"call": {"alertingTimeoutSeconds": 8}},
        "x-callwright": {"reoffer_after_s": draw(st.sampled_from([0, 30]))},
    }
    method = draw(st.sampled_from(["standard", "bullseye", "conditional"]))
    if method == "bullseye":
        queue["bullseye"] = {"rings": draw(st.lists(RING, min_size=1, max_size=3))}
    if method == "conditional":
        queue["conditionalGroupRouting"] = {"rules": draw(st.lists(CGR_RULE, min_size=1, max_size=3))}
    if draw(st.booleans()):
        queue["routingRules"] = [
            {"operator": "MEETS_THRESHOLD", "threshold": 80, "waitSeconds": 5},
            {"operator": "ANY", "threshold": None, "waitSeconds": 10},
        ]
    return queue


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "skills": [{"id": skill, "name": skill} for skill in SKILLS],
        "agents": [draw(agents(name)) for name in AGENTS],
        "queues": [draw(queues(name)) for name in QUEUES],
        "knobs": {"idle_reference": draw(st.sampled_from(["last_handled_end", "last_offered", "on_queue_since"]))},
    }


requirements = st.builds(
    m.Requirement,
    skills=st.lists(st.sampled_from(SKILLS), max_size=2, unique=True).map(tuple),
    language=st.none() | st.sampled_from(SKILLS),
    expression=st.none() | st.none() | st.sampled_from(EXPRESSIONS),
    preferred=st.lists(st.tuples(st.sampled_from(AGENTS), st.sampled_from([50, 90])), max_size=2).map(tuple),
    direct=st.none() | st.none() | st.sampled_from(AGENTS),
)
moves = st.lists(st.tuples(st.integers(0, 99), st.integers(0, 10_000), requirements), min_size=5, max_size=60)


def command(core: Core, number: int, kind: int, pick: int, requirement: m.Requirement) -> m.Command:
    """A command that makes sense in this state, chosen by two numbers."""
    state, name = core.state, f"c{number}"
    agent, queue, media = AGENTS[pick % 6], QUEUES[pick % 3], MEDIA[pick % 7 % 3]
    items = sorted(state.items)
    offers = sorted(state.reservations)
    running = sorted(
        (agent.id, unit.item)
        for agent in state.agents.values()
        for unit in agent.units.values()
        if unit.state != ALERTING
    )
    if kind < 15 or not items:
        return m.SetStatus(command_id=name, agent=agent, status="off_queue" if pick % 5 == 0 else "on_queue")
    if kind < 40:
        label = "vip" if pick % 4 == 0 else None
        return m.Enqueue(
            command_id=name, item=f"i{number}", queue=queue, media=media, requirement=requirement, label=label,
            priority=pick % 7 - 3, customer=f"k{pick % 2}",
        )  # fmt: skip
    item = items[pick % len(items)]
    if kind < 45:
        return m.PatchRouting(command_id=name, item=item, priority=pick % 5, skills=requirement.skills)
    if kind < 50:
        return m.CustomerGone(command_id=name, item=item)
    if kind < 53:
        return m.Assign(command_id=name, item=item, agent=agent, by="boss")
    if kind < 56:
        return m.SetSkills(command_id=name, agent=agent, skills=dict.fromkeys(requirement.skills, 2.0))
    if kind < 59:
        return m.NonAcd(command_id=name, agent=agent, media="call", change=pick % 3 - 1)
    if kind < 61:
        return m.Metrics(command_id=name, values={queue: {"EstimatedWaitTime": float(pick % 120)}})
    if kind < 63:
        return m.LeaveQueue(command_id=name, agent=agent, queue=queue)
    if kind < 65:
        return m.JoinQueue(command_id=name, agent=agent, queue=queue, ring=pick % 3 + 1)
    if kind < 80 and running:
        who, what = running[pick % len(running)]
        return m.UnitChanged(command_id=name, agent=who, item=what, unit=("acw", "released", "released")[pick % 3])
    if offers:
        reservation = state.reservations[offers[pick % len(offers)]]
        make = m.Decline if kind > 92 else m.Accept
        return make(command_id=name, reservation=reservation.id, agent=reservation.agent)
    return m.Tick(command_id=name)


def bare(events: tuple[m.Event, ...]) -> list[m.Event]:
    """Events without the explanation, which tells how the decision was made."""
    return [msgspec.structs.replace(e, explain={}) if isinstance(e, m.ItemReserved) else e for e in events]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(configuration=configurations(), moves=moves)
def test_the_fast_core_decides_as_the_naive_one(
    oracle: ModuleType, configuration: dict[str, Any], moves: list[tuple[int, int, m.Requirement]]
) -> None:
    fast, naive, now = Core(), oracle.NaiveCore(), 1_000_000
    history: list[tuple[int, m.Event]] = []
    commands: list[m.Command] = [m.Configure(command_id="c", configuration=configuration)]
    for number, (kind, pick, requirement) in enumerate(moves):
        now += pick * 3
        while (due := fast.next_due()) is not None and due <= now and not commands:
            compare(fast, naive, m.Tick(command_id=f"t{len(history)}"), due, history)
        commands = commands or [command(fast, number, kind, pick, requirement)]
        compare(fast, naive, commands.pop(), now, history)
        check_invariants(fast, naive, now)
    replayed = Core()
    for at, event in history:
        replayed.apply(event, at)
    assert replayed.snapshot() == fast.snapshot()
    restored = Core.restore(fast.snapshot())
    assert restored is not None
    assert restored.snapshot() == fast.snapshot()
    assert restored.ready.facts()["members"] == fast.ready.facts()["members"]


def compare(fast: Core, naive: Any, what: m.Command, at: int, history: list[tuple[int, m.Event]]) -> None:
    events, answer = fast.decide(what, at)
    expected, expected_answer = naive.decide(what, at)
    assert bare(events) == bare(expected)
    assert answer == expected_answer
    history += [(at, event) for event in events]


def check_invariants(fast: Core, naive: Any, at: int) -> None:
    """routing.md §23, as far as one moment shows them."""
    state = fast.state
    open_offers = [item.reservation for item in state.items.values() if item.reservation]
    assert sorted(open_offers) == sorted(state.reservations)  # I1, I8
    for agent in state.agents.values():  # a unit for every open offer
        alerting = {unit.reservation for unit in agent.units.values() if unit.state == ALERTING}
        assert alerting == {r.id for r in state.reservations.values() if r.agent == agent.id}
        assert agent.status in WORKING or not alerting or agent.status == "NOT_RESPONDING"
    armed = {(timer.kind, timer.ref) for timer in state.timers if fast.means_something(timer)}
    for reservation in state.reservations.values():  # I3
        assert ("offer", reservation.id) in armed
    for item in state.items.values():
        assert ("expire", item.id) in armed
    for item in state.items.values():  # I5: nobody eligible beside a waiting item
        if item.waits:
            assert not any(naive.eligible(naive.state.items[item.id], a, at) for a in naive.state.agents.values())
    positions: Callable[[str, str], list[int]] = lambda queue, media: sorted(  # noqa: E731
        fast.waiting.position(item)
        for item in state.items.values()
        if item.queue == queue and item.media == media and item.not_before is None
    )
    for queue in QUEUES:
        assert positions(queue, "call") == list(range(1, 1 + fast.waiting.in_queue(queue, "call")))
