"""Stages of an item that knows an agent by name: preferred, direct, last and owning agents (routing.md §7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import messages as m

Make = Callable[..., dict[str, Any]]


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
    story.finish(story.take("one"), "one")
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
    story.finish(story.take("one"), "one")
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
