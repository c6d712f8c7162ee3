"""Pages: log-in and desk; and the desk's fragments, which are rendered here and swapped in by the page."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from web.desk.rendering import Pages
from web.security import has_csrf
from web.services import ServerEvent
from web.sse import last_event_id, stream


def page_routes(pages: Pages) -> list[Route]:
    """Routes of all pages and fragments."""
    handlers = _PageHandlers(pages)
    return [
        Route("/", handlers.home),
        Route("/login", handlers.login_form, methods=["GET"]),
        Route("/login", handlers.login, methods=["POST"]),
        Route("/logout", handlers.logout, methods=["POST"]),
        Route("/desk", handlers.desk),
        Route("/desk/interactions", handlers.interactions),
        Route("/desk/search", handlers.search),
        Route("/desk/events", handlers.events),
        Route("/desk/state", handlers.state),
        Route("/desk/interactions/{id}/screenpop/explain", handlers.explain),
    ]


class _PageHandlers:
    def __init__(self, pages: Pages) -> None:
        self.pages = pages

    async def home(self, request: Request) -> Response:
        return RedirectResponse("/desk", status_code=303)

    async def login_form(self, request: Request) -> Response:
        if self.pages.who(request) is not None:
            return RedirectResponse("/desk", status_code=303)
        return self.pages.html(request, "login.html", {"problem": None, "username": ""})

    async def login(self, request: Request) -> Response:
        form = await request.form()
        username, password = str(form.get("username", "")), str(form.get("password", ""))
        log_ins = self.pages.log_ins
        if log_ins.is_locked(username):
            values = {"problem": "login.locked", "username": username}
            return self.pages.html(request, "login.html", values, status=429)
        user = await asyncio.to_thread(self.pages.services.accounts.authenticate, username, password)
        if user is None:
            log_ins.failed(username)
            values = {"problem": "login.failed", "username": username}
            return self.pages.html(request, "login.html", values, status=401)
        log_ins.succeeded(username)
        response = RedirectResponse("/desk", status_code=303)
        await asyncio.to_thread(self.pages.sessions.log_in, response, user.id)
        return response

    async def logout(self, request: Request) -> Response:
        found = self.pages.who(request)
        form = await request.form()
        response = RedirectResponse("/login", status_code=303)
        if found is not None and (has_csrf(request, found[1]) or form.get("csrf") == found[1].csrf):
            await asyncio.to_thread(self.pages.sessions.log_out, request, response)
        return response

    async def desk(self, request: Request) -> Response:
        found = self.pages.who(request)
        if found is None:
            return self.pages.to_login(request)
        state = await self.with_cards(await self.pages.services.desk.state(found[0]))
        return self.pages.html(request, "desk.html", {"state": state})

    async def interactions(self, request: Request) -> Response:
        found = self.pages.who(request)
        if found is None:
            return PlainTextResponse("", status_code=401)
        state = await self.with_cards(await self.pages.services.desk.state(found[0]))
        return self.pages.html(request, "interactions.html", {"state": state})

    async def with_cards(self, state: Any) -> dict[str, Any]:
        """The desk's state with the customer card of every interaction that has a record and was answered."""
        shown = []
        for interaction in state["interactions"]:
            record = interaction.get("record") if interaction["state"] != "alerting" else None
            card = await self.pages.services.customers.card(record) if record else None
            shown.append({**interaction, "card": card})
        return {**state, "interactions": shown}

    async def search(self, request: Request) -> Response:
        if self.pages.who(request) is None:
            return PlainTextResponse("", status_code=401)
        text = request.query_params.get("q", "").strip()
        hits = await self.pages.services.customers.search(text) if len(text) >= 3 else []
        interaction = request.query_params.get("interaction", "")
        return self.pages.html(request, "search.html", {"hits": hits, "interaction": interaction, "text": text})

    async def state(self, request: Request) -> Response:
        found = self.pages.who(request)
        if found is None:
            return JSONResponse({"code": "not.logged.in"}, status_code=401)
        return JSONResponse(await self.pages.services.desk.state(found[0]))

    async def explain(self, request: Request) -> Response:
        """Every step of the search for the record of an own interaction, with what it came to (desk.md §4.3)."""
        found = self.pages.who(request)
        if found is None:
            return JSONResponse({"code": "not.logged.in"}, status_code=401)
        state, identity = await self.pages.services.desk.state(found[0]), request.path_params["id"]
        for one in state["interactions"]:
            if one["interactionId"] == identity:
                steps = [dict(zip(("source", "result", "reason"), step, strict=True)) for step in one["popSteps"]]
                return JSONResponse({"record": one["record"], "reason": one["popReason"], "steps": steps})
        return JSONResponse({"code": "not.found", "message": "There is no such interaction."}, status_code=404)

    async def events(self, request: Request) -> Response:
        found = self.pages.who(request)
        if found is None:
            return PlainTextResponse("", status_code=401)
        desk = self.pages.services.desk
        given = last_event_id(request.headers.get("last-event-id") or request.query_params.get("after"))
        head = await desk.head()
        after = head if given is None else min(given, head)
        hello = ServerEvent(after, "hello", {"server_time": self.pages.sessions.now(), "seq": after})
        return stream(desk.events(found[0], after), hello)
