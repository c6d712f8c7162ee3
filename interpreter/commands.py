"""Commands: all that the flow machine can ask of the world (telephony.md §3.1).

Two families. *Media* commands are a closed list that every telephony adapter implements and nothing else.
Everything other is a ``Request`` to a port, answered by a ``Reply`` whose ``path`` is the Architect output; a
new action that needs the world is a catalogue entry, never a new command type. ``Continue`` and ``End`` speak
to the execution itself.

Times are integer milliseconds; a ``deadline`` is UTC milliseconds. ``id`` is unique inside one execution
(``"<seq>.<n>"``). A command that waits ends the step that emitted it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec


class _Record(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Common settings of commands: frozen, told apart by their class name on the wire."""


# Prompts: what can be heard. Values have been put into words of the running language by then.


class Text(_Record, frozen=True):
    """Words to speak in ``language``; ``value`` and ``kind`` tell an adapter with a better voice what they
    came from (number, digits, date, time, money, duration, characters)."""

    text: str
    language: str
    voice: str | None = None
    barge_in: bool = True
    kind: str | None = None
    value: str | None = None


class Recording(_Record, frozen=True):
    """A recorded prompt by name (``Prompt.Welcome``), with its transcript for adapters that have no such
    file."""

    name: str
    transcript: str
    language: str
    uri: str | None = None
    barge_in: bool = True


class Silence(_Record, frozen=True):
    """A pause."""

    ms: int
    barge_in: bool = True


Prompt: TypeAlias = Text | Recording | Silence


# Media commands.


class Answer(_Record, frozen=True):
    """Take the call."""


class Reject(_Record, frozen=True):
    """Refuse the call; the execution is over."""

    cause: str = "rejected"


class Say(_Record, frozen=True):
    """Play prompts and wait for their end: ``PromptDone``.

    ``interruptible`` leaves the key in the digit queue.
    """

    id: str
    prompts: tuple[Prompt, ...]
    deadline: int
    interruptible: bool = True


class Speech(_Record, frozen=True):
    """When something that is said is over (flow-format.md §7), in ms: after so long a silence behind what is a whole
    answer, behind what is none yet, and after so long a speech. For recognisers that report piece by piece."""

    complete: int = 100
    incomplete: int = 1_500
    longest: int = 20_000


class Collect(_Record, frozen=True):
    """Play prompts and collect digits by the rules of telephony.md §4: ``Input``."""

    id: str
    max: int
    deadline: int
    prompts: tuple[Prompt, ...] = ()
    min: int = 1
    term_keys: str = "#"
    first_timeout: int = 5000
    inter_timeout: int = 3000
    term_timeout: int = 0
    barge_in: bool = True
    flush_typeahead: bool = False
    allowed: str = "0123456789*#"
    accept_bare: str = ""
    secure: bool = False
    language: str = "en-us"
    speech: Speech | None = None
    """None: only keys count."""


class Menu(_Record, frozen=True):
    """Play prompts and wait for one choice: ``Input``.

    ``choices`` maps a key to the terms that may be spoken for it.
    """

    id: str
    choices: Mapping[str, tuple[str, ...]]
    deadline: int
    prompts: tuple[Prompt, ...] = ()
    first_timeout: int = 10_000
    barge_in: bool = True
    flush_typeahead: bool = False
    extension_delay: int | None = None
    min_confidence: float = 0.5
    language: str = "en-us"
    speech: Speech | None = None
    """None: only keys count."""


class Record(_Record, frozen=True):
    """Record the caller: ``RecordingDone``."""

    id: str
    deadline: int
    prompts: tuple[Prompt, ...] = ()
    max_s: int = 120
    silence_s: int = 5
    term_keys: str = "#"
    beep: bool = True


class Listen(_Record, frozen=True):
    """Wait for silence: ``SilenceDone``."""

    id: str
    silence_ms: int
    timeout: int
    deadline: int


class Background(_Record, frozen=True):
    """Filler while something runs: prompts or music until the next audio command; ``stop`` ends it."""

    prompts: tuple[Prompt, ...] = ()
    hold_music: str | None = None
    stop: bool = False


class Stop(_Record, frozen=True):
    """End a running say, collect, menu, record or listen; its own answer then says ``stopped``."""

    id: str


class SendDigits(_Record, frozen=True):
    """Send keys to the far end."""

    digits: str


class SetHeaders(_Record, frozen=True):
    """Headers of the next transfer or hang-up (UUI, SIP headers)."""

    values: Mapping[str, str]


class HangUp(_Record, frozen=True):
    """Play what is still queued, then hang up."""

    prompts: tuple[Prompt, ...] = ()
    cause: str = "normal"


MediaCommand: TypeAlias = (
    Answer | Reject | Say | Collect | Menu | Record | Listen | Background | Stop | SendDigits | SetHeaders | HangUp
)


# Requests and the execution's own commands.


class Request(_Record, frozen=True):
    """A question to a port: ``data_actions``, ``lookups``, ``customers``, ``conversation``, ``routing`` or
    ``clock``.

    ``inputs`` are run-time values of the expression language by name. ``idempotent`` requests may be sent
    again after a restart, all others then take their failure output (``outcome unknown``).
    """

    id: str
    port: str
    operation: str
    inputs: Mapping[str, Any]
    deadline: int
    idempotent: bool = False


class Cancel(_Record, frozen=True):
    """Withdraw an open command or request; its late answer is stale."""

    id: str


class Continue(_Record, frozen=True):
    """The step's action budget is used up: step again with the event ``Continue`` when others have had their
    turn."""


class End(_Record, frozen=True):
    """The execution is over, and this is what it leaves behind.

    ``how``: disconnect, queue, number, user, flow, voicemail, hangup, error, workflow (``reason`` = its exit
    reason), module,
    bot. ``attributes`` holds the participant data set and not yet flushed, ``outputs`` the published output variables.
    """

    how: str
    reason: str | None = None
    attributes: Mapping[str, str] = {}
    outcomes: Mapping[str, str] = {}
    wrapup_code: str | None = None
    outputs: Mapping[str, Any] = {}


Command: TypeAlias = MediaCommand | Request | Cancel | Continue | End
