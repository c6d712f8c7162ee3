"""A shard among many nodes: whoever has the lease decides, everybody else asks that node and reads along (§28.7).

The owner is found through the lease row. A command that got no answer (the owner died, hangs, has lost the lease, or
its answer was lost) is sent again with the same ``command_id``, to whoever owns the shard then; what was carried out
already gives its earlier answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec

from contactcenter.routing import messages as m
from contactcenter.routing.journal import Routed, stream_of
from contactcenter.routing.projection import Freshness, Projection
from contactcenter.routing.service import (
    DEADLINE_MS,
    FIRST_PAUSE_MS,
    LONGEST_PAUSE_MS,
    Listener,
    Ownership,
    RoutingService,
    Scorer,
    catch_up,
)
from contactcenter.routing.views import Views
from interpreter.ports import Clock
from store.contract import Store, StoreError

log = logging.getLogger(__name__)

Carry: TypeAlias = Callable[[str, bytes, int], Awaitable[bytes]]
"""``carry(address, body, timeout_ms)``: hand a command to the node at an address; raises ``OSError`` (or
``TimeoutError``) when there is no answer."""

LOOK_EVERY_MS = 200
"""How often the journal is looked at when nothing wakes us (poll <= 250 ms)."""

LOOKS_A_LEASE = 4
"""How often the lease row is read within one lease; it is asked for, under the database's lock, only once it has run
out, and then at once."""


class NotOwner(msgspec.Struct, frozen=True, tag=True):
    """The node that was asked does not own the shard; ``epoch`` is the newest one it knows of."""

    epoch: int


class Asked(msgspec.Struct, frozen=True):
    """A command for a shard."""

    shard: str
    command: m.Command


Told: TypeAlias = m.Accepted | m.Refused | NotOwner

_ASKED = msgspec.json.Decoder(Asked)
_TOLD: msgspec.json.Decoder[Told] = msgspec.json.Decoder(Told)


class SharedRouting:
    """A node's port to a shard: ``send``, ``subscribe`` and ``views`` as those of ``RoutingService``.

    ``start`` returns at once; the node takes the shard whenever nobody has it.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ownership: Ownership,
        carry: Carry,
        *,
        shard: str = "default",
        scorer: Scorer | None = None,
        snapshot_every: int = 50_000,
    ) -> None:
        self._store, self._clock, self._ownership, self._carry = store, clock, ownership, carry
        self.shard, self._scorer, self._snapshot_every = shard, scorer, snapshot_every
        self._service: RoutingService | None = None
        self._projection: Projection | None = None
        self._listeners: list[Listener] = []
        self._told = 0
        self._address = ""
        self._lease_due = 0
        self._reading = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self._stopped = False
        self._unwatch: Callable[[], None] = lambda: None

    # -- life

    @property
    def owns(self) -> bool:
        """Whether this node decides for the shard."""
        return self._service is not None and self._service.owns

    async def start(self) -> None:
        """Read along, and take the shard if nobody has it."""
        self._projection = await asyncio.to_thread(Projection, self._store, self.shard, self._clock.now())
        self._told = self._projection.seq
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._news.set)

        self._unwatch = self._store.watch(wake)
        await self._look()
        self._looking = asyncio.create_task(self._look_again())

    async def stop(self) -> None:
        """Give the shard back if we have it, and read no more."""
        self._stopped = True
        self._unwatch()
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking
        if self._service is not None:
            await self._service.stop()
            self._service = None

    async def _look_again(self) -> None:
        while not self._stopped:
            self._news.clear()
            now = self._clock.now()
            due = now + min(LOOK_EVERY_MS, self._ownership.lease_ms // LOOKS_A_LEASE)
            timer = self._clock.call_at(due if self.owns else min(due, max(now, self._lease_due)), self._news.set)
            await self._news.wait()
            timer.cancel()
            with contextlib.suppress(StoreError):
                await self._look()

    async def _look(self) -> None:
        """Hear what is new, and take the shard over if its lease has run out."""
        if self.owns:
            return
        await self.fresh()
        if self._clock.now() >= self._lease_due and await self._is_free():
            await self._take_over()

    async def _is_free(self) -> bool:
        """Whether nobody has the lease; who has it may be asked, and is looked at again when it may have run out."""
        lease = await asyncio.to_thread(self._store.lease, stream_of(self.shard))
        self._address = lease.address if lease is not None else ""
        left = lease.left if lease is not None else 0
        self._lease_due = self._clock.now() + min(left + 1, self._ownership.lease_ms // LOOKS_A_LEASE)
        return left <= 0

    async def _take_over(self) -> None:
        service = RoutingService(
            self._store,
            self._clock,
            shard=self.shard,
            ownership=self._ownership,
            scorer=self._scorer,
            heartbeats=True,
            snapshot_every=self._snapshot_every,
            steps_down=True,
        )
        service.subscribe(self._hear)
        async with self._reading:
            taken = await service.start(self._projection)
            if taken:
                self._service, self._projection = service, None
        if taken:
            log.info("routing/%s is owned by this node now", self.shard)

    async def fresh(self) -> None:
        """Read along now: whatever was committed before is in the views afterwards, whoever owned the shard then."""
        async with self._reading:
            service = self._service
            if service is not None and not self._stopped and not await service.still_owns():
                await self._step_down(service)
            if self._projection is not None:
                async for routed in catch_up(self._projection, self._clock):
                    self._hear(routed)

    async def _step_down(self, service: RoutingService) -> None:
        log.warning("routing/%s is owned by another node now", self.shard)
        projection = await asyncio.to_thread(Projection, self._store, self.shard, self._clock.now())
        self._service, self._projection = None, projection
        await service.retire()

    def _hear(self, routed: Routed) -> None:
        """Every event once and in order, whichever way it came."""
        if routed.seq <= self._told:
            return
        self._told = routed.seq
        for listener in tuple(self._listeners):
            try:
                listener(routed)
            except Exception:
                log.exception("a listener of routing/%s failed at %s", self.shard, routed.seq)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Every durable event from now on, whoever owns the shard; returns what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # -- commands

    async def send(self, command: m.Command) -> m.Answer:
        """Carry out a command wherever the shard is owned; ``Refused("unavailable")`` after three seconds of trying."""
        deadline, pause = self._clock.now() + DEADLINE_MS, FIRST_PAUSE_MS
        while not self._stopped:
            answer = await self._try(command, deadline)
            if answer is not None:
                return answer
            if self._clock.now() + pause >= deadline:
                break
            await self._wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_MS)
            with contextlib.suppress(StoreError):
                lease = await asyncio.to_thread(self._store.lease, stream_of(self.shard))
                self._address = lease.address if lease is not None else ""
        return m.Refused("unavailable", f"nobody answers for the shard {self.shard!r} at the moment")

    async def _try(self, command: m.Command, deadline: int) -> m.Answer | None:
        """The answer, or None when there was none."""
        service = self._service
        if service is not None:
            answer = await service.send(command)
            gone = isinstance(answer, m.Refused) and answer.code == "not_owner"
            if gone:
                self._news.set()
            return None if gone else answer
        if not self._address or self._address == self._ownership.address:
            return None
        body = msgspec.json.encode(Asked(self.shard, command))
        patience = min(deadline - self._clock.now(), self._ownership.lease_ms)  # after that, somebody else may own it
        try:
            told = _TOLD.decode(await self._carry(self._address, body, max(1, patience)))
        except (OSError, TimeoutError, msgspec.MsgspecError) as error:
            log.info("routing/%s: %s does not answer: %s", self.shard, self._address, error)
            return None
        return None if isinstance(told, NotOwner) else told

    async def answer(self, body: bytes) -> bytes:
        """What another node gets for what it has carried here; ``Refused("bad_command")`` when it cannot be read."""
        try:
            asked = _ASKED.decode(body)
        except msgspec.MsgspecError as error:
            return msgspec.json.encode(m.Refused("bad_command", str(error)))
        service = self._service
        if service is None or asked.shard != self.shard:
            return msgspec.json.encode(NotOwner(0))
        answer = await service.send(asked.command)
        if isinstance(answer, m.Refused) and answer.code == "not_owner":
            return msgspec.json.encode(NotOwner(service.epoch or 0))
        return msgspec.json.encode(answer)

    async def _wait(self, ms: int) -> None:
        over = asyncio.Event()
        self._clock.call_at(self._clock.now() + ms, over.set)
        await over.wait()

    # -- views

    @property
    def views(self) -> Views:
        """What routing knows; on a node that owns nothing, as far as it has read."""
        if self._service is not None:
            return self._service.views
        assert self._projection is not None, "start() comes first"
        return self._projection.views(self._clock.now())

    @property
    def freshness(self) -> Freshness:
        """How old the views are."""
        if self._service is not None or self._projection is None:
            return Freshness(self._told, 0, stale=False)
        return self._projection.freshness(self._clock.now())
