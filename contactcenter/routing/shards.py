"""All shards as one port: commands go to the shard that they concern, views are put together (routing.md §28.1, §28.7).

Which shard a queue is in is its label; a node's ``Configure`` divides the organisation. Shards that were there before
stay known, so that what still waits in them is served to its end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from contactcenter.routing import messages as m
from contactcenter.routing.configuration import BAD_CONFIGURATION
from contactcenter.routing.labels import Busy, divide
from contactcenter.routing.merged import MergedViews
from contactcenter.routing.service import Listener, Ownership, Scorer
from contactcenter.routing.shared import Asked, Carry, NotOwner, SharedRouting
from contactcenter.routing.views import Views
from interpreter.ports import Clock
from store.contract import Conflict, Save, Store, StoreError

log = logging.getLogger(__name__)

KNOWN = "routing-shard"
"""Documents: the names of shards that there are, or were."""

DEFAULT = "default"
ELSEWHERE = frozenset({"not_waiting", "stale_reservation"})
"""Refusals of one shard after which the next one is asked; they change nothing."""

_OF_AGENTS = (m.Accept, m.Decline, m.UnitChanged, m.SetStatus, m.Heartbeat, m.NonAcd, m.SetSkills, m.DeskLost)
"""Commands for the agent's shard; what is neither these nor about a queue is about an item."""

_ASKED = msgspec.json.Decoder(Asked)


class Shards:
    """A node's port to all shards, as ``SharedRouting`` is to one."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ownership: Ownership,
        carry: Carry,
        *,
        labels: Iterable[str] = (DEFAULT,),
        scorer: Scorer | None = None,
    ) -> None:
        self._store, self._labels = store, frozenset(labels)
        self._make: Callable[[str], SharedRouting] = lambda shard: SharedRouting(
            store, clock, ownership, carry, shard=shard, scorer=scorer
        )
        self.parts: dict[str, SharedRouting] = {}

    # Life.

    async def start(self) -> None:
        """Read along in every shard, and take those that nobody has."""
        names = await asyncio.to_thread(self._known)
        self.parts = {name: self._make(name) for name in sorted(names)}
        await asyncio.gather(*(part.start() for part in self.parts.values()))

    def _known(self) -> frozenset[str]:
        """Labels of the organisation, and shards of before that something may still wait in. Blocks."""
        known = {document.id for document in self._store.documents(KNOWN)}
        if not known and self._store.last("routing/" + DEFAULT):
            known = {DEFAULT}  # from before there were several
        for name in sorted(self._labels - known):
            try:
                self._store.commit(Save(KNOWN, name, 0, 1, b"{}")).result()
            except Conflict:  # another node was faster
                continue
        return frozenset(known) | self._labels

    async def stop(self) -> None:
        """Give back what this node has."""
        await asyncio.gather(*(part.stop() for part in self.parts.values()))

    @property
    def owns(self) -> bool:
        """Whether this node decides for every shard."""
        return all(part.owns for part in self.parts.values())

    def decides_for(self, queue: str) -> bool:
        """Whether this node decides for a queue."""
        return self._of_queue(queue).owns

    async def fresh(self) -> None:
        """Read along now: whatever was committed before is in the views afterwards."""
        await asyncio.gather(*(part.fresh() for part in self.parts.values()))

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Every durable event of every shard from now on; returns what ends it."""
        leave = [part.subscribe(listener) for part in self.parts.values()]

        def end() -> None:
            for one in leave:
                one()

        return end

    # Commands.

    async def send(self, command: m.Command) -> m.Answer:
        """Carry out a command in the shard that it concerns; never raises."""
        if isinstance(command, m.Configure):
            return await self._configure(command)
        if isinstance(command, (m.Assign, m.Pull, m.JoinQueue)) and self._is_apart(command):
            return m.Refused("agent_in_two_shards", f"agent {command.agent} works in another shard")
        if self._is_strange(command):
            with suppress(StoreError):  # whoever is asked then says that the database is away
                await self.fresh()  # another node may have made it known just now
        answer: m.Answer = m.Refused("unavailable", "there is no shard")
        for part in self._asked(command):
            answer = await part.send(command)
            if not (isinstance(answer, m.Refused) and answer.code in ELSEWHERE):
                return answer
        return answer

    def _asked(self, command: m.Command) -> Iterator[SharedRouting]:
        """Who is asked, one after the other, until somebody knows what it is about."""
        if isinstance(command, (m.Enqueue, m.JoinQueue, m.LeaveQueue)):
            yield self._of_queue(command.queue)
        elif isinstance(command, _OF_AGENTS):
            yield self._of_agent(command.agent)
        else:
            item, reservation = getattr(command, "item", None), getattr(command, "reservation", None)
            yield from sorted(self.parts.values(), key=lambda part: not _knows(part.views, item, reservation))

    def _is_strange(self, command: m.Command) -> bool:
        """Whether the agent or queue of a command is in no shard, as far as this node has read."""
        cores = [part.views.core for part in self.parts.values()]
        if isinstance(command, (m.Enqueue, m.JoinQueue, m.LeaveQueue)):
            return not any(command.queue in core.organisation.queues for core in cores)
        return isinstance(command, _OF_AGENTS) and not any(command.agent in core.state.agents for core in cores)

    def _is_apart(self, command: m.Assign | m.Pull | m.JoinQueue) -> bool:
        """Whether the agent's shard is another one than that of the item or queue, as far as both are known."""
        agents = [part for part in self.parts.values() if command.agent in part.views.core.state.agents]
        if isinstance(command, m.JoinQueue):
            others = [part for part in self.parts.values() if command.queue in part.views.core.organisation.queues]
        else:
            others = [part for part in self.parts.values() if command.item in part.views.core.state.items]
        return bool(agents) and bool(others) and agents[0] is not others[0]

    def _of_queue(self, queue: str) -> SharedRouting:
        parts = self.parts.values()
        return next((part for part in parts if queue in part.views.core.organisation.queues), self._first)

    def _of_agent(self, agent: str) -> SharedRouting:
        return next((part for part in self.parts.values() if agent in part.views.core.state.agents), self._first)

    @property
    def _first(self) -> SharedRouting:
        """Who says that there is no such thing."""
        return next(iter(self.parts.values()))

    async def _configure(self, command: m.Configure) -> m.Answer:
        """Divide the organisation; a shard that loses something hears of it before the one that gets it."""
        try:
            await self.fresh()
            division = divide(command.configuration, self._busy())
        except StoreError as error:
            return m.Refused("unavailable", str(error))
        except BAD_CONFIGURATION as error:
            return m.Refused("bad_configuration", str(error))
        for queue, label in division.pending.items():
            log.warning("queue %s goes to the shard %s when nothing is left in it", queue, label)
        missing = {*division.queues.values(), *division.agents.values()} - self.parts.keys()
        if missing:
            return m.Refused("bad_configuration", f"the shard {min(missing)} is not known to this node; start it again")
        answer: m.Answer = m.Accepted()
        for name, part in sorted(self.parts.items(), key=lambda pair: _grows(pair[1].views, division.queues, pair[0])):
            configuration = division.part(command.configuration, name)
            own = command.command_id if len(self.parts) == 1 else f"{command.command_id}:{name}"
            answer = await part.send(replace(command, command_id=own, configuration=configuration))
            if isinstance(answer, m.Refused):
                return answer
        return answer

    def _busy(self) -> Busy:
        """Where items wait and agents have something to do."""
        queues: dict[str, str] = {}
        agents: dict[str, str] = {}
        for name, part in self.parts.items():
            state = part.views.core.state
            queues |= {item.queue: name for item in state.items.values()}
            agents |= {agent.id: name for agent in state.agents.values() if agent.units or agent.non_acd}
        return Busy(queues, agents)

    async def answer(self, body: bytes) -> bytes:
        """What another node gets for what it has carried here."""
        try:
            part = self.parts.get(_ASKED.decode(body).shard)
        except msgspec.MsgspecError as error:
            return msgspec.json.encode(m.Refused("bad_command", str(error)))
        return await part.answer(body) if part is not None else msgspec.json.encode(NotOwner(0))

    # Views.

    @property
    def views(self) -> Views:
        """What routing knows, of all shards together."""
        parts = [part.views for part in self.parts.values()]
        return parts[0] if len(parts) == 1 else MergedViews(parts)


def _knows(views: Views, item: str | None, reservation: str | None) -> bool:
    state = views.core.state
    return item in state.items or reservation in state.reservations


def _grows(views: Views, queues: Mapping[str, str], shard: str) -> bool:
    """Whether a shard gets a queue that it has not had."""
    return any(place == shard and queue not in views.core.organisation.queues for queue, place in queues.items())
