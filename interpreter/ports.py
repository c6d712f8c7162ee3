"""Ports: the protocols through which an execution meets the world.

All of them stand here, their implementations in the services, in the adapters, and (scripted or generated) in
the simulator.

Everything is called on one thread and answers by callback, so that the same code runs under an event loop,
under a virtual clock, and in a plain loop. Time comes from ``Clock`` only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import msgspec

from interpreter.commands import End, MediaCommand, Request
from interpreter.events import Reply


class Timer(Protocol):
    """An armed timer."""

    def cancel(self) -> None:
        """Disarm; harmless when it has fired already."""


class Clock(Protocol):
    """The one source of time: UTC in integer milliseconds, and timers on the execution's own thread."""

    def now(self) -> int:
        """UTC, ms since the epoch; never goes backwards."""

    def call_at(self, at: int, action: Callable[[], None]) -> Timer:
        """Run ``action`` at ``at`` or as soon as possible after it, in order of ``at`` and then of arming."""


class Capabilities(msgspec.Struct, frozen=True):
    """What a telephony adapter can do (telephony.md §3.4)."""

    barge_in: bool = True
    typeahead: bool = True
    tts: bool = True
    asr: bool = False
    record: bool = False
    queue: bool = False
    refer: bool = False
    inter_timeout: bool = True
    term_timeout: bool = True
    early_media: bool = False
    digit_events: bool = True
    headers: bool = False
    """Whether SIP headers come in with a call and go out with a transfer or hang-up."""

    @property
    def names(self) -> frozenset[str]:
        """Those that are there, by name."""
        return frozenset(name for name in self.__struct_fields__ if getattr(self, name))


class MediaPort(Protocol):
    """A leg as the machine sees it.

    Answers (``PromptDone``, ``Input`` ...) and ``HungUp`` come back through the listener.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What this leg's adapter can do."""

    def send(self, command: MediaCommand) -> None:
        """Carry out a media command.

        Never raises: what cannot be done answers with its failed outcome.
        """


class MediaListener(Protocol):
    """Who holds the media: gets what the leg reports.

    The execution implements it.
    """

    def prompt_done(self, id: str, how: str, ms: int) -> None:  # noqa: A002
        """The say ``id`` has ended."""

    def input_done(
        self,
        id: str,  # noqa: A002
        digits: str,
        why: str,
        key: str | None = None,
        speech: str | None = None,
        confidence: float | None = None,
    ) -> None:
        """The collect or menu ``id`` has ended."""

    def recording_done(self, id: str, uri: str, ms: int, why: str) -> None:  # noqa: A002
        """The record ``id`` has ended."""

    def silence_done(self, id: str, how: str) -> None:  # noqa: A002
        """The listen ``id`` has ended."""

    def hung_up(self, by: str, cause: str = "normal") -> None:
        """The call is over."""

    def adapter_error(self, where: str, detail: str, *, fatal: bool) -> None:
        """The adapter has failed."""


Answer = Callable[[str, Mapping[str, Any], Mapping[str, Any]], None]
"""``answer(path, outputs, failure)``: how a port answers a request, at once or later, exactly once."""


class RequestPort(Protocol):
    """Answers requests: data actions, look-ups, customers, conversation, routing."""

    def request(self, execution: str, request: Request, answer: Answer) -> None:
        """Answer ``request`` by calling ``answer``; in the same turn where nothing has to be waited for.

        Never raises.
        """

    def cancel(self, execution: str, request_id: str) -> None:
        """Nobody waits for this request any more."""


class HostValues(Protocol):
    """Values that a program may read and that are constant within one step (position in queue, estimated wait
    ...)."""

    def read(self, names: frozenset[str]) -> Mapping[str, Any]:
        """Run-time values of the built-in variables asked for (``call.positioninqueue``: names in lower case); unknown
        ones are left out."""


class StaleExecution(Exception):  # noqa: N818  (somebody else was faster, which is no fault)
    """Another node has stored this execution meanwhile: whoever learns it lets go without another word."""


class ExecutionStore(Protocol):
    """Where parked executions live (DESIGN.md, Execution)."""

    def save(
        self,
        execution: str,
        expected: int,
        seq: int,
        snapshot: bytes,
        until: int,
        stored: Callable[[Exception | None], None],
    ) -> None:
        """Replace the snapshot after event ``expected`` (0: there is none) by the one after event ``seq``.

        Answers by ``stored``, at once or later: None once it is durable, ``StaleExecution`` when somebody else was
        faster, any other exception when it could not be stored until ``until`` (UTC ms).
        """

    def finish(self, execution: str) -> None:
        """The execution has ended; its snapshot is no longer needed. Nobody waits for that."""


class ExecutionListener(Protocol):
    """Who started an execution hears of its end and, if interested, of its trace."""

    def ended(self, execution: str, end: End) -> None:
        """The execution is over."""

    def traced(self, execution: str, element: Mapping[str, Any]) -> None:
        """One trace element (interpreter.trace)."""


__all__ = [
    "Answer",
    "Capabilities",
    "Clock",
    "ExecutionListener",
    "ExecutionStore",
    "HostValues",
    "MediaListener",
    "MediaPort",
    "Reply",
    "RequestPort",
    "StaleExecution",
    "Timer",
]
