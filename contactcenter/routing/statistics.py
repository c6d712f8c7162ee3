"""What happened in the queues, counted from the journal alone (routing.md §18).

The live counters are these very functions fed with events as they become durable, so recomputing them from the
journal gives the same figures. Nothing here is rounded before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from contactcenter.routing import messages as m
from contactcenter.routing.configuration import ServiceLevel
from contactcenter.routing.estimate import Sample
from contactcenter.routing.halfhours import HALF_HOUR_MS, HalfHours
from contactcenter.routing.people import AgentCounters, People
from contactcenter.routing.recent import Recent
from contactcenter.routing.state import DAY_MS, MEDIA
from contactcenter.routing.waits import Endurances, Waits

WEEK_MS = 7 * DAY_MS
FINE_DAYS, KEPT_DAYS = 8, 400
"""Queues' and skills' half-hours reach back so far, for the estimate looks a week back; and their days so far."""

COUNTS = (
    "offered",
    "alerts",
    "not_answered",
    "answered",
    "abandoned",
    "flow_outs",
    "expired",
    "cancelled",
    "handled",
)
FLOW_OUT = frozenset({"flow_out", "transferred", "callback"})


@dataclass(slots=True)
class Counters:
    """Figures of one queue and medium in one half-hour; an item counts where its wait ended.

    ``waits`` are those of answered items, ``abandons`` those of abandoned ones.
    """

    offered: int = 0
    alerts: int = 0
    not_answered: int = 0
    answered: int = 0
    abandoned: int = 0
    flow_outs: int = 0
    expired: int = 0
    cancelled: int = 0
    handled: int = 0
    handle_ms: int = 0
    held_ms: int = 0
    waits: Waits = field(default_factory=Waits)
    abandons: Endurances = field(default_factory=Endurances)

    def add(self, other: Counters) -> None:
        """Sum up."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.handle_ms += other.handle_ms
        self.held_ms += other.held_ms
        self.waits.merge(other.waits)
        self.abandons.merge(other.abandons)


@dataclass(frozen=True, slots=True)
class Switches:
    """What the service level counts; changing one changes history (§18)."""

    include_flow_outs: bool = False
    exclude_short_abandons: bool = False
    exclude_abandons: bool = False
    short_abandon_ms: int = 10_000


def service_level(counted: Iterable[tuple[Counters, ServiceLevel]], switches: Switches = Switches()) -> float | None:
    """Percent answered in time, each medium held against its own target; None when there is nothing to divide by."""
    in_time = whole = 0.0
    for counters, target in counted:
        in_time += counters.waits.within(target.duration_ms)
        whole += counters.answered + (counters.flow_outs if switches.include_flow_outs else 0)
        if not switches.exclude_abandons:
            whole += counters.abandoned
            if switches.exclude_short_abandons:
                whole -= counters.abandons.within(switches.short_abandon_ms)
    return 100 * in_time / whole if whole > 0 else None


@dataclass(slots=True)
class _Waiting:
    queue: str
    media: str
    since: int
    skills: tuple[str, ...] = ()


@dataclass(slots=True)
class _Handling:
    queue: str
    media: str
    since: int
    skills: tuple[str, ...] = ()
    held: int | None = None


FORMAT = 4

Slots: TypeAlias = HalfHours[tuple[str, str], Counters]
"""By half-hour; by queue (or skill) and medium."""


class _Kept(msgspec.Struct):
    format: int
    newest: int
    queues: list[tuple[int, tuple[str, str], Counters]]
    skills: list[tuple[int, tuple[str, str], Counters]]
    ever: dict[str, Counters]
    recent: list[tuple[int, tuple[str, str], Counters]]
    window_ms: int
    waiting: dict[str, _Waiting]
    handling: dict[str, _Handling]
    agents: list[tuple[int, str, AgentCounters]]
    statuses: dict[str, tuple[str, int]]
    working: dict[str, int]


class Statistics:
    """Counters by queue and medium, by skill or language and medium, and by agent, all by half-hour."""

    def __init__(self) -> None:
        self.queues: Slots = HalfHours(Counters, fine_days=FINE_DAYS, kept_days=KEPT_DAYS)
        self.skills: Slots = HalfHours(Counters, fine_days=FINE_DAYS, kept_days=KEPT_DAYS)
        self.people = People()
        self.recent: Recent[Counters] = Recent(Counters)
        self._ever: dict[str, Counters] = {}
        self._newest = 0
        self._waiting: dict[str, _Waiting] = {}
        self._handling: dict[str, _Handling] = {}

    def apply(self, event: m.Event, at: int) -> None:
        """Count an event of the journal."""
        if at - self._newest >= HALF_HOUR_MS:
            self._age(at)
        self.people.apply(event, at)
        match event:
            case m.ConfigChanged():
                self.recent.configured(event.configuration)
            case m.ItemEnqueued():
                asked = event.requirement.asked
                self._waiting[event.item] = _Waiting(event.queue, event.media, event.at, asked)
                if event.not_before is None:
                    self._enter(event.item, at)
            case m.ItemDue():
                self._enter(event.item, at)
            case m.ItemMoved():
                waiting = self._waiting[event.item]
                for slot in self._slots(waiting, at):
                    slot.flow_outs += 1
                asked = event.requirement.asked
                self._waiting[event.item] = _Waiting(event.queue, waiting.media, event.at, asked)
                self._enter(event.item, at)
            case m.RoutingPatched():
                self._waiting[event.item].skills = event.requirement.asked
            case m.ItemReserved():
                for slot in self._slots(self._waiting[event.item], at):
                    slot.alerts += 1
            case m.OfferDeclined() | m.OfferTimedOut():
                for slot in self._slots(self._waiting[event.item], at):
                    slot.not_answered += 1
            case m.OfferAccepted():
                waiting = self._waiting[event.item]
                self._handling[event.reservation] = _Handling(waiting.queue, waiting.media, at, waiting.skills)
                if event.queue is not None:
                    self._leave(event.item, "answered", at)
            case m.ItemLeft():
                self._leave(event.item, event.reason, at)
            case m.UnitMoved() if event.reservation in self._handling:
                self._move(event, at)

    def _move(self, event: m.UnitMoved, at: int) -> None:
        """A unit's way: time on hold, or put aside for something else, is counted when it ends."""
        handling = self._handling[event.reservation]
        if event.unit in ("held", "interrupted"):
            handling.held = at if handling.held is None else handling.held
            return
        if handling.held is not None and event.unit in ("resumed", "acw", "released"):
            ms, handling.held = at - handling.held, None
            self.people.held(event.agent, at, ms)
            for slot in self._slots(handling, at):
                slot.held_ms += ms
        if event.unit == "released":
            del self._handling[event.reservation]
            for slot in self._slots(handling, at):
                slot.handled += 1
                slot.handle_ms += at - handling.since

    def _age(self, at: int) -> None:
        self._newest = at - at % HALF_HOUR_MS
        for slots in (self.queues, self.skills, self.people.counters):
            slots.age(at)

    def _enter(self, item: str, at: int) -> None:
        for slot in self._slots(self._waiting[item], at):
            slot.offered += 1

    def _leave(self, item: str, reason: str, at: int) -> None:
        waiting = self._waiting.pop(item)
        waited = at - waiting.since
        for slot in self._slots(waiting, at):
            if reason == "answered":
                slot.answered += 1
                slot.waits.add(waited)
            elif reason == "abandoned":
                slot.abandoned += 1
                slot.abandons.add(waited)
            elif reason in FLOW_OUT:
                slot.flow_outs += 1
            elif reason == "expired":
                slot.expired += 1
            else:
                slot.cancelled += 1

    def _slots(self, one: _Waiting | _Handling, at: int) -> Iterator[Counters]:
        """Where something is counted: at its queue, now and ever, and at each skill that is asked for."""
        yield self.queues.slot((one.queue, one.media), at)
        if one.queue not in self._ever:
            self._ever[one.queue] = Counters()
        yield self._ever[one.queue]
        if self.recent.window_ms:
            yield self.recent.slot((one.queue, one.media), at)
        for skill in one.skills:
            yield self.skills.slot((skill, one.media), at)

    # -- keeping

    def snapshot(self) -> bytes:
        """All counters and what is under way, the same for the same history."""
        people = self.people
        kept = _Kept(
            FORMAT,
            self._newest,
            list(self.queues),
            list(self.skills),
            self._ever,
            list(self.recent),
            self.recent.window_ms,
            self._waiting,
            self._handling,
            list(people.counters),
            people.statuses,
            people.handling,
        )
        return msgspec.json.encode(kept)

    @classmethod
    def restore(cls, snapshot: bytes) -> Statistics | None:
        """The statistics of a snapshot; None when it has another format and the journal must be counted again."""
        try:
            kept = msgspec.json.decode(snapshot, type=_Kept)
        except msgspec.ValidationError:
            return None
        if kept.format != FORMAT:
            return None
        statistics = cls()
        statistics._newest, statistics._ever = kept.newest, kept.ever
        statistics.queues.restore(kept.queues, kept.newest)
        statistics.skills.restore(kept.skills, kept.newest)
        statistics.recent.restore(kept.recent, kept.window_ms)
        statistics.people = People(kept.statuses, kept.working)
        statistics.people.counters.restore(kept.agents, kept.newest)
        statistics._waiting, statistics._handling = kept.waiting, kept.handling
        return statistics

    # -- reading

    def total(self, queue: str, media: str | None = None, since: int = 0, until: int | None = None) -> Counters:
        """The sum over half-hours that begin in [since, until)."""
        return self.queues.total(_keys(queue, media), since, until)

    def of_skill(self, skill: str, media: str | None = None, since: int = 0, until: int | None = None) -> Counters:
        """As ``total``, of what asked for a skill or language."""
        return self.skills.total(_keys(skill, media), since, until)

    def counts(self, queue: str) -> dict[str, int]:
        """How often what happened in a queue, ever."""
        whole = self._ever.get(queue, Counters())
        return {count: getattr(whole, count) for count in COUNTS}

    def sample(self, queue: str, media: str | None, now: int) -> Sample:
        """What an estimate is based on: the same half-hour one week ago, else this one and the one before (§17)."""
        then = now - WEEK_MS
        start = then - then % HALF_HOUR_MS
        found = self.total(queue, media, start, start + HALF_HOUR_MS)
        if not found.offered:
            start = now - now % HALF_HOUR_MS - HALF_HOUR_MS
            found = self.total(queue, media, start, start + 2 * HALF_HOUR_MS)
        departures = found.answered + found.abandoned + found.flow_outs
        waited = found.waits.total_ms + found.abandons.total_ms
        return Sample(found.offered, found.handled, found.abandoned, found.handle_ms, departures, waited)


def _keys(name: str, media: str | None) -> list[tuple[str, str]]:
    return [(name, medium) for medium in (MEDIA if media is None else (media,))]
