"""Most items begin with the standard stage, which is then said without planning: as planning would have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import messages as m
from contactcenter.routing.stages import STANDARD, begins_plainly, first_stage

Make = Callable[..., dict[str, Any]]

CONDITION = {"metric": "EstimatedWaitTime", "operator": "GreaterThan", "conditionValue": 0, "groups": [{"id": "g"}]}

STEPWISE: dict[str, dict[str, Any]] = {
    "rings": {"bullseye": {"rings": [{"expansionCriteria": [{"type": "TIMEOUT_SECONDS", "threshold": 9}]}, {}]}},
    "groups": {"conditionalGroupRouting": {"rules": [CONDITION]}},
    "prediction": {"predictiveRouting": {}},
    "steps": {"x-callwright": {"steps": [{"expression": "German"}]}},
    "the last agent": {"lastAgentRoutingMode": "AnyAgent"},
}


def _begin(story: Any, agent: Make, queue: Make, fields: dict[str, Any], **asked: Any) -> tuple[Any, bool, m.Stage]:
    """The item of a customer whom ada has served, whether it begins plainly, and its first stage as planned."""
    story.configure(agents=[agent("ada"), agent("ben")], queues=[queue("Gold", "ada", "ben", **fields)])
    story.core.state.last_agents["Gold\ncustomer"] = ("ada", story.now)
    story.enqueue("call", "Gold", customer="customer", **asked)
    item = story.core.state.items["call"]
    plainly = begins_plainly(story.core.organisation.queues["Gold"], item.requirement)
    return item, plainly, first_stage(story.core, item, story.now)


@pytest.mark.parametrize("fields", [{}, {"routingRules": [{"waitSeconds": 9}]}, {"lastAgentRoutingMode": "Disabled"}])
def test_what_begins_plainly_begins_as_planned(story: Any, agent: Make, queue: Make, fields: dict[str, Any]) -> None:
    item, plainly, planned = _begin(story, agent, queue, fields)
    assert plainly
    assert item.stage == planned == STANDARD


@pytest.mark.parametrize("fields", STEPWISE.values(), ids=STEPWISE)
def test_where_a_queue_goes_step_by_step_nothing_begins_plainly(
    story: Any, agent: Make, queue: Make, fields: dict[str, Any]
) -> None:
    item, plainly, planned = _begin(story, agent, queue, fields)
    assert not plainly
    assert item.stage == planned != STANDARD


@pytest.mark.parametrize("asked", [{"direct": "ada"}, {"preferred": (("ada", 100),)}], ids=["direct", "preferred"])
def test_what_asks_for_an_agent_does_not_begin_plainly(
    story: Any, agent: Make, queue: Make, asked: dict[str, Any]
) -> None:
    item, plainly, planned = _begin(story, agent, queue, {"routingRules": [{"waitSeconds": 9}]}, **asked)
    assert not plainly
    assert item.stage == planned != STANDARD
