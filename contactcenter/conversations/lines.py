"""What conversations need of telephony and of the rest: legs, devices, bridges, programs, queues, users (protocols)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from contactcenter.conversations.state import CallbackRules, Fallback, QueuePlace
from contactcenter.organisation import ScheduleGroup
from contactcenter.routing import messages as routing
from interpreter import Executable
from interpreter.media import LiveMedia


class Leg(Protocol):
    """One connection as an adapter holds it: prompts, digits and hang-up go through its ``LiveMedia``."""

    @property
    def media(self) -> LiveMedia:
        """What plays and listens on this leg; its listener is set by the conversation."""


class LegReport(Protocol):
    """Where an adapter tells what became of a leg that it was asked to place."""

    def connected(self, leg: str, *, machine: bool = False) -> None:
        """Somebody is there, or an answering machine, where the adapter can tell."""

    def failed(self, leg: str, reason: str) -> None:
        """It did not come about."""

    def gone(self, leg: str, *, lost: bool = False) -> None:
        """It has ended; ``lost``: the connection broke and may come back."""


class Devices(Protocol):
    """Places legs: to an agent's device, and to a number."""

    def is_open(self, agent: str) -> bool:
        """Whether the agent's device is there already, so that nothing has to ring (an open web phone)."""

    def place(self, agent: str, conversation: str, leg: str, report: LegReport) -> Leg | None:
        """Connect an agent's device; None when the agent has none."""

    def dial(self, number: str, conversation: str, leg: str, report: LegReport) -> Leg | None:
        """Dial a number; None when no adapter can."""


class Bridges(Protocol):
    """Lets legs hear each other."""

    def join(self, bridge: str, legs: Mapping[str, Leg]) -> None:
        """These, and only these, are in the bridge from now on; by leg id."""

    def part(self, bridge: str) -> None:
        """The bridge is no more; legs that have not ended stay connected."""


class Programs(Protocol):
    """Published flows."""

    def for_number(self, dialled: str) -> Executable | None:
        """The flow that answers a number: exact, then the longest prefix with ``*``, then ``default``."""

    def named(self, flow: str) -> Executable | None:
        """A flow by name, in its newest published version."""

    def fallback(self, dialled: str) -> Fallback | None:
        """What a caller of this number gets when the flow is lost."""


class QueueFacts(msgspec.Struct, frozen=True):
    """What a conversation has to know of a queue; times in ms, ``wrapup_codes`` ids by folded name and by id.

    ``callback_script`` is the script of its callbacks; ``owned_ahead_h`` how far ahead an agent may keep one, in hours,
    None where agents may not; ``callback_hours`` when customers are called back, None at any time.
    """

    id: str
    name: str
    flow: str | None = None
    hold_prompt: str | None = None
    wrapup_prompt: str = "OPTIONAL"
    wrapup_timeout_ms: int | None = None
    auto_answer: bool = False
    script: str | None = None
    callback: CallbackRules = CallbackRules()
    callback_script: str | None = None
    owned_ahead_h: int | None = None
    callback_hours: ScheduleGroup | None = None
    wrapup_codes: Mapping[str, tuple[str, str]] = {}

    def place(self, **asked: Any) -> QueuePlace:
        """A place in this queue, with what is asked of an agent."""
        return QueuePlace(queue_id=self.id, queue_name=self.name, flow=self.flow, hold_prompt=self.hold_prompt, **asked)


class UserFacts(msgspec.Struct, frozen=True):
    """A user."""

    id: str
    name: str


class Directory(Protocol):
    """Queues and users, by id or name."""

    def queue(self, name_or_id: str) -> QueueFacts | None:
        """A queue."""

    def user(self, name_or_id: str) -> UserFacts | None:
        """A user, by e-mail address or id."""

    def label(self, name_or_id: str) -> str | None:
        """The id of a utilisation label."""


class Routing(Protocol):
    """The routing port (routing.md §28.7)."""

    def send(self, command: routing.Command) -> Awaitable[routing.Answer]:
        """Answers after the commit; the same ``command_id`` gives the same answer."""

    def subscribe(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        """Durable events to this listener; gives what ends it."""


Waiting = Callable[[str], Mapping[str, Any]]
"""``waiting(conversation)``: built-in values of a waiting caller (``call.positioninqueue`` ...) by lower-case name."""
