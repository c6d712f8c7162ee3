"""What is said in calls whose phones have no sound: words, shown live at the desk and gone with the call."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_LINES = 200


@dataclass(slots=True, eq=False)
class Listener:
    """A desk that listens: what it has not been told yet, and how it is woken."""

    agent: str
    wake: Callable[[], None]
    waiting: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_LINES))


class Talk:
    """The words of running conversations, each line as ``(who, text)``."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[tuple[str, str]]] = {}
        self._listeners: list[Listener] = []

    def of(self, conversation: str) -> list[tuple[str, str]]:
        """What was said."""
        return list(self._lines.get(conversation, ()))

    def said(self, conversation: str, who: str, text: str) -> None:
        """Somebody has said something."""
        self._lines.setdefault(conversation, deque(maxlen=MOST_LINES)).append((who, text))

    def told(self, agent: str, conversation: str, kind: str, data: Mapping[str, Any]) -> None:
        """What an agent's phone shows (``channels.telephony.DeskPhones``)."""
        if kind == "caption":
            self.said(conversation, str(data["sender"]), str(data["text"]))
            for listener in self._listeners:
                if listener.agent == agent:
                    listener.waiting.append({"interactionId": conversation, **data})
                    listener.wake()

    def listen(self, agent: str, wake: Callable[[], None]) -> Listener:
        """Hear what is said to an agent from now on."""
        listener = Listener(agent, wake)
        self._listeners.append(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Hear no more."""
        self._listeners.remove(listener)

    def forget(self, conversation: str) -> None:
        """The conversation is closed."""
        self._lines.pop(conversation, None)
