"""Media of a written conversation: a chat, a message thread, a mail. Nothing takes time to be heard; what the other
side writes while nobody asks waits its turn (digital.md §1.3)."""

from __future__ import annotations

from interpreter.commands import Collect, HangUp, Listen, MediaCommand, Menu, Record, Reject, Say, Stop
from interpreter.media import Adapter
from interpreter.ports import Capabilities, Clock, MediaListener, Timer


class WrittenMedia:
    """The media port of a written leg, on top of an adapter that shows prompts as messages."""

    def __init__(self, adapter: Adapter, clock: Clock) -> None:
        self.adapter = adapter
        self.clock = clock
        self.listener: MediaListener | None = None
        self.unread: list[tuple[str, float]] = []
        """Messages that nobody has asked for yet."""

        self.open: Collect | Menu | None = None
        self.timer: Timer | None = None
        self.ended = False

    @property
    def capabilities(self) -> Capabilities:
        """Those of the adapter."""
        return self.adapter.capabilities

    def send(self, command: MediaCommand) -> None:
        """Carry out a media command; what has no meaning in writing is over at once."""
        if self.ended:
            return
        if isinstance(command, (Say, Collect, Menu, Record, HangUp)) and command.prompts:
            self.adapter.play(command.prompts)
        if isinstance(command, Say):
            self._tell().prompt_done(command.id, "done", 0)
        elif isinstance(command, (Collect, Menu)):
            self._ask(command)
        elif isinstance(command, Listen):
            self._tell().silence_done(command.id, "silence")
        elif isinstance(command, Record):
            self._tell().recording_done(command.id, "", 0, "stopped")
        elif isinstance(command, Stop) and self.open is not None and self.open.id == command.id:
            self._close("stopped")
        elif isinstance(command, (HangUp, Reject)):
            self.release()
            self.ended = True
            self.adapter.hang_up(command.cause)

    def written(self, text: str, confidence: float = 1.0) -> None:
        """The other side has written something."""
        if self.ended:
            return
        self.unread.append((text, confidence))
        self._read()

    spoken = written
    """A scripted caller says it as in a call."""

    def pressed(self, key: str) -> None:
        """A key is a short message."""
        self.written(key)

    def played(self) -> None:
        """Messages are there at once; nobody waits for this."""

    def gone(self, by: str = "caller", cause: str = "normal") -> None:
        """The other side has left."""
        if not self.ended:
            self.release()
            self.ended = True
            self._tell().hung_up(by, cause)

    def release(self) -> None:
        """Nobody asks any more."""
        self.open = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    # Inside.

    def _tell(self) -> MediaListener:
        assert self.listener is not None
        return self.listener

    def _ask(self, command: Collect | Menu) -> None:
        self.open = command
        self._read()
        if self.open is command:
            self.timer = self.clock.call_at(self.clock.now() + command.first_timeout, lambda: self._close("no_input"))

    def _read(self) -> None:
        """The oldest message answers the open question; figures alone are digits, too."""
        command = self.open
        if command is None or not self.unread:
            return
        text, confidence = self.unread.pop(0)
        self.release()
        plain = text.strip()
        if isinstance(command, Menu) and plain in command.choices:
            self._tell().input_done(command.id, plain, "max")
        else:
            self._tell().input_done(command.id, "", "term", None, text, confidence)

    def _close(self, why: str) -> None:
        command = self.open
        self.release()
        if command is not None:
            self._tell().input_done(command.id, "", why)
