"""Races, each in both orders (conversations.md §10): the order of the commands decides, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from contactcenter.conversations import Refused, Settings
from contactcenter.routing import messages as m


def refused(answer: Any) -> str:
    """The code of a refusal; fails when the command was taken."""
    assert isinstance(answer, Refused), answer
    return answer.code


# 1: accept, customer hang-up


def test_1_hang_up_first_refuses_the_accept_and_withdraws_the_offer(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.customer_hangs_up()
    assert refused(hand.accept()) == "conversation_ended"
    assert hand.last("OfferEnded").data["how"] == "withdrawn"
    assert hand.now.outcome == "abandoned"
    assert hand.now.state == "closed"


def test_1_accept_first_but_the_leg_not_connected_frees_the_agents_unit(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.accept()
    hand.customer_hangs_up()
    (freed,) = (told for told in hand.told() if isinstance(told, m.UnitChanged))
    assert (freed.agent, freed.unit) == ("ada", "released")


def test_1_accept_first_but_the_leg_not_connected_is_abandoned_without_wrap_up(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.accept()
    hand.customer_hangs_up()
    assert hand.now.outcome == "abandoned"
    assert "AcwStarted" not in hand.types()
    assert hand.now.state == "closed"


def test_1_connected_first_is_answered_with_wrap_up(hand: Any) -> None:
    hand.talking()
    hand.customer_hangs_up()
    assert hand.now.outcome == "answered"
    assert hand.now.by_user("ada").acw.state == "pending"


# 2: two accepts


def test_2_the_second_accept_of_the_same_offer_is_stale(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.accept()
    assert refused(hand.accept()) == "stale_reservation"


def test_2_an_accept_by_another_agent_or_of_another_reservation_is_stale(hand: Any) -> None:
    hand.start().enqueue().offer()
    assert refused(hand.accept("ben")) == "stale_reservation"
    assert refused(hand.accept("ada", "r0")) == "stale_reservation"
    assert not isinstance(hand.accept(), Refused)


# 3: accept, deadline


def test_3_a_time_out_first_makes_the_accept_stale(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.send("offer_timed_out", "routing", reservation="r1")
    assert refused(hand.accept()) == "stale_reservation"


def test_3_an_accept_first_makes_the_time_out_stale(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.accept()
    assert hand.send("offer_timed_out", "routing", reservation="r1") == ()


# 4: accept, agent off queue


def test_4_a_withdrawal_first_makes_the_accept_stale(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.send("offer_withdrawn", "routing", reservation="r1", reason="off_queue")
    assert refused(hand.accept()) == "stale_reservation"
    assert hand.now.queue_entry is not None


def test_4_an_accept_first_holds_against_the_withdrawal(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.accept()
    assert hand.send("offer_withdrawn", "routing", reservation="r1", reason="off_queue") == ()
    assert hand.connect()[0] == "LegChanged"


# 5: accept, in-queue flow leaves


@pytest.mark.parametrize("command", ["hangup", "enqueue", "transfer"])
def test_5_after_an_accept_the_flow_is_refused(hand: Any, command: str) -> None:
    args = {"place": {"queue_id": "q2", "queue_name": "Other"}, "to": {"number": "+1"}}
    hand.start().enqueue().offer()
    hand.accept()
    assert refused(hand.send(command, hand.execution, **args)) == "not_holder"
    hand.connect()
    assert hand.now.executions[-1].reason == "connected"


def test_5_a_flow_that_left_first_makes_the_accept_stale(hand: Any, gold: Any) -> None:
    hand.start().enqueue().offer()
    hand.send("enqueue", hand.execution, place={"queue_id": "q2", "queue_name": "Other"})
    assert refused(hand.accept()) == "stale_reservation"
    assert hand.last("QueueLeft").data["outcome"] == "flow_out"
    assert hand.now.queue_entry.place.queue_name == "Other"


def test_5_a_flow_that_disconnected_first_has_ended_the_call(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.send("hangup", hand.execution)
    assert refused(hand.accept()) == "conversation_ended"
    assert hand.now.outcome == "abandoned"


# 6: the in-queue flow speaks while the agent connects


def test_6_no_command_of_the_flow_counts_after_the_bridge(hand: Any) -> None:
    hand.start().enqueue().offer()
    late, epoch = hand.execution, hand.now.media.epoch
    hand.accept()
    hand.connect()
    assert hand.now.media.epoch > epoch
    assert refused(hand.send("set_attributes", late, attributes={"late": "1"}, epoch=epoch)) == "not_holder"


def test_6_what_the_flow_had_set_by_then_is_flushed_with_the_bridge(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.accept()
    hand.connect(attributes={"early": "1"})
    assert hand.now.attributes["early"] == "1"


# 8: transfer, customer hang-up


def test_8_hang_up_first_refuses_the_transfer(hand: Any) -> None:
    hand.talking()
    hand.customer_hangs_up()
    assert (
        refused(hand.send("transfer", "user:ada", to={"queue": {"queue_id": "q", "queue_name": "Q"}}))
        == "conversation_ended"
    )


def test_8_transfer_first_withdraws_the_new_place_with_the_hang_up(hand: Any) -> None:
    hand.talking()
    hand.send("transfer", "user:ada", to={"queue": {"queue_id": "q", "queue_name": "Q"}})
    hand.customer_hangs_up()
    assert hand.now.transfers[-1].state == "Canceled"
    assert hand.now.queue_entry is None
    assert hand.now.by_user("ada").acw.state == "pending"


# 9: blind transfer, agent's hang-up click


def test_9_a_hang_up_after_the_transfer_has_no_effect(hand: Any) -> None:
    hand.talking()
    hand.send("transfer", "user:ada", to={"queue": {"queue_id": "q", "queue_name": "Q"}})
    assert hand.send("hangup", "user:ada") == ()
    assert hand.now.state == "open"


def test_9_a_transfer_after_the_hang_up_is_refused(hand: Any) -> None:
    hand.talking()
    hand.send("hangup", "user:ada")
    assert refused(hand.send("transfer", "user:ada", to={"number": "+1"})) == "conversation_ended"


# 10 and 11: consult


def consulting(hand: Any) -> None:
    hand.talking()
    hand.send("consult", "user:ada", to={"user_id": "ben"})
    hand.send("accept", "user:ben", reservation_id=hand.now.offer.reservation_id, open=True)


def test_10_target_first_gives_the_customer_back_and_refuses_the_completion(hand: Any) -> None:
    consulting(hand)
    hand.send("hangup", "user:ben")
    assert refused(hand.send("consult_complete", "user:ada")) == "wrong_state"
    assert hand.now.media.bridge is not None
    assert not hand.now.customer.leg.held


def test_10_completion_first_puts_the_customer_back_into_the_last_queue(hand: Any) -> None:
    consulting(hand)
    seen = hand.now.media.epoch
    hand.send("consult_complete", "user:ada")
    hand.send("hangup", "user:ben", epoch=seen)
    assert hand.now.state == "open"
    assert hand.now.queue_entry.place.queue_name == "Gold"


def test_10_a_target_that_knew_of_the_completion_ends_the_call(hand: Any) -> None:
    consulting(hand)
    hand.send("consult_complete", "user:ada")
    hand.send("hangup", "user:ben", epoch=hand.now.media.epoch)
    assert hand.now.state == "closing"


def test_11_the_agents_talk_on_when_the_customer_goes_first(hand: Any) -> None:
    consulting(hand)
    hand.customer_hangs_up()
    assert hand.now.state == "open"
    assert hand.now.media.bridge is not None
    assert refused(hand.send("consult_complete", "user:ada")) == "wrong_state"
    hand.send("hangup", "user:ben")
    assert hand.now.state == "closing"


def test_11_completion_first_ends_the_call_with_the_customer(hand: Any) -> None:
    consulting(hand)
    hand.send("consult_complete", "user:ada")
    hand.customer_hangs_up()
    assert hand.now.outcome == "answered"


# 12: hold, hang-up


def test_12_hold_after_the_hang_up_says_why_not(hand: Any) -> None:
    hand.talking()
    hand.send("hangup", "user:ada")
    assert refused(hand.send("hold", "user:ada")) == "conversation_ended"


def test_12_a_hang_up_on_hold_ends_the_call(hand: Any) -> None:
    hand.talking()
    hand.send("hold", "user:ada")
    hand.send("hangup", "user:ada")
    assert hand.now.by_user("ada").leg.held_ms == 1000
    assert hand.now.state == "closing"


def test_12_resume_during_an_attended_transfer_is_refused(hand: Any) -> None:
    hand.talking()
    hand.send("transfer", "user:ada", kind="attended", to={"user_id": "ben"})
    assert refused(hand.send("resume", "user:ada")) == "wrong_state"


# 13: hang-up by the flow, enqueue accepted


def test_13_a_hang_up_after_an_accepted_enqueue_is_stale(hand: Any, gold: Any) -> None:
    hand.start()
    late = hand.execution
    hand.enqueue(gold)
    assert refused(hand.send("hangup", late)) == "not_holder"
    assert hand.now.queue_entry is not None


def test_13_an_enqueue_after_the_hang_up_is_refused(hand: Any, gold: Any) -> None:
    hand.start()
    late = hand.execution
    hand.send("hangup", late)
    assert refused(hand.send("enqueue", late, place=gold)) == "conversation_ended"


# 14 to 16: the agent's connection


def test_14_an_agent_lost_while_alerting_leaves_the_place_as_it_was(hand: Any) -> None:
    hand.start().enqueue().offer()
    entered = hand.now.queue_entry
    hand.send("offer_withdrawn", "routing", reservation="r1", reason="desk_lost")
    assert hand.now.queue_entry == entered


def test_15_an_agent_who_comes_back_in_time_talks_on(hand: Any) -> None:
    hand.talking()
    hand.send("leg_gone", "adapter", leg=hand.leg_of("ada"), lost=True)
    assert hand.now.media.holder == "hold"
    hand.connect()
    assert hand.now.media.bridge is not None
    assert hand.send("timer", "clock", name="agent_lost", participant=hand.now.by_user("ada").id, after=60_000) == ()


def test_15_an_agent_who_stays_away_gives_the_caller_back_with_the_old_wait(hand: Any) -> None:
    hand.talking()
    waited_since = hand.now.last_place.enqueued_at
    hand.send("leg_gone", "adapter", leg=hand.leg_of("ada"), lost=True)
    hand.send("timer", "clock", name="agent_lost", participant=hand.now.by_user("ada").id, after=20_000)
    assert hand.now.queue_entry.enqueued_at == waited_since
    assert hand.now.by_user("ada").leg.disconnect_type == "transport.failure"
    assert hand.connect() == ()


def test_16_the_timer_ends_a_wrap_up_that_nobody_finishes_and_keeps_the_draft(hand: Any) -> None:
    hand.talking()
    hand.customer_hangs_up()
    hand.send("wrapup", "user:ada", notes="half a sen", provisional=True)
    hand.send("timer", "clock", name="wrapup", participant=hand.now.by_user("ada").id, after=30_000)
    wrapup = hand.now.by_user("ada").wrapup
    assert (wrapup.notes, wrapup.code, wrapup.provisional) == ("half a sen", "ININ-WRAP-UP-TIMEOUT", False)
    assert hand.now.state == "closed"


@pytest.mark.parametrize(("forced", "after"), [(False, "closing"), (True, "closed")])
def test_16_a_wrap_up_without_a_time_ends_with_its_alarm_where_the_setting_says_so(
    new_hand: Any, forced: bool, after: str
) -> None:
    hand = new_hand(Settings(acw_force_after_alarm=forced))
    hand.talking(wrapup_prompt="MANDATORY", wrapup_timeout_ms=None)
    hand.customer_hangs_up()
    hand.send("timer", "clock", name="wrapup_alarm", participant=hand.now.by_user("ada").id, after=3_600_000)
    assert hand.now.state == after
    assert hand.last("Alarm").data["name"] == "wrapup_alarm"
    wrapup = hand.now.by_user("ada").wrapup
    assert (wrapup and wrapup.code) == ("ININ-WRAP-UP-TIMEOUT" if forced else None)


# 18: links


@pytest.mark.parametrize("agent_first", [True, False])
def test_18_the_agents_link_wins_whatever_the_order(hand: Any, agent_first: bool) -> None:
    hand.talking()
    links = [
        ("user:ada", {"contact": "k-agent", "how": "agent"}),
        ("resolution", {"contact": "k-found", "how": "number"}),
    ]
    for actor, args in links if agent_first else reversed(links):
        hand.send("link", actor, **args)
    assert hand.now.customer.external_contact_id == "k-agent"


# 19: wrap-up save, forced expiry


def test_19_a_save_before_the_expiry_wins(hand: Any) -> None:
    hand.talking(wrapup_prompt="MANDATORY_FORCED_TIMEOUT")
    hand.customer_hangs_up()
    hand.send("wrapup", "user:ada", code="w1", name="Resolved")
    assert hand.now.state == "closing"
    hand.send("timer", "clock", name="wrapup", participant=hand.now.by_user("ada").id, after=30_000)
    assert hand.now.by_user("ada").wrapup.code == "w1"
    assert hand.now.state == "closed"


def test_19_a_save_after_the_expiry_is_a_correction(hand: Any) -> None:
    hand.talking(wrapup_prompt="MANDATORY_FORCED_TIMEOUT")
    hand.customer_hangs_up()
    hand.send("timer", "clock", name="wrapup", participant=hand.now.by_user("ada").id, after=30_000)
    assert hand.send("wrapup", "user:ada", code="w1", name="Resolved") == ("Corrected",)
    assert hand.now.by_user("ada").wrapup.code == "w1"


# 20: duplicate start, events out of order


def test_20_a_second_start_of_the_same_leg_is_the_same_conversation(hand: Any) -> None:
    hand.start()
    revision = hand.now.rev
    hand.start()
    assert hand.now.rev == revision


def test_20_a_leg_that_is_gone_cannot_connect_any_more(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.accept()
    leg = hand.leg_of("ada")
    hand.send("leg_gone", "adapter", leg=leg)
    assert hand.send("leg_connected", "adapter", leg=leg) == ()
    assert hand.now.queue_entry is not None


# 21: the same intention twice


@pytest.mark.parametrize("command", ["hold", "mute", "confine", "secure_pause"])
def test_21_the_same_wish_twice_is_one_event(hand: Any, command: str) -> None:
    hand.talking()
    assert hand.send(command, "user:ada")
    assert hand.send(command, "client", participant=hand.now.by_user("ada").id) == ()


def test_a_hang_up_after_consult_lost_end_ends_the_call(new_hand: Any) -> None:
    hand = new_hand(Settings(consult_lost="end"))
    consulting(hand)
    seen = hand.now.media.epoch
    hand.send("consult_complete", "user:ada")
    hand.send("hangup", "user:ben", epoch=seen)
    assert hand.now.state == "closing"
