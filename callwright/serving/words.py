"""What is said in calls, for desks and calls on different nodes: the agent's words go to the node that has the call,
and what is heard there comes to every node."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress

import msgspec

from callwright.peers import Peers
from callwright.serving.talk import Talk, Words
from channels.telephony import DeskPhones
from contactcenter.conversations import SharedConversations

PATIENCE_MS = 1_000
"""How long another node may take to hear of words."""

MOST_WAITING = 500
"""Words that wait to be told to other nodes; with more, the oldest are lost."""


class Said(msgspec.Struct, frozen=True, tag=True):
    """An agent says something to the caller."""

    conversation: str
    agent: str
    name: str
    text: str


class Heard(msgspec.Struct, frozen=True, tag=True):
    """Something was said in a call of the node that tells it."""

    words: Words


_BROUGHT: msgspec.json.Decoder[Said | Heard] = msgspec.json.Decoder(Said | Heard)


class AgentsWords:
    """Words between agents' desks and calls, wherever the two are."""

    def __init__(self, talk: Talk, phones: DeskPhones, conversations: SharedConversations, peers: Peers) -> None:
        self._talk, self._phones, self._conversations = talk, phones, conversations
        self._carry = peers.carrier("words")
        self._waiting: deque[Words] = deque(maxlen=MOST_WAITING)
        self._telling: asyncio.Task[None] | None = None
        talk.spread = self._spread

    async def say(self, said: Said) -> bool:
        """Let the caller hear an agent; False when they do not talk."""
        address = await self._conversations.address_of(said.conversation)
        if address is None:
            return self._say_here(said)
        with suppress(OSError, TimeoutError):
            return await self._carry(address, msgspec.json.encode(said), PATIENCE_MS) == b"true"
        return False

    def _say_here(self, said: Said) -> bool:
        phone = self._phones.of(said.agent, said.conversation)
        if phone is None:
            return False
        self._talk.said(said.conversation, said.name, said.text)
        phone.say(said.text)
        return True

    async def answer(self, body: bytes) -> bytes:
        """What another node gets for the words that it brings."""
        try:
            brought = _BROUGHT.decode(body)
        except msgspec.MsgspecError:
            return b"false"
        if isinstance(brought, Said):
            return b"true" if self._say_here(brought) else b"false"
        self._talk.hear(brought.words)
        return b"true"

    # To the other nodes: in order, and lost where a node does not listen.

    def _spread(self, words: Words) -> None:
        if not self._conversations.homes.others:
            return
        self._waiting.append(words)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        while self._waiting:
            body = msgspec.json.encode(Heard(self._waiting.popleft()))
            addresses = self._conversations.homes.addresses()
            told = (self._carry(address, body, PATIENCE_MS) for address in addresses)
            await asyncio.gather(*told, return_exceptions=True)
