"""The agent's side of a call in this process: a web phone that is open as long as the desk is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from channels.telephony.adapter import PacedLeg
from contactcenter.conversations import Conversation, Leg, LegReport
from interpreter.commands import Prompt
from interpreter.ports import Clock
from interpreter.prompts import heard

Told = Callable[[str, str, str, Mapping[str, Any]], None]
"""``told(agent, conversation, type, data)``: what an agent's phone shows."""


Dialler = Callable[[str, str, str, LegReport], Leg | None]
"""``dialler(number, conversation, leg, report)``: places a call to a number; None when it cannot be called."""


class DeskPhone(PacedLeg):
    """One call at an agent's desk."""

    def __init__(self, clock: Clock, agent: str, conversation: str, told: Told | None = None, name: str = "") -> None:
        super().__init__(clock, pace=0)
        self.agent = agent
        self.conversation = conversation
        self._told = told
        self._name = name or agent

    @property
    def name(self) -> str:
        """The agent."""
        return self._name

    def _tell(self, type_: str, **data: Any) -> None:
        if self._told is not None:
            self._told(self.agent, self.conversation, type_, data)

    def hears(self, prompts: Sequence[Prompt]) -> None:
        self._tell("say", text=heard(tuple(prompts)))

    def hears_music(self, music: str) -> None:
        self._tell("music", name=music)

    def hears_other(self, sender: str, text: str) -> None:
        self._tell("caption", sender=sender, text=text)

    def meets(self, others: Sequence[str]) -> None:
        self._tell("connected", others=list(others))

    def ended(self, by: str, cause: str) -> None:
        self._tell("ended", by=by, cause=cause)


class DeskPhones:
    """Places the legs of agents: every agent has a web phone, which is there at once (``lines.Devices``).

    ``dialler`` places calls to numbers; without one no number can be dialled.
    """

    def __init__(
        self,
        clock: Clock,
        told: Told | None = None,
        *,
        name_of: Callable[[str], str] = lambda agent: agent,
        dialler: Dialler | None = None,
    ) -> None:
        self.clock = clock
        self.told = told
        self.name_of = name_of
        self.dialler = dialler
        self.calls: dict[str, DeskPhone] = {}

    def is_open(self, agent: str) -> bool:
        """A web phone does not ring: the desk shows the offer, and accepting it connects."""
        return True

    def place(self, agent: str, conversation: str, leg: str, report: LegReport) -> Leg | None:
        """The agent's phone takes the call."""
        for key in [key for key, call in self.calls.items() if call.over]:
            del self.calls[key]
        return self._phone(agent, conversation, leg)

    def _phone(self, agent: str, conversation: str, leg: str) -> DeskPhone:
        phone = self.calls[leg] = DeskPhone(self.clock, agent, conversation, self.told, self.name_of(agent))
        return phone

    def take_up(self, conversations: Iterable[Conversation]) -> dict[str, Leg]:
        """The phones of desks that live on while this process is a new one, by leg id."""
        legs: dict[str, Leg] = {}
        for state in conversations:
            for participant in state.participants:
                leg = participant.leg
                if leg is not None and leg.state == "connected" and participant.user_id:
                    legs[leg.id] = self._phone(participant.user_id, state.id, leg.id)
        return legs

    def drop(self, conversations: Iterable[str]) -> None:
        """These calls are another process's now."""
        gone = frozenset(conversations)
        self.calls = {leg: call for leg, call in self.calls.items() if call.conversation not in gone}

    def dial(self, number: str, conversation: str, leg: str, report: LegReport) -> Leg | None:
        """Dial a number."""
        return self.dialler(number, conversation, leg, report) if self.dialler is not None else None

    def of(self, agent: str, conversation: str) -> DeskPhone | None:
        """The phone that an agent has in a conversation."""
        calls = (call for call in self.calls.values() if (call.agent, call.conversation) == (agent, conversation))
        return next((call for call in calls if not call.over), None)
