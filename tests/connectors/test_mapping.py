"""Data actions from a few lines of ``connections.yaml``: how they ask page by page, and what answers mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import DataActions, Failure, HttpFactory, Output, load_connections, mapped_actions, mapping_findings
from connectors.http import HttpRequest, HttpResponse, mock
from dsl.source import Source

HEAD = """connections:
  Shop:
    type: TYPE
    origin: https://shop.example
    types: {contact: {id: id, phone: [mobilePhone, businessPhones], names: {name: name}}}
    operations:
      List:
"""

BY_OFFSET = 'get: "/people?limit=10&start={offset|q}"\nlist: $.data\nanswer: list\nby: offset\n'
BY_PAGE = 'get: "/people?limit=10&page={page|q}"\nlist: $.data\nanswer: list\nby: page\n'


def loaded(settings: str, type_: str = "generic-rest") -> Any:
    """The connections with one operation, whose settings these are."""
    lines = "".join(f"        {line}\n" for line in settings.splitlines())
    connections, findings = load_connections(Source("connections.yaml", HEAD.replace("TYPE", type_) + lines))
    assert findings == []
    return connections


async def asked(
    connections: Any, answer: Callable[[HttpRequest], tuple[int, Any]], **inputs: Any
) -> tuple[Output | Failure, list[HttpRequest]]:
    """What the operation says, and what the system was asked."""
    requests: list[HttpRequest] = []

    def respond(request: HttpRequest) -> HttpResponse:
        requests.append(request)
        status, body = answer(request)
        return HttpResponse(status, {}, json.dumps(body).encode())

    actions = DataActions([], connections, HttpFactory(network=mock(respond)))
    return await actions.run("Shop", "List", inputs), requests


def people(count: int, *, start: str = "start", size: int = 1) -> Callable[[HttpRequest], tuple[int, Any]]:
    """A system that gives ten people from ``start`` on, counted in ``size``."""

    def answer(request: HttpRequest) -> tuple[int, Any]:
        place = int(parse_qs(urlsplit(request.url).query)[start][0])
        first = place if size == 1 else (place - 1) * size
        return 200, {"data": [{"id": n, "name": f"N{n}"} for n in range(first, min(first + 10, count))], "total": count}

    return answer


@pytest.mark.parametrize("count", [0, 1, 10, 25])
@pytest.mark.parametrize(("settings", "server"), [(BY_OFFSET, {}), (BY_PAGE, {"start": "page", "size": 10})])
async def test_every_page_is_read_by_counting(settings: str, server: dict[str, Any], count: int) -> None:
    outcome, _ = await asked(loaded(settings), people(count, **server))
    assert isinstance(outcome, Output)
    assert outcome.values["refs"] == tuple(f"Shop:contact:{n}" for n in range(count))


@pytest.mark.parametrize(("total", "requests"), [("", 4), ("total: $.total\n", 3)])
async def test_a_total_spares_the_empty_last_page(total: str, requests: int) -> None:
    _, made = await asked(loaded(BY_OFFSET + total), people(25))
    assert len(made) == requests


async def test_a_system_that_does_not_count_is_asked_twice_and_believed_once() -> None:
    outcome, made = await asked(loaded(BY_OFFSET), lambda _: (200, {"data": [{"id": 1, "name": "N1"}]}))
    assert isinstance(outcome, Output)
    assert (outcome.values["count"], len(made)) == (1, 2)


async def test_a_page_is_counted_in_variables_as_a_number() -> None:
    settings = (
        'query: "query($n: Int) { people(offset: $n) { id } }"\nvariables: {n: "{offset}"}\n'
        "list: $.data.people\nanswer: list\nby: offset\n"
    )
    answers = iter([[{"id": 1}, {"id": 2}], [{"id": 3}], []])
    outcome, made = await asked(loaded(settings, "graphql"), lambda _: (200, {"data": {"people": next(answers)}}))
    assert isinstance(outcome, Output)
    assert [json.loads(request.body)["variables"]["n"] for request in made] == [0, 2, 3]


async def test_an_input_that_is_called_offset_stays_one_where_nothing_counts() -> None:
    settings = 'get: "/people?at={offset|q}"\nlist: $.data\nanswer: list\n'
    _, made = await asked(loaded(settings), lambda _: (200, {"data": []}), offset="a&b")
    assert [request.url for request in made] == ["https://shop.example/people?at=a%26b"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (BY_OFFSET.replace("by: offset", "by: ofset"), '"List": "by" is offset or page, not "ofset"'),
        (BY_OFFSET.replace("by: offset", "by: page"), '"List": by: page counts {page}, which stands nowhere'),
        (BY_OFFSET + "totl: $.total", '"List": there is no "totl"; did you mean "total"?'),
    ],
)
def test_what_cannot_be_counted_is_a_finding(settings: str, message: str) -> None:
    (connection,) = loaded(settings).values()
    (found,) = mapping_findings(connection)
    assert message in found.message


async def test_a_record_that_is_null_is_not_found() -> None:
    settings = 'query: "query($id: ID!) { person(id: $id) { id } }"\nvariables: {id: "{id}"}\nrecord: $.data.person'
    outcome, _ = await asked(loaded(settings, "graphql"), lambda _: (200, {"data": {"person": None}}), id="7")
    assert isinstance(outcome, Failure)
    assert (outcome.error_code, outcome.outputs()["status"]) == ("not.found", 404)


ERRORS = {
    "errors": [
        {
            "message": "Validation failed.",
            "extensions": {
                "code": "FAILED_VALIDATION", "field": "phone", "errors": [{"message": "phone is required"}],
                "stacktrace": ["at /srv/app.js"],
            },
        }
    ]
}  # fmt: skip


async def test_code_field_and_reason_are_read_from_the_extensions_of_an_error() -> None:
    outcome, _ = await asked(loaded('get: "/people"\nlist: $.data'), lambda _: (400, ERRORS))
    assert isinstance(outcome, Failure)
    outputs = outcome.outputs()
    assert outputs["details.errorCode"] == ("ACTION.REMOTE_ENDPOINT", "FAILED_VALIDATION")
    assert outputs["userParams.value"] == ("phone",)
    assert outputs["userMessage"] == "the system answered with status 400: Validation failed.; phone is required"


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (200, "INTERNAL_SERVER_ERROR", "internal.server.error"),
        (503, "SERVICE_UNAVAILABLE", "internal.server.error"),
        (200, "FORBIDDEN", "forbidden"),
        (200, "REQUESTS_EXCEEDED", "too.many.requests"),
        (400, "GRAPHQL_VALIDATION", "bad.request"),
        (500, "", "bad.request"),
    ],
)
async def test_the_code_of_a_graphql_error_decides_whatever_the_status(status: int, code: str, expected: str) -> None:
    body = {"errors": [{"message": "no", "extensions": {"code": code}}]}
    outcome, _ = await asked(
        loaded('query: "{ people { id } }"\nlist: $.data.people', "graphql"), lambda _: (status, body)
    )
    assert isinstance(outcome, Failure)
    assert outcome.error_code == expected


async def test_an_answer_without_the_record_says_where_it_was_looked_for() -> None:
    outcome, _ = await asked(loaded('get: "/people/7"\nrecord: $.data'), lambda _: (200, {"dta": {"id": 7}}))
    assert isinstance(outcome, Failure)
    assert "the response has nothing at $.data" in outcome.message


GRAPH = """get: "/v1.0/contacts?$filter=businessPhones/any(p:p eq '{e164|odata}')&$count=true"
advanced: true
list: $.value
next: $['@odata.nextLink']
"""

BATCH = """post: /v1.0/$batch
batch:
  - "/users?$filter=mobilePhone eq '{e164|odata}'"
  - "/contacts?$filter={phones|odata}"
list: $.responses[*].body.value[*]
"""


async def test_a_graph_filter_over_a_list_finds_whoever_has_the_number_in_it() -> None:
    pages = iter([
        {"value": [{"id": "a", "businessPhones": ["+4989", "+49 30 123456"]}, {"id": "b", "businessPhones": []}],
         "@odata.nextLink": "https://shop.example/v1.0/contacts?$skiptoken=x%20y"},
        {"value": [{"id": "c", "businessPhones": None}]},
    ])  # fmt: skip
    outcome, made = await asked(loaded(GRAPH, "graph-rest"), lambda _: (200, next(pages)), phone="+4930123456")
    assert isinstance(outcome, Output)
    assert (outcome.values["ref"], outcome.values["dropped"]) == ("Shop:contact:a", 2)
    assert [request.headers.get("consistencylevel") for request in made] == ["eventual", "eventual"]
    assert "any(p:p%20eq%20'%2B4930123456')" in made[0].url
    assert made[1].url.endswith("?$skiptoken=x%20y")


async def test_the_consistency_header_is_sent_only_where_it_is_asked_for() -> None:
    plain = GRAPH.replace("advanced: true\n", "")
    _, made = await asked(loaded(plain, "graph-rest"), lambda _: (200, {"value": []}), phone="+4930123456")
    assert "consistencylevel" not in made[0].headers


def part(number: str, status: int, body: Any) -> dict[str, Any]:
    """One answer of a batch."""
    return {"id": number, "status": status, "body": body}


async def test_a_batch_asks_all_its_paths_in_one_request_and_finds_in_any_of_them() -> None:
    found = {"value": [{"id": "u1", "name": "Ada", "mobilePhone": "+4930123456"}]}
    answer = {"responses": [part("2", 200, {"value": []}), part("1", 200, found)]}  # in any order
    connections = loaded(BATCH, "graph-rest")
    outcome, made = await asked(connections, lambda _: (200, answer), phone="+4930123456")
    assert isinstance(outcome, Output)
    assert (outcome.values["outcome"], outcome.values["name"], len(made)) == ("found", "Ada", 1)
    assert mapped_actions(connections["Shop"])[0].reads_only
    first, second = json.loads(made[0].body)["requests"]
    assert (first["id"], first["method"]) == ("1", "GET")
    assert first["url"] == "/users?%24filter=mobilePhone%20eq%20'%2B4930123456'"
    assert second["url"].startswith("/contacts?%24filter=mobilePhone%20eq%20%27%2B4930123456%27%20or%20")


@pytest.mark.parametrize(
    ("status", "expected"), [(403, "forbidden"), (429, "too.many.requests"), (503, "internal.server.error")]
)
async def test_a_part_of_a_batch_that_fails_is_a_failure_and_not_nobody(status: int, expected: str) -> None:
    failed = part("2", status, {"error": {"code": "Denied", "message": "not these"}})
    answer = {"responses": [part("1", 200, {"value": []}), failed]}
    outcome, _ = await asked(loaded(BATCH, "graph-rest"), lambda _: (200, answer), phone="+4930123456")
    assert isinstance(outcome, Failure)
    assert (outcome.error_code, outcome.remote[0].code) == (expected, "Denied")


@pytest.mark.parametrize(
    ("settings", "type_", "message"),
    [
        (BATCH, "generic-rest", '"batch" belongs to a post of a connection of type graph-rest'),
        (BATCH.replace("post", "get"), "graph-rest", '"batch" belongs to a post'),
        ("post: /$batch\nbatch: []\nlist: $", "graph-rest", '"batch" is a list of 1 to 20 paths'),
        (f"post: /$batch\nbatch: {['/x'] * 21}\nlist: $", "graph-rest", '"batch" is a list of 1 to 20 paths'),
    ],
)
def test_a_batch_that_cannot_be_sent_is_a_finding(settings: str, type_: str, message: str) -> None:
    (connection,) = loaded(settings, type_).values()
    (found,) = mapping_findings(connection)
    assert message in found.message
