"""Rendering: templates with the user's texts, and who is asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from web.security import LogIns
from web.services import Services, User
from web.sessions import Session, Sessions
from web.texts import LANGUAGES, Texts, preferred

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_COOKIE = "callwright_language"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["seconds"] = lambda ms: round((ms or 0) / 1000)
    return environment


@dataclass(slots=True)
class Pages:
    """What every handler needs."""

    services: Services
    sessions: Sessions
    log_ins: LogIns
    environment: Environment = field(default_factory=_environment)

    def who(self, request: Request) -> tuple[User, Session] | None:
        """The user who is logged in, with the session."""
        session = self.sessions.of(request)
        user = self.services.accounts.user(session.user) if session is not None else None
        return (user, session) if user is not None and session is not None else None

    def texts(self, request: Request, user: User | None = None) -> Texts:
        """Texts in the language of the user, the cookie or the browser."""
        chosen = request.query_params.get("language") or request.cookies.get(LANGUAGE_COOKIE)
        return Texts(preferred(chosen or (user.language if user else None), request.headers.get("accept-language")))

    def html(self, request: Request, template: str, values: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
        """A page or fragment."""
        found = self.who(request)
        user, session = found if found is not None else (None, None)
        texts = self.texts(request, user)
        context = {
            "t": texts,
            "language": texts.language,
            "languages": LANGUAGES,
            "user": user,
            "csrf": session.csrf if session else "",
            "path": request.url.path,
            **values,
        }
        response = HTMLResponse(self.environment.get_template(template).render(context), status_code=status)
        if request.query_params.get("language") in LANGUAGES:
            response.set_cookie(LANGUAGE_COOKIE, request.query_params["language"], samesite="lax", path="/")
        return response

    def to_login(self, request: Request) -> Response:
        """Where somebody goes who is not logged in."""
        return RedirectResponse("/login", status_code=303)
