"""Commands of the desk: ``POST /desk/commands/{name}`` (desk.md §2.2)."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web.desk.rendering import Pages
from web.security import has_csrf

COMMANDS = (
    "presence.set",
    "answer",
    "decline",
    "hold",
    "resume",
    "mute",
    "unmute",
    "disconnect",
    "transfer",
    "wrapup.save",
    "wrapup.done",
    "link",
    "contact.create",
    "note.save",
    "say",
    "dial",
    "reschedule",
    "callback.schedule",
    "callback.cancel",
)
"""What the desk may ask for."""
MOST_BYTES = 64_000


def command_routes(pages: Pages) -> list[Route]:
    """The one route of all commands."""

    async def command(request: Request) -> Response:
        found = pages.who(request)
        if found is None:
            return problem(401, "not.logged.in", "Log in first.")
        user, session = found
        if not has_csrf(request, session):
            return problem(403, "csrf", "The page is out of date. Reload it.")
        name = request.path_params["name"]
        if name not in COMMANDS:
            return problem(404, "unknown.command", f"There is no command {name}.")
        body = await read_command(request)
        if body is None:
            return problem(400, "bad.request", "The body must be a JSON object with a commandId.")
        outcome = await pages.services.desk.command(user, name, body)
        return JSONResponse(dict(outcome.body), status_code=outcome.status)

    return [Route("/desk/commands/{name}", command, methods=["POST"])]


async def read_command(request: Request) -> dict[str, Any] | None:
    """The body of a command: a JSON object with a ``commandId``; None when it is none."""
    raw = await request.body()
    if len(raw) > MOST_BYTES:
        return None
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    valid = isinstance(body, dict) and isinstance(body.get("commandId"), str) and 0 < len(body["commandId"]) <= 64
    return body if valid else None


def problem(status: int, code: str, message: str) -> Response:
    """A refusal that a page can show."""
    return JSONResponse({"status": status, "code": code, "message": message}, status_code=status)
