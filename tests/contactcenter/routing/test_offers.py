"""Offers that are taken, declined, missed or withdrawn, and items given by hand (routing.md §12, §19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.routing import messages as m
from tests.contactcenter.routing.conftest import rings

Make = Callable[..., dict[str, Any]]


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


def test_a_supervisor_reaches_past_skill_and_ring_but_not_past_capacity(story: Any, agent: Make, queue: Make) -> None:
    gold = queue("Gold", enableManualAssignment=True, bullseye=rings(600, 600))
    gold["members"] = [{"id": "ada", "ringNumber": 2}, {"id": "ben", "ringNumber": 2}]
    story.configure(agents=[agent("ada"), agent("ben")], queues=[gold])
    story.on_queue("ada")
    story.enqueue("call", "Gold", "German")
    story.send(m.Assign, item="call", agent="ada", by="boss")
    assert story.offered("call") == "ada"
    story.take("call")
    story.enqueue("other", "Gold", "German")
    assert story.refusal(story.send(m.Assign, item="other", agent="ada", by="boss")) == "no_capacity"
    assert story.refusal(story.send(m.Assign, item="other", agent="ben", by="boss")) == "not_on_queue"
    story.finish("ada", "call")
    story.send(m.Pull, item="other", agent="ada")
    assert story.core.state.agents["ada"].status == "INTERACTING"
