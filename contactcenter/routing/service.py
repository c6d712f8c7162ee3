"""The edge around a shard's core: owns it by lease, journals, keeps time, tells who listens (routing.md §28).

The owner runs ahead of the journal: a command is decided at once and answered when its events are durable. When a
commit fails, the core is dropped whole, rebuilt from snapshot and journal, and the command is decided anew; since its
id is in the journal if it was written after all, nothing happens twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from contactcenter.routing import messages as m
from contactcenter.routing.core import Core
from contactcenter.routing.journal import SNAPSHOTS, Rebuilt, Routed, appending, rebuild, recount, saving, stream_of
from contactcenter.routing.projection import Projection
from contactcenter.routing.state import WORKING
from contactcenter.routing.statistics import Statistics
from contactcenter.routing.views import Views
from interpreter.ports import Clock, Timer
from store.contract import Conflict, Lost, Store, StoreError, Write

log = logging.getLogger(__name__)

Listener = Callable[[Routed], None]
Scorer = Callable[[m.ItemEnqueued, tuple[str, ...]], Awaitable[Mapping[str, int]]]
"""Scores agents (0..100) for an item; called outside the core (routing.md §9)."""

DEADLINE_MS = 3_000
FIRST_PAUSE_MS, LONGEST_PAUSE_MS = 25, 200


@dataclass(frozen=True, slots=True)
class Ownership:
    """How a node owns a shard: ``owner`` is node and start nonce, ``address`` where its routing port listens."""

    owner: str
    address: str = ""
    lease_ms: int = 800


@dataclass(slots=True)
class _Batch:
    """Decided events on their way to the disk."""

    core: Core
    seq: int
    at: int
    events: tuple[m.Event, ...]
    durable: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class RoutingService:
    """A shard's routing, for everybody who sends commands or wants to know.

    Without ``ownership`` the shard is not leased: for one process, rehearsals and simulations. With ``heartbeats``
    agents who are on queue at the start must be heard of too; without, only those whose desk has begun to send any.
    One that ``steps_down`` refuses with ``not_owner`` once the lease is lost, instead of asking for it again.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        shard: str = "default",
        ownership: Ownership | None = None,
        scorer: Scorer | None = None,
        heartbeats: bool = False,
        snapshot_every: int = 50_000,
        steps_down: bool = False,
    ) -> None:
        self._store, self._clock, self.shard = store, clock, shard
        self._ownership, self._scorer, self._snapshot_every = ownership, scorer, snapshot_every
        self._heartbeats, self._steps_down = heartbeats, steps_down
        self._ahead = 0
        self._core: Core | None = None
        self._epoch: int | None = None
        self._until = 0  # by our clock the lease runs at least until then
        self._seq = self._snapshot_seq = self._snapshot_revision = 0
        self._told = 0
        self._batches: deque[_Batch] = deque()
        self._listeners: dict[int, Listener] = {}
        self._numbers = itertools.count(1)
        self._rebuilding: asyncio.Task[None] | None = None
        self._due: int | None = None
        self._timers: dict[str, Timer] = {}
        self._beats: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped = False
        self.statistics = Statistics()

    # -- life

    @property
    def ready(self) -> bool:
        """Whether commands are decided at once; otherwise the next one has the shard rebuilt."""
        return self._core is not None

    @property
    def owns(self) -> bool:
        """Whether the shard is ours as far as we know; only an append tells for certain."""
        return not self._stopped and (self._ownership is None or self._epoch is not None)

    @property
    def epoch(self) -> int | None:
        """The lease's epoch, None without one."""
        return self._epoch

    async def still_owns(self) -> bool:
        """As ``owns``; after the lease may have run out (this node hung for a while) the database is asked.

        Raises ``StoreError``.
        """
        if self.owns and self._clock.now() > self._until:
            await self._renew()
        return self.owns

    async def start(self, warm: Projection | None = None) -> bool:
        """Take the shard and be ready for commands; False while another node owns it.

        ``warm`` has read along so far; its core becomes ours, and it is not to be used any more.
        """
        if not await self._acquire():
            return False
        if warm is not None:
            async for routed in catch_up(warm, self._clock):
                self._tell(routed)
            self._told, self.statistics = warm.seq, warm.statistics
            document = await asyncio.to_thread(self._store.load, SNAPSHOTS, self.shard)
            self._take(Rebuilt(warm.core, warm.seq, document.rev if document else 0, [], warm.at))
        else:
            self._told = await asyncio.to_thread(self._store.last, stream_of(self.shard))
            self.statistics = await asyncio.to_thread(recount, self._store, self.shard, self._told)
            await self._load()
        self._expect_heartbeats()
        if self._ownership is not None:
            self._renew_later()
        self._sample_soon()
        return True

    async def stop(self) -> None:
        """Wait for what is on its way, then give the shard back."""
        self._stopped = True
        for timer in self._timers.values():
            timer.cancel()
        with contextlib.suppress(StoreError):
            await self._settled()
        for task in list(self._tasks):
            task.cancel()
        if self._ownership is not None and self._epoch is not None:
            release = (stream_of(self.shard), self._ownership.owner, self._epoch)
            await asyncio.to_thread(self._store.release, *release)
        self._core = None

    async def retire(self) -> None:
        """The shard is somebody else's: what is on its way is lost, and nothing is given back."""
        self._epoch = None
        await self.stop()

    async def _acquire(self) -> bool:
        if self._ownership is None:
            return True
        mine, asked = self._ownership, self._clock.now()
        taken = (stream_of(self.shard), mine.owner, mine.address, mine.lease_ms)
        self._epoch = await asyncio.to_thread(self._store.acquire, *taken)
        self._until = asked + mine.lease_ms
        return self._epoch is not None

    async def _load(self) -> None:
        self._take(await asyncio.to_thread(rebuild, self._store, self.shard, self._told))

    def _take(self, rebuilt: Rebuilt) -> None:
        self._core, self._seq = rebuilt.core, rebuilt.seq
        self._ahead = max(self._ahead, rebuilt.at - self._clock.now())
        self._snapshot_seq, self._snapshot_revision = rebuilt.seq, rebuilt.revision
        for routed in rebuilt.tail:
            self._tell(routed)
        self._arm()

    # -- commands

    async def send(self, command: m.Command) -> m.Answer:
        """Carry out a command; the answer comes after its events are durable. Never raises.

        The same ``command_id`` gives the same answer. ``Refused("unavailable")`` after three seconds of trying.
        """
        if isinstance(command, m.Heartbeat):
            return self._heard(command.agent)
        deadline, pause = self._clock.now() + DEADLINE_MS, 0
        while not self._stopped:
            try:
                return await self._once(command)
            except StoreError as error:
                log.warning("routing/%s: %s is decided again: %s", self.shard, type(command).__name__, error)
            if self._steps_down and not self.owns:
                return m.Refused("not_owner", f"another node owns the shard {self.shard!r}")
            if self._clock.now() + pause >= deadline:
                break
            if pause:
                await self._pause(pause)
            pause = min(2 * pause or FIRST_PAUSE_MS, LONGEST_PAUSE_MS)
            with contextlib.suppress(StoreError):
                await self._rebuild()
        return m.Refused("unavailable", f"the shard {self.shard!r} cannot be written at the moment")

    async def _once(self, command: m.Command) -> m.Answer:
        if self._core is None:
            await self._rebuild()
        answer, batch = self._decide(command)
        if batch is None:
            await self._settled()  # a refusal or an earlier answer may rest on what is not durable yet
        else:
            await asyncio.shield(batch.durable)
        return answer

    def _decide(self, command: m.Command) -> tuple[m.Answer, _Batch | None]:
        """Decide now and commit soon; whatever goes wrong inside costs the core and nothing else."""
        core, at = self._core, self._now()
        if core is None:
            raise Conflict("the shard is being rebuilt")
        try:
            events, answer = core.decide(command, at)
        except Exception:
            log.exception("routing/%s: %s failed", self.shard, type(command).__name__)
            self._drop(core)
            return m.Refused("internal", f"{type(command).__name__} failed; see the log"), None
        batch = self._journal(core, at, events) if events else None
        self._arm()
        return answer, batch

    def _journal(self, core: Core, at: int, events: tuple[m.Event, ...]) -> _Batch:
        writes: list[Write] = [appending(self.shard, self._seq, events, at, self._epoch)]
        batch = _Batch(core, self._seq, at, events)
        self._seq += len(events)
        if self._seq - self._snapshot_seq >= self._snapshot_every:
            writes.append(saving(self.shard, self._snapshot_revision, self._seq, core, self._told, self.statistics))
            self._snapshot_seq, self._snapshot_revision = self._seq, self._snapshot_revision + 1
        self._batches.append(batch)
        future = self._store.commit(*writes)
        if future.done():
            self._committed(batch, future)
        else:
            loop = asyncio.get_running_loop()
            future.add_done_callback(lambda done: loop.call_soon_threadsafe(self._committed, batch, done))
        return batch

    def _committed(self, batch: _Batch, future: Future[int]) -> None:
        self._batches.remove(batch)
        error = future.exception()
        if error is None:
            for number, event in enumerate(batch.events, batch.seq + 1):
                self._tell(Routed(self.shard, number, batch.at, event))
            _resolve(batch.durable, None)
            return
        self._drop(batch.core)
        if isinstance(error, Lost):
            self._epoch = None
        _resolve(batch.durable, error if isinstance(error, StoreError) else Conflict(str(error)))

    def _tell(self, routed: Routed) -> None:
        """Tell everybody, each event once and in order."""
        if routed.seq <= self._told:
            return
        self._told = routed.seq
        self.statistics.apply(routed.event, routed.at)
        if isinstance(routed.event, m.ConfigChanged):
            self._sample_soon()
        for listener in list(self._listeners.values()):
            try:
                listener(routed)
            except Exception:
                log.exception("a listener of routing/%s failed at %s", self.shard, routed.seq)
        self._score_if_asked(routed)

    async def _settled(self) -> None:
        if self._batches:
            await asyncio.shield(self._batches[-1].durable)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with every event from now on, once it is durable; returns a function that ends it.

        Whoever must not miss any reads the journal from a cursor of its own (``journal.decode``).
        """
        number = next(self._numbers)
        self._listeners[number] = listener

        def end() -> None:
            self._listeners.pop(number, None)

        return end

    # -- failures

    def _drop(self, core: Core) -> None:
        """Nothing after the last durable event was ever visible: forget it all."""
        if self._core is core:
            self._core = None

    async def _rebuild(self) -> None:
        """Rebuild once, however many wait for it."""
        if self._core is not None:
            return
        if self._rebuilding is None or self._rebuilding.done():
            self._rebuilding = asyncio.create_task(self._build_again())
        await asyncio.shield(self._rebuilding)

    async def _build_again(self) -> None:
        while self._batches:
            with contextlib.suppress(StoreError):
                await self._settled()
        if self._ownership is not None and self._epoch is None and (self._steps_down or not await self._acquire()):
            raise Lost(f"another node owns routing/{self.shard}")
        await self._load()

    async def _pause(self, ms: int) -> None:
        over = asyncio.get_running_loop().create_future()
        self._clock.call_at(self._clock.now() + ms, lambda: _resolve(over, None))
        await over

    # -- time

    def _now(self) -> int:
        """UTC ms, never before what the journal has seen: a clock that is behind goes on from there."""
        return self._clock.now() + self._ahead

    def _arm(self) -> None:
        """One timer, for what is due next."""
        due = self._core.next_due() if self._core is not None else None
        if due == self._due and "tick" in self._timers:
            return
        self._cancel("tick")
        self._due = due
        if due is not None and not self._stopped:
            self._timers["tick"] = self._clock.call_at(due - self._ahead, self._tick)

    def _tick(self) -> None:
        self._timers.pop("tick", None)
        self._own(m.Tick(command_id=""))

    def _own(self, command: m.Command) -> None:
        """A command of our own: nobody waits for it, and it is made again when it is lost."""
        if self.ready:
            _, batch = self._decide(command)
            if batch is not None:
                batch.durable.add_done_callback(self._recover_if_lost)
        if not self.ready:
            self._recover_soon()

    def _recover_if_lost(self, durable: asyncio.Future[None]) -> None:
        if durable.exception() is not None:
            self._recover_soon()

    def _recover_soon(self) -> None:
        if not self._stopped and "recover" not in self._timers:
            self._timers["recover"] = self._clock.call_at(self._clock.now() + LONGEST_PAUSE_MS, self._recover)

    def _recover(self) -> None:
        self._timers.pop("recover", None)
        if self._core is None:
            self._spawn(self._try_rebuild())

    async def _try_rebuild(self) -> None:
        try:
            await self._rebuild()
        except StoreError as error:
            log.warning("routing/%s: %s", self.shard, error)
            self._recover_soon()

    def _cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- lease

    def _renew_later(self) -> None:
        if self._ownership is not None and not self._stopped:
            at = self._clock.now() + self._ownership.lease_ms // 3
            self._timers["renew"] = self._clock.call_at(at, lambda: self._spawn(self._keep_renewing()))

    async def _keep_renewing(self) -> None:
        with contextlib.suppress(StoreError):
            await self._renew()
        self._renew_later()

    async def _renew(self) -> None:
        mine, epoch, asked = self._ownership, self._epoch, self._clock.now()
        if mine is None or epoch is None:
            return
        kept = await asyncio.to_thread(self._store.renew, stream_of(self.shard), mine.owner, epoch, mine.lease_ms)
        if kept:
            self._until = max(self._until, asked + mine.lease_ms)
        elif self._epoch == epoch:
            self._epoch, self._core = None, None

    # -- desks

    def _heard(self, agent: str) -> m.Answer:
        """Heartbeats are not journalled; only their absence is."""
        if self._core is None or agent not in self._core.state.agents:
            return m.Refused("unknown_agent", f"there is no agent {agent!r}")
        known = agent in self._beats
        self._beats[agent] = self._clock.now()
        if not known:
            self._listen_for(agent)
        return m.Accepted()

    def _expect_heartbeats(self) -> None:
        for agent in self._core.state.agents.values() if self._core and self._heartbeats else ():
            if agent.status in WORKING:
                self._heard(agent.id)

    def _listen_for(self, agent: str) -> None:
        core = self._core
        seconds = core.organisation.knobs.agent_heartbeat_s if core else 60
        due = self._beats[agent] + round(seconds * 1000)

        def check() -> None:
            if self._beats[agent] + round(seconds * 1000) > self._clock.now():
                self._listen_for(agent)
                return
            del self._beats[agent]
            self._own(m.DeskLost(command_id=f"desk-lost:{agent}:{due}", agent=agent))

        self._timers[f"beat:{agent}"] = self._clock.call_at(due, check)

    # -- figures and scores that the core asks for

    def _sample_later(self) -> None:
        core = self._core
        seconds = core.organisation.knobs.cga_period_s if core else 60
        at = self._clock.now() + round(seconds * 1000)
        if not self._stopped:
            self._timers["sample"] = self._clock.call_at(at, self._sample)

    def _sample_soon(self) -> None:
        """Conditions want figures from the first moment, and as soon as there are conditions."""
        self._cancel("sample")
        if not self._stopped:
            self._timers["sample"] = self._clock.call_at(self._clock.now(), self._sample)

    def _sample(self) -> None:
        if self._core is not None and self.views.asks_for_metrics():
            values = self.views.metrics()
            self._own(m.Metrics(command_id=f"metrics:{self._clock.now()}", values=values))
        self._sample_later()

    def _score_if_asked(self, routed: Routed) -> None:
        event = routed.event
        if not isinstance(event, m.ItemEnqueued | m.StageEntered) or event.stage is None:
            return
        if event.stage.rule == "predictive" and event.stage.step == 0:
            self._spawn(self._score(event.item, routed.id))

    async def _score(self, item_id: str, cause: str) -> None:
        scores: Mapping[str, int] = {}
        item = self._core.state.items.get(item_id) if self._core else None
        if item is None or self._core is None:
            return
        if self._scorer is not None:
            members = tuple(a.id for a in self._core.state.agents.values() if item.queue in a.queues)
            asked = m.ItemEnqueued(
                item=item.id,
                queue=item.queue,
                media=item.media,
                at=item.at,
                seq=item.seq,
                requirement=item.requirement,
                priority=item.priority,
                customer=item.customer,
            )
            try:
                scores = await self._scorer(asked, members)
            except Exception:
                log.exception("the scorer failed for item %s", item_id)
        await self.send(m.Scores(command_id=f"scores:{cause}", item=item_id, scores=scores))

    # -- views

    @property
    def views(self) -> Views:
        """What routing knows right now; empty while the shard is being rebuilt."""
        return Views(self._core or Core(), self.statistics, self._now())


async def catch_up(projection: Projection, clock: Clock) -> AsyncIterator[Routed]:
    """Let a projection read what is new, in a thread; gives it in order."""
    while True:
        news = await asyncio.to_thread(projection.read)
        for routed in projection.take(news, clock.now()):
            yield routed
        if not news:
            return


def _resolve(future: asyncio.Future[None], error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)
        future.exception()  # those who wait still get it; nobody has to
