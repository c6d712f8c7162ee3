"""Browsers that are logged in (desk.md §13).

A session is a document under the fingerprint of its cookie's token: it survives a restart, is known to every node on
the same database, and what is stored logs nobody in. A node asks the store for one at most every ten seconds, so that
a log-out elsewhere is known that soon; while the store does not answer, what was known stays.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from store import Delete, Document, Save, Store, StoreError

COOKIE = "callwright_session"
KIND = "session"
LIVES_MS = 12 * 3_600_000
ASKED_AGAIN_MS = 10_000
FORGOTTEN_EVERY_MS = 60_000


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is logged in: whose it is, what its commands must carry, and until when (UTC ms)."""

    user: str
    csrf: str
    expires: int


@dataclass(slots=True)
class Sessions:
    """The sessions of a store; ``secure`` cookies travel on https only.

    ``of`` knows what ``look`` has read last, so that pages need not wait for the store.
    """

    now: Callable[[], int]
    store: Store
    secure: bool = False
    _seen: dict[str, tuple[Session, int]] = field(default_factory=dict)
    _forgotten: int = 0

    def log_in(self, response: Response, user: str) -> Session:
        """Begin a session and set its cookie. Raises ``StoreError`` when it cannot be kept."""
        token = secrets.token_urlsafe(32)
        session = Session(user, _csrf(token), self.now() + LIVES_MS)
        body = json.dumps({"user": user, "expires": session.expires}).encode()
        self.store.commit(*self._expired(), Save(KIND, _fingerprint(token), 0, 1, body)).result()
        response.set_cookie(
            COOKIE, token, max_age=LIVES_MS // 1000, httponly=True, samesite="lax", secure=self.secure, path="/"
        )
        return session

    def log_out(self, request: Request, response: Response) -> None:
        """End the session of a request. Raises ``StoreError`` when it cannot be ended for good."""
        token = request.cookies.get(COOKIE, "")
        self._seen.pop(token, None)
        self.store.commit(Delete(KIND, _fingerprint(token))).result()
        response.delete_cookie(COOKIE, path="/")

    async def look(self, request: Request) -> None:
        """Ask the store for the session of a request, if that was not done lately."""
        token, now = request.cookies.get(COOKIE, ""), self.now()
        session, again = self._seen.get(token, (None, 0))
        if not token or again > now:
            return
        session = await asyncio.to_thread(self._read, token, session)
        if session is None:
            self._seen.pop(token, None)
        else:
            self._seen[token] = session, now + ASKED_AGAIN_MS
        self._forget(now)

    def of(self, request: Request) -> Session | None:
        """The session of a request, if it has not expired."""
        session, _ = self._seen.get(request.cookies.get(COOKIE, ""), (None, 0))
        return session if session is not None and session.expires > self.now() else None

    def _forget(self, now: int) -> None:
        """Whoever has not come back since the session expired is not remembered for ever."""
        if now >= self._forgotten + FORGOTTEN_EVERY_MS:
            self._forgotten = now
            self._seen = {token: known for token, known in self._seen.items() if known[0].expires > now}

    def _read(self, token: str, known: Session | None) -> Session | None:
        try:
            document = self.store.load(KIND, _fingerprint(token))
        except StoreError:
            return known
        if document is None:
            return None
        body = json.loads(document.body)
        return Session(body["user"], _csrf(token), body["expires"])

    def _expired(self) -> list[Delete]:
        return [Delete(KIND, one.id) for one in self.store.documents(KIND) if _expires(one) <= self.now()]


def _expires(document: Document) -> int:
    return int(json.loads(document.body)["expires"])


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _csrf(token: str) -> str:
    """What a page of the session knows and another site does not; the cookie's token cannot be told from it."""
    return hashlib.sha256(f"csrf {token}".encode()).hexdigest()
