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
