"""Expressions made from the function catalogue: mostly of the right types, over variables with edges for values.

Damaged texts die in the parser; these are typed, compiled and evaluated.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from dsl.expressions.builtins import CONSTANTS as BUILTIN
from dsl.expressions.catalogue import Overload, Parameter, functions
from dsl.expressions.constants import proper_container
from dsl.expressions.forms import to_form, written
from dsl.expressions.types import ANY, Type, is_collection, item_of
from dsl.expressions.values import MAX_INT, Currency, Duration, Entity, Json, PhoneNumber, Structure, Timeslot

DEEPEST = 4
START, END = datetime(1800, 1, 1, tzinfo=UTC), datetime(2200, 12, 31, 23, 59, 59, tzinfo=UTC)
TEXTS = (
    "",
    " ",
    "a,b;c",
    "-1",
    "99999999999999999999",
    "2026-02-30",
    "PT1H",
    "12:60",
    "+4930901820",
    "ÄÖ\u0130ß漢😀",
    "é" * 300,
)
NUMBERS = (0, 1, -1, 2, 7, 60, 1000, MAX_INT, -MAX_INT)

VALUES: Mapping[str, Sequence[Any]] = {
    "str": TEXTS,
    "int": NUMBERS,
    "dec": tuple(map(Decimal, ("0", "-0.5", "2.25", "1e-20", "9" * 38, "0.1"))),
    "bln": (True, False),
    "dur": (Duration(0), Duration(-1), Duration(90_061_001), Duration(MAX_INT)),
    "dtm": (START, END, datetime(2024, 2, 29, 12, tzinfo=UTC)),
    "dat": (date(1800, 1, 1), date(2024, 2, 29), date(2200, 12, 31)),
    "tim": (time(0), time(23, 59, 59)),
    "cur": (Currency(Decimal("2.50"), "EUR"), Currency(Decimal(0), "XXX"), Currency(Decimal("-1e20"), "JPY")),
    "phn": (PhoneNumber("tel:+4930901820", "tel", "tel:+4930901820", "+4930901820"), PhoneNumber("nobody")),
    "jsn": tuple(map(Json, ({}, [], None, {"a": [1, {"b": "c"}]}, "text", 1.5, True))),
    "tsl": (Timeslot(START, Duration(60_000)),),
    "cpx_emailAddress": (Structure("cpx_emailAddress", {"id": "ada@example.com"}),),
    "cpx_agentScorePair": (Structure("cpx_agentScorePair", {}),),
    **{
        kind: (Entity(kind, None, "Gold"),)
        for kind in ("que", "skl", "lac", "grp", "wrc", "pmt", "cpx_schedule", "cpx_grammar", "cpx_scheduleGroup")
    },
    "usr": (Entity("usr", None, "Ada", "ada@example.com"),),
}
"""Edges of every type that a variable can have."""

CONSTANTS: Mapping[str, Sequence[str]] = {
    kind: [f"{proper_container(container)}.{member}" for container, (_, type_, members) in BUILTIN.items()
           if type_ == kind for member in members]
    for kind in {type_ for _, type_, _ in BUILTIN.values()}
}  # fmt: skip
LANGUAGES = ("en-us", "en-gb", "de", "es-mx", "fr", "zh", "it")
OPERATORS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "bln": (
        *((kind, sign, kind) for kind in ("int", "dec", "str", "dtm", "dur") for sign in ("==", "!=", "<", ">=")),
        ("bln", "and", "bln"),
        ("bln", "or", "bln"),
    ),
    "int": tuple(("int", sign, "int") for sign in ("+", "-", "*", "%", "&", "|")),
    "dec": (
        *(("dec", sign, "int") for sign in ("+", "-", "*", "/", "%", "^")),
        ("int", "/", "int"),
        ("int", "^", "dec"),
    ),
    "str": (("str", "+", "str"),),
    "dtm": (("dtm", "+", "dur"), ("dtm", "-", "dur")),
    "dur": (("dur", "+", "dur"), ("dur", "-", "dur")),
    "cur": (("cur", "+", "cur"), ("cur", "*", "dec"), ("cur", "/", "int"), ("cur", "%", "int")),
}


@lru_cache(maxsize=1)
def by_result() -> Mapping[str, Sequence[Overload]]:
    """Overloads by what they give."""
    found: dict[str, list[Overload]] = {}
    for overloads in functions().values():
        for overload in overloads:
            if not overload.internal:
                found.setdefault(overload.result, []).append(overload)
    return found


class Maker:
    """Makes one expression; ``values`` and ``types`` are those of the variables that it reads."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.values: dict[str, Any] = {}
        self.types: dict[str, str] = {}

    def line(self) -> str:
        """A line for ``callwright eval -``."""
        kind = self.chance.choice(sorted({*by_result(), *OPERATORS} - {"any", "any_coll"}))
        text = self.expression(kind, DEEPEST)
        forms = {name: to_form(value, self.types[name]) for name, value in self.values.items()}
        language = self.chance.choice(LANGUAGES)
        return written({"expr": text, "vars": forms, "types": self.types, "language": language})

    def expression(self, kind: str, depth: int) -> str:
        """An expression of a type, most of the time."""
        if self.chance.random() < 0.03:
            kind = self.chance.choice(sorted(VALUES))
        if kind in CONSTANTS:
            return self.chance.choice(CONSTANTS[kind])
        way = self.chance.random()
        if depth <= 0 or way < 0.25:
            return self.leaf(kind)
        if way < 0.4 and kind in OPERATORS:
            left, sign, right = self.chance.choice(OPERATORS[kind])
            return f"({self.expression(left, depth - 1)} {sign} {self.expression(right, depth - 1)})"
        if way < 0.5 and not is_collection(Type(kind)):
            branches = f"{self.expression(kind, depth - 1)}, {self.expression(kind, depth - 1)}"
            return f"If({self.expression('bln', depth - 1)}, {branches})"
        known = by_result().get(kind)
        if known is None:
            return self.leaf(kind)
        return self.call(self.chance.choice(known), depth)

    def call(self, overload: Overload, depth: int) -> str:
        """A call with as many arguments as it takes, or one more where they repeat."""
        parameters = list(overload.parameters)
        if parameters and parameters[-1].repeats:
            parameters += [parameters[-1]] * self.chance.randrange(3)
        alike = self.chance.choice(sorted(VALUES))
        given = [self.argument(parameter, alike, depth - 1) for parameter in parameters]
        return f"{overload.function}({', '.join(given)})"

    def argument(self, parameter: Parameter, alike: str, depth: int) -> str:
        if parameter.optional_value and self.chance.random() < 0.1:
            return "NOT_SET"
        kind = {"any": alike, "any_coll": f"{alike}_coll", "Part": "str", "Each": alike, "Format": "stf"}.get(
            parameter.code, parameter.code.split("|")[-1]
        )
        if kind == "NOT_SET":
            return "NOT_SET"
        if parameter.literal or (parameter.low is not None and self.chance.random() < 0.7):
            return self.literal(kind)
        return self.expression(kind, depth)

    def leaf(self, kind: str) -> str:
        """A literal, a variable of this type, or one of which nobody knows the type."""
        if kind in ("str", "int", "dec", "bln") and self.chance.random() < 0.4:
            return self.literal(kind)
        base = item_of(Type(kind))
        if base not in VALUES:
            return self.chance.choice(("NOT_SET", "Flow.unknown"))
        value = None if self.chance.random() < 0.1 else self.chance.choice(VALUES[base])
        name = f"Flow.v{len(self.values)}"
        if is_collection(Type(kind)):
            value = tuple(self.chance.choice(VALUES[base]) for _ in range(self.chance.randrange(4)))
        unknown = self.chance.random() < 0.1
        self.values[name] = value
        self.types[name] = ANY if unknown else kind
        return name

    def literal(self, kind: str) -> str:
        if kind == "str":
            return json.dumps(self.chance.choice((*TEXTS, "en-us", "EUR", "49")), ensure_ascii=False)
        if kind == "bln":
            return self.chance.choice(("true", "false"))
        return str(self.chance.choice(NUMBERS)) + (".5" if kind == "dec" else "")


def made(chance: random.Random) -> str:
    """A line with a made expression and its variables."""
    return Maker(chance).line()
