"""The way of the main job, step by step (conversations.md §3.1)."""

from __future__ import annotations

from typing import Any

import pytest

from contactcenter.conversations import Refused, Settings, to_routing
from contactcenter.routing import messages as m


def test_a_call_begins_with_the_customer_and_an_execution_that_holds_the_media(hand: Any) -> None:
    hand.start()
    assert hand.types() == ["ConversationStarted", "ParticipantAdded", "ParticipantAdded", "ExecutionStarted"]
    assert hand.now.media.execution == hand.now.running.id
    assert [p.purpose for p in hand.now.participants] == ["customer", "ivr"]


def test_an_accepted_enqueue_flushes_enters_and_ends_the_execution_in_one_commit(hand: Any) -> None:
    types = hand.start().send(
        "enqueue",
        hand.execution,
        place={"queue_id": "q", "queue_name": "Gold"},
        entry={"entry_id": "e1", "enqueued_at": 5},
        attributes={"crm.record": "builtin:contact:7"},
    )
    assert types == ("AttributesSet", "ParticipantAdded", "QueueEntered", "ExecutionEnded", "MediaHeld")
    assert hand.now.media.holder == "hold"
    assert hand.now.queue_entry.enqueued_at == 5
    assert hand.now.crm_record == "builtin:contact:7"


def test_the_in_queue_flow_takes_the_media_while_the_caller_waits(hand: Any) -> None:
    hand.start().enqueue()
    assert hand.now.running.kind == "inqueue"
    assert hand.now.running.flow == "Please Wait"
    assert hand.now.media.execution == hand.now.running.id


def test_the_in_queue_flow_goes_on_until_the_agents_leg_is_connected(hand: Any) -> None:
    hand.start().enqueue().offer()
    assert hand.accept() == ("OfferEnded", "LegChanged")
    assert hand.now.media.execution == hand.now.running.id
    assert hand.connect(attributes={"told": "2"})[:4] == ("LegChanged", "AttributesSet", "ExecutionEnded", "Bridged")
    assert hand.now.media.bridge is not None
    assert hand.last("QueueLeft").data["outcome"] == "answered"


def test_the_record_that_the_flow_used_pops_when_the_agent_connects(hand: Any) -> None:
    hand.start().enqueue(attributes={"crm.record": "builtin:contact:7"}).offer()
    hand.accept()
    hand.connect()
    popped = hand.last("ScreenPop").data
    assert popped["record"] == "builtin:contact:7"
    assert popped["agent"] == "ada"
    assert popped["reason"] == 'participant data crm.record was set by flow "Welcome"'


def test_an_open_web_phone_is_connected_at_once(hand: Any) -> None:
    hand.start().enqueue().offer()
    hand.accept(open=True)
    assert hand.now.media.bridge is not None


def test_a_hang_up_ends_the_call_and_a_code_closes_the_conversation(hand: Any) -> None:
    hand.talking()
    assert hand.customer_hangs_up() == ("LegChanged", "LegChanged", "ConversationEnded", "AcwStarted")
    assert hand.now.state == "closing"
    saved = hand.send("wrapup", "user:ada", code="w1", name="Resolved", notes="all well")
    assert saved == ("WrapupSaved", "AcwEnded", "ConversationClosed")
    agent = hand.now.by_user("ada")
    assert agent.wrapup.name == "Resolved"
    assert agent.wrapup.duration_s == 1


@pytest.mark.parametrize(
    ("who", "customer", "agent"),
    [("customer", "endpoint", "peer"), ("agent", "peer", "client"), ("admin", "system", "system")],
)
def test_each_side_of_a_hang_up_gets_its_disconnect_type(hand: Any, who: str, customer: str, agent: str) -> None:
    hand.talking()
    if who == "customer":
        hand.customer_hangs_up()
    elif who == "agent":
        hand.send("hangup", "user:ada")
    else:
        hand.send("disconnect", "client")
    assert hand.now.customer.leg.disconnect_type == customer
    assert hand.now.by_user("ada").leg.disconnect_type == agent
    assert hand.now.outcome == "answered"


def test_segments_tell_what_the_customer_did(hand: Any) -> None:
    hand.talking()
    hand.send("hold", "user:ada")
    hand.send("resume", "user:ada")
    hand.customer_hangs_up()
    assert [s.type for s in hand.now.customer.segments] == ["Ivr", "Delay", "Interact", "Hold", "Interact"]
    assert [s.type for s in hand.now.by_user("ada").segments][:3] == ["Alert", "Contacting", "Interact"]


def test_an_unanswered_offer_leaves_a_missed_agent_and_the_place_in_the_queue(hand: Any) -> None:
    hand.start().enqueue().offer()
    entered = hand.now.queue_entry
    assert hand.send("offer_timed_out", "routing", reservation="r1") == ("LegChanged", "OfferEnded")
    missed = hand.now.by_user("ada")
    assert missed.leg.disconnect_type == "transfer.noanswer"
    assert hand.now.queue_entry == entered
    assert hand.now.running is not None


@pytest.mark.parametrize("how", ["offer_timed_out", "offer_declined", "no device"])
def test_the_in_queue_flow_begins_anew_after_an_alert_where_the_setting_says_so(new_hand: Any, how: str) -> None:
    hand = new_hand(Settings(inqueue_on_unanswered="restart"))
    hand.start().enqueue().offer()
    first = hand.now.running
    if how == "no device":
        hand.accept()
        hand.send("leg_failed", "adapter", leg=hand.leg_of("ada"), attributes={"heard": "1"})
    else:
        hand.send(how, "routing", reservation="r1", attributes={"heard": "1"})
    again = hand.now.running
    assert (again.flow, again.kind, again.id != first.id) == (first.flow, "inqueue", True)
    assert hand.now.media.execution == again.id
    assert hand.now.attributes == {"heard": "1"}, "what the first one had set is not lost"


def test_an_offer_that_is_withdrawn_does_not_begin_the_in_queue_flow_anew(new_hand: Any) -> None:
    hand = new_hand(Settings(inqueue_on_unanswered="restart"))
    hand.start().enqueue().offer()
    first = hand.now.running
    hand.send("offer_withdrawn", "routing", reservation="r1")
    assert hand.now.running == first


def test_an_agent_whose_device_does_not_ring_gives_the_caller_back_to_the_queue(hand: Any) -> None:
    hand.start().enqueue().offer()
    entered = hand.now.queue_entry
    hand.accept()
    hand.send("timer", "clock", name="agent_leg", after=20_000, participant=hand.now.accepted.participant_id)
    assert hand.now.accepted is None
    assert hand.now.queue_entry == entered
    assert hand.now.by_user("ada").leg.error == "delivery_failed"
    hand.offer(agent="ben", reservation="r2")
    assert hand.accept("ben", "r2", open=True)
    assert hand.now.media.bridge is not None


def test_a_flow_that_hangs_up_served_the_caller_itself(hand: Any) -> None:
    hand.start().send("hangup", hand.execution, attributes={"done": "1"})
    assert hand.now.outcome == "self_service"
    assert hand.now.attributes == {"done": "1"}
    assert hand.now.customer.leg.disconnect_type == "system"


def test_an_in_queue_flow_that_ends_leaves_the_caller_waiting_with_hold_audio(hand: Any) -> None:
    hand.start().enqueue()
    hand.send("execution_ended", hand.execution, execution=hand.now.running.id, how="ended")
    assert hand.now.queue_entry is not None
    assert hand.now.media.holder == "hold"


def test_a_lost_in_queue_flow_does_not_lose_the_item(hand: Any) -> None:
    hand.start().enqueue()
    hand.send("execution_faulted", hand.execution, execution=hand.now.running.id, detail="boom")
    assert hand.now.queue_entry is not None
    hand.offer()
    hand.accept(open=True)
    assert hand.now.media.bridge is not None


def test_a_lost_inbound_flow_takes_the_fallback_queue(hand: Any) -> None:
    hand.start(fallback={"queue": {"queue_id": "q-general", "queue_name": "General"}})
    hand.send("execution_faulted", hand.execution, execution=hand.now.running.id, detail="boom")
    assert hand.now.queue_entry.place.queue_name == "General"
    assert hand.now.queue_entry.confirmed is False


def test_a_lost_inbound_flow_without_fallback_ends_as_failed(hand: Any) -> None:
    hand.start().send("execution_faulted", hand.execution, execution=hand.now.running.id, detail="boom")
    assert (hand.now.state, hand.now.outcome) == ("closed", "failed")


def test_a_caller_whose_queue_is_deleted_takes_the_fallback_queue(hand: Any) -> None:
    hand.start(fallback={"queue": {"queue_id": "q-general", "queue_name": "General"}}).enqueue().offer()
    gone = hand.now.queue_entry.place.queue_id
    hand.send("queue_deleted", "routing", queue=gone)
    assert hand.now.offer is None
    assert hand.now.queue_entry.place.queue_name == "General"
    assert hand.send("queue_deleted", "routing", queue=gone) == ()


def test_a_caller_whose_queue_is_deleted_without_fallback_is_told_and_not_left_waiting(hand: Any) -> None:
    hand.start().enqueue()
    hand.send("queue_deleted", "routing", queue=hand.now.queue_entry.place.queue_id)
    assert (hand.now.state, hand.now.outcome) == ("closed", "failed")


def test_a_dead_number_starts_no_conversation(hand: Any) -> None:
    refused = hand.send("start", "adapter", leg={"id": "leg-c"}, dnis="tel:+99")
    assert isinstance(refused, Refused)
    assert refused.code == "unknown_target"
    assert hand.state is None


def test_a_direct_call_is_offered_without_flow_and_queue(hand: Any) -> None:
    hand.start(flow=None, user={"id": "ada", "name": "Ada"})
    assert hand.now.offer.kind == "direct"
    hand.accept(reservation=hand.now.offer.reservation_id, open=True)
    assert hand.now.media.bridge is not None
    hand.send("hangup", "user:ada")
    assert hand.now.state == "closed"


def test_a_label_goes_with_every_queue_place_and_changes_one_that_is_there(hand: Any) -> None:
    hand.start()
    hand.send("set_label", hand.execution, label="vip")
    hand.enqueue()
    assert to_routing.enqueue(hand.now, hand.now.queue_entry, "k").label == "vip"
    hand.send("set_label", hand.execution, label=None)
    (patched,) = [told for told in hand.told() if isinstance(told, m.PatchRouting)]
    assert patched.label == ""
    assert hand.send("set_label", hand.execution, label=None) == ()


def test_routing_hears_since_when_the_caller_has_waited_in_the_queue_before(hand: Any) -> None:
    hand.talking()
    entered = hand.now.last_place.enqueued_at
    hand.send("transfer", "user:ada", kind="blind", to={"queue": {"queue_id": "q-silver", "queue_name": "Silver"}})
    (enqueued,) = [told for told in hand.told() if isinstance(told, m.Enqueue)]
    assert (enqueued.queue, enqueued.waited_since, enqueued.keep_wait_of) == ("q-silver", entered, None)
