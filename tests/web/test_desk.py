"""The desk over HTTP: log-in, commands, fragments, roles, the phone's routes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import web
from store import Fault, MemoryStore
from web.sse import last_event_id

if TYPE_CHECKING:
    from starlette.testclient import TestClient

DESK = Path(web.__file__).parent / "desk"
COMMAND = {"commandId": "1", "interactionId": "c1", "args": {}}


def test_nobody_sees_the_desk_without_log_in(client: TestClient) -> None:
    assert client.get("/desk").headers["location"] == "/login"
    assert client.get("/desk/interactions").status_code == 401
    assert client.get("/desk/events").status_code == 401


def test_a_wrong_password_is_refused_without_saying_which_half_was_wrong(client: TestClient) -> None:
    known = client.post("/login", data={"username": "ada@example.com", "password": "wrong"})
    unknown = client.post("/login", data={"username": "nobody@example.com", "password": "wrong"})
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("ada@", "nobody@") == unknown.text


def test_the_sixth_attempt_after_five_failures_is_locked_out_even_with_the_right_password(client: TestClient) -> None:
    for _ in range(5):
        client.post("/login", data={"username": "ada@example.com", "password": "wrong"})
    late = client.post("/login", data={"username": "ADA@example.com", "password": "a good long password"})
    assert late.status_code == 429


def test_the_session_cookie_cannot_be_read_by_scripts(client: TestClient) -> None:
    answer = client.post("/login", data={"username": "ada@example.com", "password": "a good long password"})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


def test_a_log_in_while_the_database_is_away_says_so(client: TestClient, store: MemoryStore) -> None:
    store.inject(Fault.UNAVAILABLE)
    answer = client.post("/login", data={"username": "ada@example.com", "password": "a good long password"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_log_out_ends_the_session(agent: TestClient) -> None:
    agent.post("/logout")
    assert agent.get("/desk").headers["location"] == "/login"


def test_every_answer_carries_the_strict_headers(client: TestClient) -> None:
    for path in ("/login", "/static/desk.js", "/health", "/nowhere"):
        headers = client.get(path).headers
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_command_without_the_token_changes_nothing(agent: TestClient, desk: Any) -> None:
    answer = agent.post("/desk/commands/presence.set", json=COMMAND, headers={"x-csrf-token": "other"})
    assert (answer.status_code, answer.json()["code"], desk.commands) == (403, "csrf", [])


def test_a_command_reaches_the_desk_as_its_user(agent: TestClient, desk: Any) -> None:
    body = {**COMMAND, "args": {"status": "on_queue"}}
    assert agent.post("/desk/commands/presence.set", json=body).status_code == 200
    assert desk.commands == [("u1", "presence.set", body)]


def test_a_command_that_comes_too_late_is_answered_409(agent: TestClient) -> None:
    answer = agent.post("/desk/commands/answer", json=COMMAND)
    assert (answer.status_code, answer.json()["code"]) == (409, "stale.command")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"commandId": 5}', b'{"commandId": ""}', b"x" * 70_000])
def test_a_body_without_a_command_id_is_refused(agent: TestClient, body: bytes) -> None:
    assert agent.post("/desk/commands/answer", content=body).status_code == 400


def test_an_unknown_command_is_refused_by_name(agent: TestClient) -> None:
    answer = agent.post("/desk/commands/fly", json=COMMAND)
    assert answer.status_code == 404
    assert "fly" in answer.json()["message"]


def test_every_step_to_the_record_is_explained_to_whose_call_it_is(agent: TestClient, desk: Any) -> None:
    desk.alert()
    found = agent.get("/desk/interactions/c1/screenpop/explain").json()
    step = {"source": "crm.record", "result": "matched", "reason": "opened because the flow used it"}
    assert found == {"record": "builtin:contact:7", "reason": step["reason"], "steps": [step]}
    assert agent.get("/desk/interactions/c2/screenpop/explain").status_code == 404


def test_the_alert_shows_queue_skills_tier_and_reason_but_not_yet_the_record(agent: TestClient, desk: Any) -> None:
    desk.alert()
    fragment = agent.get("/desk/interactions").text
    for text in ("Gold", "German", "gold", "Emma Woodhouse", "the only record with it"):
        assert text in fragment
    assert "Asked about the bill" not in fragment


def test_the_record_that_the_flow_used_pops_when_the_call_is_answered(agent: TestClient, desk: Any) -> None:
    desk.alert()
    agent.post("/desk/commands/answer", json=COMMAND)
    fragment = agent.get("/desk/interactions").text
    assert 'data-record="builtin:contact:7"' in fragment
    assert "Asked about the bill" in fragment


def test_what_a_caller_says_is_inert_text(agent: TestClient, desk: Any) -> None:
    desk.alert()
    desk.interactions[0]["caller"] = {"name": "<img src=x onerror=alert(1)>", "display": None}
    assert "<img" not in agent.get("/desk/interactions").text


def test_arguments_of_buttons_stay_json_whatever_a_record_is_called(agent: TestClient) -> None:
    fragment = agent.get("/desk/search", params={"q": "emma"}).text
    written = re.search(r"data-args='([^']*)'", fragment)
    assert written is not None
    assert json.loads(written[1].replace("&#34;", '"')) == {"record": "builtin:contact:\"'8"}


def test_a_search_of_two_characters_is_not_made(agent: TestClient) -> None:
    assert "data-command" not in agent.get("/desk/search", params={"q": "em"}).text


def test_the_desk_speaks_german_to_a_german_browser(client: TestClient) -> None:
    page = client.get("/login", headers={"accept-language": "de-DE,de;q=0.9"}).text
    assert '<html lang="de">' in page
    assert "Anmelden" in page


def test_both_catalogues_have_the_same_keys_and_places() -> None:
    english, german = (json.loads((DESK / "i18n" / f"{tag}.json").read_text()) for tag in ("en", "de"))
    assert english.keys() == german.keys()
    for key in english:
        assert sorted(re.findall(r"{\w*}", english[key])) == sorted(re.findall(r"{\w*}", german[key])), key


def test_every_text_of_the_templates_is_in_the_catalogue() -> None:
    english = json.loads((DESK / "i18n" / "en.json").read_text())
    used = {
        key
        for page in (DESK / "templates").glob("*.html")
        for key in re.findall(r"""\bt\(["']([\w.]+)["'][,)]""", page.read_text())
    }
    assert used
    assert used <= english.keys()


def test_the_phone_places_a_call_only_from_its_own_page(client: TestClient, phone: Any) -> None:
    call = {"from": "+4915112345678", "to": "+49301234567"}
    assert client.post("/phone/calls", json=call).status_code == 400
    assert client.post("/phone/calls", json=call, headers={"x-requested-with": "phone"}).json() == {"session": "s1"}
    assert phone.calls == [("dial", "+4915112345678", "+49301234567")]


@pytest.mark.parametrize("keys", ["", "abc", "1;2", "1" * 41])
def test_the_phone_presses_only_keys(client: TestClient, phone: Any, keys: str) -> None:
    assert client.post("/phone/calls/s1/keys", json={"keys": keys}).status_code == 400
    assert phone.calls == []


def test_what_the_caller_hears_is_streamed_in_order(client: TestClient) -> None:
    lines = client.get("/phone/calls/s1/events").text
    assert [line for line in lines.splitlines() if line.startswith("event:")] == [
        "event: hello", "event: say", "event: connected", "event: ended"
    ]  # fmt: skip


@pytest.mark.parametrize(("header", "position"), [("17", 17), ("", None), (None, None), ("x", None), ("-1", None)])
def test_only_a_position_is_taken_from_last_event_id(header: str | None, position: int | None) -> None:
    assert last_event_id(header) == position


CALLBACK = {
    "numbers": ["+4930901820"], "dueAt": 1_800_000_000_000, "zone": "Europe/Berlin", "due": "2027-01-15T09:00",
    "later": "2027-01-15T10:00",
    "attempt": 2, "note": "Slow since Monday", "calling": False, "talking": False, "mayKeep": True,
}  # fmt: skip


def test_an_alert_of_a_callback_says_when_it_is_due_how_often_it_was_tried_and_why(
    agent: TestClient, desk: Any
) -> None:
    desk.alert(media="callback", callback=CALLBACK)
    page = agent.get("/desk/interactions").text
    for shown in ("Callback to make", "2027-01-15 09:00", "Europe/Berlin", "Slow since Monday", "<dd>2</dd>"):
        assert shown in page
    assert "Rückruf fällig" in agent.get("/desk/interactions?language=de").text


@pytest.mark.parametrize(
    ("stage", "there", "not_there"),
    [
        ({}, ("Dial +4930901820", "Put off", "End callback", "I will call myself"), ("Hold", "Calling the customer")),
        ({"calling": True}, ("Calling the customer", "End callback"), ("Dial +4930901820", "Put off", "Hold")),
        ({"talking": True}, ("Connected", "Hold", "Hang up"), ("Dial +4930901820", "Put off", "End callback")),
    ],
)
def test_an_accepted_callback_offers_what_can_be_done_now(
    agent: TestClient, desk: Any, stage: dict[str, Any], there: tuple[str, ...], not_there: tuple[str, ...]
) -> None:
    desk.alert(state="connected", media="callback", callback={**CALLBACK, **stage})
    page = agent.get("/desk/interactions").text
    assert [text for text in there if text not in page] == []
    assert [text for text in not_there if text in page] == []


def test_a_callback_is_planned_from_a_call(agent: TestClient, desk: Any) -> None:
    desk.alert(state="connected", plan={"number": "+4930901820", "zone": "Europe/Berlin"})
    page = agent.get("/desk/interactions").text
    assert 'data-submit="callback.schedule"' in page
    assert 'value="Europe/Berlin"' in page
