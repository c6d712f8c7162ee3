"""A virtual caller: an adapter whose line is a list of steps, on whatever clock it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from interpreter.commands import Prompt, Recording, Silence
from interpreter.media import LiveMedia
from interpreter.ports import Capabilities, Clock, Timer
from interpreter.prompts import heard
from interpreter.written import WrittenMedia
from simulator.script import At, HangUp, Hear, Press, Speak, Step, Wait

MS_PER_CHARACTER = 60
SIMULATED = Capabilities(asr=True, record=True, queue=True, refer=True, early_media=True, headers=True)
"""Nothing is missed in a rehearsal: what is no word and no key is answered by the services."""
MOST_CHARACTERS = 100_000
"""Of a longer text nobody hears more: a flow in a circle would fill the memory with it."""


def spoken_ms(prompts: Sequence[Prompt]) -> int:
    """How long prompts take at an ordinary pace of speech."""
    return sum(p.ms if isinstance(p, Silence) else 300 + MS_PER_CHARACTER * len(heard((p,))) for p in prompts)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript: who, what, when."""

    at: int
    who: str
    text: str


@dataclass(slots=True)
class VirtualCaller:
    """Hears prompts, and does the steps of its script as soon as each can be done.

    After the last step the caller stays on the line and is silent. ``on_line`` gets each transcript line as it happens,
    ``on_played`` each prompt when it is over: the time, the text, and whether it was cut off.
    """

    clock: Clock
    steps: list[Step]
    on_line: Callable[[Line], None] | None = None
    on_played: Callable[[int, str, bool], None] | None = None
    transcript: list[Line] = field(default_factory=list)
    unmet: Hear | None = None
    refused: Hear | None = None
    writes: bool = False
    """Whether it is a written conversation: messages take no time to be heard."""

    media: LiveMedia | WrittenMedia = field(init=False)
    ended: bool = False
    capabilities: Capabilities = SIMULATED
    _unheard: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    _playing: Timer | None = None
    _text: str = ""
    _busy_until: int = 0
    _waiting: Wait | None = None
    _scheduled: bool = False

    def __post_init__(self) -> None:
        self.media = WrittenMedia(self, self.clock) if self.writes else LiveMedia(self, self.clock)

    # The adapter's side.

    def play(self, prompts: tuple[Prompt, ...]) -> None:
        """Prompts begin; they are over after the time it takes to say them."""
        self._hear(prompts)
        self._text = heard(prompts)
        if self.writes:
            self._prompt_over()
            return
        self._playing = self.clock.call_at(self.clock.now() + spoken_ms(prompts), self._prompt_over)
        self.go_on()

    def stop(self) -> None:
        """Playing is cut off."""
        if self._playing is not None:
            self._playing.cancel()
            self._played(cut_off=True)

    def background(self, prompts: tuple[Prompt, ...], music: str | None) -> None:
        """Something is heard that nobody waits for."""
        self._hear(prompts)
        if music:
            self._note("music", music)
        self.go_on()

    def hang_up(self, cause: str) -> None:
        """The other side ends the call."""
        self._end("flow", cause)

    def writes_first(self, text: str) -> None:
        """The conversation begins with a text of the other side."""
        self._note("caller", text)

    def receives(self, text: str) -> None:
        """A message of the flow has come that is no prompt: an answer, an automatic reply."""
        self._hear_text(text, ())
        self.go_on()

    # The caller's side.

    def go_on(self) -> None:
        """Do what can be done now, outside of the call that brought us here."""
        if not self._scheduled and not self.ended:
            self._scheduled = True
            self.clock.call_at(max(self.clock.now(), self._busy_until), self._next)

    def timed_out(self) -> None:
        """The flow stopped waiting for us."""
        if self._waiting is not None and self._waiting.until == "no_input":
            self._waiting = None
            self.go_on()

    def _next(self) -> None:
        self._scheduled = False
        while self.steps and not self.ended and self._waiting is None:
            if self.clock.now() < self._busy_until:
                self.go_on()
                return
            if not self._do(self.steps[0]):
                return
            self.steps.pop(0)

    def _do(self, step: Step) -> bool:
        """Do one step; False when it has to wait for something to be heard."""
        if isinstance(step, Hear):
            return self._expect(step)
        if isinstance(step, Press):
            for index, key in enumerate(step.digits):
                self.clock.call_at(self.clock.now() + index * step.gap, self._presser(key))
            self._busy_until = self.clock.now() + len(step.digits) * step.gap
            self._note("caller", f"presses {step.digits}")
        elif isinstance(step, Speak):
            self._note("caller", step.text)
            self.media.spoken(step.text, step.confidence)
        elif isinstance(step, Wait):
            self._let_pass(step)
        elif isinstance(step, At):
            self._busy_until = max(step.at, self.clock.now())
        elif isinstance(step, HangUp):
            self._note("caller", "hangs up")
            self.ended = True
            self.media.gone("caller")
        return True

    def _expect(self, step: Hear) -> bool:
        if step.how == "not":
            if any(step.matches(text, names) for text, names in self._unheard):
                self.refused = step
            return True
        for index, (text, names) in enumerate(self._unheard):
            if step.matches(text, names):
                rest = step.rest(text)
                self._unheard[: index + 1] = [(rest, ())] if rest else []
                return True
        return False

    def _let_pass(self, step: Wait) -> None:
        if step.ms is not None:
            self._busy_until = self.clock.now() + step.ms
        elif step.until == "no_input" or self._playing is not None:
            self._waiting = step

    def _presser(self, key: str) -> Callable[[], None]:
        def press() -> None:
            if not self.ended:
                self.media.pressed(key)

        return press

    def _played(self, *, cut_off: bool) -> None:
        self._playing = None
        if self.on_played is not None and self._text:
            self.on_played(self.clock.now(), self._text, cut_off)

    def _prompt_over(self) -> None:
        self._played(cut_off=False)
        if self._waiting is not None and self._waiting.until == "prompt_end":
            self._waiting = None
        self.media.played()
        self.go_on()

    def _hear(self, prompts: tuple[Prompt, ...]) -> None:
        text = heard(prompts)
        self._hear_text(text, tuple(p.name for p in prompts if isinstance(p, Recording)))

    def _hear_text(self, text: str, names: tuple[str, ...]) -> None:
        if text:
            text = text[:MOST_CHARACTERS]
            self._unheard.append((text, names))
            self._note("flow", text)

    def _note(self, who: str, text: str) -> None:
        line = Line(self.clock.now(), who, text)
        self.transcript.append(line)
        if self.on_line is not None:
            self.on_line(line)

    def _end(self, by: str, cause: str) -> None:
        if not self.ended:
            self.ended = True
            self._note(by, "hangs up")

    def finish(self) -> None:
        """The call is over: last words are still heard, a text that was never heard is unmet."""
        while self.steps and isinstance(self.steps[0], Hear) and self._expect(self.steps[0]):
            self.steps.pop(0)
        pending = next((step for step in self.steps if isinstance(step, Hear) and step.how != "not"), None)
        self.unmet = self.unmet or pending
