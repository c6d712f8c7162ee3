"""The agents' desk over conversations, routing and customers (``web.services.Desk``)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence, Set
from typing import Any, get_args

import msgspec

from callwright.numbers import bare, readable
from callwright.serving import desk_callbacks
from callwright.serving.agents import (
    DEFAULT_SHOWN,
    Around,
    Shown,
    directory_codes,
    interaction,
    stage_of,
    why_this_record,
)
from callwright.serving.cards import KIND, Cards
from callwright.serving.foreign import ForeignPages
from callwright.serving.news import News
from callwright.serving.talk import Talk
from callwright.serving.words import AgentsWords, Said
from contactcenter.conversations import (
    Actor,
    Command,
    Conversation,
    ConversationEvent,
    Done,
    OrganisationDirectory,
    Refused,
    SharedConversations,
    derived,
)
from contactcenter.conversations.service import STREAM
from contactcenter.customers import Actor as CustomerActor
from contactcenter.customers import CustomerError
from contactcenter.customers.searching import curated
from contactcenter.routing import Shards
from contactcenter.routing import decode as routed
from contactcenter.routing import messages as m
from interpreter.ports import Clock, Timer
from store import Remember, Store, StoredEvent, StoreError
from web.desk.screenpop import Pop, PopSettings, choose
from web.sentences import sentence
from web.services import Outcome, ServerEvent, User

HEARTBEAT_MS = 15_000
_TOLD = {
    "AcwStarted": "acw.started",
    "AcwEnded": "acw.ended",
    "ContactLinked": "contact.changed",
    "ContactUnlinked": "contact.changed",
    "ConversationClosed": "interaction.ended",
    "OfferEnded": "alert.ended",
    "ScreenPop": "screenpop",
}
_STATUS_EVENTS = frozenset(kind.__name__ for kind in get_args(m.TellsStatus))

_REFUSED = {"unknown_target": 404, "not_participant": 403, "unavailable": 503, "error": 500}

Handler = Callable[["DeskService", User, str, Mapping[str, Any], str], Awaitable[Outcome]]


class DeskService:
    """What every agent sees and does; ``pops`` settles which record opens, ``shown`` what alerts show."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        conversations: SharedConversations,
        routing: Shards,
        cards: Cards,
        directory: OrganisationDirectory,
        words: AgentsWords,
        talk: Talk,
        pages: ForeignPages,
        pops: PopSettings | None = None,
        shown: Sequence[Shown] = DEFAULT_SHOWN,
    ) -> None:
        self.store = store
        self.clock = clock
        self.conversations = conversations
        self.routing = routing
        self.cards = cards
        self.directory = directory
        self.words = words
        self.talk = talk
        self.pages = pages
        self.pops = pops or PopSettings()
        self.shown = shown
        self.news = News(store, self._meaning)
        self._beating: set[asyncio.Task[m.Answer]] = set()
        """Heartbeats on their way: the loop itself does not keep them."""

    # What an agent sees.

    async def state(self, user: User) -> Mapping[str, Any]:
        """Status and interactions of an agent, with the position of the stream that they are true at."""
        position = await self.head()
        await asyncio.gather(self.routing.fresh(), self.conversations.fresh())
        agent = self.routing.views.agent(user.id) or {}
        mine = [state for state in self.conversations.open() if stage_of(state, user.id) is not None]
        mine.sort(key=lambda state: state.start)
        shown = [await self._interaction(state, user) for state in mine]
        return {
            "status": agent.get("status", "OFF_QUEUE"),
            "since": agent.get("since", self.clock.now()),
            "seq": position,
            "interactions": [one for one in shown if one is not None],
        }

    async def _interaction(self, state: Conversation, user: User) -> dict[str, Any] | None:
        found = stage_of(state, user.id)
        if found is None:
            return None
        around = await asyncio.to_thread(self.around, state, found[1].queue_id)
        return interaction(state, user.id, around, self.clock.now(), self.shown)

    def around(self, state: Conversation, queue: str | None = None) -> Around:
        """What the CRM and the organisation know of a conversation; blocks."""
        number, customer = readable(state.callback.number if state.callback else state.ani), state.customer
        match = self.cards.customers.find_by_phone(bare(state.ani)) if state.ani else None
        held = curated(match) if match else []
        pop = self.pop(state)
        linked_by = customer.contact_linked_by if customer else None
        matches = len(held) if any(KIND + one.id == pop.target for one in held) else 0
        return Around(
            number=number,
            why=why_this_record(state.attributes, number, matches, linked_by),
            pop=pop,
            page=self.pages.page(pop),
            others=[self.cards.hit(one) for one in held if KIND + one.id != pop.target],
            wrapup_codes=directory_codes(self.directory, queue),
            transcript=self.talk.of(state.id),
            callback=desk_callbacks.shown(state, self._may_keep(state), self.clock.now()),
            plan=desk_callbacks.plan_for(state),
        )

    def _may_keep(self, state: Conversation) -> bool:
        """Whether the queue of a callback lets an agent keep it."""
        facts = self.directory.queue(state.callback.place.queue_id) if state.callback is not None else None
        return facts is not None and facts.owned_ahead_h is not None

    def pop(self, state: Conversation) -> Pop:
        """The record that opens, and why (desk.md §4.1); an agent's own link comes before everything. Blocks."""
        customer = state.customer
        contact = KIND + customer.external_contact_id if customer and customer.external_contact_id else None
        attributes = state.attributes
        if customer is not None and customer.contact_linked_by == "agent":
            attributes = {name: text for name, text in attributes.items() if name != self.pops.record_attribute}
        elif contact is not None and not self.cards.is_curated(contact):
            contact = None  # made by this very call: there is nothing in it to see
        return choose(attributes, bare(state.ani or ""), contact, self.cards.exists, self.pops)

    # The stream.

    async def head(self) -> int:
        """The newest position of the journal."""
        return await asyncio.to_thread(self.store.head)

    async def events(self, user: User, after: int) -> AsyncIterator[ServerEvent]:
        """The agent's durable events after a position, then live; as long as somebody listens, the desk is alive."""
        news = asyncio.Event()
        stop_beating = self._beat(user.id)
        captions = self.talk.listen(user.id, news.set)
        stream = None
        try:
            stream = await self.news.join(user.id, news.set)
            async for missed in self.news.missed(stream, after):
                after = missed.id
                yield missed
            while True:
                news.clear()
                while stream.waiting:
                    event = stream.waiting.popleft()
                    after = event.id
                    yield event
                while captions.waiting:
                    yield ServerEvent(after, "caption", captions.waiting.popleft())
                await news.wait()
        finally:
            if stream is not None:
                self.news.leave(stream)
            self.talk.leave(captions)
            stop_beating()

    def _beat(self, agent: str) -> Callable[[], None]:
        """Tell routing now and again that the agent's desk is there; gives what ends it."""
        timers: list[Timer] = []

        def beat() -> None:
            now = self.clock.now()
            heartbeat = m.Heartbeat(command_id=f"heartbeat:{agent}:{now}", agent=agent)
            sending = asyncio.get_running_loop().create_task(self.routing.send(heartbeat))
            self._beating.add(sending)
            sending.add_done_callback(self._beating.discard)
            timers[:] = [self.clock.call_at(now + HEARTBEAT_MS, beat)]

        beat()
        return lambda: timers[0].cancel()

    def _meaning(self, events: Sequence[StoredEvent], agents: Set[str]) -> Iterator[tuple[str, ServerEvent]]:
        """Who of the agents is told what of some events (``serving.news``); blocks."""
        states: dict[str, Conversation] = {}
        for stored in events:
            if stored.stream.startswith(STREAM):
                event = msgspec.json.decode(stored.body, type=ConversationEvent)
                state = states.get(event.conversation)
                if state is None or state.rev < event.rev:
                    state = self.conversations.state(event.conversation, event.rev)
                if state is not None:
                    states[state.id] = state
                    for agent in agents & {one.user_id or "" for one in state.participants}:
                        yield agent, self._conversation_told(stored.position, event, state, agent)
            elif stored.type in _STATUS_EVENTS:
                changed = routed(stored).event
                if isinstance(changed, m.TellsStatus) and changed.agent in agents and changed.status is not None:
                    yield changed.agent, ServerEvent(stored.position, "presence.changed", {"status": changed.status})

    def _conversation_told(
        self, position: int, event: ConversationEvent, state: Conversation, agent: str
    ) -> ServerEvent:
        own = state.participant(event.participant)
        is_own = own is not None and own.user_id == agent
        kind = "alert" if event.type == "OfferMade" and is_own else _TOLD.get(event.type, "interaction.updated")
        if kind in ("alert.ended", "screenpop") and not is_own:
            kind = "interaction.updated"
        data: dict[str, Any] = {"interactionId": event.conversation, "rev": event.rev}
        if kind == "screenpop":
            pop = self.pop(state)
            data |= {"kind": pop.kind, "target": pop.target, "reason": pop.reason}
        return ServerEvent(position, kind, data)

    # What an agent does.

    async def command(self, user: User, name: str, body: Mapping[str, Any]) -> Outcome:
        """Carry out a command of the page; the same ``commandId`` gives the same answer."""
        args = body.get("args") or {}
        if not isinstance(args, Mapping):
            return Outcome(400, {"code": "bad.request", "message": "args must be an object"})
        command_id = derived("desk", user.id, str(body["commandId"]))
        conversation = str(body.get("interactionId") or "")
        handler = _OWN.get(name)
        try:
            if handler is None:
                return await self.converse(user, name, conversation, args, command_id)
            known = await asyncio.to_thread(self.store.answer, command_id)
            if known is not None:
                answer = json.loads(known)
                return Outcome(answer["status"], answer["body"])
            outcome = await handler(self, user, conversation, args, command_id)
            if outcome.status < 300:
                kept = json.dumps({"status": outcome.status, "body": dict(outcome.body)}).encode()
                await asyncio.wrap_future(self.store.commit(Remember(command_id, kept, self.clock.now())))
        except CustomerError as error:
            return Outcome(error.status, {"code": error.code, "message": error.message})
        except StoreError as error:
            return Outcome(503, {"code": "unavailable", "message": str(error)})
        return outcome

    async def converse(
        self, user: User, name: str, conversation: str, args: Mapping[str, Any], command_id: str
    ) -> Outcome:
        """A command that the conversation decides."""
        if await self.conversations.read(conversation) is None:
            return Outcome(404, {"code": "not.found", "message": "There is no such interaction."})
        known = {**args, "reservation_id": args.get("reservation")} if name in ("answer", "decline") else dict(args)
        known.pop("reservation", None)
        answer = await self.conversations.send(
            Command(
                command_id=command_id,
                conversation=conversation,
                name=_AS_COMMAND.get(name, name),
                actor=Actor("user", user.id),
                args=known,
            )
        )
        if isinstance(answer, Refused):
            status = _REFUSED.get(answer.code, 409)
            return Outcome(status, {"code": answer.code, "message": sentence(answer.message), "state": answer.state})
        assert isinstance(answer, Done)
        state = await self.conversations.read(conversation)
        return Outcome(200, {"rev": answer.rev, "state": state.state if state else "closed"})

    async def _set_presence(self, user: User, conversation: str, args: Mapping[str, Any], command_id: str) -> Outcome:
        status = str(args.get("status"))
        answer = await self.routing.send(m.SetStatus(command_id=command_id, agent=user.id, status=status))
        if isinstance(answer, m.Refused):
            return Outcome(409, {"code": answer.code, "message": sentence(answer.message)})
        await self.routing.fresh()
        return Outcome(200, {"state": (self.routing.views.agent(user.id) or {}).get("status", status)})

    async def _link(self, user: User, conversation: str, args: Mapping[str, Any], command_id: str) -> Outcome:
        """The agent knows better who this is: this call is theirs, the next one resolves as before."""
        record = str(args.get("record") or "")
        if not record.startswith(KIND):
            return Outcome(400, {"code": "bad.request", "message": "Name a contact."})
        identity = record.removeprefix(KIND)
        actor = CustomerActor(user.id, conversation)
        await asyncio.to_thread(self.cards.customers.relink, conversation, identity, actor)
        return await self._tell_link(user, conversation, identity, command_id)

    async def _tell_link(self, user: User, conversation: str, identity: str, command_id: str) -> Outcome:
        contact = await asyncio.to_thread(self.cards.customers.contact, identity)
        args = {"contact": contact.id, "how": "agent", **({"name": contact.name} if contact.name else {})}
        outcome = await self.converse(user, "link", conversation, args, derived(command_id, "link"))
        return Outcome(outcome.status, {**outcome.body, "record": KIND + contact.id})

    async def _create(self, user: User, conversation: str, args: Mapping[str, Any], command_id: str) -> Outcome:
        """A new contact, with the caller's number unless another was given."""
        state = await self.conversations.read(conversation)
        given = {name: str(text).strip() for name, text in args.items() if str(text).strip()}
        number = bare(state.ani) if state is not None and state.ani else ""
        if number.startswith("+") and "workPhone" not in given:
            given["workPhone"] = number
        actor = CustomerActor(user.id, conversation)
        contact = await asyncio.to_thread(
            lambda: self.cards.customers.create_contact(
                given, actor, conversation=conversation if state is not None else None
            )
        )
        if state is None:
            return Outcome(200, {"record": KIND + contact.id})
        return await self._tell_link(user, conversation, contact.id, command_id)

    async def _note(self, user: User, conversation: str, args: Mapping[str, Any], command_id: str) -> Outcome:
        state = await self.conversations.read(conversation)
        pop = await asyncio.to_thread(self.pop, state) if state is not None else None
        of = self.cards.contact_of
        identity = await asyncio.to_thread(of, pop.target) if pop is not None and pop.kind == "record" else None
        if identity is None:
            return Outcome(409, {"code": "no.contact", "message": "Link the call to a contact first."})
        actor = CustomerActor(user.id, conversation)
        text = str(args.get("text") or "")
        await asyncio.to_thread(self.cards.customers.add_note, identity, text, actor, conversation)
        return Outcome(200, {"state": "saved"})

    async def _say(self, user: User, conversation: str, args: Mapping[str, Any], command_id: str) -> Outcome:
        """Words to the caller: the talk of phones without sound."""
        text = str(args.get("text") or "").strip()
        if not text or not await self.words.say(Said(conversation, user.id, user.name, text)):
            return Outcome(409, {"code": "wrong_state", "message": "There is nobody to talk to."})
        return Outcome(200, {"state": "said"})


_AS_COMMAND = {
    "answer": "accept",
    "disconnect": "hangup",
    "wrapup.save": "wrapup",
    "wrapup.done": "wrapup_done",
}
"""The desk's names for a conversation's commands, where they differ."""

_OWN: Mapping[str, Handler] = {
    "presence.set": DeskService._set_presence,
    "callback.cancel": desk_callbacks.cancel,
    "callback.schedule": desk_callbacks.schedule,
    "reschedule": desk_callbacks.reschedule,
    "link": DeskService._link,
    "contact.create": DeskService._create,
    "note.save": DeskService._note,
    "say": DeskService._say,
}
"""Commands that are not the conversation's alone to decide."""
