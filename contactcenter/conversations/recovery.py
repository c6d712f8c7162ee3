"""The conversations of a home whose node is gone are taken up by this one (conversations.md §15).

What their journal and routing's leave to do is done first, since it may have been cut off; repeating it is harmless.
A caller whose leg died with the process is gone. One whose leg lives on keeps the place in the queue and an open
offer, and its flow goes on from its snapshot; where there is none, hold audio or the fallback takes over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import msgspec

from contactcenter.conversations.apply import apply
from contactcenter.conversations.case import Case
from contactcenter.conversations.executions import Parked
from contactcenter.conversations.homes import Held
from contactcenter.conversations.ids import derived
from contactcenter.conversations.lines import Leg
from contactcenter.conversations.messages import Actor, Command, ConversationEvent
from contactcenter.conversations.service import STREAM, Conversations
from contactcenter.conversations.state import PEOPLE_OUTSIDE, Conversation, ExecutionRecord
from contactcenter.routing import Routed, decode
from contactcenter.routing.journal import stream_of
from store import StoredEvent

Legs = Callable[[Sequence[Conversation]], Mapping[str, Leg]]
"""``legs(conversations)``: those of their legs that live on outside of any process, by leg id."""


class Recovery:
    """Takes up one home."""

    def __init__(self, conversations: Conversations, held: Held) -> None:
        self.conversations = conversations
        self.store = conversations.store
        self.held = held

    async def run(self, legs: Legs) -> int:
        """Take the home up; gives how many conversations are open in it."""
        heard: list[Routed] = []
        unsubscribe = self.conversations.routing.subscribe(heard.append)
        try:
            await self._resend()
            missed = await self._missed()
            stored = await asyncio.to_thread(self.conversations.stored)
            mine = [state for state in stored if state.home == self.held.name]
            parked = await asyncio.to_thread(self._parked, mine)
        finally:
            unsubscribe()
        if self.conversations.homes.held.get(self.held.name) is not self.held:
            return 0  # it took so long that somebody else has it now
        # From the last event heard to the end of the loops nothing else runs: whoever asks finds all conversations or
        # none, and what routing says next finds them.
        self.held.ready = True
        found = legs(mine)
        for state in mine:
            self._take_up(state, found, parked)
        last = {shard: self.held.reached.of(shard) for shard in self.conversations.homes.routing}
        last |= {routed.shard: routed.seq for routed in missed}
        for routed in (*missed, *(later for later in heard if later.seq > last[later.shard])):
            self.conversations.routing_event(routed)
        await self.conversations.settled([state.id for state in mine])
        self.held.settled = True
        return len(mine)

    # What was cut off.

    async def _resend(self) -> None:
        """Messages to routing, and history rows."""
        states: dict[str, Conversation | None] = {}
        after = self.held.reached.conversations
        while batch := await asyncio.to_thread(self.store.read_all, after, prefix=STREAM):
            after = batch[-1].position
            for stored in batch:
                await self._resend_of(stored, states)

    async def _resend_of(self, stored: StoredEvent, states: dict[str, Conversation | None]) -> None:
        event = msgspec.json.decode(stored.body, type=ConversationEvent)
        newest = await asyncio.to_thread(self.conversations.state, event.conversation)
        if newest is None or newest.home != self.held.name:
            return
        if event.conversation not in states:
            states[event.conversation] = await asyncio.to_thread(self._before, event)
        before = states[event.conversation]
        states[event.conversation] = now = apply(before, event)
        await self.conversations.tell_routing((event,), before, newest)
        self.conversations.record((event,), now)

    def _before(self, event: ConversationEvent) -> Conversation | None:
        state: Conversation | None = None
        for stored in self.store.read(STREAM + event.conversation, 0, event.rev - 1) if event.rev > 1 else ():
            state = apply(state, msgspec.json.decode(stored.body, type=ConversationEvent))
        return state

    async def _missed(self) -> list[Routed]:
        """Events of routing that the conversations may not have heard of."""
        missed: list[Routed] = []
        for shard in self.conversations.homes.routing:
            stream, after = stream_of(shard), self.held.reached.of(shard)
            while batch := await asyncio.to_thread(self.store.read, stream, after):
                after = batch[-1].seq
                missed += [decode(stored) for stored in batch]
        return missed

    # What is alive.

    def _parked(self, states: Sequence[Conversation]) -> dict[str, Parked]:
        """What is stored of their executions, by id. Blocks."""
        executions = self.conversations.around.executions
        if executions is None:
            return {}
        running = (state.running.id for state in states if state.running is not None)
        return {one: stored for one in running if (stored := executions.load(one)) is not None}

    def _take_up(self, state: Conversation, legs: Mapping[str, Leg], parked: Mapping[str, Parked]) -> None:
        conversations = self.conversations
        case = conversations.adopt(state)
        effects = conversations.effects
        for participant in state.participants:
            leg = participant.leg
            if leg is None or leg.state != "connected":
                continue
            if leg.id in legs:
                effects.attach(case, leg.id, legs[leg.id])
            elif participant.purpose in PEOPLE_OUTSIDE:
                effects.listener(case, leg.id).gone(leg.id, error=True)
            else:
                effects.listener(case, leg.id).gone(leg.id, lost=True)
        effects.take_up(case)
        if state.callbacks and state.media.bridge is not None:
            effects.cancel_callbacks(state)
        if state.running is not None and case.customer_leg is not None:
            self._resume(case, state, state.running, parked.get(state.running.id))
        accepted = state.accepted
        ringing = state.participant(accepted.participant_id) if accepted else None
        if accepted is not None and ringing is not None and ringing.leg is not None:
            effects.ring(case, ringing.leg.id, accepted.agent_id)
        conversations.arm(case)

    def _resume(self, case: Case, state: Conversation, record: ExecutionRecord, stored: Parked | None) -> None:
        """A flow goes on from its snapshot; one that was never stored is lost."""
        if stored is not None:
            self.conversations.effects.start(case, state, record, stored)
            return
        self.conversations.post(
            Command(
                command_id=derived(record.id, "restarted", state.rev),
                conversation=case.id,
                name="execution_faulted",
                actor=Actor("execution", record.id),
                args={"execution": record.id, "detail": "the process was restarted"},
            )
        )
