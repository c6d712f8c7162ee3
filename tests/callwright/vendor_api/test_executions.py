"""Workflows, launched by a client."""

from __future__ import annotations

from typing import Any

import pytest

from tests.callwright.vendor_api.node import Node


async def test_a_workflow_is_launched_and_its_outcome_asked_for(node: Node) -> None:
    _, flows = await node.ask("GET", "/api/v2/flows?name=Double")
    request = {"flowId": flows["entities"][0]["id"], "inputData": {"number": "21"}, "name": "once"}
    status, launched = await node.ask("POST", "/api/v2/flows/executions", request)
    assert (status, launched["name"], launched["flowVersion"]["name"]) == (200, "once", "Double")
    _, told = await node.ask("GET", launched["selfUri"])
    assert (told["status"], told["completionReason"]) == ("COMPLETED", "doubled")
    assert told["outputData"] == {"Flow.twice": 42}
    assert {"dateLaunched", "dateCompleted"} <= told.keys()


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"flowId": "nope"}, 404, "flow"),
        ({"flowId": "Line"}, 400, "no published workflow"),
        ({"flowId": "Double", "inputData": {"numbr": 1}}, 400, "its inputs: Flow.number"),
        ({"flowId": "Double", "inputData": {"number": "x"}}, 400, "cannot be 'x'"),
        ({"flowId": "Double", "inputData": [1]}, 400, "inputData"),
    ],
)
async def test_a_workflow_that_cannot_be_launched_is_refused(body: Any, status: int, message: str, node: Node) -> None:
    answered, told = await node.ask("POST", "/api/v2/flows/executions", body)
    assert answered == status
    assert message in told["message"]
    assert (await node.ask("GET", "/api/v2/flows/executions/nope"))[0] == 404
