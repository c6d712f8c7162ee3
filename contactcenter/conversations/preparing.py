"""Before the decision: routing is asked, and an execution that is about to lose the media is stopped."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from contactcenter.conversations.apply import apply
from contactcenter.conversations.case import Case
from contactcenter.conversations.deciding import decide
from contactcenter.conversations.effects import Surroundings
from contactcenter.conversations.ids import derived
from contactcenter.conversations.lines import Routing
from contactcenter.conversations.messages import Actor, Command, ConversationEvent, Refused
from contactcenter.conversations.settings import Settings
from contactcenter.conversations.state import Conversation, QueueEntry, QueuePlace
from contactcenter.conversations.to_routing import enqueue, patch
from contactcenter.routing import messages as m


class Preparation:
    """Prepares commands for their decision."""

    def __init__(self, routing: Routing, around: Surroundings, settings: Settings) -> None:
        self.routing = routing
        self.around = around
        self.settings = settings

    async def prepare(self, case: Case, command: Command) -> Command | Refused:
        """The command with what routing has said, and with what a stopped execution had not flushed.

        It may be prepared again; routing knows what it has been asked by ids that are derived from the command's.
        """
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
            return _refused(answer, "no_capacity", state)
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
            return _refused(answer, "limit")
        given = {"entry_id": derived(command.command_id, "entry"), "enqueued_at": answer.data.get("enqueued_at", at)}
        return replace(command, args={**command.args, "entry": given})

    async def _ask_for_another_place(
        self, entry: QueueEntry, state: Conversation, command: Command
    ) -> Command | Refused:
        """Priority and skills of who waits are routing's to change; what it refuses takes the flow's failure path."""
        asked = patch(entry.item_id, command.args.get("place") or {}, derived(command.command_id, "routing"))
        answer = await self.routing.send(asked)
        if isinstance(answer, m.Refused):
            return _refused(answer, "wrong_state", state)
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


def _refused(answer: m.Refused, otherwise: str, state: Conversation | None = None) -> Refused:
    """Routing's refusal as the conversation's: there is no such thing, or the code that fits what was asked."""
    code = "unknown_target" if answer.code.startswith("unknown") else otherwise
    if state is None:
        return Refused(code, answer.message)
    return Refused(code, answer.message, rev=state.rev, state=state.state)


def _stops(case: Case, command: Command, foreseen: tuple[ConversationEvent, ...]) -> bool:
    """Whether the decision ends the running execution, unless it is that execution's own doing."""
    running = case.state.running if case.state is not None else None
    if case.running is None or running is None or command.actor.id == running.id:
        return False
    return any(event.type == "ExecutionEnded" and event.data["id"] == running.id for event in foreseen)
