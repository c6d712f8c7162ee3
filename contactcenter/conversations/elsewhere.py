"""Open conversations that other nodes decide for, read along from the journal (DESIGN.md "Many machines")."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from contactcenter.conversations.apply import apply
from contactcenter.conversations.messages import ConversationEvent
from contactcenter.conversations.service import OPEN, STREAM, Listener
from contactcenter.conversations.state import Conversation
from store import Document, Store, StoredEvent

PAGE = 1000


class Elsewhere:
    """Their states as of a position of the journal; nothing is read before somebody asks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._position: int | None = None
        self._reading = asyncio.Lock()
        self._listeners: list[Listener] = []
        self.states: dict[str, Conversation] = {}

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Events as they are read, with the state after them; gives what ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def catch_up(self) -> None:
        """Everything that was committed before is in ``states`` afterwards, our own conversations too."""
        async with self._reading:
            if self._position is None:
                await self._begin()
            while page := await asyncio.to_thread(self._page):
                for stored in page:
                    await self._take(stored)
                    self._position = stored.position

    def forget(self) -> None:
        """There is nobody else: read no more, until somebody asks again."""
        self._position = None
        self.states.clear()

    async def _begin(self) -> None:
        self._position = await asyncio.to_thread(self._store.head)
        for document in await asyncio.to_thread(self._store.documents, OPEN):
            self._keep(_state(document))

    def _page(self) -> Sequence[StoredEvent]:
        return self._store.read_all(self._position or 0, PAGE, STREAM)

    async def _take(self, stored: StoredEvent) -> None:
        event = msgspec.json.decode(stored.body, type=ConversationEvent)
        known = self.states.get(event.conversation)
        rev = known.rev if known is not None else 0
        if event.rev == rev + 1:
            state = apply(known, event)
            self._keep(state)
            for listener in tuple(self._listeners):
                listener(event, state)
        elif event.rev > rev:  # it began before we did
            document = await asyncio.to_thread(self._store.load, OPEN, event.conversation)
            if document is not None:
                self._keep(_state(document))

    def _keep(self, state: Conversation) -> None:
        if state.state == "closed":
            self.states.pop(state.id, None)
        else:
            self.states[state.id] = state


def _state(document: Document) -> Conversation:
    return msgspec.json.decode(document.body, type=Conversation)
