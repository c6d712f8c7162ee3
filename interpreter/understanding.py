"""What a bot makes of a text: the rules of flow-format.md §11.1, without model, network or chance.

Entities are marked first, then the text is held against every utterance of the file. Equal is 100 percent, otherwise
the Dice coefficient of the two bags of words counts. The same text gives the same answer everywhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from dsl.bots import Bot, EntityType, Utterance
from interpreter.entities import BUILTIN, Mention, builtin_mentions, is_yes

FREE_TEXT = frozenset({"", "any", "freetext", "free text", "text", "string", "none"})
_PUNCTUATION = re.compile(r"[^\w\s]|_")


@dataclass(frozen=True, slots=True)
class Understood:
    """The intent that was meant, how sure that is in percent, and the values of the slots that the utterance
    names."""

    intent: str | None = None
    score: int = 0
    slots: Mapping[str, Any] = field(default_factory=dict)


class Understanding(Protocol):
    """The replaceable part: what a text means, and the value of an entity in it."""

    def intent(self, bot: Bot, text: str, language: str, now: datetime) -> Understood:
        """What the text as a whole means."""

    def slot(self, bot: Bot, slot: str, text: str, language: str, now: datetime) -> Any:
        """The value for a slot anywhere in the text; None when there is none."""


class Rules:
    """The rules of flow-format.md §11.1."""

    def intent(self, bot: Bot, text: str, language: str, now: datetime) -> Understood:
        """The best utterance; ties by their order in the file."""
        if any(normalised(text) == normalised(muted) for muted in bot.muted):
            return Understood()
        mentions = mentions_in(bot, text, language, now)
        said = _marked(text, mentions)
        common = _common_words(bot.utterances)
        best, score = None, 0
        for utterance in bot.utterances:
            words = _words_of(utterance, bot)
            found = 100 if words == said else similar(Counter(said), Counter(words), common)
            if found > score:
                best, score = utterance, found
        if best is None:
            return Understood()
        return Understood(best.intent, score, _filled(best, bot, mentions))

    def slot(self, bot: Bot, slot: str, text: str, language: str, now: datetime) -> Any:
        """An entity of the slot's type anywhere in the text, the whole text where anything will do."""
        if is_free_text(bot, slot):
            return text.strip() or None
        kind = bot.entities.get(slot, "")
        found = [m for m in mentions_in(bot, text, language, now, (kind,)) if m.type == kind]
        return found[0].value if found else None


def is_free_text(bot: Bot, slot: str) -> bool:
    """Whether a slot takes any text."""
    kind = bot.entities.get(slot, "")
    return _plain(kind) in FREE_TEXT and kind not in bot.types


def normalised(text: str) -> str:
    """Case folded, without punctuation, one space between words; accents stay."""
    return " ".join(_PUNCTUATION.sub(" ", text.casefold().replace("'", "").replace("’", "")).split())


def choice_of(text: str, choices: Iterable[str]) -> str | None:
    """The choice that a text names: its words, or its number in the list."""
    listed, said = list(choices), normalised(text)
    for choice in listed:
        if normalised(choice) == said:
            return choice
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 4 else 0
    return listed[number - 1] if 1 <= number <= len(listed) else None


def yes_or_no(text: str, language: str) -> bool | None:
    """Whether a text agrees; None when it says neither."""
    return is_yes(normalised(text), language)


def mentions_in(
    bot: Bot, text: str, language: str, now: datetime, wanted: tuple[str, ...] | None = None
) -> list[Mention]:
    """Entities of a text, none overlapping, in their order: lists, then patterns, then what is built in."""
    kinds = dict.fromkeys(wanted if wanted is not None else bot.entities.values())
    candidates: list[Mention] = []
    for name in kinds:
        own = bot.types.get(name)
        if own is not None:
            candidates.extend(_own_mentions(own, text))
        elif _plain(name) in BUILTIN:
            candidates.extend(builtin_mentions(name, _plain(name), text, language, now))
    candidates.sort(key=lambda m: (m.rank, -(m.end - m.start), m.start))
    taken: list[Mention] = []
    for mention in candidates:
        if all(mention.end <= other.start or mention.start >= other.end for other in taken):
            taken.append(mention)
    return sorted(taken, key=lambda m: m.start)


def _plain(type_: str) -> str:
    return type_.lower().removeprefix("builtin:").replace(" ", "").replace("_", "")


def _own_mentions(kind: EntityType, text: str) -> list[Mention]:
    found = []
    for value, synonyms in kind.items:
        if kind.mechanism == "regex":
            spans = _matches(value, text)
            found += [Mention(kind.name, text[start:end], start, end, 1) for start, end in spans]
        else:
            for word in (value, *synonyms):
                found += [Mention(kind.name, value, start, end, 0) for start, end in _whole_words(word, text)]
    return found


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    """A pattern of the file for text of a stranger: in linear time, or not at all."""
    import re2

    options = re2.Options()
    options.case_sensitive, options.log_errors = False, False
    try:
        return re2.compile(pattern, options)
    except re2.error:
        return None


def _matches(pattern: str, text: str) -> list[tuple[int, int]]:
    compiled = _compiled(pattern)
    if compiled is None:
        return []
    return [match.span() for match in compiled.finditer(text) if match.end() > match.start()]


def _whole_words(word: str, text: str) -> list[tuple[int, int]]:
    if not word.strip():
        return []
    pattern = r"\s+".join(re.escape(part) for part in word.split())
    return [m.span() for m in re.finditer(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)]


# Utterances.


def _marked(text: str, mentions: list[Mention]) -> tuple[str, ...]:
    words: list[str] = []
    at = 0
    for mention in mentions:
        words += [*normalised(text[at : mention.start]).split(), f"<{mention.type}>"]
        at = mention.end
    return (*words, *normalised(text[at:]).split())


def _words_of(utterance: Utterance, bot: Bot) -> tuple[str, ...]:
    words: list[str] = []
    for segment in utterance.segments:
        if segment.entity is not None:
            words.append(f"<{bot.entities.get(segment.entity, segment.entity)}>")
        else:
            words += normalised(segment.text).split()
    return tuple(words)


def _common_words(utterances: tuple[Utterance, ...]) -> frozenset[str]:
    """Words that occur in the utterances of every intent: they tell less."""
    by_intent: dict[str, set[str]] = {}
    for utterance in utterances:
        words = (word for s in utterance.segments if s.entity is None for word in normalised(s.text).split())
        by_intent.setdefault(utterance.intent, set()).update(words)
    return frozenset(set.intersection(*by_intent.values())) if len(by_intent) > 1 else frozenset()


def similar(said: Counter[str], words: Counter[str], common: frozenset[str] = frozenset()) -> int:
    """The Dice coefficient in percent, rounded down; common words count half."""

    def weight(bag: Counter[str]) -> int:
        return sum(count if word in common else 2 * count for word, count in bag.items())

    total = weight(said) + weight(words)
    return 200 * weight(said & words) // total if total else 0


def _filled(utterance: Utterance, bot: Bot, mentions: list[Mention]) -> dict[str, Any]:
    """Slots of the winning utterance, each with the next entity of its type."""
    left = list(mentions)
    found: dict[str, Any] = {}
    for segment in utterance.segments:
        kind = bot.entities.get(segment.entity or "")
        mention = next((m for m in left if m.type == kind), None)
        if segment.entity is not None and mention is not None:
            left.remove(mention)
            found[segment.entity] = mention.value
    return found
