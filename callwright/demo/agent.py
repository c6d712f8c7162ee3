"""An agent who works by themselves, over what the desk page uses: its log-in, its commands, its stream of events."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from callwright.demo.callers import ANSWER, GREETING
from connectors.http import ClientSettings, HttpError, HttpFactory, HttpRequest, HttpResponse
from connectors.transport.egress import Rules

PATIENCE_S = 10.0
LOOPBACK = ("127.0.0.0/8", "::1/128")
_CSRF = re.compile(r'name="csrf" content="([^"]+)"')


class DeskRefusedError(Exception):
    """The desk did not do what the agent asked for; says what it answered."""


class DeskAgent:
    """Logs in, goes on queue, answers, talks, wraps up. ``think`` waits as long as a person would before each."""

    def __init__(
        self,
        address: str,
        username: str,
        password: str,
        *,
        name: str,
        think: Callable[[], Awaitable[None]],
        factory: HttpFactory,
    ) -> None:
        self.address, self.username, self.password, self.name = address, username, password, name
        self.think = think
        self.client = factory.client(ClientSettings(rules=Rules(origin=address, networks=LOOPBACK, allow_http=True)))
        self.cookie = ""
        self.csrf = ""
        self.done: set[tuple[str, str]] = set()

    async def work(self) -> None:
        """Until cancelled: whatever the desk shows is dealt with, once."""
        while True:
            try:
                async for _ in self._news():
                    await self._deal_with(await self._state())
            except HttpError:  # the stream was cut, as it may be: the desk page connects again, too
                await asyncio.sleep(1)

    async def log_in(self) -> None:
        """As the log-in page does. Raises ``DeskRefusedError``."""
        form = urlencode({"username": self.username, "password": self.password}).encode()
        answer = await self._send("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        self.cookie = answer.headers.get("set-cookie", "").partition(";")[0]
        found = _CSRF.search((await self._send("GET", "/desk")).text)
        if answer.status != 303 or found is None:
            raise DeskRefusedError(f"{self.username} could not log in ({answer.status})")
        self.csrf = found.group(1)

    async def set_presence(self, status: str) -> None:
        """``on_queue`` or ``off_queue``."""
        await self.command("presence.set", status=status)

    async def command(self, name: str, interaction: str = "", **args: Any) -> Mapping[str, Any]:
        """One command of the desk. Raises ``DeskRefusedError`` with the desk's own sentence."""
        body = json.dumps({"commandId": str(uuid4()), "interactionId": interaction, "args": args}).encode()
        headers = {"Content-Type": "application/json", "X-CSRF-Token": self.csrf}
        answer = await self._send("POST", f"/desk/commands/{name}", body, headers)
        content = json.loads(answer.body)
        if answer.status >= 300:
            raise DeskRefusedError(str(content.get("message")))
        return dict(content)

    # What the desk shows, and what is done about it.

    async def _deal_with(self, state: Mapping[str, Any]) -> None:
        for shown in state["interactions"]:
            call, stage = shown["interactionId"], shown["state"]
            if stage == "connected" and self._is_answered(shown):
                stage = "spoken to"
            if (call, stage) in self.done:
                continue
            self.done.add((call, stage))
            await self.think()
            try:
                await self._do(stage, call, shown)
            except DeskRefusedError:  # the caller was quicker; the next event says how it stands
                continue

    async def _do(self, stage: str, call: str, shown: Mapping[str, Any]) -> None:
        if stage == "alerting":
            await self.command("answer", call, reservation=shown["reservation"])
        elif stage == "connected":
            name = f" {shown['caller']['name']}" if shown["caller"]["name"] else ""
            await self.command("say", call, text=f"Hello{name}, this is {self.name}, {GREETING}?")
        elif stage == "spoken to":
            await self.command("say", call, text=f"{ANSWER} right away.")
        elif stage == "acw":
            note = _note(shown)
            if shown["record"]:
                await self.command("note.save", call, text=note)
            await self.command("wrapup.save", call, code=_code(shown), notes=note)

    @staticmethod
    def _is_answered(shown: Mapping[str, Any]) -> bool:
        return any(not line.startswith("Hello") for who, line in shown["transcript"] if who == "caller")

    # Over HTTP.

    async def _state(self) -> Mapping[str, Any]:
        return dict(json.loads((await self._send("GET", "/desk/state")).body))

    async def _news(self) -> Any:
        """Once for every event of the stream."""
        request = HttpRequest("GET", f"{self.address}/desk/events", {"Cookie": self.cookie})
        async for line in self.client.lines(request):
            if line.startswith("event: ") and line != "event: heartbeat":
                yield line.removeprefix("event: ")

    async def _send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        fields = {"Cookie": self.cookie, **(headers or {})} if self.cookie else dict(headers or {})
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        return await self.client.send(HttpRequest(method, f"{self.address}{path}", fields, body), deadline)


def _code(shown: Mapping[str, Any]) -> str:
    codes = shown["wrapupCodes"]
    wanted = "Resolved" if shown["record"] else "Follow-up"
    return wanted if wanted in codes else str(codes[0])


def _note(shown: Mapping[str, Any]) -> str:
    said = [line for who, line in shown["transcript"] if who == "caller"]
    return said[0] if said else "The caller did not say anything."
