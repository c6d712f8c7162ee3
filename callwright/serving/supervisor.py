"""What supervisors see and do: queues and people now, why somebody waits, why this agent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from callwright.numbers import readable
from contactcenter.conversations import (
    CLOSED,
    OPEN,
    Callback,
    Conversation,
    ConversationEvent,
    SharedConversations,
    derived,
    first_contacts,
    interaction_of,
)
from contactcenter.conversations.service import STREAM
from contactcenter.customers import CustomerError, Customers
from contactcenter.customers.unit import Unit
from contactcenter.organisation import Organisation, conversation_settings
from contactcenter.routing import Shards
from contactcenter.routing import messages as m
from store import Store, StoredEvent
from web.services import Outcome, User

DAY_MS = 86_400_000
PAGE = 1000
_NAMED = ("user", "skill", "language-skill", "queue", "group", "utilization-label")
"""Kinds of things whose names stand in place of their ids."""


class SupervisorService:
    """``web.services.Supervisor`` over routing's views and the conversations' journal."""

    def __init__(
        self,
        store: Store,
        conversations: SharedConversations,
        routing: Shards,
        organisation: Organisation,
        customers: Customers,
    ) -> None:
        self.store = store
        self.customers = customers
        self.settings = conversation_settings(organisation)
        self.conversations = conversations
        self.routing = routing
        self._names = {one.id: one.name for kind in _NAMED for one in organisation.all(kind)}

    def overview(self) -> Mapping[str, Any]:
        """Queues with today's figures (UTC), agents, who waits, and who talks to whom; ``...Ms`` are durations."""
        views = self.routing.views
        since = views.now - views.now % DAY_MS
        callers = {state.id: _caller(state) for state in self.conversations.open()}
        return {
            "queues": [
                {**one, "figures": views.queue_figures(one["id"], since, views.now + 1) or {}} for one in views.queues()
            ],
            "agents": [_agent_row(one, callers, views.now) for one in views.agents()],
            "waiting": [self._waiting_row(one, callers) for one in views.waiting()],
            "talking": [
                {"id": state.id, "caller": _caller(state), "agents": agents, "sinceMs": views.now - _begun(state)}
                for state in self.conversations.open()
                if (agents := _agents(state))
            ],
            "callbacks": [_callback_row(callback, state) for callback, state in self._callbacks()],
        }

    def _waiting_row(self, one: Mapping[str, Any], callers: Mapping[str, str]) -> dict[str, Any]:
        return {
            "id": one["item"],
            "caller": callers.get(one["item"], ""),
            "queue": self._name(one["queue"]),
            "skills": [self._name(skill) for skill in one["skills"]],
            "priority": one["priority"],
            "waitedMs": one["waited_ms"],
            "offeredTo": self._name(one["offered_to"]) if one["offered_to"] else None,
        }

    def _callbacks(self) -> list[tuple[Callback, Conversation]]:
        """Those that no agent has, the one that is due first before the others."""
        open_ = ((state.callback, state) for state in self.conversations.open())
        found = [(callback, state) for callback, state in open_ if callback is not None and not _agents(state)]
        return sorted(found, key=lambda pair: (pair[0].due, pair[1].id))

    async def conversation(self, identity: str) -> Mapping[str, Any] | None:
        """Why it still waits, and every offer with why it went to that agent; None when nobody knows it."""
        offers = await asyncio.to_thread(lambda: list(self._offers(identity)))
        state = await self.conversations.read(identity)
        waiting = self.routing.views.explain(identity)
        if state is None and not offers and waiting is None:
            return None
        return {
            "id": identity,
            "caller": _caller(state) if state is not None else "",
            "state": state.state if state is not None else "closed",
            "waiting": self._waiting(waiting) if waiting is not None else None,
            "offers": offers,
        }

    def _waiting(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """Routing's explanation with names in place of ids, and the agents whom it could be given to."""
        single = {self._reason(reason): agents for reason, agents in found["single"].items()}
        return {
            **found,
            "agents": [{key: one[key] for key in ("id", "name", "status")} for one in self.routing.views.agents()],
            "queue": self._name(found["queue"]),
            "eligible": [self._name(agent) for agent in found["eligible"]],
            "excluded": {self._reason(reason): n for reason, n in found["excluded"].items()},
            "single": {reason: [self._name(agent) for agent in agents] for reason, agents in single.items()},
            "delays": self._reason(found["rule_that_delays"] or ""),
        }

    def _offers(self, identity: str) -> Iterator[dict[str, Any]]:
        """Every offer of a conversation, from its journal; blocks."""
        offers: dict[str, dict[str, Any]] = {}
        for stored in self._events(identity):
            if stored.type not in ("OfferMade", "OfferEnded"):
                continue
            event = msgspec.json.decode(stored.body, type=ConversationEvent)
            data: Mapping[str, Any] = event.data if isinstance(event.data, Mapping) else {}
            if stored.type == "OfferEnded":
                offers.get(event.participant or "", {})["how"] = data.get("how")
                continue
            offer = data["offer"]
            offers[event.participant or ""] = {
                "at": stored.at,
                "agent": self._name(offer["agent_id"]),
                "kind": offer["kind"],
                "how": None,
                "explain": data.get("explain") or {},
            }
        yield from offers.values()

    async def first_contacts(self, since: int, until: int) -> Mapping[str, Any]:
        """Whether customers who came in [since, until) (UTC ms) had to come again; figures are by ids as they are
        (routing.md §18)."""
        return await asyncio.to_thread(self._first_contacts, since, until, self.routing.views.now)

    def _first_contacts(self, since: int, until: int, now: int) -> Mapping[str, Any]:
        span = self.settings.fcr_days * DAY_MS
        documents = [
            document
            for kind in (OPEN, CLOSED)
            for document in self.store.documents_in(kind, since - span, until + span + DAY_MS)
        ]
        states = {one.id: msgspec.json.decode(one.body, type=Conversation) for one in documents}
        rows = [interaction_of(state) for state in states.values()]
        heads = self._heads({row.contact_id for row in rows if row.contact_id})
        found = first_contacts(
            rows,
            lambda contact: heads.get(contact, contact),
            since,
            until,
            now,
            days=self.settings.fcr_days,
            scope=self.settings.fcr_scope,
        )
        return found.figures()

    def _heads(self, contacts: Iterable[str]) -> Mapping[str, str]:
        """The canonical contacts; one that is gone stays itself."""

        def work(unit: Unit) -> dict[str, str]:
            found = {}
            for contact in contacts:
                with suppress(CustomerError):
                    found[contact] = unit.head(contact).id
            return found

        return self.customers.read(work)

    def _events(self, identity: str) -> Iterator[StoredEvent]:
        """All events of a conversation, in pages."""
        after = 0
        while page := self.store.read(STREAM + identity, after, PAGE):
            yield from page
            after = page[-1].seq

    async def assign(self, user: User, identity: str, agent: str, command_id: str) -> Outcome:
        """Give a waiting conversation to an agent, where its queue allows that (routing.md §19)."""
        command = m.Assign(
            command_id=derived("assign", user.id, command_id), item=identity, agent=agent, by=user.username
        )
        answer = await self.routing.send(command)
        if isinstance(answer, m.Refused):
            return Outcome(409, {"code": answer.code, "message": self._reason(answer.message)})
        return Outcome(200, {"state": "offered"})

    def _name(self, identity: str) -> str:
        return self._names.get(identity, identity)

    def _reason(self, text: str) -> str:
        """A reason in words, with the names of skills and agents in place of their ids."""
        return " ".join(self._names.get(word.strip("'"), word) for word in text.split(" "))


def _agent_row(one: Mapping[str, Any], callers: Mapping[str, str], now: int) -> dict[str, Any]:
    return {
        "id": one["id"],
        "name": one["name"],
        "status": one["status"],
        "sinceMs": now - one["since"],
        "with": [callers.get(unit["item"], "") for unit in one["units"]],
    }


def _callback_row(callback: Callback, state: Conversation) -> dict[str, Any]:
    return {
        "id": state.id,
        "customer": _caller(state),
        "queue": callback.place.queue_name,
        "dueAt": callback.due,
        "attempts": callback.attempts,
        "stage": _stage(state),
    }


def _agents(state: Conversation) -> list[str]:
    return [one.name or "" for one in state.participants if one.living and one.user_id]


def _begun(state: Conversation) -> int:
    """When the call began; a callback was perhaps asked for days before."""
    if state.callback is None:
        return state.start
    return max((one.start for one in state.participants if one.living and one.user_id), default=state.start)


def _stage(state: Conversation) -> str:
    """Where a callback stands: planned, calling the customer, or waiting."""
    leg = state.customer.leg if state.customer else None
    if leg is None or leg.media == "call":
        return "calling"
    return "planned" if leg.state == "scheduled" else "waiting"


def _caller(state: Conversation) -> str:
    customer = state.customer
    linked = customer.name if customer is not None and customer.external_contact_id else None
    name = state.attributes.get("crm.name") or linked
    number = readable(state.callback.number if state.callback else state.ani)
    return f"{name}, {number}" if name and number else name or number
