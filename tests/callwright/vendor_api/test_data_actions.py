"""Data actions that call this API: in process for the node's own, over HTTP for those of the corpus."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from callwright.actions import read_actions
from callwright.project import load_project
from callwright.serving.center import open_center
from connectors import PUBLIC_API, Connection, DataActions, Failure, Output
from connectors.connections import Auth
from connectors.transport.egress import Rules
from store import MemoryStore
from tests.callwright.vendor_api.node import TABLE, Node

QUEUE_BY_NAME = {
    "name": "Queue By Name",
    "integrationType": PUBLIC_API,
    "actionType": "custom",
    "config": {
        "request": {
            "requestUrlTemplate": "/api/v2/routing/queues?name=$esc.url(${input.name})",
            "requestType": "GET",
            "headers": {},
            "requestTemplate": "",
        },
        "response": {
            "translationMap": {"id": "$.entities[0].id"},
            "translationMapDefaults": {},
            "successTemplate": '{"id": ${id}}',
        },
    },
    "contract": {
        "input": {"inputSchema": {"type": "object", "properties": {"name": {"type": "string"}}}},
        "output": {"successSchema": {"type": "object", "properties": {"id": {"type": "string"}}}},
    },
    "secure": False,
}


async def test_an_action_of_the_project_needs_no_connection_and_no_socket(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "actions").mkdir()
    (project / "actions/queue.json").write_text(json.dumps(QUEUE_BY_NAME))
    center = await open_center(load_project(project)[0], MemoryStore(), pace=0)

    def forbidden(*arguments: Any, **more: Any) -> Any:
        raise AssertionError("a socket was used")

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", forbidden)
    try:
        outcome = await center.crm.actions.run("Our Cloud", "Queue By Name", {"name": "gold"})
        assert isinstance(outcome, Output), outcome
        assert outcome.values == {"id": center.organisation.queue("Gold").id}  # type: ignore[union-attr]
    finally:
        await center.close()


def inputs_for(properties: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Any]:
    """Inputs of the right types, ids of what is there where a name tells."""
    found: dict[str, Any] = {}
    for name, schema in properties.items():
        guess = known.get(name.replace("_", "").casefold(), "x")
        by_type = {"integer": 1, "number": 1, "boolean": True}
        found[name] = (schema.get("enum") or [by_type.get(str(schema.get("type")), guess)])[0]
    return found


async def test_actions_of_the_corpus_run_end_to_end_where_their_route_is_served(corpus: Path, node: Node) -> None:
    """Client factory, log-in, template, HTTP, translation; what the API refuses, it refuses as the vendor does."""
    client, secret = node.center.clients.add("corpus", ["administrator"])
    settings = {"token_url": f"{node.address}/oauth/token", "client_id": client.id, "client_secret": secret}
    rules = Rules(node.address, networks=("127.0.0.0/8",), allow_http=True)
    line = Connection(PUBLIC_API, PUBLIC_API, node.address, Auth("oauth2_client_credentials", settings), rules=rules)
    conversation = await node.waiting_call()
    gold, ada = node.id("queue", "Gold"), node.id("user", "ada@example.com")
    customer = node.center.conversations.open()[0].participants[0].id
    fire, month = node.id("emergency-group", "Fire"), "2026-11-01T00:00:00Z/2026-11-30T00:00:00Z"
    known = {
        "conversationid": conversation, "participantid": customer, "queueid": gold, "userid": ada, "interval": month,
        "email": "ada@example.com", "emailaddress": "ada@example.com", "startdate": month[:20], "enddate": month[21:],
        "starttime": month[:20], "endtime": month[21:], "date": month, "datatableid": TABLE, "keyvalue": "k1",
        "attributename": "k1", "emergencygroupid": fire, "groupid": fire, "emergencygroupname": "Fire",
        "searchattribute": "Open", "schedulename": "Open", "schedulegroupname": "Hours", "queuename": "Gold",
        "userextension": "4711",
    }  # fmt: skip
    actions = [
        action
        for path in sorted(corpus.joinpath("data-actions").rglob("*.json"))
        for action in read_actions(path)[0]
        if action.integration_type == PUBLIC_API
    ]
    actions.sort(key=lambda action: "disconnect" in action.request.url.value)  # those that end the call at last
    actions = [replace(action, name=f"{place} {action.name}") for place, action in enumerate(actions)]
    succeeded, told = 0, set()
    running = DataActions(actions, {PUBLIC_API: line})
    for action in actions:
        outcome = await running.run(action.integration, action.name, inputs_for(action.inputs.properties, known))
        succeeded += isinstance(outcome, Output)
        if isinstance(outcome, Failure):
            told.add(outcome.kind)
    await running.aclose()
    assert succeeded >= 75
    assert told <= {"remote", "remote-not-found", "remote-conflict", "remote-broken", "processing", "input"}
