"""A decision in the making: events one after the other, each on the state that the one before it left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import msgspec

from contactcenter.conversations.apply import apply
from contactcenter.conversations.ids import derived
from contactcenter.conversations.messages import Command, ConversationEvent, Refused
from contactcenter.conversations.settings import Settings
from contactcenter.conversations.state import Conversation, Leg, LegState, Participant, Purpose

T = TypeVar("T")


@dataclass(slots=True)
class Draft:
    """What a handler works on: the state so far, the command, the time, and the events it has decided on."""

    before: Conversation | None
    command: Command
    at: int
    settings: Settings
    events: list[ConversationEvent] = field(default_factory=list)
    current: Conversation | None = None

    def __post_init__(self) -> None:
        self.current = self.before

    @property
    def state(self) -> Conversation:
        """The state after the events so far."""
        assert self.current is not None, "the conversation has not begun"
        return self.current

    @property
    def args(self) -> Mapping[str, Any]:
        """The command's arguments."""
        return self.command.args

    @property
    def home(self) -> dict[str, str]:
        """Where a conversation that begins now is at home (``homes``)."""
        return {"home": self.args["home"]} if self.args.get("home") else {}

    def read(self, name: str, kind: type[T]) -> T | None:
        """An argument as a value of its type; None when it is not given."""
        given = self.args.get(name)
        return None if given is None else msgspec.convert(given, kind)

    def emit(
        self,
        type: str,  # noqa: A002  (the field's name)
        data: Mapping[str, Any] | msgspec.Struct | None = None,
        *,
        participant: str | None = None,
        leg: str | None = None,
        cause: str | None = None,
    ) -> None:
        """Decide on an event."""
        plain = {} if data is None else msgspec.to_builtins(data)
        event = ConversationEvent(
            type=type,
            conversation=self.command.conversation,
            rev=(self.current.rev if self.current else 0) + 1,
            at=self.at,
            actor=self.command.actor,
            command_id=self.command.command_id,
            participant=participant,
            leg=leg,
            cause=cause,
            data=plain,
        )
        self.current = apply(self.current, event)
        self.events.append(event)

    def new_id(self, what: str) -> str:
        """The id of the next thing of a kind; derived from what caused it, so that deciding again gives the same."""
        rev = self.current.rev if self.current else 0
        return derived(self.command.conversation, rev, what)

    def refuse(self, code: str, message: str) -> Refused:
        """A refusal that says where the conversation stands."""
        state = self.before
        return Refused(code, message, rev=state.rev if state else 0, state=state.state if state else None)

    # Steps that several decisions share.

    def add_participant(self, purpose: Purpose, *, leg: Leg | None = None, **facts: Any) -> str:
        """Add a participant, with its first leg if it has one; gives its id."""
        identity = self.new_id("participant")
        added = Participant(id=identity, purpose=purpose, start=self.at, legs=(leg,) if leg else (), **facts)
        self.emit("ParticipantAdded", added, participant=identity, leg=leg.id if leg else None)
        return identity

    def new_leg(self, state: LegState, direction: str, **facts: Any) -> Leg:
        """A leg that begins now."""
        dialing = self.at if state == "dialing" else None
        alerting = self.at if state == "alerting" else None
        connected = self.at if state == "connected" else None
        facts.setdefault("id", self.new_id("leg"))
        return Leg(
            state=state,
            initial_state=state,
            direction=direction,
            start_dialing=dialing,
            start_alerting=alerting,
            connected=connected,
            **facts,
        )

    def end_leg(self, participant: Participant, disconnect_type: str, error: str | None = None) -> None:
        """End the living leg of a participant; nothing happens without one."""
        leg = participant.leg
        if leg is None or not leg.living:
            return
        change = {"state": "disconnected", "disconnect_type": disconnect_type} | ({"error": error} if error else {})
        self.emit("LegChanged", change, participant=participant.id, leg=leg.id)

    def set_attributes(self, attributes: Mapping[str, str] | None, participant: str | None = None) -> None:
        """Write participant data (the customer's, unless another participant is named); nothing when there is none."""
        customer = self.state.customer
        owner = participant or (customer.id if customer else None)
        if attributes and owner:
            self.emit("AttributesSet", attributes, participant=owner)

    def end_execution(self, reason: str) -> None:
        """End the running execution, if there is one; what it has set and not flushed comes with the command."""
        running = self.state.running
        if running is not None:
            self.emit("ExecutionEnded", {"id": running.id, "reason": reason})


Handler: TypeAlias = Callable[[Draft], Refused | None]
"""Decides on a draft: events, or a refusal that gives up whatever was decided so far."""
