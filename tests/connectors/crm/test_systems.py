"""The same questions to Dataverse, Zendesk, ServiceNow and HubSpot, and what only one of them has."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.failures import Failure
from tests.connectors.crm.small_servers import Dataverse, HubSpot, ServiceNow, SmallServer, Zendesk

Ask = Callable[..., Any]
GUID = "00000000-0000-4000-8000-0000000000{:02}"


@dataclass(frozen=True)
class Case:
    """A system with names for what the tests need of it."""

    server: type[SmallServer]
    yaml: str
    people: str
    cases: str
    type: str
    phone: str
    email: str
    name: str
    owner: str
    title: str
    ids: str
    page: str
    closed: tuple[str, Any]
    open: tuple[str, Any]
    calls: str


SYSTEMS = {
    "dynamics": Case(
        Dataverse,
        "type: microsoft-dynamics-data-actions\n    origin: https://acme.crm4.dynamics.com\n    appId: app-1",
        "contacts", "incidents", "contact", "mobilephone", "emailaddress1", "fullname", "_customerid_value", "title",
        GUID, "https://acme.crm4.dynamics.com/main.aspx?appid=app-1&pagetype=entityrecord&etn=contact&id=" + GUID,
        ("statecode", 1), ("statecode", 0), "phonecalls",
    ),
    "zendesk": Case(
        Zendesk, "type: zendesk-data-actions\n    origin: https://acme.zendesk.com",
        "users", "tickets", "user", "phone", "email", "name", "requester_id", "subject",
        "90071992547409{:02}", "https://acme.zendesk.com/agent/users/90071992547409{:02}",
        ("status", "solved"), ("status", "open"), "tickets",
    ),
    "servicenow": Case(
        ServiceNow, "type: servicenow\n    origin: https://acme.service-now.com",
        "sys_user", "incident", "sys_user", "mobile_phone", "email", "name", "caller_id", "short_description",
        "000000000000000000000000000000{:02}",
        "https://acme.service-now.com/nav_to.do?uri=sys_user.do%3Fsys_id%3D000000000000000000000000000000{:02}",
        ("active", "false"), ("active", "true"), "interaction",
    ),
    "hubspot": Case(
        HubSpot, "type: hubspot\n    origin: https://api.hubapi.com\n    portalId: 42",
        "contacts", "tickets", "contact", "mobilephone", "email", "firstname", "associations.contact", "subject",
        "10{:02}", "https://app.hubspot.com/contacts/42/record/0-1/10{:02}",
        ("closed", 1), ("closed", 0), "calls",
    ),
}  # fmt: skip


@pytest.fixture(params=sorted(SYSTEMS))
def system(request: pytest.FixtureRequest) -> Case:
    return SYSTEMS[request.param]


@pytest.fixture
def server(system: Case) -> SmallServer:
    return system.server()


@pytest.fixture
def ask(system: Case, server: Any, connected: Any, asking: Any) -> Ask:
    made: Ask = asking(connected(f"  CRM:\n    {system.yaml}\n    defaultRegion: DE\n"), server.app)
    return made


@pytest.fixture
def person(system: Case, server: SmallServer) -> Callable[..., str]:
    """Adds a person; the reference."""

    def add(number: int, phone: str, **fields: Any) -> str:
        id_ = system.ids.format(number)
        server.add(system.people, id_, **{system.phone: phone, **fields})
        return f"CRM:{system.type}:{id_}"

    return add


@pytest.mark.parametrize("stored", ["+4930123456", "030 123456", "+49 30 123456"])
async def test_a_person_is_found_in_one_request_however_the_number_is_stored(
    stored: str, system: Case, server: SmallServer, person: Any, ask: Ask
) -> None:
    ref = person(1, stored, **{system.name: "Ada", system.email: "ada@example.com"})
    person(2, "+4989999", **{system.name: "Somebody else"})
    found = await ask("Find Contact By Phone", phone="tel:+4930123456")
    assert (found["outcome"], found["ref"], found["name"]) == ("found", ref, "Ada")
    assert found["email"] == "ada@example.com"
    assert found["popUrl"] == system.page.format(1)
    assert len(server.log) == 1


async def test_several_unknown_and_withheld(person: Any, server: SmallServer, ask: Ask) -> None:
    refs = {person(n, "+4930123456") for n in (1, 2)}
    several = await ask("Find Contact By Phone", phone="+4930123456")
    assert (several["outcome"], several["ref"], set(several["refs"])) == ("several", None, refs)
    assert (await ask("Find Contact By Phone", phone="+4930000000"))["outcome"] == "unknown"
    server.log.clear()
    assert (await ask("Find Contact By Phone", phone="tel:anonymous"))["outcome"] == "unknown"
    assert not server.log


async def test_a_case_is_found_through_its_person(system: Case, server: SmallServer, person: Any, ask: Ask) -> None:
    owner = person(1, "+4930123456").rpartition(":")[2]
    open_ = server.add(
        system.cases, system.ids.format(50), **{system.title: "No dial tone", system.owner: owner},
        **dict([system.open]),
    )  # fmt: skip
    found = await ask("Find Case By Phone", phone="+4930123456")
    assert (found["outcome"], found["name"]) == ("found", "No dial tone")
    assert found["ref"].endswith(open_)
    assert len(server.log) <= 2
    assert (await ask("Find Case By Phone", phone="+4930777777"))["outcome"] == "unknown"


async def test_a_closed_case_is_found_only_when_it_is_asked_for(
    system: Case, server: SmallServer, person: Any, ask: Ask
) -> None:
    if system.server is HubSpot:
        return  # what is closed depends on the pipeline of each account
    owner = person(1, "+4930123456").rpartition(":")[2]
    server.add(system.cases, system.ids.format(50), **{system.owner: owner}, **dict([system.closed]))
    assert (await ask("Find Case By Phone", phone="+4930123456"))["outcome"] == "unknown"
    assert (await ask("Find Case By Phone", phone="+4930123456", openOnly=False))["outcome"] == "found"


@pytest.mark.parametrize("name", ["O'Brien", "Müller & Söhne", "50% #1", "a+b", "日本", "😀"])
async def test_a_name_survives_create_find_and_get(name: str, system: Case, ask: Ask) -> None:
    made = await ask("Create Record", type="contact", fields=json.dumps({system.name: name, "email": name}))
    got = await ask("Get Record", ref=made["ref"])
    given = {} if system.server is Zendesk else {"type": "contact"}
    found = await ask("Find Contact By Field", field="email", value=name, **given)
    assert found["ref"] == got["ref"] == made["ref"]
    assert got["name"] == found["name"] == name


async def test_an_update_changes_the_record_and_a_missing_one_is_not_made(
    system: Case, server: SmallServer, person: Any, ask: Ask
) -> None:
    ref = person(1, "+4930123456")
    changed = await ask("Update Record", ref=ref, fields=json.dumps({"email": "new@example.com"}))
    assert changed["ref"] == ref
    assert server.rows[system.people][system.ids.format(1)][system.email] == "new@example.com"
    gone = await ask("Update Record", ref=f"CRM:{system.type}:{system.ids.format(9)}", fields="{}")
    assert (gone.error_code, gone.status) == ("not.found", 404)
    assert list(server.rows[system.people]) == [system.ids.format(1)]


async def test_related_records_come_from_all_pages(system: Case, server: Any, person: Any, ask: Ask) -> None:
    ref = person(1, "+4930123456")
    for n in range(7):
        owner = {system.owner: ref.rpartition(":")[2], system.title: f"Case {n}"}
        server.add(system.cases, system.ids.format(50 + n), **owner)
    server.page = 3 if system.server is not ServiceNow else 100
    given = {} if system.server is Zendesk else {"type": "case"}
    found = await ask("Related Records", ref=ref, **given)
    assert (found["count"], set(found["names"])) == (7, {f"Case {n}" for n in range(7)})


CALL = {
    "conversationId": "0b6ef1a2-0001-4000-8000-000000000001",
    "started": "2026-06-01T09:00:00Z",
    "ended": "2026-06-01T09:03:07Z",
    "phone": "+4930123456",
    "queue": "Gold",
    "wrapUp": "Resolved",
    "notes": 'She said "thanks" & left.',
}


async def test_a_call_is_logged_once_with_its_facts(system: Case, server: SmallServer, person: Any, ask: Ask) -> None:
    ref = person(1, "+4930123456")
    first = await ask("Log Interaction", **CALL, ref=ref)
    second = await ask("Log Interaction", **{**CALL, "wrapUp": "Follow-up"}, ref=ref)
    assert first["ref"] == second["ref"]
    (logged,) = server.rows[system.calls].values()
    text = json.dumps(logged, ensure_ascii=False)
    assert "Follow-up" in text
    assert "Queue: Gold" in text
    assert 'She said \\"thanks\\" & left.' in text


async def test_a_stopped_or_busy_system_is_a_failure_and_never_unknown(
    system: Case, connected: Any, asking: Any
) -> None:
    from starlette.responses import PlainTextResponse

    connection = connected(f"  CRM:\n    {system.yaml}\n")
    for status, code in ((500, "internal.server.error"), (429, "too.many.requests"), (200, "internal.server.error")):
        answer = PlainTextResponse("<html>sorry</html>", status, {"retry-after": "600"})
        failed = await asking(connection, answer)("Find Contact By Phone", phone="+4930123456")
        assert isinstance(failed, Failure)
        assert failed.error_code == code


# What only one of them has.


@pytest.fixture
def only(connected: Any, asking: Any) -> Callable[[str, SmallServer], Ask]:
    def make(name: str, server: Any) -> Ask:
        text = f"  CRM:\n    {SYSTEMS[name].yaml}\n    defaultRegion: DE\n"
        ask: Ask = asking(connected(text), server.app)
        return ask

    return make


async def test_full_text_that_finds_too_much_is_checked_again(only: Any) -> None:
    server = Zendesk()
    server.add("users", "1", name="Stranger", phone="+4989123456")  # the last digits are the same
    found = await only("zendesk", server)("Find Contact By Phone", phone="+4930123456")
    assert (found["outcome"], found["dropped"], found["name"]) == ("unknown", 1, None)


async def test_a_condition_that_servicenow_ignores_shows_no_stranger(only: Any) -> None:
    server = ServiceNow()
    server.add("sys_user", "0" * 32, name="Stranger", email="s@example.com")
    ask = only("servicenow", server)
    found = await ask("Find Contact By Field", type="contact", field="nonsense", value="x")
    assert (found["outcome"], found["dropped"]) == ("unknown", 1)
    failed = await ask("Find Contact By Field", type="contact", field="email", value="x^ORnameISNOTEMPTY")
    assert failed.error_code == "bad.request"


async def test_zendesk_shows_the_record_to_an_agent(only: Any) -> None:
    server = Zendesk()
    server.add("users", "7", name="Ada")
    ask = only("zendesk", server)
    shown = await ask("Show Record To Agent", ref="CRM:user:7", agentId="5")
    assert shown["ref"] == "CRM:user:7"
    assert server.log[-1][1] == "/api/v2/channels/voice/agents/5/users/7/display.json"
    assert (await ask("Show Record To Agent", ref="CRM:user:8", agentId="5")).error_code == "not.found"


async def test_zendesk_tells_which_field_is_wrong_and_keeps_long_ids(only: Any) -> None:
    ask = only("zendesk", Zendesk())
    failed = await ask("Create Record", type="contact", fields='{"phone": "+4930123456"}')
    assert (failed.error_code, failed.status) == ("bad.request", 422)
    assert failed.outputs()["details.fieldName"] == ("name",)
    made = await ask("Create Record", type="contact", fields='{"name": "Ada"}')
    assert made["ref"] == "CRM:user:9007199254740993"  # more than a double can hold


async def test_zendesk_comments_stay_inside_and_its_account_comes_through_the_user(only: Any) -> None:
    server = Zendesk()
    server.add("organizations", "70", name="Acme")
    server.add("users", "7", name="Ada", phone="+4930123456", organization_id=70)
    server.add("tickets", "8", subject="x")
    ask = only("zendesk", server)
    assert (await ask("Find Account By Phone", phone="+4930123456"))["ref"] == "CRM:organization:70"
    await ask("Add Comment", ref="CRM:ticket:8", text='He said "no"')
    assert server.rows["tickets"]["8"]["comment"] == {"body": 'He said "no"', "public": False}


async def test_a_custom_object_of_zendesk_is_found_read_made_and_changed(connected: Any, asking: Any) -> None:
    server = Zendesk()
    types = "types: {subscription: {object: subscription, phone: [phone], fields: [tier], names: {name: name}}}"
    ask = asking(connected(f"  CRM:\n    {SYSTEMS['zendesk'].yaml}\n    defaultRegion: DE\n    {types}\n"), server.app)
    fields = '{"name": "Fiber 100", "external_id": "F-1", "phone": "030 123456", "tier": "Gold"}'
    made = await ask("Create Record", type="subscription", fields=fields)
    assert server.rows["subscription"][made["ref"].rpartition(":")[2]] == {
        "name": "Fiber 100",
        "external_id": "F-1",
        "custom_object_fields": {"phone": "030 123456", "tier": "Gold"},
    }
    found = await ask("Find Record By Phone", type="subscription", phone="tel:+4930123456")
    assert (found["outcome"], found["ref"], found["name"], found["tier"]) == ("found", made["ref"], "Fiber 100", "Gold")
    await ask("Update Custom Record", ref=made["ref"], fields='{"tier": "Silver"}')
    read = await ask("Get Record", ref=made["ref"])
    assert (read["name"], read["tier"], read["popUrl"]) == ("Fiber 100", "Silver", None)
    failed = await ask("Get Record", ref=made["ref"][:-1] + "9")
    assert (failed.error_code, failed.status) == ("not.found", 404)


async def test_a_custom_object_of_hubspot_is_found_read_made_and_changed(connected: Any, asking: Any) -> None:
    server = HubSpot()
    types = (
        "types: {subscription: {object: 2-4711, id: hs_object_id, phone: [phone], fields: [tier], names: {name: plan}}}"
    )
    ask = asking(connected(f"  CRM:\n    {SYSTEMS['hubspot'].yaml}\n    defaultRegion: DE\n    {types}\n"), server.app)
    made = await ask("Create Record", type="subscription", fields='{"name": "Fiber 100", "phone": "030 123456"}')
    assert list(server.rows["2-4711"].values()) == [{"plan": "Fiber 100", "phone": "030 123456"}]
    found = await ask("Find Record By Phone", type="subscription", phone="+4930123456")
    assert (found["outcome"], found["ref"], found["name"]) == ("found", made["ref"], "Fiber 100")
    assert found["popUrl"] == "https://app.hubspot.com/contacts/42/record/2-4711/1000"
    await ask("Update Record", ref=made["ref"], fields='{"tier": "Silver"}')
    assert (await ask("Get Record", ref=made["ref"]))["tier"] == "Silver"


async def test_every_system_gets_the_length_of_a_call_in_its_own_unit(only: Any) -> None:
    dataverse, hubspot = Dataverse(), HubSpot()
    dataverse.add("contacts", GUID.format(1))
    await only("dynamics", dataverse)("Log Interaction", **CALL, ref=f"CRM:contact:{GUID.format(1)}")
    await only("hubspot", hubspot)("Log Interaction", **CALL)
    (call,) = dataverse.rows["phonecalls"].values()
    assert (call["actualdurationminutes"], call["statecode"], call["directioncode"]) == (4, 1, False)
    assert call["regardingobjectid_contact_phonecall@odata.bind"] == f"/contacts({GUID.format(1)})"
    (logged,) = hubspot.rows["calls"].values()
    assert (logged["hs_call_duration"], logged["hs_timestamp"]) == (187_000, 1780304400000)


async def test_dataverse_is_asked_with_percent_signs_alone_and_expands_what_it_verifies(only: Any) -> None:
    server = Dataverse()
    await only("dynamics", server)("Find Case By Phone", phone="+4930123456")
    (_, path, _, headers) = server.log[0]
    assert "+" not in path
    assert "%24expand=customerid_contact" in path
    assert headers["odata-version"] == "4.0"


async def test_a_link_to_another_system_is_not_followed_and_takes_no_token_along(connected: Any, asking: Any) -> None:
    from starlette.responses import JSONResponse

    connection = connected(f"  CRM:\n    {SYSTEMS['dynamics'].yaml}\n")
    answer = JSONResponse({"value": [{"incidentid": "1"}], "@odata.nextLink": "https://evil.example/contacts"})
    ask = asking(connection, answer)
    failed = await ask("Related Records", ref=f"CRM:contact:{GUID.format(1)}", type="case")
    assert failed.outputs()["details.errorCode"][0] == "ACTION.BLOCKED_HOST"
