"""Connectors against servers that this project did not write: REST and GraphQL by datasette, OData by
simple-odata-server; and our Salesforce server against a client that it did not write."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.failures import Failure
from tests.connectors.crm.salesforce_server import SalesforceServer

Ask = Callable[..., Any]
LOCAL = "allowHttp: true\n    allowedNetworks: [127.0.0.0/8]\n    allowedPorts: ['PORT']"

REST = """
  Shop:
    type: generic-rest
    origin: ORIGIN
    LOCAL
    defaultRegion: DE
    types: {contact: {id: id, phone: [phone], names: {name: first_name last_name, phone: phone}}}
    operations:
      Find Contact By Phone: {get: "/crm/contacts.json?phone__in={phones|q}&_shape=objects&_sort=id", list: $.rows}
      Find Contact By Name: {get: "/crm/contacts.json?last_name__exact={lastName|q}&_shape=objects", list: $.rows}
      Get Record: {get: "/crm/contacts/{id|q}.json?_shape=array", record: "$[0]"}
      List By Tier:
        {get: "/crm/contacts.json?tier={tier|q}&_size=10&_shape=objects", list: $.rows, next: $.next_url, answer: list}
      Read Nowhere: {get: "/crm/nothing.json?x={x|q}", list: $.rows}
"""

GRAPHQL = """
  Shop:
    type: graphql
    origin: ORIGIN
    LOCAL
    types: {contact: {id: id, phone: [phone], names: {name: first_name last_name, phone: phone}}}
    operations:
      Find Contact By Phone:
        query: |
          query($phones: [String]) {
            contacts(filter: {phone: {in: $phones}}) { nodes { id first_name last_name phone tier } } }
        variables: {phones: "{phones}"}
        list: $.data.contacts.nodes
      List By Tier:
        query: |
          query($tier: String, $after: String) { contacts(filter: {tier: {eq: $tier}}, first: 10, after: $after) {
            nodes { id first_name last_name } pageInfo { hasNextPage endCursor } } }
        variables: {tier: "{tier}", after: "{after}"}
        list: $.data.contacts.nodes
        cursor: $.data.contacts.pageInfo.endCursor
        more: $.data.contacts.pageInfo.hasNextPage
        answer: list
      Wrong Field: {query: "{ contacts { nodes { nonsense } } }", list: $.data.contacts.nodes}
      Wrong Type: {query: '{ contacts(first: "x") { nodes { id } } }', list: $.data.contacts.nodes}
"""


def at(text: str, origin: str) -> str:
    port = origin.rpartition(":")[2]
    return text.replace("LOCAL", LOCAL.replace("PORT", port)).replace("ORIGIN", origin)


@pytest.fixture(params=["rest", "graphql"])
def shop(request: pytest.FixtureRequest, datasette: str, connected: Any, asking: Any) -> Ask:
    text = REST if request.param == "rest" else GRAPHQL
    ask: Ask = asking(connected(at(text, datasette)))
    return ask


@pytest.fixture
def rest(datasette: str, connected: Any, asking: Any) -> Ask:
    ask: Ask = asking(connected(at(REST, datasette)))
    return ask


@pytest.fixture
def graphql(datasette: str, connected: Any, asking: Any) -> Ask:
    ask: Ask = asking(connected(at(GRAPHQL, datasette)))
    return ask


async def test_a_contact_is_found_by_phone_with_its_plus_sign(shop: Ask) -> None:
    found = await shop("Find Contact By Phone", phone="tel:+4930123456")
    assert (found["outcome"], found["ref"], found["name"]) == ("found", "Shop:contact:1", "Ada Byron")
    assert found["tier"] == "Gold"


async def test_a_number_with_blanks_is_found_too(shop: Ask) -> None:
    assert (await shop("Find Contact By Phone", phone="+4930987654"))["name"] == "Dan 50% #1"


async def test_two_with_one_number_are_several_and_nobody_is_unknown(shop: Ask) -> None:
    several = await shop("Find Contact By Phone", phone="+4989555")
    assert (several["outcome"], several["ref"], several["refs"]) == (
        "several", None, ("Shop:contact:2", "Shop:contact:3"),
    )  # fmt: skip
    assert (await shop("Find Contact By Phone", phone="+4989556"))["outcome"] == "unknown"


async def test_all_pages_are_read(shop: Ask) -> None:
    found = await shop("List By Tier", tier="Bulk")
    assert found["count"] == 25
    assert found["refs"] == tuple(f"Shop:contact:{n}" for n in range(5, 30))


@pytest.mark.parametrize(("name", "id_"), [("O'Brien", 2), ("Öz", 3), ("50% #1", 4), ("Number 5", 5), ("a+b", None)])
async def test_a_text_with_signs_reaches_the_server_unchanged(name: str, id_: int | None, rest: Ask) -> None:
    found = await rest("Find Contact By Name", lastName=name)
    assert found["ref"] == (f"Shop:contact:{id_}" if id_ else None)


async def test_a_missing_record_and_a_missing_table_are_not_found(rest: Ask) -> None:
    for failed in (await rest("Get Record", id="999"), await rest("Read Nowhere", x="1")):
        assert isinstance(failed, Failure)
        assert (failed.error_code, failed.status) == ("not.found", 404)


@pytest.mark.parametrize("action", ["Wrong Field", "Wrong Type"])
async def test_a_wrong_query_is_a_bad_request_whatever_the_status(action: str, graphql: Ask) -> None:
    failed = await graphql(action)  # datasette-graphql says 500
    assert isinstance(failed, Failure)
    assert (failed.error_code, failed.attempts) == ("bad.request", 1)
    assert "Traceback" not in failed.message


async def test_a_stopped_server_is_unreachable_and_not_unknown(connected: Any, asking: Any) -> None:
    failed = await asking(connected(at(REST, "http://127.0.0.1:1")))("Find Contact By Phone", phone="+4930123456")
    assert isinstance(failed, Failure)
    assert failed.error_code == "bad.gateway"


ODATA = """
  Dynamics:
    type: microsoft-dynamics-data-actions
    origin: ORIGIN
    LOCAL
    defaultRegion: US
    types: {contact: {id: _id, fields: [tier]}}
"""


@pytest.fixture
def dynamics(odata: str, connected: Any, asking: Any) -> Ask:
    ask: Ask = asking(connected(at(ODATA, odata)))
    return ask


@pytest.mark.parametrize("form", ["+1317{0}{1}", "1317{0}{1}", "(317) {0}-{1}", "+1 317-{0}-{1}", "317{0}{1}"])
@pytest.mark.parametrize("field", ["telephone1", "mobilephone"])
async def test_a_number_is_found_over_odata_however_it_is_stored(form: str, field: str, dynamics: Ask) -> None:
    digits = f"2{uuid.uuid4().int % 10**6:06}"
    stored = form.format(digits[:3], digits[3:])
    fields = {"fullname": "Ada", field: stored, "tier": "Gold"}
    made = await dynamics("Create Record", type="contact", fields=json.dumps(fields))
    found = await dynamics("Find Contact By Phone", phone=f"tel:+1317{digits}")
    assert (found["outcome"], found["ref"], found["tier"]) == ("found", made["ref"], "Gold")


async def test_two_over_odata_are_several_and_nobody_is_unknown(dynamics: Ask) -> None:
    number = f"+1317 2{uuid.uuid4().int % 10**6:06}".replace(" ", "")
    for name in ("Ada", "Bea"):
        await dynamics("Create Record", type="contact", fields=json.dumps({"fullname": name, "telephone2": number}))
    found = await dynamics("Find Contact By Phone", phone=number)
    assert (found["outcome"], len(found["refs"])) == ("several", 2)
    assert (await dynamics("Find Contact By Phone", phone="+13173999999"))["outcome"] == "unknown"


@pytest.mark.parametrize("name", ["O'Brien", "Müller & Söhne", "50% #1", "a+b", "日本", "😀 Smile"])
async def test_a_name_survives_create_and_find_over_odata(name: str, dynamics: Ask) -> None:
    name = f"{name} {uuid.uuid4()}"
    made = await dynamics("Create Record", type="contact", fields=json.dumps({"lastName": name}))
    found = await dynamics("Find Contact By Field", type="contact", field="lastName", value=name)
    assert (found["ref"], found["lastName"]) == (made["ref"], name)


async def test_the_salesforce_server_speaks_salesforce(peers: Path) -> None:
    import uvicorn

    server = SalesforceServer(page=3)
    for n in range(7):
        server.add("Contact", LastName=f"Row {n}")
    running = uvicorn.Server(uvicorn.Config(server.app, log_level="error", lifespan="off"))
    listening = socket.create_server(("127.0.0.1", 0))  # who connects before uvicorn is ready waits in its queue
    task = asyncio.create_task(running.serve([listening]))
    try:
        port = listening.getsockname()[1]
        script = Path(__file__).parent / "peers/salesforce_client.py"
        client = await asyncio.create_subprocess_exec(
            peers / "venv/bin/python", script, f"http://127.0.0.1:{port}",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, errors = await asyncio.wait_for(client.communicate(), 60)
    finally:
        running.should_exit = True
        await task
    assert client.returncode == 0, errors.decode()
    assert json.loads(output) == {
        "success": True,
        "found": ["O'Brien"],
        "got": "Müller",
        "every": ["Müller", *(f"Row {n}" for n in range(7))],
        "malformed": "MALFORMED_QUERY",
        "missing": "NOT_FOUND",
    }
