"""What data actions ask of the built-in CRM (data-actions.md §5.2), request by request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from contactcenter.customers.routes import Request, Response, crm_routes

NUMBER = "+1 803-123-0000"
CRM = "/api/callwright/v1/crm"
Ask = Callable[..., Response]


@pytest.fixture
def ask(world: Any) -> Ask:
    routes = crm_routes(world.customers)

    def ask(method: str, path: str, body: Any = None, query: Any = None, **headers: str) -> Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return routes.answer(Request(method=method, path=path, query=query or {}, body=body, headers=named))

    return ask


def test_a_number_of_two_gives_the_first_created_and_both_references(shared_number: Any, ask: Ask) -> None:
    _, alexis, david = shared_number
    answer = ask("GET", f"{CRM}/find-by-phone", query={"phone": "tel:+18031230000", "type": "contact"})
    assert answer.status == 200
    assert answer.body["ref"] == f"builtin:contact:{alexis.id}"
    assert answer.body["refs"] == [f"builtin:contact:{alexis.id}", f"builtin:contact:{david.id}"]
    assert (answer.body["outcome"], answer.body["name"]) == ("several", "Alexis")


@pytest.mark.parametrize("number", ["+49 30 901820", "anonymous", "", "112"])
def test_nobody_is_unknown_and_no_error(ask: Ask, number: str) -> None:
    answer = ask("GET", f"{CRM}/find-by-phone", query={"phone": number})
    assert (answer.status, answer.body) == (200, {"outcome": "unknown", "refs": []})


def test_fields_come_under_their_plain_names(world: Any, ask: Ask) -> None:
    world.create(
        "Mira",
        lastName="Okafor",
        workPhone=NUMBER,
        address={"postalCode": "10115", "city": "Berlin"},
        customFields={
            "tier": "Gold",
            "products": ["Fiber"],
            "nps": 2,
            "priorityAccount": True,
            "customerNumber": "100300",
        },
    )
    body = ask("GET", f"{CRM}/find-by-phone", query={"phone": NUMBER}).body
    expected = {
        "outcome": "found",
        "name": "Mira Okafor",
        "phone": "+18031230000",
        "postalCode": "10115",
        "customerNumber": "100300",
        "tier": "Gold",
        "products": ["Fiber"],
        "nps": 2,
        "priorityAccount": True,
    }
    assert {name: body.get(name) for name in expected} == expected


def test_a_contact_without_a_name_has_no_name_in_the_answer(world: Any, ask: Ask) -> None:
    world.customers.create_contact({"workPhone": NUMBER, "customFields": {"customerNumber": "555001"}})
    body = ask("GET", f"{CRM}/find-by-phone", query={"phone": NUMBER}).body
    assert body["outcome"] == "found"
    assert "name" not in body


@pytest.mark.parametrize(
    ("field", "value", "outcome"),
    [
        ("customerNumber", "100300", "found"),
        ("customerNumber", "10030", "unknown"),
        ("postalCode", "10115", "several"),
        ("email", "MIRA@example.com", "found"),
        ("phone", "+18031230000", "found"),
        ("tier", "gold", "found"),
        ("nps", "2", "found"),
        ("lastName", "okafor", "several"),
        ("customerNumber", "", "unknown"),
    ],
)
def test_the_fallback_prompts_find_by_field(world: Any, ask: Ask, field: str, value: str, outcome: str) -> None:
    world.create(
        "Mira",
        lastName="Okafor",
        workPhone=NUMBER,
        workEmail="mira@example.com",
        address={"postalCode": "10115"},
        customFields={"tier": "Gold", "nps": 2, "customerNumber": "100300"},
    )
    world.create("Tom", lastName="Okafor", address={"postalCode": "10115"})
    query = {"type": "contact", "field": field, "value": value}
    assert ask("GET", f"{CRM}/find-by-field", query=query).body["outcome"] == outcome


def test_an_account_and_its_open_case_are_found_by_the_number_of_a_contact(world: Any, ask: Ask) -> None:
    account = ask("POST", f"{CRM}/record", {"type": "account", "fields": '{"name": "Harbour Dental"}'}).body
    contact = world.create("Ann", workPhone=NUMBER, externalOrganization={"id": account["id"]})
    fields = {"subject": "Line is down", "contactId": contact.id}
    case = ask("POST", f"{CRM}/record", {"type": "case", "fields": fields}).body
    by_phone = {"phone": NUMBER}
    assert ask("GET", f"{CRM}/find-by-phone", query={**by_phone, "type": "account"}).body["name"] == "Harbour Dental"
    found = ask("GET", f"{CRM}/find-by-phone", query={**by_phone, "type": "case"}).body
    assert (found["ref"], found["number"]) == (case["ref"], "C-000001")
    ask("PATCH", f"{CRM}/record", {"fields": {"status": "closed"}}, {"ref": case["ref"]})
    assert ask("GET", f"{CRM}/find-by-phone", query={**by_phone, "type": "case"}).body["outcome"] == "unknown"


def test_records_are_read_created_and_updated_by_reference(ask: Ask) -> None:
    made = ask(
        "POST", f"{CRM}/record", {"type": "contact", "fields": {"firstName": "Eva", "phone": NUMBER, "tier": "Gold"}}
    )
    ref = made.body["ref"]
    assert made.status == 201
    changed = ask("PATCH", f"{CRM}/record", {"fields": '{"tier": "Platinum", "city": "Rock Hill"}'}, {"ref": ref})
    assert changed.status == 200
    body = ask("GET", f"{CRM}/record", query={"ref": ref}).body
    assert (body["firstName"], body["tier"], body["city"], body["phone"]) == (
        "Eva",
        "Platinum",
        "Rock Hill",
        "+18031230000",
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "status"),
    [
        ("GET", "record", None, {"ref": "builtin:contact:nobody"}, 404),
        ("GET", "record", None, {"ref": "salesforce:Contact:1"}, 400),
        ("POST", "record", {"type": "spaceship", "fields": {}}, {}, 400),
        ("POST", "record", {"type": "case", "fields": {}}, {}, 400),
        ("POST", "record", {"type": "case", "fields": {"subject": "x", "status": "done"}}, {}, 400),
        ("POST", "record", {"type": "case", "fields": {"subject": "x", "mood": "bad"}}, {}, 400),
        ("POST", "record", {"type": "contact", "fields": "{"}, {}, 400),
        ("POST", "interactions", {}, {}, 400),
        ("GET", "find-by-field", None, {"value": "x"}, 400),
        ("GET", "find-by-phone", None, {"phone": "1", "limit": "0"}, 400),
        ("GET", "nowhere", None, {}, 404),
    ],
)
def test_a_request_that_means_nothing_is_refused_in_the_vendors_shape(
    ask: Ask, method: str, path: str, body: Any, query: Any, status: int
) -> None:
    answer = ask(method, f"{CRM}/{path}", body, query)
    assert (answer.status, answer.body["status"]) == (status, status)
    assert answer.body["message"]


def test_an_interaction_is_one_entry_however_often_it_is_logged(world: Any, ask: Ask) -> None:
    contact = world.create("Eva", workPhone=NUMBER)
    body = {
        "conversationId": "call-1",
        "ref": f"builtin:contact:{contact.id}",
        "started": "2026-06-01T11:00:00Z",
        "ended": "2026-06-01T11:05:00Z",
        "queue": "Gold",
        "agent": "ada",
        "wrapUp": "Resolved",
    }
    for _ in range(2):
        assert ask("POST", f"{CRM}/interactions", body).body == {"ref": "interaction:call-1"}
    summary = ask("GET", f"{CRM}/history-summary", query={"phone": NUMBER}).body
    assert (summary["contacts"], summary["lastQueue"], summary["lastAgentId"]) == (1, "Gold", "ada")
    assert (summary["lastAt"], summary["lastWrapUp"]) == ("2026-06-01T11:05:00.000Z", "Resolved")


def test_the_history_summary_of_nobody_counts_nothing(ask: Ask) -> None:
    summary = ask("GET", f"{CRM}/history-summary", query={"phone": "anonymous", "days": "7"}).body
    assert (summary["contacts"], summary["openCase"]) == (0, False)


def test_the_summary_tells_the_open_case_the_callback_and_the_work_item(world: Any, ask: Ask) -> None:
    from contactcenter.customers import Entry

    contact = world.create("Eva", workPhone=NUMBER)
    case = ask("POST", f"{CRM}/records", {"type": "case", "subject": "Down", "contactId": contact.id}).body
    now = world.clock.at
    for identity, kind, due in (("callback:1", "callback", now + 2000), ("workitem:9", "workitem", now + 1000)):
        world.customers.log(Entry(id=identity, kind=kind, at=now, due_at=due, contact_id=contact.id))
    summary = ask("GET", f"/api/callwright/v1/contacts/{contact.id}/history/summary").body
    assert summary["openCaseRef"] == case["ref"]
    assert summary["openCallbackAt"] == "2026-06-01T12:00:02.000Z"
    assert (summary["openWorkItemId"], summary["openWorkItemDue"]) == ("9", "2026-06-01T12:00:01.000Z")


def test_a_record_is_made_once_per_idempotency_key(ask: Ask) -> None:
    body = {"type": "case", "subject": "Down"}
    first = ask("POST", f"{CRM}/records", body, idempotency_key="k")
    again = ask("POST", f"{CRM}/records", body, idempotency_key="k")
    assert first.body["id"] == again.body["id"]
    assert len(ask("GET", f"{CRM}/records", query={"type": "case"}).body["entities"]) == 1


def test_a_stale_revision_of_a_record_is_refused(ask: Ask) -> None:
    made = ask("POST", f"{CRM}/records", {"type": "case", "subject": "Down"})
    path = f"{CRM}/records/{made.body['id']}"
    assert ask("PATCH", path, {"status": "pending"}, if_match=made.headers["etag"]).status == 200
    assert ask("PATCH", path, {"status": "solved"}, if_match=made.headers["etag"]).status == 412


def test_a_custom_object_is_usable_at_once(world: Any, ask: Ask) -> None:
    contact = world.create("Eva", workPhone=NUMBER)
    body = {"type": "vehicle", "plate": "B-CW 1", "contactId": contact.id}
    made = ask("POST", f"{CRM}/records", body).body
    assert (made["title"], made["status"]) == ("B-CW 1", "active")
    found = ask("GET", f"{CRM}/find-by-field", query={"type": "vehicle", "field": "plate", "value": "b-cw 1"}).body
    assert found["ref"] == f"builtin:vehicle:{made['id']}"


def test_a_record_is_linked_to_further_contacts(world: Any, ask: Ask) -> None:
    eva, tom = world.create("Eva"), world.create("Tom")
    case = ask("POST", f"{CRM}/records", {"type": "case", "subject": "Down", "contactId": eva.id}).body
    assert ask("PUT", f"{CRM}/records/{case['id']}/contacts/{tom.id}").status == 200
    listed = ask("GET", f"{CRM}/records", query={"contactId": tom.id}).body["entities"]
    assert [one["id"] for one in listed] == [case["id"]]
    ask("DELETE", f"{CRM}/records/{case['id']}/contacts/{tom.id}")
    assert ask("GET", f"{CRM}/records", query={"contactId": tom.id}).body["entities"] == []


def test_changes_are_downloaded_with_a_cursor_and_sensitive_values_hidden(world: Any, ask: Ask) -> None:
    world.create("Eva", customFields={"iban": "DE00 1234", "tier": "=Gold"})
    text = ask("GET", "/api/callwright/v1/changes")
    assert "DE00" not in text.body
    assert '"***"' in text.body
    table = ask("GET", "/api/callwright/v1/changes", query={"format": "csv"})
    assert "'=Gold" in table.body
    rest = ask("GET", "/api/callwright/v1/changes", query={"after": text.headers["x-callwright-cursor"]})
    assert rest.body == ""


def test_switched_off_the_crm_is_not_there(make: Any) -> None:
    routes = crm_routes(make("crm: {enabled: false}").customers)
    assert routes.answer(Request(method="GET", path=f"{CRM}/record", query={"ref": "builtin:contact:1"})).status == 404
