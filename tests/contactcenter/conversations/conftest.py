"""A conversation in the hand: commands go in, events and answers come out, and the invariants hold after each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from contactcenter.conversations import (
    Actor,
    Command,
    Conversation,
    ConversationEvent,
    Refused,
    Settings,
    apply,
    deadlines,
    decide,
    replay,
)
from contactcenter.conversations.to_routing import messages
from contactcenter.routing import messages as m

START = 1_773_997_200_000
GOLD = {"queue_id": "q-gold", "queue_name": "Gold"}
GOLD_WITH_FLOW = {**GOLD, "flow": "Please Wait"}


@dataclass
class Hand:
    """Holds one conversation's state and its whole log."""

    settings: Settings = field(default_factory=Settings)
    state: Conversation | None = None
    events: list[ConversationEvent] = field(default_factory=list)
    at: int = START
    sent: int = 0

    def send(self, name: str, actor: str = "client", /, **args: Any) -> tuple[str, ...] | Refused:
        """Send a command one second later; gives the types of the events, or the refusal."""
        kind, _, identity = actor.partition(":")
        envelope = {key: args.pop(key) for key in ("participant", "expected_rev", "epoch") if key in args}
        self.sent += 1
        self.at += args.pop("after", 1000)
        command = Command(
            command_id=f"k{self.sent}", conversation="c1", name=name, actor=Actor(kind, identity), args=args, **envelope
        )
        decided = decide(self.state, command, self.at, self.settings)
        if isinstance(decided, Refused):
            return decided
        before = self.state
        for event in decided:
            self.state = apply(self.state, event)
        self.events.extend(decided)
        check(self.state, before, self.events)
        return tuple(event.type for event in decided)

    @property
    def now(self) -> Conversation:
        """The state."""
        assert self.state is not None
        return self.state

    def types(self) -> list[str]:
        """All event types so far."""
        return [event.type for event in self.events]

    def last(self, type_: str) -> ConversationEvent:
        """The newest event of a type."""
        return next(event for event in reversed(self.events) if event.type == type_)

    def told(self) -> list[m.Command]:
        """Everything that routing is told, event by event."""
        found: list[m.Command] = []
        before = None
        for event in self.events:
            found += messages(event, before, self.now)
            before = apply(before, event)
        return found

    # The usual way, in steps.

    def start(self, **more: Any) -> Hand:
        """A call comes and its flow begins."""
        args = {
            "leg": {"id": "leg-c"},
            "ani": "tel:+1",
            "dnis": "tel:+49",
            "flow": {"name": "Welcome"},
            "answered": True,
        }
        self.send("start", "adapter", **{**args, **more})
        return self

    @property
    def execution(self) -> str:
        """The actor name of the running execution."""
        assert self.now.running is not None
        return f"execution:{self.now.running.id}"

    def enqueue(self, place: dict[str, Any] | None = None, **more: Any) -> Hand:
        """The flow puts the caller into a queue."""
        entry = {"entry_id": f"e{self.sent}", "enqueued_at": self.at + 1000}
        self.send("enqueue", self.execution, place=place or GOLD_WITH_FLOW, entry=entry, **more)
        return self

    def offer(self, agent: str = "ada", reservation: str = "r1", **more: Any) -> Hand:
        """Routing offers it to an agent."""
        acw = {"wrapup_prompt": "MANDATORY_TIMEOUT", "wrapup_timeout_ms": 30_000}
        deadline = self.at + 9000
        self.send("offer", "routing", reservation=reservation, agent=agent, deadline=deadline, **{**acw, **more})
        return self

    def accept(self, agent: str = "ada", reservation: str = "r1", **more: Any) -> tuple[str, ...] | Refused:
        """The agent takes it."""
        return self.send("accept", f"user:{agent}", reservation_id=reservation, **more)

    def leg_of(self, user: str) -> str:
        """The newest leg of a user."""
        found = self.now.by_user(user)
        assert found is not None
        assert found.leg is not None
        return found.leg.id

    def connect(self, agent: str = "ada", **more: Any) -> tuple[str, ...] | Refused:
        """The agent's device is there."""
        return self.send("leg_connected", "adapter", leg=self.leg_of(agent), **more)

    def talking(self, **offer: Any) -> Hand:
        """All the way to an agent who talks with the caller."""
        self.start().enqueue().offer(**offer)
        self.accept()
        self.connect()
        return self

    def customer_hangs_up(self) -> tuple[str, ...] | Refused:
        """The caller goes."""
        return self.send("leg_gone", "adapter", leg="leg-c")


PAIRS = (("QueueEntered", "QueueLeft"), ("OfferMade", "OfferEnded"), ("AcwStarted", "AcwEnded"))


def check(state: Conversation | None, before: Conversation | None, events: list[ConversationEvent]) -> None:
    """The invariants C1 to C7 of conversations.md §16, after every command."""
    assert state is not None
    assert [event.rev for event in events] == list(range(1, len(events) + 1))
    assert sum(execution.ended is None for execution in state.executions) <= 1
    assert sum(transfer.open for transfer in state.transfers) + (state.consult is not None) <= 1
    if before is not None:
        assert state.media.epoch >= before.media.epoch
        if state.media.holder != before.media.holder:
            assert state.media.epoch > before.media.epoch
    if state.media.execution is not None:
        assert state.running is not None
        assert state.running.id == state.media.execution
    if state.state != "closed":
        armed = [found for found in deadlines(state) if found.at is not None]
        assert armed, "nothing sees to it that this conversation ends"
    if state.state != "open":
        things = (state.offer, state.accepted, state.queue_entry, state.running, state.open_transfer, state.consult)
        assert things == (None,) * 6
        assert not [p for p in state.participants if p.living]
        assert state.media.holder == "none"
    for participant in state.participants:
        segments = participant.segments
        for earlier, later in pairwise(segments):
            assert earlier.end == later.start, f"a gap in the segments of {participant.purpose}"
        assert all(segment.end is not None for segment in segments[:-1])
    count = Counter(event.type for event in events)
    open_things = (state.queue_entry is not None, state.offer is not None, len(state.wrapup_open))
    for (begun, ended), still in zip(PAIRS, open_things, strict=True):
        assert count[begun] == count[ended] + still
    assert msgspec.json.encode(replay(events)) == msgspec.json.encode(state)


@pytest.fixture
def hand() -> Hand:
    """A conversation that has not begun."""
    return Hand()


@pytest.fixture
def new_hand() -> Callable[..., Hand]:
    """Makes conversations."""
    return Hand


@pytest.fixture
def gold() -> dict[str, Any]:
    """A queue place without an in-queue flow."""
    return GOLD
