"""Browsers as telephones: the web phone's calls as the phone page wants them (``web.services.Phone``)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from callwright.serving.flows import bare
from channels.telephony import WebPhone, WebPhoneSession
from contactcenter.conversations import Conversation, Conversations, Leg, LegReport
from interpreter.ports import Clock
from web.services import ServerEvent

ADAPTER = "webphone"


class BrowserPhone:
    """Calls from browsers into the conversations."""

    def __init__(self, conversations: Conversations, clock: Clock, *, pace: int) -> None:
        self.conversations = conversations
        self.phone = WebPhone(clock, self._place, pace=pace)

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

    async def dial(self, number: str, dialled: str) -> str:
        """Place a call; gives the session's id."""
        return await self.phone.dial(number, dialled)

    def ring(self, number: str, conversation: str, leg: str, report: LegReport) -> Leg | None:
        """Call a number at which a page waits (``DeskPhones.dialler``)."""
        return self.phone.ring(bare(number), leg, report)

    async def wait(self, number: str) -> AsyncIterator[ServerEvent]:
        """Wait for calls to a number."""
        async for event in self.phone.wait(bare(number)):
            yield ServerEvent(event.id, event.type, dict(event.data))

    async def answer(self, session: str) -> bool:
        """Take a call that rings; False when there is none."""
        return await self.phone.answer(session)

    async def press(self, session: str, keys: str) -> bool:
        """Press keys; False when there is no such call."""
        return await self.phone.press(session, keys)

    async def say(self, session: str, text: str) -> bool:
        """Say something; False when there is no such call."""
        return await self.phone.say(session, text)

    async def hang_up(self, session: str) -> bool:
        """End the call."""
        return await self.phone.hang_up(session)

    async def listen(self, session: str, after: int = 0) -> AsyncIterator[ServerEvent]:
        """What the caller hears after an event."""
        async for event in self.phone.listen(session, after):
            yield ServerEvent(event.id, event.type, dict(event.data))


def uri(number: str) -> str:
    """A number as the URI that ``Call.Ani`` holds; what is no number (a withheld one) stays as it is."""
    return f"tel:{number}" if number[:1] in "+0123456789" and number else number
