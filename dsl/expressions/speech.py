"""Audio and communications in words of a language: numbers, dates, times, money, digits, ordinals.

Words come from num2words and babel; what a language lacks there is said digit by digit or in its plain form, never
left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from dsl.expressions.phone import split_code
from dsl.expressions.text_of import to_text
from dsl.expressions.values import (
    Blank,
    Currency,
    Duration,
    Json,
    Markup,
    Part,
    PhoneNumber,
    Played,
    Spoken,
    spoken_places,
)

_TAGS = re.compile(r"<[^>]+>")
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {"point": "point", "percent": "percent", "plus": "plus", "minus": "minus", "yes": "yes", "no": "no",
           "true": "true", "false": "false", "to": "to", "and": "and", "oh": "oh"},
    "de": {"point": "Komma", "percent": "Prozent", "plus": "plus", "minus": "minus", "yes": "ja", "no": "nein",
           "true": "wahr", "false": "falsch", "to": "bis", "and": "und", "oh": "null"},
    "es": {"point": "coma", "percent": "por ciento", "plus": "más", "minus": "menos", "yes": "sí", "no": "no",
           "true": "verdadero", "false": "falso", "to": "a", "and": "y", "oh": "cero"},
    "fr": {"point": "virgule", "percent": "pour cent", "plus": "plus", "minus": "moins", "yes": "oui", "no": "non",
           "true": "vrai", "false": "faux", "to": "à", "and": "et", "oh": "zéro"},
    "zh": {"point": "点", "percent": "百分之", "plus": "加", "minus": "负", "yes": "是", "no": "否",
           "true": "真", "false": "假", "to": "到", "and": "", "oh": "零"},
}  # fmt: skip
_ZH_DIGITS = "零一二三四五六七八九"


def _base(language: str) -> str:
    return language.partition("-")[0].lower()


def _word(key: str, language: str) -> str:
    return _WORDS.get(_base(language), _WORDS["en"])[key]


def _locale(language: str) -> str:
    from babel import Locale, UnknownLocaleError

    for candidate in (language.replace("-", "_"), _base(language)):
        try:
            return str(Locale.parse(candidate, sep="_"))
        except (UnknownLocaleError, ValueError):
            continue
    return "en"


def cardinal(value: int, language: str) -> str:
    """A whole number in words."""
    if value < 0:
        return f"{_word('minus', language)} {cardinal(-value, language)}"
    from num2words import num2words

    try:
        text: str = num2words(value, lang=_base(language))
    except (NotImplementedError, OverflowError):
        return str(value)
    return text.replace("-", " ").replace(",", "")


def number(value: int | Decimal, language: str) -> str:
    """Any number in words; fractions digit by digit."""
    if isinstance(value, int):
        return cardinal(value, language)
    text = format(value, "f")
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = text.partition(".")
    said = cardinal(int(whole), language)
    if fraction:
        said = f"{said} {_word('point', language)} {digits(fraction, language)}"
    return f"{_word('minus', language)} {said}" if sign else said


def digits(text: str, language: str) -> str:
    """Characters one by one, digits as words."""
    said = []
    for char in text:
        if char.isdigit() and char.isascii():
            said.append(cardinal(int(char), language))
        elif char == ".":
            said.append(_word("point", language))
        elif char == "+":
            said.append(_word("plus", language))
        elif char == "-":
            said.append(_word("minus", language))
        elif not char.isspace():
            said.append(char)
    return " ".join(said)


def ordinal(value: int, language: str) -> str:
    """First, second, third."""
    from num2words import num2words

    try:
        text: str = num2words(value, lang=_base(language), to="ordinal")
    except (NotImplementedError, OverflowError, TypeError):
        return cardinal(value, language)
    return text


def _spoken_ordinal(part: Spoken, language: str) -> str:
    return ordinal(part.value, language)


def _currency(part: Spoken, language: str) -> str:
    from babel.numbers import get_currency_precision

    money: Currency = part.value
    if money.amount is None:
        return ""
    if money.code is None:
        return number(money.amount, language)
    if part.places is not None:
        amount = spoken_places(money.amount, part.places)
        return f"{number(amount, language)} {_unit(money.code, amount, language)}"
    precision = get_currency_precision(money.code)
    amount = spoken_places(money.amount, precision, ROUND_HALF_UP)
    if part.format == "playDigits":
        return f"{digits(format(amount, 'f'), language)} {_unit(money.code, amount, language)}"
    minor_total = int(abs(amount).scaleb(precision))
    major, minor = divmod(minor_total, 10**precision)
    if part.format == "asMinorUnits":
        return _minor(minor_total, money.code, language)
    if part.format == "minorUnitsOnly":
        return _minor(minor, money.code, language)
    said = f"{cardinal(major, language)} {_unit(money.code, Decimal(major), language)}"
    if amount < 0:
        said = f"{_word('minus', language)} {said}"
    if part.format == "majorUnitsOnly" or not precision:
        return said
    return f"{said} {_word('and', language)} {_minor(minor, money.code, language)}".replace("  ", " ")


def _unit(code: str, amount: Decimal, language: str) -> str:
    from babel.numbers import get_currency_name

    name: str = get_currency_name(code, count=amount, locale=_locale(language))
    return re.sub(r"^(US|U\.S\.) ", "", name) if _base(language) == "en" else name


_MINOR_UNITS = {
    "en": {"USD": ("cent", "cents"), "EUR": ("cent", "cents"), "GBP": ("penny", "pence")},
    "de": {"EUR": ("Cent", "Cent"), "USD": ("Cent", "Cent")},
    "es": {"EUR": ("céntimo", "céntimos"), "USD": ("centavo", "centavos")},
    "fr": {"EUR": ("centime", "centimes"), "USD": ("cent", "cents")},
}


def _minor(amount: int, code: str, language: str) -> str:
    one, many = _MINOR_UNITS.get(_base(language), {}).get(code, ("cent", "cents"))
    return f"{cardinal(amount, language)} {one if amount == 1 else many}"


def _date(part: Spoken, language: str) -> str:
    from babel.dates import format_date

    value: date = part.value
    locale = _locale(language)
    if part.format == "dayOfWeekOnly":
        return str(format_date(value, "EEEE", locale=locale))
    if part.format == "monthOnly":
        return str(format_date(value, "MMMM", locale=locale))
    if part.format == "dayOnly":
        return ordinal(value.day, language) if _base(language) == "en" else cardinal(value.day, language)
    if part.format == "longYearOnly":
        return _year(value.year, language)
    if part.format == "shortYearOnly":
        return cardinal(value.year % 100, language)
    month = str(format_date(value, "MMMM", locale=locale))
    day = ordinal(value.day, language)
    weekday = str(format_date(value, "EEEE", locale=locale))
    base = _base(language)
    if base == "zh":
        said = f"{cardinal(value.month, language)}月{cardinal(value.day, language)}日"
        return said if part.format == "shortMonthAndDay" else f"{_zh_year(value.year)}年{said} {weekday}"
    core = (
        f"{month} {day}"
        if base == "en"
        else f"{day} {month}"
        if base == "de"
        else f"{cardinal(value.day, language)} {_of(base)}{month}"
    )
    if part.format == "shortMonthAndDay":
        return core
    year = cardinal(value.year % 100, language) if part.format == "shortYear" else _year(value.year, language)
    joined = f"{core} {_of(base) if base == 'es' else ''}{year}"
    return f"{weekday} {joined}" if part.format is None else joined


def _of(base: str) -> str:
    return "de " if base == "es" else ""


def _zh_year(year: int) -> str:
    return "".join(_ZH_DIGITS[int(digit)] for digit in str(year))


def _year(year: int, language: str) -> str:
    if _base(language) == "zh":
        return _zh_year(year)
    from num2words import num2words

    try:
        text: str = num2words(year, lang=_base(language), to="year")
    except (NotImplementedError, TypeError):
        return cardinal(year, language)
    return text.replace("-", " ")


def _clock(part: Spoken, language: str) -> str:
    value: datetime | time = part.value
    twelve = part.format == "twelveHours" or (part.format is None and _base(language) == "en")
    hour = (value.hour % 12 or 12) if twelve else value.hour
    said = cardinal(hour, language)
    if _base(language) == "en":
        if value.minute:
            lead = f"{_word('oh', language)} " if value.minute < 10 else ""
            said = f"{said} {lead}{cardinal(value.minute, language)}"
        elif not twelve:
            said = f"{said} hundred"
    elif value.minute or _base(language) == "de":
        joint = {"de": "Uhr", "fr": "heures", "es": "y", "zh": "点"}.get(_base(language), "")
        said = f"{said} {joint} {cardinal(value.minute, language) if value.minute else ''}".rstrip()
    if twelve:
        said = f"{said} {'AM' if value.hour < 12 else 'PM'}"
    return said


def _date_time(part: Spoken, language: str) -> str:
    return f"{_clock(part, language)} {_date(part, language)}"


def _duration(part: Spoken, language: str) -> str:
    value: Duration = part.value
    seconds = abs(value.ms) // 1000
    pieces = []
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        amount, seconds = divmod(seconds, size)
        if amount:
            pieces.append(_units(amount, unit, language))
    return " ".join(pieces) or _units(0, "second", language)


def _units(amount: int, unit: str, language: str) -> str:
    from babel.units import format_unit

    text: str = format_unit(amount, f"duration-{unit}", length="long", locale=_locale(language))
    return re.sub(r"[\d.,\u00a0\u202f]+", cardinal(amount, language), text, count=1)


def _phone(part: Spoken, language: str) -> str:
    phone: PhoneNumber = part.value
    if part.format == "local" and phone.e164:
        return digits(_national(phone.e164), language)
    if phone.e164:
        return digits(phone.e164, language)
    return digits(re.sub(r"[^\d+*#]", "", phone.raw), language)


def _national(e164: str) -> str:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(e164)
        text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    except phonenumbers.NumberParseException:
        text = split_code(e164)[1] or ""
    return re.sub(r"\D", "", text)


def _percent(part: Spoken, language: str) -> str:
    said = number(part.value, language)
    word = _word("percent", language)
    return f"{word}{said}" if _base(language) == "zh" else f"{said} {word}"


def _bool(part: Spoken, language: str) -> str:
    yes, no = ("yes", "no") if part.format == "playYesNo" else ("true", "false")
    return _word(yes if part.value else no, language)


def _range(part: Spoken, language: str) -> str:
    low, high = part.value
    unit = (part.format or "minutes").removesuffix("s")
    high_said = _units(high, unit, language)
    return high_said if low == high else f"{cardinal(low, language)} {_word('to', language)} {high_said}"


def _text(part: Spoken, language: str) -> str:
    value = part.value.value if isinstance(part.value, Json) else part.value
    return to_text(value) or ""


_SAYERS: Mapping[str, Callable[[Spoken, str], str]] = {
    "text": _text,
    "number": lambda part, language: number(part.value, language),
    "digits": lambda part, language: digits(to_text(part.value) or "", language),
    "characters": lambda part, language: digits(to_text(part.value) or "", language),
    "ordinal": _spoken_ordinal,
    "currency": _currency,
    "date": _date,
    "time": _clock,
    "datetime": _date_time,
    "duration": _duration,
    "percent": _percent,
    "bool": _bool,
    "phone": _phone,
    "range": _range,
}


def say(part: Part, language: str) -> str:
    """A part in words of ``language`` (or of its own); a recording is its transcript, silence is nothing."""
    if isinstance(part, Spoken):
        return _SAYERS[part.kind](part, part.language or language)
    if isinstance(part, Played):
        return part.text or ""
    if isinstance(part, Markup):
        return _TAGS.sub("", part.ssml).strip()
    return ""


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
    if isinstance(part, Spoken) and part.format is None and part.kind != "characters":
        return _text(part, language)
    return say(part, language)


def transcript(parts: Sequence[Part], language: str) -> str:
    """What is heard, as one line."""
    return " ".join(said for part in parts if (said := say(part, language)))
