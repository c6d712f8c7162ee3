"""What a shard looks like to a node that does not own it: the journal, read along (routing.md §28.7).

It serves reads, and it is the warm standby: whoever takes the shard over has only the newest events to read.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from contactcenter.routing.core import Core
from contactcenter.routing.journal import Routed, decode, rebuild, recount, stream_of
from contactcenter.routing.statistics import Statistics
from contactcenter.routing.views import Views
from store.contract import Store, StoredEvent

PAGE = 1000


class Freshness(msgspec.Struct, frozen=True):
    """How far a view has come: the last event in it, how long ago the journal was looked at (ms), and whether that is
    too long."""

    seq: int
    age_ms: int
    stale: bool


class Projection:
    """A shard's core and statistics as of the event ``seq``.

    Reading blocks shortly, so it is done in a thread; what was read is applied where the views are used.
    """

    def __init__(self, store: Store, shard: str, now: int) -> None:
        self._store, self.shard = store, shard
        rebuilt = rebuild(store, shard)
        self.core: Core = rebuilt.core
        self.seq = rebuilt.seq
        self.at = 0
        self.statistics: Statistics = recount(store, shard, rebuilt.seq)
        self.looked = now

    def read(self) -> Sequence[StoredEvent]:
        """The next events of the journal, none when there is nothing new."""
        return self._store.read(stream_of(self.shard), self.seq, PAGE)

    def take(self, news: Sequence[StoredEvent], now: int) -> list[Routed]:
        """Take in what was read at ``now``, and give it in order."""
        told = [decode(stored) for stored in news]
        for routed in told:
            self.core.apply(routed.event, routed.at)
            self.statistics.apply(routed.event, routed.at)
            self.seq, self.at = routed.seq, routed.at
        self.core.settle()
        self.looked = now
        return told

    def views(self, now: int) -> Views:
        """What routing knows, as far as it has been read."""
        return Views(self.core, self.statistics, now)

    def freshness(self, now: int, most_ms: int = 2_000) -> Freshness:
        """How old the views are; older than ``routing_view_max_age_ms`` is stale."""
        age = max(0, now - self.looked)
        return Freshness(self.seq, age, age > most_ms)
