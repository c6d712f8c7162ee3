"""Two nodes on one PostgreSQL, each in a process of its own: a call on one, its agent at the other; nodes killed and
paused in the middle of it (DESIGN.md "Many machines")."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from store import open_store
from tests.callwright.serving.node import Browser, Node
from tests.callwright.serving.test_callback_crash import MIRA, plan
from tests.callwright.serving.test_serve import queue_up

pytestmark = pytest.mark.postgres
DENTAL = "+49407770100"
LEASE_MS = 1_000
GAP_MS = 6_000
"""How long a takeover may take on a machine that many share; on one that has nothing else to do: lease + 300 ms."""


@pytest.fixture
def nodes(project: Path, fresh_postgres: str) -> Iterator[tuple[Node, Node]]:
    """Two nodes; the first owns routing. Ada and Ben may log in."""
    first, second = Node(project, fresh_postgres), Node(project, fresh_postgres)
    first.allow("ada@example.com", "ben@example.com")
    first.start()
    second.start()
    yield first, second
    for node in (first, second):
        node.close()


Two = tuple[Node, Node]


@pytest.fixture
def first(nodes: Two) -> Node:
    return nodes[0]


@pytest.fixture
def second(nodes: Two) -> Node:
    return nodes[1]


def agent_at(node: Node, name: str = "ada") -> Browser:
    """An agent's desk, on queue."""
    desk = Browser(node).log_in(f"{name}@example.com")
    assert desk.command("presence.set", status="on_queue").status_code == 200
    return desk


def story(node: Node, conversation: str) -> list[str]:
    """The types of a conversation's events."""
    store = open_store(node.database)
    try:
        return [stored.type for stored in store.read(f"conversation/{conversation}")]
    finally:
        store.close()


def answered(desk: Browser, session: str, reservation: str) -> None:
    answer = desk.command("answer", session, reservation=reservation)
    assert answer.status_code == 200, answer.text
    assert desk.until("connected")["interactionId"] == session


def test_the_agent_at_one_node_answers_the_call_of_the_other_and_they_talk(first: Node, second: Node) -> None:
    desk, caller = agent_at(second), Browser(first)
    session = queue_up(caller)
    alert = desk.until("alerting")
    assert (alert["interactionId"], alert["queue"], alert["caller"]["name"]) == (session, "Priority", "Mira Okafor")
    answered(desk, session, alert["reservation"])
    caller.hears(session, "Ada")
    assert caller.client.post(f"/phone/calls/{session}/say", json={"text": "It is the line."}).status_code == 202
    heard = next(event for event in desk.events("/desk/events") if event["event"] == "caption")
    assert (heard["interactionId"], heard["text"]) == (session, "It is the line.")
    assert desk.command("say", session, text="I shall look.").status_code == 200
    caller.hears(session, "I shall look.")
    assert desk.interactions()[0]["transcript"] == [["caller", "It is the line."], ["Ada", "I shall look."]]
    assert desk.command("hold", session).status_code == 200
    assert desk.interactions()[0]["held"]
    desk.command("disconnect", session)
    desk.until("acw")
    assert desk.command("wrapup.save", session, code="Resolved").status_code == 200
    assert desk.interactions() == []


def test_both_nodes_carry_calls_and_each_page_may_be_served_by_any_node(first: Node, second: Node) -> None:
    ada, ben = agent_at(first, "ada"), agent_at(second, "ben")
    here, there = queue_up(Browser(first)), Browser(second).dial(DENTAL)
    alerts = {desk.until("alerting")["interactionId"]: desk for desk in (ada, ben)}
    assert set(alerts) == {here, there}
    moved = Browser(first)  # the phone page of the call that the second node has
    moved.hears(there, "Example")
    assert moved.client.post(f"/phone/calls/{there}/hangup").status_code == 202
    for _ in alerts[there].events("/desk/events"):
        if not alerts[there].interactions():
            break
    assert alerts[here].interactions()


def test_a_customer_whose_page_is_at_one_node_is_called_back_by_the_other(first: Node, second: Node) -> None:
    desk = Browser(first).log_in("ada@example.com")
    callback = plan(desk, Browser(first), 500)
    customer = Browser(second)
    page = customer.events(f"/phone/lines/{MIRA}/events")
    assert [event["event"] for event in islice(page, 3)] == ["hello", "waiting", "waiting"]  # at both nodes
    alert = desk.until("alerting")
    answered(desk, callback, alert["reservation"])
    assert desk.command("dial", callback).status_code == 200
    session = next(event for event in page if event["event"] == "ringing")["session"]
    taken = customer.client.post(f"/phone/calls/{session}/answer", headers={"x-requested-with": "phone"})
    assert taken.status_code == 202
    customer.hears(session, "Ada")
    assert customer.client.post(f"/phone/calls/{session}/say", json={"text": "Thank you."}).status_code == 202
    assert ["caller", "Thank you."] in desk.interactions()[0]["transcript"]
    assert customer.client.post(f"/phone/calls/{session}/hangup").status_code == 202
    assert desk.command("disconnect", callback).status_code == 200
    desk.until("acw")


def killed_while_it_waits(first: Node, second: Node, end: Any) -> tuple[str, Browser]:
    """A call of the first node waits; then that node ends. The agent is at the second."""
    desk = Browser(second).log_in("ada@example.com")
    session = queue_up(Browser(first))
    end()
    began = time.monotonic()
    while desk.command("presence.set", status="on_queue").status_code != 200:
        assert time.monotonic() - began < GAP_MS / 1000
    alert = desk.until("alerting")
    took = round((time.monotonic() - began) * 1000)
    print(f"alerted {took} ms after the end of the node, with a lease of {LEASE_MS} ms")
    assert alert["interactionId"] == session
    assert took < GAP_MS
    answered(desk, session, alert["reservation"])
    Browser(second).hears(session, "Ada")
    return session, desk


def test_a_call_that_waits_when_its_node_is_killed_is_answered_at_the_other(first: Node, second: Node) -> None:
    killed_while_it_waits(first, second, first.kill)


def test_an_alert_that_is_open_when_its_node_is_killed_is_the_same_one_at_the_other(first: Node, second: Node) -> None:
    desk = agent_at(second)
    session = queue_up(Browser(first))
    before = desk.until("alerting")
    first.kill()
    answered(desk, session, before["reservation"])
    after = desk.interactions()[0]
    assert (after["interactionId"], after["queue"], after["data"]) == (session, before["queue"], before["data"])
    assert story(second, session).count("OfferMade") == 1
    Browser(second).hears(session, "Ada")


def test_people_who_talk_when_the_calls_node_is_killed_talk_on(first: Node, second: Node) -> None:
    desk = agent_at(second)
    session = queue_up(Browser(first))
    answered(desk, session, desk.until("alerting")["reservation"])
    first.kill()
    caller = Browser(second)
    caller.hears(session, "Ada")
    assert caller.client.post(f"/phone/calls/{session}/say", json={"text": "Still there?"}).status_code == 202
    assert desk.interactions()[0]["state"] == "connected"
    assert ["caller", "Still there?"] in desk.interactions()[0]["transcript"]


def test_a_node_that_hangs_is_replaced_and_does_no_harm_when_it_wakes(first: Node, second: Node) -> None:
    late = Browser(first).log_in("ada@example.com")
    session, desk = killed_while_it_waits(first, second, first.pause)
    before = story(second, session)
    first.wake()
    assert [one["state"] for one in late.interactions()] == ["connected"]  # at once
    Browser(first).hears(session, "Ada")
    after = [kind for kind in story(second, session) if kind != "ContactLinked"]  # a look-up that was under way
    assert after == [kind for kind in before if kind != "ContactLinked"]
    assert late.command("disconnect", session).status_code == 200
    assert desk.until("acw")["interactionId"] == session
    new = Browser(first).dial(DENTAL)  # and carries calls of its own
    assert story(first, new)


def test_a_command_to_one_node_while_the_calls_node_dies_has_one_effect(first: Node, second: Node) -> None:
    desk = agent_at(second)
    session = queue_up(Browser(first))
    reservation = desk.until("alerting")["reservation"]
    body = {"commandId": "the one", "interactionId": session, "args": {"reservation": reservation}}
    headers = {"x-csrf-token": desk.csrf}
    told: list[Any] = []

    def answer() -> None:
        told.append(desk.client.post("/desk/commands/answer", json=body, headers=headers))

    first.pause()  # the command is on its way to a node that will never answer
    sending = threading.Thread(target=answer)
    sending.start()
    time.sleep(0.3)
    first.kill()
    sending.join()
    assert told[0].status_code == 200, told[0].text
    assert desk.client.post("/desk/commands/answer", json=body, headers=headers).status_code == 200
    assert story(second, session).count("Bridged") == 1


def test_a_node_that_stops_in_good_order_hands_its_calls_over(first: Node, second: Node) -> None:
    killed_while_it_waits(first, second, first.stop)


def test_one_database_holds_the_homes_of_living_nodes_only(first: Node, second: Node) -> None:
    queue_up(Browser(first))
    first.kill()
    second.stop()
    third = Node(first.project, first.database).start()
    try:
        store = open_store(first.database)
        deadline = time.monotonic() + GAP_MS / 1000
        while len(homes := {lease.owner for lease in store.leases("conversations/")}) > 1:
            assert time.monotonic() < deadline, homes
            time.sleep(0.1)
        store.close()
    finally:
        third.close()
