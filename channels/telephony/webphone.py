"""The web phone: a caller in a browser, who can be called back there.

The web carries its events and keys; nothing here knows how.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from channels.telephony.adapter import MS_PER_CHARACTER, PacedLeg
from interpreter.commands import Prompt, Text
from interpreter.ports import Clock, Timer
from interpreter.prompts import heard

KEPT_SESSIONS = 1_000
PATIENCE_MS = 30_000
"""How long a call goes on while no page listens, in ms: a reload or a restart is shorter, a closed browser is not."""


@dataclass(frozen=True, slots=True)
class PhoneEvent:
    """What the page is told: ``ringing``, ``say``, ``stop``, ``music``, ``caption``, ``connected``, ``ended``.

    ``id`` grows within a call, also over a restart of the server: a page tells the last one that it has heard.
    """

    id: int
    type: str
    data: Mapping[str, Any] = field(default_factory=dict)


class WebPhoneSession(PacedLeg):
    """One call of a browser.

    Its events are kept, so that a page that connects again hears what it missed; a call whose page is gone ends.
    """

    def __init__(self, clock: Clock, *, pace: int = MS_PER_CHARACTER) -> None:
        super().__init__(clock, pace=pace)
        self.answered: Callable[[], None] | None = None
        """What is to be told when the page answers; None for a call that the page has placed, or has answered."""

        self.events: list[PhoneEvent] = []
        self._first = clock.now()
        self._news = asyncio.Event()
        self._listeners = 0
        self._moved = False
        self._giving_up: Timer | None = None
        self._wait_for_page()

    def answer(self) -> bool:
        """The page takes a call that rings; False when it does not ring (any more)."""
        if self.answered is None or self.over:
            return False
        answered, self.answered = self.answered, None
        answered()
        return True

    def tell(self, type_: str, **data: Any) -> None:
        """Tell the page."""
        self.events.append(PhoneEvent(self._first + len(self.events) + 1, type_, data))
        self._news.set()

    async def listen(self, after: int = 0) -> AsyncIterator[PhoneEvent]:
        """Events after ``after``, then live; ends with the call."""
        heard = max(0, after - self._first)
        self._listeners += 1
        self._wait_for_page()
        try:
            while True:
                for event in self.events[heard:]:
                    heard += 1
                    yield event
                if self._moved or (self.over and heard >= len(self.events)):
                    return
                self._news.clear()
                await self._news.wait()
        finally:
            self._listeners -= 1
            self._wait_for_page()

    def _wait_for_page(self) -> None:
        """As long as nobody listens, a timer runs."""
        if self._giving_up is not None:
            self._giving_up.cancel()
            self._giving_up = None
        if not self._listeners and not self.over and not self._moved:
            self._giving_up = self.clock.call_at(self.clock.now() + PATIENCE_MS, self._give_up)

    def move_on(self) -> None:
        """The call goes on in another process: pages connect again and find it there."""
        self._moved = True
        self._wait_for_page()
        self._news.set()

    def _give_up(self) -> None:
        self.leave("transport.failure")

    def hears(self, prompts: Sequence[Prompt]) -> None:
        language = next((p.language for p in prompts if isinstance(p, Text)), None)
        text = heard(tuple(prompts))
        if text:
            self.tell("say", text=text, language=language)

    def hears_music(self, music: str) -> None:
        self.tell("music", name=music)

    def hears_other(self, sender: str, text: str) -> None:
        self.tell("caption", sender=sender, text=text)

    def meets(self, others: Sequence[str]) -> None:
        self.tell("connected", others=list(others))

    def falls_silent(self) -> None:
        self.tell("stop")

    def ended(self, by: str, cause: str) -> None:
        self._wait_for_page()
        self.tell("ended", by=by, cause=cause)


Place = Callable[[WebPhoneSession, str, str], Awaitable[str]]
"""``place(session, number, dialled)``: hands a call to the conversations; gives the conversation's id."""


class WebPhone:
    """All calls from browsers, by the conversation's id, and to browsers, by that and the leg's."""

    def __init__(self, clock: Clock, place: Place, *, pace: int = MS_PER_CHARACTER) -> None:
        self.clock = clock
        self.place = place
        self.pace = pace
        self.sessions: dict[str, WebPhoneSession] = {}
        self._waiting: dict[str, list[asyncio.Queue[PhoneEvent]]] = {}

    async def dial(self, number: str, dialled: str) -> str:
        """Place a call; gives the session's id, which is that of the conversation."""
        session = WebPhoneSession(self.clock, pace=self.pace)
        identity = await self.place(session, number, dialled)
        self.sessions[identity] = session
        self._tidy()
        return identity

    def ring(self, number: str, identity: str, answered: Callable[[], None]) -> WebPhoneSession | None:
        """Call a number: the pages that wait for it ring; None when none does. ``identity`` is the session's."""
        waiting = self._waiting.get(number, ())
        if not waiting:
            return None
        session = self.sessions[identity] = WebPhoneSession(self.clock, pace=self.pace)
        session.answered = answered
        self._tidy()
        for page in waiting:
            page.put_nowait(PhoneEvent(self.clock.now(), "ringing", {"session": identity}))
        return session

    async def wait(self, number: str) -> AsyncIterator[PhoneEvent]:
        """Wait at a phone with this number: ``waiting``, then ``ringing`` {session} for every call that comes."""
        page: asyncio.Queue[PhoneEvent] = asyncio.Queue()
        page.put_nowait(PhoneEvent(self.clock.now(), "waiting"))
        self._waiting.setdefault(number, []).append(page)
        try:
            while True:
                yield await page.get()
        finally:
            self._waiting[number].remove(page)

    async def answer(self, session: str) -> bool:
        """Take a call that rings; False when there is none."""
        found = self.sessions.get(session)
        return found is not None and found.answer()

    def take_up(self, identity: str) -> WebPhoneSession:
        """The call of a page that this process does not know yet: it was open before a restart."""
        session = self.sessions[identity] = WebPhoneSession(self.clock, pace=self.pace)
        return session

    def drop(self, identity: str) -> None:
        """Another process has the calls of this conversation now."""
        for known in [one for one in self.sessions if one.partition(".")[0] == identity]:
            self.sessions.pop(known).move_on()

    async def press(self, session: str, keys: str) -> bool:
        """Press keys; False when there is no such call."""
        found = self.sessions.get(session)
        if found is None or found.over:
            return False
        found.press(keys)
        return True

    async def say(self, session: str, text: str) -> bool:
        """Say something; False when there is no such call."""
        found = self.sessions.get(session)
        if found is None or found.over:
            return False
        found.say(text)
        return True

    async def hang_up(self, session: str) -> bool:
        """End the call; False when there is no such call."""
        found = self.sessions.get(session)
        if found is None:
            return False
        found.leave()
        return True

    async def listen(self, session: str, after: int = 0) -> AsyncIterator[PhoneEvent]:
        """What the caller hears; nothing for an unknown call."""
        found = self.sessions.get(session)
        if found is not None:
            async for event in found.listen(after):
                yield event

    def _tidy(self) -> None:
        """Forget the oldest calls that are over."""
        over = [key for key, session in self.sessions.items() if session.over]
        for key in over[: max(0, len(self.sessions) - KEPT_SESSIONS)]:
            del self.sessions[key]
