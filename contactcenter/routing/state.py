"""What a routing shard knows: plain data that a snapshot holds and the events rebuild (routing.md §28.1).

There is much of it and it stays, and none of it can refer to itself: with ``gc=False`` the collector never walks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from contactcenter.routing.messages import Requirement, Stage

SNAPSHOT_FORMAT = 1

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

MEDIA = ("call", "callback", "chat", "email", "message", "workitem")

OFF_QUEUE, IDLE, INTERACTING = "OFF_QUEUE", "IDLE", "INTERACTING"
NOT_RESPONDING, COMMUNICATING = "NOT_RESPONDING", "COMMUNICATING"
WORKING = frozenset({IDLE, INTERACTING, COMMUNICATING})
"""Statuses in which an agent may be offered something."""

ALERTING, CONNECTED, INTERRUPTED, ACW = "alerting", "connected", "interrupted", "acw"

Key = tuple[int, int, int, int]
"""Order of waiting items, the smallest first (§3); unique, since its last part is the enqueue sequence."""


class Unit(msgspec.Struct, gc=False):
    """A piece of an agent's capacity that an item occupies; ``state`` as in ``UnitChanged``, or alerting."""

    reservation: str
    item: str
    media: str
    label: str | None = None
    state: str = ALERTING


class AgentState(msgspec.Struct, gc=False):
    """An agent; ``held`` in hundredths, ``queues`` with the ring, ``idle`` the rank of the idle reference time.

    The smaller ``idle``, the longer nothing was handled; 0 is never, or too long ago. Ties go by ``seq``, the place in
    the configuration. ``idle_at`` is that time itself (UTC ms).
    """

    id: str
    seq: int
    status: str = OFF_QUEUE
    since: int = 0
    held: dict[str, int] = {}
    queues: dict[str, int] = {}
    units: dict[str, Unit] = {}
    non_acd: dict[str, int] = {}
    idle: int = 0
    idle_at: int = 0


class Item(msgspec.Struct, gc=False):
    """A waiting item; ``seq`` is the shard's enqueue sequence, ``excluded`` agents may not be offered it until then.

    ``removed`` are skills that bullseye rings have taken off; ``scores`` a predictive scorer's answer; ``entries``
    counts stages, ``offers`` reservations; ``forward`` items have waited for ``max_wait_s``;
    the clock of a ``paused`` item's stage stands still until it is entered anew.
    """

    id: str
    queue: str
    media: str
    requirement: Requirement
    priority: int
    at: int
    seq: int
    label: str | None = None
    alert: Mapping[str, Any] = {}
    customer: str | None = None
    not_before: int | None = None
    stage: Stage = Stage()
    requested: str = "Standard"
    removed: tuple[str, ...] = ()
    scores: dict[str, int] = {}
    reservation: str | None = None
    excluded: dict[str, int] = {}
    entries: int = 0
    offers: int = 0
    forward: bool = False
    paused: bool = False

    @property
    def waits(self) -> bool:
        """In the queue and not being offered."""
        return self.reservation is None and self.not_before is None


class Reservation(msgspec.Struct, frozen=True, gc=False):
    """An open offer."""

    id: str
    item: str
    agent: str
    queue: str
    since: int
    deadline: int
    method: str


class Timer(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """Fires ``kind`` for ``ref`` at ``due``; ``mark`` tells whether it still means what it meant when it was set."""

    due: int
    number: int
    kind: str
    ref: str
    mark: int = 0


class Given(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The answer that a command got at ``at``, in JSON: a day's answers are many, and hardly one is asked for again."""

    at: int
    data: msgspec.Raw


class State(msgspec.Struct):
    """A shard: everything that decisions depend on but the configuration's typed form, which is derived.

    ``on`` are groups that conditional activation has switched on, by queue; ``last_agents`` by queue and customer
    (agent, when); ``answers`` by command id. ``lapse`` is when idle times are looked through for those that are too
    long ago, 0 for not at all.
    """

    configuration: dict[str, Any] = {}
    agents: dict[str, AgentState] = {}
    items: dict[str, Item] = {}
    reservations: dict[str, Reservation] = {}
    timers: list[Timer] = []
    timer_number: int = 0
    item_seq: int = 0
    idle_rank: int = 0
    lapse: int = 0
    on: dict[str, list[str]] = {}
    metrics: dict[str, dict[str, float]] = {}
    last_agents: dict[str, tuple[str, int]] = {}
    answers: dict[str, Given] = {}
    format: int = SNAPSHOT_FORMAT


def pack(state: State) -> bytes:
    """A snapshot: JSON with sorted keys, the same for equal states."""
    return msgspec.json.encode(state, order="sorted")


def unpack(snapshot: bytes) -> State | None:
    """The state of a snapshot, or None when it has another format and the journal must be replayed."""
    try:
        state = msgspec.json.decode(snapshot, type=State)
    except msgspec.ValidationError:
        return None
    return state if state.format == SNAPSHOT_FORMAT else None
