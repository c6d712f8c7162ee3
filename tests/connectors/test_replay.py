"""Cassettes and stubs answer without a socket (data-actions.md §12)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors import DataActions, Failure, HttpFactory, Output
from connectors.http import HttpRequest, HttpResponse, mock


def recorded(folder: Path) -> list[dict[str, Any]]:
    """The lines of the only cassette."""
    (path,) = folder.glob("*.jsonl")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


async def record(action: Any, connection: Any, folder: Path, bodies: list[str], **more: Any) -> None:
    answers = iter(bodies)
    factory = HttpFactory(network=mock(lambda request: HttpResponse(200, {}, next(answers).encode())))
    actions = DataActions([action], {"CRM": connection(mode="record", cassettes=folder, **more)}, factory)
    for _ in bodies:
        assert isinstance(await actions.run("CRM", "Look Up", {"x": "+4930123456"}), Output)


async def test_what_was_recorded_is_played_in_order_and_the_last_again(
    action: Any, connection: Any, tmp_path: Path, no_socket: None
) -> None:
    await record(action(), connection, tmp_path, ['{"name": "one"}', '{"name": "two"}'])
    actions = DataActions([action()], {"CRM": connection(mode="replay", cassettes=tmp_path)})
    names = []
    for _ in range(3):
        outcome = await actions.run("CRM", "Look Up", {"x": "+4930123456"})
        assert isinstance(outcome, Output)
        names.append(outcome.values["name"])
    assert names == ["one", "two", "two"]


async def test_a_miss_names_the_nearest_recording(
    action: Any, connection: Any, tmp_path: Path, no_socket: None
) -> None:
    await record(action(), connection, tmp_path, ["{}"])
    actions = DataActions([action()], {"CRM": connection(mode="replay", cassettes=tmp_path)})
    outcome = await actions.run("CRM", "Look Up", {"x": "+4930123457"})
    assert isinstance(outcome, Failure)
    assert outcome.kind == "not-configured"
    assert "the nearest is GET https://crm.example/people?x=%2B4930123456" in outcome.message


async def test_invented_people_replace_real_ones_the_same_way_each_time(
    action: Any, connection: Any, tmp_path: Path
) -> None:
    body = json.dumps({"name": "Ada Lovelace", "mail": "ada@real.org", "phone": "+4930123456"})
    await record(action(), connection, tmp_path, [body, body], record_pii="fake")
    first, second = recorded(tmp_path)
    assert first["response"] == second["response"]
    for real in ("Ada Lovelace", "ada@real.org", "+4930123456"):
        assert real not in json.dumps(first["response"])


async def test_stubs_answer_by_their_first_fitting_line(action: Any, connection: Any, no_socket: None) -> None:
    lines = [
        {"when": {"x": "1"}, "outputs": {"name": "Ada"}},
        {"when": {"x": "2"}, "failure": {"status": 503}},
        {"when": {"x": "3"}, "timeout": True},
    ]
    actions = DataActions(
        [action()], {"CRM": connection(mode="stub", options={"stubs": {"look up": lines}}, timeout_s=0.05)}
    )
    found = await actions.run("CRM", "Look Up", {"x": "1"})
    assert isinstance(found, Output)
    assert found.values == {"name": "Ada"}
    kinds = [await actions.run("CRM", "Look Up", {"x": x}) for x in ("2", "3", "4")]
    assert [outcome.kind for outcome in kinds if isinstance(outcome, Failure)] == [
        "remote-broken",
        "timeout",
        "not-configured",
    ]


async def test_replaying_needs_no_secret(action: Any, connection: Any, tmp_path: Path, no_socket: None) -> None:
    from connectors.connections import Auth

    seen: list[HttpRequest] = []
    await record(action(), connection, tmp_path, ['{"name": "one"}'])
    auth = Auth("bearer", {"token": "env:SURELY_NOT_SET"})
    actions = DataActions([action()], {"CRM": connection(mode="replay", cassettes=tmp_path, auth=auth)})
    assert isinstance(await actions.run("CRM", "Look Up", {"x": "+4930123456"}), Output)
    assert seen == []


# Functions (Lambda and the like), which actions call by name.

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:lookup"


async def test_a_function_is_asked_at_the_address_that_the_connection_gives_it(action: Any, connection: Any) -> None:
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse(200, {}, b'{"name": "Ada"}')

    address = "https://runtime.example/2015-03-31/functions/function/invocations"
    mapped = connection("", type="aws-lambda-data-actions", options={"functions": {ARN: address}})
    called = action(type="aws-lambda-data-actions", url=ARN, method="POST", body="${input.rawRequest}")
    actions = DataActions([called], {"CRM": mapped}, HttpFactory(network=mock(answer)))
    assert isinstance(await actions.run("CRM", "Look Up", {"x": "1"}), Output)
    assert (seen[0].url, seen[0].body) == (address, b'{"x":"1"}')


async def test_a_function_without_address_is_told_so_and_can_be_shown_and_replayed(
    action: Any, connection: Any, tmp_path: Path, no_socket: None
) -> None:
    called = action(type="function-data-actions", url="my-function", method="POST", body="${input.rawRequest}")
    live = DataActions([called], {"CRM": connection("", type="function-data-actions")})
    outcome = await live.run("CRM", "Look Up", {"x": "1"})
    assert isinstance(outcome, Failure)
    assert (outcome.kind, "functions:" in outcome.message) == ("not-configured", True)
    shown = live.preview("CRM", "Look Up", {"x": "1"})
    assert isinstance(shown, HttpRequest)
    line = {
        "matcher": f'POST {shown.url} {{"x":"1"}}',
        "request": {"url": shown.url},
        "response": {"status": 200, "body": '{"name": "Ada"}'},
    }
    (tmp_path / "Look_Up.jsonl").write_text(json.dumps(line))
    replayed = DataActions([called], {"CRM": connection("", mode="replay", cassettes=tmp_path)})
    assert isinstance(await replayed.run("CRM", "Look Up", {"x": "1"}), Output)
