"""The journal's form of events and snapshots: JSON with sorted keys, a version per event (routing.md §28.2)."""

from __future__ import annotations

import msgspec

from contactcenter.routing.core import Core
from contactcenter.routing.messages import Event
from contactcenter.routing.statistics import Statistics
from contactcenter.routing.upgrades import current_body, version_of
from store.contract import Append, NewEvent, Save, Store, StoredEvent, Write

SNAPSHOTS = "routing-snapshot"

_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(Event)


class Routed(msgspec.Struct, frozen=True):
    """A durable event: ``seq`` in the shard's stream and ``position`` in the store identify it for ever.

    ``position`` is 0 when the event was delivered straight after its commit.
    """

    shard: str
    seq: int
    at: int
    event: Event
    position: int = 0

    @property
    def id(self) -> str:
        """What commands that follow from this event derive their ``command_id`` from (docs/decisions/007-ids.md)."""
        return f"{stream_of(self.shard)}:{self.seq}"


class Snapshot(msgspec.Struct, frozen=True):
    """A core's state after the event ``seq``, and the statistics of the events up to ``counted``."""

    seq: int
    state: msgspec.Raw
    counted: int
    statistics: msgspec.Raw


def stream_of(shard: str) -> str:
    """The journal's stream of a shard, and the name of its lease."""
    return f"routing/{shard}"


def decode(stored: StoredEvent) -> Routed:
    """A stored event in its current form.

    Raises ``Unavailable`` for one that a newer callwright wrote, ``msgspec.ValidationError`` for an unknown type.
    """
    event: Event = _DECODER.decode(current_body(stored))
    return Routed(stored.stream.partition("/")[2], stored.seq, stored.at, event, stored.position)


def appending(shard: str, expected: int, events: tuple[Event, ...], at: int, epoch: int | None) -> Append:
    """The write that puts decided events into the journal."""
    new = tuple(_new(type(event).__name__, event, at) for event in events)
    return Append(stream_of(shard), expected, new, epoch)


def _new(kind: str, event: Event, at: int) -> NewEvent:
    return NewEvent(kind, at, _ENCODER.encode(event), version_of(kind))


def saving(shard: str, revision: int, seq: int, core: Core, counted: int, statistics: Statistics) -> Write:
    """The write that replaces the snapshot of revision ``revision``."""
    snapshot = Snapshot(seq, msgspec.Raw(core.snapshot()), counted, msgspec.Raw(statistics.snapshot()))
    return Save(SNAPSHOTS, shard, revision, revision + 1, _ENCODER.encode(snapshot))


def recount(store: Store, shard: str, until: int) -> Statistics:
    """The statistics of all events up to ``until``: what the snapshot counted, and the journal after it."""
    document = store.load(SNAPSHOTS, shard)
    statistics, counted = Statistics(), 0
    if document is not None:
        snapshot = msgspec.json.decode(document.body, type=Snapshot)
        restored = Statistics.restore(bytes(snapshot.statistics))
        if restored is not None:
            statistics, counted = restored, snapshot.counted
    while counted < until and (page := store.read(stream_of(shard), counted, min(1000, until - counted))):
        for stored in page:
            statistics.apply(decode(stored).event, stored.at)
        counted = page[-1].seq
    return statistics


class Rebuilt(msgspec.Struct):
    """A core as the journal has it."""

    core: Core
    seq: int
    revision: int
    tail: list[Routed]
    """The events after ``wanted_after``, for those who have not heard of them."""

    at: int = 0
    """When the last event was, UTC ms; 0 when there is none."""


def rebuild(store: Store, shard: str, wanted_after: int | None = None) -> Rebuilt:
    """The core of snapshot and journal, read in pages."""
    document = store.load(SNAPSHOTS, shard)
    core, seq = None, 0
    if document is not None:
        snapshot = msgspec.json.decode(document.body, type=Snapshot)
        core, seq = Core.restore(bytes(snapshot.state)), snapshot.seq
    if core is None:
        core, seq = Core(), 0
    tail: list[Routed] = []
    if wanted_after is not None and wanted_after < seq:
        tail += [decode(stored) for stored in store.read(stream_of(shard), wanted_after, seq - wanted_after)]
    while page := store.read(stream_of(shard), seq):
        for stored in page:
            routed = decode(stored)
            core.apply(routed.event, routed.at)
            if wanted_after is not None and routed.seq > wanted_after:
                tail.append(routed)
        seq = page[-1].seq
    core.settle()
    newest = store.read(stream_of(shard), seq - 1, 1)
    return Rebuilt(core, seq, document.rev if document else 0, tail, newest[0].at if newest else 0)
