"""Callbacks for the built-in CRM's own data actions, Create Callback and Cancel Callback (data-actions.md §10)."""

from __future__ import annotations

import json
import logging
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from contactcenter.conversations import RECORD
from web.api.vendor import INTERNAL, PublicApi
from web.api.vendor.callbacks import create_by, create_within
from web.api.vendor.conversations import command, state_of
from web.api.vendor.message import ApiError, Call, error_body

PATH = "/api/callwright/v1/crm/callbacks"
log = logging.getLogger(__name__)


class CrmCallbacks:
    """The CRM's origin with the paths that conversations answer; all others go to the CRM."""

    def __init__(self, api: PublicApi, crm: ASGIApp) -> None:
        self.api, self.crm = api, crm

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing is raised."""
        path = str(scope.get("path"))
        if path != PATH and not path.startswith(PATH + "/"):
            await self.crm(scope, receive, send)
            return
        try:
            answer, status = await self._answer(Request(scope, receive)), 200
        except ApiError as error:
            answer, status = error_body(error.status, error.code, error.message), error.status
        except Exception:  # our fault is not to be seen by a client
            log.exception("%s %s failed", scope.get("method"), path)
            answer, status = error_body(500, "internal.server.error", "The request could not be carried out."), 500
        await JSONResponse(answer, status_code=status)(scope, receive, send)

    async def _answer(self, request: Request) -> dict[str, Any]:
        path = request.url.path
        call = Call(request.method, path, INTERNAL.id, lambda permission: True, body=_json(await request.body()))
        identity = path.removeprefix(PATH).strip("/")
        if request.method == "POST" and not identity:
            return {"id": await self._create(call)}
        if request.method == "DELETE" and identity:
            return {"id": await self._cancel(call, identity)}
        raise ApiError(405, "method.not.allowed", f"{request.method} is nothing for {path}.")

    async def _create(self, call: Call) -> str:
        body = dict(call.fields)
        conversation, record = body.pop("conversationId", None), body.pop("contactRef", None)
        if record:
            body["data"] = {RECORD: str(record)}
        if conversation:
            answer = await create_within(self.api, call, await state_of(self.api, str(conversation)), body)
        else:
            answer = await create_by(self.api, call, body)
        return str(answer.body["conversation"]["id"])

    async def _cancel(self, call: Call, identity: str) -> str:
        state = await state_of(self.api, identity)
        if state.callback is None:
            raise ApiError(404, "not.found", f"There is no callback {identity}.")
        if state.state == "open":
            await command(self.api, call, identity, "cancel_callback", {})
        return identity


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        raise ApiError(400, "bad.request", "The body is not JSON.") from None
