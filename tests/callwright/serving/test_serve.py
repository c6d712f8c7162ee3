"""A node as people use it: over HTTP, with its process killed in the middle of a call."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.callwright.serving.node import Browser, Node, callwright

MIRA, SHARED = "+4930901820", "+18031230000"
CONFIRM = "If that is right, press 1"


def queue_up(caller: Browser, number: str = MIRA) -> str:
    """A known caller who waits for an agent; gives the call."""
    session = caller.dial(number)
    caller.hears(session, CONFIRM, press="1")
    caller.hears(session, "number one in line")
    return session


def again(browser: Browser) -> Browser:
    """The same page, with its cookie and token, connected to the node that came back."""
    back = Browser(browser.node, csrf=browser.csrf)
    back.client.cookies.update(browser.client.cookies)
    return back


def test_an_agent_answers_the_caller_whose_record_the_flow_has_found(ada: Browser, caller: Browser) -> None:
    ada.command("presence.set", status="on_queue")
    session = queue_up(caller)
    alert = ada.until("alerting")
    assert (alert["interactionId"], alert["queue"], alert["caller"]["name"]) == (session, "Priority", "Mira Okafor")
    assert set(alert["skills"]) == {"Billing", "Fiber", "Retention", "English"}
    assert ada.command("answer", session, reservation=alert["reservation"]).status_code == 200
    shown = ada.until("connected")
    assert shown["record"] == dict(shown["data"])["crm.record"]
    assert "Mira Okafor" in ada.client.get("/desk/interactions").text
    caller.hears(session, "Ada")


def test_an_alert_is_accepted_once(ada: Browser, caller: Browser) -> None:
    ada.command("presence.set", status="on_queue")
    session = queue_up(caller)
    reservation = ada.until("alerting")["reservation"]
    assert ada.command("answer", session, reservation=reservation).status_code == 200
    refused = ada.command("answer", session, reservation=reservation)
    assert (refused.status_code, refused.json()["code"]) == (409, "stale_reservation")


def test_a_call_that_waited_when_the_node_was_killed_is_offered_and_answered_after_the_restart(
    node: Node, ada: Browser, caller: Browser
) -> None:
    session = queue_up(caller)
    node.kill()
    node.start()
    ada = again(ada)
    ada.command("presence.set", status="on_queue")
    alert = ada.until("alerting")
    assert (alert["interactionId"], alert["queue"], alert["caller"]["name"]) == (session, "Priority", "Mira Okafor")
    assert ada.command("answer", session, reservation=alert["reservation"]).status_code == 200
    shown = ada.until("connected")
    assert shown["record"] == dict(shown["data"])["crm.record"]
    again(caller).hears(session, "Ada")


def test_an_alert_that_was_open_when_the_node_was_killed_is_the_same_one_after_the_restart(
    node: Node, ada: Browser, caller: Browser
) -> None:
    ada.command("presence.set", status="on_queue")
    session = queue_up(caller)
    before = ada.until("alerting")
    node.kill()
    node.start()
    ada = again(ada)
    after = ada.until("alerting")
    same = ("interactionId", "reservation", "expiresAt", "queue", "skills", "data")
    assert {key: after[key] for key in same} == {key: before[key] for key in same}
    assert ada.command("answer", session, reservation=before["reservation"]).status_code == 200
    assert ada.until("connected")["interactionId"] == session


def test_a_caller_who_hung_up_in_the_queue_leaves_no_alert_behind(ada: Browser, caller: Browser) -> None:
    session = queue_up(caller)
    caller.client.post(f"/phone/calls/{session}/hangup")
    ada.command("presence.set", status="on_queue")
    assert ada.interactions() == []


@pytest.fixture
def asking_nothing(project: Path) -> None:
    """The flow takes the number's first holder at once: it has no prompts that would narrow it."""
    flow = project / "flows" / "crm_welcome.yaml"
    text = flow.read_text(encoding="utf-8")
    flow.write_text(re.sub(r" +prompts:.*?(?= +- greetByName)", "", text, flags=re.DOTALL), encoding="utf-8")


@pytest.mark.usefixtures("asking_nothing")
def test_the_agent_gives_this_call_to_david_and_the_next_one_is_alexis_again(ada: Browser, caller: Browser) -> None:
    ada.command("presence.set", status="on_queue")
    first = queue_up(caller, SHARED)
    alert = ada.until("alerting")
    assert alert["caller"]["name"] == "Alexis Moreau"
    ada.command("answer", first, reservation=alert["reservation"])
    shown = ada.until("connected")
    (david,) = shown["others"]
    assert david["title"] == "David Moreau"
    assert ada.command("link", first, record=david["record"]).status_code == 200
    assert ada.interactions()[0]["record"] == david["record"]
    ada.command("disconnect", first)
    ada.until("acw")
    assert ada.command("wrapup.save", first, code="Resolved", notes="It was David.").status_code == 200

    second = queue_up(caller, SHARED)
    alert = ada.until("alerting")
    assert (alert["interactionId"], alert["caller"]["name"]) == (second, "Alexis Moreau")
    history = ada.client.get("/desk/interactions").text
    assert "It was David." not in history


def test_ctrl_c_ends_a_node_cleanly_with_calls_open(node: Node, caller: Browser) -> None:
    queue_up(caller)
    assert node.stop() == 0


def test_metrics_are_scraped_with_the_token_of_the_project(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    node.stop()
    monkeypatch.setenv("SCRAPE", "a-long-token")
    monkeypatch.setenv("CALLWRIGHT_METRICS_TOKEN", "env:SCRAPE")
    client = node.start().client()
    assert client.get("/metrics").status_code == 401
    answer = client.get("/metrics", headers={"authorization": "Bearer a-long-token"})
    assert 'callwright_queue_waiting{queue="Priority"} 0.0' in answer.text


# What does not start.


def test_a_token_for_metrics_that_cannot_be_read_is_said(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALLWRIGHT_METRICS_TOKEN", "env:NOWHERE")
    database = f"sqlite:///{tmp_path / 'x.db'}"
    complains(serve(str(project), "--port", "0", "--database", database), "metrics.token", "NOWHERE")


def serve(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(callwright("serve", *options), capture_output=True, text=True, check=False, timeout=60)


def complains(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_in_a_missing_folder_is_said_with_its_path(project: Path, tmp_path: Path) -> None:
    complains(serve(str(project), "--database", f"sqlite:///{tmp_path / 'missing' / 'x.db'}"), "missing")


def test_a_file_that_is_no_database_is_said(project: Path, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("not a database " * 100)
    complains(serve(str(project), "--database", f"sqlite:///{tmp_path / 'x.db'}"), "x.db")


def test_a_flow_with_an_error_keeps_the_node_from_starting_and_is_shown_with_its_place(project: Path) -> None:
    flow = project / "flows" / "crm_welcome.yaml"
    flow.write_text(flow.read_text(encoding="utf-8").replace("greetByName:", "greetByNam:"), encoding="utf-8")
    complains(
        serve(str(project), "--port", "0"), "unknown-action", 'did you mean "greetByName"?', "crm_welcome.yaml:36:13"
    )


def test_a_second_node_on_the_same_database_says_why_it_does_not_start(node: Node) -> None:
    complains(serve(str(node.project), "--database", node.database, "--port", "0"), "another callwright")
