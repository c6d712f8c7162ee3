"""Who a call is from, kept in step between conversations and customers, and what is logged of it.

The number is resolved as the call begins, the flow's own identification replaces that, and an agent's word replaces
both (customers.md §4). Customers block until they are durable, so they are asked in a thread; every command has an id
derived from what caused it, so that a repetition is harmless.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from callwright.numbers import bare
from contactcenter.conversations import (
    RECORD,
    Actor,
    Command,
    Conversation,
    ConversationEvent,
    Conversations,
    Interaction,
    derived,
    interaction_of,
)
from contactcenter.customers import Customers, Entry, Link
from contactcenter.organisation import Organisation
from store import StoreError

_SHOWN_AHEAD = frozenset({"ConversationStarted", "CallbackChanged", "ContactLinked"})
log = logging.getLogger(__name__)

TRIES, PAUSE_S = 120, 0.25
"""How often, and after what pause, customers are written again where that has failed."""

Logged = Callable[[Interaction, Link | None], None]


class CustomerLinks:
    """Listens to conversations, resolves and links their customers, and logs what has ended."""

    def __init__(self, customers: Customers, organisation: Organisation, on_logged: Logged | None = None) -> None:
        self.customers = customers
        self.organisation = organisation
        self.on_logged = on_logged
        self.conversations: Conversations | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._logging = asyncio.Lock()
        """What is planned must not be written over what has become of it."""

    def attach(self, conversations: Conversations) -> None:
        """Begin to listen."""
        self.conversations = conversations
        conversations.subscribe(self.heard)

    def heard(self, event: ConversationEvent, state: Conversation) -> None:
        """A durable event of a conversation."""
        if event.type in _SHOWN_AHEAD and state.callback is not None and state.end is None:
            self._later(partial(self._show_ahead, state.id))
        if event.type == "ConversationStarted" and state.ani:
            self._later(partial(self._resolve, state.id, bare(state.ani)))
        elif event.type == "AttributesSet" and event.data.get(RECORD):
            self._later(partial(self._link_by_flow, state.id, str(event.data[RECORD]), event.rev))

    def closed(self, interaction: Interaction) -> asyncio.Task[None]:
        """A conversation's last leg is gone, or its wrap-up is done: the history has it, once (§7)."""
        return self._later(partial(self._record, interaction))

    async def settled(self) -> None:
        """Until nothing is being written any more."""
        while self._work:
            await asyncio.gather(*self._work)

    # In the background.

    def _later(self, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._safely(work))
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task

    async def _safely(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Try it, again while the database fails over or another node is faster; the call goes on meanwhile, and where
        nothing helps the log says why."""
        try:
            for _ in range(TRIES):
                with suppress(StoreError):
                    await work()
                    return
                await asyncio.sleep(PAUSE_S)
            await work()
        except Exception:
            log.exception("a customer could not be linked or logged")

    async def _resolve(self, conversation: str, number: str) -> None:
        link, _ = await asyncio.to_thread(self.customers.resolve_call, conversation, number)
        if link is not None:
            await self._tell(conversation, link, "resolution", ("resolved",))

    async def _link_by_flow(self, conversation: str, record: str, rev: int) -> None:
        link = await asyncio.to_thread(self.customers.link_by_flow, conversation, record)
        if link is not None:
            await self._tell(conversation, link, "flow", ("linked", rev))

    async def _tell(self, conversation: str, link: Link, how: str, cause: tuple[object, ...]) -> None:
        assert self.conversations is not None
        contact = await asyncio.to_thread(self.customers.contact, link.contact_id)
        args = {"contact": contact.id, "how": how, **({"name": contact.name} if contact.name else {})}
        command = Command(
            command_id=derived(conversation, *cause),
            conversation=conversation,
            name="link",
            actor=Actor("resolution"),
            args=args,
        )
        await self.conversations.send(command)

    async def _show_ahead(self, conversation: str) -> None:
        """A callback stands in the history from the moment it is asked for, with the time it is due."""
        assert self.conversations is not None
        async with self._logging:
            state = await self.conversations.read(conversation)
            if state is not None and state.end is None:
                await asyncio.to_thread(self.customers.log, self.entry_of(interaction_of(state)))

    async def _record(self, interaction: Interaction) -> None:
        async with self._logging:
            await asyncio.to_thread(self.customers.log, self.entry_of(interaction))
        if self.on_logged is not None and interaction.closed is not None:
            link = await asyncio.to_thread(self.customers.link_of, interaction.conversation_id)
            self.on_logged(interaction, link)

    def entry_of(self, interaction: Interaction) -> Entry:
        """The line of the customer's history that an interaction becomes."""
        answered = [visit for visit in interaction.agents if visit.connected is not None]
        queue = interaction.queues[-1].name if interaction.queues else None
        noted = next((visit for visit in reversed(answered) if visit.wrapup), None)
        names = ", ".join(visit.name or "" for visit in answered)
        is_callback = interaction.media == "callback"
        return Entry(
            id=f"interaction:{interaction.conversation_id}",
            kind="callback" if is_callback else "interaction",
            due_at=interaction.due,
            at=interaction.start,
            ended_at=interaction.end,
            title=_title(interaction, names),
            media="voice",
            direction=interaction.direction,
            queue=queue,
            agents=tuple(visit.id for visit in answered),
            wrapup=noted.wrapup_name if noted else None,
            notes=noted.notes or None if noted else None,
            address=bare(interaction.ani) if interaction.ani else None,
            data={"outcome": interaction.outcome, "record": interaction.crm_record, **interaction.cost},
        )


def _title(interaction: Interaction, names: str) -> str:
    if interaction.media != "callback" and interaction.outcome == "callback":
        return "Call, asked for a callback"
    if interaction.media != "callback":
        return f"Call with {names}" if names else "Call, not answered"
    if interaction.end is None:
        return "Callback planned"
    if interaction.outcome == "answered":
        return f"Callback by {names}"
    return {"cancelled": "Callback, cancelled", "abandoned": "Callback, the customer hung up"}.get(
        interaction.outcome or "", "Callback, not reached"
    )
