"""Data actions from a few lines of ``connections.yaml``: how they ask page by page, and what answers mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import DataActions, Failure, HttpFactory, Output, load_connections, mapping_findings
from connectors.http import HttpRequest, HttpResponse, mock
from dsl.source import Source

HEAD = """connections:
  Shop:
    type: TYPE
    origin: https://shop.example
    types: {contact: {id: id, names: {name: name}}}
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
