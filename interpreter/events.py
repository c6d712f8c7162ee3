"""Events: all that can happen to a flow machine (telephony.md §3.2).

Every event carries ``seq`` (1, 2, 3 ... per execution), ``at`` (UTC ms) and ``host``: the values that the
program declares it reads (position in queue, estimated wait ...), constant within the step. An event whose
``id`` is not open is stale: traced and ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec


class _Event(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, kw_only=True):
    seq: int
    at: int
    host: Mapping[str, Any] = {}


class Started(_Event, frozen=True):
    """The first event.

    A call has addresses; a workflow has inputs only.     ``ani`` and ``dnis`` are URIs (``tel:+49...``,
    ``sip:...``);
    ``attributes`` the participant data that the conversation has
    already; ``builtins`` further values of built-in variables by name (``Call.RemoteName``); ``seed`` starts
    the random generator.
    """

    execution: str
    conversation: str | None = None
    ani: str | None = None
    ani_name: str | None = None
    dnis: str | None = None
    dnis_original: str | None = None
    language: str | None = None
    headers: Mapping[str, str] = {}
    inputs: Mapping[str, Any] = {}
    attributes: Mapping[str, str] = {}
    builtins: Mapping[str, Any] = {}
    seed: int = 0


class PromptDone(_Event, frozen=True):
    """A say has ended: ``done``, ``interrupted``, ``stopped`` or ``failed``; ``ms`` of audio were really
    played."""

    id: str
    how: str
    ms: int = 0


class Input(_Event, frozen=True):
    """A collect or menu has ended: ``why`` = max, term, inter_timeout, no_input, no_match or stopped
    (telephony.md §4.3).

    ``key`` is the terminator that was pressed, ``speech`` the best hypothesis with its ``confidence`` 0..1.
    """

    id: str
    digits: str
    why: str
    key: str | None = None
    speech: str | None = None
    confidence: float | None = None


class RecordingDone(_Event, frozen=True):
    """A recording has ended: ``why`` = term, silence, max, hangup or stopped."""

    id: str
    uri: str
    ms: int
    why: str


class SilenceDone(_Event, frozen=True):
    """A listen has ended: ``how`` = silence, timeout or stopped."""

    id: str
    how: str


class Reply(_Event, frozen=True):
    """A port's answer: ``path`` is the Architect output, ``outputs`` run-time values, ``failure`` the failure
    outputs."""

    id: str
    path: str
    outputs: Mapping[str, Any] = {}
    failure: Mapping[str, Any] = {}


class HungUp(_Event, frozen=True):
    """The call is over, at any point in place of the event waited for: ``by`` = caller, system or peer."""

    by: str
    cause: str = "normal"


class Connected(_Event, frozen=True):
    """The caller is bridged to somebody: the execution ends as ``connected`` and no further action runs."""


class AdapterError(_Event, frozen=True):
    """The adapter failed; ``fatal`` ends the execution through the flow's error handling."""

    where: str
    detail: str
    fatal: bool = False


class TimerFired(_Event, frozen=True):
    """The deadline of the command or request ``id`` has passed."""

    id: str


class Continued(_Event, frozen=True):
    """Go on after ``Continue``."""


Event: TypeAlias = (
    Started
    | PromptDone
    | Input
    | RecordingDone
    | SilenceDone
    | Reply
    | HungUp
    | Connected
    | AdapterError
    | TimerFired
    | Continued
)
