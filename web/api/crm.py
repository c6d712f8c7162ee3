"""The built-in CRM and the logged-in user under ``/api``: HTTP on one side, its table of operations on the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web.desk.rendering import Pages
from web.security import has_csrf
from web.services import User

if TYPE_CHECKING:
    from contactcenter.customers.routes import Crm

MOST_BYTES = 4_000_000
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Api:
    """What the API serves: the CRM's operations, and whether a user holds a permission (customers.md §12)."""

    crm: Crm
    allows: Callable[[User, str], bool]


def api_routes(pages: Pages, api: Api) -> list[Route]:
    """``/api/v2/users/me``, and every other path as the CRM's table answers it."""
    from contactcenter.customers.routes import Request as Operation
    from contactcenter.customers.unit import Actor

    async def me(request: Request) -> Response:
        found = pages.who(request)
        if found is None:
            return refusal(401, "authentication.required", "No authentication bearer token or session was given.")
        user = found[0]
        return JSONResponse({"id": user.id, "name": user.name, "username": user.username, "email": user.username})

    async def crm(request: Request) -> Response:
        found = pages.who(request)
        if found is None:
            return refusal(401, "authentication.required", "No authentication bearer token or session was given.")
        user, session = found
        if request.method != "GET" and not has_csrf(request, session):
            return refusal(403, "csrf", "The request needs the session's token in X-CSRF-Token.")
        raw = await request.body()
        if len(raw) > MOST_BYTES:
            return refusal(413, "request.entity.too.large", "The request is too large.")
        try:
            body: Any = json.loads(raw) if raw else None
        except ValueError:
            return refusal(400, "bad.request", "The body is not JSON.")
        operation = Operation(
            method=request.method,
            path=request.url.path,
            query=dict(request.query_params),
            body=body,
            headers={name.lower(): value for name, value in request.headers.items()},
            actor=Actor(user.id),
            allows=lambda permission: api.allows(user, permission),
        )
        answer = await asyncio.to_thread(api.crm.answer, operation)
        return _response(answer.status, answer.body, answer.headers)

    return [
        Route("/api/v2/users/me", me),
        Route("/api/{rest:path}", crm, methods=METHODS),
    ]


def refusal(status: int, code: str, message: str) -> JSONResponse:
    """The vendor's error body."""
    body = {"message": message, "code": code, "status": status, "messageParams": {}, "details": [], "errors": []}
    return JSONResponse(body, status_code=status)


def _response(status: int, body: Any, headers: Mapping[str, str]) -> Response:
    if body is None or isinstance(body, str | bytes):
        return Response(body, status_code=status, headers=dict(headers))
    return JSONResponse(body, status_code=status, headers=dict(headers))
