"""The ready actions of the built-in CRM, in process."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from connectors import CRM_INTEGRATION, CRM_ORIGIN, DataActions, HttpFactory, Output, crm_connection, ready_actions


async def test_the_built_in_crm_answers_in_process_without_a_socket(no_socket: None) -> None:
    async def find(request: Request) -> JSONResponse:
        ref = "builtin:contact:1"
        record = {"name": "Ada", "tier": "Gold", "nps": 7, "products": ["Fiber"], "priorityAccount": True}
        return JSONResponse(
            {"ref": ref, "outcome": "found", "refs": [ref], "phone": request.query_params["phone"], **record}
        )

    factory = HttpFactory()
    factory.mount(CRM_ORIGIN, Starlette(routes=[Route("/api/callwright/v1/crm/find-by-phone", find)]))
    actions = DataActions(ready_actions(), {CRM_INTEGRATION: crm_connection()}, factory)
    outcome = await actions.run("callwright CRM", "Find Contact By Phone", {"phone": "tel:+49 30/1"})
    assert isinstance(outcome, Output)
    assert outcome.values["ref"] == "builtin:contact:1"
    assert outcome.values["phone"] == "tel:+49 30/1"
    assert (outcome.values["tier"], outcome.values["nps"], outcome.values["products"]) == ("Gold", 7, ("Fiber",))
    assert outcome.values["priorityAccount"] is True
