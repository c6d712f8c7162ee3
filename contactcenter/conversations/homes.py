"""Which node decides for which conversations (DESIGN.md "Many machines").

Every conversation has a *home*: that of the node on which it began, for as long as it lives. Whoever has the home's
lease decides for all its conversations. A node has a home of its own, since the legs of its adapters are with it, and
takes over those of nodes that are gone; a home without open conversations and without its node is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from contactcenter.conversations.progress import Progress
from contactcenter.routing import Ownership
from contactcenter.routing.journal import stream_of
from contactcenter.routing.shards import DEFAULT
from store import Conflict, Delete, Fence, Lease, Lost, Save, Store

LEASES = "conversations/"
"""Names of leases: this and the name of the home. Conversations of before there were homes are at home in ``""``."""

REACHED = "conversations.reached"
"""Documents by home: up to where in the journal everything has been done that follows for its conversations."""


class Reached(msgspec.Struct, frozen=True):
    """``conversations`` is a position: routing and the history know of all events up to it; ``routing`` are sequence
    numbers by shard: the conversations know of all events of the shard up to it (one number is that of the default)."""

    conversations: int = 0
    routing: Mapping[str, int] | int = {}

    def of(self, shard: str) -> int:
        """The number of a shard; 0 where nothing is known of it."""
        if isinstance(self.routing, int):
            return self.routing if shard == DEFAULT else 0
        return self.routing.get(shard, 0)


@dataclass(slots=True)
class Held:
    """A home of this node: under which epoch, and until when by this node's clock the lease runs at least.

    It is ``ready`` when its conversations are alive here, and ``settled`` when all is done that another node may have
    left to do; ``reached`` is what is stored of that, as revision ``rev``, and moves only then.
    """

    name: str
    epoch: int
    until: int
    reached: Reached = field(default_factory=Reached)
    rev: int = 0
    ready: bool = False
    settled: bool = False

    @property
    def fence(self) -> Fence:
        """Lets a unit be written only while the home is this node's."""
        return Fence(LEASES + self.name, self.epoch)


class Homes:
    """The homes of this node and, as they were read last, of the others. Methods that say so block.

    ``conversations`` and ``routing`` (by shard) are how far this node has come with all its homes.
    """

    def __init__(self, store: Store, ownership: Ownership, shards: Iterable[str] = (DEFAULT,)) -> None:
        self._store, self.ownership = store, ownership
        self.own = ""
        self.held: dict[str, Held] = {}
        self.others: dict[str, Lease] = {}
        self.conversations = Progress()
        self.routing = {shard: Progress() for shard in shards}

    # What this node has.

    def holds(self, home: str, now: int) -> bool:
        """Whether this node decides for a home, and has not been away longer than the lease."""
        held = self.held.get(home)
        return held is not None and held.ready and now <= held.until

    def has_all(self, now: int) -> bool:
        """Whether nobody else may decide for anything, as far as was read last."""
        return not self.others and all(self.holds(home, now) for home in self.held)

    def fence(self, home: str) -> Fence:
        """What goes before each write for a home. Raises ``Lost`` when it is another node's."""
        held = self.held.get(home)
        if held is None:
            raise Lost(f"the home {home!r} is another node's")
        return held.fence

    def begin(self, name: str, now: int) -> Held | None:
        """Begin a home of this node's own: a name that nobody has used. Blocks."""
        self.conversations.reach(self._store.head())
        for shard, last in self._last().items():
            self.routing[shard].reach(last)
        held = self.take(name, now)
        if held is not None:
            held.ready = held.settled = True
            self._save(held)
        return held

    def take(self, home: str, now: int) -> Held | None:
        """Take the lease of a home that nobody has; None when somebody was faster. Blocks."""
        mine = self.ownership
        epoch = self._store.acquire(LEASES + home, mine.owner, mine.address, mine.lease_ms)
        if epoch is None:
            return None
        document = self._store.load(REACHED, home)
        if document is None:  # its node left before anything began
            reached = Reached(self._store.head(), self._last())
            return Held(home, epoch, now + mine.lease_ms, reached)
        reached = msgspec.json.decode(document.body, type=Reached)
        return Held(home, epoch, now + mine.lease_ms, reached, document.rev)

    def renew(self, held: Held, now: int) -> bool:
        """Prolong a lease, with what has been done so far; False when another node has the home now. Blocks."""
        mine = self.ownership
        self.conversations.reach(self._store.head())
        try:
            if held.settled and held.reached != self._now_reached():
                self._save(held)
                kept = True
            else:
                kept = self._store.renew(LEASES + held.name, mine.owner, held.epoch, mine.lease_ms)
        except Conflict:
            kept = self._store.renew(LEASES + held.name, mine.owner, held.epoch, mine.lease_ms)
        except Lost:
            kept = False
        if kept:
            held.until = now + mine.lease_ms
        return kept

    def _last(self) -> dict[str, int]:
        return {shard: self._store.last(stream_of(shard)) for shard in self.routing}

    def _now_reached(self) -> Reached:
        return Reached(self.conversations.safe, {shard: progress.safe for shard, progress in self.routing.items()})

    def _save(self, held: Held) -> None:
        reached = self._now_reached()
        save = Save(REACHED, held.name, held.rev, held.rev + 1, msgspec.json.encode(reached))
        try:
            self._store.commit(held.fence, save).result()
        except Conflict:  # it was us, and the answer was lost: nobody else writes under our fence
            document = self._store.load(REACHED, held.name)
            held.rev = document.rev if document is not None else 0
            raise
        held.reached, held.rev = reached, held.rev + 1

    def leave(self, held: Held, *, empty: bool) -> None:
        """Give a home back: for another node to take, or for good when nobody is in it. Blocks."""
        lease, owner = LEASES + held.name, self.ownership.owner
        if empty:
            self._store.commit(held.fence, Delete(REACHED, held.name)).result()
            self._store.forget(lease, owner, held.epoch)
        else:
            self._store.release(lease, owner, held.epoch)

    # What the others have.

    def look(self) -> Sequence[str]:
        """Read who has which home; gives those that nobody has. Blocks."""
        leases = {lease.shard.removeprefix(LEASES): lease for lease in self._store.leases(LEASES)}
        theirs = {home: lease for home, lease in leases.items() if home not in self.held}
        self.others = {home: lease for home, lease in theirs.items() if lease.left > 0}
        return [home for home, lease in theirs.items() if lease.left <= 0]

    def address(self, home: str) -> str:
        """Where the node that decides for a home can be asked; empty when nobody does at the moment."""
        lease = self.others.get(home)
        return lease.address if lease is not None else ""

    def addresses(self) -> frozenset[str]:
        """Where the other nodes can be asked."""
        return frozenset(lease.address for lease in self.others.values() if lease.address)
