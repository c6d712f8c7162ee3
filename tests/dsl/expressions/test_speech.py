"""What callers hear, language by language: read the snapshot as a native speaker would hear it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from dsl.expressions.phone import read_phone
from dsl.expressions.speech import language_of, plain_text, say
from dsl.expressions.values import MAX_INT, Currency, Duration, Spoken

NUMBERS = (0, 1, 2, 11, 16, 21, 71, 80, 99, 100, 101, 110, 200, 221, 1000, 1001, 1234, 10_000, 21_000, 100_001,
           1_000_000, 2_000_500, 1_234_567, 100_000_001, -500, 999_999_999_999_999)  # fmt: skip
DECIMALS = (Decimal("0.5"), Decimal("1.765"), Decimal("-123.120"), Decimal("500.0"), Decimal("-0.00"))
ORDINALS = (1, 2, 3, 7, 8, 11, 12, 20, 21, 22, 31, 80, 100, 201, 500, 1000)
CONTEXTS = (("masculine",), ("feminine",), ("neuter",), ("masculine", "article"), ("feminine", "dative"),
            ("masculine", "accusative"))  # fmt: skip
MOMENT = datetime(1989, 11, 30, 14, 22, 11, tzinfo=UTC)
DATES = (date(2024, 7, 9), date(2014, 4, 7), date(2005, 8, 1), date(2000, 1, 21), date(1900, 2, 3), date(2110, 3, 31))
DATE_FORMATS = (None, "longYear", "shortYear", "shortMonthAndDay", "dayOfWeekOnly", "dayOnly", "monthOnly",
                "shortYearOnly", "longYearOnly")  # fmt: skip
CLOCKS = (time(0, 0), time(0, 5), time(1, 0), time(2, 1), time(8, 0), time(9, 30), time(12, 0), time(14, 5),
          time(21, 0), time(21, 45), time(23, 59))  # fmt: skip
AMOUNTS = ("2.00|USD", "1.01|USD", "1.567|USD", "0.50|EUR", "21.21|EUR", "-35.23|EUR", "1000000.00|EUR", "1.05|GBP",
           "200.30|GBP", "2.20|CHF", "1500|JPY", "12.05|CNY", "2.50|MXN", "3.10|CAD", "4.20|SEK",
           "7.5|", "|EUR")  # fmt: skip
LENGTHS_MS = (0, 1000, 2000, 61_000, 3_600_000, 5_405_700, 7_320_000, 90_000_000, -1_800_000, 1_814_400_000)
PHONES = ("tel:+4930123456", "tel:+13175550100", "tel:+31755551212", "tel:030 12", "tel:+8613800138000")


def currency(text: str) -> Currency:
    amount, _, code = text.partition("|")
    return Currency(Decimal(amount) if amount else None, code or None)


def heard(language: str) -> str:
    lines: list[str] = []

    def tell(heading: str, *parts: tuple[object, Spoken]) -> None:
        lines.append(f"{heading}:")
        lines.extend(f"  {label} = {say(part, language)}" for label, part in parts)

    tell("numbers", *((n, Spoken("number", n)) for n in NUMBERS + DECIMALS))
    tell("two places", *((n, Spoken("number", n, places=2)) for n in DECIMALS))
    tell("in grammar", *((f"{n} {' '.join(c)}", Spoken("number", n, context=c))
                         for c in CONTEXTS for n in (1, 21, 201, 1_000_001)))  # fmt: skip
    tell("digits", *((n, Spoken("digits", n)) for n in (12, 500, -500, Decimal("12.30"), Decimal("500.0"))))
    tell("characters", *((t, Spoken("characters", t)) for t in ("AB-12", "X9.Y")))
    tell("ordinals", *((n, Spoken("ordinal", n)) for n in ORDINALS))
    tell("ordinals in grammar", *((f"{n} {' '.join(c)}", Spoken("ordinal", n, context=c))
                                  for c in CONTEXTS for n in (1, 3)))  # fmt: skip
    tell("percent", *((n, Spoken("percent", n)) for n in (1, 50, 123, -5, Decimal("2.5"), Decimal("0.20"))))
    tell("money", *((a, Spoken("currency", currency(a))) for a in AMOUNTS))
    for form in ("asMinorUnits", "majorUnitsOnly", "minorUnitsOnly", "playDigits"):
        tell(form, *((a, Spoken("currency", currency(a), format=form)) for a in ("30.20|USD", "-2.80|EUR", "1|JPY")))
    tell("three places", *((a, Spoken("currency", currency(a), places=3)) for a in ("1.23456|USD", "1.00|EUR")))
    tell("dates", *((d, Spoken("date", d)) for d in DATES))
    tell("30 November 1989", *((f, Spoken("date", MOMENT, format=f)) for f in DATE_FORMATS))
    tell("time and date", (MOMENT, Spoken("datetime", MOMENT)))
    for form in (None, "twelveHours", "twentyFourHours"):
        tell(f"clock {form}", *((f"{t:%H:%M}", Spoken("time", t, format=form)) for t in CLOCKS))
    tell("lengths of time", *((ms, Spoken("duration", Duration(ms))) for ms in LENGTHS_MS))
    tell("spans", *((f"{v} {u}", Spoken("range", v, format=u))
                    for v in ((1, 2), (3, 9), (2, 2)) for u in ("days", "hours", "minutes", "seconds")))  # fmt: skip
    for form in ("global", "local"):
        tell(f"phone {form}", *((p, Spoken("phone", read_phone(p), format=form)) for p in PHONES))
    tell("truth", *((f"{f} {v}", Spoken("bool", v, format=f)) for f in (None, "playYesNo") for v in (True, False)))
    return "\n".join(lines)


@pytest.mark.parametrize("language", ["en-us", "en-gb", "de", "es", "es-mx", "fr", "fr-ca", "zh-cn", "it"])
def test_what_is_heard_in(language: str, snapshot: SnapshotAssertion) -> None:
    assert heard(language) == snapshot


def test_a_text_channel_shows_what_a_format_shapes_in_figures(snapshot: SnapshotAssertion) -> None:
    parts = [
        *(Spoken("date", MOMENT, format=form) for form in DATE_FORMATS if form),
        Spoken("time", MOMENT, format="twelveHours"),
        Spoken("time", MOMENT, format="twentyFourHours"),
        Spoken("currency", currency("30.2|USD"), format="playDigits"),
        Spoken("digits", 500, format="playDigits"),
        Spoken("characters", "AB12", format="playChars"),
        Spoken("phone", read_phone("tel:+4930123456"), format="local"),
        Spoken("phone", read_phone("tel:+4930123456"), format="global"),
        Spoken("bool", True, format="playYesNo"),
    ]
    shown = {tag: [plain_text([part], tag) for part in parts] for tag in ("en-us", "de-de", "fr-ca", "zh-cn")}
    assert shown == snapshot


_FIRST = datetime(1800, 1, 1)  # noqa: DTZ001  (hypothesis draws naive ones)
_LAST = datetime(2200, 12, 31)  # noqa: DTZ001
LANGUAGES = st.sampled_from(["en-us", "en-gb", "de-ch", "es-mx", "fr-ca", "zh-tw", "it-it", "xx-yy", ""])


@given(LANGUAGES, st.integers(-MAX_INT, MAX_INT) | st.decimals(-(10**39), 10**39, places=3), st.integers(-1, 30))
def test_every_number_is_said(language: str, value: int | Decimal, places: int) -> None:
    assert say(Spoken("number", value, places=places), language)
    assert say(Spoken("digits", value), language)
    assert say(Spoken("percent", value), language)
    for code in ("USD", "JPY", "BHD", "CNY"):
        assert say(Spoken("currency", Currency(Decimal(value), code)), language)


@given(LANGUAGES, st.datetimes(_FIRST, _LAST), st.sampled_from(DATE_FORMATS))
def test_every_date_is_said(language: str, value: datetime, form: str | None) -> None:
    assert say(Spoken("date", value, format=form), language)
    assert say(Spoken("datetime", value), language)


def read_back(numeral: str) -> int:
    """The number that a Chinese numeral names, read from left to right."""
    if numeral.startswith("十"):
        numeral = "一" + numeral
    total = group = digit = 0
    for char in numeral.replace("万亿", "兆").replace("两", "二"):
        if char in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(char)
        elif char in "十百千":
            group, digit = group + digit * 10 ** ("十百千".index(char) + 1), 0
        else:
            total, group, digit = total + (group + digit) * 10 ** (4 * ("万亿兆".index(char) + 1)), 0, 0
    return total + group + digit


@given(st.integers(0, 10**15))
def test_a_chinese_numeral_is_read_back_as_its_number(value: int) -> None:
    assert read_back(language_of("zh").cardinal(value)) == value
