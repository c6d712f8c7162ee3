"""One open conversation as the service holds it: its state, its queue of commands, its legs, its running execution."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contactcenter.conversations.lines import Leg
from contactcenter.conversations.messages import Actor, Answer, Command
from contactcenter.conversations.seat import Seat
from contactcenter.conversations.state import Conversation
from interpreter.commands import HangUp
from interpreter.execution import Execution
from interpreter.ports import Timer

Then = Callable[[Answer], None]


@dataclass(slots=True)
class Case:
    """What is alive of a conversation in this process; everything that must survive is in ``state``.

    Of one that is ``unread`` it is not known yet what the store has: its commands wait.
    """

    id: str
    state: Conversation | None = None
    unread: bool = False
    queue: deque[tuple[Command, Then | None]] = field(default_factory=deque)
    legs: dict[str, Leg] = field(default_factory=dict)
    seat: Seat | None = None
    goodbye: HangUp | None = None
    timer: Timer | None = None

    @property
    def running(self) -> Execution | None:
        """The execution that has not ended."""
        execution = self.seat.running if self.seat else None
        return execution if execution is not None and not execution.ended else None

    @property
    def is_planned(self) -> bool:
        """Whether it only waits for the time to call somebody back."""
        customer = self.state.customer if self.state is not None and self.state.callback is not None else None
        return customer is not None and customer.leg is not None and customer.leg.state == "scheduled"

    @property
    def customer_leg(self) -> Leg | None:
        """The caller's leg, if it is held in this process."""
        caller = self.state.caller if self.state is not None else None
        return self.legs.get(caller.leg.id) if caller is not None and caller.leg is not None else None

    def let_go(self) -> None:
        """Another node has the conversation now: nothing more happens here, and nobody is told."""
        if self.timer is not None:
            self.timer.cancel()
        if self.running is not None:
            self.running.abandon()
        for leg in self.legs.values():
            leg.media.listener = None
            leg.media.release()
        self.legs.clear()
        self.seat = None

    def stop(self, how: str) -> dict[str, str]:
        """End the running execution from outside; gives the participant data that it had not flushed yet.

        No author action runs after this (flow-format.md §11), so it comes before the commit that makes it so.
        """
        seat, execution = self.seat, self.running
        if seat is None or execution is None:
            return {}
        buffered = dict(execution.state.attributes) if execution.state else {}
        seat.running = None
        if how == "connected":
            execution.connected()
        else:
            execution.hung_up(how)
        return buffered


class LegListener:
    """Hears one leg: hands what belongs to the running execution to it, and the end of the leg to the conversation."""

    def __init__(self, case: Case, leg: str, post: Callable[[Command], None], new_id: Callable[[], str]) -> None:
        self.case = case
        self.leg = leg
        self.post = post
        self.new_id = new_id

    def _execution(self) -> Execution | None:
        """The execution, if it still has the media; what comes later is stale (race 6)."""
        seat = self.case.seat
        return self.case.running if seat is not None and seat.holds else None

    def _send(self, name: str, **args: Any) -> None:
        actor = Actor("adapter", self.leg)
        self.post(
            Command(
                command_id=self.new_id(),
                conversation=self.case.id,
                name=name,
                actor=actor,
                args={"leg": self.leg, **args},
            )
        )

    # What a LiveMedia reports.

    def prompt_done(self, id: str, how: str, ms: int) -> None:  # noqa: A002  (interpreter.ports)
        """The say has ended."""
        if execution := self._execution():
            execution.prompt_done(id, how, ms)

    def input_done(
        self,
        id: str,  # noqa: A002  (interpreter.ports)
        digits: str,
        why: str,
        key: str | None = None,
        speech: str | None = None,
        confidence: float | None = None,
    ) -> None:
        """The collect or menu has ended."""
        if execution := self._execution():
            execution.input_done(id, digits, why, key, speech, confidence)

    def recording_done(self, id: str, uri: str, ms: int, why: str) -> None:  # noqa: A002  (interpreter.ports)
        """The record has ended."""
        if execution := self._execution():
            execution.recording_done(id, uri, ms, why)

    def silence_done(self, id: str, how: str) -> None:  # noqa: A002  (interpreter.ports)
        """The listen has ended."""
        if execution := self._execution():
            execution.silence_done(id, how)

    def adapter_error(self, where: str, detail: str, *, fatal: bool) -> None:
        """The adapter has failed."""
        if execution := self._execution():
            execution.adapter_error(where, detail, fatal=fatal)

    def hung_up(self, by: str, cause: str = "normal") -> None:
        """The party on this leg has gone. A caller's execution ends now, so that no late answer finds it running."""
        mine = self.case.legs.get(self.leg)
        attributes = self.case.stop(by) if mine is not None and mine is self.case.customer_leg else {}
        self.gone(self.leg, error=cause not in ("normal", "hangup"), attributes=attributes)

    # What an adapter reports of a leg that it was asked to place (lines.LegReport).

    def connected(self, leg: str, *, machine: bool = False) -> None:
        """Somebody is there, or an answering machine, where the adapter can tell."""
        self._send("leg_connected", **({"machine": True} if machine else {}))

    def failed(self, leg: str, reason: str) -> None:
        """It did not come about."""
        self._send("leg_failed", reason=reason)

    def gone(
        self, leg: str, *, lost: bool = False, error: bool = False, attributes: Mapping[str, str] | None = None
    ) -> None:
        """It has ended."""
        flags = {name: True for name, on in (("lost", lost), ("error", error)) if on}
        self._send("leg_gone", **flags, **({"attributes": dict(attributes)} if attributes else {}))
