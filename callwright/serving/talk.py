"""What is said in calls whose phones have no sound: words, shown live at the desk and gone with the call."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from contactcenter.conversations import Conversation, ConversationEvent

MOST_LINES = 200
"""Of a call, and of what a desk has not been told yet; the oldest go."""

MOST_CALLS = 2_000
"""Calls whose words are kept: those of other nodes end without our being told."""


class Words(msgspec.Struct, frozen=True):
    """Something was said in a conversation; ``agent`` is who hears it at the desk."""

    conversation: str
    who: str
    text: str
    agent: str = ""


@dataclass(slots=True, eq=False)
class Listener:
    """A desk that listens: what it has not been told yet, and how it is woken."""

    agent: str
    wake: Callable[[], None]
    waiting: deque[Mapping[str, Any]] = field(default_factory=lambda: deque(maxlen=MOST_LINES))


class Talk:
    """The words of running conversations, each line as ``(who, text)``.

    ``spread`` tells the other nodes of what was said here, so that a desk on any node hears it.
    """

    def __init__(self, spread: Callable[[Words], None] = lambda _: None) -> None:
        self.spread = spread
        self._lines: dict[str, deque[tuple[str, str]]] = {}
        self._listeners: list[Listener] = []

    def of(self, conversation: str) -> list[tuple[str, str]]:
        """What was said."""
        return list(self._lines.get(conversation, ()))

    def said(self, conversation: str, who: str, text: str) -> None:
        """Somebody has said something."""
        self._say(Words(conversation, who, text))

    def told(self, agent: str, conversation: str, kind: str, data: Mapping[str, Any]) -> None:
        """What an agent's phone shows (``channels.telephony.DeskPhones``)."""
        if kind == "caption":
            self._say(Words(conversation, str(data["sender"]), str(data["text"]), agent))

    def _say(self, words: Words) -> None:
        self.hear(words)
        self.spread(words)

    def hear(self, words: Words) -> None:
        """Something was said, here or on another node."""
        if words.conversation not in self._lines:
            for oldest in list(self._lines)[: len(self._lines) - MOST_CALLS + 1]:
                del self._lines[oldest]
        lines = self._lines.setdefault(words.conversation, deque(maxlen=MOST_LINES))
        lines.append((words.who, words.text))
        caption = {"interactionId": words.conversation, "sender": words.who, "text": words.text}
        for listener in self._listeners:
            if listener.agent == words.agent:
                listener.waiting.append(caption)
                listener.wake()

    def listen(self, agent: str, wake: Callable[[], None]) -> Listener:
        """Hear what is said to an agent from now on."""
        listener = Listener(agent, wake)
        self._listeners.append(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Hear no more."""
        self._listeners.remove(listener)

    def heard(self, event: ConversationEvent, state: Conversation) -> None:
        """What was said in a conversation is gone once it is closed (``Conversations.subscribe``)."""
        if event.type == "ConversationClosed":
            self._lines.pop(state.id, None)
