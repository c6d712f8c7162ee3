"""Mathematics and statistics (functions.md)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from dsl.expressions.context import Context
from dsl.expressions.library.registry import implements
from dsl.expressions.problems import ExpressionError
from dsl.expressions.text_of import decimal_in_range, duration_of, in_range, rounded
from dsl.expressions.values import DECIMAL, Currency, Duration

Number = int | Decimal | Currency


def _amount(value: Currency) -> Decimal:
    if value.amount is None:
        raise ExpressionError("the currency has no amount")
    return value.amount


def _toward(value: Any, direction: str) -> Any:
    if isinstance(value, Currency):
        return Currency(_toward(_amount(value), direction), value.code)
    if isinstance(value, int):
        return value
    return rounded(value.to_integral_value(rounding=direction), 0)


@implements("Ceiling")
def ceiling(value: Any) -> Any:
    """Rounded toward plus infinity."""
    return _toward(value, ROUND_CEILING)


@implements("Floor")
def floor(value: Any) -> Any:
    """Rounded toward minus infinity."""
    return _toward(value, ROUND_FLOOR)


@implements("Round")
def round_half_away(value: Any, digits: int = 0) -> Any:
    """Rounded half away from zero."""
    if isinstance(value, Currency):
        return Currency(_rounded(_amount(value), digits), value.code)
    return _rounded(value, digits)


def _rounded(value: Decimal, digits: int) -> Decimal:
    return decimal_in_range(DECIMAL.plus(rounded(value, digits)))


def one_code(values: Sequence[Currency]) -> str | None:
    """The one code of all currencies."""
    codes = {value.code for value in values}
    if len(codes) > 1:
        raise ExpressionError(f"amounts in different currencies: {', '.join(sorted(code or 'none' for code in codes))}")
    return codes.pop() if codes else None


def _total(values: Sequence[Any]) -> Any:
    first = values[0]
    if isinstance(first, Currency):
        amounts = [value.amount for value in values if value.amount is not None]
        return Currency(_added(amounts), one_code(values))
    if isinstance(first, Duration):
        return duration_of(sum(value.ms for value in values))
    if isinstance(first, int):
        return in_range(sum(values))
    return _added(values)


def _added(values: Sequence[Decimal]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = DECIMAL.add(total, value)
    return decimal_in_range(total)


_ZEROS = {"1": 0, "2": Currency(Decimal(0), None), "3": Decimal(0), "4": Duration(0)}
_AVERAGE_ZEROS = {"1": Currency(Decimal(0), None), "2": Decimal(0), "3": Duration(0), "4": Decimal(0)}
_SUM_OF = {"5": "1", "6": "2", "7": "3", "8": "4"}
_AVERAGE_OF = {"5": "1", "6": "2", "7": "4", "8": "3"}


def _register_sum(number: str, zero: Any, *, collection: bool) -> None:
    @implements(f"Sum.{number}")
    def total(*values: Any) -> Any:
        items = values[0] if collection else values
        present = [value for value in items if value is not None]
        return _total(present) if present else zero


def _register_average(number: str, zero: Any, *, collection: bool) -> None:
    @implements(f"Average.{number}")
    def average(*values: Any) -> Any:
        items = values[0] if collection else values
        present = [value for value in items if value is not None]
        if isinstance(zero, Currency):
            present = [value for value in present if value.amount is not None]
        if not present:
            return zero
        total = _total(present)
        if isinstance(total, Currency):
            return Currency(DECIMAL.divide(_amount(total), Decimal(len(present))), total.code)
        if isinstance(total, Duration):
            return Duration(int(rounded(DECIMAL.divide(Decimal(total.ms), Decimal(len(present))), 0)))
        return DECIMAL.divide(Decimal(total), Decimal(len(present)))


for _number, _zero in _ZEROS.items():
    _register_sum(_number, _zero, collection=False)
for _number, _scalar in _SUM_OF.items():
    _register_sum(_number, _ZEROS[_scalar], collection=True)
for _number, _zero in _AVERAGE_ZEROS.items():
    _register_average(_number, _zero, collection=False)
for _number, _scalar in _AVERAGE_OF.items():
    _register_average(_number, _AVERAGE_ZEROS[_scalar], collection=True)


@implements("Random", context=True)
def random(ctx: Context) -> Decimal:
    """A random number, 0 <= x < 1."""
    return Decimal(int(ctx.draw() * 10**15)).scaleb(-15)


@implements("RandomInt", context=True)
def random_int(ctx: Context, low: int, high: int) -> int:
    """A random whole number, both bounds included."""
    if low > high:
        raise ExpressionError(f"the smallest number {low} is above the largest {high}")
    return low + int(ctx.draw() * (high - low + 1))


@implements("RandomInt.2", context=True)
def random_int_from_zero(ctx: Context, high: int) -> int:
    """The same from zero on."""
    return random_int(ctx, 0, high)
