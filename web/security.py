"""Passwords, CSRF tokens, throttled log-ins and the headers of every page (desk.md §13)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request

from web.sessions import Session

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MOST_FAILURES = 5
LOCK_MS = 60_000


@lru_cache(maxsize=1)
def hasher() -> PasswordHasher:
    """The argon2id hasher with the library's recommended costs."""
    from argon2 import PasswordHasher

    return PasswordHasher()


def hash_password(password: str) -> str:
    """The encoded argon2id hash of a password."""
    return hasher().hash(password)


def is_password(encoded: str | None, password: str) -> bool:
    """Whether a password fits a hash; without a hash it takes as long and is false."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        hasher().verify(encoded or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return encoded is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hash_password(secrets.token_hex(16))


@dataclass(slots=True)
class LogIns:
    """Log-ins that failed, by user name: too many lock it for a minute."""

    now: Callable[[], int]
    failures: dict[str, tuple[int, int]] = field(default_factory=dict)

    def is_locked(self, username: str) -> bool:
        """Whether too many log-ins have failed lately."""
        count, until = self.failures.get(username.casefold(), (0, 0))
        return count >= MOST_FAILURES and until > self.now()

    def failed(self, username: str) -> None:
        """A log-in has failed."""
        count, until = self.failures.get(username.casefold(), (0, 0))
        fresh = until <= self.now()
        self.failures = {name: (n, end) for name, (n, end) in self.failures.items() if end > self.now()}
        self.failures[username.casefold()] = (1 if fresh else count + 1, self.now() + LOCK_MS)

    def succeeded(self, username: str) -> None:
        """A log-in has succeeded."""
        self.failures.pop(username.casefold(), None)


def has_csrf(request: Request, session: Session) -> bool:
    """Whether a request that changes something carries the session's token."""
    return hmac.compare_digest(request.headers.get("x-csrf-token", ""), session.csrf)


def harden(headers: MutableHeaders) -> None:
    """Headers of every page: nothing foreign is loaded, nobody frames us, nothing is guessed."""
    headers["Content-Security-Policy"] = (
        "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers.setdefault("Cache-Control", "no-store")
