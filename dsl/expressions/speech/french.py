"""French."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal

from dsl.expressions.speech.language import PLAIN, Grammar, Language, Money, Unit, Vocabulary

_CENTIME = Unit("centime", "centimes")
_CENT = Unit("cent", "cents")


class French(Language):
    """What is below two is singular; millions take "de"."""

    vocabulary = Vocabulary(
        words={
            "minus": "moins",
            "plus": "plus",
            "point": "virgule",
            "dot": "point",
            "dash": "tiret",
            "at": "arobase",
            "percent": "pour cent",
            "and": "et",
            "from": "de",
            "to": "à",
            "yes": "oui",
            "no": "non",
            "true": "vrai",
            "false": "faux",
        },
        units={
            "day": Unit("jour", "jours"),
            "hour": Unit("heure", "heures", "feminine"),
            "minute": Unit("minute", "minutes", "feminine"),
            "second": Unit("seconde", "secondes", "feminine"),
        },
        monies={
            "EUR": Money(Unit("euro", "euros"), _CENTIME),
            "USD": Money(Unit("dollar", "dollars"), _CENT),
            "GBP": Money(Unit("livre sterling", "livres sterling", "feminine"), Unit("penny", "pence")),
            "CHF": Money(Unit("franc suisse", "francs suisses"), _CENTIME),
            "CAD": Money(Unit("dollar canadien", "dollars canadiens"), _CENT),
            "JPY": Money(Unit("yen", "yens")),
            "CNY": Money(Unit("yuan", "yuans")),
        },
    )

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        home: str | None = {"CA": "CAD", "CH": "CHF"}.get(self.region)
        if home:  # at home a currency has no country
            unit = self.monies[home].major
            plain = Unit(unit.one.split()[0], unit.many.split()[0])
            abroad = {"USD": Money(Unit("dollar américain", "dollars américains"), _CENT)} if home == "CAD" else {}
            self.monies = {**self.monies, **abroad, home: Money(plain, self.monies[home].minor)}

    def cardinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        said = super().cardinal(value, grammar)
        return re.sub(r"\bun$", "une", said) if grammar.gender == "feminine" else said

    def form(self, amount: int | Decimal, unit: Unit) -> str:
        return unit.one if -2 < amount < 2 else unit.many

    def attach(self, number: str, noun: str) -> str:
        if not re.search(r"illions?$|illiards?$", number):
            return f"{number} {noun}"
        return f"{number} d'{noun}" if noun[0] in "aeéiouh" else f"{number} de {noun}"

    def ordinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        if value == 1:
            return "première" if grammar.gender == "feminine" else "premier"
        said = re.sub(r"(vingt|cent|million|milliard)sième$", r"\1ième", super().ordinal(value, grammar))
        return re.sub(r"^un (?=milli(on|ard)ième$)", "", said)

    def day(self, value: date) -> str:
        return "premier" if value.day == 1 else self.cardinal(value.day)

    def fraction_form(self, amount: Decimal, unit: Unit) -> str:
        return self.form(amount, unit)

    def span(self, low: int, high: int, unit: str) -> str:
        return re.sub(r"^de (?=une?\b)", "d'", super().span(low, high, unit))

    def twelve_hours(self, value: datetime | time) -> str:
        if value.hour in (0, 12):
            return self.join("midi" if value.hour else "minuit", self._minutes(value.minute))
        part = "du matin" if value.hour < 12 else "de l'après-midi" if value.hour < 18 else "du soir"
        return f"{self._hands(value.hour % 12 or 12, value.minute)} {part}"

    def twenty_four_hours(self, value: datetime | time) -> str:
        return self._hands(value.hour, value.minute)

    def _hands(self, hour: int, minute: int) -> str:
        said = self.counted(hour, self.units["hour"])
        return self.join(said, self._minutes(minute))

    def _minutes(self, minute: int) -> str:
        return self.cardinal(minute, Grammar("feminine")) if minute else ""
