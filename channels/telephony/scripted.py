"""A caller who follows a script, on whatever clock it is given (the steps of authoring.md §8.2).

Steps are plain data, as they stand in a test file that has been read and checked: ``{"hear": "hello"}``,
``{"press": "1234"}``, ``{"say": "billing"}``, ``{"wait": "2s"}``, ``{"hang up": True}``. After the last step the
caller stays on the line and is silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from channels.telephony.adapter import PacedLeg
from interpreter.commands import Prompt, Recording
from interpreter.ports import Clock
from interpreter.prompts import heard

Step = Mapping[str, Any]
KEY_GAP_MS = 120
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h)\Z")
_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}


def duration_ms(text: str) -> int:
    """``400ms``, ``10s``, ``2m``, ``1h`` in ms.

    Raises ``ValueError`` for anything else.
    """
    match = _DURATION.match(text.strip())
    if match is None:
        raise ValueError(f'"{text}" is no duration such as 400ms, 10s or 2m')
    return int(float(match.group(1)) * _UNITS[match.group(2)])


def unrolled(steps: Iterable[Step]) -> list[Step]:
    """The steps with each ``repeat`` written out."""
    found: list[Step] = []
    for step in steps:
        if "repeat" in step:
            found.extend(unrolled(step["repeat"]["steps"]) * int(step["repeat"]["times"]))
        else:
            found.append(step)
    return found


class ScriptedCaller(PacedLeg):
    """Does each step as soon as it can be done; ``lines`` is the transcript as ``(who, text)``."""

    def __init__(
        self,
        clock: Clock,
        steps: Iterable[Step],
        *,
        pace: int = 60,
        on_end: Callable[[], None] | None = None,
        on_line: Callable[[str, str], None] | None = None,
    ) -> None:
        super().__init__(clock, pace=pace)
        self.steps = unrolled(steps)
        self.lines: list[tuple[str, str]] = []
        self.on_end = on_end
        self.on_line = on_line
        self._unheard: list[tuple[str, tuple[str, ...]]] = []
        self._silent_at: object | None = None
        self._busy_until = 0
        self._scheduled = False

    def start(self) -> None:
        """Begin with the first step."""
        self._go_on()

    # What is heard.

    def hears(self, prompts: Sequence[Prompt]) -> None:
        names = tuple(p.name for p in prompts if isinstance(p, Recording))
        self._note("flow", heard(tuple(prompts)), names)

    def hears_music(self, music: str) -> None:
        self._line("music", music)

    def hears_other(self, sender: str, text: str) -> None:
        self._note(sender, text)

    def meets(self, others: Sequence[str]) -> None:
        self._line("connected", ", ".join(others))
        self._go_on()

    def prompts_over(self) -> None:
        self._go_on()

    def ended(self, by: str, cause: str) -> None:
        self._line(by, "hangs up")
        if self.on_end is not None:
            self.on_end()

    def _line(self, who: str, text: str) -> None:
        self.lines.append((who, text))
        if self.on_line is not None:
            self.on_line(who, text)

    def _note(self, who: str, text: str, names: tuple[str, ...] = ()) -> None:
        if text:
            self._line(who, text)
            self._unheard.append((text, names))
            self._go_on()

    # The script.

    def _go_on(self) -> None:
        """Do what can be done, outside of the call that brought us here."""
        if not self._scheduled and not self.over and self.steps:
            self._scheduled = True
            self.clock.call_at(max(self.clock.now(), self._busy_until), self._next)

    def _next(self) -> None:
        self._scheduled = False
        while self.steps and not self.over:
            if self.clock.now() < self._busy_until:
                self._go_on()
                return
            if not self._do(self.steps[0]):
                return
            self.steps.pop(0)

    def _do(self, step: Step) -> bool:
        """Do one step; False when it has to wait for something to be heard."""
        (kind, value), *_ = step.items()
        if kind == "hear":
            return self._hear(value)
        if kind == "press":
            self._press(value)
        elif kind == "say":
            options = value if isinstance(value, Mapping) else {"text": value}
            self._line("caller", str(options["text"]))
            self.say(str(options["text"]), float(options.get("confidence", 1.0)))
        elif kind in ("wait", "silence"):
            return self._wait(str(value))
        elif kind == "hang up":
            self.leave()
        return True

    def _hear(self, value: Any) -> bool:
        pattern = value if isinstance(value, Mapping) else {"contains": value}
        if "not" in pattern:
            return True
        for index, (text, names) in enumerate(self._unheard):
            if _matches(pattern, text, names):
                del self._unheard[: index + 1]
                return True
        return False

    def _press(self, value: Any) -> None:
        options = value if isinstance(value, Mapping) else {"digits": value}
        gap = duration_ms(str(options["gap"])) if "gap" in options else KEY_GAP_MS
        keys = str(options["digits"])
        self._line("caller", f"presses {keys}")
        for index, key in enumerate(keys):
            self.clock.call_at(self.clock.now() + index * gap, partial(self.press, key))
        self._busy_until = self.clock.now() + len(keys) * gap

    def _wait(self, value: str) -> bool:
        if value == "prompt_end":
            return self._playing is None
        if value == "no_input":
            return self._has_timed_out()
        self._busy_until = self.clock.now() + duration_ms(value)
        return True

    def _has_timed_out(self) -> bool:
        """Whether the flow no longer waits for what it waited for when the caller fell silent."""
        if self._silent_at is None:
            self._silent_at = self.media.command
            return False
        over = self.media.command is not self._silent_at
        if over:
            self._silent_at = None
        return over


def _matches(pattern: Mapping[str, Any], text: str, names: tuple[str, ...]) -> bool:
    if "prompt" in pattern:
        return pattern["prompt"] in names
    if "matches" in pattern:
        return re.search(str(pattern["matches"]), text) is not None
    return _folded(str(pattern["contains"])) in _folded(text)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
