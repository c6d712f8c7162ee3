"""Connectors against Directus, which reads and writes over REST and GraphQL and has a rate limiter: by `make soak`,
where `tools/test-peers.sh directus` has installed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors.failures import Failure
from connectors.transport.exchange import loop_time
from tests.connectors.crm.directus_server import TOKEN, Directus, exhaust

pytestmark = pytest.mark.soak

Ask = Callable[..., Any]

HEAD = """
  Shop:
    type: TYPE
    origin: ORIGIN
    allowHttp: true
    allowedNetworks: [127.0.0.0/8]
    allowedPorts: ['PORT']
    auth: {kind: bearer, token: env:DIRECTUS_TOKEN}
    defaultRegion: DE
    phoneForms: [e164, digits, national_digits, international, national, compact]
    types: {contact: {id: id, phone: [phone], names: {name: first_name last_name, phone: phone}}}
    operations:
"""

REST = """
      Find Contact By Phone: {get: "/items/contacts?filter[phone][_in]={phones|q}&sort=id", list: $.data}
      Find Contact By Name: {get: "/items/contacts?filter[last_name][_eq]={lastName|q}", list: $.data}
      Get Record: {get: "/items/contacts/{id|q}", record: $.data}
      Create Record:
        post: /items/contacts
        body: {first_name: "{firstName}", last_name: "{lastName}", phone: "{phone}"}
        record: $.data
      Update Record: {patch: "/items/contacts/{id|q}", body: {tier: "{tier}"}, record: $.data}
      List By Tier:
        get: "/items/contacts?filter[tier][_eq]={tier|q}&sort=id&limit=10&offset={offset|q}&meta=filter_count"
        list: $.data
        by: offset
        total: $.meta.filter_count
        answer: list
      List By Page:
        get: "/items/contacts?filter[tier][_eq]={tier|q}&sort=id&limit=10&page={page|q}"
        list: $.data
        by: page
        answer: list
      Wrong Field: {get: "/items/contacts?filter[nonsense][_eq]=1", list: $.data}
"""

GRAPHQL = """
      Find Contact By Phone:
        query: |
          query($phones: [String]) { contacts(filter: {phone: {_in: $phones}}, sort: ["id"]) {
            id first_name last_name phone tier } }
        variables: {phones: "{phones}"}
        list: $.data.contacts
      Find Contact By Name:
        query: 'query($name: String) { contacts(filter: {last_name: {_eq: $name}}) { id first_name last_name } }'
        variables: {name: "{lastName}"}
        list: $.data.contacts
      Get Record:
        query: 'query($id: ID!) { contacts_by_id(id: $id) { id first_name last_name phone tier } }'
        variables: {id: "{id}"}
        record: $.data.contacts_by_id
      Create Record:
        query: |
          mutation($new: create_contacts_input!) { create_contacts_item(data: $new) { id first_name last_name phone } }
        variables: {new: {first_name: "{firstName}", last_name: "{lastName}", phone: "{phone}"}}
        record: $.data.create_contacts_item
      Update Record:
        query: |
          mutation($id: ID!, $change: update_contacts_input!) {
            update_contacts_item(id: $id, data: $change) { id first_name last_name tier } }
        variables: {id: "{id}", change: {tier: "{tier}"}}
        record: $.data.update_contacts_item
      List By Tier:
        query: |
          query($tier: String, $offset: Int) {
            contacts(filter: {tier: {_eq: $tier}}, sort: ["id"], limit: 10, offset: $offset) { id first_name } }
        variables: {tier: "{tier}", offset: "{offset}"}
        list: $.data.contacts
        by: offset
        answer: list
      List By Page:
        query: |
          query($tier: String, $page: Int) {
            contacts(filter: {tier: {_eq: $tier}}, sort: ["id"], limit: 10, page: $page) { id first_name } }
        variables: {tier: "{tier}", page: "{page}"}
        list: $.data.contacts
        by: page
        answer: list
      Wrong Field: {query: "{ contacts { nonsense } }", list: $.data.contacts}
      Wrong Type: {query: '{ contacts(limit: "x") { id } }', list: $.data.contacts}
"""

MAPPINGS = {"generic-rest": REST, "graphql": GRAPHQL}


@pytest.fixture
def talking(monkeypatch: pytest.MonkeyPatch, connected: Any, asking: Any) -> Callable[..., Ask]:
    """Asks a server in one of the two ways."""

    def make(type_: str, origin: str, token: str = TOKEN) -> Ask:
        monkeypatch.setenv("DIRECTUS_TOKEN", token)
        head = HEAD.replace("TYPE", type_).replace("ORIGIN", origin).replace("PORT", origin.rpartition(":")[2])
        ask: Ask = asking(connected(head + MAPPINGS[type_]))
        return ask

    return make


@pytest.fixture(params=MAPPINGS)
def type_(request: pytest.FixtureRequest) -> str:
    """REST, then GraphQL."""
    return str(request.param)


@pytest.fixture
def shop(type_: str, directus: str, talking: Callable[..., Ask]) -> Ask:
    return talking(type_, directus)


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("tel:+4930123456", "Ada Byron"),  # stored as E.164
        ("030 123456", "Ada Byron"),
        ("+49 30 12 34 56", "Ada Byron"),
        ("+4930987654", "Dan Stern"),  # stored as 030 987654
        ("+4940444555", "Eve Blank"),  # stored as +49 40 444555
        ("tel:+13175550125", "Fay Formatted"),  # stored as (317) 555-0125
    ],
)
async def test_a_contact_is_found_however_the_number_comes_and_is_stored(called: str, name: str, shop: Ask) -> None:
    found = await shop("Find Contact By Phone", phone=called)
    assert (found["outcome"], found["name"], found["tier"]) == ("found", name, "Gold")


async def test_two_with_one_number_are_several_and_none_is_chosen(shop: Ask) -> None:
    several = await shop("Find Contact By Phone", phone="+4989555123")
    assert (several["outcome"], several["ref"], several["refs"]) == (
        "several", None, ("Shop:contact:2", "Shop:contact:3"),
    )  # fmt: skip


@pytest.mark.parametrize("called", ["+4989555124", "anonymous", "911", "sip:ada@example.com"])
async def test_a_number_of_nobody_is_unknown(called: str, shop: Ask) -> None:
    assert (await shop("Find Contact By Phone", phone=called))["outcome"] == "unknown"


@pytest.mark.parametrize("action", ["List By Tier", "List By Page"])
async def test_all_pages_are_read_and_no_further_one(action: str, shop: Ask) -> None:
    found = await shop(action, tier="Bulk")
    assert found["refs"] == tuple(f"Shop:contact:{n}" for n in range(7, 32))


@pytest.mark.parametrize("name", ["O'Brien", "Müller & Söhne", "50% #1", "a+b", "日本", "😀 Smile", '"}) {x} $y #if'])
async def test_a_name_survives_create_find_and_get(name: str, type_: str, shop: Ask) -> None:
    last = f"{name} by {type_}"
    made = await shop("Create Record", firstName="New", lastName=last, phone="+4930555")
    found = await shop("Find Contact By Name", lastName=last)
    assert (found["outcome"], found["ref"], found["last_name"]) == ("found", made["ref"], last)
    got = await shop("Get Record", id=made["ref"].rpartition(":")[2])
    assert (got["ref"], got["name"], got["phone"]) == (made["ref"], f"New {last}", "+4930555")


@pytest.mark.parametrize("text", ["' OR '1'='1", '"}}]}', "%' --", "$NOW]", "{}"])
async def test_a_text_that_would_be_a_filter_finds_nobody(text: str, shop: Ask) -> None:
    assert (await shop("Find Contact By Name", lastName=text))["outcome"] == "unknown"


async def test_an_update_changes_the_record(shop: Ask) -> None:
    made = await shop("Create Record", firstName="Old", lastName="Tier", phone="+4930556")
    id_ = made["ref"].rpartition(":")[2]
    changed = await shop("Update Record", id=id_, tier="Platinum")
    assert (changed["ref"], changed["tier"]) == (made["ref"], "Platinum")
    assert (await shop("Get Record", id=id_))["tier"] == "Platinum"


async def test_a_stopped_server_is_unreachable_and_not_unknown(
    directus_home: Directus, talking: Callable[..., Ask]
) -> None:
    with directus_home.running() as origin:
        shops = [talking(type_, origin) for type_ in MAPPINGS]
        for shop in shops:
            assert (await shop("Find Contact By Phone", phone="+4989555124"))["outcome"] == "unknown"
    for shop in shops:
        failed = await shop("Find Contact By Phone", phone="+4930123456")
        assert isinstance(failed, Failure)
        assert failed.error_code == "bad.gateway"


async def test_a_missing_record_is_a_failure_with_the_code_of_the_system(directus: str, talking: Any) -> None:
    failed = await talking("generic-rest", directus)("Get Record", id="999")
    assert isinstance(failed, Failure)
    assert (failed.error_code, failed.status, failed.remote[0].code) == ("forbidden", 403, "FORBIDDEN")
    failed = await talking("graphql", directus)("Get Record", id="999")  # null, and no error
    assert isinstance(failed, Failure)
    assert failed.error_code == "not.found"


async def test_a_change_of_a_missing_record_over_rest_is_no_success(directus: str, talking: Any) -> None:
    failed = await talking("generic-rest", directus)("Update Record", id="999", tier="Gold")  # 204, and nothing
    assert isinstance(failed, Failure)
    assert "the response has nothing at $.data" in failed.message


async def test_a_forbidden_change_over_graphql_is_a_failure_though_the_status_is_200(
    directus: str, talking: Any
) -> None:
    failed = await talking("graphql", directus)("Update Record", id="999", tier="Gold")
    assert isinstance(failed, Failure)
    assert (failed.error_code, failed.remote[0].code) == ("forbidden", "FORBIDDEN")


@pytest.mark.parametrize(("action", "reason"), [("Wrong Field", "nonsense"), ("Wrong Type", "non-integer")])
async def test_a_wrong_query_is_a_bad_request_that_says_what_is_wrong(
    action: str, reason: str, directus: str, talking: Any
) -> None:
    failed = await talking("graphql", directus)(action)
    assert isinstance(failed, Failure)
    assert (failed.error_code, failed.attempts) == ("bad.request", 1)
    assert failed.remote[0].code == "GRAPHQL_VALIDATION"
    assert reason in failed.message


async def test_a_filter_on_an_unknown_field_is_a_failure_that_names_it(directus: str, talking: Any) -> None:
    failed = await talking("generic-rest", directus)("Wrong Field")
    assert isinstance(failed, Failure)
    assert (failed.error_code, failed.remote[0].code) == ("forbidden", "FORBIDDEN")
    assert "nonsense" in failed.message


async def test_a_wrong_token_is_refused_without_being_told(type_: str, directus: str, talking: Any) -> None:
    failed = await talking(type_, directus, token="wrong-token")("Get Record", id="1")
    assert isinstance(failed, Failure)
    assert failed.error_code == "INVALID_CREDENTIALS"
    assert "wrong-token" not in failed.message


@pytest.fixture
def busy(type_: str, strict_directus: str, talking: Callable[..., Ask]) -> Ask:
    """A server that has just begun to refuse for two seconds."""
    exhaust(strict_directus, "2")
    return talking(type_, strict_directus)


async def test_a_genuine_429_is_asked_again_when_its_window_is_over(busy: Ask, directus_home: Directus) -> None:
    started, refused = loop_time(), directus_home.refusals()
    assert (await busy("Find Contact By Phone", phone="+4930123456"))["name"] == "Ada Byron"
    assert loop_time() - started > 1
    assert directus_home.refusals() > refused


async def test_what_writes_is_not_sent_again_after_a_genuine_429(busy: Ask) -> None:
    failed = await busy("Create Record", firstName="Twice", lastName="Never", phone="+4930557")
    assert isinstance(failed, Failure)
    assert (failed.error_code, failed.attempts, failed.remote[0].code) == ("too.many.requests", 1, "REQUESTS_EXCEEDED")
