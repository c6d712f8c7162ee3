"""What every telephone adapter in this process has in common: a leg that plays prompts, hears keys, and can
be bridged.

An adapter knows nothing of flows and does not time digits: ``LiveMedia`` does (telephony.md §2). A leg reports
``played``, ``pressed``, ``spoken`` and ``gone`` to its ``media``; the conversation puts itself behind that as
listener.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from interpreter.commands import Prompt, Silence
from interpreter.media import LiveMedia
from interpreter.ports import Capabilities, Clock, Timer
from interpreter.prompts import heard

MS_PER_CHARACTER = 60
BREATH_MS = 300
WORDS_ONLY = Capabilities(asr=True)
"""What a leg can do whose sound is text: hear words and keys, and nothing that needs a line."""


class Bridge(Protocol):
    """Where a bridged leg speaks into."""

    def relay(self, sender: PacedLeg, text: str) -> None:
        """Everybody else in the bridge hears it."""


def spoken_ms(prompts: Sequence[Prompt], pace: int = MS_PER_CHARACTER) -> int:
    """How long prompts take when spoken at ``pace`` ms a character; 0 takes no time but for silences."""
    breath = BREATH_MS if pace else 0
    return sum(p.ms if isinstance(p, Silence) else breath + pace * len(heard((p,))) for p in prompts)


class PacedLeg:
    """A leg whose prompts are words: they are over after the time it takes to say them.

    Subclasses say what is heard (``hears``, ``hears_music``, ``falls_silent``) and what an end means (``ended``).
    """

    def __init__(self, clock: Clock, *, pace: int = MS_PER_CHARACTER, capabilities: Capabilities | None = None) -> None:
        self.clock = clock
        self.pace = pace
        self.capabilities = capabilities or WORDS_ONLY
        self.media = LiveMedia(self, clock)
        self.bridge: Bridge | None = None
        self.over = False
        self._playing: Timer | None = None

    # What the conversation asks (interpreter.media.Adapter).

    def play(self, prompts: tuple[Prompt, ...]) -> None:
        """Begin to speak; ``played`` follows."""
        self.hears(prompts)
        self._playing = self.clock.call_at(self.clock.now() + spoken_ms(prompts, self.pace), self._played)

    def stop(self) -> None:
        """Stop at once."""
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None
        self.falls_silent()

    def background(self, prompts: tuple[Prompt, ...], music: str | None) -> None:
        """Words or music that nobody waits for."""
        if heard(prompts):
            self.hears(prompts)
        if music is not None:
            self.hears_music(music)

    def hang_up(self, cause: str) -> None:
        """The other side ends the call."""
        self._end("flow", cause)

    # What happens at this end.

    def press(self, keys: str) -> None:
        """Keys are pressed, one after the other."""
        for key in keys:
            if not self.over:
                self.media.pressed(key)

    def say(self, text: str, confidence: float = 1.0) -> None:
        """Something is said: to the bridge when there is one, else to the flow."""
        if self.over:
            return
        if self.bridge is not None:
            self.bridge.relay(self, text)
        else:
            self.media.spoken(text, confidence)

    def leave(self, cause: str = "normal") -> None:
        """This end hangs up."""
        if not self.over:
            self._end("caller", cause)
            self.media.gone("caller", cause)

    # Bridges (channels.telephony.bridge).

    def joined(self, bridge: Bridge, others: Sequence[PacedLeg]) -> None:
        """These are heard from now on."""
        self.bridge = bridge
        self.meets([leg.name for leg in others])

    def parted(self) -> None:
        """Nobody is heard any more."""
        self.bridge = None

    # For subclasses.

    @property
    def name(self) -> str:
        """Who is at this end, for people."""
        return "caller"

    def hears(self, prompts: Sequence[Prompt]) -> None:
        """Prompts begin."""

    def hears_music(self, music: str) -> None:
        """Music begins."""

    def hears_other(self, sender: str, text: str) -> None:
        """Somebody in the bridge says something."""

    def meets(self, others: Sequence[str]) -> None:
        """These people are on the line."""

    def falls_silent(self) -> None:
        """What was playing stops."""

    def ended(self, by: str, cause: str) -> None:
        """The leg is over."""

    def prompts_over(self) -> None:
        """The prompts have been heard to their end."""

    def _played(self) -> None:
        self._playing = None
        self.media.played()
        self.prompts_over()

    def _end(self, by: str, cause: str) -> None:
        if self.over:
            return
        self.over = True
        if self._playing is not None:
            self._playing.cancel()
            self._playing = None
        self.bridge = None
        self.ended(by, cause)
