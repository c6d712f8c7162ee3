"""Operators and their overloads (expressions.md §7.3)."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.expressions.types import Type

_NUMBERS = "int.int>int dec.dec>dec dec.int>dec int.dec>dec"
_TABLE = {
    "+": f"{_NUMBERS} cur.cur>cur str.str>str dur.dur>dur dur.dtm>dtm dtm.dur>dtm "
    "aud.aud>aud pmt.pmt>aud aud.pmt>aud pmt.aud>aud",
    "-": f"{_NUMBERS} cur.cur>cur dur.dur>dur dtm.dur>dtm",
    "*": f"{_NUMBERS} cur.dec>cur dec.cur>cur cur.int>cur int.cur>cur",
    "/": "int.int>dec int.dec>dec dec.int>dec dec.dec>dec cur.dec>cur cur.int>cur",
    "%": f"{_NUMBERS} cur.dec>cur cur.int>cur",
    "^": "int.int>dec int.dec>dec dec.int>dec dec.dec>dec",
    "&": "int.int>int",
    "|": "int.int>int",
    "and": "bln.bln>bln",
    "or": "bln.bln>bln",
    **dict.fromkeys(
        (">", ">=", "<", "<="),
        "int.int>bln int.dec>bln dec.int>bln dec.dec>bln cur.cur>bln dtm.dtm>bln dur.dur>bln str.str>bln",
    ),
}
_PREFIX = {"-": "int>int dec>dec cur>cur dur>dur", "~": "int>int", "!": "bln>bln"}

BINARY: Mapping[str, Mapping[tuple[str, str], Type]] = {
    sign: {
        (row.split(">")[0].split(".")[0], row.split(">")[0].split(".")[1]): Type(row.split(">")[1])
        for row in rows.split()
    }
    for sign, rows in _TABLE.items()
}
"""Result type of each binary operator by the types of its operands."""
PREFIX: Mapping[str, Mapping[str, Type]] = {
    sign: {row.split(">")[0]: Type(row.split(">")[1]) for row in rows.split()} for sign, rows in _PREFIX.items()
}
"""Result type of each prefix operator by the type of its operand."""
EQUALITY = ("==", "!=")
COMPARISONS = (">", ">=", "<", "<=")
EQUAL_TYPES = frozenset({("int", "dec"), ("dec", "int"), ("int_coll", "dec_coll"), ("dec_coll", "int_coll")})
"""Different types that may be compared for equality all the same."""

HINTS: Mapping[tuple[str, str, str], str] = {
    ("-", "dtm", "dtm"): "use DateTimeDiff(a, b)",
    ("*", "dur", "int"): "use ToDuration(ToInt(duration) * n)",
    ("*", "int", "dur"): "use ToDuration(ToInt(duration) * n)",
    ("+", "str", "int"): "use Append(text, ToString(number))",
    ("+", "int", "str"): "use Append(ToString(number), text)",
    ("&", "str", "str"): 'texts are joined with "+"',
    ("&", "bln", "bln"): 'write "and"',
    ("|", "bln", "bln"): 'write "or"',
}
"""What to use where an operator has no such overload."""
