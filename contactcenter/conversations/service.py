"""The async edge: one queue per conversation, one commit per command, effects after it (conversations.md §0, §15).

A command is decided on the state that the one before it left. Where routing has a say (a queue place, an accept) it is
asked before the decision; what follows for routing is told after the commit, with ids derived from the events.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
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
from contactcenter.conversations.settings import DEFAULTS, Settings
from contactcenter.conversations.state import Conversation, QueueEntry, QueuePlace
from contactcenter.conversations.to_routing import enqueue, messages, patch
from contactcenter.routing import Routed
from contactcenter.routing import messages as m
from store import Append, Conflict, Delete, Lost, NewEvent, Remember, Save, Store, StoreError, Write

log = logging.getLogger(__name__)
STREAM = "conversation/"
OPEN, CLOSED = "conversation", "conversation.closed"
"""Documents of conversations: those that a start takes up again, and those that are history."""

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
        case = self._case(identity)
        if case is None:  # another node has this very call
            return identity, NOT_OWNER
        if leg_id not in case.legs:
            self.effects.attach(case, leg_id, leg)
        start = Command(
            command_id=derived(identity, "start", leg_id),
            conversation=identity,
            name="start",
            actor=Actor("adapter", adapter),
            args=args,
        )
        answer = await self.send(start)
        if isinstance(answer, Refused):
            leg.media.listener = None
            self.cases.pop(identity, None)
            self.effects.say_and_hang_up(leg.media, self.settings.not_in_service)
        return identity, answer

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
        case = self._case(command.conversation)
        if case is None:
            self.elsewhere(command, then)
            return
        case.queue.append((command, then))
        worker = self._workers.get(case.id)
        if worker is None or worker.done():
            self._workers[case.id] = asyncio.get_running_loop().create_task(self._work(case))

    def state(self, conversation: str) -> Conversation | None:
        """A conversation as it is now, open or stored."""
        case = self.cases.get(conversation)
        return case.state if case is not None and case.state is not None else self._load(conversation)

    def has(self, conversation: str) -> bool:
        """Whether this node decides for a conversation that is not closed."""
        return conversation in self.cases

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

    # One conversation's queue.

    def _case(self, conversation: str) -> Case | None:
        """A conversation of this node, a new one, or a closed one; None for one that another node decides for."""
        case = self.cases.get(conversation)
        if case is None:
            state = self._load(conversation)
            if state is not None and state.state != "closed" and state.home not in self.homes.held:
                return None
            case = self.cases[conversation] = Case(conversation, state)
        return case

    def _load(self, conversation: str) -> Conversation | None:
        document = self.store.load(OPEN, conversation) or self.store.load(CLOSED, conversation)
        return None if document is None else msgspec.json.decode(document.body, type=Conversation)

    async def _work(self, case: Case) -> None:
        while case.queue:
            command, then = case.queue.popleft()
            held = self.homes.conversations.hold()
            try:
                answer = await self._take(case, command)
            except Lost:
                answer = NOT_OWNER
            except Exception:  # one command must not stop the queue of its conversation
                log.exception("conversation %s: command %s failed", case.id, command.name)
                answer = Refused("error", "the command could not be carried out")
            finally:
                self.homes.conversations.release(held)
            if then is not None:
                then(answer)
        self._forget(case)

    def _forget(self, case: Case) -> None:
        if case.state is None or case.state.state == "closed":
            self.cases.pop(case.id, None)
        self._workers.pop(case.id, None)

    async def _take(self, case: Case, command: Command) -> Answer:
        known = self.store.answer(command.command_id)
        if known is not None:
            answer = msgspec.json.decode(known, type=_ANSWER)
            return replace(answer, duplicate=True) if isinstance(answer, Done) else answer
        if case.state is None:
            command = replace(command, args={**command.args, "home": self.homes.own})
        named = self.names.resolve(command, case.state)
        if isinstance(named, Refused):
            return named
        for _ in range(TRIES):
            prepared = await self._prepare(case, named)
            if isinstance(prepared, Refused):
                return prepared
            decided = decide(case.state, prepared, self.around.clock.now(), self.settings)
            if isinstance(decided, Refused):
                return decided
            try:
                return await self._commit(case, prepared, decided)
            except Conflict:
                case.state = self._load(case.id)
            except Lost:
                raise
            except StoreError as error:
                case.state = self._load(case.id)
                return Refused("unavailable", str(error))
        return Refused("stale_revision", "the conversation changes too fast, try again")

    # Before the decision: routing is asked, and an execution that is about to lose the media is stopped.

    async def _prepare(self, case: Case, command: Command) -> Command | Refused:
        state = case.state
        foreseen = decide(state, command, self.around.clock.now(), self.settings)
        if isinstance(foreseen, Refused):
            return command
        if command.name == "create_callback" and state is None:
            return await self._ask_for_a_callbacks_place(command, foreseen)
        if state is None:
            return command
        if command.name == "enqueue" and state.queue_entry is None:
            return await self._ask_for_a_place(state, command)
        if command.name == "patch_routing" and state.queue_entry is not None:
            return await self._ask_for_another_place(state.queue_entry, state, command)
        if command.name == "accept" and command.actor.kind != "routing":
            accepted = await self._ask_for_the_offer(state, command)
            if isinstance(accepted, Refused):
                return accepted
            command = accepted
            foreseen = decide(state, command, self.around.clock.now(), self.settings)
        if not isinstance(foreseen, Refused) and _stops(case, command, foreseen):
            how = "connected" if any(event.type == "Bridged" for event in foreseen) else "system"
            buffered = case.stop(how)
            args = {**command.args, "attributes": {**buffered, **(command.args.get("attributes") or {})}}
            return replace(command, args=args)
        return command

    async def _ask_for_a_place(self, state: Conversation, command: Command) -> Command | Refused:
        """The queue place is routing's to give; the alert carries what the flow has set (§5)."""
        place = msgspec.convert(command.args["place"], QueuePlace)
        entry_id = derived(command.command_id, "entry")
        attributes = command.args.get("attributes") or {}
        seen = decide(
            state,
            Command(
                command_id="",
                conversation=state.id,
                name="set_attributes",
                actor=Actor("client"),
                args={"attributes": attributes},
            ),
            self.around.clock.now(),
            self.settings,
        )
        if isinstance(seen, Refused):
            return seen
        for event in seen:
            state = apply(state, event)
        entry = QueueEntry(entry_id=entry_id, item_id=state.id, place=place, enqueued_at=0, participant_id="")
        answer = await self.routing.send(enqueue(state, entry, derived(command.command_id, "routing")))
        if isinstance(answer, m.Refused):
            code = "unknown_target" if answer.code.startswith("unknown") else "no_capacity"
            return Refused(code, answer.message, rev=state.rev, state=state.state)
        at = answer.data.get("enqueued_at", self.around.clock.now())
        return replace(command, args={**command.args, "entry": {"entry_id": entry_id, "enqueued_at": at}})

    async def _ask_for_a_callbacks_place(
        self, command: Command, foreseen: tuple[ConversationEvent, ...]
    ) -> Command | Refused:
        """As for a caller: what routing refuses is told to whoever asks, before the customer counts on it."""
        state: Conversation | None = None
        for event in foreseen:
            state = apply(state, event)
        entry = state.queue_entry if state is not None else None
        if state is None or entry is None:
            return command  # the customer is called first
        now, at = self.around.clock.now(), entry.enqueued_at
        keep_wait_of, not_before = (at, None) if at <= now else (None, at)
        asked = derived(command.command_id, "routing")
        answer = await self.routing.send(enqueue(state, entry, asked, keep_wait_of=keep_wait_of, not_before=not_before))
        if isinstance(answer, m.Refused):
            return Refused("unknown_target" if answer.code.startswith("unknown") else "limit", answer.message)
        given = {"entry_id": derived(command.command_id, "entry"), "enqueued_at": answer.data.get("enqueued_at", at)}
        return replace(command, args={**command.args, "entry": given})

    async def _ask_for_another_place(
        self, entry: QueueEntry, state: Conversation, command: Command
    ) -> Command | Refused:
        """Priority and skills of who waits are routing's to change; what it refuses takes the flow's failure path."""
        asked = patch(entry.item_id, command.args.get("place") or {}, derived(command.command_id, "routing"))
        answer = await self.routing.send(asked)
        if isinstance(answer, m.Refused):
            code = "unknown_target" if answer.code.startswith("unknown") else "wrong_state"
            return Refused(code, answer.message, rev=state.rev, state=state.state)
        return command

    async def _ask_for_the_offer(self, state: Conversation, command: Command) -> Command | Refused:
        """Whether the offer is still open is routing's to say; whether anybody is still there is ours (§10)."""
        offer = state.offer
        if offer is None:
            return command
        if offer.kind == "acd":
            accept = m.Accept(
                command_id=derived(command.command_id, "routing"),
                reservation=offer.reservation_id,
                agent=offer.agent_id,
            )
            answer = await self.routing.send(accept)
            if isinstance(answer, m.Refused):
                return Refused("stale_reservation", answer.message, rev=state.rev, state=state.state)
        if self.around.devices.is_open(offer.agent_id):
            return replace(command, args={**command.args, "open": True})
        return command

    # The commit and what follows.

    async def _commit(self, case: Case, command: Command, events: tuple[ConversationEvent, ...]) -> Answer:
        before = case.state
        if not events:
            return Done(before.rev if before else 0)
        after = before
        for event in events:
            after = apply(after, event)
        assert after is not None
        answer = Done(after.rev, data=_told(after, command))
        await asyncio.wrap_future(self.store.commit(*self._writes(before, after, command, events, answer)))
        case.state = after
        for event in events:
            for listener in tuple(self._listeners):
                listener(event, after)
        self.effects.carry_out(case, events, before)
        self.arm(case)
        await self.tell_routing(events, before, after)
        self.record(events, after)
        return answer

    def _writes(
        self,
        before: Conversation | None,
        after: Conversation,
        command: Command,
        events: tuple[ConversationEvent, ...],
        answer: Done,
    ) -> tuple[Write, ...]:
        """One unit, while the home is ours: the events, the snapshot by compare-and-set, the answer.

        What closes moves to the closed ones; those are nobody's, and may be corrected on any node.
        """
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
            Remember(command.command_id, msgspec.json.encode(answer), at),
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
        done = self.homes.routing
        held = done.hold()
        done.reach(routed.seq)
        event = routed.event
        command = command_of(event, self.around.directory)
        if command is None or command.conversation not in self.cases:
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
        self._workers[f"message {id(task)}"] = task

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


def _refuse(command: Command, then: Then | None) -> None:
    if then is not None:
        then(NOT_OWNER)


def _stops(case: Case, command: Command, foreseen: tuple[ConversationEvent, ...]) -> bool:
    """Whether the decision ends the running execution, unless it is that execution's own doing."""
    running = case.state.running if case.state is not None else None
    if case.running is None or running is None or command.actor.id == running.id:
        return False
    return any(event.type == "ExecutionEnded" and event.data["id"] == running.id for event in foreseen)


def _told(state: Conversation, command: Command) -> dict[str, Any]:
    """What an answer carries besides the revision."""
    transfer = next((t for t in state.transfers if t.command_id == command.command_id), None)
    return {"transfer": transfer.state} if transfer is not None and not transfer.open else {}
