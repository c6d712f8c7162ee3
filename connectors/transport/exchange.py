"""One connection's traffic: limits, breaker, retries and redirects around the client (data-actions.md §8, §10.6)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from connectors.connections import Connection
from connectors.http import (
    ClientSettings,
    HttpConnectError,
    HttpError,
    HttpFactory,
    HttpProtocolError,
    HttpRequest,
    HttpResponse,
)
from connectors.secrets import is_sensitive_header
from connectors.transport.breaker import Breaker
from connectors.transport.egress import BlockedError, host_is_allowed, target_of
from connectors.transport.limits import Gate

RETRIED_STATUS = frozenset({408, 429, 502, 503, 504})
MAX_ATTEMPTS = 3
FIRST_WAIT = 0.2
LONGEST_WAIT = 2.0
ROUNDED = 0.5
"""Seconds that ``Retry-After: 0`` may mean: what is told in whole seconds is often rounded down to none."""

MAX_HOPS = 3


class LimitedError(Exception):
    """Kept back on our side: a local limit, or the system is being left alone."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class _TryAgain(Exception):  # noqa: N818  (control flow, never seen outside)
    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


@dataclass(slots=True)
class _Attempts:
    """What the retry hook must know about one request."""

    request: HttpRequest
    deadline: float
    breaker: Breaker
    made: int = 0


class Exchange:
    """Sends the requests of one connection. ``jitter`` gives 0..1 for the waits between attempts."""

    def __init__(
        self,
        connection: Connection,
        factory: HttpFactory,
        now: Callable[[], float],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._connection, self._now, self._jitter = connection, now, jitter
        settings = ClientSettings(connection.rules, connection.max_response, connection.proxy, connection.ca_file)
        self._client = factory.client(settings)
        self._gate = Gate(connection.limits, now)
        self._breakers: dict[str, Breaker] = {}

    async def send(
        self, request: HttpRequest, deadline: float, permitted: frozenset[str] = frozenset()
    ) -> HttpResponse:
        """Send with retries, before ``deadline``. Raises ``HttpError``, ``LimitedError``, ``BlockedError`` or
        ``BadUrlError``."""
        breaker = self._breakers.setdefault(target_of(request.url).origin, Breaker(self._now))
        if not self._gate.enter():
            raise LimitedError("the connection's own limit is reached")
        try:
            return await self._with_retries(_Attempts(request, deadline, breaker), permitted)
        except _TryAgain as again:
            return again.response
        finally:
            self._gate.leave()

    async def _with_retries(self, attempts: _Attempts, permitted: frozenset[str]) -> HttpResponse:
        try:  # nearly always one attempt is enough, and the bookkeeping of retries costs more than all else here
            return await self._attempt(attempts, permitted)
        except Exception as error:
            if self._wait_for(error, attempts) is False:
                raise
            first: Exception | None = error
        import stamina

        retries = stamina.retry_context(
            on=lambda error: self._wait_for(error, attempts), attempts=MAX_ATTEMPTS, timeout=None
        )
        async for attempt in retries:
            with attempt:
                if first is not None:
                    failed, first = first, None
                    raise failed
                return await self._attempt(attempts, permitted)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, attempts: _Attempts, permitted: frozenset[str]) -> HttpResponse:
        if not attempts.breaker.allows():
            raise LimitedError("the system did not answer lately and is left alone for a while")
        attempts.made += 1
        try:
            response = await self._followed(attempts.request, attempts.deadline, permitted)
        except HttpError:
            attempts.breaker.failed()
            raise
        except BaseException:
            attempts.breaker.gave_up()
            raise
        if response.status >= 500 or response.status == 429:
            attempts.breaker.failed()
        else:
            attempts.breaker.succeeded()
        if attempts.made > 1:
            response = replace(response, attempts=attempts.made)
        if response.status in RETRIED_STATUS:
            raise _TryAgain(response)
        return response

    def _wait_for(self, error: Exception, attempts: _Attempts) -> bool | float:
        """Seconds to wait before the next attempt; False when there is to be none."""
        floor = 0.0
        if isinstance(error, _TryAgain):
            if not attempts.request.idempotent:
                return False
            told = retry_after(error.response, datetime.now(UTC))
            floor = max(told, ROUNDED) if told is not None else 0.0
        elif isinstance(error, HttpProtocolError):
            if not attempts.request.idempotent:
                return False
        elif not isinstance(error, HttpConnectError):
            return False
        backoff = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempts.made - 1)) * self._jitter()
        wait = max(floor, backoff)
        fits = self._now() + wait < attempts.deadline
        return wait if fits and attempts.made < MAX_ATTEMPTS and not attempts.breaker.is_open else False

    async def _followed(self, request: HttpRequest, deadline: float, permitted: frozenset[str]) -> HttpResponse:
        """The response, behind at most three redirects to hosts that the connection lists."""
        for _ in range(MAX_HOPS + 1):
            response = await self._client.send(request, deadline, permitted=permitted)
            onward = self._redirected(request, response)
            if onward is None:
                return response
            request, permitted = onward, frozenset({target_of(onward.url).origin})
        return response

    def _redirected(self, request: HttpRequest, response: HttpResponse) -> HttpRequest | None:
        hosts, location = self._connection.follow_redirects_to, response.headers.get("location")
        keeps_method = response.status in (307, 308) or request.method in ("GET", "HEAD")
        if not hosts or location is None or response.status not in (301, 302, 303, 307, 308) or not keeps_method:
            return None
        url = urljoin(request.url, location)
        before, after = target_of(request.url), target_of(url)
        if not host_is_allowed(after.host, hosts):
            raise BlockedError(f"the redirect to {after.host} is not listed")
        if before.origin == after.origin:
            return replace(request, url=url)
        kept = {
            name: value
            for name, value in request.headers.items()
            if not is_sensitive_header(name) and name.lower() not in request.private
        }
        return replace(request, url=url, headers=kept)

    async def aclose(self) -> None:
        """Close the connection's pool."""
        await self._client.aclose()


def retry_after(response: HttpResponse, now: datetime) -> float | None:
    """``Retry-After`` in seconds, from a number or an HTTP date."""
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at - now).total_seconds()) if at.tzinfo else None


def loop_time() -> float:
    """The running event loop's clock, in which deadlines are told."""
    return asyncio.get_running_loop().time()
