"""Audio and communications in words of a language (functions.md, Audio and §4.3).

Each language is a module: its words, and what it does otherwise than the rest (``language``). Numerals come from
num2words and names from babel; a language without a module has its values written, for its voice to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from html import unescape

from dsl.expressions.speech.chinese import Chinese
from dsl.expressions.speech.english import English
from dsl.expressions.speech.french import French
from dsl.expressions.speech.german import German
from dsl.expressions.speech.language import Grammar, Language, national
from dsl.expressions.speech.spanish import Spanish
from dsl.expressions.speech.written import Written, clock_text, date_text, money_text
from dsl.expressions.text_of import decimal_text, to_text
from dsl.expressions.values import Blank, Markup, Part, Played, Spoken

__all__ = ["ONLY_SAID", "language_of", "plain_text", "say", "transcript"]

_TAGS = re.compile(r"<[^>]+>")
_PAUSES = re.compile(r"<(?:break\b[^>]*|/p|/s)>")
_LANGUAGES: Mapping[str, type[Language]] = {
    "de": German,
    "en": English,
    "es": Spanish,
    "fr": French,
    "zh": Chinese,
}


@lru_cache(maxsize=64)
def language_of(tag: str) -> Language:
    """The language of a tag such as ``de-at``."""
    lowered = tag.lower().replace("_", "-")
    return _LANGUAGES.get(lowered.partition("-")[0], Written)(lowered)


def _text(part: Spoken, language: Language) -> str:
    return to_text(part.value) or ""


def _digits(part: Spoken, language: Language) -> str:
    if isinstance(part.value, str):
        return language.digits(part.value)
    return language.digit_by_digit(part.value, part.places, Grammar.of(part.context))


def _truth(part: Spoken, language: Language) -> str:
    yes, no = ("yes", "no") if part.format == "playYesNo" else ("true", "false")
    return language.words[yes if part.value else no]


_SAYERS: Mapping[str, Callable[[Spoken, Language], str]] = {
    "text": _text,
    "number": lambda part, language: language.number(part.value, part.places, Grammar.of(part.context)),
    "digits": _digits,
    "characters": lambda part, language: language.digits(to_text(part.value) or ""),
    "ordinal": lambda part, language: language.ordinal(part.value, Grammar.of(part.context)),
    "currency": lambda part, language: language.money(part.value, part.format, part.places),
    "date": lambda part, language: language.said_date(part.value, part.format),
    "time": lambda part, language: language.clock(part.value, part.format),
    "datetime": lambda part, language: language.moment(part.value),
    "duration": lambda part, language: language.duration(part.value),
    "percent": lambda part, language: language.percent(part.value, part.places),
    "bool": _truth,
    "phone": lambda part, language: language.phone(part.value, part.format),
    "range": lambda part, language: language.span(part.value[0], part.value[1], part.format or "minutes"),
}


ONLY_SAID = frozenset({"ordinal", "percent", "range"})
"""Kinds of parts that audio functions alone make: there is no other form of them than their words."""


def say(part: Part, language: str) -> str:
    """A part in words of ``language`` (or of its own); a recording is its transcript, silence is nothing."""
    if isinstance(part, Spoken):
        return _SAYERS[part.kind](part, language_of(part.language or language))
    if isinstance(part, Played):
        return part.text or ""
    if isinstance(part, Markup):
        return " ".join(unescape(_TAGS.sub("", _PAUSES.sub(" ", part.ssml))).split())
    return ""


def transcript(parts: Sequence[Part], language: str) -> str:
    """What is heard, as one line."""
    return " ".join(said for part in parts if (said := say(part, language)))


def plain_text(parts: Sequence[Part], language: str = "en-us") -> str:
    """Parts as one text, the way text channels show them: plain values as texts, one blank between words."""
    shown = ""
    for part in parts:
        piece = _shown(part, language)
        if not piece:
            continue
        glue = shown and not shown[-1].isspace() and not piece[0].isspace() and piece[0] not in ".,;:!?)"
        shown += (" " if glue else "") + piece
    return shown


def _shown(part: Part, language: str) -> str:
    if isinstance(part, Blank):
        return ""
    if not isinstance(part, Spoken):
        return say(part, language)
    if part.kind in ONLY_SAID:
        return say(part, language)
    if part.format is None:
        return _text(part, language_of(language))
    written = _WRITTEN.get(part.kind)
    return written(part, language_of(part.language or language)) if written else say(part, language)


_WRITTEN: Mapping[str, Callable[[Spoken, Language], str]] = {
    "characters": _text,
    "digits": lambda part, _: str(part.value) if isinstance(part.value, int) else decimal_text(part.value),
    "date": lambda part, language: date_text(part.value, part.format, language.locale),
    "time": lambda part, language: clock_text(part.value, part.format, language.locale),
    "currency": lambda part, language: money_text(part.value, language.locale),
    "phone": lambda part, _: national(part.value.e164) if part.format == "local" and part.value.e164 else _e164(part),
}
"""A value that a constant of ``Format`` shapes, where it is read and not heard."""


def _e164(part: Spoken) -> str:
    return str(part.value.e164 or part.value.raw)
