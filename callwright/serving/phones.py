"""Browsers as telephones: the web phone's calls as the phone page wants them (``web.services.Phone``).

A call is with the node that it came in on. A page that another node serves is served from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from functools import partial
from typing import Literal

import msgspec

from callwright.numbers import bare, uri
from callwright.peers import Peers
from callwright.serving.lines import WaitingLines
from channels.telephony import WebPhone, WebPhoneSession
from contactcenter.conversations import Conversation, Leg, LegReport, SharedConversations
from interpreter.ports import Clock
from web.services import ServerEvent

ADAPTER = "webphone"
PATIENCE_MS = 3_000
"""How long a page waits for the answer of the node that has its call."""

LOOK_S = 0.25
"""How often it is asked whether the call of a page is still with the node that the page hears."""


class Phoned(msgspec.Struct, frozen=True):
    """What a page does to its call: ``answer`` it, ``press`` keys, ``say`` words, ``hang_up``."""

    session: str
    act: Literal["answer", "press", "say", "hang_up"]
    what: str = ""


class BrowserPhone:
    """Calls from browsers into the conversations."""

    def __init__(self, conversations: SharedConversations, peers: Peers, clock: Clock, *, pace: int) -> None:
        self.conversations = conversations
        self.phone = WebPhone(clock, self._place, pace=pace)
        self.lines = WaitingLines(self.phone, peers, conversations.homes.addresses)
        self._peers = peers
        self._carry = peers.carrier("phones")

    async def _place(self, session: WebPhoneSession, number: str, dialled: str) -> str:
        conversation, _ = await self.conversations.call(session, ani=uri(number), dnis=uri(dialled), adapter=ADAPTER)
        return conversation

    def take_up(self, conversations: Iterable[Conversation]) -> dict[str, Leg]:
        """The legs of callers whose pages live on while this process is a new one, by leg id."""
        legs: dict[str, Leg] = {}
        for state in conversations:
            for participant in state.participants:
                leg = participant.leg
                if leg is not None and leg.adapter == ADAPTER and leg.state == "connected":
                    legs[leg.id] = self.phone.take_up(state.id)
        return legs

    def drop(self, conversations: Iterable[str]) -> None:
        """These calls are another node's now."""
        for conversation in conversations:
            self.phone.drop(conversation)

    async def dial(self, number: str, dialled: str) -> str:
        """Place a call; gives the session's id."""
        return await self.phone.dial(number, dialled)

    def ring(self, number: str, conversation: str, leg: str, report: LegReport) -> Leg | None:
        """Call a number at which a page waits (``DeskPhones.dialler``)."""
        return self.phone.ring(bare(number), f"{conversation}.{leg}", partial(report.connected, leg))

    def wait(self, number: str, *, here: bool = False) -> AsyncIterator[ServerEvent]:
        """Wait for calls to a number: those of all nodes, or of this one."""
        return self.lines.here(bare(number)) if here else self.lines.everywhere(bare(number))

    async def answer(self, session: str) -> bool:
        """Take a call that rings; False when there is none."""
        return await self._do(Phoned(session, "answer"))

    async def press(self, session: str, keys: str) -> bool:
        """Press keys; False when there is no such call."""
        return await self._do(Phoned(session, "press", keys))

    async def say(self, session: str, text: str) -> bool:
        """Say something; False when there is no such call."""
        return await self._do(Phoned(session, "say", text))

    async def hang_up(self, session: str) -> bool:
        """End the call."""
        return await self._do(Phoned(session, "hang_up"))

    async def _do(self, phoned: Phoned) -> bool:
        """Do it where the call is. Asked once: keys must not be pressed twice."""
        address = await self.conversations.find(_conversation(phoned.session))
        if address is None:
            return await self._do_here(phoned)
        try:
            return await self._carry(address, msgspec.json.encode(phoned), PATIENCE_MS) == b"true"
        except (OSError, TimeoutError):
            return False

    async def _do_here(self, phoned: Phoned) -> bool:
        match phoned.act:
            case "answer":
                return await self.phone.answer(phoned.session)
            case "press":
                return await self.phone.press(phoned.session, phoned.what)
            case "say":
                return await self.phone.say(phoned.session, phoned.what)
            case "hang_up":
                return await self.phone.hang_up(phoned.session)

    async def brought(self, body: bytes) -> bytes:
        """What another node gets for what its page does to a call of this one."""
        try:
            phoned = msgspec.json.decode(body, type=Phoned)
        except msgspec.MsgspecError:
            return b"false"
        return b"true" if await self._do_here(phoned) else b"false"

    async def listen(self, session: str, after: int = 0) -> AsyncIterator[ServerEvent]:
        """What the caller hears after an event; ends with the call, or when the call changes its node (pages connect
        again by themselves)."""
        address = await self.conversations.find(_conversation(session))
        if address is None:
            async for own in self.phone.listen(session, after):
                yield ServerEvent(own.id, own.type, dict(own.data))
            return
        with suppress(OSError):
            async for event in self._follow(session, address, after):
                yield event

    async def _follow(self, session: str, address: str, after: int) -> AsyncIterator[ServerEvent]:
        """What another node tells of a call, for as long as it is there: one that hangs does not close its streams."""
        events = self._peers.events(address, f"/phone/calls/{session}/events", after)
        reading: asyncio.Future[ServerEvent | None] = asyncio.ensure_future(anext(events, None))
        try:
            while True:
                while not (await asyncio.wait((reading,), timeout=LOOK_S))[0]:
                    if await self.conversations.address_of(_conversation(session)) != address:
                        return
                event = reading.result()
                if event is None:
                    return
                yield event
                reading = asyncio.ensure_future(anext(events, None))
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


def _conversation(session: str) -> str:
    """Whose call a session is: its own id, or what stands before the leg's where the page was called."""
    return session.partition(".")[0]
