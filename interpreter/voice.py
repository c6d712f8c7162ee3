"""Voice: playing, collecting, listening, waiting (flow-format.md §9.3, §10.2; telephony.md §3.1, §4)."""

from __future__ import annotations

from typing import Any

from dsl.expressions.values import Audio, Entity, Spoken
from dsl.program import WAIT
from interpreter.commands import Background, Collect, Listen, Text
from interpreter.core import GUARD_MS, SECRET, Core, FlowError, ms_of, timing

TRIM_MS = 60_000
"""What a trimmed wait leaves of the flow's running time."""
VERIFY_ROUNDS = 3
_GOOD = ("max", "term", "inter_timeout")
_VERIFY_MS = 5_000
_VERIFY_HINT = "If this is correct, press 1. To enter it again, press 2."


class Voice(Core):
    """What callers hear and press."""

    def hear(self, site: int, audio: Any, secret: bool = False) -> None:
        """Queue audio of an action, and note its words."""
        prompts = self.queue_audio(audio, secret)
        self.trace.append(("text", site, SECRET if secret else tuple(prompts)))

    def hear_text(self, site: int, text: str | None) -> None:
        """The same for audio that is a text without a secret; an empty one is not heard."""
        state = self.state
        prompts = (Text(text, state.language),) if text else ()
        if state.audio:
            self._queue(prompts)
        else:
            state.audio = prompts
        self.trace.append(("text", site, prompts))

    def play_estimated_wait(self, site: int, wait: Any, mode: str, interval: Any, specific: Any) -> None:
        """``playEstimatedWaitTime`` (flow-format.md §9.3); NOT_SET is silent."""
        from interpreter.waiting_audio import estimated_wait_audio

        self.hear(site, estimated_wait_audio(wait, mode, interval, specific))

    def play_position(self, site: int, position: Any, mode: str) -> None:
        """``playPositionInQueue``; NOT_SET is silent."""
        from interpreter.waiting_audio import position_audio

        self.hear(site, position_audio(position, mode))

    def flush(self, resume: int, interruptible: Any = None) -> int:
        """Play what is queued and wait for its end; an empty queue is over at once."""
        prompts = self.state.audio
        if not prompts:
            self.reply_path = "done"
            return resume
        return self.say(prompts, resume, interruptible=False if interruptible is False else None)

    def collect(
        self, resume: int, least: int, most: int, keys: str, first: Any, inter: Any, star: Any, pound: Any, secret: bool
    ) -> int:
        """Ask for digits."""
        if least > most:
            raise FlowError("out-of-range", f"at least {least} digits are more than the {most} at most")
        state = self.state
        prompts = state.audio
        ms, may_interrupt = timing(prompts)
        if not may_interrupt and self.say_first():
            return WAIT
        first_ms = first if type(first) is int else ms_of(first)
        inter_ms = inter if type(inter) is int else ms_of(inter)
        until = self.at + ms + first_ms + most * inter_ms + GUARD_MS
        identity, deadline = self.wait("collect", resume, until, said=len(prompts))
        command = Collect(
            id=identity,
            max=most,
            deadline=deadline,
            prompts=prompts,
            min=least,
            term_keys=keys,
            first_timeout=first_ms,
            inter_timeout=inter_ms,
            barge_in=may_interrupt,
            accept_bare=("*" if star else "") + ("#" if pound else ""),
            secure=secret,
            language=state.language,
        )
        self.commands.append(command)
        state.secret_input = secret
        return WAIT

    def collected(self) -> str:
        """The output of a collectInput."""
        return "success" if self.input is not None and self.input.why in _GOOD else "failure"

    def extension_entered(self) -> str:
        """How asking for an extension ended: ``success``, ``timeout`` where nothing came, else ``failure``."""
        if self.input is None or not self.input.digits:
            return "timeout"
        return self.collected()

    def digits(self, with_key: bool) -> str:
        """The digits, with the terminator where the author wants it."""
        if self.input is None:
            return ""
        return self.input.digits + (self.input.key or "") if with_key else self.input.digits

    def read_back(self, digits: str, numeric: bool, secret: bool) -> None:
        """What was entered, for the caller to confirm: digit by digit, or as a number."""
        as_number = numeric and digits.isascii() and digits.isdigit()
        part = Spoken("number", int(digits)) if as_number else Spoken("digits", digits)
        self.queue_audio(Audio((part,)), secret)

    def hint_to_confirm(self) -> None:
        """How to answer, where the author does not say it."""
        self.queue_audio(_VERIFY_HINT)

    def confirm(self, resume: int) -> int:
        """Ask whether it is right: 1 accepts, 2 enters again."""
        prompts = self.state.audio
        until = self.at + timing(prompts)[0] + _VERIFY_MS + GUARD_MS
        identity, deadline = self.wait("collect", resume, until, said=len(prompts))
        command = Collect(
            id=identity,
            max=1,
            deadline=deadline,
            prompts=prompts,
            term_keys="",
            first_timeout=_VERIFY_MS,
            allowed="12",
            language=self.state.language,
        )
        self.commands.append(command)
        return WAIT

    def confirmed(self, rounds: int) -> str:
        """Accepted, or once more while there are rounds left."""
        if self.collected() == "success" and self.digits(with_key=False) == "1":
            return "success"
        return "again" if rounds < VERIFY_ROUNDS else "failure"

    def hold_music(self, resume: int, prompt: Any, duration: Any) -> int:
        """What is queued, then music for a while."""
        if self.say_all():
            return WAIT
        name = prompt.name if isinstance(prompt, Entity) else "PromptSystem.on_hold_music"
        self.commands.append(Background(hold_music=name))
        self.wait("pause", resume, self.at + ms_of(duration))
        return WAIT

    def listen(self, resume: int, silence: Any, timeout: Any) -> int:
        """Wait for silence."""
        if self.say_all():
            return WAIT
        silence_ms, timeout_ms = ms_of(silence), ms_of(timeout)
        identity, deadline = self.wait("listen", resume, self.at + timeout_ms + GUARD_MS)
        self.commands.append(Listen(identity, silence_ms, timeout_ms, deadline))
        return WAIT

    def listened(self) -> str:
        """How a listen, or a say, ended: ``success``, ``timeout`` or ``interrupted``."""
        if self.reply_path == "interrupted":
            return "interrupted"
        return "success" if self.reply_path in ("silence", "done") else "timeout"

    def may_repeat(self, outcome: str, repeats: int, allowed: Any) -> bool:
        """Whether interrupted audio is played once more: it is quiet, and the count is not used up."""
        return outcome == "success" and allowed is not None and repeats < allowed

    def pause(self, resume: int, duration: Any, trim: Any = None) -> int:
        """Let time pass; what is queued is heard first. Trimmed, it ends in time for the rest of the flow."""
        if self.say_all():
            return WAIT
        ms = ms_of(duration)
        if trim is True:
            ms = int(max(0, min(ms, self.time_left() - TRIM_MS)))
        self.wait("pause", resume, self.at + ms)
        return WAIT
