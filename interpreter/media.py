"""Media of a live leg: carries out media commands on an adapter and times the digits (telephony.md §2).

An adapter knows how to play, stop and hang up, and says what happened. All timing of digits is here, in the
collector, and the
same for every adapter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from interpreter.collect import Collected, Collector
from interpreter.commands import (
    Answer,
    Background,
    Collect,
    HangUp,
    Listen,
    MediaCommand,
    Menu,
    Prompt,
    Record,
    Reject,
    Say,
    SendDigits,
    SetHeaders,
    Speech,
    Stop,
)
from interpreter.ports import Capabilities, Clock, MediaListener, Timer

MAX_EXTENSION = 10
FILLER_DELAY_MS = 1_000
LAST_WORDS_MS = 120_000
"""How long last prompts may take before the leg is ended all the same."""
SWALLOW_MS = 1_500
"""How long a terminator may come late (telephony.md §4.4)."""


class Adapter(Protocol):
    """What a telephony adapter must be able to do with a leg.

    It reports to the ``LiveMedia`` that drives it: ``played`` when prompts are over, ``pressed``, ``spoken``
    and ``gone``.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    def play(self, prompts: tuple[Prompt, ...]) -> None:
        """Begin to play; ``played`` follows when all of it was heard."""

    def stop(self) -> None:
        """Stop playing at once."""

    def background(self, prompts: tuple[Prompt, ...], music: str | None) -> None:
        """Play something that nobody waits for, until the next audio command."""

    def hang_up(self, cause: str) -> None:
        """End the leg."""


class LiveMedia:
    """The media port of one leg, on top of an adapter."""

    def __init__(self, adapter: Adapter, clock: Clock) -> None:
        self.adapter = adapter
        self.clock = clock
        self.listener: MediaListener | None = None
        self.queue: list[str] = []
        self.command: Say | Collect | Menu | Listen | Record | None = None
        self.collector: Collector | None = None
        self.playing = False
        self.timer: Timer | None = None
        self.later: Timer | None = None
        """Starts filler audio that is only worth hearing when the wait is long."""

        self.background_on = False
        self.ending: str | None = None
        """The cause to hang up with when the last prompts are over."""

        self.late_keys = ("", 0)
        """Terminators of the collection before, and until when they are swallowed."""

        self.silent_since = self.listen_until = 0
        self.pieces: list[tuple[str, float]] = []
        """What a recogniser has heard so far of an answer that is not over."""

        self.speaking_since = 0
        self.ended = False
        self.handlers: dict[type, Callable[..., None]] = {
            Say: self._say,
            Collect: self._collect,
            Menu: self._menu,
            Background: self._background,
            HangUp: self._hang_up,
            Reject: self._reject,
            Stop: self._stop,
            Listen: self._listen,
            Record: self._record,
            Answer: self._nothing,
            SendDigits: self._nothing,
            SetHeaders: self._nothing,
        }

    @property
    def capabilities(self) -> Capabilities:
        """Those of the adapter."""
        return self.adapter.capabilities

    def send(self, command: MediaCommand) -> None:
        """Carry out a media command."""
        if not self.ended and self.ending is None:
            self.handlers[type(command)](command)

    # Commands.

    def _say(self, command: Say) -> None:
        self.command = command
        if command.interruptible and self.queue:
            self._finish_say("interrupted")
            return
        self._play(command.prompts)

    def _collect(self, command: Collect) -> None:
        self._start(command, Collector(command, self.queue))

    def _menu(self, command: Menu) -> None:
        """A menu collects one key; with an extension delay, further ones that come in time."""
        single = {key for key in command.choices if len(key) == 1}
        collect = Collect(
            id=command.id,
            max=MAX_EXTENSION if command.extension_delay else 1,
            deadline=command.deadline,
            prompts=command.prompts,
            term_keys="",
            first_timeout=command.first_timeout,
            inter_timeout=command.extension_delay or 0,
            barge_in=command.barge_in,
            flush_typeahead=command.flush_typeahead,
            accept_bare="".join(key for key in "*#" if key in single),
            allowed="".join(sorted(single | set("0123456789"))),
            language=command.language,
        )
        self._start(command, Collector(collect, self.queue))

    def _start(self, command: Collect | Menu, collector: Collector) -> None:
        self.command, self.collector = command, collector
        ended = collector.begin(self.clock.now())
        if ended is not None:
            self._answer(ended)
        elif collector.skips_prompts or not command.prompts:
            collector.prompt_ended(self.clock.now())
            self._arm()
        else:
            self._play(command.prompts)

    def _background(self, command: Background) -> None:
        """Music begins at once, words only when they are still worth it after a second (flow-format.md §9.4)."""
        self._quiet()
        if command.stop:
            return
        if command.hold_music is not None:
            self._fill(command)
        else:
            self.later = self.clock.call_at(self.clock.now() + FILLER_DELAY_MS, lambda: self._fill(command))

    def _fill(self, command: Background) -> None:
        self.later = None
        self.background_on = True
        self.adapter.background(command.prompts, command.hold_music)

    def _quiet(self) -> None:
        """Filler ends."""
        if self.later is not None:
            self.later.cancel()
            self.later = None
        if self.background_on:
            self.background_on = False
            self.adapter.stop()

    def _listen(self, command: Listen) -> None:
        self.command = command
        self.silent_since = self.clock.now()
        self.listen_until = self.silent_since + command.timeout
        self._await_silence(command)

    def _await_silence(self, command: Listen) -> None:
        at = self.silent_since + command.silence_ms
        how = "silence" if at <= self.listen_until else "timeout"
        self._arm_at(min(at, self.listen_until), lambda: self._heard_silence(command, how))

    def _heard_silence(self, command: Listen, how: str) -> None:
        self._clear()
        if self.listener is not None:
            self.listener.silence_done(command.id, how)

    def _record(self, command: Record) -> None:
        """No adapter records yet: the answer says that nothing was."""
        if self.listener is not None:
            self.listener.recording_done(command.id, "", 0, "stopped")

    def _hang_up(self, command: HangUp) -> None:
        self._quiet()
        self._clear()
        if not command.prompts:
            self._gone_by(command.cause)
            return
        self.ending = command.cause
        self._arm_at(self.clock.now() + LAST_WORDS_MS, lambda: self._gone_by(command.cause))
        self._play(command.prompts)

    def _gone_by(self, cause: str) -> None:
        if not self.ended:
            self._disarm()
            self.ended = True
            self.adapter.hang_up(cause)

    def _reject(self, command: Reject) -> None:
        self.ended = True
        self.adapter.hang_up(command.cause)

    def _stop(self, command: Stop) -> None:
        if self.command is not None and self.command.id == command.id:
            self.adapter.stop()
            self._answer(Collected("", "stopped"))

    def _nothing(self, command: MediaCommand) -> None:
        """The adapter needs no telling."""

    def release(self) -> None:
        """Nobody drives the leg any more (it is bridged, or another execution takes over); last words are
        still heard."""
        if self.ending is not None:
            return
        self._quiet()
        self._disarm()
        self.pieces = []
        if self.playing:
            self.adapter.stop()
        self.command = self.collector = None
        self.playing = False

    # What the adapter reports.

    def played(self) -> None:
        """The prompts were heard to their end."""
        self.playing = False
        if self.ending is not None:
            self._gone_by(self.ending)
        elif isinstance(self.command, Say):
            self._finish_say("done")
        elif self.collector is not None:
            self.collector.prompt_ended(self.clock.now())
            self._drain()

    def pressed(self, key: str) -> None:
        """A key was pressed."""
        command = self.command
        if self._comes_late(key):
            return
        if self.ended or not isinstance(command, (Say, Collect, Menu)):
            self.queue.append(key)
            return
        if isinstance(command, Say):
            self.queue.append(key)
            if command.interruptible and self.playing:
                self.adapter.stop()
                self._finish_say("interrupted")
            return
        if self.playing and not command.barge_in:
            self.queue.append(key)
            return
        if self.playing:
            self.adapter.stop()
            self.playing = False
        assert self.collector is not None
        ended = self.collector.digit(key, self.clock.now())
        self._answer(ended) if ended is not None else self._arm()

    def spoken(self, text: str, confidence: float = 1.0) -> None:
        """Something was said, and is over."""
        command = self.command
        if isinstance(command, Listen):
            self.silent_since = self.clock.now()
            self._await_silence(command)
        if _hears(command) is not None and self.listener is not None:
            self._stop_for_speech()
            self._clear()
            assert command is not None
            self.listener.input_done(command.id, "", "term", None, text, confidence)

    def speaking(self, text: str, confidence: float = 1.0) -> None:
        """A recogniser has heard a piece: what is said is over after a silence that depends on what there is so far."""
        command, until = self.command, _hears(self.command)
        if command is None or until is None:
            self.spoken(text, confidence)
            return
        now = self.clock.now()
        if not self.pieces:
            self._stop_for_speech()
            self.speaking_since = now
        self.pieces.append((text, confidence))
        said = " ".join(piece for piece, _ in self.pieces)
        silence = until.complete if _is_answer(command, said) else until.incomplete
        self._arm_at(min(now + silence, self.speaking_since + until.longest), self._has_spoken)

    def _has_spoken(self) -> None:
        said = " ".join(piece for piece, _ in self.pieces)
        self.spoken(said, min(confidence for _, confidence in self.pieces))

    def _stop_for_speech(self) -> None:
        if self.playing:
            self.adapter.stop()
            self.playing = False

    def gone(self, by: str = "caller", cause: str = "normal") -> None:
        """The leg has ended."""
        if self.ended:
            return
        self.ended = True
        self._clear()
        if self.listener is not None:
            self.listener.hung_up(by, cause)

    # Inside.

    def _comes_late(self, key: str) -> bool:
        """Callers press # out of habit: a terminator just after the last digit belongs to the entry before."""
        keys, until = self.late_keys
        self.late_keys = ("", 0)
        if key not in keys or self.clock.now() > until:
            return False
        command = self.command
        first = command.accept_bare if isinstance(command, Collect) else ""
        first += "".join(command.choices) if isinstance(command, Menu) else ""
        return key not in first

    def _play(self, prompts: tuple[Prompt, ...]) -> None:
        self._quiet()
        if not prompts:
            self.played()
            return
        self.playing = True
        self.adapter.play(prompts)

    def _drain(self) -> None:
        """Keys that were kept during a prompt that could not be interrupted."""
        assert self.collector is not None
        while self.queue and self.collector is not None:
            ended = self.collector.digit(self.queue.pop(0), self.clock.now())
            if ended is not None:
                self._answer(ended)
                return
        self._arm()

    def _finish_say(self, how: str) -> None:
        command = self.command
        self.playing = False
        self._clear()
        if command is not None and self.listener is not None:
            self.listener.prompt_done(command.id, how, 0)

    def _answer(self, collected: Collected) -> None:
        command = self.command
        self._clear()
        if isinstance(command, Collect) and collected.why == "max":
            self.late_keys = (command.term_keys, self.clock.now() + SWALLOW_MS)
        if command is not None and self.listener is not None:
            self.listener.input_done(command.id, collected.digits, collected.why, collected.key)

    def _clear(self) -> None:
        self._disarm()
        self.command = self.collector = None
        self.playing = False
        self.pieces = []

    def _arm(self) -> None:
        if self.collector is not None and self.collector.deadline is not None:
            self._arm_at(self.collector.deadline, self._expired)

    def _arm_at(self, at: int, action: Callable[[], None]) -> None:
        self._disarm()
        self.timer = self.clock.call_at(at, action)

    def _expired(self) -> None:
        if self.collector is not None:
            ended = self.collector.expire(self.clock.now())
            self._answer(ended) if ended is not None else self._arm()

    def _disarm(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


def _hears(command: MediaCommand | None) -> Speech | None:
    """When what is said is over, for a command that it may answer."""
    return command.speech if isinstance(command, (Collect, Menu)) else None


def _is_answer(command: MediaCommand, said: str) -> bool:
    """Whether a menu has a term for it."""
    terms = [term for listed in command.choices.values() for term in listed] if isinstance(command, Menu) else []
    return said.casefold().strip() in (term.casefold() for term in terms)
