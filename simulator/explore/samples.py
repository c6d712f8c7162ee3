"""Values that nobody has asked for, and those that are worth trying where nothing better is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dsl.expressions.tree import Node
from dsl.expressions.types import Type, is_collection, item_of
from dsl.expressions.values import Duration, Entity, Json, Structure
from simulator.explore.terms import Answer, Values, sources

_MOMENT = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def sample(type_: str) -> Any:
    """A value of a type that nobody has asked for."""
    if is_collection(Type(type_)):
        return (sample(item_of(Type(type_))),)
    return _SAMPLES[type_]() if type_ in _SAMPLES else _of_object(type_)


_SAMPLES: Mapping[str, Callable[[], Any]] = {
    "str": lambda: "sample",
    "any": lambda: "sample",
    "int": lambda: 1,
    "dec": lambda: Decimal(1),
    "bln": lambda: True,
    "dur": lambda: Duration(60_000),
    "dtm": lambda: _MOMENT,
    "dat": lambda: _MOMENT.date(),
    "tim": lambda: _MOMENT.time(),
    "jsn": lambda: Json({}),
}


def _of_object(type_: str) -> Any:
    if type_ in ("cur", "phn", "aud", "com", "tsl"):
        return None
    if type_ in ("que", "usr", "skl", "lac", "grp", "wrc", "pmt") or type_ in _NAMED:
        return Entity(type_, None, "sample", "sample@example.com" if type_ == "usr" else None)
    return Structure(type_, {})


_NAMED = frozenset({"cpx_schedule", "cpx_scheduleGroup", "cpx_emergencyGroup", "cpx_grammar", "cpx_utilizationLabel"})


def typical(term: Node, values: Values) -> Iterator[Answer]:
    """One source after the other gets typical values of its type, and those that the term itself speaks of."""
    spoken = list(_literals(term))
    for found in {node.name: node for node in sources(term)}.values():
        kind = found.type
        worth: list[Any] = [() if is_collection(Type(kind)) else None, sample(kind)]
        worth += [value for value in spoken if type(value) is type(sample(kind))]
        worth += ["tel:+4930123456"] if kind == "str" and (found.name or "").endswith("call.ani") else []
        worth += _EDGES.get(kind, ())
        for value in worth:
            if value != values.get(found.name or ""):
                yield {found.name or "": value}


def readable(term: Node) -> Iterator[Answer]:
    """Values that functions can read: all sources set, texts in the forms that conversions take."""
    found = {node.name or "": node for node in sources(term)}
    for text in _TEXTS:
        yield {name: text if leaf.type in ("str", "any") else sample(leaf.type) for name, leaf in found.items()}
    for text in _TEXTS:
        yield from ({name: text} for name, leaf in found.items() if leaf.type in ("str", "any"))


_TEXTS = (
    "sample",
    "1",
    "2026-03-02T09:15:00Z",
    "2026-03-02",
    "09:15:00",
    "+4930123456",
    "tel:+4930123456",
    "sip:sample@example.com",
    "sample@example.com",
    "en-us",
    "{}",
    "[]",
    "true",
    "PT1H",
    "a,b,c",
)
_EDGES: Mapping[str, Sequence[Any]] = {"int": (0, 2, -1), "str": ("", "0", "1"), "bln": (False,)}


def _literals(term: Node) -> Iterator[Any]:
    if term.op == "lit":
        yield term.value
    for operand in term.operands:
        yield from _literals(operand)
