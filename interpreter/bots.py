"""Bots: questions that wait for a text, and what the text means (flow-format.md §9.8, §11.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsl.bots import Bot
from dsl.program import WAIT
from interpreter.commands import Collect, Speech
from interpreter.core import GUARD_MS, ms_of, timing
from interpreter.data import Data
from interpreter.events import Input
from interpreter.tasks import Tasks
from interpreter.understanding import Understood, choice_of, is_free_text, normalised, yes_or_no

MAX_DIGITS = 40
_SAID, _EXIT, _FAILED, _INTENT = "bot.$said", "bot.$exit", "bot.$failed", "session.activeintent"
_KNOWN = "session.lastknowledgeanswer"
_NO_BOT = Bot()


class Bots(Tasks, Data):
    """What a bot asks, and what it makes of the answer."""

    # Asking.

    def await_text(
        self, resume: int, timeout: Any, default_ms: int, inter: Any, end: Any, longest: Any, keys: str, barge_in: Any
    ) -> int:
        """Wait for a typed or spoken text, or keys; what came along with the call of the bot is the first text.

        What is said is over after a silence of ``end``, or when it has taken ``longest``.
        """
        said = self.state.builtins.get(_SAID)
        if said:
            if self.say_all():
                return WAIT
            self._remember(**{_SAID: None})
            self.input = Input(seq=self.state.seq, at=self.at, id="", digits="", why="term", speech=said)
            self.trace.append(("input", -1, {"digits": "", "why": "given"}))
            return resume
        prompts = self.state.audio
        ms, may_interrupt = timing(prompts)
        if not may_interrupt and self.say_first():
            return WAIT
        first_ms, inter_ms = ms_of(timeout, default_ms, 1), ms_of(inter, 3_000, 1)
        until = self.at + ms + first_ms + MAX_DIGITS * inter_ms + GUARD_MS
        identity, deadline = self.wait("collect", resume, until, said=len(prompts))
        command = Collect(
            id=identity,
            max=MAX_DIGITS,
            deadline=deadline,
            prompts=prompts,
            term_keys=keys,
            first_timeout=first_ms,
            inter_timeout=inter_ms,
            barge_in=barge_in is not False and may_interrupt,
            language=self.state.language,
            speech=Speech(ms_of(end, 1_000), ms_of(end, 1_000), ms_of(longest, 20_000, 1)),
        )
        self.commands.append(command)
        return WAIT

    def has_said(self) -> bool:
        """Whether a text is there already, so that the question need not be asked."""
        return bool(self.state.builtins.get(_SAID))

    def is_filled(self, value: Any) -> bool:
        """Whether a slot has a value."""
        return value is not None and value != ()

    def said(self) -> str:
        """The text that has come, or the keys; empty when nothing came."""
        if self.input is None:
            return ""
        return self.input.speech or self.input.digits

    def sent_by(self, said: str, buttons: Mapping[str, str]) -> str:
        """What the button sends whose label was typed; anything else is what it is."""
        typed = normalised(said)
        return next((value for label, value in buttons.items() if normalised(label) == typed), said)

    def reprompt(self, wordings: Sequence[Any], count: int, otherwise: Any) -> Any:
        """The wording for the n-th time, as long as there is one of its own."""
        return wordings[count - 1] if count <= len(wordings) else otherwise

    # Understanding.

    def _bot(self, prefix: str) -> Bot:
        return self.program.bots.get(prefix, _NO_BOT)

    def _understood(self, bot: Bot, text: str) -> Understood:
        found = self.understanding.intent(bot, text, self.state.language, self.now())
        return found if found.score >= bot.low else Understood()

    def interpret(self, prefix: str, kind: str, subject: Any, text: str, misses: int, silences: int) -> str:
        """What a text answers: the path to take, or that it says nothing or nothing known, each counted by itself."""
        bot = self._bot(prefix)
        if not text.strip():
            return "maxNoInputs" if silences + 1 >= bot.most_no_inputs else "no_input"
        path = self._answer(bot, kind, subject, text)
        if path is not None:
            return path
        self.note(self.site, no_match=text)
        if misses + 1 < bot.most_no_matches:
            return "no_match"
        return "noIntent" if kind == "intent" and "noIntent" in subject else "maxNoMatches"

    def _answer(self, bot: Bot, kind: str, subject: Any, text: str) -> str | None:
        answer = self._direct_answer(bot, kind, subject, text)
        return answer if answer is not None else self._meant(bot, kind, text).intent

    def _direct_answer(self, bot: Bot, kind: str, subject: Any, text: str) -> str | None:
        """What the question itself asks for: a value, yes or no, the name of a choice."""
        if kind == "slot":
            return "default" if self.entity("", subject, text, bot=bot) is not None else None
        if kind in ("boolean", "more"):
            agrees = yes_or_no(text, self.state.language)
            return None if agrees is None else "yes" if agrees else "no"
        if kind in ("intent", "menu"):
            return choice_of(text, [name for name in subject if name != "noIntent"])
        return None

    def _meant(self, bot: Bot, kind: str, text: str) -> Understood:
        """The intent that a text means, where the question takes intents: any, or those that have a task."""
        if kind in ("slot", "boolean"):
            return Understood()
        found = self._understood(bot, text)
        return found if kind == "intent" or found.intent in bot.tasks else Understood()

    def wants_agent(self, prefix: str, kind: str, subject: Any, enabled: Any, text: str) -> bool:
        """Whether somebody asks for a person rather than answering (flow-format.md §12); a slot that takes any text is
        no answer to that."""
        if enabled is not True or not text.strip():
            return False
        from interpreter.wishes import wishes_for_agent

        bot = self._bot(prefix)
        score = wishes_for_agent(text, self.state.language)
        if score < bot.high or self._meant(bot, kind, text).score >= score:
            return False
        takes_all = kind == "slot" and is_free_text(bot, subject)
        return takes_all or self._direct_answer(bot, kind, subject, text) is None

    def has_failed_before(self) -> bool:
        """Whether recognition has failed in this bot before; from now on it has."""
        failed = bool(self.state.builtins.get(_FAILED))
        self._remember(**{_FAILED: True})
        return failed

    def entity(self, prefix: str, slot: str, text: str, *, bot: Bot | None = None) -> Any:
        """The value that a text has for a slot."""
        known = self._bot(prefix) if bot is None else bot
        return self.understanding.slot(known, slot, text, self.state.language, self.now())

    def validated(self, prefix: str, good: Any, misses: int) -> str:
        """The author's own check of a slot: only true lets it pass (flow-format.md §9.8)."""
        if good is True:
            return "default"
        return "maxNoMatches" if misses + 1 >= self._bot(prefix).most_no_matches else "no_match"

    def unsure(self, prefix: str, path: str, text: str) -> bool:
        """Whether an intent has to be confirmed: it was understood, but not with high confidence."""
        bot = self._bot(prefix)
        found = self._understood(bot, text)
        return found.intent == path and found.score < bot.high

    def means(self, path: Any, name: str) -> bool:
        """Whether this is the intent."""
        return bool(path == name)

    def agreed(self, prefix: str, rejections: int, unclear: int) -> str:
        """The answer to a question that asks back; rejections and unclear answers have limits of their own."""
        bot, text = self._bot(prefix), self.said()
        if not text.strip():
            return "maxNoInputs" if unclear + 1 >= bot.most_no_inputs else "no_input"
        agrees = yes_or_no(text, self.state.language)
        if agrees is None:
            return "maxNoMatches" if unclear + 1 >= bot.most_no_matches else "no_match"
        if agrees:
            return "yes"
        return "maxNoMatches" if rejections + 1 >= bot.most_rejections else "no"

    def take_intent(self, prefix: str, path: Any, text: str) -> None:
        """The intent is active from now on, and slots that its utterance names have their values."""
        bot = self._bot(prefix)
        found = self._understood(bot, text)
        if path not in bot.intents:
            return
        self.set_intent(path)
        self.note(self.site, intent=path, score=found.score if found.intent == path else 100)
        if found.intent != path:
            return
        from dsl.expressions.runtime import coerce

        for name, value in found.slots.items():
            slot = bot.slots.get(name)
            if slot is not None:
                type_ = self.program.types[slot]
                before = self.state.variables[slot]
                self.state.variables[slot] = taken = value if type_ in ("any", "") else coerce(value, type_)
                self.trace.append(("changed", self.site, (slot, before, taken)))

    def detected(self, prefix: str, text: Any) -> str | None:
        """The intent of a text, or of what was said last; NOT_SET when there is none."""
        last = text if text is not None else self.state.builtins.get("flow.$lastinput")
        found = self._understood(self._bot(prefix), last) if last else Understood()
        if found.intent is not None:
            self.set_intent(found.intent)
        return found.intent

    def asks_knowledge(self, prefix: str, path: str, text: str) -> bool:
        """Whether the knowledge base is asked: where nothing was understood, else as the settings favour it. Silence
        and what the question itself offers are no questions."""
        if not text.strip():
            return False
        bot = self._bot(prefix)
        if path in ("no_match", "noIntent", "maxNoMatches"):
            return True
        found = self._understood(bot, text)
        if found.intent != path:
            return False
        return bot.bias == "knowledge" or (bot.bias == "neutral" and found.score < bot.high)

    def knows(self) -> bool:
        """Whether the knowledge base had an answer, which ``Session.LastKnowledgeAnswer`` is from now on."""
        if self.reply_path != "knowledge":
            return False
        answer = self.reply_outputs.get("answer")
        self._remember(**{_KNOWN: answer if isinstance(answer, str) else None})
        return True

    # Calls of bots.

    def begin_bot(self, text: Any) -> None:
        """A bot begins; a text that goes along is its first input."""
        self._remember(**{_SAID: text or None, _EXIT: None, _INTENT: None, _FAILED: None})

    def leave_bot(self, reason: str) -> int:
        """The bot ends: its caller goes on, and without one the flow is over."""
        self._remember(**{_EXIT: reason, _SAID: None})
        self._leave_tasks()
        return self.end_task("default") if self.state.frames else self.finish("bot", reason)

    def bot_result(self, name: str) -> Any:
        """The active intent of the bot that has just ended, or why it has ended."""
        return self.state.builtins.get(_INTENT if name == "intent" else _EXIT)

    def _remember(self, **values: Any) -> None:
        self.state.builtins = {**self.state.builtins, **values}
