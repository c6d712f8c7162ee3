"""What happened in the queues, counted from the journal alone (routing.md §18).

The live counters are these very functions fed with events as they become durable, so recomputing them from the
journal gives the same figures. Nothing here is rounded before it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from contactcenter.routing import messages as m
from contactcenter.routing.configuration import ServiceLevel
from contactcenter.routing.estimate import Sample
from contactcenter.routing.people import HALF_HOUR_MS, AgentCounters, People
from contactcenter.routing.state import MEDIA

WEEK_MS = 7 * 24 * 3_600_000
FEW_MS = WEEK_MS // 7
"""Sums over at most so long a time look their half-hours up, however long the history is."""

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

    ``waits`` are those of answered items, ``abandons`` those of abandoned ones (ms), for targets that change later.
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
    waits: list[int] = field(default_factory=list)
    abandons: list[int] = field(default_factory=list)

    def add(self, other: Counters) -> None:
        """Sum up."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.handle_ms += other.handle_ms
        self.waits += other.waits
        self.abandons += other.abandons


@dataclass(frozen=True, slots=True)
class Switches:
    """What the service level counts; changing one changes history (§18)."""

    include_flow_outs: bool = False
    exclude_short_abandons: bool = False
    exclude_abandons: bool = False
    short_abandon_ms: int = 10_000


def service_level(counters: Counters, target: ServiceLevel, switches: Switches = Switches()) -> float | None:
    """Percent answered in time, None when there is nothing to divide by."""
    over = sum(wait > target.duration_ms for wait in counters.waits)
    whole = counters.answered + counters.abandoned
    if switches.include_flow_outs:
        whole += counters.flow_outs
    if switches.exclude_abandons:
        whole -= counters.abandoned
    elif switches.exclude_short_abandons:
        whole -= sum(wait < switches.short_abandon_ms for wait in counters.abandons)
    return 100 * (counters.answered - over) / whole if whole > 0 else None


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


FORMAT = 2


class _Kept(msgspec.Struct):
    format: int
    counters: list[tuple[str, str, int, Counters]]
    skills: list[tuple[str, str, int, Counters]]
    waiting: dict[str, _Waiting]
    handling: dict[str, _Handling]
    agents: list[tuple[str, int, AgentCounters]]
    statuses: dict[str, tuple[str, int]]
    working: dict[str, int]


class Statistics:
    """Counters by queue, medium and half-hour (its start in UTC ms); by skill or language likewise; and by agent."""

    def __init__(self) -> None:
        self.counters: dict[tuple[str, str, int], Counters] = {}
        self.skills: dict[tuple[str, str, int], Counters] = {}
        self.people = People()
        self._waiting: dict[str, _Waiting] = {}
        self._handling: dict[str, _Handling] = {}

    def apply(self, event: m.Event, at: int) -> None:
        """Count an event of the journal."""
        self.people.apply(event, at)
        match event:
            case m.ItemEnqueued():
                asked = _asked(event.requirement)
                self._waiting[event.item] = _Waiting(event.queue, event.media, event.at, asked)
                if event.not_before is None:
                    self._enter(event.item, at)
            case m.ItemDue():
                self._enter(event.item, at)
            case m.ItemMoved():
                waiting = self._waiting[event.item]
                for slot in self._slots(waiting, at):
                    slot.flow_outs += 1
                asked = _asked(event.requirement)
                self._waiting[event.item] = _Waiting(event.queue, waiting.media, event.at, asked)
                self._enter(event.item, at)
            case m.RoutingPatched():
                self._waiting[event.item].skills = _asked(event.requirement)
            case m.ItemReserved():
                for slot in self._slots(self._waiting[event.item], at):
                    slot.alerts += 1
            case m.OfferDeclined() | m.OfferTimedOut():
                for slot in self._slots(self._waiting[event.item], at):
                    slot.not_answered += 1
            case m.OfferAccepted():
                waiting = self._waiting[event.item]
                self._handling[event.reservation] = _Handling(waiting.queue, waiting.media, at, waiting.skills)
            case m.ItemLeft():
                self._leave(event, at)
            case m.UnitMoved(unit="released") if event.reservation in self._handling:
                handled = self._handling.pop(event.reservation)
                for slot in self._slots(handled, at):
                    slot.handled += 1
                    slot.handle_ms += at - handled.since

    def _enter(self, item: str, at: int) -> None:
        for slot in self._slots(self._waiting[item], at):
            slot.offered += 1

    def _leave(self, event: m.ItemLeft, at: int) -> None:
        waiting = self._waiting.pop(event.item)
        waited = at - waiting.since
        for slot in self._slots(waiting, at):
            if event.reason == "answered":
                slot.answered += 1
                slot.waits.append(waited)
            elif event.reason == "abandoned":
                slot.abandoned += 1
                slot.abandons.append(waited)
            elif event.reason in FLOW_OUT:
                slot.flow_outs += 1
            elif event.reason == "expired":
                slot.expired += 1
            else:
                slot.cancelled += 1

    def _slots(self, one: _Waiting | _Handling, at: int) -> Iterator[Counters]:
        """Where something is counted: at its queue, and at each skill that is asked for."""
        start = at - at % HALF_HOUR_MS
        yield self.counters.setdefault((one.queue, one.media, start), Counters())
        for skill in one.skills:
            yield self.skills.setdefault((skill, one.media, start), Counters())

    # -- keeping

    def snapshot(self) -> bytes:
        """All counters and what is under way, the same for the same history."""
        people = self.people
        kept = _Kept(
            FORMAT,
            [(*key, self.counters[key]) for key in sorted(self.counters)],
            [(*key, self.skills[key]) for key in sorted(self.skills)],
            self._waiting,
            self._handling,
            [(*key, people.counters[key]) for key in sorted(people.counters)],
            people.statuses,
            people.handling,
        )
        return msgspec.json.encode(kept, order="sorted")

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
        statistics.counters = {(queue, media, start): counters for queue, media, start, counters in kept.counters}
        statistics.skills = {(skill, media, start): counters for skill, media, start, counters in kept.skills}
        agents = {(agent, start): counters for agent, start, counters in kept.agents}
        statistics.people = People(agents, kept.statuses, kept.working)
        statistics._waiting, statistics._handling = kept.waiting, kept.handling
        return statistics

    # -- reading

    def total(self, queue: str, media: str | None = None, since: int = 0, until: int | None = None) -> Counters:
        """The sum over half-hours that begin in [since, until)."""
        return _sum(self.counters, queue, media, since, until)

    def of_skill(self, skill: str, media: str | None = None, since: int = 0, until: int | None = None) -> Counters:
        """As ``total``, of what asked for a skill or language."""
        return _sum(self.skills, skill, media, since, until)

    def counts(self, queue: str) -> dict[str, int]:
        """How often what happened in a queue, ever; without the waits, so that it may be asked for often."""
        whole = dict.fromkeys(COUNTS, 0)
        for (name, _, _), slot in self.counters.items():
            if name == queue:
                for count in COUNTS:
                    whole[count] += getattr(slot, count)
        return whole

    def sample(self, queue: str, media: str | None, now: int) -> Sample:
        """What an estimate is based on: the same half-hour one week ago, else this one and the one before (§17)."""
        then = now - WEEK_MS
        start = then - then % HALF_HOUR_MS
        found = self.total(queue, media, start, start + HALF_HOUR_MS)
        if not found.offered:
            start = now - now % HALF_HOUR_MS - HALF_HOUR_MS
            found = self.total(queue, media, start, start + 2 * HALF_HOUR_MS)
        departures = found.answered + found.abandoned + found.flow_outs
        waited = sum(found.waits) + sum(found.abandons)
        return Sample(found.offered, found.handled, found.abandoned, found.handle_ms, departures, waited)


def _sum(
    counters: Mapping[tuple[str, str, int], Counters], name: str, media: str | None, since: int, until: int | None
) -> Counters:
    whole = Counters()
    if until is not None and until - since <= FEW_MS:
        for start in range(since + -since % HALF_HOUR_MS, until, HALF_HOUR_MS):
            for medium in MEDIA if media is None else (media,):
                slot = counters.get((name, medium, start))
                if slot is not None:
                    whole.add(slot)
        return whole
    for (found, medium, start), slot in counters.items():
        if found == name and media in (None, medium) and start >= since and (until is None or start < until):
            whole.add(slot)
    return whole


def _asked(requirement: m.Requirement) -> tuple[str, ...]:
    return (*requirement.skills, *((requirement.language,) if requirement.language else ()))
