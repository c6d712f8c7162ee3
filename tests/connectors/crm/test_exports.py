"""Public data actions of CRMs, unchanged, against the dialect servers: what Architect would see comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from connectors import Connection, DataActions, HttpFactory, check_data_action, read_export
from dsl.source import Source
from tests.connectors.crm.salesforce_server import SalesforceServer

Run = Callable[..., Any]
pytestmark = pytest.mark.corpus


@pytest.fixture
async def run(corpus: Path, connected: Any, tmp_path: Path) -> Any:
    """Runs an export of the corpus, by a part of its path, against an application."""
    factories = []
    (tmp_path / "token").write_text("session")

    async def run(part: str, app: Any, type_: str, origin: str, **inputs: Any) -> Any:
        (path,) = [p for p in (corpus / "data-actions").rglob("*.json") if part in str(p)]
        action, _ = read_export(Source(path.name, path.read_text(encoding="utf-8-sig")))
        assert action is not None
        connection: Connection = connected(
            f"  CRM:\n    type: {type_}\n    origin: {origin}\n"
            f"    auth: {{kind: bearer, token: 'file:{tmp_path}/token'}}\n"
        )
        factory = HttpFactory()
        factories.append(factory)
        factory.mount(origin, app)
        actions = DataActions([action], {"CRM": connection}, factory)
        return await actions.run("CRM", action.name, inputs)

    yield run
    for factory in factories:
        await factory.aclose()


SALESFORCE = ("salesforce-datadip", "https://acme.my.salesforce.com")


async def test_salesforce_accounts_by_phone_come_as_collections(run: Run) -> None:
    server = SalesforceServer()
    for name in ("Acme", "Bolt"):
        server.add("Account", Name=name, Phone="(317) 555-0125")
    part = "salesforce-get-account-name-by-phone-number"
    outcome = await run(part, server.app, *SALESFORCE, PHONE_NUMBER="3175550125")
    assert hasattr(outcome, "values"), outcome
    assert ("Acme", "Bolt") in outcome.values.values()


async def test_a_bracket_too_many_is_refused_by_salesforce_and_told_by_check(run: Run, corpus: Path) -> None:
    part = "process-automation-trigger-with-salesforce/exports/get-contact-by-phone-number.json"
    outcome = await run(part, SalesforceServer().app, *SALESFORCE, PHONE_NUMBER="3175550125")
    assert outcome.outputs()["details.errorCode"] == ("ACTION.REMOTE_ENDPOINT", "MALFORMED_SEARCH")
    (path,) = [p for p in (corpus / "data-actions").rglob("*.json") if part in str(p)]
    found = check_data_action(Source(path.name, path.read_text(encoding="utf-8-sig")))[1]
    assert "unescaped-dialect" in [finding.code for finding in found]


async def test_salesforce_creates_a_case_and_changes_a_field_of_it(run: Run) -> None:
    server = SalesforceServer()
    part = "salesforce-create-case-data-action-module/Create-Case.json"
    made = await run(part, server.app, *SALESFORCE, subject="No dial tone", description="x", contactId="003")
    assert made.values["id"] == server.rows["Case"][0]["Id"]
    changed = await run(
        "Update-SF-object-field-with-value.json", server.app, *SALESFORCE, Object_SF_Type="Case",
        Object_SF_ID=made.values["id"], Object_Field_Name="Status", Object_Field_Value="Closed",
    )  # fmt: skip
    assert changed.status == 204
    assert server.rows["Case"][0]["Status"] == "Closed"


async def test_dynamics_newest_lead_by_phone_asks_for_the_raw_number_and_its_digits(run: Run) -> None:
    asked: list[str] = []

    async def leads(request: Request) -> JSONResponse:
        asked.append(request.query_params["$filter"])
        return JSONResponse({"value": [{"leadid": "1", "fullname": "Ada"}]})

    app = Starlette(routes=[Route("/api/data/{version}/leads", leads)])
    outcome = await run(
        "dynamics-365-get-most-recent-lead", app, "microsoft-dynamics-data-actions",
        "https://acme.crm.dynamics.com", PHONE_NUMBER="tel:+13175550125",
    )  # fmt: skip
    assert hasattr(outcome, "values"), outcome
    assert "telephone1 eq 'tel:+13175550125'" in asked[0]
    assert "telephone1 eq '13175550125'" in asked[0]


async def test_servicenow_is_reached_on_the_host_that_the_flow_names(run: Run) -> None:
    async def articles(request: Request) -> JSONResponse:
        return JSONResponse({"result": [{"number": "KB1"}, {"number": "KB2"}]})

    app = Starlette(routes=[Route("/api/now/table/kb_knowledge", articles)])
    outcome = await run(
        "GET-5-top-KB-articles.json", app, "custom-rest-actions", "https://acme.service-now.com", Domain="acme"
    )
    assert hasattr(outcome, "values"), outcome


async def test_a_hubspot_ticket_is_made(run: Run) -> None:
    seen: list[Any] = []

    async def tickets(request: Request) -> JSONResponse:
        seen.append(json.loads(await request.body()))
        return JSONResponse({"id": "7", "properties": {"subject": "x"}}, 201)

    app = Starlette(routes=[Route("/{rest:path}", tickets, methods=["POST"])])
    ticket = {"hs_pipeline": "0", "hs_pipeline_stage": "1", "hs_ticket_priority": "HIGH", "subject": "No dial tone"}
    part = "Add DataAction for creating HubSpot tickets"
    outcome = await run(part, app, "custom-rest-actions", "https://api.hubapi.com", **ticket)
    assert hasattr(outcome, "values"), outcome
    assert seen == [{"properties": ticket}]
