"""Values as a text channel shows them, and as a language that we have no words for leaves them to its voice: figures
and names in the form that babel knows for the locale."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal, localcontext

from dsl.expressions.speech.language import PLAIN, Grammar, Language, Unit, Vocabulary
from dsl.expressions.text_of import decimal_text
from dsl.expressions.values import WIDE, Currency, with_places

_DATES = {
    None: "full",
    "longYear": "long",
    "shortYear": "short",
    "dayOfWeekOnly": "EEEE",
    "dayOnly": "d",
    "monthOnly": "MMMM",  # babel mixes up the stand-alone names (LLLL) of locales that inherit them
    "shortYearOnly": "yy",
    "longYearOnly": "yyyy",
}


def date_text(value: date, form: str | None, locale: str) -> str:
    """A date by a constant of ``Format.Date``."""
    from babel.dates import format_date, format_skeleton

    if form == "shortMonthAndDay":
        return str(format_skeleton("MMMd", value, locale=locale))
    return str(format_date(value, _DATES[form], locale=locale))


def clock_text(value: datetime | time, form: str | None, locale: str) -> str:
    """A time of day by a constant of ``Format.Time``; without one as the locale writes it."""
    from babel import Locale
    from babel.dates import format_time

    skeletons = {"twelveHours": "hm", "twentyFourHours": "Hm"}
    pattern = Locale.parse(locale).datetime_skeletons[skeletons[form]] if form else "short"
    return str(format_time(value, pattern, locale=locale)).replace("\u202f", " ")


def money_text(value: Currency, locale: str) -> str:
    """An amount with the sign of its currency."""
    from babel.numbers import format_currency, format_decimal

    if value.amount is None:
        return ""
    with localcontext(WIDE):
        if value.code is None:
            return str(format_decimal(value.amount, locale=locale, decimal_quantization=False))
        return str(format_currency(value.amount, value.code, locale=locale, decimal_quantization=False)).replace(
            "\xa0", " "
        )


class Written(Language):
    """A language without a module of its own."""

    vocabulary = Vocabulary(
        words={
            "minus": "-", "plus": "+", "point": ".", "dot": ".", "dash": "-", "at": "@", "percent": "%",
            "and": "", "to": "–",
            "yes": "yes", "no": "no", "true": "true", "false": "false",
        },
        units={name: Unit(name, name) for name in ("day", "hour", "minute", "second")},
        monies={},
    )  # fmt: skip

    def number(self, value: int | Decimal, places: int | None = None, grammar: Grammar = PLAIN) -> str:
        from babel.numbers import get_decimal_symbol

        if isinstance(value, int):
            return self.cardinal(value, grammar)
        shown = decimal_text(value, 0) if places is None else format(with_places(value, places), "f")
        return shown.removesuffix(".").replace(".", str(get_decimal_symbol(self.locale)))

    def counted(self, amount: int, unit: Unit) -> str:
        from babel.units import format_unit

        return str(format_unit(amount, f"duration-{unit.one}", length="long", locale=self.locale)).replace("\xa0", " ")

    def money(self, value: Currency, form: str | None = None, places: int | None = None) -> str:
        return money_text(value, self.locale)

    def said_date(self, value: date, form: str | None) -> str:
        return date_text(value, form, self.locale)

    def clock(self, value: datetime | time, form: str | None) -> str:
        return clock_text(value, form, self.locale)
