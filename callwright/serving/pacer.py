"""Calls customers who are called before an agent is taken, as fast as agents are free (routing.md §15)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import partial
from typing import Any

from contactcenter.conversations import (
    Actor,
    Command,
    Conversation,
    ConversationEvent,
    Line,
    SharedConversations,
    derived,
    to_dial,
)
from contactcenter.routing import Shards
from contactcenter.routing import messages as m
from interpreter.ports import Clock

_NEWS = (m.AgentStatusChanged, m.OfferAccepted, m.UnitMoved, m.ItemLeft, m.AgentJoinedQueue, m.ConfigChanged)
MEDIUM = "callback"

LOOK_EVERY_MS = 2_000
"""How often is looked when there is no news."""


class Pacer:
    """Looks again whenever a callback has changed or an agent may have become free, and now and then without that: a
    node that has taken a queue or callbacks over hears no news of those who wait already."""

    def __init__(self, conversations: SharedConversations, routing: Shards, clock: Clock) -> None:
        self.conversations = conversations
        self.routing = routing
        self.clock = clock
        self._looking = False
        self._leave = (
            conversations.subscribe(self._heard),
            conversations.elsewhere.subscribe(self._heard),
            routing.subscribe(self._routed),
        )
        self._next = clock.call_at(clock.now() + LOOK_EVERY_MS, self._look_again)

    def close(self) -> None:
        """Dial no more."""
        self._next.cancel()
        for leave in self._leave:
            leave()

    def look(self) -> None:
        """Dial what is to be dialled, once what happens now is over."""
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._dial)

    def _look_again(self) -> None:
        self._next = self.clock.call_at(self.clock.now() + LOOK_EVERY_MS, self._look_again)
        self.look()

    def _heard(self, event: ConversationEvent, state: Conversation) -> None:
        if state.callback is not None and state.callback.rules.customer_first:
            self.look()

    def _routed(self, event: Any) -> None:
        if isinstance(getattr(event, "event", event), _NEWS):
            self.look()

    def _dial(self) -> None:
        self._looking = False
        by_queue: dict[str, list[Conversation]] = defaultdict(list)
        for state in self.conversations.open():
            if state.callback is not None and state.callback.rules.customer_first:
                by_queue[state.callback.place.queue_id].append(state)
        for queue, states in by_queue.items():
            line = self._line(queue)
            for identity in to_dial(states, line) if line is not None else ():
                self._send(next(state for state in states if state.id == identity))

    def _line(self, queue: str) -> Line | None:
        if not self.routing.decides_for(queue):
            return None  # so that one node counts the free agents
        views = self.routing.views
        agents = [agent for agent in views.agents(queue) if agent["status"] not in ("OFF_QUEUE", "NOT_RESPONDING")]
        return Line(
            waiting=views.places(queue),
            place=partial(views.place, queue),
            free=sum(MEDIUM in agent["room"] for agent in agents),
            staffed=bool(agents),
        )

    def _send(self, state: Conversation) -> None:
        attempt = state.callback.called if state.callback else None
        dial = Command(
            command_id=derived(state.id, "dial", state.rev, attempt),
            conversation=state.id,
            name="dial",
            actor=Actor("clock"),
        )
        self.conversations.post(dial)
