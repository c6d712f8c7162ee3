"""What all languages share: how numbers, money, dates, times and lengths of time are put together from words.

A language is a subclass with its words and with whatever it does otherwise. Tables first: whoever adds a language
copies a short module and replaces the words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from dsl.expressions.phone import split_code
from dsl.expressions.values import Currency, Duration, PhoneNumber, with_places

_SIGNS = {".": "dot", "-": "dash", "+": "plus", "@": "at"}
_LENGTHS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


@dataclass(frozen=True, slots=True)
class Unit:
    """A countable thing: its word for one, for many, and its grammatical gender."""

    one: str
    many: str
    gender: str = "masculine"


@dataclass(frozen=True, slots=True)
class Money:
    """A currency's unit and, where it has one that people say, the hundredth of it."""

    major: Unit
    minor: Unit | None = None


@dataclass(frozen=True, slots=True)
class Grammar:
    """How a number stands in its sentence: the genders and cases of ``Language.*``, and whether a noun follows."""

    gender: str | None = None
    case: str | None = None
    before_noun: bool = False

    @classmethod
    def of(cls, context: tuple[str, ...]) -> Grammar:
        """From the constants of a call (``feminine``, ``dative``)."""
        gender = next((c for c in context if c in ("common", "feminine", "masculine", "neuter")), None)
        case = next((c for c in context if c in ("article", "accusative", "dative", "genitive", "nominative")), None)
        return cls(gender, case, before_noun=case == "article")


PLAIN = Grammar()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A language's words: of numbers and truth, of lengths of time, of the currencies that people there speak of."""

    words: Mapping[str, str]
    units: Mapping[str, Unit]
    monies: Mapping[str, Money]


class Language:
    """A language by its tag (``de-at``, lower case)."""

    vocabulary: Vocabulary
    space = " "
    """What stands between two words."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.words, self.units, self.monies = self.vocabulary.words, self.vocabulary.units, self.vocabulary.monies

    @property
    def base(self) -> str:
        """The language without its region."""
        return self.tag.partition("-")[0]

    @property
    def region(self) -> str:
        """The region, capital letters; empty where none is said."""
        return self.tag.partition("-")[2].upper()

    def join(self, *pieces: str) -> str:
        """Pieces one after the other; empty ones are left out."""
        return self.space.join(piece for piece in pieces if piece)

    # Numbers.

    def numerals(self, value: int) -> str:
        """A number from 0 on in words."""
        from num2words import num2words

        try:
            text: str = num2words(value, lang=self.base)
        except (NotImplementedError, OverflowError):
            return str(value)
        return text

    def cardinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        """A whole number in words."""
        return self.signed(value, self.numerals(abs(value)))

    def signed(self, value: int | Decimal, said: str) -> str:
        """The same, with the word for minus before it if it is below zero."""
        return self.join(self.words["minus"], said) if value < 0 else said

    def number(self, value: int | Decimal, places: int | None = None, grammar: Grammar = PLAIN) -> str:
        """A number in words, its fraction digit by digit: ``places`` digits, or as many as it has."""
        whole, fraction = _parts(value, places)
        said = self.cardinal(int(whole), grammar)
        if fraction:
            said = self.join(said, self.words["point"], self.digits(fraction))
        return self.signed(value if int(whole) or fraction.strip("0") else 0, said)

    def digit_by_digit(self, value: int | Decimal, places: int | None = None, grammar: Grammar = PLAIN) -> str:
        """A number as its digits."""
        whole, fraction = _parts(value, places)
        said = self.digits(whole, grammar)
        if fraction:
            said = self.join(said, self.words["point"], self.digits(fraction, grammar))
        return self.signed(value, said)

    def digits(self, text: str, grammar: Grammar = PLAIN) -> str:
        """Characters one by one, digits and common signs as words; blanks are not heard."""
        said = []
        for char in text:
            if char.isdigit() and char.isascii():
                said.append(self.cardinal(int(char), grammar))
            elif char in _SIGNS:
                said.append(self.words[_SIGNS[char]])
            elif not char.isspace():
                said.append(char)
        return self.join(*said)

    def ordinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        """First, second, third."""
        from num2words import num2words

        try:
            text: str = num2words(value, lang=self.base, to="ordinal")
        except (NotImplementedError, OverflowError, TypeError, RecursionError):
            return self.cardinal(value, grammar)
        return text

    def percent(self, value: int | Decimal, places: int | None = None) -> str:
        """A number of hundredths."""
        return self.join(self.number(value, places), self.words["percent"])

    # Things that are counted.

    def form(self, amount: int | Decimal, unit: Unit) -> str:
        """The unit's word for an amount."""
        return unit.one if abs(amount) == 1 else unit.many

    def fraction_form(self, amount: Decimal, unit: Unit) -> str:
        """The unit's word behind a number with decimal places."""
        return unit.many

    def attach(self, number: str, noun: str) -> str:
        """A number and the noun that it counts."""
        return self.join(number, noun)

    def counted(self, amount: int, unit: Unit) -> str:
        """Two hours, one cent."""
        grammar = Grammar(unit.gender, before_noun=True)
        return self.attach(self.cardinal(amount, grammar), self.form(amount, unit))

    def listed(self, pieces: list[str]) -> str:
        """One thing, another, and a third."""
        if len(pieces) < 2:
            return self.join(*pieces)
        return self.join(*pieces[:-1], self.words["and"], pieces[-1])

    def duration(self, value: Duration) -> str:
        """Days, hours, minutes and seconds; what is below a second is not said."""
        seconds, pieces = abs(value.ms) // 1000, []
        sign = self.words["minus"] if value.ms < 0 and seconds else ""
        for unit, size in _LENGTHS:
            amount, seconds = divmod(seconds, size)
            if amount:
                pieces.append(self.counted(amount, self.units[unit]))
        return self.join(sign, self.listed(pieces or [self.counted(0, self.units["second"])]))

    def span(self, low: int, high: int, unit: str) -> str:
        """Three to nine minutes."""
        thing = self.units[unit.removesuffix("s")]
        if low == high:
            return self.counted(low, thing)
        first = self.lower_bound(low, thing)
        return self.join(self.words.get("from", ""), first, self.words["to"], self.counted(high, thing))

    def lower_bound(self, low: int, unit: Unit) -> str:
        """The first number of a span; its noun comes behind the second."""
        return self.cardinal(low, Grammar(unit.gender))

    # Money.

    def money(self, value: Currency, form: str | None = None, places: int | None = None) -> str:
        """An amount: rounded to what the currency has, or cut to so many places (functions.md, ToAudioCurrency)."""
        if value.amount is None:
            return ""
        if value.code is None:
            return self.number(value.amount, places)
        named = self.monies.get(value.code) or Money(self.named(value.code))
        if places is not None:
            return self.decimal_money(with_places(value.amount, places), named.major, places)
        precision = _minor_digits(value.code)
        amount = with_places(value.amount, precision, ROUND_HALF_UP)
        if form == "playDigits":
            said = self.digit_by_digit(amount, precision)
            return self.attach(
                said, self.fraction_form(amount, named.major) if precision else self.form(amount, named.major)
            )
        total = int(amount.copy_abs().scaleb(precision))
        major, minor = divmod(total, 10**precision)
        if form == "majorUnitsOnly":
            return self.signed(amount if major else 0, self.counted(major, named.major))
        if named.minor is None or precision != 2:
            return self.decimal_money(amount, named.major, precision)
        if form == "asMinorUnits":
            return self.signed(amount, self.counted(total, named.minor))
        if form == "minorUnitsOnly":
            return self.counted(minor, named.minor)
        return self.signed(amount, self.major_and_minor(major, minor, named.major, named.minor))

    def major_and_minor(self, major: int, minor: int, unit: Unit, hundredth: Unit) -> str:
        """Two dollars and fifty cents."""
        return self.join(self.counted(major, unit), self.words["and"], self.counted(minor, hundredth))

    def decimal_money(self, amount: Decimal, unit: Unit, places: int) -> str:
        """An amount as a number of its unit."""
        if places <= 0:
            return self.signed(amount, self.counted(int(amount.copy_abs()), unit))
        return self.attach(self.number(amount, places), self.fraction_form(amount, unit))

    def named(self, code: str) -> Unit:
        """A currency's unit by its full name, where the table has none."""
        from babel.numbers import get_currency_name

        one, many = (str(get_currency_name(code, count=count, locale=self.locale)) for count in (1, 2))
        return Unit(one, many)

    # Dates and times.

    def said_date(self, value: date, form: str | None) -> str:
        """A day, or the part of it that a constant of ``Format.Date`` names."""
        if form == "dayOfWeekOnly":
            return self.weekday(value)
        if form == "monthOnly":
            return self.month(value)
        if form == "dayOnly":
            return self.day(value)
        if form in ("longYearOnly", "shortYearOnly"):
            return self.year(value.year, short=form == "shortYearOnly")
        if form == "shortMonthAndDay":
            return self.day_and_month(value)
        return self.whole_date(value, self.year(value.year, short=form == "shortYear"))

    def weekday(self, value: date) -> str:
        """The name of the day of the week."""
        return self._pattern(value, "EEEE")

    def month(self, value: date) -> str:
        """The name of the month."""
        return self._pattern(value, "MMMM")

    def day(self, value: date) -> str:
        """The day of the month."""
        return self.cardinal(value.day)

    def day_and_month(self, value: date) -> str:
        """Ninth of July."""
        return self.join(self.day(value), self.month(value))

    def whole_date(self, value: date, year: str) -> str:
        """Day of the week, day, month and year."""
        return self.join(self.weekday(value), self.day_and_month(value), year)

    def year(self, value: int, *, short: bool) -> str:
        """A year; ``short`` is the way that people say it where there are two."""
        return self.cardinal(value)

    def clock(self, value: datetime | time, form: str | None) -> str:
        """A time of day, by 12 or 24 hours as the constant says, else as is usual."""
        twelve = self.says_twelve_hours if form is None else form == "twelveHours"
        return self.twelve_hours(value) if twelve else self.twenty_four_hours(value)

    @property
    def says_twelve_hours(self) -> bool:
        """Whether the language's clock has twelve hours."""
        from babel import Locale

        return "a" in str(Locale.parse(self.locale).time_formats["short"].pattern)

    def twelve_hours(self, value: datetime | time) -> str:
        """Two o five PM."""
        raise NotImplementedError

    def twenty_four_hours(self, value: datetime | time) -> str:
        """Fourteen o five."""
        raise NotImplementedError

    def moment(self, value: datetime) -> str:
        """Time, then date (functions.md, ToAudioDateTime)."""
        return self.join(self.clock(value, None), self.said_date(value, None))

    # Numbers that are called.

    def phone(self, value: PhoneNumber, form: str | None) -> str:
        """Digit by digit, with the country code or as it is dialled within the country."""
        if value.e164 is None:
            return self.digits(re.sub(r"[^\d+*#]", "", value.raw))
        return self.digits(national(value.e164) if form == "local" else value.e164)

    # Names that babel knows.

    @property
    def locale(self) -> str:
        """The nearest locale that babel has."""
        from babel import Locale, UnknownLocaleError

        for candidate in (self.tag.replace("-", "_"), self.base):
            try:
                return str(Locale.parse(candidate))
            except (UnknownLocaleError, ValueError):
                continue
        return "en"

    def _pattern(self, value: date, pattern: str) -> str:
        from babel.dates import format_date

        return str(format_date(value, pattern, locale=self.locale))


def _parts(value: int | Decimal, places: int | None) -> tuple[str, str]:
    """The digits before and behind the point, without a sign; without ``places`` as many as the number has."""
    if places is not None:
        value = with_places(Decimal(value), places)
    whole, _, fraction = format(value, "f").removeprefix("-").partition(".")
    return whole, fraction if places is not None else fraction.rstrip("0")


def _minor_digits(code: str) -> int:
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(code))


def national(e164: str) -> str:
    """The digits of a number as it is dialled within its country, trunk prefix included."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(e164)
        text = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    except phonenumbers.NumberParseException:
        text = split_code(e164)[1] or ""
    return re.sub(r"\D", "", text)
