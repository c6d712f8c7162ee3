"""Currency (functions.md)."""

from __future__ import annotations

from decimal import Decimal

from dsl.expressions.constants import listed
from dsl.expressions.library.registry import implements
from dsl.expressions.problems import ExpressionError
from dsl.expressions.text_of import decimal_in_range
from dsl.expressions.values import DECIMAL, Currency


def checked_code(code: str | None) -> str | None:
    """The code in capitals, if ISO 4217 knows it."""
    if code is None:
        return None
    upper = code.strip().upper()
    if upper not in listed("ISO4217"):
        raise ExpressionError(f'"{code[:20]}" is no currency code of ISO 4217')
    return upper


@implements("MakeCurrency")
def make_currency(amount: Decimal | int | None, code: str | None) -> Currency:
    """An amount with a code; either may be NOT_SET."""
    return Currency(None if amount is None else Decimal(amount), checked_code(code))


@implements("MakeListCurrency")
def make_list(amounts: tuple[Decimal | None, ...], code: str | None) -> tuple[Currency, ...]:
    """Amounts of one currency."""
    return tuple(make_currency(amount, code) for amount in amounts)


@implements("MakeListCurrency.2")
def make_list_pairwise(amounts: tuple[Decimal | None, ...], codes: tuple[str | None, ...]) -> tuple[Currency, ...]:
    """Amounts and codes, pairwise."""
    if len(amounts) != len(codes):
        raise ExpressionError(f"{len(amounts)} amounts and {len(codes)} codes make no pairs")
    return tuple(make_currency(amount, code) for amount, code in zip(amounts, codes, strict=True))


@implements("ConvertCurrency")
def convert(source: Currency | None, code: str | None, rate: Decimal = Decimal(1)) -> Currency | None:
    """Another code, the amount multiplied by the rate."""
    if source is None:
        return None
    amount = None if source.amount is None else decimal_in_range(DECIMAL.multiply(source.amount, rate))
    return Currency(amount, checked_code(code))


@implements("GetCurrencySymbol")
def symbol_of_code(code: str) -> str:
    """The symbol of a code, else the code."""
    from babel.numbers import get_currency_symbol

    checked = checked_code(code) or ""
    symbol: str = get_currency_symbol(checked, locale="en_US")
    return symbol


@implements("GetCurrencySymbol.2")
def symbol_of_currency(currency: Currency | None) -> str | None:
    """The symbol of a currency's code."""
    return None if currency is None or currency.code is None else symbol_of_code(currency.code)
