"""What somebody may say to a bot where it asks: texts from the bot's own file, held against the rules that it goes by.

For each intent an utterance that is sure, one that fills no slot, and one that is not sure, for each slot values of its
entity, yes and no where it asks back, and a text that means nothing to it (flow-format.md §11.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from dsl.bots import Bot, Utterance
from interpreter.entities import yes_and_no
from interpreter.understanding import Rules, choice_of
from interpreter.wishes import wish

MOST_VALUES = 6
"""How many values of a list are tried."""
NONSENSE = "xyzzy plugh"
_NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
_TYPICAL = (
    *("1", "42", "2026-04-01", "tomorrow", "9:30", "2 hours", "20 EUR", "+49301234567", "ada@example.com", "yes", "no"),
    *("A1", "ABC-123", "12345", "123456", "1234567890", "12-34-56"),
)


@dataclass(frozen=True, slots=True)
class Talk:
    """A bot's own words."""

    bot: Bot
    language: str

    def intents(self, choices: Iterable[str]) -> Iterator[str]:
        """Texts that mean an intent, or name a choice."""
        for intent in self.bot.intents:
            meant = [utterance for utterance in self.bot.utterances if utterance.intent == intent]
            texts = [_text_of(utterance) for utterance in meant]
            short = [_text_of(utterance) for utterance in meant if not any(s.entity for s in utterance.segments)]
            for listed in (texts, short):  # the second one leaves the slots to be asked for
                sure = next((text for text in listed if self._is(text, intent, self.bot.high, 100)), None)
                if sure is not None:
                    yield sure
            unsure = next((text for text in texts for text in _blurred(text) if self._is_unsure(text, intent)), None)
            if unsure is not None:
                yield unsure
        yield from choices

    def means_nothing(self, choices: Iterable[str] = ()) -> bool:
        """Whether nonsense is nonsense to this bot."""
        found = Rules().intent(self.bot, NONSENSE, self.language, _NOW)
        return found.score < self.bot.low and choice_of(NONSENSE, choices) is None

    def is_free(self, slot: str) -> bool:
        """Whether a slot takes any text."""
        return self._value(slot, NONSENSE) is not None

    def values(self, slot: str) -> Iterator[str]:
        """Texts with a value for a slot: of its list, as the utterances have it, else typical ones."""
        kind = self.bot.types.get(self.bot.entities.get(slot, ""))
        listed = [value for value, _ in kind.items] if kind is not None and kind.mechanism != "regex" else []
        spoken = [
            s.text.strip() for u in self.bot.utterances for s in u.segments if s.entity == slot and s.text.strip()
        ]
        found: list[object] = []
        for text in listed[:MOST_VALUES] or [*spoken, *_TYPICAL]:
            value = self._value(slot, text)
            if value is not None and value not in found:
                found.append(value)
                yield text
            if len(found) >= MOST_VALUES or (not listed and len(found) >= 2):
                return

    def wishes(self) -> Iterator[str]:
        """A wish to talk to a person, where the bot listens for it."""
        if self.bot.escalates:
            yield wish(self.language)

    def agreement(self) -> tuple[str, str]:
        """Yes and no."""
        return yes_and_no(self.language)

    def _value(self, slot: str, text: str) -> object:
        return Rules().slot(self.bot, slot, text, self.language, _NOW)

    def _is(self, text: str, intent: str, least: int, most: int) -> bool:
        found = Rules().intent(self.bot, text, self.language, _NOW)
        return found.intent == intent and least <= found.score <= most

    def _is_unsure(self, text: str, intent: str) -> bool:
        return self._is(text, intent, self.bot.low, self.bot.high - 1)


def _text_of(utterance: Utterance) -> str:
    return "".join(segment.text for segment in utterance.segments).strip()


def _blurred(text: str) -> Iterator[str]:
    """The text among words that say nothing."""
    for count in range(1, 8):
        yield " ".join([text, *NONSENSE.split() * count])
    words = text.split()
    yield from (" ".join([*words[:number], *NONSENSE.split()]) for number in range(len(words) - 1, 0, -1))
