"""The async edge: one queue per conversation, one commit per command, effects after it (conversations.md §0, §15).

A command is decided on the state that the one before it left. Where routing has a say (a queue place, an accept) it is
asked before the decision (``preparing``); what follows for routing is told after the commit, with ids derived from the
events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from contactcenter.conversations.apply import apply
from contactcenter.conversations.case import Case, Then
from contactcenter.conversations.deadlines import next_deadline
from contactcenter.conversations.deciding import decide
from contactcenter.conversations.effects import Effects, Surroundings
from contactcenter.conversations.from_routing import command_of, customer_is_gone
from contactcenter.conversations.history import Interaction, interaction_of
from contactcenter.conversations.homes import Homes
from contactcenter.conversations.ids import derived
from contactcenter.conversations.lines import Leg, Routing
from contactcenter.conversations.messages import Actor, Answer, Command, ConversationEvent, Done, Refused
from contactcenter.conversations.names import Names
from contactcenter.conversations.preparing import Preparation
from contactcenter.conversations.settings import DEFAULTS, Settings
from contactcenter.conversations.state import Conversation
from contactcenter.conversations.to_routing import enqueue, messages
from contactcenter.conversations.writing import PAUSE_MS, pause
from contactcenter.routing import Routed
from contactcenter.routing import messages as m
from store import Append, Conflict, Delete, Lost, NewEvent, Remember, Save, Store, StoreError, Write

log = logging.getLogger(__name__)
STREAM = "conversation/"
OPEN, CLOSED = "conversation", "conversation.closed"
"""Documents of conversations: those that a start takes up again, and those that are history."""

PATIENCE_MS, UNASKED_PATIENCE_MS = 3_000, 30_000
"""For how long a command is tried while the database does not answer; the second where nobody waits for an answer and
would ask again: a leg has gone, a time has come."""

NOT_OWNER = Refused("not_owner", "another node decides for this conversation")
TRIES = 5
_ANSWER: Any = Done | Refused  # the tagged union as msgspec takes it

OnClosed = Callable[[Interaction], asyncio.Future[None]]
"""What writes the history row of a conversation; gives what is done once it is written."""

Listener = Callable[[ConversationEvent, Conversation], None]
"""``listener(event, state)``: a durable event, with the state after its commit."""


class Conversations:
    """The conversations of this node's homes."""

    def __init__(
        self,
        store: Store,
        routing: Routing,
        around: Surroundings,
        homes: Homes,
        *,
        settings: Settings = DEFAULTS,
        on_closed: OnClosed | None = None,
        new_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self.store = store
        self.routing = routing
        self.around = around
        self.homes = homes
        self.settings = settings
        self.on_closed = on_closed
        self.new_id = new_id
        self.names = Names(around.directory, around.programs, around.clock.now)
        self.effects = Effects(around, settings, self.post, new_id, homes.fence)
        self.preparation = Preparation(routing, around, settings)
        self.cases: dict[str, Case] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self.elsewhere: Callable[[Command, Then | None], None] = _refuse
        self._listeners: list[Listener] = []
        self._unsubscribe: Callable[[], None] = routing.subscribe(self.routing_event)

    # The face.

    async def call(
        self,
        leg: Leg,
        *,
        ani: str | None,
        dnis: str,
        ani_name: str | None = None,
        adapter: str = "",
        peer: str = "",
        attributes: Mapping[str, str] | None = None,
        answered: bool = True,
    ) -> tuple[str, Answer]:
        """A call has come in: gives the conversation's id and the answer.

        The same ``peer`` of an adapter is the same conversation. A number that nobody answers, or a node that is full,
        is refused; the caller is told and hung up.
        """
        identity = derived("call", adapter, peer) if peer else self.new_id()
        leg_id = derived(identity, "customer")
        executable = self.around.programs.for_number(dnis)
        if identity not in self.cases and self._is_full():
            refused = Refused("no_capacity", "too many conversations are open")
            self.effects.say_and_hang_up(leg.media, self.settings.default_fallback)
            return identity, refused
        args: dict[str, Any] = {
            "leg": {"id": leg_id, "adapter": adapter, "peer": peer},
            "ani": ani,
            "ani_name": ani_name,
            "dnis": dnis,
            "answered": answered,
            "attributes": dict(attributes or {}),
        }
        if executable is not None:
            args["flow"] = {"name": executable.program.flow, "version": executable.program.fingerprint}
        if (fallback := self.around.programs.fallback(dnis)) is not None:
            args["fallback"] = fallback
        try:
            stored = await self.read(identity) if peer else None
        except StoreError as error:
            self.effects.say_and_hang_up(leg.media, self.settings.default_fallback)
            return identity, Refused("unavailable", str(error))
        if stored is not None and self._is_elsewhere(stored):  # another node has this very call
            return identity, NOT_OWNER
        start = Command(
            command_id=derived(identity, "start", leg_id),
            conversation=identity,
            name="start",
            actor=Actor("adapter", adapter),
            args=args,
        )
        answer = await self._begin(start, leg, is_known=stored is not None)
        if isinstance(answer, Refused):
            leg.media.listener = None
            self.cases.pop(identity, None)
            self.effects.say_and_hang_up(leg.media, self.settings.not_in_service)
        return identity, answer

    async def _begin(self, start: Command, leg: Leg, *, is_known: bool) -> Answer:
        """Begin a call; a node that was away for longer than its lease has another home in a moment."""
        until = self.around.clock.now() + PATIENCE_MS
        while True:
            case = self.cases.setdefault(start.conversation, Case(start.conversation, unread=is_known))
            if start.args["leg"]["id"] not in case.legs:
                self.effects.attach(case, start.args["leg"]["id"], leg)
            answer = await self.send(start)
            if answer != NOT_OWNER or leg.media.ended or self.around.clock.now() >= until:
                return answer
            await pause(self.around.clock, PAUSE_MS)

    def _is_full(self) -> bool:
        """Whether no further call can be taken; callbacks that wait for their time do not count."""
        most = self.settings.max_open
        return len(self.cases) >= most and sum(not case.is_planned for case in self.cases.values()) >= most

    async def send(self, command: Command) -> Answer:
        """Send a command; the same ``command_id`` gives the same answer. Never raises for what a sender did."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.post(command, lambda answer: None if answered.done() else answered.set_result(answer))
        return await answered

    def post(self, command: Command, then: Then | None = None) -> None:
        """Put a command into its conversation's queue; commands of one conversation are taken one after the other.

        A conversation of another node is left to ``elsewhere``.
        """
        case = self.cases.setdefault(command.conversation, Case(command.conversation, unread=True))
        case.queue.append((command, then))
        worker = self._workers.get(case.id)
        if worker is None or worker.done():
            self._workers[case.id] = asyncio.get_running_loop().create_task(self._work(case))

    def state(self, conversation: str, rev: int = 0) -> Conversation | None:
        """A conversation as it is now, open or stored, of this revision at least. Blocks for one that is not open here,
        or has just been written. Raises ``StoreError``."""
        held = self._held(conversation)
        if held is not None and held.rev >= rev and self.is_current(held):
            return held
        try:
            return self._load(conversation)
        except StoreError:  # then nobody else has gone on with it either
            if held is None:
                raise
            return held

    async def read(self, conversation: str) -> Conversation | None:
        """As ``state``, reading in a thread. Raises ``StoreError``."""
        held = self._held(conversation)
        if held is not None and self.is_current(held):
            return held
        return await asyncio.to_thread(self.state, conversation)

    def _held(self, conversation: str) -> Conversation | None:
        case = self.cases.get(conversation)
        return case.state if case is not None else None

    def is_current(self, state: Conversation) -> bool:
        """Whether nobody else can have gone on with it: after a node hung for longer than its lease, one may have."""
        return self.homes.holds(state.home, self.around.clock.now())

    def has(self, conversation: str) -> bool:
        """Whether this node decides for a conversation that is not closed."""
        case = self.cases.get(conversation)
        return case is not None and not case.unread

    def open(self) -> tuple[Conversation, ...]:
        """All conversations of this node that are not closed."""
        return tuple(c.state for c in self.cases.values() if c.state is not None and c.state.state != "closed")

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Durable events in their order, each once it is committed; gives what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def settled(self, conversations: Iterable[str] | None = None) -> None:
        """Until no command waits or is being carried out, of these or of all; timers may still be armed."""
        if conversations is not None:
            await asyncio.gather(*(self._workers[one] for one in conversations if one in self._workers))
            return
        while running := [worker for worker in self._workers.values() if not worker.done()]:
            await asyncio.gather(*running)

    async def close(self) -> None:
        """Finish what was begun; open conversations stay as they are stored."""
        await self.settled()
        self._unsubscribe()
        for case in self.cases.values():
            if case.timer is not None:
                case.timer.cancel()
        if self.around.executions is not None:
            await self.around.executions.close()

    # One conversation's queue.

    def adopt(self, state: Conversation) -> Case:
        """A stored conversation of a home that is this node's now."""
        case = self.cases.setdefault(state.id, Case(state.id, unread=True))
        if case.unread:
            case.state, case.unread = state, False
        return case

    def _is_elsewhere(self, state: Conversation) -> bool:
        """Whether another node decides; one that is closed, or that nobody knows, is decided for anywhere."""
        return state.state != "closed" and state.home not in self.homes.held

    def _load(self, conversation: str) -> Conversation | None:
        document = self.store.load(OPEN, conversation) or self.store.load(CLOSED, conversation)
        return None if document is None else msgspec.json.decode(document.body, type=Conversation)

    async def _work(self, case: Case) -> None:
        if case.unread and not await self._first_read(case):
            return
        while case.queue:
            command, then = case.queue.popleft()
            held = self.homes.conversations.hold()
            try:
                answer = await self._take(case, command, is_asked=then is not None)
            except Lost:
                answer = NOT_OWNER
            except StoreError as error:
                answer = Refused("unavailable", str(error))
            except Exception:  # one command must not stop the queue of its conversation
                log.exception("conversation %s: command %s failed", case.id, command.name)
                answer = Refused("error", "the command could not be carried out")
            finally:
                self.homes.conversations.release(held)
            if then is not None:
                then(answer)
        self._forget(case)

    async def _first_read(self, case: Case) -> bool:
        """Learn what the store has of a conversation; False when its commands are not this node's to carry out."""
        problem = None
        try:
            state = await asyncio.to_thread(self._load, case.id)
        except StoreError as error:
            state, problem = None, Refused("unavailable", str(error))
        if not case.unread:  # its home has been taken over meanwhile
            return True
        if problem is None and (state is None or not self._is_elsewhere(state)):
            case.state, case.unread = state, False
            return True
        self._forget(case)
        for command, then in case.queue:
            if problem is None:
                self.elsewhere(command, then)
            elif then is not None:
                then(problem)
        return False

    def _forget(self, case: Case) -> None:
        if case.state is None or case.state.state == "closed":
            self.cases.pop(case.id, None)
        self._workers.pop(case.id, None)

    async def _take(self, case: Case, command: Command, *, is_asked: bool) -> Answer:
        """Carry a command out. While the database does not answer it is tried again, on what is stored by then."""
        until = self.around.clock.now() + (PATIENCE_MS if is_asked else UNASKED_PATIENCE_MS)
        conflicts, decided, uncertain = 0, None, None
        while True:
            try:
                if decided is not None:
                    case.state = await asyncio.to_thread(self._load, case.id)
                known = await asyncio.to_thread(self.store.answer, command.command_id)
                if known is not None:
                    return _earlier(known) if uncertain is None else await self._follow(case, uncertain)
                if decided is None:
                    named = self._named(case, command)
                    if isinstance(named, Refused):
                        return named
                    command = named
                prepared = await self.preparation.prepare(case, command)
                if isinstance(prepared, Refused):
                    return prepared
                command = prepared  # with what a stopped execution had not flushed: it cannot be stopped again
                events = decide(case.state, command, self.around.clock.now(), self.settings)
                if isinstance(events, Refused):
                    return events
                decided = _Decided.on(case.state, command, events)
                return await self._commit(case, decided)
            except Lost:
                raise
            except Conflict:
                conflicts += 1
                if conflicts == TRIES:
                    return Refused("stale_revision", "the conversation changes too fast, try again")
            except StoreError as error:
                if self.around.clock.now() + PAUSE_MS >= until:
                    return Refused("unavailable", str(error))
                uncertain = decided  # it may be written, with the answer lost
                await pause(self.around.clock, PAUSE_MS)

    def _named(self, case: Case, command: Command) -> Command | Refused:
        if case.state is None:
            command = replace(command, args={**command.args, "home": self.homes.own})
        return self.names.resolve(command, case.state)

    # The commit and what follows.

    async def _commit(self, case: Case, decided: _Decided) -> Answer:
        if decided.events:
            await asyncio.wrap_future(self.store.commit(*self._writes(decided)))
        return await self._follow(case, decided)

    async def _follow(self, case: Case, decided: _Decided) -> Answer:
        """What follows once the events are durable."""
        before, after, events = decided.before, decided.after, decided.events
        if after is None or not events:
            return decided.answer
        case.state = after
        for event in events:
            self._tell_listeners(event, after)
        self.effects.carry_out(case, events, before)
        self.arm(case)
        await self.tell_routing(events, before, after)
        self.record(events, after)
        return decided.answer

    def _tell_listeners(self, event: ConversationEvent, state: Conversation) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event, state)
            except Exception:  # what is decided is carried out, whoever looks on
                log.exception("a listener of conversation %s failed at %s", state.id, event.type)

    def _writes(self, decided: _Decided) -> tuple[Write, ...]:
        """One unit, while the home is ours: the events, the snapshot by compare-and-set, the answer.

        What closes moves to the closed ones; those are nobody's, and may be corrected on any node.
        """
        before, after, events = decided.before, decided.after, decided.events
        assert after is not None
        rev = before.rev if before else 0
        was, kind = (CLOSED if state is not None and state.state == "closed" else OPEN for state in (before, after))
        new = tuple(NewEvent(e.type, e.at, msgspec.json.encode(e, order="sorted")) for e in events)
        at = events[-1].at
        return (
            *((self.homes.fence(after.home),) if was == OPEN else ()),
            Append(STREAM + after.id, rev, new),
            Save(
                kind,
                after.id,
                rev if kind == was else 0,
                after.rev,
                msgspec.json.encode(after, order="sorted"),
                begun=after.start,
                ended=after.end,
            ),
            *(() if kind == was else (Delete(was, after.id),)),
            Remember(decided.command_id, msgspec.json.encode(decided.answer), at),
        )

    def record(self, events: tuple[ConversationEvent, ...], after: Conversation) -> None:
        """The history row: a preliminary one when the last leg is gone, the final one at the close (§14)."""
        if self.on_closed is None:
            return
        if any(event.type in ("ConversationEnded", "ConversationClosed", "Corrected") for event in events):
            held = self.homes.conversations.hold()
            writing = self.on_closed(interaction_of(after))
            writing.add_done_callback(lambda _: self.homes.conversations.release(held))

    def arm(self, case: Case) -> None:
        """One timer for the first deadline that is ours; it fires as a command like any other."""
        if case.timer is not None:
            case.timer.cancel()
            case.timer = None
        due = next_deadline(case.state, self.settings) if case.state is not None else None
        if due is None or due.at is None or case.state is None:
            return
        command = Command(
            command_id=derived(case.id, "timer", due.name, due.participant, due.at, case.state.rev),
            conversation=case.id,
            name="timer",
            actor=Actor("clock"),
            participant=due.participant,
            args={"name": due.name},
        )
        case.timer = self.around.clock.call_at(due.at, lambda: self.post(command))

    # Routing.

    async def tell_routing(
        self, events: tuple[ConversationEvent, ...], before: Conversation | None, after: Conversation
    ) -> None:
        """What these events mean to routing; telling it again is harmless."""
        state = before
        for event in events:
            for message in messages(event, state, after):
                await self._tell(after, message, state)
            state = apply(state, event)

    async def _tell(self, after: Conversation, message: m.Command, before: Conversation | None) -> None:
        answer = await self.routing.send(message)
        refused = isinstance(answer, m.Refused)
        if isinstance(message, m.Enqueue):
            self._placed(after, message, answer)
        elif isinstance(message, m.DeliveryFailed) and refused and before is not None and before.accepted is not None:
            # The item has left the queue with the accept: it goes back to its place, and the agent's unit is freed.
            if after.queue_entry is not None:
                again = derived(message.command_id, "again")
                kept = after.queue_entry.enqueued_at
                await self.routing.send(enqueue(after, after.queue_entry, again, keep_wait_of=kept))
            agent, freed = before.accepted.agent_id, derived(message.command_id, "freed")
            await self.routing.send(m.UnitChanged(command_id=freed, item=after.id, agent=agent, unit="released"))
        elif isinstance(answer, m.Refused):
            log.debug("conversation %s: routing refused %s: %s", after.id, type(message).__name__, answer.message)

    def _placed(self, state: Conversation, message: m.Enqueue, answer: m.Answer) -> None:
        """Routing's answer for an entry that a transfer has made."""
        entry = state.queue_entry
        if entry is None:
            return
        args: dict[str, Any] = {"entry_id": entry.entry_id}
        name = "queue_confirmed"
        if isinstance(answer, m.Refused):
            name, args["code"] = "queue_refused", answer.code
        elif "enqueued_at" in answer.data:
            args["enqueued_at"] = answer.data["enqueued_at"]
        self.post(
            Command(
                command_id=derived(message.command_id, "answered"),
                conversation=state.id,
                name=name,
                actor=Actor("routing"),
                args=args,
            )
        )

    def routing_event(self, routed: Routed) -> None:
        """A durable event of routing: what concerns a conversation of this node becomes its command, exactly once."""
        done = self.homes.routing[routed.shard]
        held = done.hold()
        done.reach(routed.seq)
        event = routed.event
        command = command_of(event, self.around.directory)
        if command is None or not self.has(command.conversation):
            done.release(held)
            return

        def answered(answer: Answer) -> None:
            done.release(held)
            if isinstance(answer, Refused) and isinstance(event, m.ItemReserved):
                gone = customer_is_gone(event, answer)
                if gone is not None:
                    self._background(self.routing.send(gone))

        self.post(command, answered)

    def _background(self, waiting: Any) -> None:
        task = asyncio.get_running_loop().create_task(waiting)
        name = f"message {id(task)}"
        self._workers[name] = task
        task.add_done_callback(lambda _: self._workers.pop(name, None))

    # What another node had.

    def stored(self) -> list[Conversation]:
        """All conversations in the store that are not closed, whoever decides for them. Blocks."""
        return [msgspec.json.decode(document.body, type=Conversation) for document in self.store.documents(OPEN)]

    def drop(self, home: str) -> list[str]:
        """Another node decides for this home now: what is alive of its conversations here ends without a word.

        Gives their ids.
        """
        dropped = [case for case in self.cases.values() if case.state is not None and case.state.home == home]
        for case in dropped:
            del self.cases[case.id]
            case.let_go()
            if case.state is not None and case.state.media.bridge is not None:
                self.around.bridges.part(case.state.media.bridge)
            while case.queue:
                _, then = case.queue.popleft()
                if then is not None:
                    then(NOT_OWNER)
        return [case.id for case in dropped]


@dataclass(frozen=True, slots=True)
class _Decided:
    """What a command has come to: it is carried out once it is durable."""

    command_id: str
    before: Conversation | None
    after: Conversation | None
    events: tuple[ConversationEvent, ...]
    answer: Done

    @classmethod
    def on(cls, before: Conversation | None, command: Command, events: tuple[ConversationEvent, ...]) -> _Decided:
        after = before
        for event in events:
            after = apply(after, event)
        told = _told(after, command) if after is not None and events else {}
        return cls(command.command_id, before, after, events, Done(after.rev if after is not None else 0, data=told))


def _earlier(known: bytes) -> Answer:
    """The answer that a command was given before."""
    answer: Answer = msgspec.json.decode(known, type=_ANSWER)
    return replace(answer, duplicate=True) if isinstance(answer, Done) else answer


def _refuse(command: Command, then: Then | None) -> None:
    if then is not None:
        then(NOT_OWNER)


def _told(state: Conversation, command: Command) -> dict[str, Any]:
    """What an answer carries besides the revision."""
    transfer = next((t for t in state.transfers if t.command_id == command.command_id), None)
    return {"transfer": transfer.state} if transfer is not None and not transfer.open else {}
