"""The helper table of generated code: operators that are more than a Python operator, and every function's
overloads.

Nothing else is in reach of a generated program. What a function's signature asks of its arguments (functions.md §1)
the generated code has tested before it calls; whoever refuses raises ``ExpressionError``, which becomes the flow's
error handling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import lru_cache
from typing import Any, NoReturn

from dsl.expressions.catalogue import Overload, functions, spoken
from dsl.expressions.compare import equal, ordered
from dsl.expressions.problems import ExpressionError
from dsl.expressions.text_of import checked_date_time, decimal_in_range, duration_of, in_range
from dsl.expressions.values import (
    DECIMAL,
    MAX_TEXT,
    WIDE,
    Audio,
    Communication,
    Currency,
    Duration,
    Entity,
    Json,
    PhoneNumber,
    Structure,
    Timeslot,
)

Helper = Callable[..., Any]  # run-time values in and out


IS_NOT_SET = "a value is NOT_SET here"


def not_set(*values: Any) -> ExpressionError:
    """What a strict operator says about NOT_SET."""
    return ExpressionError(IS_NOT_SET if None in values else "the values do not fit together")


def _guarded(operation: Callable[[Decimal, Decimal], Decimal], left: Any, right: Any) -> Decimal:
    try:
        return decimal_in_range(operation(Decimal(left), Decimal(right)))
    except (DivisionByZero, InvalidOperation, Overflow) as error:
        zero = isinstance(error, DivisionByZero) or not right
        raise ExpressionError("division by zero" if zero else "the result is beyond the range of Decimal") from None


def add(left: Any, right: Any) -> Any:
    """``+`` for every type that has it."""
    if left is None or right is None:
        raise not_set(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return left + right if len(left) + len(right) <= MAX_TEXT else too_long()
    if isinstance(left, int) and isinstance(right, int):
        return in_range(left + right)
    if isinstance(left, (int, Decimal)) and isinstance(right, (int, Decimal)):
        return _guarded(DECIMAL.add, left, right)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return duration_of(left.ms + right.ms)
    if isinstance(left, datetime) and isinstance(right, Duration):
        return _later(left, right.ms)
    if isinstance(left, Duration) and isinstance(right, datetime):
        return _later(right, left.ms)
    if isinstance(left, Currency) and isinstance(right, Currency):
        return _money(DECIMAL.add, left, right)
    if isinstance(left, (Audio, Entity)) and isinstance(right, (Audio, Entity)):
        from dsl.expressions.library.sounds import append

        return append(left, right)
    raise not_set(left, right)


def too_long() -> NoReturn:
    """A text would be longer than texts may be."""
    raise ExpressionError(f"the text has more than {MAX_TEXT:,} characters")


def _later(start: datetime, ms: int) -> datetime:
    try:
        return checked_date_time(start + timedelta(milliseconds=ms))
    except OverflowError:
        raise ExpressionError("the date is outside 1800 to 2200") from None


def _money(operation: Callable[[Decimal, Decimal], Decimal], left: Currency, right: Currency) -> Currency:
    if left.code != right.code:
        raise ExpressionError(
            f"amounts in {left.code or 'no currency'} and {right.code or 'no currency'} do not add up"
        )
    if left.amount is None or right.amount is None:
        raise ExpressionError("the currency has no amount")
    return Currency(decimal_in_range(operation(left.amount, right.amount)), left.code)


def subtract(left: Any, right: Any) -> Any:
    """``-`` between two values."""
    if isinstance(left, int) and isinstance(right, int):
        return in_range(left - right)
    if isinstance(left, (int, Decimal)) and isinstance(right, (int, Decimal)):
        return _guarded(DECIMAL.subtract, left, right)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return duration_of(left.ms - right.ms)
    if isinstance(left, datetime) and isinstance(right, Duration):
        return _later(left, -right.ms)
    if isinstance(left, Currency) and isinstance(right, Currency):
        return _money(DECIMAL.subtract, left, right)
    raise not_set(left, right)


def _scaled(operation: Callable[[Decimal, Decimal], Decimal], money: Currency, factor: Any) -> Currency:
    if money.amount is None:
        raise ExpressionError("the currency has no amount")
    return Currency(_guarded(operation, money.amount, factor), money.code)


def multiply(left: Any, right: Any) -> Any:
    """``*``."""
    if left is None or right is None:
        raise not_set(left, right)
    if isinstance(left, int) and isinstance(right, int):
        return in_range(left * right)
    if isinstance(left, Currency):
        return _scaled(DECIMAL.multiply, left, right)
    if isinstance(right, Currency):
        return _scaled(DECIMAL.multiply, right, left)
    return _guarded(DECIMAL.multiply, left, right)


def divide(left: Any, right: Any) -> Any:
    """``/``: never a whole-number division."""
    if left is None or right is None:
        raise not_set(left, right)
    if isinstance(left, Currency):
        return _scaled(DECIMAL.divide, left, right)
    return _guarded(DECIMAL.divide, left, right)


def remainder(left: Any, right: Any) -> Any:
    """``%``: the sign of the dividend."""
    if left is None or right is None:
        raise not_set(left, right)
    if not right:
        raise ExpressionError("division by zero")
    if isinstance(left, int) and isinstance(right, int):
        result = abs(left) % abs(right)
        return -result if left < 0 else result
    if isinstance(left, Currency):
        return _scaled(WIDE.remainder, left, right)
    return _guarded(WIDE.remainder, left, right)


def power(left: Any, right: Any) -> Decimal:
    """``^``: always a Decimal; ``0^0`` is 1."""
    if not isinstance(left, (int, Decimal)) or not isinstance(right, (int, Decimal)):
        raise not_set(left, right)
    base, exponent = Decimal(left), Decimal(right)
    if not base and exponent <= 0:
        if exponent:
            raise ExpressionError("division by zero")
        return Decimal(1)
    if base < 0 and exponent != exponent.to_integral_value():
        raise ExpressionError("a negative number has no power with a fraction")
    return _guarded(DECIMAL.power, base, exponent)


def negate(value: Any) -> Any:
    """Unary ``-``."""
    if isinstance(value, Duration):
        return Duration(-value.ms)
    if isinstance(value, Currency):
        return Currency(None if value.amount is None else value.amount.copy_negate(), value.code)
    if not isinstance(value, (int, Decimal)):
        raise not_set(value)
    return value.copy_negate() if isinstance(value, Decimal) else -value


def order(left: Any, right: Any) -> int:
    """-1, 0 or 1; the generated code compares it with zero."""
    if left is None or right is None:
        raise not_set(left, right)
    try:
        return ordered(left, right)
    except (TypeError, AttributeError):  # of types that were not known beforehand
        raise not_set(left, right) from None


def truth(value: Any) -> bool:
    """A strict Boolean."""
    if value is None:
        raise not_set(value)
    return value if value.__class__ is bool else bool(coerce(value, "bln"))


def whole(value: Any) -> int:
    """A strict Integer of 64 bits for ``&``, ``|`` and ``~``; the result is brought back into range by its
    user."""
    if not isinstance(value, int):
        raise not_set(value)
    return value


def element(index: Any, items: Any) -> Any:
    """``items[index]``: collections, JSON arrays and objects, properties by name."""
    if index is None or items is None:
        raise not_set(index, items)
    if isinstance(items, Json):
        return _json_element(index, items.value)
    if isinstance(index, str):
        return prop(index, items)
    return items[index] if 0 <= index < len(items) else outside(index, items)


def outside(index: int, items: Sequence[Any]) -> NoReturn:
    """There is no element with this index."""
    raise ExpressionError(f"index {index} is outside the collection of {len(items)}")


def _json_element(index: Any, value: Any) -> Json | None:
    key = index.value if isinstance(index, Json) else index
    if isinstance(value, list) and isinstance(key, int):
        if not 0 <= key < len(value):
            raise ExpressionError(f"index {key} is outside the JSON array of {len(value)}")
        return Json(value[key])
    if isinstance(value, dict) and isinstance(key, str):
        return Json(value[key]) if key in value else None
    raise ExpressionError("the JSON value has no such element")


def prop(name: str, value: Any) -> Any:
    """``value.name``; a property of NOT_SET is NOT_SET, of a JSON value that is no object an error."""
    if value is None:
        return None
    if isinstance(value, Json):
        if not isinstance(value.value, dict):
            raise ExpressionError(f'the JSON value is not an object, it has no "{name}"')
        return Json(value.value[name]) if name in value.value else None
    if isinstance(value, PhoneNumber):
        from dsl.expressions.phone import phone_property

        return phone_property(value, name)
    if isinstance(value, Structure):
        return value.properties.get(name)
    if isinstance(value, Entity) and name not in ("id", "name", "username"):
        return value.properties.get(name)
    if isinstance(value, Timeslot):
        return value.start if name == "start" else value.duration
    return getattr(value, name, None)


def json_prop(name: str, value: Any) -> Any:
    """``json.name``: NOT_SET has no properties (expressions.md §5.2)."""
    if value is None:
        raise ExpressionError(f'the JSON value is NOT_SET, it has no "{name}"')
    return prop(name, value)


def coerce(value: Any, wanted: str) -> Any:
    """A value of unknown type made what its place expects, by the casts of expressions.md §7.2."""
    if type(value) is _INSTANCE.get(wanted):
        return value
    if value is None:
        return () if wanted.endswith("_coll") else None
    if wanted.endswith("_coll"):
        items = value.value if isinstance(value, Json) else value
        if not isinstance(items, (tuple, list)):
            raise ExpressionError("a collection is expected here")
        item = wanted.removesuffix("_coll")
        return tuple(coerce(Json(one) if isinstance(value, Json) else one, item) for one in items)
    check = _OBJECTS if wanted.startswith("cpx_") else _INSTANCE.get(wanted)
    if check is None or (isinstance(value, check) and not isinstance(value, _MORE_SPECIAL.get(wanted, ()))):
        return value
    convert = COERCIONS.get(wanted)
    if convert is None:
        raise ExpressionError(f"this is no {spoken(wanted)}")
    try:
        return HELPERS()[convert](value)
    except (AttributeError, TypeError):  # there is no cast from such a value
        raise ExpressionError(f"this is no {spoken(wanted)}") from None


_OBJECTS = (Entity, Structure)
_INSTANCE: Mapping[str, Any] = {
    **dict.fromkeys(("que", "usr", "skl", "lac", "grp", "wrc", "pmt"), _OBJECTS),
    "tsl": Timeslot,
    "str": str,
    "int": int,
    "dec": Decimal,
    "bln": bool,
    "dur": Duration,
    "dtm": datetime,
    "dat": date,
    "tim": time,
    "cur": Currency,
    "phn": PhoneNumber,
    "jsn": Json,
    "aud": Audio,
    "com": Communication,
}
_MORE_SPECIAL: Mapping[str, Any] = {"int": bool, "dat": datetime}
"""What Python counts among the instances of a type, and the language does not."""
COERCIONS = {
    "str": "ToString",
    "int": "ToInt",
    "dec": "ToDecimal",
    "bln": "ToBool",
    "dur": "ToDuration",
    "dtm": "ToDateTime",
    "dat": "ToDate",
    "tim": "ToTime",
    "cur": "ToCurrency",
    "phn": "ToPhoneNumber",
    "jsn": "ToJson",
    "aud": "ToAudioTTS",
    "com": "ToCommunication",
}
"""The function that makes a value of unknown type one of this."""


def refuse(function: str, parameter: str) -> NoReturn:
    """A function was given NOT_SET where its signature does not take it (functions.md §1)."""
    raise ExpressionError(f'{function} does not take NOT_SET for "{parameter}"')


def beyond(function: str, parameter: str, value: Any) -> NoReturn:
    """A function was given a value outside the range of its signature."""
    raise ExpressionError(f'"{parameter}" of {function} is {value}, which is out of range')


TAKES_NOT_SET = frozenset({"ToBool", "ToPhoneNumber", "ToLanguageSkill"})
"""Functions whose flags say otherwise, but which pass NOT_SET through (functions.md §3, §6)."""

OPERATORS: Mapping[str, Helper] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "remainder": remainder,
    "power": power,
    "negate": negate,
    "equal": equal,
    "order": order,
    "truth": truth,
    "whole": whole,
    "in_range": in_range,
    "element": element,
    "prop": prop,
    "json_prop": json_prop,
    "coerce": coerce,
    "not_set": not_set,
    "Decimal": Decimal,
    "refuse": refuse,
    "beyond": beyond,
    "outside": outside,
    "too_long": too_long,
    "len": len,
    "str": str,
}
"""What generated code calls for operators, by the names it uses."""

UNKNOWN_FUNCTION = "unknown_function"


def _unknown(*arguments: Any) -> Any:
    raise ExpressionError("the function is not known, so it cannot be evaluated")


def helper_name(overload_key: str) -> str:
    """The name of an overload's helper in generated code (``Append.2`` -> ``Append_2``)."""
    return overload_key.replace(".", "_")


@lru_cache(maxsize=1)
def HELPERS() -> Mapping[str, Helper]:  # noqa: N802  (a table, built on first use because dateutil and others cost)
    """The whole table: operators, one helper per overload, and the plain casts by function name."""
    from dsl.expressions.late import late
    from dsl.expressions.library import IMPLEMENTATIONS

    table: dict[str, Helper] = {**OPERATORS, "late": late, UNKNOWN_FUNCTION: _unknown}
    for overloads in functions().values():
        for overload in overloads:
            function = implementation(overload)
            if function is not None:
                table[helper_name(overload.key)] = function
    for name in COERCIONS.values():
        table[name] = IMPLEMENTATIONS[name]
    return table


def implementation(overload: Overload) -> Helper | None:
    """What carries an overload out: its own implementation, else that of its function."""
    from dsl.expressions.library import IMPLEMENTATIONS

    return IMPLEMENTATIONS.get(overload.key) or IMPLEMENTATIONS.get(overload.function)


def never_not_set(overload: Overload) -> bool:
    """Whether an overload always gives a value: its implementation says so by what it returns."""
    function = implementation(overload)
    result = getattr(function, "__annotations__", {}).get("return", "Any")
    return not any(word in str(result) for word in ("None", "Any", "object"))


@lru_cache(maxsize=1)
def context_helpers() -> frozenset[str]:
    """Names of helpers that take the context first."""
    from dsl.expressions.library import IMPLEMENTATIONS, NEEDS_CONTEXT

    found = set()
    for overloads in functions().values():
        for overload in overloads:
            key = overload.key if overload.key in IMPLEMENTATIONS else overload.function
            if key in NEEDS_CONTEXT:
                found.add(helper_name(overload.key))
    return frozenset(found)
