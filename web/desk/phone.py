"""The phone page: a caller in the browser; prompts come as captions and are spoken there."""

from __future__ import annotations

import json
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web.desk.rendering import Pages
from web.services import ServerEvent
from web.sse import last_event_id, stream

_NUMBER = re.compile(r"\+?[0-9 ()./-]{3,30}\Z|anonymous\Z")
MOST_TEXT = 500
_KEYS = re.compile(r"[0-9*#]{1,40}\Z")


def phone_routes(pages: Pages) -> list[Route]:
    """Routes of the phone."""
    handlers = _PhoneHandlers(pages)
    return [
        Route("/phone", handlers.page),
        Route("/phone/calls", handlers.dial, methods=["POST"]),
        Route("/phone/lines/{number}/events", handlers.waiting),
        Route("/phone/calls/{session}/events", handlers.events),
        Route("/phone/calls/{session}/answer", handlers.answer, methods=["POST"]),
        Route("/phone/calls/{session}/keys", handlers.press, methods=["POST"]),
        Route("/phone/calls/{session}/say", handlers.say, methods=["POST"]),
        Route("/phone/calls/{session}/hangup", handlers.hang_up, methods=["POST"]),
    ]


class _PhoneHandlers:
    def __init__(self, pages: Pages) -> None:
        self.pages = pages

    async def page(self, request: Request) -> Response:
        services = self.pages.services
        values = {"number": services.default_number, "callers": services.sample_callers}
        return self.pages.html(request, "phone.html", values)

    async def dial(self, request: Request) -> Response:
        body = await _json(request)
        number, dialled = str(body.get("from", "")).strip(), str(body.get("to", "")).strip()
        if not _NUMBER.match(number) or not _NUMBER.match(dialled):
            return _problem("A number has digits, with or without a plus.")
        if not request.headers.get("x-requested-with"):
            return _problem("The call must come from the phone page.")
        session = await self.pages.services.phone.dial(number, dialled)
        return JSONResponse({"session": session}, status_code=201)

    async def waiting(self, request: Request) -> Response:
        number = request.path_params["number"].strip()
        if not _NUMBER.match(number):
            return _problem("A number has digits, with or without a plus.")
        hello = ServerEvent(0, "hello", {"server_time": self.pages.sessions.now()})
        here = request.query_params.get("at") == "node"  # another node asks, for a page of its own
        return stream(self.pages.services.phone.wait(number, here=here), hello)

    async def answer(self, request: Request) -> Response:
        if not request.headers.get("x-requested-with"):
            return _problem("The call must be answered on the phone page.")
        done = await self.pages.services.phone.answer(request.path_params["session"])
        return JSONResponse({}, status_code=202 if done else 404)

    async def press(self, request: Request) -> Response:
        body = await _json(request)
        keys = str(body.get("keys", ""))
        if not _KEYS.match(keys):
            return _problem("Keys are 0 to 9, * and #.")
        done = await self.pages.services.phone.press(request.path_params["session"], keys)
        return JSONResponse({}, status_code=202 if done else 404)

    async def say(self, request: Request) -> Response:
        text = str((await _json(request)).get("text", "")).strip()
        if not text or len(text) > MOST_TEXT:
            return _problem(f"Say something, in at most {MOST_TEXT} characters.")
        done = await self.pages.services.phone.say(request.path_params["session"], text)
        return JSONResponse({}, status_code=202 if done else 404)

    async def hang_up(self, request: Request) -> Response:
        done = await self.pages.services.phone.hang_up(request.path_params["session"])
        return JSONResponse({}, status_code=202 if done else 404)

    async def events(self, request: Request) -> Response:
        after = last_event_id(request.headers.get("last-event-id")) or 0
        hello = ServerEvent(after, "hello", {"server_time": self.pages.sessions.now()})
        return stream(self.pages.services.phone.listen(request.path_params["session"], after), hello)


async def _json(request: Request) -> dict[str, object]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _problem(message: str) -> Response:
    return JSONResponse({"status": 400, "code": "bad.request", "message": message}, status_code=400)
