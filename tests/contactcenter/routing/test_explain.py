"""Whatever waits can be asked why, and whatever was assigned tells how, by every method (routing.md §22)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import messages as m
from contactcenter.routing.explain import explain_item

Make = Callable[..., dict[str, Any]]

RING = {"expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": 10}]}
GROUPS = {"metric": "EstimatedWaitTime", "operator": "GreaterThanOrEqualTo", "conditionValue": 60}
METHODS: dict[str, dict[str, Any]] = {
    "Bullseye": {"bullseye": {"rings": [RING, RING]}},
    "Preferred": {"routingRules": [{"operator": "ANY", "waitSeconds": 10}]},
    "Conditional": {"conditionalGroupRouting": {"rules": [{**GROUPS, "groups": [{"id": "g"}], "waitSeconds": 10}]}},
    "Direct": {"directRouting": {"waitForAgent": True, "agentWaitSeconds": 60}},
    "Last": {"lastAgentRoutingMode": "AnyAgent"},
    "Predictive": {"predictiveRouting": {"timeoutSeconds": 60}},
}
"""Queues that keep Ben, who is free and skilled, from a call that is meant for Ada first."""


@pytest.fixture
def waiting(story: Any, agent: Make, queue: Make, request: pytest.FixtureRequest) -> Any:
    """A call that waits for Ada by the method of the test, while Ben is free."""
    fields = METHODS[request.param]
    if request.param == "Conditional":
        fields = {**fields, "x-callwright": {"cgr_exhausted": "wait"}}
    gold = queue("Gold", **fields)
    gold["members"] = [{"id": "ada", "ringNumber": 1}, {"id": "ben", "ringNumber": 2}]
    people = [{**agent("ada", "German"), "groups": ["g"]}, agent("ben", "German")]
    story.configure(agents=people, queues=[gold])
    if request.param == "Last":
        story.on_queue("ada")
        story.enqueue("before", customer="c")
        story.send(m.Accept, reservation=story.reservation("before"), agent="ada")
    story.on_queue("ben")
    wish = {"Preferred": {"preferred": (("ada", 90),)}, "Direct": {"direct": "ada"}}.get(request.param, {})
    story.enqueue("call", "Gold", "German", customer="c", **wish)
    return story


REASONS = {
    "Bullseye": "ring 2",
    "Preferred": "not in the Preferred set",
    "Conditional": "not in the activated groups",
    "Direct": "not in the Direct set",
    "Last": "not in the Last set",
    "Predictive": "not in the Predictive set",
}


@pytest.mark.parametrize(("waiting", "method"), [(name, name) for name in METHODS], indirect=["waiting"])
def test_the_method_that_keeps_a_free_agent_away_is_named(waiting: Any, method: str) -> None:
    assert waiting.offered("call") is None
    told = explain_item(waiting.core, "call", waiting.now)
    assert told is not None
    assert told["single"][REASONS[method]] == ["ben"]
    assert told["rule_that_delays"].startswith(f"{method} step ")
    assert told["requested_routing"] == method
    assert told["stage"]["method"] == method
    assert told["eligible"] == []


def test_a_step_of_the_queue_that_keeps_a_free_agent_away_is_named(story: Any, agent: Make, queue: Make) -> None:
    steps = [{"expression": "German >= 4", "wait_s": 20}]
    gold = queue("Gold", "ben", **{"x-callwright": {"steps": steps}})
    story.configure(agents=[agent("ben", "German")], queues=[gold])
    story.on_queue("ben")
    story.enqueue("call")
    told = explain_item(story.core, "call", story.now)
    assert told is not None
    assert told["single"] == {"not in the step German >= 4": ["ben"]}
    assert told["rule_that_delays"] == "Standard step 0 for another 20000 ms"


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda story: story.send(m.SetStatus, agent="ben", status="off_queue"), "status OFF_QUEUE"),
        (lambda story: story.send(m.SetSkills, agent="ben", skills={}), "missing skill German"),
        (lambda story: story.send(m.LeaveQueue, agent="ben", queue="Gold"), "not a member"),
        (lambda story: story.send(m.NonAcd, agent="ben", media="call", change=1), "no capacity for call"),
    ],
)
def test_what_an_agent_lacks_is_named_and_is_no_rule_that_delays(
    story: Any, agent: Make, queue: Make, prepare: Callable[[Any], Any], reason: str
) -> None:
    story.configure(agents=[agent("ben", "German")], queues=[queue("Gold", "ben")])
    story.on_queue("ben")
    prepare(story)
    story.enqueue("call", "Gold", "German")
    told = explain_item(story.core, "call", story.now)
    assert told is not None
    assert (told["excluded"], told["single"]) == ({reason: 1}, {reason: ["ben"]})
    assert told["rule_that_delays"] is None


def test_who_missed_the_offer_a_moment_ago_is_named_with_the_time_left(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ben")], queues=[queue("Gold", "ben")])
    story.on_queue("ben")
    story.enqueue("call")
    story.send(m.Decline, reservation=story.reservation("call"), agent="ben")
    story.on_queue("ben")
    told = explain_item(story.core, "call", story.now)
    assert told is not None
    assert told["rule_that_delays"] == "not offered again to who did not take it for another 2000 ms"
    story.wait(2)
    assert story.offered("call") == "ben"


def test_an_offer_and_a_schedule_delay_by_themselves(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ben")], queues=[queue("Gold", "ben")])
    story.on_queue("ben")
    story.enqueue("call")
    story.enqueue("later", not_before=story.now + 60_000)
    offered, later = (explain_item(story.core, item, story.now) for item in ("call", "later"))
    assert offered is not None
    assert later is not None
    assert offered["rule_that_delays"] == f"offered to ben until {story.now + 8_000}"
    assert (later["rule_that_delays"], later["position"]) == (f"scheduled for {story.now + 60_000}", None)


def test_what_does_not_wait_has_no_explanation(story: Any, queue: Make) -> None:
    story.configure(agents=[], queues=[queue("Gold")])
    assert explain_item(story.core, "nothing", story.now) is None


ORDERS = {
    "Standard": ({}, {}, "longest idle"),
    "BEST": ({"skillEvaluationMethod": "BEST"}, {}, "best average proficiency"),
    "least loaded": ({"x-callwright": {"agent_tiebreak": "least_loaded_then_idle"}}, {}, "least loaded"),
    "least versatile": ({"x-callwright": {"agent_tiebreak": "least_versatile_then_idle"}}, {}, "least versatile"),
    "Bullseye": ({"bullseye": {"rings": [RING, RING]}}, {}, "longest idle"),
    "Preferred": ({"routingRules": [{"operator": "ANY", "waitSeconds": 10}]}, {"preferred": (("ada", 90),)}, None),
    "Direct": ({"directRouting": {"waitForAgent": True}}, {"direct": "ada"}, None),
}


@pytest.mark.parametrize("name", ORDERS)
def test_an_assignment_tells_how_many_were_left_after_each_condition_and_by_what_it_was_chosen(
    story: Any, agent: Make, queue: Make, name: str
) -> None:
    fields, wish, order = ORDERS[name]
    people = [agent("ada", German=4.0), agent("ben", German=2.0), agent("cem"), agent("dua", "German")]
    story.configure(agents=people, queues=[queue("Gold", "ada", "ben", "cem", "dua", **fields)])
    story.on_queue("ada", "ben", "cem")
    story.enqueue("call", "Gold", "German", **wish)
    (offer,) = [event for event in story.events if isinstance(event, m.ItemReserved)]
    told = offer.explain
    assert offer.agent == "ada"
    few = {"candidates": 1, "with room": 1, "with skills": 1}
    assert told["considered"] == (few if wish else {"candidates": 4, "with room": 3, "with skills": 2})
    assert told["order_used"] == (order or "longest idle")
    assert told["used_routing"] == offer.method == told["requested_routing"]
    assert told["knobs"] == story.core.knobs_hash
    assert (told.get("ring"), told.get("score")) == {"Bullseye": (1, None), "Preferred": (None, 90)}.get(
        name, (None,) * 2
    )


def test_an_assignment_by_hand_says_so(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", enableManualAssignment=True)])
    story.on_queue("ada")
    story.enqueue("call", "Gold", "German")
    story.send(m.Assign, item="call", agent="ada", by="boss")
    (offer,) = [event for event in story.events if isinstance(event, m.ItemReserved)]
    assert (offer.explain["used_routing"], offer.explain["order_used"]) == ("Manual", "named")
    assert offer.explain["requested_routing"] == "Standard"


LEAST_VERSATILE = {"x-callwright": {"agent_tiebreak": "least_versatile_then_idle"}}


@pytest.mark.parametrize("settings", [{}, {"skillEvaluationMethod": "BEST"}, LEAST_VERSATILE])
def test_an_offer_says_the_same_of_an_agent_who_was_freed_as_of_one_who_was_free(
    story: Any, agent: Make, queue: Make, settings: dict[str, Any]
) -> None:
    gold = queue("Gold", "ada", "ben", "cem", **settings)
    story.configure(agents=[agent(name, "German") for name in ("ada", "ben", "cem")], queues=[gold])
    story.on_queue("ada")
    story.enqueue("first", "Gold", "German")
    (free,) = [event for event in story.events if isinstance(event, m.ItemReserved)]
    story.send(m.Accept, reservation=free.reservation, agent="ada")
    story.enqueue("second", "Gold", "German")
    story.send(m.UnitChanged, agent="ada", item="first", unit="released")
    (freed,) = [event for event in story.events if isinstance(event, m.ItemReserved)]
    for told in ("considered", "order_used"):
        assert freed.explain[told] == free.explain[told]
    assert freed.explain["considered"] == {"candidates": 3, "with room": 1, "with skills": 1}


def test_the_limit_that_is_reached_is_named(story: Any, agent: Make, queue: Make) -> None:
    limits = {"utilization": {"chat": {"maximumCapacity": 2}}, "labelUtilizations": {"vip": {"maximumCapacity": 1}}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization=limits)
    story.on_queue("ada")
    reasons = []
    for item in ("one", "two", "three", "four"):
        story.enqueue(item, media="chat", label="vip" if item != "three" else None)
        told = explain_item(story.core, item, story.now)
        assert told is not None
        reasons.append(list(told["single"]) if not story.offered(item) else [])
    assert reasons == [[], ["no capacity for label vip"], [], ["no capacity for chat"]]
