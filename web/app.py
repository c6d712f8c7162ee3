"""The web application: pages of the desk, its commands and events, the phone page, health."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store import Store, StoreError
from web.api.crm import Api, api_routes
from web.desk.commands import command_routes
from web.desk.pages import page_routes
from web.desk.phone import phone_routes
from web.desk.rendering import Pages
from web.desk.supervisor import supervisor_routes
from web.security import LogIns, harden
from web.services import Services
from web.sessions import Sessions

if TYPE_CHECKING:
    from contactcenter.routing import Views

STATIC = Path(__file__).parent / "desk" / "static"


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the web is served: the clock in UTC ms, where sessions are kept, ``secure`` cookies on https.

    ``routing`` gives what routing knows now, for supervisors and ``/metrics``, which asks for ``metrics_token``.
    """

    now: Callable[[], int]
    store: Store
    secure: bool = False
    phone_without_login: bool = True
    api: Api | None = None
    routing: Callable[[], Views] | None = None
    metrics_token: str = ""
    extra_routes: tuple[Any, ...] = ()


class _Hardened:
    """Adds the headers as the response starts; a plain ASGI wrapper, so that event streams are not buffered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                harden(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, hardened)


class _Recognised:
    """Knows whose request it is before anybody asks: the store is read in a thread, once."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self.app, self.sessions = app, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.sessions.look(Request(scope))
        await self.app(scope, receive, send)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _not_found(request: Request, error: Exception) -> Response:
    body = {"status": 404, "code": "not.found", "message": f"There is nothing at {request.url.path}."}
    return JSONResponse(body, status_code=404)


async def _unavailable(request: Request, error: Exception) -> Response:
    body = {"status": 503, "code": "unavailable", "message": "The database does not answer; try again in a moment."}
    return JSONResponse(body, status_code=503)


def _routing(pages: Pages, settings: WebSettings) -> list[Route]:
    """Reads of routing, loaded only where there is any."""
    if settings.routing is None:
        return []
    from web.api.routing import metrics_route, routing_routes

    return [*routing_routes(pages, settings.routing), metrics_route(settings.routing, settings.metrics_token)]


def create_app(services: Services, settings: WebSettings) -> Starlette:
    """The application over the given services."""
    sessions = Sessions(settings.now, settings.store, settings.secure)
    pages = Pages(services, sessions, LogIns(settings.now))
    routes = [
        *page_routes(pages),
        *command_routes(pages),
        *supervisor_routes(pages),
        *phone_routes(pages),
        Route("/health", _health),
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
        *settings.extra_routes,
        *_routing(pages, settings),
        *(api_routes(pages, settings.api) if settings.api is not None else ()),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(_Hardened), Middleware(_Recognised, sessions=sessions)],
        exception_handlers={404: _not_found, StoreError: _unavailable},
    )
    app.state.pages = pages
    return app
