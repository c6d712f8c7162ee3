"""Callbacks on a served node whose process is killed: none is forgotten, none is made twice."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.callwright.serving.node import PATIENCE_S, Browser, Node
from tests.callwright.serving.test_serve import again, queue_up

MIRA = "+4930901820"


@pytest.fixture
def ben(node: Node) -> Browser:
    """A supervisor."""
    return Browser(node).log_in("ben@example.com")


def plan(ada: Browser, caller: Browser, in_ms: int, **more: Any) -> str:
    """Ada plans a callback with Mira while they talk, and the call ends; gives the callback."""
    ada.command("presence.set", status="on_queue")
    call = queue_up(caller)
    ada.command("answer", call, reservation=ada.until("alerting")["reservation"])
    ada.until("connected")
    made = ada.command("callback.schedule", call, at=round(time.time() * 1000) + in_ms, number=MIRA, **more)
    assert made.status_code == 200, made.text
    ada.command("disconnect", call)
    ada.until("acw")
    assert ada.command("wrapup.save", call, code="Follow-up").status_code == 200
    return str(made.json()["callback"])


def until_listed(ben: Browser, callback: str) -> None:
    """Until the supervisor's page has it: a node takes over what a killed one held once that one's lease is over."""
    patience = time.monotonic() + PATIENCE_S
    while f'data-cancel="{callback}"' not in ben.client.get("/supervisor/overview").text:
        assert time.monotonic() < patience, "the planned callback is not listed"
        time.sleep(0.1)


def test_a_planned_one_is_still_planned_after_the_restart_and_can_be_cancelled(
    node: Node, ada: Browser, ben: Browser, caller: Browser
) -> None:
    callback = plan(ada, caller, 3_600_000)
    node.kill()
    node.start()
    ben = again(ben)
    until_listed(ben, callback)
    assert ben.command("callback.cancel", callback).status_code == 200
    assert f'data-cancel="{callback}"' not in ben.client.get("/supervisor/overview").text


def test_one_that_fell_due_while_the_node_was_down_is_offered_dialled_and_answered(
    node: Node, ada: Browser, caller: Browser
) -> None:
    callback = plan(ada, caller, 1_500, note="Slow since Monday")
    node.kill()
    node.start()
    ada, caller = again(ada), again(caller)
    ada.command("presence.set", status="on_queue")
    alert = ada.until("alerting")
    assert (alert["interactionId"], alert["callback"]["note"]) == (callback, "Slow since Monday")
    assert alert["caller"]["name"] == "Mira Okafor"
    assert ada.command("answer", callback, reservation=alert["reservation"]).status_code == 200
    phone = caller.events(f"/phone/lines/{MIRA}/events")
    assert next(phone)["event"] == "hello"
    assert ada.command("dial", callback).status_code == 200
    ringing = next(event for event in phone if event["event"] == "ringing")
    session = str(ringing["session"])
    answered = caller.client.post(f"/phone/calls/{session}/answer", headers={"x-requested-with": "phone"})
    assert answered.status_code == 202
    caller.hears(session, "Ada")


def test_an_alert_that_was_open_when_the_node_was_killed_is_the_same_one_after_the_restart(
    node: Node, ada: Browser, caller: Browser
) -> None:
    callback = plan(ada, caller, 1_000)
    before = ada.until("alerting")
    node.kill()
    node.start()
    ada = again(ada)
    after = ada.until("alerting")
    same = ("interactionId", "reservation", "expiresAt", "queue")
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    assert after["callback"]["dueAt"] == before["callback"]["dueAt"]
    assert ada.command("answer", callback, reservation=before["reservation"]).status_code == 200
    assert ada.until("connected")["interactionId"] == callback
