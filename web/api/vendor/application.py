"""HTTP around the table of operations: who asks, what is answered, and how it is refused."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from contactcenter.organisation import Organisation, granted
from web.api.vendor.message import API, Answer, ApiError, Call, PublicApi, error_body
from web.api.vendor.table import operation_at
from web.api.vendor.tokens import Client, Clients, OAuthError

MOST_BYTES = 4_000_000
log = logging.getLogger(__name__)


class VendorApplication:
    """The API as an ASGI application. ``who`` tells the client of an ``Authorization`` header, None refuses."""

    def __init__(self, api: PublicApi, who: Callable[[str], Client | None]) -> None:
        self.api, self.who = api, who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing is raised."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except ApiError as error:
            answer = Answer(error.status, error_body(error.status, error.code, error.message))
        except Exception:  # our fault is not to be seen by a client
            log.exception("%s %s failed", request.method, request.url.path)
            answer = Answer(500, error_body(500, "internal.server.error", "The request could not be carried out."))
        await _response(answer)(scope, receive, send)

    async def _answer(self, request: Request) -> Answer:
        client = await asyncio.to_thread(self.who, request.headers.get("authorization", ""))
        if client is None:
            raise ApiError(401, "bad.credentials", "Invalid login credentials.")
        method, path = request.method, request.url.path
        found = operation_at(method, path)
        if found is None:
            raise ApiError(501, "not.implemented", f"callwright has nothing behind {method} {path}.")
        operation, parameters = found

        def allows(permission: str) -> bool:
            return client.everything or granted(permissions_of(self.api.organisation, client), permission)

        if operation.permission and not allows(operation.permission):
            raise ApiError(403, "missing.permissions", f"This needs the permission {operation.permission}.")
        call = Call(
            method=method,
            path=path,
            client=client.id,
            allows=allows,
            query=dict(parse_qsl(request.url.query, keep_blank_values=True)),
            body=_body(await request.body()),
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        result = operation.handler(self.api, call, **parameters)
        result = await result if inspect.isawaitable(result) else result
        return result if isinstance(result, Answer) else Answer(200, result)


def permissions_of(organisation: Organisation, client: Client) -> frozenset[str]:
    """What the client's roles allow."""
    roles = (organisation.role(name) for name in client.roles)
    return frozenset(permission for role in roles if role is not None for permission in role.permissions)


def _body(raw: bytes) -> Any:
    """The JSON of a body; what follows the first value is ignored, as the vendor does. Raises ``ApiError``."""
    if len(raw) > MOST_BYTES:
        raise ApiError(413, "request.entity.too.large", "The request is too large.")
    try:
        text = raw.decode("utf-8-sig").strip()
        return json.JSONDecoder().raw_decode(text)[0] if text else None
    except (ValueError, RecursionError):
        raise ApiError(400, "bad.request", "The body is not JSON.") from None


def _response(answer: Answer) -> Response:
    if answer.body is None or answer.status == 204:
        return Response(status_code=answer.status)
    if isinstance(answer.body, str | bytes):
        return Response(answer.body, status_code=answer.status)
    return JSONResponse(answer.body, status_code=answer.status)


class _BearerRoute(Route):
    """Only requests with a bearer token: those with a session cookie are the desk's own."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full when the path fits and a token came along."""
        fields: Mapping[bytes, bytes] = dict(scope.get("headers") or ())
        if not fields.get(b"authorization", b"").lower().startswith(b"bearer "):
            return Match.NONE, {}
        return super().matches(scope)


def vendor_routes(api: PublicApi, clients: Clients) -> list[BaseRoute]:
    """``/oauth/token`` and everything under ``/api/v2`` for whoever brings a token."""

    async def token(request: Request) -> Response:
        body = await request.body()
        try:
            answer = await asyncio.to_thread(clients.log_in, request.headers.get("authorization", ""), body)
        except OAuthError as error:
            told = {"error": error.code, "description": error.message, "error_description": error.message}
            return JSONResponse(told, status_code=error.status)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return [
        Route("/oauth/token", token, methods=["POST"]),
        _BearerRoute(API + "/{rest:path}", VendorApplication(api, clients.of)),
    ]
