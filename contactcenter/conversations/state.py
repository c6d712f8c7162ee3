"""The conversation as a value: participants, legs, who holds the media, queue place, offer, wrap-up (conversations.md §1, §2).

Times are UTC milliseconds. The value changes by events only; ``contactcenter.conversations.apply`` is the one place where it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

LIVE = frozenset({"alerting", "dialing", "contacting", "connected", "parked"})
"""States of a leg that is not over."""


class Leg(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One connection of a participant; ``peer`` is the phone system's own id of it."""

    id: str
    adapter: str
    peer: str = ""
    state: str = "alerting"
    initial_state: str = "alerting"
    direction: str = "inbound"
    held: bool = False
    muted: bool = False
    secure_pause: bool = False
    disconnect_type: str | None = None
    start_alerting: int | None = None
    connected: int | None = None
    disconnected: int | None = None
    hold_since: int | None = None
    held_ms: int = 0

    @property
    def is_live(self) -> bool:
        """Whether it is not over."""
        return self.state in LIVE


class Wrapup(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What the agent says of the conversation afterwards."""

    code: str | None = None
    notes: str = ""
    provisional: bool = False
    at: int = 0


class Participant(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A part played: customer, external, ivr, acd, agent or user."""

    id: str
    purpose: str
    name: str | None = None
    user_id: str | None = None
    queue_id: str | None = None
    address: str | None = None
    ani: str | None = None
    dnis: str | None = None
    attributes: dict[str, str] = {}
    start: int = 0
    end: int | None = None
    legs: list[Leg] = []
    script: dict[str, Any] | None = None
    contact_id: str | None = None
    wrapup: Wrapup | None = None
    wrapup_prompt: str | None = None
    wrapup_timeout_ms: int | None = None
    wrapup_requested: bool = False
    acw_start: int | None = None
    acw_end: int | None = None
    acw_state: str | None = None

    @property
    def leg(self) -> Leg | None:
        """The newest leg."""
        return self.legs[-1] if self.legs else None

    @property
    def is_live(self) -> bool:
        """Whether a leg of it is not over."""
        return any(leg.is_live for leg in self.legs)


class Media(msgspec.Struct):
    """Who may speak: ``execution:<id>``, ``hold``, ``bridge:<id>`` or ``none``; every change raises the epoch."""

    holder: str = "none"
    epoch: int = 0
    since: int = 0


class ExecutionRecord(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A program that ran in the conversation: ``kind`` inbound or inqueue, ``reason`` how it ended."""

    id: str
    flow: str
    kind: str
    started: int
    ended: int | None = None
    reason: str | None = None


class QueueEntry(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The place in a queue, as routing gave it; the key itself lives in routing."""

    entry_id: str
    queue_id: str
    queue_name: str
    enqueued_at: int
    priority: int = 0
    skills: list[str] = []
    language: str | None = None


class Offer(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The open offer to an agent; ``accepted`` once the agent said yes and the leg is on its way."""

    reservation_id: str
    agent_id: str
    participant_id: str
    since: int
    deadline: int
    accepted: bool = False


class Transfer(msgspec.Struct, omit_defaults=True, kw_only=True):
    """A transfer that an agent began (conversations.md §8)."""

    id: str
    kind: str
    state: str
    initiator: str
    to: dict[str, str]
    issued: int


class Conversation(msgspec.Struct, kw_only=True):
    """The aggregate."""

    id: str
    rev: int = 0
    media_type: str = "call"
    state: str = "open"
    direction: str = "inbound"
    start: int = 0
    end: int | None = None
    closed: int | None = None
    participants: list[Participant] = []
    media: Media = msgspec.field(default_factory=Media)
    executions: list[ExecutionRecord] = []
    queue_entry: QueueEntry | None = None
    offer: Offer | None = None
    transfers: list[Transfer] = []
    external_tag: str | None = None
    outcome: str | None = None

    def participant(self, identity: str | None) -> Participant | None:
        """A participant by id."""
        return next((p for p in self.participants if p.id == identity), None)

    def with_purpose(self, purpose: str) -> Iterator[Participant]:
        """Participants of one purpose, in order."""
        return (p for p in self.participants if p.purpose == purpose)

    @property
    def customer(self) -> Participant | None:
        """The person, or the far party."""
        return next((p for p in self.participants if p.purpose in ("customer", "external")), None)

    @property
    def agent(self) -> Participant | None:
        """The agent who is connected or on the way."""
        return next((p for p in reversed(self.participants) if p.purpose == "agent" and p.is_live), None)

    @property
    def execution(self) -> ExecutionRecord | None:
        """The execution that has not ended."""
        return next((e for e in reversed(self.executions) if e.ended is None), None)

    @property
    def open_transfer(self) -> Transfer | None:
        """The transfer that is under way."""
        return next((t for t in self.transfers if t.state in ("Pending", "Active")), None)

    def leg(self, identity: str) -> tuple[Participant, Leg] | None:
        """A leg by id, with its participant."""
        for participant in self.participants:
            for leg in participant.legs:
                if leg.id == identity:
                    return participant, leg
        return None

    def attributes(self) -> dict[str, str]:
        """Participant data as others read it: the customer's, then the newest participant that has the name (§5)."""
        found: dict[str, str] = {}
        for participant in self.participants:
            found.update(participant.attributes)
        customer = self.customer
        if customer is not None:
            found.update(customer.attributes)
        return found
