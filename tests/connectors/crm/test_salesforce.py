"""The ready actions of Salesforce against a dialect server written from the public documentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.failures import Failure
from tests.connectors.crm.salesforce_server import SalesforceServer

CONNECTION = """
  Sales Cloud:
    type: salesforce-datadip
    origin: https://acme.my.salesforce.com
    auth: {kind: oauth2_client_credentials, token_url: "https://acme.my.salesforce.com/services/oauth2/token",
           client_id: file:ID, client_secret: file:SECRET}
    defaultRegion: DE
    types:
      contact: {fields: [Tier__c], names: {customerNumber: Customer_No__c}}
      subscription: {object: Subscription__c, id: Id, phone: [Phone__c], fields: [Status__c], names: {name: Name},
                     owner: Contact__c}
"""


@pytest.fixture
def server() -> SalesforceServer:
    return SalesforceServer()


@pytest.fixture
def ask(server: SalesforceServer, connected: Any, asking: Any, tmp_path: Any) -> Callable[..., Any]:
    (tmp_path / "id").write_text("client-id")
    (tmp_path / "secret").write_text("right")
    text = CONNECTION.replace("file:ID", f"file:{tmp_path}/id").replace("file:SECRET", f"file:{tmp_path}/secret")
    ask: Callable[..., Any] = asking(connected(text), server.app)
    return ask


STORED = ["+4930123456", "4930123456", "030123456", "030 123456", "+49 30 123456", "tel:+4930123456"]


@pytest.mark.parametrize("stored", STORED)
async def test_a_contact_is_found_however_the_number_is_stored(
    stored: str, server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    id_ = server.add("Contact", Name="Ada Byron", FirstName="Ada", LastName="Byron", MobilePhone=stored, Tier__c="Gold")
    found = await ask("Find Contact By Phone", phone="tel:+4930123456")
    assert found["outcome"] == "found"
    assert found["ref"] == f"Sales-Cloud:Contact:{id_}"
    assert found["popUrl"] == f"https://acme.lightning.force.com/lightning/r/Contact/{id_}/view"
    assert (found["name"], found["firstName"], found["Tier__c"]) == ("Ada Byron", "Ada", "Gold")
    assert len(server.log) == 1  # contacts and leads in every spelling, in one request


async def test_several_are_told_and_none_is_chosen(server: SalesforceServer, ask: Callable[..., Any]) -> None:
    ids = [server.add("Contact", Name=name, Phone="+4930123456") for name in ("Ada", "Bea")]
    found = await ask("Find Contact By Phone", phone="+4930123456")
    assert (found["outcome"], found["ref"]) == ("several", None)
    assert found["refs"] == tuple(f"Sales-Cloud:Contact:{id_}" for id_ in ids)


async def test_a_lead_is_found_when_no_contact_is(server: SalesforceServer, ask: Callable[..., Any]) -> None:
    id_ = server.add("Lead", Name="Carl", Phone="030 123456", IsConverted=False)
    found = await ask("Find Contact By Phone", phone="+4930123456")
    assert found["ref"] == f"Sales-Cloud:Lead:{id_}"


async def test_nobody_is_unknown_and_a_withheld_number_is_not_even_asked_for(
    server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    assert (await ask("Find Contact By Phone", phone="+4930123456"))["outcome"] == "unknown"
    server.log.clear()
    assert (await ask("Find Contact By Phone", phone="anonymous"))["outcome"] == "unknown"
    assert not server.log


async def test_a_server_that_does_not_answer_is_unreachable_not_unknown(
    server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    del server.rows["Lead"]  # one part of the composite fails, the whole says 200
    failed = await ask("Find Contact By Phone", phone="+4930123456")
    assert isinstance(failed, Failure)
    assert (failed.error_code, failed.outputs()["details.errorCode"]) == (
        "bad.request", ("ACTION.REMOTE_ENDPOINT", "INVALID_TYPE"),
    )  # fmt: skip


INJECTIONS = ["' OR Name != '", "\\' OR Name != '", "x' OR Id != null OR Name = 'x", "%' --", "\\"]


@pytest.mark.parametrize("value", INJECTIONS)
async def test_quotes_in_a_value_find_nobody_instead_of_everybody(
    value: str, server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    server.add("Contact", Name="Ada", Email="ada@example.com")
    found = await ask("Find Contact By Field", type="contact", field="email", value=value)
    assert found["outcome"] == "unknown"


NAMES = ["O'Brien", "Müller & Söhne", "50% #1", "a+b", "日本", "😀 Smile", 'say "hi"', "back\\slash"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_survives_create_find_and_get(
    name: str, server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    import json

    made = await ask("Create Record", type="contact", fields=json.dumps({"lastName": name, "Name": name}))
    found = await ask("Find Contact By Field", type="contact", field="LastName", value=name)
    got = await ask("Get Record", ref=made["ref"])
    assert found["ref"] == got["ref"] == made["ref"]
    assert found["lastName"] == got["lastName"] == name


async def test_a_contact_is_found_by_customer_number_and_e_mail_under_the_usual_names(
    server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    id_ = server.add("Contact", Name="Ada", Email="ada@example.com", Customer_No__c="482913")
    for field, value in (("customerNumber", "482913"), ("email", "ada@example.com")):
        found = await ask("Find Contact By Field", type="contact", field=field, value=value)
        assert found["ref"] == f"Sales-Cloud:Contact:{id_}"


async def test_a_field_name_cannot_smuggle_a_query(ask: Callable[..., Any]) -> None:
    failed = await ask("Find Contact By Field", type="contact", field="Id != null OR Name", value="x")
    assert isinstance(failed, Failure)
    assert failed.error_code == "bad.request"


async def test_a_case_is_found_through_its_contact_and_a_closed_one_only_when_asked_for(
    server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    contact = server.add("Contact", Name="Ada", Phone="030 123456")
    open_ = server.add("Case", Subject="No dial tone", ContactId=contact, IsClosed=False)
    server.add("Case", Subject="Old", ContactId=contact, IsClosed=True)
    found = await ask("Find Case By Phone", phone="+4930123456")
    assert (found["ref"], found["name"]) == (f"Sales-Cloud:Case:{open_}", "No dial tone")
    assert (await ask("Find Case By Phone", phone="+4930123456", openOnly=False))["outcome"] == "several"


async def test_an_account_and_a_custom_object_are_found_by_their_own_numbers(
    server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    account = server.add("Account", Name="Acme", Phone="+49 30 123456")
    custom = server.add("Subscription__c", Name="Fiber 100", Phone__c="030123456", Status__c="Active")
    assert (await ask("Find Account By Phone", phone="+4930123456"))["ref"] == f"Sales-Cloud:Account:{account}"
    found = await ask("Find Record By Phone", type="subscription", phone="+4930123456")
    assert (found["ref"], found["Status__c"]) == (f"Sales-Cloud:Subscription__c:{custom}", "Active")


async def test_a_type_that_the_connection_does_not_name_gets_the_nearest_one(ask: Callable[..., Any]) -> None:
    failed = await ask("Find Record By Phone", type="subscriptions", phone="+4930123456")
    assert isinstance(failed, Failure)
    assert "subscription" in failed.message


async def test_related_records_come_from_all_pages(server: SalesforceServer, ask: Callable[..., Any]) -> None:
    contact = server.add("Contact", Name="Ada")
    for n in range(7):
        server.add("Case", Subject=f"Case {n}", ContactId=contact, LastModifiedDate=f"2026-01-0{n + 1}")
    server.page = 3
    found = await ask("Related Records", ref=f"Sales-Cloud:Contact:{contact}", type="case")
    assert found["count"] == 7
    assert found["names"] == tuple(f"Case {n}" for n in reversed(range(7)))


async def test_a_missing_record_and_a_missing_field_are_told_apart(
    server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    gone = await ask("Get Record", ref="Sales-Cloud:Contact:003000000000000AAA")
    assert (gone.error_code, gone.status) == ("not.found", 404)
    refused = await ask("Create Record", type="contact", fields='{"firstName": "Ada"}')
    assert refused.outputs()["details.fieldName"] == ("LastName",)
    assert refused.outputs()["details.errorCode"][1] == "REQUIRED_FIELD_MISSING"


@pytest.mark.parametrize("ref", ["Other:Contact:003000000000000AAA", "Sales-Cloud:Contact:../../x", "nonsense"])
async def test_a_foreign_or_false_reference_is_refused_before_anything_is_sent(
    ref: str, server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    failed = await ask("Update Record", ref=ref, fields="{}")
    assert isinstance(failed, Failure)
    assert failed.error_code == "bad.request"
    assert not server.log


async def test_an_update_changes_the_record(server: SalesforceServer, ask: Callable[..., Any]) -> None:
    id_ = server.add("Contact", Name="Ada", Tier__c="Silver")
    changed = await ask("Update Record", ref=f"Sales-Cloud:Contact:{id_}", fields='{"Tier__c": "Gold"}')
    assert changed["ref"] == f"Sales-Cloud:Contact:{id_}"
    assert server.rows["Contact"][0]["Tier__c"] == "Gold"


CALL = {
    "conversationId": "0b6ef1a2-0001-4000-8000-000000000001",
    "started": "2026-06-01T09:00:00+02:00",
    "ended": "2026-06-01T09:03:07+02:00",
    "phone": "+4930123456",
    "queue": "Gold",
    "agent": "Ada",
    "wrapUp": "Resolved",
    "notes": 'She said "thanks"\nand hung up.',
}


async def test_a_call_is_logged_once_and_a_second_time_changes_the_entry(
    server: SalesforceServer, ask: Callable[..., Any]
) -> None:
    contact, case = server.add("Contact", Name="Ada"), server.add("Case", Subject="x")
    call = {**CALL, "ref": f"Sales-Cloud:Contact:{contact}", "caseRef": f"Sales-Cloud:Case:{case}"}
    first = await ask("Log Interaction", **call)
    second = await ask("Log Interaction", **{**call, "wrapUp": "Follow-up"})
    assert first["ref"] == second["ref"]
    (task,) = server.rows["Task"]
    assert (task["WhoId"], task["WhatId"], task["CallDurationInSeconds"]) == (contact, case, 187)
    assert (task["CallDisposition"], task["CallType"], task["ActivityDate"]) == ("Follow-up", "Inbound", "2026-06-01")
    assert task["Description"].endswith(CALL["notes"])
    assert "Queue: Gold" in task["Description"]


async def test_a_lead_takes_no_case_with_it(server: SalesforceServer, ask: Callable[..., Any]) -> None:
    lead, case = server.add("Lead", Name="Carl"), server.add("Case", Subject="x")
    logged = await ask("Log Interaction", **CALL, ref=f"Sales-Cloud:Lead:{lead}", caseRef=f"Sales-Cloud:Case:{case}")
    assert logged["ref"]
    assert "WhatId" not in server.rows["Task"][0]


async def test_contacts_are_searched_by_any_words(server: SalesforceServer, ask: Callable[..., Any]) -> None:
    id_ = server.add("Contact", Name="Ada Byron", Email="ada@example.com")
    found = await ask("Search Contacts", text="byron")
    assert (found["ref"], found["email"]) == (f"Sales-Cloud:Contact:{id_}", "ada@example.com")


async def test_wrong_credentials_are_their_own_failure(
    server: SalesforceServer, ask: Callable[..., Any], tmp_path: Any
) -> None:
    (tmp_path / "secret").write_text("wrong")
    failed = await ask("Find Contact By Phone", phone="+4930123456")
    assert failed.error_code == "INVALID_CREDENTIALS"


async def test_an_expired_session_is_renewed_once(server: SalesforceServer, ask: Callable[..., Any]) -> None:
    server.add("Contact", Name="Ada", Phone="+4930123456")
    assert (await ask("Find Contact By Phone", phone="+4930123456"))["outcome"] == "found"
    server.token = "another"
    assert (await ask("Find Contact By Phone", phone="+4930123456"))["outcome"] == "found"
