"""The fast core decides exactly as the naive one, over generated organisations and histories."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from types import ModuleType
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contactcenter.routing import messages as m
from contactcenter.routing.core import Core
from contactcenter.routing.explain import explain_item
from contactcenter.routing.state import ALERTING, WORKING

SKILLS = ["s1", "s2", "s3", "s4"]
AGENTS = [f"a{n}" for n in range(6)]
QUEUES = ["q1", "q2", "q3"]
MEDIA = ["call", "chat", "email"]
EXPRESSIONS = ["s1 OR s2", "s1 >= 3 AND NOT s4", "NOT (s2 AND s3)", "s3 > 1.5 OR (s1 AND s2)"]

LEVELS = [0.0, 1.0, 2.25, 2.5, 3.0, 5.0]


def some(random: Random, values: Sequence[Any], most: int) -> list[Any]:
    """A few different ones."""
    return random.sample(values, random.randint(0, most))


def make_utilization(random: Random) -> dict[str, Any]:
    media = {
        medium: {"maximumCapacity": random.randint(0, 3), "interruptableMediaTypes": some(random, MEDIA, 2)}
        for medium in some(random, MEDIA, 3)
    }
    labels = {"vip": {"maximumCapacity": random.randint(0, 2), "interruptingLabelIds": some(random, ["vip"], 1)}}
    return {"utilization": media, "labelUtilizations": random.choice([None, labels])}


def make_agent(random: Random, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "skills": [{"id": skill, "proficiency": random.choice(LEVELS)} for skill in some(random, SKILLS, 4)],
        "groups": some(random, ["g1", "g2"], 2),
        "utilization": random.choice([None, None, make_utilization(random)]),
    }


def make_ring(random: Random) -> dict[str, Any]:
    return {
        "expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": random.choice([0, 5, 20])}],
        "actions": {"skillsToRemove": [{"id": skill} for skill in some(random, SKILLS, 2)]},
        "memberGroups": random.choice([[], [], [{"id": "g2"}]]),
    }


def make_activation(random: Random) -> dict[str, Any]:
    """Conditional group activation."""

    def condition() -> dict[str, Any]:
        metric = {"metric": random.choice(["EstimatedWaitTime", "IdleAgentCount"]), "queueId": random.choice(QUEUES)}
        return {"simpleMetric": metric, "operator": random.choice(["GreaterThan", "LessThan"]), "value": 30}

    rule = {
        "conditions": [condition(), condition()],
        "conditionExpression": random.choice(["", "1 OR NOT 2"]),
        "groups": [{"id": "g1"}],
    }
    return {"pilotRule": random.choice([None, {"conditions": [condition()]}]), "rules": [rule]}


def make_rule(random: Random) -> dict[str, Any]:
    return {
        "metric": "EstimatedWaitTime",
        "operator": "GreaterThan",
        "conditionValue": random.choice([0, 60]),
        "groups": [{"id": random.choice(["g1", "g2"])}],
        "waitSeconds": random.choice([0, 10]),
    }


def make_queue(random: Random, name: str) -> dict[str, Any]:
    queue: dict[str, Any] = {
        "id": name,
        "members": [{"id": a, "ringNumber": random.choice([None, 1, 2, 3])} for a in some(random, AGENTS, 6)],
        "memberGroups": random.choice([[], [{"id": "g1"}]]),
        "skillEvaluationMethod": random.choice(["ALL", "BEST", "NONE"]),
        "scoringMethod": random.choice(["TimestampAndPriority", "TimestampAndPriority", "PriorityOnly"]),
        "lastAgentRoutingMode": random.choice(["Disabled", "AnyAgent", "QueueMembersOnly"]),
        "enableManualAssignment": True,
        "mediaSettings": {"call": {"alertingTimeoutSeconds": 8}},
        "x-callwright": {
            "reoffer_after_s": random.choice([0, 30]),
            "ring_clock_runs_while_alerting": random.random() < 0.7,
            "agent_tiebreak": random.choice(["idle", "idle", "least_loaded_then_idle", "least_versatile_then_idle"]),
            "decline_sets_not_responding": random.random() < 0.7,
            "max_wait_s": random.choice([None, None, 20, 45]),
            "candidate_cap": random.choice([None, None, 2]),
            "skip_empty_preferred_step": random.random() < 0.3,
            "cgr_exhausted": random.choice(["all_members", "retry", "wait"]),
            "keep_wait_on_queue_change": random.random() < 0.3,
            "piq_scope": random.choice(["queue_media", "queue_media", "queue"]),
            "manual_ignores_capacity": random.random() < 0.2,
            "pull_auto_accept": random.random() < 0.7,
        },
    }
    method = random.choice(["standard", "bullseye", "conditional", "steps"])
    if method == "steps":
        queue["x-callwright"]["steps"] = [
            {"expression": random.choice([None, *EXPRESSIONS]), "wait_s": random.choice([None, 0, 5, 20])},
            {"agents": some(random, AGENTS, 3), "wait_s": 10},
        ]
    if method == "bullseye":
        queue["bullseye"] = {"rings": [make_ring(random) for _ in range(random.randint(1, 3))]}
    if method == "conditional":
        rules = [make_rule(random) for _ in range(random.randint(1, 3))]
        queue["conditionalGroupRouting"] = {"rules": rules}
    if random.random() < 0.3:
        queue["routingRules"] = [
            {"operator": "MEETS_THRESHOLD", "threshold": 80, "waitSeconds": 5},
            {"operator": "ANY", "threshold": None, "waitSeconds": 10},
        ]
    if random.random() < 0.3:
        queue["directRouting"] = {"backupQueueId": "q1", "waitForAgent": random.random() < 0.5, "agentWaitSeconds": 60}
        queue["directRouting"]["userId"] = random.choice([None, *AGENTS])
    if random.random() < 0.3:
        queue["agentOwnedRouting"] = {"enableAgentOwnedCallbacks": True, "maxOwnedCallbackHours": 1}
        queue.setdefault("routingRules", [{"operator": "ANY", "threshold": None, "waitSeconds": 5}])
    if method != "conditional" and random.random() < 0.3:
        queue["conditionalGroupActivation"] = make_activation(random)
    if random.random() < 0.2:
        queue["predictiveRouting"] = {"respectSkills": random.random() < 0.5, "timeoutSeconds": 12}
    return queue


def make_configuration(random: Random) -> dict[str, Any]:
    return {
        "skills": [{"id": skill, "name": skill} for skill in SKILLS],
        "labels": [{"id": "vip"}],
        "agents": [make_agent(random, name) for name in AGENTS if random.random() < 0.9],
        "queues": [make_queue(random, name) for name in QUEUES if random.random() < 0.9],
        "knobs": {
            "idle_reference": random.choice(["last_handled_end", "last_offered", "on_queue_since"]),
            "idle_lookback_days": random.choice([7, 7, 0, 0.001]),
            "idle_from": random.choice(["acw_end", "leg_end"]),
            "cross_media": random.choice(["interrupt_only", "parallel"]),
            "acw_occupies_capacity": random.random() < 0.7,
            "reset_idle_on_presence_change": random.random() < 0.3,
            "cga_pilot_false": random.choice(["keep", "deactivate"]),
        },
    }


def make_requirement(random: Random) -> m.Requirement:
    if random.random() < 0.1:
        owner = ((random.choice(AGENTS), 100),)
        return m.Requirement(flags=("AGENT_OWNED_CALLBACK",), preferred=owner)
    return m.Requirement(
        skills=tuple(some(random, SKILLS, 2)),
        language=random.choice([None, None, *SKILLS]),
        expression=random.choice([None, None, None, *EXPRESSIONS]),
        preferred=tuple((agent, random.choice([50, 90])) for agent in some(random, AGENTS, 2)),
        direct=random.choice([None] * 6 + [*AGENTS]),
    )


def make_command(core: Core, random: Random, name: str) -> m.Command:
    """A command that makes sense in this state."""
    state = core.state
    agent, queue, media = random.choice(AGENTS), random.choice(QUEUES), random.choice(MEDIA)
    items, offers = sorted(state.items), sorted(state.reservations)
    running = sorted((a.id, u.item) for a in state.agents.values() for u in a.units.values() if u.state != ALERTING)
    requirement = make_requirement(random)
    kinds = ["enqueue"] * 24 + ["status"] * 12 + ["skills", "non_acd", "metrics", "leave_queue", "join_queue"] * 3
    kinds += ["desk_lost", "configure"]
    kinds += ["patch", "patch", "gone", "cancel", "assign", "pull", "scores", "scores"] * 2 if items else []
    kinds += ["unit"] * 24 if running else []
    kinds += ["accept"] * 18 + ["decline"] * 6 + ["failed"] * 3 if offers else []
    match random.choice(kinds):
        case "enqueue":
            return m.Enqueue(
                command_id=name,
                item=f"i-{name}",
                queue=queue,
                media=media,
                requirement=requirement,
                label=random.choice([None, None, "vip"]),
                priority=random.randint(-3, 3),
                customer=random.choice(["k1", "k2", None]),
                not_before=random.choice([None] * 9 + [5_000_000]),
                waited_since=random.choice([None, None, 940_000]),
            )
        case "configure":
            return m.Configure(command_id=name, configuration=make_configuration(random))
        case "desk_lost":
            return m.DeskLost(command_id=name, agent=agent)
        case "cancel":
            return m.Cancel(command_id=name, item=random.choice(items), reason="flow_out")
        case "status":
            status = random.choice(["off_queue", "on_queue", "on_queue", "on_queue"])
            return m.SetStatus(command_id=name, agent=agent, status=status)
        case "patch":
            return m.PatchRouting(
                command_id=name,
                item=random.choice(items),
                priority=random.choice([None, 0, 4]),
                skills=random.choice([None, requirement.skills]),
                language=random.choice([None, None, requirement.language, ""]),
                expression=random.choice([None, None, requirement.expression, ""]),
                label=random.choice([None, None, "vip", ""]),
                preferred=random.choice([None, None, requirement.preferred]),
            )
        case "gone":
            return m.CustomerGone(command_id=name, item=random.choice(items))
        case "assign":
            return m.Assign(command_id=name, item=random.choice(items), agent=agent, by="boss")
        case "pull":
            return m.Pull(command_id=name, item=random.choice(items), agent=agent)
        case "scores":
            scores = {agent: random.randint(0, 100) for agent in some(random, AGENTS, 6)}
            return m.Scores(command_id=name, item=random.choice(items), scores=scores)
        case "skills":
            return m.SetSkills(command_id=name, agent=agent, skills=dict.fromkeys(some(random, SKILLS, 4), 2.0))
        case "non_acd":
            return m.NonAcd(command_id=name, agent=agent, media="call", change=random.choice([-1, 1]))
        case "metrics":
            return m.Metrics(command_id=name, values={queue: {"EstimatedWaitTime": random.choice([0.0, 30.0, 90.0])}})
        case "leave_queue":
            return m.LeaveQueue(command_id=name, agent=agent, queue=queue)
        case "join_queue":
            return m.JoinQueue(command_id=name, agent=agent, queue=queue, ring=random.randint(1, 3))
        case "unit":
            who, what = random.choice(running)
            unit = random.choice(["acw", "held", "released", "released", "released"])
            return m.UnitChanged(command_id=name, agent=who, item=what, unit=unit)
        case "failed":
            return m.DeliveryFailed(command_id=name, reservation=random.choice(offers))
        case kind:
            reservation = state.reservations[random.choice(offers)]
            make = m.Decline if kind == "decline" else m.Accept
            return make(command_id=name, reservation=reservation.id, agent=reservation.agent)


def bare(events: tuple[m.Event, ...]) -> list[m.Event]:
    """Events without the explanation, which tells how the decision was made."""
    return [msgspec.structs.replace(e, explain={}) if isinstance(e, m.ItemReserved) else e for e in events]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=True))
def test_the_fast_core_decides_as_the_naive_one(oracle: ModuleType, random: Random) -> None:
    fast, naive, now = Core(), oracle.NaiveCore(), 1_000_000
    history: list[tuple[int, m.Event]] = []
    configuration = make_configuration(random)
    compare(fast, naive, m.Configure(command_id="configure", configuration=configuration), now, history)
    for number in range(60):
        now += random.choice([0, 0, 500, 2_000, 9_000, 40_000])
        while (due := fast.next_due()) is not None and due <= now:
            compare(fast, naive, m.Tick(command_id=f"t{number}"), due, history)
        compare(fast, naive, make_command(fast, random, f"c{number}"), now, history)
        check_invariants(fast, naive, now)
    replayed = Core()
    for at, event in history:
        replayed.apply(event, at)
    assert replayed.snapshot() == fast.snapshot()
    restored = Core.restore(fast.snapshot())
    assert restored is not None
    assert restored.snapshot() == fast.snapshot()
    assert restored.ready.facts() == fast.ready.facts()


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
        assert ("expire" if item.not_before is None else "due", item.id) in armed
    for item in state.items.values():  # I5: nobody eligible beside a waiting item
        if item.waits:
            waiting, agents = naive.state.items[item.id], naive.state.agents.values()
            assert not any(naive.eligible(waiting, agent, at) for agent in agents)
            whoever = msgspec.structs.replace(waiting, excluded={}, stage=m.Stage(skills=waiting.stage.skills))
            if any(naive.eligible(whoever, agent, at) for agent in agents):  # whom only a rule keeps away
                told = explain_item(fast, item.id, at)
                assert told is not None
                assert told["rule_that_delays"] is not None, told
    for queue in fast.organisation.queues:
        scope = fast.organisation.queues[queue].knobs.piq_scope
        media = None if scope == "queue" else "call"
        there = [item for item in state.items.values() if item.queue == queue and item.not_before is None]
        asked = [item for item in there if media in (None, item.media)]
        assert sorted(map(fast.waiting.position, asked)) == list(range(1, 1 + fast.waiting.in_queue(queue, media)))
