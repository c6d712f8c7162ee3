"""Entities that every bot knows: numbers, dates, times, durations, money, telephone numbers, mail addresses, yes and no
(flow-format.md §11.1). Parsers of the running language; what a language has no words for is read in figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dsl.expressions.values import Currency, Duration


@dataclass(frozen=True, slots=True)
class Mention:
    """An entity in a text: its type, its value, where it stands; ``rank`` says which kind goes first where two
    overlap."""

    type: str
    value: Any
    start: int
    end: int
    rank: int


Found = Iterator[tuple[int, int, Any]]

_YES_NO: Mapping[str, tuple[str, str]] = {
    "en": ("yes yeah yep yup sure correct right ok okay true", "no nope nah wrong incorrect false"),
    "de": ("ja jawohl genau richtig stimmt klar gerne", "nein nee falsch"),
    "es": ("si sí claro correcto vale", "no incorrecto"),
    "fr": ("oui ouais correct exact d'accord", "non faux"),
    "zh": ("是 是的 对 好 好的", "不 不是 不对 否"),
}
_RELATIVE_DAYS: Mapping[str, Mapping[str, int]] = {
    "en": {"today": 0, "tomorrow": 1, "yesterday": -1},
    "de": {"heute": 0, "morgen": 1, "übermorgen": 2, "gestern": -1},
    "es": {"hoy": 0, "mañana": 1, "ayer": -1},
    "fr": {"aujourd'hui": 0, "demain": 1, "hier": -1},
    "zh": {"今天": 0, "明天": 1, "昨天": -1},
}
_UNITS = {
    "ms": r"milliseconds?|ms",
    "second": r"seconds?|secs?|sekunden?|segundos?|secondes?",
    "minute": r"minutes?|mins?|minuten?|minutos?",
    "hour": r"hours?|hrs?|stunden?|horas?|heures?",
    "day": r"days?|tage?n?|d[ií]as?|jours?",
    "week": r"weeks?|wochen?|semanas?|semaines?",
}
_UNIT_MS = {"ms": 1, "second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000}
_MONEY = {
    "$": "USD", "dollar": "USD", "dollars": "USD", "usd": "USD", "€": "EUR", "euro": "EUR", "euros": "EUR",
    "eur": "EUR", "£": "GBP", "pound": "GBP", "pounds": "GBP", "gbp": "GBP", "chf": "CHF", "¥": "JPY", "yen": "JPY",
}  # fmt: skip
_FIGURES = r"\d+(?:[.,]\d+)*"


def is_yes(said: str, language: str) -> bool | None:
    """Whether normalised words agree: one of the yes words and none of the no words among them."""
    yes, no = (set(words.split()) for words in _YES_NO.get(language[:2], _YES_NO["en"]))
    words = set(said.split())
    if said in ("1", "2"):
        return said == "1"
    agrees, denies = bool(words & yes), bool(words & no)
    return agrees if agrees != denies else None


def yes_and_no(language: str) -> tuple[str, str]:
    """A word that agrees and one that denies."""
    yes, no = _YES_NO.get(language[:2], _YES_NO["en"])
    return yes.split()[0], no.split()[0]


def builtin_mentions(type_: str, kind: str, text: str, language: str, now: datetime) -> list[Mention]:
    """Entities of a built-in kind in a text."""
    return [Mention(type_, value, start, end, 2) for start, end, value in BUILTIN[kind](text, language, now)]


def _decimal(figures: str, language: str) -> Decimal:
    """``1,234.5``, ``1.234,5`` and ``12``: the last sign is a decimal one unless three figures follow it."""
    signs = [sign for sign in figures if sign in ".,"]
    if not signs:
        return Decimal(figures)
    whole, sign, rest = figures.rpartition(signs[-1])
    decimal_sign = "." if language[:2] in ("en", "zh") else ","
    if len(set(signs)) == 1 and (len(signs) > 1 or (len(rest) == 3 and sign != decimal_sign)):
        return Decimal(re.sub("[.,]", "", figures))
    return Decimal(f"{re.sub('[.,]', '', whole)}.{rest}")


@lru_cache(maxsize=16)
def _number_words(language: str) -> Mapping[str, int]:
    from num2words import num2words

    try:
        words = {str(num2words(number, lang=language)).casefold(): number for number in range(100, -1, -1)}
    except NotImplementedError:
        return {}
    return {**{word.replace("-", " "): number for word, number in words.items()}, **words}


def _numbers(text: str, language: str, now: datetime) -> Found:
    for match in re.finditer(rf"(?<![\w.,])-?{_FIGURES}(?!\w)", text):
        sign = -1 if match.group().startswith("-") else 1
        yield *match.span(), sign * _decimal(match.group().lstrip("-"), language)
    words = _number_words(language[:2])
    if words:
        known = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        for match in re.finditer(rf"(?<!\w)(?:{known})(?!\w)", text, re.IGNORECASE):
            yield *match.span(), Decimal(words[match.group().casefold()])


def _dates(text: str, language: str, now: datetime) -> Found:
    today = now.date()
    for match in re.finditer(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)", text):
        yield from _dated(match, *match.groups())
    for match in re.finditer(r"(?<!\d)(\d{1,2})([./])(\d{1,2})(?:\2(\d{4}|\d{2}))?\.?(?!\d)", text):
        first, sign, second, year = match.groups()
        american = sign == "/" and language == "en-us"
        month, day = (first, second) if american else (second, first)
        yield from _dated(match, year or today.year, month, day)
    for word, days in _RELATIVE_DAYS.get(language[:2], {}).items():
        for match in re.finditer(rf"(?<!\w){word}(?!\w)", text, re.IGNORECASE):
            yield *match.span(), today + timedelta(days=days)
    yield from _weekdays(text, language, today)
    yield from _months(text, language, today)


def _dated(match: re.Match[str], year: Any, month: Any, day: Any) -> Found:
    full = int(year) + (2000 if int(year) < 100 else 0)
    try:
        yield *match.span(), date(full, int(month), int(day))
    except ValueError:
        return


@lru_cache(maxsize=16)
def _names(language: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Weekdays (Monday is 0) and months by their names."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    days = {name.casefold(): number for number, name in locale.days["format"]["wide"].items()}
    months = {
        name.casefold().strip("."): number
        for width in ("wide", "abbreviated")
        for number, name in locale.months["format"][width].items()
    }
    return days, months


def _weekdays(text: str, language: str, today: date) -> Found:
    """The next day of that name, today not counted."""
    for name, number in _names(language)[0].items():
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
            yield *match.span(), today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def _months(text: str, language: str, today: date) -> Found:
    """``March 5th``, ``5. März 2026``, ``5 de marzo``: the coming one where no year is said."""
    months = _names(language)[1]
    known = "|".join(re.escape(name) for name in sorted(months, key=len, reverse=True))
    day, year = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?", r"(?:,?\s+(?P<year>\d{4}))?"
    for pattern in (
        rf"(?<!\w)(?P<month>{known})\.?\s+{day}{year}(?!\w)",
        rf"(?<!\d){day}\s+(?:of\s+|de\s+)?(?P<month>{known}){year}(?!\w)",
    ):
        for match in re.finditer(pattern, text, re.IGNORECASE):
            month = months[match["month"].casefold()]
            for _, _, found in _dated(match, match["year"] or today.year, month, match["day"]):
                coming = found >= today or match["year"]
                yield *match.span(), found if coming else _next_year(found)


def _next_year(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def _times(text: str, language: str, now: datetime) -> Found:
    clock = r"(?<![\d:])(\d{1,2})[:.](\d{2})(?::(\d{2}))?(?:\s*([ap])\.?m\.?)?(?![\d])"
    for match in re.finditer(clock, text, re.IGNORECASE):
        yield from _timed(match, *match.groups())
    for match in re.finditer(r"(?<![\d:])(\d{1,2})\s*(?:([ap])\.?m\b\.?|uhr\b|o'clock\b|h\b)", text, re.IGNORECASE):
        yield from _timed(match, match.group(1), "0", None, match.group(2))
    for word, hour in {"noon": 12, "midnight": 0, "mittag": 12, "mitternacht": 0}.items():
        for match in re.finditer(rf"(?<!\w){word}(?!\w)", text, re.IGNORECASE):
            yield *match.span(), time(hour)


def _timed(match: re.Match[str], hour: str, minute: str, second: str | None, half: str | None) -> Found:
    number = int(hour)
    if half is not None:
        number = number % 12 + (12 if half.lower() == "p" else 0) if 1 <= number <= 12 else 99
    try:
        yield *match.span(), time(number, int(minute), int(second or 0))
    except ValueError:
        return


def _durations(text: str, language: str, now: datetime) -> Found:
    """``2 hours and 30 minutes`` is one."""
    one = rf"({_FIGURES})\s*(?:" + "|".join(f"(?P<{unit}>{words})" for unit, words in _UNITS.items()) + r")\b"
    parts = [(*match.span(), match) for match in re.finditer(one, text, re.IGNORECASE)]
    whole: list[tuple[int, int, int]] = []
    for start, end, match in parts:
        ms = int(_decimal(match.group(1), language) * _UNIT_MS[match.lastgroup or "second"])
        if whole and re.fullmatch(r"[\s,]*(?:and|und|y|et)?\s*", text[whole[-1][1] : start]):
            whole[-1] = (whole[-1][0], end, whole[-1][2] + ms)
        else:
            whole.append((start, end, ms))
    yield from ((start, end, Duration(ms)) for start, end, ms in whole)


def _currencies(text: str, language: str, now: datetime) -> Found:
    words = "|".join(re.escape(word) for word in sorted(_MONEY, key=len, reverse=True))
    for pattern in (
        rf"(?P<unit>[$€£¥])\s*(?P<amount>{_FIGURES})",
        rf"(?P<amount>{_FIGURES})\s*(?P<unit>{words})(?!\w)",
    ):
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield *match.span(), Currency(_decimal(match["amount"], language), _MONEY[match["unit"].casefold()])


def _phones(text: str, language: str, now: datetime) -> Found:
    import phonenumbers

    region = language.rpartition("-")[2].upper() if "-" in language else "US"
    for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE):
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        yield match.start, match.end, number


def _addresses(text: str, language: str, now: datetime) -> Found:
    for match in re.finditer(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+", text):
        yield *match.span(), match.group()


def _agreement(text: str, language: str, now: datetime) -> Found:
    agrees = is_yes(" ".join(re.findall(r"\w+", text.casefold())), language)
    if agrees is not None:
        yield 0, len(text), agrees


BUILTIN: Mapping[str, Callable[[str, str, datetime], Found]] = {
    "number": _numbers,
    "integer": _numbers,
    "decimal": _numbers,
    "date": _dates,
    "time": _times,
    "duration": _durations,
    "currency": _currencies,
    "phonenumber": _phones,
    "phone": _phones,
    "email": _addresses,
    "emailaddress": _addresses,
    "boolean": _agreement,
    "yesno": _agreement,
}
"""Parsers by the kind's name, without ``builtin:``."""
