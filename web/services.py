"""What the web needs of the rest of callwright, in its own words; ``callwright`` wires the real services to it.

Everything that crosses is plain data with stable field names (desk.md §3.1):
the pages, the API and the tests see the same.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class User:
    """Who is logged in."""

    id: str
    username: str
    name: str
    roles: frozenset[str] = frozenset()
    language: str | None = None

    def may(self, role: str) -> bool:
        """Whether the user has a role; administrators have all."""
        return role in self.roles or "administrator" in self.roles


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event of the desk's stream: ``id`` is its position in the store."""

    id: int
    type: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: an HTTP status and a body (``{rev, state}`` or ``{code, message, state}``)."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)


class Accounts(Protocol):
    """Users and their passwords."""

    def authenticate(self, username: str, password: str) -> User | None:
        """The user, if the password is right. Takes the same time whether the user exists or not."""

    def user(self, identity: str) -> User | None:
        """A user by id."""


class Desk(Protocol):
    """What an agent sees and does."""

    async def state(self, user: User) -> Mapping[str, Any]:
        """``{status, since, seq, interactions: [...]}``; an interaction is what alert and card show (desk.md §3.1)."""

    async def command(self, user: User, name: str, body: Mapping[str, Any]) -> Outcome:
        """Carry out ``{commandId, interactionId, args}``; the same ``commandId`` gives the same answer."""

    def events(self, user: User, after: int) -> AsyncIterator[ServerEvent]:
        """Durable events for this user from a position on, then live; never ends by itself."""

    async def head(self) -> int:
        """The newest position."""


class Supervisor(Protocol):
    """What a supervisor sees and does."""

    def overview(self) -> Mapping[str, Any]:
        """``{queues, agents, waiting, talking, callbacks}``: lists of what is going on now, and what is planned."""

    async def conversation(self, identity: str) -> Mapping[str, Any] | None:
        """``{id, caller, state, waiting, offers}``: why it waits and who could have it, and why whom it was offered.

        None when there is none.
        """

    async def first_contacts(self, since: int, until: int) -> Mapping[str, Any]:
        """What became of the first contacts that began in [since, until) (UTC ms): ``{first, resolved, pending,
        percent, without_contact, queues, agents, wrapup_codes, flows}``."""

    async def assign(self, user: User, identity: str, agent: str, command_id: str) -> Outcome:
        """Offer a waiting conversation to this agent; the same ``command_id`` gives the same answer."""


class Customers(Protocol):
    """The customer card's side of the built-in CRM."""

    async def card(self, reference: str) -> Mapping[str, Any] | None:
        """The record with fields, notes and history; None when it is not there."""

    async def search(self, text: str) -> Sequence[Mapping[str, Any]]:
        """Contacts that match, at most 25."""


class Phone(Protocol):
    """The web phone: a caller in a browser."""

    async def dial(self, number: str, dialled: str) -> str:
        """Place a call; gives the session's id."""

    def wait(self, number: str, *, here: bool = False) -> AsyncIterator[ServerEvent]:
        """Wait for calls to a number, of all nodes or of this one: ``waiting`` for each node, ``ringing`` {session} for
        each call; never ends by itself."""

    async def answer(self, session: str) -> bool:
        """Take a call that rings; False when there is none."""

    async def press(self, session: str, keys: str) -> bool:
        """Press keys; False when there is no such call."""

    async def say(self, session: str, text: str) -> bool:
        """Say something, to the flow or to the agent; False when there is no such call."""

    async def hang_up(self, session: str) -> bool:
        """End the call."""

    def listen(self, session: str, after: int = 0) -> AsyncIterator[ServerEvent]:
        """What the caller hears after an event: ``say`` {text, language}, ``music`` {name}, ``connected`` {others},
        ``caption`` {sender, text}, ``ended`` {by, cause}."""


@dataclass(frozen=True, slots=True)
class Services:
    """All of them, and the number that the phone page dials."""

    accounts: Accounts
    desk: Desk
    supervisor: Supervisor
    customers: Customers
    phone: Phone
    default_number: str = ""
    sample_callers: Sequence[tuple[str, str]] = ()
