"""Data actions end to end: what goes out, what comes back, and the row of the table that each status and fault
takes (data-actions.md §7.3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connectors import DataActions, Failure, HttpFactory, Output
from connectors.failures import KINDS, OUTPUT_NAMES
from connectors.http import HttpResponse, mock
from dsl.expressions.values import Secure
from tests.connectors.running import expect, runner


async def test_inputs_go_out_escaped_and_outputs_come_back_typed(
    action: Any, connection: Any, serve: Any, reply: Any
) -> None:
    loaded = action(outputs={"name": {"type": "string"}, "score": {"type": "number"}})

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply({"name": "Müller", "score": 1.5}))

    async with serve(answer) as server:
        actions = runner(loaded, connection(server.origin))
        outcome = await actions.run("crm", "look up", {"x": "a b+c/ü&#%\"'"})
        await actions.aclose()
    assert isinstance(outcome, Output)
    assert outcome.values == {"name": "Müller", "score": Decimal("1.5")}
    first, headers, _ = server.requests[0]
    assert first == "GET /people?x=a%20b%2Bc%2F%C3%BC%26%23%25%22%27 HTTP/1.1"
    assert headers["accept"] == "application/json"
    assert headers["x-correlation-id"] == "request-1"


async def test_a_post_carries_its_body_with_its_length(action: Any, connection: Any, serve: Any, reply: Any) -> None:
    loaded = action(method="POST", url="/people", body="${input.rawRequest}", headers={"Transfer-Encoding": "buffered"})

    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(status=204))

    async with serve(answer) as server:
        actions = runner(loaded, connection(server.origin))
        outcome = await actions.run("CRM", "Look Up", {"x": "ü"})
        await actions.aclose()
    assert isinstance(outcome, Output)
    assert outcome.values == {"name": None}
    _, headers, body = server.requests[0]
    assert body == '{"x":"ü"}'.encode()
    assert headers["content-length"] == str(len(body))
    assert "transfer-encoding" not in headers
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (400, "remote", 400), (401, "credentials", 400), (403, "remote-forbidden", 403), (404, "remote-not-found", 404),
        (409, "remote-conflict", 409), (422, "remote", 422), (302, "remote", 302),
        (500, "remote-broken", 500), (501, "remote-broken", 501),
    ],
)  # fmt: skip
async def test_a_remote_status_takes_its_row(
    status: int, kind: str, told: int, action: Any, connection: Any, serve: Any, reply: Any
) -> None:
    async def answer(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(reply({"error": {"code": "E1", "message": "no"}}, status))

    async with serve(answer) as server:
        actions = runner(action(), connection(server.origin))
        outputs = expect(await actions.run("CRM", "Look Up", {"x": "1"}), kind).outputs()
        await actions.aclose()
    assert len(server.requests) == 1
    assert outputs["errorCode"] == KINDS[kind].error_code
    assert outputs["status"] == told
    assert outputs["details.errorCode"][0] == KINDS[kind].detail
    assert outputs["correlationId"] == "request-1"
    assert tuple(outputs) == OUTPUT_NAMES
    assert len(OUTPUT_NAMES) == 13


async def test_invalid_inputs_send_nothing(action: Any, connection: Any, serve: Any) -> None:
    async with serve(lambda reader, writer: asyncio.sleep(0)) as server:
        actions = runner(action(), connection(server.origin))
        failure = expect(await actions.run("CRM", "Look Up", {}), "input")
        await actions.aclose()
    assert '"x" is required' in failure.message
    assert server.requests == []


async def test_an_unknown_action_and_a_missing_connection_are_not_configured(action: Any, connection: Any) -> None:
    actions = DataActions([action()], {})
    assert expect(await actions.run("CRM", "Look Up", {"x": "1"}), "not-configured").outputs()["status"] == 404
    expect(await actions.run("CRM", "Nope", {}), "not-configured")


async def test_an_action_runs_under_any_connection_of_its_type(action: Any, connection: Any) -> None:
    factory = HttpFactory(network=mock(lambda request: HttpResponse(200, {}, b"{}")))
    named = connection(name="Our Zendesk", type="zendesk-data-actions")
    actions = DataActions(
        [action(type="zendesk-data-actions", integration="elsewhere")], {"Our Zendesk": named}, factory
    )
    assert isinstance(await actions.run("our zendesk", "look up", {"x": "1"}), Output)


async def test_secure_actions_give_wrapped_outputs_and_no_document(action: Any, connection: Any) -> None:
    factory = HttpFactory(network=mock(lambda request: HttpResponse(200, {}, b'{"name": "Ada"}')))
    outcome = await runner(action(secure=True), connection(), factory).run("CRM", "Look Up", {"x": Secure("1")})
    assert isinstance(outcome, Output)
    assert outcome.values == {"name": Secure("Ada")}
    assert outcome.document is None


async def test_paths_of_the_connection_mark_values_as_sensitive(action: Any, connection: Any) -> None:
    factory = HttpFactory(network=mock(lambda request: HttpResponse(200, {}, b'{"name": "Ada", "iban": "DE1"}')))
    loaded = action(outputs={"name": {"type": "string"}, "iban": {"type": "string"}})
    outcome = await runner(loaded, connection(sensitive=("$.iban",)), factory).run("CRM", "Look Up", {"x": "1"})
    assert isinstance(outcome, Output)
    assert outcome.values == {"name": "Ada", "iban": Secure("DE1")}


def test_every_kind_of_failure_is_a_row_and_no_other_can_be_made() -> None:
    with pytest.raises(ValueError, match="no kind"):
        Failure("invented", "x")
    for kind, row in KINDS.items():
        outputs = replace(Failure(kind, "m" * 900)).outputs()
        assert outputs["details.errorCode"] == (row.detail,)
        assert len(outputs["userMessage"]) == 500
