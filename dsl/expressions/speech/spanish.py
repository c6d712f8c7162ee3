"""Spanish, of Spain and of America."""

from __future__ import annotations

import re
from datetime import date, datetime, time

from dsl.expressions.speech.language import PLAIN, Grammar, Language, Money, Unit, Vocabulary

_CENT = Unit("centavo", "centavos")
_TEENS = {
    11: "undécimo", 12: "duodécimo", 13: "decimotercero", 14: "decimocuarto", 15: "decimoquinto", 16: "decimosexto",
    17: "decimoséptimo", 18: "decimoctavo", 19: "decimonoveno",
}  # fmt: skip
_SHORT = {"veintiuno": "veintiún", "uno": "un"}
_WITH_POINT = ("MX", "US", "PR", "DO", "GT", "HN", "NI", "PA", "SV")
_MILLIONS = re.compile(r"(.*(?:illón|illones))\b ?(.*)")


class Spanish(Language):
    """Numbers have a gender and lose their end before a noun; millions take "de"."""

    vocabulary = Vocabulary(
        words={
            "minus": "menos",
            "plus": "más",
            "point": "coma",
            "dot": "punto",
            "dash": "guion",
            "at": "arroba",
            "percent": "por ciento",
            "and": "y",
            "from": "de",
            "to": "a",
            "yes": "sí",
            "no": "no",
            "true": "verdadero",
            "false": "falso",
        },
        units={
            "day": Unit("día", "días"),
            "hour": Unit("hora", "horas", "feminine"),
            "minute": Unit("minuto", "minutos"),
            "second": Unit("segundo", "segundos"),
        },
        monies={
            "EUR": Money(Unit("euro", "euros"), Unit("céntimo", "céntimos")),
            "USD": Money(Unit("dólar", "dólares"), _CENT),
            "GBP": Money(Unit("libra", "libras", "feminine"), Unit("penique", "peniques")),
            "CHF": Money(Unit("franco suizo", "francos suizos"), Unit("céntimo", "céntimos")),
            "MXN": Money(Unit("peso", "pesos"), _CENT),
            "CAD": Money(Unit("dólar canadiense", "dólares canadienses"), _CENT),
            "JPY": Money(Unit("yen", "yenes")),
            "CNY": Money(Unit("yuan", "yuanes")),
        },
    )

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        if self.region in _WITH_POINT:
            self.words = {**self.words, "point": "punto"}

    def numerals(self, value: int) -> str:
        text = super().numerals(value)
        return re.sub(r"\b(veintiuno|uno)(?= (?:mil|millones|billones|trillones)\b)", lambda m: _SHORT[m[1]], text)

    def cardinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        said = super().cardinal(value, grammar)
        if grammar.gender == "feminine":
            return _feminine(said)
        if grammar.before_noun:
            return re.sub(r"(veintiuno|uno)$", lambda match: _SHORT[match[1]], said)
        return said

    def attach(self, number: str, noun: str) -> str:
        return f"{number} de {noun}" if re.search(r"illón$|illones$", number) else f"{number} {noun}"

    def ordinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        said = _TEENS.get(value) or super().ordinal(value, grammar)
        if grammar.gender == "feminine":
            return re.sub(r"o\b", "a", said)
        return re.sub(r"(primer|tercer)o$", r"\1", said) if grammar.before_noun else said

    def day(self, value: date) -> str:
        return "primero" if value.day == 1 and self.region not in ("", "ES") else self.cardinal(value.day)

    def day_and_month(self, value: date) -> str:
        return f"{self.day(value)} de {self.month(value)}"

    def whole_date(self, value: date, year: str) -> str:
        return f"{self.weekday(value)} {self.day_and_month(value)} de {year}"

    def twelve_hours(self, value: datetime | time) -> str:
        part = next(name for until, name in _PARTS_OF_DAY if value.hour < until)
        return f"{self._hands(value.hour % 12 or 12, value.minute)} {part}"

    def twenty_four_hours(self, value: datetime | time) -> str:
        return self._hands(value.hour, value.minute)

    def _hands(self, hour: int, minute: int) -> str:
        said = f"{'la' if hour == 1 else 'las'} {self.cardinal(hour, Grammar('feminine'))}"
        if minute:
            return f"{said} y {self.cardinal(minute)}"
        return f"{said} {self.form(hour, self.units['hour'])}" if hour == 0 or hour > 12 else said


_PARTS_OF_DAY = ((1, "de la noche"), (6, "de la madrugada"), (12, "de la mañana"), (13, "del mediodía"),
                 (20, "de la tarde"), (24, "de la noche"))  # fmt: skip


def _feminine(said: str) -> str:
    """Hundreds and a last one; millions stay as they are, for a million is masculine."""
    match = _MILLIONS.fullmatch(said)
    millions, rest = (match[1], match[2]) if match else ("", said)
    rest = re.sub(r"cientos\b", "cientas", rest).replace("quinientos", "quinientas")
    rest = re.sub(r"uno$", "una", rest)
    return f"{millions} {rest}".strip()
