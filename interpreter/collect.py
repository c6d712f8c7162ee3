"""Digit collection: one pure collector for all adapters (telephony.md §4). Fed time, never asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from interpreter.commands import Collect


@dataclass(frozen=True, slots=True)
class Collected:
    """How a collection ended (telephony.md §4.3)."""

    digits: str
    why: str
    key: str | None = None


@dataclass(slots=True)
class Collector:
    """Collects one input.

    ``queue`` is the call's digit queue, shared between collections: what is not used stays in it. Drive it
    with ``begin``,
    ``prompt_ended``, ``digit`` and ``expire``; ``deadline`` says when to call ``expire`` next.
    """

    command: Collect
    queue: list[str]
    digits: str = ""
    deadline: int | None = None
    waiting_for_terminator: bool = False
    started: bool = field(default=False)

    def begin(self, now: int) -> Collected | None:
        """Start: drain what was typed ahead; the answer, if that is enough."""
        if self.command.flush_typeahead:
            self.queue.clear()
        while self.queue:
            ended = self.digit(self.queue.pop(0), now)
            if ended is not None:
                return ended
        return None

    @property
    def skips_prompts(self) -> bool:
        """Whether digits were typed ahead, so that the prompts are not played."""
        return bool(self.digits)

    def prompt_ended(self, now: int) -> None:
        """The prompts are over: the first-digit timer starts, unless a digit has come already."""
        if not self.digits and self.deadline is None:
            self.deadline = now + self.command.first_timeout

    def digit(self, key: str, now: int) -> Collected | None:
        """A key was pressed."""
        if key in "ABCD" and key not in self.command.allowed:
            return None
        return self._take(key, now)

    def expire(self, now: int) -> Collected | None:
        """Time has passed; the answer, if the deadline was reached."""
        if self.deadline is None or now < self.deadline:
            return None
        if self.waiting_for_terminator:
            return Collected(self.digits, "max")
        if not self.digits:
            return Collected("", "no_input")
        enough = len(self.digits) >= self.command.min
        return Collected(self.digits, "inter_timeout" if enough else "no_match")

    def _take(self, key: str, now: int) -> Collected | None:
        command = self.command
        if self.waiting_for_terminator:
            if key in command.term_keys:
                return Collected(self.digits, "term", key)
            self.queue.insert(0, key)
            return Collected(self.digits, "max")
        if not self.digits and key in command.accept_bare:
            return Collected(key, "term", None)
        if key in command.term_keys:
            return self._terminated(key)
        if key not in command.allowed or (key in "*#" and key not in command.accept_bare):
            return Collected(self.digits + key, "no_match")
        self.digits += key
        if len(self.digits) < command.max:
            self.deadline = now + command.inter_timeout
            return None
        if not command.term_keys or command.term_timeout == 0:
            return Collected(self.digits, "max")
        self.waiting_for_terminator = True
        self.deadline = now + command.term_timeout
        return None

    def _terminated(self, key: str) -> Collected:
        if not self.digits:
            return Collected("", "term" if self.command.min == 0 else "no_match", key)
        enough = len(self.digits) >= self.command.min
        return Collected(self.digits, "term" if enough else "no_match", key)


def validate(command: Collect, digits: str, why: str) -> Collected:
    """The result of a platform that collects by itself, held against the same rules (telephony.md §4.6)."""
    if why in ("term", "inter_timeout", "max") and len(digits) < command.min and digits not in command.accept_bare:
        return Collected(digits, "no_match" if digits else "no_input")
    return Collected(digits, why)
