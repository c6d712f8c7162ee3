"""The CRM's operations over HTTP: who is asking, what may be asked, and how it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette

from contactcenter.customers.routes import Request, Response
from store import MemoryStore
from web import Services, WebSettings, create_app
from web.api.crm import Api

if TYPE_CHECKING:
    from starlette.testclient import TestClient


class FakeCrm:
    """Tells what it was asked and whether the asker may delete."""

    def answer(self, request: Request) -> Response:
        body = {"path": request.path, "body": request.body, "q": dict(request.query)}
        body |= {"may": request.allows("x:delete"), "actor": request.actor.id}
        return Response(200, body)


@pytest.fixture
def app(app: Starlette) -> Starlette:
    services: Services = app.state.pages.services
    crm: Any = FakeCrm()
    return create_app(
        services,
        WebSettings(now=lambda: 0, store=MemoryStore(), api=Api(crm, lambda user, permission: user.id == "u2")),
    )


def test_a_request_without_session_is_refused_in_the_vendors_shape(client: TestClient) -> None:
    answer = client.get("/api/v2/externalcontacts/contacts")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication.required")


def test_an_operation_gets_path_query_body_and_the_askers_permissions(agent: TestClient) -> None:
    answer = agent.post("/api/v2/externalcontacts/contacts?expand=x", json={"lastName": "Elton"})
    path = "/api/v2/externalcontacts/contacts"
    assert answer.json() == {"path": path, "body": {"lastName": "Elton"}, "q": {"expand": "x"}} | {
        "may": False,
        "actor": "u1",
    }


def test_a_change_without_the_token_is_refused(agent: TestClient) -> None:
    assert agent.delete("/api/v2/externalcontacts/contacts/1", headers={"x-csrf-token": ""}).status_code == 403


def test_a_body_that_is_not_json_is_refused(agent: TestClient) -> None:
    assert agent.post("/api/v2/externalcontacts/contacts", content=b"{").status_code == 400


def test_users_me_tells_who_is_logged_in(agent: TestClient) -> None:
    assert agent.get("/api/v2/users/me").json()["username"] == "ada@example.com"
