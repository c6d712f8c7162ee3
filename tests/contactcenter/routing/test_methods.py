"""Every routing method by hand-made examples (routing.md, "What to test"), told as a story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import messages as m

Make = Callable[..., dict[str, Any]]


def take(story: Any, item: str) -> str:
    """Whoever is offered an item takes it; gives who."""
    agent: str = story.offered(item)
    story.send(m.Accept, reservation=story.reservation(item), agent=agent)
    return agent


def finish(story: Any, agent: str, item: str) -> None:
    story.send(m.UnitChanged, agent=agent, item=item, unit="released")


# Order of what waits.


@pytest.mark.parametrize(("late_s", "first"), [(299, "B"), (300, "A"), (301, "A")])
def test_a_point_of_priority_is_worth_a_minute(story: Any, agent: Make, queue: Make, late_s: int, first: str) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.enqueue("A")
    story.wait(late_s)
    story.enqueue("B", priority=5)
    story.on_queue("ada")
    assert story.offered(first) == "ada"


def test_a_priority_only_queue_comes_first_however_long_the_other_waited(story: Any, agent: Make, queue: Make) -> None:
    strict = queue("Strict", "ada", scoringMethod="PriorityOnly")
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada"), strict])
    story.enqueue("old", "Gold", priority=100)
    story.wait(86_400)
    story.enqueue("new", "Strict")
    story.on_queue("ada")
    assert story.offered("new") == "ada"


def test_a_priority_patched_to_zero_restores_the_order_of_waiting(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.enqueue("A")
    story.wait(10)
    story.enqueue("B", priority=9)
    story.send(m.PatchRouting, item="B", priority=0)
    story.on_queue("ada")
    assert story.offered("A") == "ada"


# Evaluation methods.


@pytest.mark.parametrize(("method", "chosen"), [("ALL", "skilled"), ("BEST", "expert"), ("NONE", "oldest")])
def test_each_evaluation_method_has_its_agent(story: Any, agent: Make, queue: Make, method: str, chosen: str) -> None:
    agents = [agent("oldest"), agent("skilled", German=2.25), agent("expert", German=2.5)]
    story.configure(agents=agents, queues=[queue("Gold", "oldest", "skilled", "expert", skillEvaluationMethod=method)])
    story.on_queue("oldest", "skilled", "expert")
    story.enqueue("call", "Gold", "German")
    assert story.offered("call") == chosen


@pytest.mark.parametrize(("cap", "finds"), [(None, True), (100, False)])
def test_best_finds_the_expert_at_place_101_unless_capped(
    story: Any, agent: Make, queue: Make, cap: int | None, finds: bool
) -> None:
    names = [f"a{n:03}" for n in range(100)]
    agents = [*(agent(name, German=1.0) for name in names), agent("expert", German=5.0)]
    knobs = {"candidate_cap": cap}
    gold = queue("Gold", *names, "expert", skillEvaluationMethod="BEST", **{"x-callwright": knobs})
    story.configure(agents=agents, queues=[gold])
    story.on_queue(*names, "expert")
    story.enqueue("call", "Gold", "German")
    assert (story.offered("call") == "expert") is finds


def test_a_skill_at_zero_is_held_and_loses_to_a_half(story: Any, agent: Make, queue: Make) -> None:
    agents = [agent("zero", German=0.0), agent("half", German=0.5)]
    story.configure(agents=agents, queues=[queue("Gold", "zero", "half", skillEvaluationMethod="BEST")])
    story.on_queue("zero", "half")
    story.enqueue("first", "Gold", "German")
    story.enqueue("second", "Gold", "German")
    assert (story.offered("first"), story.offered("second")) == ("half", "zero")


def test_a_break_does_not_change_how_long_an_agent_has_been_idle(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada"), agent("ben")], queues=[queue("Gold", "ada", "ben")])
    story.on_queue("ada", "ben")
    story.enqueue("call")
    finish(story, take(story, "call"), "call")
    story.send(m.SetStatus, agent="ben", status="off_queue")
    story.wait(600)
    story.on_queue("ben")
    story.enqueue("next")
    assert story.offered("next") == "ben"


DAY_S = 86_400


@pytest.mark.parametrize(("lookback", "chosen"), [(7, "ada"), (0, "ben")])
def test_who_has_handled_nothing_for_a_week_has_never_handled_anything(
    story: Any, agent: Make, queue: Make, lookback: float, chosen: str
) -> None:
    people, knobs = [agent("ada"), agent("ben")], {"idle_lookback_days": lookback}
    story.configure(agents=people, queues=[queue("Gold", "ada", "ben")], knobs=knobs)
    for name in ("ben", "ada"):
        story.on_queue(name)
        story.enqueue(f"of {name}")
        finish(story, take(story, f"of {name}"), f"of {name}")
        story.send(m.SetStatus, agent=name, status="off_queue")
    story.wait(7 * DAY_S)
    story.on_queue("ada", "ben")
    story.enqueue("call")
    assert story.offered("call") == chosen, "ada is first in the organisation, ben has been idle for longer"


def test_the_look_back_is_of_each_agent(story: Any, agent: Make, queue: Make, make_story: Any) -> None:
    people = [agent("ada"), agent("ben"), agent("cem")]
    story.configure(agents=people, queues=[queue("Gold", "ada", "ben", "cem")])
    for day, name in enumerate(("cem", "ben", "ada")):
        story.on_queue(name)
        story.enqueue(f"on day {day}")
        finish(story, take(story, f"on day {day}"), f"on day {day}")
        story.send(m.SetStatus, agent=name, status="off_queue")
        story.wait(DAY_S)
    forgotten = []
    for _ in range(10):
        story.wait(DAY_S)
        forgotten += [event.agents for event in story.events if isinstance(event, m.IdleForgotten)]
    assert forgotten == [("cem",), ("ben",), ("ada",)]
    replayed = type(story.core)()
    for at, event in story.log:
        replayed.apply(event, at)
    assert replayed.snapshot() == story.core.snapshot()


# Bullseye.


def rings(*seconds: float, removes: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "rings": [
            {
                "expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": s}],
                "actions": {"skillsToRemove": [{"id": skill} for skill in removes]},
            }
            for s in seconds
        ]
    }


def test_a_ring_widens_in_its_time_takes_its_skills_off_and_keeps_the_place(
    story: Any, agent: Make, queue: Make
) -> None:
    gold = queue("Gold", bullseye=rings(10, 5, removes=("German",)))
    gold["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
    story.configure(agents=[agent("near"), agent("far")], queues=[gold])
    story.on_queue("near", "far")
    story.enqueue("call", "Gold", "German")
    place = story.core.waiting.order(story.core.state.items["call"])
    story.wait(9.999)
    assert story.offered("call") is None
    story.wait(0.001)
    assert story.offered("call") == "near"
    assert story.core.waiting.order(story.core.state.items["call"]) == place
    assert story.core.state.items["call"].removed == ("German",)


@pytest.mark.parametrize(("runs", "ring"), [(True, 2), (False, 1)])
def test_the_rings_clock_runs_while_an_offer_alerts_unless_told_not_to(
    story: Any, agent: Make, queue: Make, runs: bool, ring: int
) -> None:
    knobs = {"ring_clock_runs_while_alerting": runs}
    gold = queue("Gold", bullseye=rings(5, 60), **{"x-callwright": knobs})
    gold["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
    gold["mediaSettings"] = {"call": {"alertingTimeoutSeconds": 12}}
    story.configure(agents=[agent("near"), agent("far")], queues=[gold])
    story.on_queue("near")
    story.enqueue("call")
    story.wait(12)
    assert story.core.state.items["call"].stage.ring == ring


# Steps of our own.


STEPS = [
    {"expression": "German >= 4 AND Billing", "wait_s": 20},
    {"expression": "German >= 2", "wait_s": 20},
    {"agents": ["eve"], "wait_s": 20},
]


def test_steps_ask_for_less_and_less_and_at_last_for_anybody(story: Any, agent: Make, queue: Make) -> None:
    people = [agent("ada", German=4.0), agent("ben", German=2.0), agent("cem"), agent("eve")]
    gold = queue("Gold", "ada", "ben", "cem", "eve", **{"x-callwright": {"steps": STEPS}})
    story.configure(agents=people, queues=[gold])
    story.on_queue("cem")
    place = story.now
    story.enqueue("call", "Gold", "Retention")
    assert story.offered("call") is None
    story.on_queue("ben", "eve")
    story.wait(19.9)
    assert story.offered("call") is None
    story.wait(0.1)
    assert story.offered("call") == "ben"
    story.send(m.Decline, reservation=story.reservation("call"), agent="ben")
    story.wait(20)
    assert story.offered("call") == "eve"
    story.send(m.Decline, reservation=story.reservation("call"), agent="eve")
    story.wait(20)
    assert story.offered("call") == "cem"
    assert story.core.state.items["call"].at == place


@pytest.mark.parametrize(
    ("steps", "offered"),
    [
        ([], None),
        ([{"expression": "Mobile"}], None),
        ([{"expression": "German"}], "ada"),
        ([{"expression": "Mobile", "wait_s": 0}], "ada"),
    ],
)
def test_who_waits_goes_on_by_the_steps_that_there_are_now(
    story: Any, agent: Make, queue: Make, steps: list[dict[str, Any]], offered: str | None
) -> None:
    before = queue("Gold", "ada", **{"x-callwright": {"steps": [{"expression": "Billing"}]}})
    story.configure(agents=[agent("ada", "German")], queues=[before])
    story.on_queue("ada")
    story.enqueue("call", "Gold", "Retention")
    story.configure(
        agents=[agent("ada", "German")], queues=[queue("Gold", "ada", **{"x-callwright": {"steps": steps}})]
    )
    story.wait(0)
    assert story.offered("call") == offered


def test_steps_begin_for_who_waits_already(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada", "German")], queues=[queue("Gold", "ada")])
    story.on_queue("ada")
    story.enqueue("call", "Gold", "Retention")
    later = queue("Gold", "ada", **{"x-callwright": {"steps": [{"expression": "German"}]}})
    story.configure(agents=[agent("ada", "German")], queues=[later])
    assert story.offered("call") == "ada"


# Preferred, direct, last agent, owned callbacks.

RULES = [{"operator": "MEETS_THRESHOLD", "threshold": 80, "waitSeconds": 5}, {"operator": "ANY", "waitSeconds": 10}]


def test_preferred_agents_come_rule_by_rule_without_skills_and_then_everybody(
    story: Any, agent: Make, queue: Make
) -> None:
    agents = [agent("ada", "German"), agent("best"), agent("good"), agent("stranger")]
    story.configure(agents=agents, queues=[queue("Gold", "ada", "best", "good", routingRules=RULES)])
    story.on_queue("ada", "good", "stranger")
    wish = (("stranger", 100), ("best", 90), ("good", 40))
    story.enqueue("call", "Gold", "German", preferred=wish)
    assert story.offered("call") is None  # the stranger is no member, the best one is away
    story.wait(5)
    assert story.offered("call") == "good"
    story.send(m.Decline, reservation=story.reservation("call"), agent="good")
    story.wait(10)
    assert story.offered("call") == "ada"


def test_a_direct_item_waits_for_its_agent_then_for_the_backup_then_for_the_queue(
    story: Any, agent: Make, queue: Make
) -> None:
    ada = agent("ada") | {
        "directRoutingBackup": {"userId": "ben", "queueId": "Silver", "waitForAgent": True, "agentWaitSeconds": 60}
    }
    story.configure(agents=[ada, agent("ben"), agent("eve")], queues=[queue("Gold", "ada"), queue("Silver", "eve")])
    story.on_queue("eve")
    story.enqueue("call", direct="ada")
    story.wait(59.9)
    assert story.core.state.items["call"].stage.agents == ("ada",)
    story.wait(0.1)
    assert story.core.state.items["call"].stage.agents == ("ben",)
    story.wait(60)
    assert (story.core.state.items["call"].queue, story.offered("call")) == ("Silver", "eve")


def test_a_direct_item_without_backup_stays_in_its_queue_without_the_wish(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada"), agent("ben")], queues=[queue("Gold", "ada", "ben")])
    story.on_queue("ben")
    story.enqueue("call", direct="ada")
    story.wait(0)
    assert story.offered("call") == "ben"
    assert story.core.state.items["call"].requirement.direct is None


def test_the_last_agent_is_asked_first_and_not_for_long(story: Any, agent: Make, queue: Make) -> None:
    gold = queue("Gold", "ada", "ben", lastAgentRoutingMode="QueueMembersOnly")
    story.configure(agents=[agent("ada"), agent("ben")], queues=[gold])
    story.on_queue("ada")
    story.enqueue("one", customer="emma")
    finish(story, take(story, "one"), "one")
    story.on_queue("ben")
    story.send(m.SetStatus, agent="ada", status="off_queue")
    story.enqueue("two", customer="emma")
    assert story.offered("two") is None
    story.wait(30)
    assert story.offered("two") == "ben"


@pytest.mark.parametrize("media", ["email", "message", "call"])
def test_who_writes_again_to_a_predictive_queue_gets_the_agent_of_before(
    story: Any, agent: Make, queue: Make, media: str
) -> None:
    gold = queue("Gold", "ada", "ben", predictiveRouting={"timeoutSeconds": 60})
    story.configure(agents=[agent("ada"), agent("ben")], queues=[gold])
    story.on_queue("ada")
    story.enqueue("one", customer="emma", media=media)
    story.send(m.Scores, item="one", scores={})
    finish(story, take(story, "one"), "one")
    story.on_queue("ben")
    story.enqueue("two", customer="emma", media=media)
    assert (story.core.state.items["two"].stage.method, story.offered("two")) == (
        ("Predictive", None) if media == "call" else ("Last", "ada")
    )


def test_an_owned_callback_waits_for_its_owner_for_hours_and_then_for_anybody(
    story: Any, agent: Make, queue: Make
) -> None:
    owned = {"enableAgentOwnedCallbacks": True, "maxOwnedCallbackHours": 2, "maxOwnedCallbackDelayHours": 48}
    gold = queue("Gold", "ada", "ben", agentOwnedRouting=owned, routingRules=RULES)
    story.configure(agents=[agent("ada"), agent("ben")], queues=[gold, queue("Silver", "ben")])
    story.on_queue("ben")
    wish = {"preferred": (("ada", 100),), "flags": ("AGENT_OWNED_CALLBACK",), "media": "callback"}
    hour = 3_600_000
    assert story.refusal(story.enqueue("late", not_before=story.now + 49 * hour, **wish)) == "bad_schedule"
    assert story.refusal(story.enqueue("elsewhere", "Silver", **wish)) == "not_allowed"
    for owners in ((), (("ada", 100), ("ben", 100)), (("ada", 99),)):
        assert story.refusal(story.enqueue("whose", **{**wish, "preferred": owners})) == "bad_score"
    story.enqueue("call", not_before=story.now + hour, **wish)
    story.wait(3600)
    assert story.offered("call") is None
    story.wait(2 * 3600)
    assert story.offered("call") == "ben"
    reasons = [event.why for _, event in story.log if isinstance(event, m.StageEntered)]
    assert "owner_expired" in reasons


# Conditional groups.


def test_conditional_groups_join_while_a_figure_is_bad_and_never_leave_again(
    story: Any, agent: Make, queue: Make
) -> None:
    def rule(over: float, group: str) -> dict[str, Any]:
        common = {"metric": "EstimatedWaitTime", "operator": "GreaterThan", "waitSeconds": 10}
        return {**common, "conditionValue": over, "groups": [{"id": group}]}

    groups = [{"id": "day", "members": ["ada"]}, {"id": "night", "members": ["ben"]}]
    routing = {"rules": [rule(600, "day"), rule(60, "night")]}
    story.configure(
        agents=[agent("ada"), agent("ben")], groups=groups, queues=[queue("Gold", conditionalGroupRouting=routing)]
    )
    story.on_queue("ada", "ben")
    story.send(m.Metrics, values={"Gold": {"EstimatedWaitTime": 120.0}})
    story.enqueue("call")
    assert story.offered("call") == "ben"  # the first rule is false and goes on at once


# Predictive.


def test_scores_widen_step_by_step_and_the_best_free_agent_comes_first(story: Any, agent: Make, queue: Make) -> None:
    gold = queue("Gold", "ada", "ben", predictiveRouting={"timeoutSeconds": 60})
    story.configure(agents=[agent("ada"), agent("ben")], queues=[gold])
    story.on_queue("ada", "ben")
    story.enqueue("call")
    assert story.offered("call") is None
    story.send(m.Scores, item="call", scores={"ada": 50, "ben": 90})
    assert story.offered("call") == "ben"


def test_failed_scoring_falls_back_to_the_queues_method(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada", predictiveRouting={"timeoutSeconds": 60})])
    story.on_queue("ada")
    story.enqueue("call")
    story.send(m.Scores, item="call", scores={})
    assert story.offered("call") == "ada"


# Utilisation.


def test_an_interrupting_medium_alerts_on_top_and_others_do_not(story: Any, agent: Make, queue: Make) -> None:
    limits = {"chat": {"maximumCapacity": 2, "interruptableMediaTypes": ["call"]}, "call": {"maximumCapacity": 1}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization={"utilization": limits})
    story.on_queue("ada")
    story.enqueue("chat", media="chat")
    take(story, "chat")
    story.enqueue("mail", media="email")
    assert story.offered("mail") is None
    story.enqueue("call")
    assert story.offered("call") == "ada"
    take(story, "call")
    story.enqueue("second", media="chat")
    assert story.offered("second") is None  # a call is interrupted by nothing


def test_what_is_interrupted_goes_on_when_the_interruption_is_over(story: Any, agent: Make, queue: Make) -> None:
    limits = {"chat": {"maximumCapacity": 2, "interruptableMediaTypes": ["call"]}, "call": {"maximumCapacity": 2}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization={"utilization": limits})
    story.on_queue("ada")

    def states() -> dict[str, str]:
        return {unit.item: unit.state for unit in story.core.state.agents["ada"].units.values()}

    for item, media in (("chat", "chat"), ("other chat", "chat"), ("call", "call"), ("second call", "call")):
        story.enqueue(item, media=media)
        take(story, item)
    aside, talks = {"chat": "interrupted", "other chat": "interrupted"}, {"second call": "connected"}
    assert states() == {**aside, "call": "connected", **talks}
    story.send(m.UnitChanged, agent="ada", item="call", unit="acw")
    assert states() == {**aside, "call": "acw", **talks}
    finish(story, "ada", "call")
    assert states() == {**aside, **talks}, "another call goes on"
    finish(story, "ada", "second call")
    assert states() == {"chat": "connected", "other chat": "connected"}


@pytest.mark.parametrize(("knob", "state"), [("interrupt_only", "interrupted"), ("parallel", "connected")])
def test_media_side_by_side_interrupt_nothing(story: Any, agent: Make, queue: Make, knob: str, state: str) -> None:
    limits = {"chat": {"maximumCapacity": 2, "interruptableMediaTypes": ["call"]}}
    fields = {"utilization": {"utilization": limits}, "knobs": {"cross_media": knob}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], **fields)
    story.on_queue("ada")
    for media in ("chat", "call"):
        story.enqueue(media, media=media)
        take(story, media)
    assert [unit.state for unit in story.core.state.agents["ada"].units.values()] == [state, "connected"]


def test_a_label_interrupts_within_its_medium(story: Any, agent: Make, queue: Make) -> None:
    labels = {"plain": {"maximumCapacity": 5, "interruptingLabelIds": ["vip"]}, "vip": {"maximumCapacity": 1}}
    limits = {"utilization": {"chat": {"maximumCapacity": 1}}, "labelUtilizations": labels}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization=limits)
    story.on_queue("ada")
    for item, label in (("one", "plain"), ("two", "vip")):
        story.enqueue(item, media="chat", label=label)
        take(story, item)
    assert [unit.state for unit in story.core.state.agents["ada"].units.values()] == ["interrupted", "connected"]


def test_the_limit_of_a_label_counts_after_that_of_the_medium(story: Any, agent: Make, queue: Make) -> None:
    limits = {"utilization": {"chat": {"maximumCapacity": 3}}, "labelUtilizations": {"vip": {"maximumCapacity": 1}}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization=limits)
    story.on_queue("ada")
    for item, label in (("one", "vip"), ("two", "vip"), ("three", None)):
        story.enqueue(item, media="chat", label=label)
    assert [story.offered(item) for item in ("one", "two", "three")] == ["ada", None, "ada"]


@pytest.mark.parametrize(("capacity", "offered"), [(1, None), (2, "ada")])
def test_a_private_call_takes_a_place_like_any_other(
    story: Any, agent: Make, queue: Make, capacity: int, offered: str | None
) -> None:
    limits = {"utilization": {"call": {"maximumCapacity": capacity}}}
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")], utilization=limits)
    story.on_queue("ada")
    story.send(m.NonAcd, agent="ada", media="call", change=1)
    assert story.core.state.agents["ada"].status == "COMMUNICATING"
    story.enqueue("call")
    assert story.offered("call") == offered


# Offers.


@pytest.mark.parametrize(("keeps", "first"), [(False, "here"), (True, "from elsewhere")])
def test_a_queue_counts_the_wait_in_the_one_before_where_it_is_told_to(
    story: Any, agent: Make, queue: Make, keeps: bool, first: str
) -> None:
    gold = queue("Gold", "ada", **{"x-callwright": {"keep_wait_on_queue_change": keeps}})
    story.configure(agents=[agent("ada")], queues=[gold])
    since = story.now
    story.wait(60)
    story.enqueue("here")
    story.wait(60)
    answer = story.enqueue("from elsewhere", waited_since=since)
    assert answer.data["enqueued_at"] == (since if keeps else story.now)
    story.on_queue("ada")
    assert story.offered(first) == "ada"


@pytest.mark.parametrize("how", ["declined", "missed"])
def test_an_offer_that_is_not_taken_costs_the_agent_and_not_the_item(
    story: Any, agent: Make, queue: Make, how: str
) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.on_queue("ada")
    story.enqueue("call")
    place = story.core.state.items["call"].at
    if how == "declined":
        story.send(m.Decline, reservation=story.reservation("call"), agent="ada")
    else:
        story.wait(8)
    assert story.core.state.agents["ada"].status == "NOT_RESPONDING"
    assert (story.core.state.items["call"].at, story.offered("call")) == (place, None)
    story.wait(3)
    story.on_queue("ada")
    assert story.offered("call") == "ada"


def test_a_hang_up_while_alerting_withdraws_the_offer_and_leaves_the_agent_free(
    story: Any, agent: Make, queue: Make
) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.on_queue("ada")
    story.enqueue("call")
    story.send(m.CustomerGone, item="call")
    assert [type(event).__name__ for event in story.events[:2]] == ["OfferWithdrawn", "ItemLeft"]
    assert story.core.state.agents["ada"].status == "IDLE"
    assert not story.core.state.agents["ada"].units


def test_logging_off_while_alerted_gives_the_item_to_the_next_one(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada"), agent("ben")], queues=[queue("Gold", "ada", "ben")])
    story.on_queue("ada", "ben")
    story.enqueue("call")
    story.send(m.SetStatus, agent="ada", status="off_queue")
    assert story.offered("call") == "ben"
    assert story.core.state.agents["ada"].status == "OFF_QUEUE"


def test_an_agent_who_goes_off_and_on_queue_is_not_offered_the_same_item_all_the_time(
    story: Any, agent: Make, queue: Make
) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.on_queue("ada")
    story.enqueue("call")
    for _ in range(20):
        story.send(m.SetStatus, agent="ada", status="off_queue")
        story.send(m.SetStatus, agent="ada", status="on_queue")
        story.wait(0.5)
    offers = [at for at, event in story.log if isinstance(event, m.ItemReserved)]
    assert offers == [1_000_000 + 2_000 * n for n in range(len(offers))], "once in two seconds"
    story.wait(2)
    assert story.offered("call") == "ada"


def test_two_accepts_of_one_offer_have_one_winner(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.on_queue("ada")
    story.enqueue("call")
    reservation = story.reservation("call")
    assert isinstance(story.send(m.Accept, reservation=reservation, agent="ada"), m.Accepted)
    assert story.refusal(story.send(m.Accept, reservation=reservation, agent="ada")) == "stale_reservation"


# By hand.


def test_a_supervisor_reaches_past_skill_and_ring_but_not_past_capacity(story: Any, agent: Make, queue: Make) -> None:
    gold = queue("Gold", enableManualAssignment=True, bullseye=rings(600, 600))
    gold["members"] = [{"id": "ada", "ringNumber": 2}, {"id": "ben", "ringNumber": 2}]
    story.configure(agents=[agent("ada"), agent("ben")], queues=[gold])
    story.on_queue("ada")
    story.enqueue("call", "Gold", "German")
    story.send(m.Assign, item="call", agent="ada", by="boss")
    assert story.offered("call") == "ada"
    take(story, "call")
    story.enqueue("other", "Gold", "German")
    assert story.refusal(story.send(m.Assign, item="other", agent="ada", by="boss")) == "no_capacity"
    assert story.refusal(story.send(m.Assign, item="other", agent="ben", by="boss")) == "not_on_queue"
    finish(story, "ada", "call")
    story.send(m.Pull, item="other", agent="ada")
    assert story.core.state.agents["ada"].status == "INTERACTING"


def test_an_item_is_ended_after_59_days(story: Any, agent: Make, queue: Make) -> None:
    story.configure(agents=[agent("ada")], queues=[queue("Gold", "ada")])
    story.enqueue("call")
    story.wait(59 * 86_400 - 1)
    assert "call" in story.core.state.items
    story.wait(1)
    assert [event.reason for event in story.events if isinstance(event, m.ItemLeft)] == ["expired"]


def test_priority_alone_starves_nobody_beyond_the_longest_wait(story: Any, agent: Make, queue: Make) -> None:
    strict = queue("Gold", "ada", scoringMethod="PriorityOnly", **{"x-callwright": {"max_wait_s": 300}})
    story.configure(agents=[agent("ada")], queues=[strict])
    story.enqueue("humble")
    story.wait(299.999)
    story.enqueue("important", priority=1000)
    assert story.core.waiting.position(story.core.state.items["humble"]) == 2
    story.wait(0.001)
    assert story.core.waiting.position(story.core.state.items["humble"]) == 1
    story.send(m.PatchRouting, item="important", priority=5000)
    story.on_queue("ada")
    assert story.offered("humble") == "ada"


def test_a_long_wait_counts_before_every_queue_and_begins_anew_in_another(story: Any, agent: Make, queue: Make) -> None:
    patient = queue("Gold", "ada", **{"x-callwright": {"max_wait_s": 60}}, directRouting={"backupQueueId": "Silver"})
    story.configure(agents=[agent("ada"), agent("ben")], queues=[patient, queue("Silver", "ada", "ben")])
    story.enqueue("first", "Silver")
    story.enqueue("second", "Gold", priority=-1000)
    story.enqueue("away", "Gold", direct="ben")  # nobody is there: on to Silver at once
    story.wait(60)
    assert [item for item, found in story.core.state.items.items() if found.forward] == ["second"]
    story.on_queue("ada")
    assert story.offered("second") == "ada"


def test_who_waits_in_a_ring_that_is_taken_away_may_be_had_by_everybody(story: Any, agent: Make, queue: Make) -> None:
    gold = queue("Gold", bullseye=rings(10))
    gold["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
    agents = [agent("near"), agent("far")]
    story.configure(agents=agents, queues=[gold])
    story.on_queue("far")
    story.enqueue("call")
    assert story.offered("call") is None
    story.configure(agents=agents, queues=[{**gold, "bullseye": None}])
    assert story.offered("call") == "far"


def test_who_waits_in_the_last_ring_goes_on_when_there_are_more(story: Any, agent: Make, queue: Make) -> None:
    gold = queue("Gold", bullseye=rings(10))
    gold["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
    agents = [agent("near"), agent("far")]
    story.configure(agents=agents, queues=[gold])
    story.on_queue("far")
    story.enqueue("call")
    story.wait(60)
    story.configure(agents=agents, queues=[{**gold, "bullseye": rings(10, 10)}])
    assert story.offered("call") is None
    story.wait(10)
    assert story.offered("call") == "far"


def test_a_clock_that_stood_still_goes_on_also_when_the_setting_changes_meanwhile(
    story: Any, agent: Make, queue: Make
) -> None:
    def gold(*, runs: bool) -> dict[str, Any]:
        made = queue("Gold", bullseye=rings(5, 60), **{"x-callwright": {"ring_clock_runs_while_alerting": runs}})
        made["members"] = [{"id": "near", "ringNumber": 1}, {"id": "far", "ringNumber": 2}]
        return made

    agents = [agent("near"), agent("far")]
    story.configure(agents=agents, queues=[gold(runs=False)])
    story.on_queue("near", "far")
    story.enqueue("call")
    story.wait(6)  # near's phone rings for 8 s
    story.configure(agents=agents, queues=[gold(runs=True)])
    story.wait(2)
    assert story.core.state.agents["near"].status == "NOT_RESPONDING"
    assert story.offered("call") is None
    story.wait(5)
    assert story.offered("call") == "far"
