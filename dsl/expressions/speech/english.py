"""English, American and British."""

from __future__ import annotations

from datetime import date, datetime, time

from dsl.expressions.speech.language import PLAIN, Grammar, Language, Money, Unit, Vocabulary

_CENT = Unit("cent", "cents")
_AMERICAN = ("", "US", "CA", "PH")


class English(Language):
    """American without a region; elsewhere with "and" behind the hundreds and the day before the month."""

    vocabulary = Vocabulary(
        words={
            "minus": "negative",
            "plus": "plus",
            "point": "point",
            "dot": "dot",
            "dash": "dash",
            "at": "at",
            "percent": "percent",
            "and": "and",
            "to": "to",
            "yes": "yes",
            "no": "no",
            "true": "true",
            "false": "false",
        },
        units={
            "day": Unit("day", "days"),
            "hour": Unit("hour", "hours"),
            "minute": Unit("minute", "minutes"),
            "second": Unit("second", "seconds"),
        },
        monies={
            "USD": Money(Unit("dollar", "dollars"), _CENT),
            "EUR": Money(Unit("euro", "euros"), _CENT),
            "GBP": Money(Unit("pound", "pounds"), Unit("penny", "pence")),
            "CHF": Money(Unit("Swiss franc", "Swiss francs"), Unit("centime", "centimes")),
            "CAD": Money(Unit("Canadian dollar", "Canadian dollars"), _CENT),
            "AUD": Money(Unit("Australian dollar", "Australian dollars"), _CENT),
            "NZD": Money(Unit("New Zealand dollar", "New Zealand dollars"), _CENT),
            "MXN": Money(Unit("peso", "pesos"), Unit("centavo", "centavos")),
            "JPY": Money(Unit("yen", "yen")),
            "CNY": Money(Unit("yuan", "yuan")),
        },
    )

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.american = self.region in _AMERICAN
        if not self.american:
            self.words = {**self.words, "minus": "minus"}

    def numerals(self, value: int) -> str:
        text = super().numerals(value).replace("-", " ").replace(",", "")
        return text.replace(" and ", " ") if self.american else text

    def ordinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        return super().ordinal(value, grammar).replace("-", " ").replace(",", "")

    def day(self, value: date) -> str:
        return self.ordinal(value.day)

    def day_and_month(self, value: date) -> str:
        if self.american:
            return f"{self.month(value)} {self.day(value)}"
        return f"the {self.day(value)} of {self.month(value)}"

    def year(self, value: int, *, short: bool) -> str:
        century, rest = divmod(value, 100)
        if century % 10 == 0 and (rest < 10 or not short) and not (short and rest):
            return self.cardinal(value)
        if not rest:
            return f"{self.cardinal(century)} hundred"
        if short:
            return f"{self.cardinal(century)} {'oh ' if rest < 10 else ''}{self.cardinal(rest)}"
        return f"{self.cardinal(century)} hundred {'' if self.american else 'and '}{self.cardinal(rest)}"

    @property
    def says_twelve_hours(self) -> bool:
        return True  # also where a clock on the wall shows twenty-four

    def twelve_hours(self, value: datetime | time) -> str:
        return f"{self._hands(value.hour % 12 or 12, value.minute)} {'AM' if value.hour < 12 else 'PM'}"

    def twenty_four_hours(self, value: datetime | time) -> str:
        if value.minute:
            return self._hands(value.hour, value.minute)
        return f"{self.cardinal(value.hour)} {'hundred ' if value.hour else ''}hours"

    def _hands(self, hour: int, minute: int) -> str:
        minutes = f"{'oh ' if minute < 10 else ''}{self.cardinal(minute)}" if minute else ""
        return self.join(self.cardinal(hour), minutes)
