"""Supervisors' pages: the overview, a conversation explained, giving a waiting one to an agent (routing.md §19)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from web.desk.commands import problem, read_command
from web.desk.rendering import Pages
from web.security import has_csrf
from web.services import User

ROLE = "supervisor"


def supervisor_routes(pages: Pages) -> list[Route]:
    """Routes for whoever has the role."""
    handlers = _Handlers(pages)
    return [
        Route("/supervisor", handlers.page),
        Route("/supervisor/overview", handlers.overview),
        Route("/supervisor/conversations/{id}", handlers.conversation),
        Route("/supervisor/conversations/{id}/assign", handlers.assign, methods=["POST"]),
    ]


class _Handlers:
    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.supervisor = pages.services.supervisor

    async def page(self, request: Request) -> Response:
        found = self._who(request)
        if not isinstance(found, User):
            return found
        return self.pages.html(request, "supervisor.html", {"overview": self.supervisor.overview()})

    async def overview(self, request: Request) -> Response:
        found = self._who(request)
        if not isinstance(found, User):
            return PlainTextResponse("", status_code=403 if found.status_code == 403 else 401)
        return self.pages.html(request, "overview.html", {"overview": self.supervisor.overview()})

    async def conversation(self, request: Request) -> Response:
        found = self._who(request)
        if not isinstance(found, User):
            return found
        shown = await self.supervisor.conversation(request.path_params["id"])
        status = 200 if shown is not None else 404
        return self.pages.html(request, "conversation.html", {"conversation": shown}, status=status)

    async def assign(self, request: Request) -> Response:
        found = self._who(request)
        if not isinstance(found, User):
            return problem(401, "not.logged.in", "Log in as a supervisor first.")
        session = self.pages.sessions.of(request)
        if session is None or not has_csrf(request, session):
            return problem(403, "csrf", "The page is out of date. Reload it.")
        body = await read_command(request)
        if body is None or not isinstance(body.get("agent"), str):
            return problem(400, "bad.request", "The body must be a JSON object with commandId and agent.")
        identity, command_id = request.path_params["id"], body["commandId"]
        outcome = await self.supervisor.assign(found, identity, body["agent"], command_id)
        return JSONResponse(dict(outcome.body), status_code=outcome.status)

    def _who(self, request: Request) -> User | Response:
        """The supervisor who asks, or what anybody else is answered."""
        found = self.pages.who(request)
        if found is None:
            return RedirectResponse("/login", status_code=303)
        return found[0] if found[0].may(ROLE) else PlainTextResponse("403", status_code=403)
