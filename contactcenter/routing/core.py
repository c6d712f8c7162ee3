"""The routing core of one shard: commands in, events out; pure and deterministic (routing.md §28.1).

``decide`` moves the state by the events it returns, one by one, so that each decision sees those before it.
``apply`` of the same events on an equal state gives the same state. Whoever owns the core drops it whole when the
events cannot be made durable.
"""

from __future__ import annotations

import hashlib
from collections import deque

import msgspec
from msgspec.structs import force_setattr

from contactcenter.routing import matching, timers
from contactcenter.routing.apply import APPLY, remember
from contactcenter.routing.commands import DECIDE, Refusal
from contactcenter.routing.messages import Accepted, Answer, Command, Event, Metrics, Refused, Tick
from contactcenter.routing.organisation import build
from contactcenter.routing.ready import Ready
from contactcenter.routing.state import State, pack, unpack
from contactcenter.routing.waiting import Waiting

_UNANSWERED = frozenset({Tick, Metrics})
"""Commands of the edge's own; nobody asks for their answers again."""


class Core:
    """A shard's state with its index.

    ``shard`` is its name; ``state`` is only read from outside.
    """

    def __init__(self, state: State | None = None) -> None:
        self.state = state or State()
        self.organisation = build(self.state.configuration)
        answers = self.state.answers
        self.answered = deque(sorted(answers, key=lambda command_id: answers[command_id].at))
        """Commands with answers, oldest first: a dictionary takes long to find its first key once some have gone."""

        self._events: list[Event] = []
        self._command, self._at = "", 0
        self.reindex()

    @classmethod
    def restore(cls, snapshot: bytes) -> Core | None:
        """The core of a snapshot, or None when it has another format."""
        state = unpack(snapshot)
        return None if state is None else cls(state)

    def snapshot(self) -> bytes:
        """The state as bytes, the same for equal states: timers that mean nothing any more are left out."""
        live = sorted(timer for timer in self.state.timers if self.means_something(timer))
        return pack(msgspec.structs.replace(self.state, timers=live))

    def reindex(self) -> None:
        """Build the index anew from the state."""
        self.ready = Ready(self.state, self.organisation)
        self.waiting = Waiting(self.state, self.organisation, self.ready)
        knobs = msgspec.json.encode(self.organisation.configuration.knobs, order="sorted")
        self.knobs_hash = hashlib.sha256(knobs).hexdigest()[:12]

    def decide(self, command: Command, at: int) -> tuple[tuple[Event, ...], Answer]:
        """What a command leads to at ``at`` (UTC ms), and its answer; a repeated one gets the earlier answer.

        A refusal has no events.
        """
        known = self.state.answers.get(command.command_id)
        if known is not None:
            return (), Accepted(msgspec.json.decode(known.data))
        events: list[Event] = []
        self._events, self._command, self._at = events, command.command_id, at
        try:
            data = DECIDE[type(command)](self, command, at)
        except Refusal as refusal:
            return (), Refused(refusal.code, refusal.message)
        self.match(at)
        if events and type(command) not in _UNANSWERED:
            force_setattr(events[-1], "answer", data)
            remember(self, command.command_id, data, at)
        return tuple(events), Accepted(data)

    def apply(self, event: Event, at: int) -> None:
        """Move the state by an event that happened at ``at``."""
        APPLY[type(event)](self, event, at)
        if event.answer is not None:
            remember(self, event.command_id, event.answer, at)

    def settle(self) -> None:
        """After a replay: what the journal says was matched already."""
        self.waiting.fresh.clear()
        self.ready.fresh.clear()

    def emit(self, event: Event) -> None:
        """Decide an event: the state moves at once."""
        force_setattr(event, "command_id", self._command)  # nobody else has seen it yet
        APPLY[type(event)](self, event, self._at)
        self._events.append(event)

    match = matching.match
    means_something = timers.means_something
    next_due = timers.next_due


__all__ = ["Core"]
