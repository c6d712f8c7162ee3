"""Recorded and stubbed answers: data actions without their systems (data-actions.md §12).

A cassette is one JSON-lines file per action, or one file that is named and holds whatever it is given. Requests are
matched on method, origin, path, sorted query and canonical body, never on log-in headers; equal requests are answered
in the order in which they were recorded, the last one again and again. Neither mode opens a socket.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.connections import Connection
from connectors.failures import Failure
from connectors.http import HttpRequest, HttpResponse
from connectors.model import DataAction
from connectors.secrets import Redactor
from dsl.expressions.text_of import to_text
from dsl.source import nearest

CASSETTE = ".jsonl"
KEPT_HEADERS = ("content-type", "retry-after", "location", "link", "etag")


class MissedError(Exception):
    """No recording and no stub fits."""


class Stubbed(Exception):  # noqa: N818  (an answer, not an error of ours)
    """A stub that answers with a failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self.failure = failure


class Cassettes:
    """The recordings of one connection, one file per action."""

    def __init__(self, connection: Connection, redactor: Redactor) -> None:
        self._connection, self._redactor = connection, redactor
        self._played: dict[tuple[str, str], int] = {}
        self._loaded: dict[str, list[dict[str, Any]]] = {}

    def path(self, action: DataAction) -> Path:
        """The file of an action: the one that the connection names, else the action's own in its folder."""
        given = self._connection.cassettes or Path("cassettes")
        if given.suffix == CASSETTE:
            return given
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", action.name).strip("_") or "action"
        return given / f"{name}{CASSETTE}"

    def origin(self, action: DataAction) -> str:
        """Scheme and host that were recorded; raises ``MissedError``. Relative URLs are played from there, so that
        neither a connection nor its log-in is needed."""
        for line in self._lines(self.path(action)):
            parts = urlsplit(str(line.get("request", {}).get("url", "")))
            if parts.netloc:
                return f"{parts.scheme}://{parts.netloc}"
        if not self._connection.origin:
            raise MissedError(f"{self.path(action).name} holds no recording")
        return self._connection.origin

    def find(self, action: DataAction, request: HttpRequest) -> HttpResponse:
        """The recorded answer; raises ``MissedError`` naming the nearest recorded request."""
        path = self.path(action)
        lines = self._lines(path)
        wanted = matcher(request, self._redactor)
        fitting = [line for line in lines if line["matcher"] == wanted]
        if not fitting:
            close = nearest(wanted, [line["matcher"] for line in lines])
            hint = f"; the nearest is {close}" if close else ""
            raise MissedError(f"{path.name} holds no recording of {wanted}{hint}")
        at = self._played.get((path.name, wanted), 0)
        self._played[path.name, wanted] = at + 1
        found = fitting[min(at, len(fitting) - 1)]["response"]
        body = base64.b64decode(found["base64"]) if "base64" in found else str(found["body"]).encode()
        return HttpResponse(int(found["status"]), dict(found.get("headers", {})), body)

    def keep(self, action: DataAction, request: HttpRequest, response: HttpResponse) -> None:
        """Append an exchange, without secrets and, where the connection says so, with invented people."""
        clean = self._redactor.clean
        if self._connection.record_pii == "fake":
            fake = Fakes(self._connection.name)
            clean = lambda text: fake.clean(self._redactor.clean(text))  # noqa: E731  (one of two cleaners)
        try:
            body: dict[str, str] = {"body": clean(response.body.decode("utf-8"))}
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(response.body).decode()}
        line = {
            "action": action.name,
            "version": version_of(action),
            "matcher": clean(matcher(request, self._redactor)),
            "request": {
                "method": request.method,
                "url": clean(request.url),
                "headers": self._redactor.headers(request.headers),
                "body": clean(request.body.decode("utf-8", errors="replace")),
            },
            "response": {
                "status": response.status,
                "headers": {n: clean(v) for n, v in response.headers.items() if n in KEPT_HEADERS},
                **body,
            },
            "latencyMs": round(response.elapsed * 1000),
        }
        path = self.path(action)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _lines(self, path: Path) -> list[dict[str, Any]]:
        if path.name not in self._loaded:
            try:
                text = path.read_text(encoding="utf-8")
            except OSError:
                raise MissedError(f"there is no cassette {path.name}") from None
            try:
                lines = [json.loads(line) for line in text.splitlines() if line.strip()]
            except ValueError:
                raise MissedError(f"the cassette {path.name} is not JSON lines") from None
            if not all(isinstance(line, dict) and {"matcher", "response"} <= line.keys() for line in lines):
                raise MissedError(f"the cassette {path.name} holds lines that are no recordings")
            self._loaded[path.name] = lines
        return self._loaded[path.name]


def version_of(action: DataAction) -> str:
    """A short fingerprint of the request and response templates."""
    parts = [action.request.method, action.request.url.value, action.request.body.value if action.request.body else ""]
    parts += [t.path.value for t in action.response.translations] + [action.response.success.value]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def matcher(request: HttpRequest, redactor: Redactor) -> str:
    """What a request is recognised by, as one line."""
    parts = urlsplit(request.url)
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    try:
        body = json.dumps(json.loads(request.body), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        body = request.body.decode("utf-8", errors="replace")
    line = f"{request.method} {parts.scheme}://{parts.netloc}{parts.path}" + (f"?{query}" if query else "")
    return redactor.clean(f"{line} {body}".strip())


class Fakes:
    """Phones, e-mail addresses and names replaced by invented ones: the same person is always the same fake."""

    _PHONE = re.compile(r"\+\d{7,15}\b")
    _MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
    _NAME = re.compile(r'(?i)("(?:first_?name|last_?name|full_?name|name|displayName)"\s*:\s*")([^"]+)(")')

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def clean(self, text: str) -> str:
        """The text with its personal data replaced."""
        text = self._MAIL.sub(lambda m: f"person{self._number(m.group()) % 10**6}@example.com", text)
        text = self._PHONE.sub(lambda m: f"+1555{self._number(m.group()) % 10**7:07}", text)
        return self._NAME.sub(lambda m: f"{m.group(1)}Person {self._number(m.group(2)) % 10**6}{m.group(3)}", text)

    def _number(self, text: str) -> int:
        return int.from_bytes(hmac.digest(self._key, text.encode(), "sha256")[:8], "big")


async def stub_answer(connection: Connection, action: str, inputs: Mapping[str, Any]) -> Any:
    """The document that the connection's stub table gives; raises ``MissedError`` or ``Stubbed``.

    ``stubs: {<Action>: [{when: {input: value}, outputs: {...} | failure: {...} | timeout: true, delay:
    seconds}]}``; the first line whose ``when`` fits answers.
    """
    table = connection.options.get("stubs")
    by_name = {name.casefold(): lines for name, lines in table.items()} if isinstance(table, dict) else {}
    lines = by_name.get(action.casefold())
    for line in lines if isinstance(lines, list) else ():
        if not isinstance(line, dict) or not _fits(line.get("when"), inputs):
            continue
        delay = line.get("delay")
        if isinstance(delay, int | float):
            await asyncio.sleep(delay)
        if line.get("timeout"):
            await asyncio.Event().wait()
        if "failure" in line:
            raise Stubbed(_failure(line["failure"]))
        return line.get("outputs", {})
    raise MissedError(f'no stub of "{action}" fits these inputs')


def _fits(when: Any, inputs: Mapping[str, Any]) -> bool:
    if not isinstance(when, dict):
        return when is None
    return all(inputs.get(name) == wanted or to_text(inputs.get(name)) == str(wanted) for name, wanted in when.items())


def _failure(given: Any) -> Failure:
    settings = given if isinstance(given, dict) else {}
    status = settings.get("status")
    from connectors.failures import kind_of_status

    status = status if isinstance(status, int) else 500
    return Failure(kind_of_status(status), str(settings.get("message", "stubbed failure")), status)
