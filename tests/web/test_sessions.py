"""Sessions of browsers: kept, shared by nodes, expired, and what happens while the store is away."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from starlette.requests import Request
from starlette.responses import Response

from store import Fault, MemoryStore, Unavailable
from web.sessions import ASKED_AGAIN_MS, KIND, LIVES_MS, Session, Sessions


@dataclass
class Clock:
    now: int = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def logged_in(sessions: Sessions, user: str = "u1") -> Request:
    """A request of a browser that has just logged in."""
    response = Response()
    sessions.log_in(response, user)
    cookie = response.headers["set-cookie"].split(";")[0]
    return Request({"type": "http", "headers": [(b"cookie", cookie.encode())]})


async def session_of(sessions: Sessions, request: Request) -> Session | None:
    """As a request finds it that comes in now."""
    await sessions.look(request)
    return sessions.of(request)


async def user_of(sessions: Sessions, request: Request) -> str | None:
    session = await session_of(sessions, request)
    return session.user if session else None


async def test_a_session_outlives_the_server_with_the_token_its_pages_carry(clock: Clock, store: MemoryStore) -> None:
    before = Sessions(clock, store)
    request = logged_in(before)
    after = Sessions(clock, store)
    assert await session_of(after, request) == await session_of(before, request) is not None


async def test_two_browsers_of_a_user_have_different_tokens(clock: Clock, store: MemoryStore) -> None:
    sessions = Sessions(clock, store)
    first, second = [await session_of(sessions, logged_in(sessions)) for _ in range(2)]
    assert first is not None
    assert second is not None
    assert first.csrf != second.csrf


async def test_what_is_stored_logs_nobody_in(clock: Clock, store: MemoryStore) -> None:
    sessions = Sessions(clock, store)
    request = logged_in(sessions)
    stored = store.documents(KIND)[0]
    token = request.cookies["callwright_session"]
    session = await session_of(sessions, request)
    assert session is not None
    for secret in (token, session.csrf):
        assert secret not in stored.id
        assert secret.encode() not in stored.body


async def test_a_log_out_on_one_node_is_known_on_another_within_ten_seconds(clock: Clock, store: MemoryStore) -> None:
    here, there = Sessions(clock, store), Sessions(clock, store)
    request = logged_in(here)
    assert await user_of(there, request) == "u1"
    here.log_out(request, Response())
    assert await user_of(here, request) is None
    clock.now += ASKED_AGAIN_MS
    assert await user_of(there, request) is None


async def test_a_session_expires_and_the_next_log_in_clears_it_away(clock: Clock, store: MemoryStore) -> None:
    sessions = Sessions(clock, store)
    request = logged_in(sessions)
    clock.now += LIVES_MS
    assert await user_of(sessions, request) is None
    logged_in(sessions, "u2")
    assert len(store.documents(KIND)) == 1


async def test_whoever_was_known_stays_while_the_store_does_not_answer(
    clock: Clock, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = Sessions(clock, store)
    request = logged_in(sessions)
    assert await user_of(sessions, request) == "u1"

    def away(*_: object) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(store, "load", away)
    clock.now += ASKED_AGAIN_MS
    assert await user_of(sessions, request) == "u1"
    assert await user_of(Sessions(clock, store), request) is None


async def test_who_never_comes_back_is_forgotten_once_the_session_has_expired(clock: Clock, store: MemoryStore) -> None:
    sessions = Sessions(clock, store)
    for number in range(100):
        assert await user_of(sessions, logged_in(sessions, f"u{number}")) == f"u{number}"
    clock.now += LIVES_MS
    assert await user_of(sessions, logged_in(sessions)) == "u1"
    assert len(sessions._seen) == 1


async def test_a_log_in_that_cannot_be_kept_is_refused(clock: Clock, store: MemoryStore) -> None:
    store.inject(Fault.UNAVAILABLE)
    with pytest.raises(Unavailable):
        logged_in(Sessions(clock, store))
