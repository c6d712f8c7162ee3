"""A conversation as a value (conversations.md §1, §2). Times are UTC milliseconds; ids are UUID texts.

Everything is frozen: ``apply`` gives a new value that shares what did not change, so that a decision may run ahead of
the log and be dropped whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec

LegState: TypeAlias = Literal[
    "alerting", "dialing", "contacting", "offering", "connected", "parked", "scheduled", "disconnected", "terminated"
]
LIVING: frozenset[LegState] = frozenset(
    {"alerting", "dialing", "contacting", "offering", "connected", "parked", "scheduled"}
)
Purpose: TypeAlias = Literal["customer", "external", "ivr", "acd", "agent", "user", "workflow", "voicemail", "outbound"]
PEOPLE_OUTSIDE = frozenset({"customer", "external"})
PEOPLE_INSIDE = frozenset({"agent", "user"})
EVERYBODY = PEOPLE_INSIDE | PEOPLE_OUTSIDE

RECORD = "crm.record"
"""The participant data that names the record which the flow used (``connector:type:id``)."""

NEEDS_CODE = frozenset({"MANDATORY", "MANDATORY_TIMEOUT", "MANDATORY_FORCED_TIMEOUT"})
"""Wrap-up modes of a queue in which the agent has to choose a code (routing.md §13)."""

SECURE = "secure."
"""What the names of participant data begin with that is shown to nobody."""


def shown_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Participant data without what is shown to nobody."""
    return {name: text for name, text in attributes.items() if not name.startswith(SECURE)}


class _Value(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Common settings: frozen, defaults left out on the wire."""


class Segment(_Value, frozen=True):
    """What a participant did for a while: Alert, Dialing, Contacting, Ivr, Delay, Hold, Interact, Scheduled, Callback,
    Wrapup or System."""

    type: str
    start: int
    end: int | None = None
    disconnect_type: str | None = None


class Leg(_Value, frozen=True):
    """One connection of a participant; ``peer`` is the id that the phone system or browser knows it by.

    ``media`` is what it carries where that is not the conversation's medium: the calls of a callback.
    """

    id: str
    state: LegState
    initial_state: LegState
    direction: str = "inbound"
    media: str | None = None
    adapter: str = ""
    peer: str = ""
    held: bool = False
    muted: bool = False
    confined: bool = False
    disconnect_type: str | None = None
    error: str | None = None
    start_dialing: int | None = None
    start_alerting: int | None = None
    connected: int | None = None
    disconnected: int | None = None
    hold_since: int | None = None
    held_ms: int = 0
    lost_since: int | None = None

    @property
    def living(self) -> bool:
        """Whether it may still carry anything."""
        return self.state in LIVING


class Wrapup(_Value, frozen=True):
    """What an agent noted at the end; a ``provisional`` one is a draft that needs no code."""

    code: str | None = None
    name: str | None = None
    notes: str = ""
    tags: tuple[str, ...] = ()
    provisional: bool = False
    duration_s: int | None = None
    end: int | None = None


class Acw(_Value, frozen=True):
    """After-call work of a participant: pending, skipped or complete."""

    state: str
    start: int
    end: int | None = None
    deadline: int | None = None
    extended: int = 0


class Participant(_Value, frozen=True):
    """A part played.

    ``wrapup_prompt`` is the queue's mode as routing.md §13 writes it, None when none is asked for; ``outcome`` tells
    how an acd participant left its queue.
    """

    id: str
    purpose: Purpose
    start: int
    name: str | None = None
    user_id: str | None = None
    queue_id: str | None = None
    external_contact_id: str | None = None
    external_contact_division: str | None = None
    contact_linked_by: str | None = None
    address: str | None = None
    ani: str | None = None
    dnis: str | None = None
    attributes: Mapping[str, str] = {}
    connected: int | None = None
    end: int | None = None
    legs: tuple[Leg, ...] = ()
    segments: tuple[Segment, ...] = ()
    wrapup: Wrapup | None = None
    acw: Acw | None = None
    acw_requested: bool = False
    wrapup_prompt: str | None = None
    wrapup_timeout_ms: int | None = None
    alerting_timeout_ms: int | None = None
    entry_id: str | None = None
    execution_id: str | None = None
    outcome: str | None = None
    script_id: str | None = None
    alarms: int = 0

    @property
    def leg(self) -> Leg | None:
        """The newest leg that lives, else the newest: a callback outlives the calls that it makes."""
        return next((leg for leg in reversed(self.legs) if leg.living), self.legs[-1] if self.legs else None)

    @property
    def living(self) -> bool:
        """Whether its leg may still carry anything."""
        leg = self.leg
        return leg is not None and leg.living

    @property
    def talking(self) -> bool:
        """Whether its leg is connected."""
        leg = self.leg
        return leg is not None and leg.state == "connected"

    @property
    def needs_code(self) -> bool:
        """Whether its wrap-up ends with a code only."""
        return self.wrapup_prompt in NEEDS_CODE


class Media(_Value, frozen=True):
    """Who may be heard: ``none``, ``hold``, ``execution:<id>`` or ``bridge:<id>``; every change raises ``epoch``."""

    holder: str = "none"
    epoch: int = 0
    since: int = 0

    @property
    def execution(self) -> str | None:
        """The execution that holds the media."""
        kind, _, identity = self.holder.partition(":")
        return identity if kind == "execution" else None

    @property
    def bridge(self) -> str | None:
        """The bridge that holds the media."""
        kind, _, identity = self.holder.partition(":")
        return identity if kind == "bridge" else None


class ExecutionRecord(_Value, frozen=True):
    """An execution that runs or ran here: kind = inbound, inqueue, outbound, secure, bot or module."""

    id: str
    flow: str
    kind: str
    started: int
    version: str = ""
    ended: int | None = None
    reason: str | None = None
    invocation: str | None = None


class QueuePlace(_Value, frozen=True):
    """A queue as a conversation needs it, and what is asked of an agent there: ids, with names for people to read.

    ``flow`` is the in-queue flow; ``direct`` the one agent who is asked for.
    """

    queue_id: str
    queue_name: str
    flow: str | None = None
    priority: int = 0
    skills: tuple[str, ...] = ()
    skill_names: tuple[str, ...] = ()
    skill_expression: str | None = None
    language_id: str | None = None
    language_name: str | None = None
    label_id: str | None = None
    preferred: tuple[tuple[str, int], ...] = ()
    direct: str | None = None
    flags: tuple[str, ...] = ()
    hold_prompt: str | None = None


class QueueEntry(_Value, frozen=True):
    """A place in a queue; ``confirmed``: routing has given ``enqueued_at``, else it is told after the commit."""

    entry_id: str
    item_id: str
    place: QueuePlace
    enqueued_at: int
    participant_id: str
    confirmed: bool = True


class Offer(_Value, frozen=True):
    """An offer to one agent: kind = acd (routing's reservation), direct, transfer or consult (our own)."""

    reservation_id: str
    agent_id: str
    participant_id: str
    since: int
    deadline: int
    kind: str = "acd"
    auto_answer: bool = False


class Destination(_Value, frozen=True):
    """Where a transfer or consult leads: exactly one of a queue, a user, a number or a flow."""

    queue: QueuePlace | None = None
    user_id: str | None = None
    user_name: str | None = None
    number: str | None = None
    flow: str | None = None
    invocation: str | None = None
    """What a flow hands over to the flow (``Flow.InvocationData``)."""


class Transfer(_Value, frozen=True):
    """A transfer: kind = blind, attended, consult, flow or flow_out (a flow gave up a queue place for it);
    state = Pending, Complete, Canceled, Failed or Timeout."""

    id: str
    kind: str
    state: str
    initiator: str
    destination: Destination
    issued: int
    command_id: str
    participant_id: str | None = None
    modified: int | None = None

    @property
    def open(self) -> bool:
        """Whether its end is still to come."""
        return self.state in ("Pending", "Active")


class Consult(_Value, frozen=True):
    """A consultation: who asked, who is asked, and who hears whom (DESTINATION, OBJECT, BOTH, CONFERENCE).

    ``staying`` marks a conference: the initiator stays, and nobody is expected to complete it.
    """

    id: str
    initiator: str
    target: str
    speak_to: str
    since: int
    deadline: int
    connected: int | None = None
    staying: bool = False


class CallbackRules(_Value, frozen=True):
    """How a queue calls back (``mediaSettings.callback``, routing.md §15); ``retries`` come after the first attempt.

    ``reserve``: an agent is taken before the customer is called; ``auto_answer``: offers need no click. ``auto_dial_s``
    and ``auto_end_s`` are None where the agent dials and ends. ``live_voice`` is what follows when the customer
    answers: TransferToQueue, TransferToFlow (``live_voice_flow``) or HangUp; ``machine`` the same for an answering
    machine, where HangUp is as if nobody had answered. ``pace`` times the free agents gives how
    many customers may be called at once.
    """

    customer_first: bool = False
    reserve: bool = False
    auto_answer: bool = False
    auto_dial_s: int | None = None
    auto_end_s: int | None = None
    pace: float = 1.0
    retries: int = 0
    retry_delay_s: int = 300
    live_voice: str = "TransferToQueue"
    live_voice_flow: str | None = None
    machine: str = "HangUp"
    machine_flow: str | None = None


class Callback(_Value, frozen=True):
    """What is to be called back: ``numbers`` in E.164 where they are valid, ``due`` (UTC ms) when it may begin.

    ``place`` is the queue place that every attempt is offered at, with its ``waits_since``; ``attempts`` counts calls,
    ``called`` is when the newest began, ``left`` when it ended. ``origin`` is the conversation it was asked for in.
    """

    numbers: tuple[str, ...]
    place: QueuePlace
    due: int
    waits_since: int
    rules: CallbackRules = CallbackRules()
    attempts: int = 0
    called: int | None = None
    left: int | None = None
    script_id: str | None = None
    caller_id: str | None = None
    caller_id_name: str | None = None
    origin: str | None = None

    @property
    def number(self) -> str:
        """The number that is dialled."""
        return self.numbers[0]


class Fallback(_Value, frozen=True):
    """What a caller gets when the flow is lost: an announcement, then a queue, else the call ends."""

    announcement: str | None = None
    queue: QueuePlace | None = None


class Conversation(_Value, frozen=True):
    """The aggregate.

    ``callback`` is set where the medium is callback; ``callbacks`` are those that were asked for here.
    ``last_place`` is the queue place that was left last, where a lost caller goes back to; ``accepted`` an offer
    that was accepted and whose leg is not connected yet; ``label_id`` the utilisation label of its queue places;
    ``home`` says which node decides (``homes``).
    """

    id: str
    rev: int
    start: int
    home: str = ""
    media_type: str = "call"
    direction: str = "inbound"
    state: Literal["open", "closing", "closed"] = "open"
    end: int | None = None
    closed: int | None = None
    ani: str | None = None
    dnis: str | None = None
    address: str | None = None
    participants: tuple[Participant, ...] = ()
    media: Media = Media()
    executions: tuple[ExecutionRecord, ...] = ()
    queue_entry: QueueEntry | None = None
    last_place: QueueEntry | None = None
    offer: Offer | None = None
    accepted: Offer | None = None
    transfers: tuple[Transfer, ...] = ()
    consult: Consult | None = None
    external_tag: str | None = None
    label_id: str | None = None
    divisions: tuple[str, ...] = ()
    secure_pause: bool = False
    recording_state: str = "none"
    language: str | None = None
    screen_pop: Mapping[str, object] | None = None
    fallback: Fallback | None = None
    callback: Callback | None = None
    callbacks: tuple[str, ...] = ()
    outcome: str | None = None
    disconnect_type: str | None = None

    @property
    def customer(self) -> Participant | None:
        """The customer; None for a personal call."""
        return next((p for p in self.participants if p.purpose == "customer"), None)

    @property
    def caller(self) -> Participant | None:
        """The first party from outside: the customer, or the far end of a personal call."""
        return next((p for p in self.participants if p.purpose in PEOPLE_OUTSIDE), None)

    @property
    def running(self) -> ExecutionRecord | None:
        """The execution that has not ended; there is at most one."""
        return next((e for e in reversed(self.executions) if e.ended is None), None)

    @property
    def open_transfer(self) -> Transfer | None:
        """The transfer whose end is still to come; there is at most one."""
        return next((t for t in reversed(self.transfers) if t.open), None)

    @property
    def crm_record(self) -> str | None:
        """The record that the flow used (``connector:type:id``)."""
        return self.attribute(RECORD)

    def participant(self, identity: str | None) -> Participant | None:
        """A participant by id."""
        return next((p for p in self.participants if p.id == identity), None)

    def by_leg(self, leg: str | None) -> Participant | None:
        """The participant whose leg this is."""
        return next((p for p in self.participants if any(own.id == leg for own in p.legs)), None)

    def by_user(self, user: str) -> Participant | None:
        """The newest participant that this user plays; a living one comes first."""
        own = [p for p in self.participants if p.user_id == user]
        return next((p for p in reversed(own) if p.living), own[-1] if own else None)

    def living(self, purposes: frozenset[str]) -> Iterator[Participant]:
        """Participants of these purposes whose legs live."""
        return (p for p in self.participants if p.purpose in purposes and p.living)

    def talking(self, purposes: frozenset[str]) -> Iterator[Participant]:
        """Participants of these purposes whose legs are connected."""
        return (p for p in self.participants if p.purpose in purposes and p.talking)

    @property
    def has_agent(self) -> bool:
        """Whether somebody inside, an agent or a user, is connected."""
        return next(self.talking(PEOPLE_INSIDE), None) is not None

    def attribute(self, name: str) -> str | None:
        """Participant data as others see it."""
        return self.attributes.get(name)

    @property
    def attributes(self) -> dict[str, str]:
        """Participant data as others see it: the customer's, then that of the newest participant with the name (§5)."""
        merged: dict[str, str] = {}
        for participant in self.participants:
            merged.update(participant.attributes)
        if self.customer is not None:
            merged.update(self.customer.attributes)
        return merged

    @property
    def wrapup_open(self) -> tuple[Participant, ...]:
        """Participants whose after-call work runs."""
        return tuple(p for p in self.participants if p.acw is not None and p.acw.state == "pending")
