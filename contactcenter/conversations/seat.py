"""An execution's place in its conversation: its media and host values, and how its commands reach the queue.

Everything happens under the media epoch that the execution was given; once it has lost the media, what it sends is
dropped or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contactcenter.conversations.ids import derived
from contactcenter.conversations.lines import Directory, Waiting
from contactcenter.conversations.messages import Actor, Answer, Command
from contactcenter.conversations.state import Conversation
from dsl.expressions.values import Entity
from interpreter.commands import HangUp, MediaCommand, Reject
from interpreter.media import LiveMedia
from interpreter.ports import Capabilities

if TYPE_CHECKING:
    from interpreter.execution import Execution

Post = Callable[[Command, Callable[[Answer], None] | None], None]
"""``post(command, then)``: put a command into the conversation's queue; ``then`` gets its answer."""


@dataclass(slots=True)
class Seat:
    """An execution's place in its conversation: under which epoch it holds the media, and how it reaches out.

    ``live`` is the caller's leg, None where nobody is on the line; ``now`` gives UTC ms. ``hanging_up`` keeps the
    goodbye of a flow until the conversation has agreed to the hang-up; ``transfers`` has, by request, who waits for the
    end of a transfer.
    """

    conversation: str
    execution: str
    epoch: int
    state: Callable[[], Conversation]
    post: Post
    directory: Directory
    live: LiveMedia | None
    now: Callable[[], int]
    running: Execution | None = None
    hanging_up: HangUp | None = None
    sent: int = 0
    transfers: dict[str, Callable[[str], None]] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether it still holds the media under its epoch (conversations.md §4)."""
        media = self.state().media
        return media.execution == self.execution and media.epoch == self.epoch

    def send(
        self, name: str, args: Mapping[str, Any], then: Callable[[Answer], None] | None = None, key: str = ""
    ) -> str:
        """Send a command as this execution; gives its id."""
        self.sent += 1
        command_id = derived(self.execution, name, key or self.sent)
        actor = Actor("execution", self.execution)
        epoch = None if name.startswith("execution_") else self.epoch
        self.post(
            Command(
                command_id=command_id, conversation=self.conversation, name=name, actor=actor, epoch=epoch, args=args
            ),
            then,
        )
        return command_id


class SeatedMedia:
    """The media port of an execution: fenced by its epoch, and its hang-up asks the conversation first (race 5)."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    @property
    def capabilities(self) -> Capabilities:
        """Those of the caller's adapter."""
        return self.seat.live.capabilities if self.seat.live else Capabilities()

    def send(self, command: MediaCommand) -> None:
        """Carry out a media command, unless somebody else has the media now."""
        if isinstance(command, (HangUp, Reject)):
            self.seat.hanging_up = command if isinstance(command, HangUp) else HangUp(cause=command.cause)
        elif self.seat.holds and self.seat.live is not None:
            self.seat.live.send(command)


class SeatedHost:
    """Host values: position in queue and estimated wait of a waiting caller, constant within a step."""

    def __init__(self, seat: Seat, waiting: Waiting | None) -> None:
        self.seat = seat
        self.waiting = waiting

    def read(self, names: frozenset[str]) -> Mapping[str, Any]:
        """The values asked for; those that nobody knows are left out."""
        entry = self.seat.state().queue_entry
        if entry is None:
            return {}
        place = entry.place
        known: dict[str, Any] = {"call.currentqueue": Entity("que", place.queue_id, place.queue_name)}
        if self.waiting is not None:
            known.update(self.waiting(self.seat.conversation))
        return {name: known[name] for name in names if known.get(name) is not None}
