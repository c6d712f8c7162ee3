"""German."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from dsl.expressions.speech.language import PLAIN, Grammar, Language, Money, Unit, Vocabulary

_CENT = Unit("Cent", "Cent")
_ENDINGS = {
    ("feminine", "dative"): "er",
    ("feminine", "genitive"): "er",
    ("masculine", "accusative"): "en",
    ("masculine", "dative"): "em",
    ("masculine", "genitive"): "es",
    ("neuter", "dative"): "em",
    ("neuter", "genitive"): "es",
}
"""What follows "ein" by gender and case; feminine is "eine" else, the others have nothing."""


class German(Language):
    """Numbers are one word; "eins" bends before a noun."""

    vocabulary = Vocabulary(
        words={
            "minus": "minus",
            "plus": "plus",
            "point": "Komma",
            "dot": "Punkt",
            "dash": "Strich",
            "at": "at",
            "percent": "Prozent",
            "and": "und",
            "to": "bis",
            "yes": "ja",
            "no": "nein",
            "true": "wahr",
            "false": "falsch",
        },
        units={
            "day": Unit("Tag", "Tage"),
            "hour": Unit("Stunde", "Stunden", "feminine"),
            "minute": Unit("Minute", "Minuten", "feminine"),
            "second": Unit("Sekunde", "Sekunden", "feminine"),
        },
        monies={
            "EUR": Money(Unit("Euro", "Euro"), _CENT),
            "USD": Money(Unit("Dollar", "Dollar"), _CENT),
            "GBP": Money(Unit("Pfund", "Pfund", "neuter"), Unit("Penny", "Pence")),
            "CHF": Money(Unit("Franken", "Franken"), Unit("Rappen", "Rappen")),
            "CAD": Money(Unit("kanadischer Dollar", "kanadische Dollar"), _CENT),
            "AUD": Money(Unit("australischer Dollar", "australische Dollar"), _CENT),
            "MXN": Money(Unit("Peso", "Pesos"), Unit("Centavo", "Centavos")),
            "JPY": Money(Unit("Yen", "Yen")),
            "CNY": Money(Unit("Yuan", "Yuan")),
        },
    )

    def cardinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        said = super().cardinal(value, grammar)
        gendered = grammar.gender in ("masculine", "feminine", "neuter")
        if not said.endswith("eins") or not (gendered or grammar.before_noun):
            return said
        other = "e" if grammar.gender == "feminine" else ""
        return said[:-1] + _ENDINGS.get((grammar.gender or "", grammar.case or ""), other)

    def ordinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        said = super().ordinal(value, grammar)
        bent = grammar.case in ("dative", "genitive") or (grammar.gender, grammar.case) == ("masculine", "accusative")
        return said + "n" if bent else said

    def percent(self, value: int | Decimal, places: int | None = None) -> str:
        if isinstance(value, int):
            return f"{self.cardinal(value, Grammar(before_noun=True))} Prozent"
        return super().percent(value, places)

    def day(self, value: date) -> str:
        return f"der {self.ordinal(value.day)}"

    def year(self, value: int, *, short: bool) -> str:
        century, rest = divmod(value, 100)
        if century % 10 == 0:
            return self.cardinal(value)
        return f"{self.cardinal(century)}hundert{self.cardinal(rest) if rest else ''}"

    def twelve_hours(self, value: datetime | time) -> str:
        part = next(name for until, name in _PARTS_OF_DAY if value.hour < until)
        return self.join(self._hands(value.hour % 12 or 12, value.minute), part)

    def twenty_four_hours(self, value: datetime | time) -> str:
        return self._hands(value.hour, value.minute)

    def _hands(self, hour: int, minute: int) -> str:
        said = self.cardinal(hour, Grammar("neuter", before_noun=True))
        return self.join(said, "Uhr", self.cardinal(minute) if minute else "")


_PARTS_OF_DAY = ((5, "nachts"), (10, "morgens"), (12, "vormittags"), (14, "mittags"), (18, "nachmittags"),
                 (22, "abends"), (24, "nachts"))  # fmt: skip
