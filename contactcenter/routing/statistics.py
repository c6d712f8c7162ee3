"""What happened in the queues, counted from the journal alone (routing.md §18).

The live counters are these very functions fed with events as they become durable, so recomputing them from the
journal gives the same figures. Nothing here is rounded before it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from contactcenter.routing import messages as m
from contactcenter.routing.configuration import ServiceLevel
from contactcenter.routing.estimate import Sample

HALF_HOUR_MS = 1_800_000
WEEK_MS = 7 * 24 * 3_600_000
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
        for name in ("offered", "alerts", "not_answered", "answered", "abandoned", "flow_outs", "expired", "cancelled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.handled += other.handled
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


class _Kept(msgspec.Struct):
    counters: list[tuple[str, str, int, Counters]]
    waiting: dict[str, _Waiting]
    handling: dict[str, tuple[str, str, int]]


class Statistics:
    """Counters by queue, medium and half-hour (its start in UTC ms)."""

    def __init__(self) -> None:
        self.counters: dict[tuple[str, str, int], Counters] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._handling: dict[str, tuple[str, str, int]] = {}

    def apply(self, event: m.Event, at: int) -> None:
        """Count an event of the journal."""
        match event:
            case m.ItemEnqueued() if event.not_before is None:
                self._enter(event.item, event.queue, event.media, event.at, at)
            case m.ItemEnqueued():
                self._waiting[event.item] = _Waiting(event.queue, event.media, event.at)
            case m.ItemDue():
                waiting = self._waiting[event.item]
                self._enter(event.item, waiting.queue, waiting.media, waiting.since, at)
            case m.ItemMoved():
                waiting = self._waiting[event.item]
                self._slot(waiting.queue, waiting.media, at).flow_outs += 1
                self._enter(event.item, event.queue, waiting.media, event.at, at)
            case m.ItemReserved():
                self._slot(event.queue, event.media, at).alerts += 1
            case m.OfferDeclined() | m.OfferTimedOut():
                waiting = self._waiting[event.item]
                self._slot(waiting.queue, waiting.media, at).not_answered += 1
            case m.OfferAccepted():
                waiting = self._waiting[event.item]
                self._handling[event.reservation] = (waiting.queue, waiting.media, at)
            case m.ItemLeft():
                self._leave(event, at)
            case m.UnitMoved(unit="released") if event.reservation in self._handling:
                queue, media, since = self._handling.pop(event.reservation)
                slot = self._slot(queue, media, at)
                slot.handled += 1
                slot.handle_ms += at - since

    def _enter(self, item: str, queue: str, media: str, since: int, at: int) -> None:
        self._waiting[item] = _Waiting(queue, media, since)
        self._slot(queue, media, at).offered += 1

    def _leave(self, event: m.ItemLeft, at: int) -> None:
        waiting = self._waiting.pop(event.item)
        slot, waited = self._slot(waiting.queue, waiting.media, at), at - waiting.since
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

    def _slot(self, queue: str, media: str, at: int) -> Counters:
        return self.counters.setdefault((queue, media, at - at % HALF_HOUR_MS), Counters())

    # -- keeping

    def snapshot(self) -> bytes:
        """All counters and what is under way, the same for the same history."""
        counters = [(*key, self.counters[key]) for key in sorted(self.counters)]
        return msgspec.json.encode(_Kept(counters, self._waiting, self._handling), order="sorted")

    @classmethod
    def restore(cls, snapshot: bytes) -> Statistics:
        """The statistics of a snapshot."""
        kept = msgspec.json.decode(snapshot, type=_Kept)
        statistics = cls()
        statistics.counters = {(queue, media, start): counters for queue, media, start, counters in kept.counters}
        statistics._waiting, statistics._handling = kept.waiting, kept.handling
        return statistics

    # -- reading

    def total(self, queue: str, media: str | None = None, since: int = 0, until: int | None = None) -> Counters:
        """The sum over half-hours that begin in [since, until)."""
        whole = Counters()
        for (q, medium, start), counters in self.counters.items():
            if q == queue and media in (None, medium) and start >= since and (until is None or start < until):
                whole.add(counters)
        return whole

    def sample(self, queue: str, media: str | None, now: int) -> Sample:
        """What an estimate is based on: the same half-hour one week ago, else this one and the one before (§17)."""
        then = now - WEEK_MS
        start = then - then % HALF_HOUR_MS
        found = self.total(queue, media, start, start + HALF_HOUR_MS)
        if not found.offered:
            start = now - now % HALF_HOUR_MS - HALF_HOUR_MS
            found = self.total(queue, media, start)
        departures = found.answered + found.abandoned + found.flow_outs
        return Sample(found.offered, found.handled, found.abandoned, found.handle_ms, departures)
