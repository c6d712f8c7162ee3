"""The terminal phone: prompts are printed, keys are typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from channels.telephony.adapter import PacedLeg
from interpreter.commands import Prompt
from interpreter.ports import Clock
from interpreter.prompts import heard

KEYS = frozenset("0123456789*#")
HANG_UP = frozenset({"h", "hang up", "q"})
HELP = "type keys (0 to 9, * and #), words to say them, h to hang up"


class TerminalPhone(PacedLeg):
    """A caller at the keyboard: ``write`` gets each line to show, ``typed`` each line that was typed.

    ``pace`` is the time that prompts take, in ms a character; 0 (the default) takes none.
    """

    def __init__(self, clock: Clock, write: Callable[[str], None], *, pace: int = 0) -> None:
        super().__init__(clock, pace=pace)
        self.write = write

    def typed(self, line: str) -> None:
        """A line was typed; the end of the input hangs up."""
        text = line.strip()
        if not text or self.over:
            return
        if text.casefold() in HANG_UP:
            self.leave()
        elif text == "?":
            self.write(HELP)
        elif set(text) <= KEYS:
            self.press(text)
        else:
            self.say(text)

    def hears(self, prompts: Sequence[Prompt]) -> None:
        text = heard(tuple(prompts))
        if text:
            self.write(f"flow: {text}")

    def hears_music(self, music: str) -> None:
        self.write("♪")

    def hears_other(self, sender: str, text: str) -> None:
        self.write(f"{sender}: {text}")

    def meets(self, others: Sequence[str]) -> None:
        self.write(f"connected with {', '.join(others) or 'nobody'}")

    def ended(self, by: str, cause: str) -> None:
        self.write("you hang up" if by == "caller" else "the other side hangs up")
