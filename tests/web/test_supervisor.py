"""Supervisors' pages over HTTP: the overview, a conversation explained, giving a waiting one to an agent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

ASSIGN = "/supervisor/conversations/c1/assign"


@pytest.mark.parametrize("path", ["", "/overview", "/conversations/c1"])
def test_an_agent_is_refused(agent: TestClient, path: str) -> None:
    assert agent.get(f"/supervisor{path}").status_code == 403


def test_whoever_is_not_logged_in_is_sent_to_the_log_in(client: TestClient) -> None:
    assert client.get("/supervisor").headers["location"] == "/login"
    assert client.get("/supervisor/overview").status_code == 401


def words(page: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", page).split())


def test_the_overview_lists_queues_with_todays_figures_agents_who_waits_and_who_talks(supervisor: TestClient) -> None:
    page = words(supervisor.get("/supervisor").text)
    for shown in (
        "Gold 1 9 s – 1 0 7 5 1 83 %",
        "+49301234567 Gold German 5 9 s",
        "Emma Ada 60 s",
        "Ada Ready for",
        "Mira planned Gold",
    ):
        assert shown in page


def test_a_conversation_says_why_it_waits_and_why_it_was_offered_to_whom(supervisor: TestClient) -> None:
    page = words(supervisor.get("/supervisor/conversations/c1").text)
    for shown in (
        "Waits for an agent in Gold. Position 1.",
        "Bullseye step 1 for another 900 ms",
        "missing skill German 1",
        "Only this stands in the way of missing skill German Ada",
        "Ben · not answered Routing method Standard Chosen by idle for longest of these with room 2",
    ):
        assert shown in page


def test_a_conversation_that_nobody_knows_is_not_found(supervisor: TestClient) -> None:
    answer = supervisor.get("/supervisor/conversations/c9")
    assert answer.status_code == 404
    assert "There is no such conversation" in answer.text


def test_a_waiting_conversation_is_given_to_an_agent(supervisor: TestClient, supervising: Any) -> None:
    answer = supervisor.post(ASSIGN, json={"commandId": "k", "agent": "u1"})
    assert (answer.status_code, answer.json()) == (200, {"state": "offered"})
    assert supervising.assigned == [("u2", "c1", "u1", "k")]


def test_nothing_is_assigned_by_an_agent_or_without_the_pages_token(
    agent: TestClient, supervising: Any, app: Any
) -> None:
    assert agent.post(ASSIGN, json={"commandId": "k", "agent": "u1"}).status_code == 401
    agent.post("/login", data={"username": "sue@example.com", "password": "a good long password"})
    assert agent.post(ASSIGN, json={"commandId": "k", "agent": "u1"}).status_code == 403
    assert supervising.assigned == []


@pytest.mark.parametrize("body", [{}, {"agent": "u1"}, {"commandId": "k"}, {"commandId": "k", "agent": 1}, []])
def test_an_assignment_that_names_no_agent_is_refused(supervisor: TestClient, supervising: Any, body: Any) -> None:
    assert supervisor.post(ASSIGN, json=body).status_code == 400
    assert supervising.assigned == []
