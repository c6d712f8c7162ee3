"""Callbacks, decision by decision (routing.md §15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from contactcenter.conversations import (
    Callback,
    CallbackRules,
    QueuePlace,
    Refused,
    Settings,
    interaction_of,
    next_deadline,
)
from contactcenter.routing import messages as m
from tests.contactcenter.conversations.conftest import START, Hand

HOUR = 3_600_000
PLACE = QueuePlace(queue_id="q-gold", queue_name="Gold", flow="Please Wait", priority=5)
AGENT_FIRST = CallbackRules()
CUSTOMER_FIRST = CallbackRules(customer_first=True, retries=2, retry_delay_s=60)
RESERVED = CallbackRules(customer_first=True, reserve=True, retries=1, retry_delay_s=60)


def asked(hand: Hand, rules: CallbackRules = AGENT_FIRST, *, in_ms: int = 0, **more: Any) -> Any:
    """Ask for a callback, now or later."""
    due = hand.at + 1000 + in_ms
    callback = Callback(numbers=("+4930901820", "+49407770100"), place=PLACE, due=due, waits_since=due, rules=rules)
    given: Mapping[str, Any] = {"callback": callback, "name": "Mira", **({"scheduled": due} if in_ms else {})}
    return hand.send("create_callback", "client", **{**given, **more})


def with_agent(hand: Hand, rules: CallbackRules = AGENT_FIRST) -> Hand:
    """Asked for, offered and accepted."""
    asked(hand, rules)
    hand.offer()
    hand.accept(open=True)
    return hand


def call_leg(hand: Hand) -> str:
    """The newest call to the customer."""
    return str([leg for leg in hand.now.customer.legs if leg.media == "call"][-1].id)  # type: ignore[union-attr]


def answers(hand: Hand) -> Any:
    return hand.send("leg_connected", "adapter", leg=call_leg(hand))


def fails(hand: Hand, reason: str = "busy") -> Any:
    return hand.send("leg_failed", "adapter", leg=call_leg(hand), reason=reason)


def deadline(hand: Hand) -> tuple[str, int]:
    found = next_deadline(hand.now, hand.settings)
    assert found is not None
    assert found.at is not None
    return found.name, found.at


def passes(hand: Hand) -> Any:
    """The first deadline fires."""
    found = next_deadline(hand.now, hand.settings)
    assert found is not None
    return hand.send(
        "timer", "clock", name=found.name, participant=found.participant, after=(found.at or hand.at) - hand.at
    )


def states(hand: Hand) -> list[tuple[str | None, str]]:
    """Medium and state of the customer's legs."""
    assert hand.now.customer is not None
    return [(leg.media, leg.state) for leg in hand.now.customer.legs]


# Asking.


def test_a_callback_that_is_asked_for_now_waits_in_its_queue_without_any_media(hand: Hand) -> None:
    assert asked(hand) == ("ConversationStarted", "ParticipantAdded", "ParticipantAdded", "QueueEntered")
    assert (hand.now.media_type, hand.now.direction, hand.now.media.holder) == ("callback", "outbound", "none")
    assert states(hand) == [("callback", "offering")]
    assert hand.now.queue_entry is not None
    assert hand.now.queue_entry.place.priority == 5


@pytest.mark.parametrize(("keeps", "waited"), [(True, HOUR), (False, 0)])
def test_one_that_is_asked_for_while_waiting_keeps_the_place_unless_told_not_to(
    new_hand: Any, keeps: bool, waited: int
) -> None:
    hand = new_hand(Settings(callback_keeps_place=keeps))
    now = hand.at + 1000
    kept = Callback(numbers=("+4930901820",), place=PLACE, due=now, waits_since=now - HOUR)
    asked(hand, callback=kept)
    assert hand.now.queue_entry.enqueued_at == now - waited


def test_a_scheduled_one_enters_its_queue_with_the_time_it_is_due(hand: Hand) -> None:
    asked(hand, in_ms=HOUR)
    assert states(hand) == [("callback", "scheduled")]
    assert hand.now.queue_entry is not None
    assert hand.now.queue_entry.enqueued_at == START + 1000 + HOUR
    assert deadline(hand) == ("callback_due", START + 1000 + HOUR)
    passes(hand)
    assert states(hand) == [("callback", "offering")]


@pytest.mark.parametrize(("in_ms", "said"), [(-60_000, "lies in the past"), (31 * 24 * HOUR, "30 days ahead at most")])
def test_a_time_in_the_past_or_too_far_ahead_is_refused(hand: Hand, in_ms: int, said: str) -> None:
    refused = asked(hand, in_ms=in_ms)
    assert isinstance(refused, Refused)
    assert said in refused.message


def test_the_attributes_are_the_customers(hand: Hand) -> None:
    asked(hand, attributes={"crm.record": "builtin:contact:7"})
    assert hand.now.crm_record == "builtin:contact:7"


# Agent first.


def test_the_agent_who_accepts_sees_the_record_and_the_customer_is_not_called_yet(hand: Hand) -> None:
    asked(hand, attributes={"crm.record": "builtin:contact:7"})
    hand.offer()
    hand.accept(open=True)
    assert hand.last("ScreenPop").data["record"] == "builtin:contact:7"
    assert states(hand) == [("callback", "offering")]
    assert hand.last("QueueLeft").data["outcome"] == "answered"


def test_the_agent_dials_and_talks_when_the_customer_answers(hand: Hand) -> None:
    with_agent(hand)
    assert hand.send("dial", "user:ada") == ("CallbackChanged", "LegAdded")
    assert states(hand) == [("callback", "offering"), ("call", "dialing")]
    assert answers(hand) == ("LegChanged", "Bridged")
    assert len(hand.last("Bridged").data["participants"]) == 2


def test_dialling_twice_is_dialling_once(hand: Hand) -> None:
    with_agent(hand)
    hand.send("dial", "user:ada")
    assert hand.send("dial", "user:ada") == ()


def test_another_of_the_customers_numbers_can_be_dialled_and_no_other(hand: Hand) -> None:
    with_agent(hand)
    refused = hand.send("dial", "user:ada", number="+18031230000")
    assert isinstance(refused, Refused)
    hand.send("dial", "user:ada", number="+49407770100")
    assert hand.now.callback is not None
    assert hand.now.callback.number == "+49407770100"


def test_nobody_dials_before_accepting(hand: Hand) -> None:
    asked(hand)
    hand.offer()
    refused = hand.send("dial", "user:ada")
    assert isinstance(refused, Refused)
    assert refused.message == "accept the callback first"


def test_a_busy_customer_leaves_the_callback_with_the_agent_who_may_dial_again(hand: Hand) -> None:
    with_agent(hand)
    hand.send("dial", "user:ada")
    fails(hand)
    assert states(hand) == [("callback", "offering"), ("call", "disconnected")]
    assert hand.send("dial", "user:ada") == ("CallbackChanged", "LegAdded")
    assert hand.now.callback is not None
    assert hand.now.callback.attempts == 2


def test_a_call_that_nobody_answers_ends_after_the_dial_time(hand: Hand) -> None:
    with_agent(hand)
    hand.send("dial", "user:ada")
    assert deadline(hand) == ("dial", hand.at + 30_000)
    passes(hand)
    assert hand.now.customer is not None
    assert hand.now.customer.legs[-1].error == "noanswer"
    assert hand.now.state == "open"


def test_after_the_talk_the_agent_ends_the_callback_and_wraps_up(hand: Hand) -> None:
    with_agent(hand)
    hand.send("dial", "user:ada")
    answers(hand)
    hand.send("leg_gone", "adapter", leg=call_leg(hand))
    assert hand.now.state == "open"
    hand.send("hangup", "user:ada")
    assert (hand.now.state, hand.now.outcome) == ("closing", "answered")
    hand.send("wrapup", "user:ada", code="w1")
    assert hand.now.state == "closed"


def test_an_agent_who_never_reached_the_customer_leaves_a_failed_callback(hand: Hand) -> None:
    with_agent(hand)
    hand.send("dial", "user:ada")
    fails(hand)
    hand.send("hangup", "user:ada")
    assert hand.now.outcome == "failed"
    assert interaction_of(hand.now).attempts == 1


def test_where_the_queue_says_so_it_dials_and_ends_by_itself(hand: Hand) -> None:
    with_agent(hand, CallbackRules(auto_dial_s=10, auto_end_s=20))
    assert deadline(hand) == ("auto_dial", hand.at + 10_000)
    assert passes(hand) == ("CallbackChanged", "LegAdded")
    answers(hand)
    hand.send("leg_gone", "adapter", leg=call_leg(hand))
    assert deadline(hand) == ("auto_end", hand.at + 20_000)
    passes(hand)
    assert hand.now.outcome == "answered"


def test_an_agent_sends_a_callback_that_was_not_made_to_another_queue(hand: Hand) -> None:
    with_agent(hand)
    hand.send("transfer", "user:ada", to={"queue": {"queue_id": "q2", "queue_name": "General", "flow": "Please Wait"}})
    assert hand.now.queue_entry is not None
    assert hand.now.running is None, "there is nobody who could hear an in-queue flow"


# Customer first.


def test_without_a_reserved_agent_the_customer_is_called_before_anybody_is_offered_it(hand: Hand) -> None:
    asked(hand, CUSTOMER_FIRST)
    assert hand.now.queue_entry is None
    assert hand.send("dial", "clock") == ("CallbackChanged", "LegAdded")


def test_a_customer_who_answers_waits_at_the_old_place_with_the_in_queue_flow(hand: Hand) -> None:
    asked(hand, CUSTOMER_FIRST)
    since = hand.at
    hand.send("dial", "clock", after=5 * 60_000)
    answers(hand)
    assert hand.now.queue_entry is not None
    assert hand.now.queue_entry.enqueued_at == since
    assert hand.now.running is not None
    assert hand.now.running.flow == "Please Wait"
    hand.offer()
    hand.accept(open=True)
    assert len(hand.last("Bridged").data["participants"]) == 2


def test_a_customer_who_hangs_up_before_the_agent_comes_has_abandoned(hand: Hand) -> None:
    asked(hand, CUSTOMER_FIRST)
    hand.send("dial", "clock")
    answers(hand)
    hand.send("leg_gone", "adapter", leg=call_leg(hand))
    assert (hand.now.state, hand.now.outcome) == ("closed", "abandoned")


def test_a_busy_customer_is_called_again_after_a_while_until_there_were_enough_attempts(hand: Hand) -> None:
    asked(hand, CUSTOMER_FIRST)
    for attempt in (1, 2):
        hand.send("dial", "clock")
        fails(hand)
        assert deadline(hand) == ("callback_due", hand.at + 60_000), f"after attempt {attempt}"
        passes(hand)
    hand.send("dial", "clock")
    fails(hand)
    assert (hand.now.state, hand.now.outcome, interaction_of(hand.now).attempts) == ("closed", "failed", 3)


def test_the_clock_dials_nothing_before_its_time(hand: Hand) -> None:
    asked(hand, CUSTOMER_FIRST, in_ms=HOUR)
    assert hand.send("dial", "clock") == ()


@pytest.mark.parametrize(
    ("reaction", "after"),
    [
        (CallbackRules(customer_first=True, live_voice="HangUp"), ("closed", None)),
        (
            CallbackRules(customer_first=True, live_voice="TransferToFlow", live_voice_flow="Survey"),
            ("open", "Survey"),
        ),
    ],
)
def test_a_live_voice_may_be_hung_up_on_or_given_to_a_flow(
    hand: Hand, reaction: CallbackRules, after: tuple[str, str | None]
) -> None:
    asked(hand, reaction)
    hand.send("dial", "clock")
    answers(hand)
    running = hand.now.running
    assert (hand.now.state, running.flow if running else None) == after


def machine_answers(hand: Hand) -> Any:
    return hand.send("leg_connected", "adapter", leg=call_leg(hand), machine=True)


def test_an_answering_machine_is_hung_up_on_and_the_customer_called_again(hand: Hand) -> None:
    asked(hand, CUSTOMER_FIRST)
    for _ in range(2):
        hand.send("dial", "clock")
        machine_answers(hand)
        assert states(hand)[-1] == ("call", "disconnected")
        assert hand.now.queue_entry is None
        assert deadline(hand)[0] == "callback_due"
        passes(hand)
    hand.send("dial", "clock")
    machine_answers(hand)
    assert (hand.now.state, hand.now.outcome) == ("closed", "failed")


@pytest.mark.parametrize(
    ("rules", "flow", "waits"),
    [
        (CallbackRules(customer_first=True, machine="TransferToFlow", machine_flow="Message"), "Message", False),
        (CallbackRules(customer_first=True, machine="TransferToQueue"), "Please Wait", True),
    ],
)
def test_an_answering_machine_may_get_a_flow_or_an_agent(
    hand: Hand, rules: CallbackRules, flow: str, waits: bool
) -> None:
    asked(hand, rules)
    hand.send("dial", "clock")
    machine_answers(hand)
    assert hand.now.running is not None
    assert (hand.now.running.flow, hand.now.queue_entry is not None) == (flow, waits)


@pytest.mark.parametrize("rules", [AGENT_FIRST, RESERVED])
def test_an_agent_who_is_there_decides_about_an_answering_machine(hand: Hand, rules: CallbackRules) -> None:
    with_agent(hand, rules)
    if rules is AGENT_FIRST:
        hand.send("dial", "user:ada")
    machine_answers(hand)
    assert len(hand.last("Bridged").data["participants"]) == 2


def test_with_a_reserved_agent_the_customer_is_called_as_soon_as_one_is_taken(hand: Hand) -> None:
    asked(hand, RESERVED)
    hand.offer()
    assert hand.now.offer is not None
    assert hand.now.offer.auto_answer
    assert "LegAdded" in hand.accept(open=True)  # type: ignore[operator]
    answers(hand)
    assert len(hand.last("Bridged").data["participants"]) == 2


def test_a_reserved_agent_is_free_again_when_the_customer_does_not_answer(hand: Hand) -> None:
    with_agent(hand, RESERVED)
    fails(hand)
    agent = hand.now.by_user("ada")
    assert agent is not None
    assert not agent.living
    assert hand.now.queue_entry is not None
    assert hand.now.queue_entry.enqueued_at == hand.at + 60_000
    assert states(hand)[0] == ("callback", "scheduled")


# Another time.


def test_an_agent_puts_it_off_and_is_free(hand: Hand) -> None:
    with_agent(hand)
    later = hand.at + 2 * HOUR
    types = hand.send("reschedule", "user:ada", at=later, number="+49407770100")
    assert types == ("LegChanged", "AcwStarted", "CallbackChanged", "LegChanged", "ParticipantAdded", "QueueEntered")
    assert hand.now.callback is not None
    assert (hand.now.callback.due, hand.now.callback.number) == (later, "+49407770100")
    assert hand.now.queue_entry is not None
    assert hand.now.queue_entry.enqueued_at == later


def test_one_that_waits_is_put_off_without_anybody_having_it(hand: Hand) -> None:
    asked(hand)
    hand.offer()
    hand.send("reschedule", "client", at=hand.at + HOUR)
    assert hand.now.offer is None
    assert hand.last("QueueLeft").data["outcome"] == "rescheduled"


def test_nobody_puts_off_a_customer_who_is_on_the_line(hand: Hand) -> None:
    with_agent(hand)
    hand.send("dial", "user:ada")
    answers(hand)
    refused = hand.send("reschedule", "user:ada", at=hand.at + HOUR)
    assert isinstance(refused, Refused)
    assert refused.message == "the customer is on the line"


def test_one_that_is_not_needed_any_more_is_cancelled(hand: Hand) -> None:
    asked(hand, in_ms=HOUR)
    hand.send("cancel_callback", "client")
    assert (hand.now.state, hand.now.outcome) == ("closed", "cancelled")


def test_one_that_an_agent_has_is_not_cancelled(hand: Hand) -> None:
    with_agent(hand)
    assert hand.send("cancel_callback", "client") == ()


# The call that it was asked for in.


def test_a_caller_who_leaves_the_queue_for_a_callback_has_not_abandoned(hand: Hand) -> None:
    hand.start().enqueue()
    hand.send("callback_created", hand.execution, callback="c2")
    hand.send("hangup", hand.execution)
    assert hand.now.outcome == "callback"
    assert hand.last("QueueLeft").data["outcome"] == "callback"


def test_nor_has_one_who_hangs_up_having_asked_for_it(hand: Hand) -> None:
    hand.start().enqueue()
    hand.send("callback_created", hand.execution, callback="c2")
    hand.customer_hangs_up()
    assert hand.now.outcome == "callback"


def test_a_callback_whose_agent_is_lost_goes_back_to_its_place(hand: Hand) -> None:
    asked(hand)
    since = hand.at
    hand.offer()
    hand.accept(open=True)
    hand.send("leg_gone", "adapter", leg=hand.leg_of("ada"), lost=True)
    passes(hand)
    assert hand.now.queue_entry is not None
    assert hand.now.queue_entry.enqueued_at == since
    assert states(hand) == [("callback", "offering")]


# What becomes of it elsewhere.


def test_routing_holds_a_planned_one_until_its_time(hand: Hand) -> None:
    asked(hand, in_ms=HOUR)
    (enqueued,) = (one for one in hand.told() if isinstance(one, m.Enqueue))
    assert (enqueued.media, enqueued.not_before, enqueued.keep_wait_of) == ("callback", START + 1000 + HOUR, None)


def test_one_that_is_put_off_leaves_the_queue_and_comes_back_later(hand: Hand) -> None:
    asked(hand)
    hand.send("reschedule", "client", at=hand.at + HOUR)
    cancelled, enqueued = hand.told()[-2:]
    assert isinstance(cancelled, m.Cancel)
    assert cancelled.reason == "cancelled"
    assert isinstance(enqueued, m.Enqueue)
    assert enqueued.not_before == hand.now.callback.due  # type: ignore[union-attr]
