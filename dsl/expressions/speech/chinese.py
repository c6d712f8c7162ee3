"""Chinese (Mandarin)."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal

from dsl.expressions.speech.language import PLAIN, Grammar, Language, Money, Unit, Vocabulary
from dsl.expressions.values import PhoneNumber

_DIGITS = "零一二三四五六七八九"
_OF_TWO = ("千", "万", "亿")  # two thousand is said liang, and so is two of a thing
_PLACES = (("万亿", 10**12), ("亿", 10**8), ("万", 10**4), ("千", 1000), ("百", 100), ("十", 10))


class Chinese(Language):
    """No blanks between words; two of a thing is another word than the number two."""

    space = ""
    vocabulary = Vocabulary(
        words={
            "minus": "负",
            "plus": "加",
            "point": "点",
            "dot": "点",
            "dash": "杠",
            "at": "艾特",
            "percent": "百分之",
            "and": "",
            "to": "到",
            "yes": "是",
            "no": "否",
            "true": "真",
            "false": "假",
        },
        units={
            "day": Unit("天", "天"),
            "hour": Unit("小时", "小时"),
            "minute": Unit("分钟", "分钟"),
            "second": Unit("秒", "秒"),
        },
        monies={
            "CNY": Money(Unit("元", "元"), Unit("分", "分")),
            "USD": Money(Unit("美元", "美元"), Unit("美分", "美分")),
            "EUR": Money(Unit("欧元", "欧元"), Unit("欧分", "欧分")),
            "GBP": Money(Unit("英镑", "英镑"), Unit("便士", "便士")),
            "JPY": Money(Unit("日元", "日元")),
        },
    )

    def numerals(self, value: int) -> str:
        if value >= 10**16:
            return str(value)
        said = _numeral(value)
        if said.startswith("一十"):
            return said[1:]
        return "两" + said[1:] if said[:1] == "二" and said[1:2] in _OF_TWO else said or "零"

    def cardinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        if abs(value) == 2 and grammar.before_noun:
            return self.signed(value, "两")
        return super().cardinal(value, grammar)

    def lower_bound(self, low: int, unit: Unit) -> str:
        return self.cardinal(low, Grammar(before_noun=True))

    def ordinal(self, value: int, grammar: Grammar = PLAIN) -> str:
        return f"第{self.cardinal(value)}"

    def percent(self, value: int | Decimal, places: int | None = None) -> str:
        said = self.number(value.copy_abs() if isinstance(value, Decimal) else abs(value), places)
        return self.signed(value, f"百分之{said}")

    def major_and_minor(self, major: int, minor: int, unit: Unit, hundredth: Unit) -> str:
        if not minor:
            return self.counted(major, unit)
        if unit.one != "元":
            return self.counted(major, unit) + self.counted(minor, hundredth)
        tenths, hundredths = divmod(minor, 10)
        said = self.counted(major, unit) + (f"{_DIGITS[tenths]}角" if tenths else "零")
        return said + (f"{_DIGITS[hundredths]}分" if hundredths else "")

    def day(self, value: date) -> str:
        return f"{self.cardinal(value.day)}日"

    def day_and_month(self, value: date) -> str:
        return f"{self.cardinal(value.month)}月{self.day(value)}"

    def whole_date(self, value: date, year: str) -> str:
        return f"{year}{self.day_and_month(value)}{self.weekday(value)}"

    def year(self, value: int, *, short: bool) -> str:
        return self.digits(str(value)) + "年"

    @property
    def says_twelve_hours(self) -> bool:
        return False

    def twelve_hours(self, value: datetime | time) -> str:
        part = next(name for until, name in _PARTS_OF_DAY if value.hour < until)
        return part + self._hands(value.hour % 12 or 12, value.minute)

    def twenty_four_hours(self, value: datetime | time) -> str:
        return self._hands(value.hour, value.minute)

    def _hands(self, hour: int, minute: int) -> str:
        said = f"{self.cardinal(hour, Grammar(before_noun=True))}点"
        return said + (f"{'零' if minute < 10 else ''}{self.cardinal(minute)}分" if minute else "")

    def moment(self, value: datetime) -> str:
        return f"{self.clock(value, None)}，{self.said_date(value, None)}"

    def phone(self, value: PhoneNumber, form: str | None) -> str:
        # In a number that is dialled, one is said yao: yi is too easily heard as seven.
        said = super().phone(value, form)
        return said if self.region in ("TW", "HK") else said.replace("一", "幺")


_PARTS_OF_DAY = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))


def _numeral(value: int) -> str:
    """A number by its greatest place; nothing for zero, and one zero for a gap of any width."""
    for place, size in _PLACES:
        high, low = divmod(value, size)
        if high:
            gap = "零" if low and low * 10 < size else ""
            return _numeral(high) + place + gap + _numeral(low)
    return _DIGITS[value] if value else ""
