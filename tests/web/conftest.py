"""A desk without a contact centre: one agent, one supervisor, one caller whose record the flow has used."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from starlette.applications import Starlette

from store import MemoryStore
from web import Services, User, WebSettings, create_app
from web.services import Outcome, ServerEvent

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette would rather have another client than httpx
    from starlette.testclient import TestClient

PASSWORD = "a good long password"
NOW = 1_800_000_000_000
RECORD = "builtin:contact:7"


def offered(**changes: Any) -> dict[str, Any]:
    """An interaction as the desk's state gives it."""
    interaction = {
        "interactionId": "c1", "reservation": "r1", "state": "alerting", "queue": "Gold", "skills": ["German"],
        "caller": {"name": "Emma Woodhouse", "display": "+49 30 1234567"}, "priority": 5, "waitedMs": 42_000,
        "attributes": [{"name": "crm.tier", "label": "Tier", "value": "gold"}], "why": "the only record with it",
        "expiresAt": NOW + 20_000, "held": False, "muted": False, "connectedAt": NOW, "acwUntil": None,
        "record": RECORD, "popReason": "opened because the flow used it",
        "popSteps": [["crm.record", "matched", "opened because the flow used it"]], "opens": None, "search": None,
        "others": [], "data": [("crm.tier", "gold")],
        "wrapupCodes": ["Resolved", "Follow-up"], "wrapupRequired": True, "transcript": [],
        "media": "call", "callback": None, "plan": None,
    }  # fmt: skip
    return {**interaction, **changes}


class FakeAccounts:
    """Two users who share a password."""

    users: ClassVar[dict[str, User]] = {
        "ada@example.com": User("u1", "ada@example.com", "Ada", frozenset({"agent"})),
        "sue@example.com": User("u2", "sue@example.com", "Sue", frozenset({"agent", "supervisor"})),
    }

    def authenticate(self, username: str, password: str) -> User | None:
        return self.users.get(username) if password == PASSWORD else None

    def user(self, identity: str) -> User | None:
        return next((user for user in self.users.values() if user.id == identity), None)


@dataclass
class FakeDesk:
    """Does at once what it is told, and remembers it."""

    status: str = "OFF_QUEUE"
    interactions: list[dict[str, Any]] = field(default_factory=list)
    commands: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    log: list[ServerEvent] = field(default_factory=list)

    async def state(self, user: User) -> Mapping[str, Any]:
        return {"status": self.status, "since": NOW, "seq": len(self.log), "interactions": self.interactions}

    async def command(self, user: User, name: str, body: Mapping[str, Any]) -> Outcome:
        self.commands.append((user.id, name, dict(body)))
        args = body.get("args") or {}
        if name == "presence.set":
            self.status = "IDLE" if args["status"] == "on_queue" else "OFF_QUEUE"
        elif name == "answer":
            if not self.interactions or self.interactions[0]["state"] != "alerting":
                return Outcome(
                    409, {"code": "stale.command", "message": "That is no longer possible.", "state": "ended"}
                )
            self.interactions[0]["state"] = "connected"
        elif name == "disconnect":
            self.interactions[0]["state"] = "acw"
        elif name == "wrapup.save":
            self.interactions.clear()
        self.tell("interaction.updated")
        return Outcome(200, {"rev": len(self.log), "state": "done"})

    def tell(self, kind: str) -> None:
        self.log.append(ServerEvent(len(self.log) + 1, kind))

    def alert(self, **changes: Any) -> None:
        self.interactions.insert(0, offered(**changes))
        self.tell("alert")

    async def events(self, user: User, after: int) -> AsyncIterator[ServerEvent]:
        while True:
            for event in self.log[after:]:
                yield event
                after = event.id
            await asyncio.sleep(0.02)

    async def head(self) -> int:
        return len(self.log)


@dataclass
class FakeSupervisor:
    """One caller waits, one talks; remembers what it assigned."""

    assigned: list[tuple[str, str, str, str]] = field(default_factory=list)

    def overview(self) -> Mapping[str, Any]:
        figures = {"offered": 7, "answered": 5, "abandoned": 1, "service_level": 83.3}
        queue = {
            "name": "Gold", "waiting": 1, "longest_wait_ms": 9000, "estimated_wait_ms": None, "agents_on_queue": 1,
            "agents_idle": 0, "figures": figures,
        }  # fmt: skip
        caller = {
            "id": "c1", "caller": "+49301234567", "queue": "Gold", "skills": ["German"], "priority": 5,
            "waitedMs": 9000, "offeredTo": None,
        }  # fmt: skip
        return {
            "queues": [queue],
            "agents": [{"id": "u1", "name": "Ada", "status": "IDLE", "sinceMs": 4000, "with": ["Emma"]}],
            "waiting": [caller],
            "callbacks": [
                {"id": "c3", "customer": "Mira", "queue": "Gold", "dueAt": NOW, "attempts": 1, "stage": "planned"}
            ],
            "talking": [{"id": "c2", "caller": "Emma", "agents": ["Ada"], "sinceMs": 60_000}],
        }

    async def conversation(self, identity: str) -> Mapping[str, Any] | None:
        if identity != "c1":
            return None
        waiting = {
            "queue": "Gold", "position": 1, "delays": "Bullseye step 1 for another 900 ms",
            "agents": [{"id": "u1", "name": "Ada", "status": "IDLE"}],
            "excluded": {"missing skill German": 1}, "single": {"missing skill German": ["Ada"]},
        }  # fmt: skip
        explain = {"used_routing": "Standard", "step": 0, "order_used": "longest idle", "considered": {"with room": 2}}
        offer = {"at": NOW, "agent": "Ben", "kind": "acd", "how": "timed_out", "explain": explain}
        return {"id": "c1", "caller": "Emma", "state": "open", "waiting": waiting, "offers": [offer]}

    async def first_contacts(self, since: int, until: int) -> Mapping[str, Any]:
        return {"first": 4, "resolved": 3, "pending": 1, "percent": 75.0, "since": since, "until": until}

    async def assign(self, user: User, identity: str, agent: str, command_id: str) -> Outcome:
        self.assigned.append((user.id, identity, agent, command_id))
        return Outcome(200, {"state": "offered"})


class FakeCustomers:
    """One contact."""

    async def card(self, reference: str) -> Mapping[str, Any] | None:
        if reference != RECORD:
            return None
        history = [{"at": "2026-01-02", "title": "Call", "text": "Asked about the bill"}]
        fields = [{"label": "City", "value": "Highbury"}]
        return {
            "title": "Emma Woodhouse",
            "subtitle": "Hartfield",
            "badge": "gold",
            "fields": fields,
            "history": history,
            "notes": [],
        }

    async def search(self, text: str) -> Sequence[Mapping[str, Any]]:
        return [{"title": 'Emma O\'Wood "E"', "subtitle": text, "record": "builtin:contact:\"'8"}]


@dataclass
class FakePhone:
    """Says one sentence, connects, ends."""

    calls: list[tuple[str, ...]] = field(default_factory=list)

    async def dial(self, number: str, dialled: str) -> str:
        self.calls.append(("dial", number, dialled))
        return "s1"

    async def press(self, session: str, keys: str) -> bool:
        self.calls.append(("press", session, keys))
        return session == "s1"

    async def say(self, session: str, text: str) -> bool:
        self.calls.append(("say", session, text))
        return session == "s1"

    async def hang_up(self, session: str) -> bool:
        self.calls.append(("hang_up", session))
        return session == "s1"

    async def listen(self, session: str, after: int = 0) -> AsyncIterator[ServerEvent]:
        yield ServerEvent(1, "say", {"text": "Welcome back, Emma.", "language": "en-US"})
        yield ServerEvent(2, "connected", {"others": ["Ada"]})
        yield ServerEvent(3, "ended", {})


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def supervising() -> FakeSupervisor:
    return FakeSupervisor()


@pytest.fixture
def phone() -> FakePhone:
    return FakePhone()


@pytest.fixture
def services(desk: FakeDesk, supervising: FakeSupervisor, phone: FakePhone) -> Services:
    return Services(
        FakeAccounts(), desk, supervising, FakeCustomers(), phone, "+49301234567", (("+4915112345678", "Emma"),)
    )


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def app(services: Services, store: MemoryStore) -> Starlette:
    return create_app(services, WebSettings(now=lambda: NOW, store=store))


@pytest.fixture
def client(app: Starlette) -> TestClient:
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def agent(client: TestClient) -> TestClient:
    """A browser in which Ada is logged in; commands carry her token."""
    return _logged_in(client, "ada@example.com")


@pytest.fixture
def supervisor(client: TestClient) -> TestClient:
    return _logged_in(client, "sue@example.com")


def _logged_in(client: TestClient, username: str) -> TestClient:
    client.post("/login", data={"username": username, "password": PASSWORD})
    page = client.get("/desk").text
    client.headers["x-csrf-token"] = page.split('name="csrf" content="')[1].split('"')[0]
    return client
