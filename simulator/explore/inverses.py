"""Functions turned around: which values of the sources in a term would give it a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from dsl.expressions.text_of import to_text
from dsl.expressions.tree import Node
from dsl.expressions.types import Type, is_collection, item_of
from dsl.expressions.values import Duration, Entity, Json, Structure
from simulator.explore.samples import sample
from simulator.explore.terms import Answer, Undefined, has_source

if TYPE_CHECKING:
    from simulator.explore.solve import Solver

Inverse = Callable[["Solver", Node, Any], Iterator[Answer]]


def wishes(sign: str, value: Any, type_: str) -> Iterator[Any]:
    """Values in a relation to a given one, the plainest first."""
    if sign in ("==", "<=", ">="):
        yield value
    if sign in ("!=", "<", "<=", ">", ">="):
        yield from _beside(sign, value)
    if sign == "!=" and not is_collection(Type(type_)):
        yield sample(type_)
        yield None


def _beside(sign: str, value: Any) -> Iterator[Any]:
    more, less = sign in (">", ">=", "!="), sign in ("<", "<=", "!=")
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, Decimal)):
        yield from ([value + 1] if more else []) + ([value - 1] if less else [])
    elif isinstance(value, Duration):
        yield from ([Duration(value.ms + 1000)] if more else []) + ([Duration(value.ms - 1000)] if less else [])
    elif isinstance(value, str):
        yield from ([value + "x"] if more else []) + ([value[:-1]] if less and value else [])
    elif isinstance(value, Entity):
        yield Entity(value.kind, None, f"not {value.name}", value.username and f"not.{value.username}")
    elif isinstance(value, datetime):
        yield from ([value + timedelta(hours=1)] if more else []) + ([value - timedelta(hours=1)] if less else [])
    elif isinstance(value, tuple):
        yield from ((), (*value, *value[:1]))


def _through(change: Callable[[Any], Any]) -> Any:
    """The inverse of a function of one operand that matters."""

    def inverse(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
        yield from s.becomes(term.operands[0], change(value))

    return inverse


def _converted(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    """A conversion: the operand may be given as its own type would have it."""
    inner = term.operands[0]
    if value is None:
        yield from s.becomes(inner, None)
        return
    for wished in _as(inner.type, value):
        yield from s.becomes(inner, wished)


def _as(type_: str, value: Any) -> Iterator[Any]:
    if is_collection(Type(type_)):
        yield from ((item,) for item in _as(item_of(Type(type_)), value))
        return
    text = to_text(value)
    if type_ in ("str", "any") and text is not None:
        yield text
    if type_ == "int" and text is not None and text.lstrip("-").isdigit():
        yield int(text)
    if type_ == "dec" and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        yield Decimal(value)
    if type_ == "bln" and text is not None and text.lower() in ("true", "false"):
        yield text.lower() == "true"
    yield value


def _shifted(sign: int) -> Any:
    """``+`` and ``-`` with one side known."""

    def inverse(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
        if len(term.operands) != 2:
            return
        left, right = term.operands
        for side, other, is_left in ((left, right, True), (right, left, False)):
            if not has_source(side):
                continue
            try:
                known = s.value(other)
                if isinstance(value, str) and isinstance(known, str):
                    cut = value.removesuffix(known) if is_left else value.removeprefix(known)
                    yield from s.becomes(side, cut)
                elif is_left:
                    yield from s.becomes(side, value - known if sign > 0 else value + known)
                else:
                    yield from s.becomes(side, value - known if sign > 0 else known - value)
            except (Undefined, TypeError):
                continue

    return inverse


def _appended(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    """Append: what is left of the text when the parts around an operand are taken away."""
    if not isinstance(value, str):
        return
    for number, operand in enumerate(term.operands):
        if not has_source(operand):
            continue
        try:
            before = "".join(to_text(s.value(o)) or "" for o in term.operands[:number])
            after = "".join(to_text(s.value(o)) or "" for o in term.operands[number + 1 :])
        except Undefined:
            continue
        if value.startswith(before) and value.endswith(after) and len(before) + len(after) <= len(value):
            yield from s.becomes(operand, value[len(before) : len(value) - len(after)])


def _of_length(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    """Length: digits, and what there is already, made longer or shorter."""
    if isinstance(value, int) and 0 <= value <= 1_000:
        digits = "1234567890" * (value // 10 + 1)
        given = s.now(term.operands[0])
        for text in (digits, given + digits if isinstance(given, str) else digits):
            yield from s.becomes(term.operands[0], text[:value])


def _scaled(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    """``*`` and ``/`` with one side known; a rest is rounded both ways."""
    left, right = term.operands
    for side, other in ((left, right), (right, left)):
        known = s.now(other) if has_source(side) else None
        if not isinstance(known, (int, Decimal)) or not isinstance(value, (int, Decimal)) or not known:
            continue
        wished = value * known if term.op == "/" else value // known
        for step in (0, 1, -1):
            yield from s.becomes(side, wished + step)


def _counted(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    inner = term.operands[0]
    if isinstance(value, int) and 0 <= value <= 100:
        try:
            given = tuple(s.value(inner) or ())
        except Undefined:
            given = ()
        item = sample(item_of(Type(inner.type)))
        yield from s.becomes(inner, (given + (item,) * value)[:value])


def _item(collection: int, position: int) -> Any:
    """An item of a collection, or of a list in a document: it gets it at that place."""

    def inverse(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
        inner = term.operands[collection]
        at, now = s.now(term.operands[position]), s.now(inner)
        if not isinstance(at, int) or not 0 <= at <= 100:
            return
        if inner.type == "jsn":
            listed = list(now.value) if isinstance(now, Json) and isinstance(now.value, list) else []
            listed += [None] * (at + 1 - len(listed))
            listed[at] = value.value if isinstance(value, Json) else value
            yield from s.becomes(inner, Json(listed))
        else:
            given = list(now or ())
            given += [sample(item_of(Type(inner.type)))] * (at + 1 - len(given))
            given[at] = value
            yield from s.becomes(inner, tuple(given))

    return inverse


def _property(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    """A property of an object or of a JSON document."""
    key, inner = term.operands
    name = str(key.value)
    try:
        given = s.value(inner)
    except Undefined:
        given = None
    if inner.type == "jsn":
        document = dict(given.value) if isinstance(given, Json) and isinstance(given.value, dict) else {}
        document[name] = value.value if isinstance(value, Json) else value
        yield from s.becomes(inner, Json(document))
    elif name == "name" and isinstance(value, str):
        yield from s.becomes(inner, Entity(inner.type, None, value))
    elif inner.type.startswith("cpx_"):
        known = given.properties if isinstance(given, Structure) else {}
        yield from s.becomes(inner, Structure(inner.type, {**known, name: value}))


def _json_property(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    if len(term.operands) == 2 and term.operands[1].op == "lit":
        inner, key = term.operands
        yield from _property(s, Node(".", 1, term.type, (key, inner)), value)


def _part(place: Callable[[str, int], str]) -> Any:
    """Left, Right, Substring: a text that has the part where it is looked for."""

    def inverse(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
        try:
            at = s.value(term.operands[1])
        except Undefined:
            return
        if isinstance(value, str) and isinstance(at, int):
            yield from s.becomes(term.operands[0], place(value, at))

    return inverse


def _found_at(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    """FindString: the text at that place, or nowhere."""
    inner, wanted = term.operands[:2]
    try:
        text = s.value(wanted)
    except Undefined:
        return
    if isinstance(value, int) and isinstance(text, str):
        yield from s.becomes(inner, "x" * value + text if value >= 0 else "")


def _found_item(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    """FindFirst: a collection with the item at that place, or without it."""
    inner, wanted = term.operands[:2]
    try:
        item = s.value(wanted)
    except Undefined:
        return
    if isinstance(value, int):
        kept = (sample(item_of(Type(inner.type))),) * max(value, 0)
        yield from s.becomes(inner, (*kept, item) if value >= 0 else ())


def _parsed(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    """JsonParse: the document as text."""
    import json

    if isinstance(value, Json):
        try:
            yield from s.becomes(term.operands[0], json.dumps(value.value))
        except TypeError:
            return


def _listed(s: Solver, term: Node, value: Any) -> Iterator[Answer]:
    """Split: the items with what separates them."""
    try:
        separator = s.value(term.operands[1])
    except Undefined:
        return
    if isinstance(value, tuple) and isinstance(separator, str):
        yield from s.becomes(term.operands[0], separator.join(str(item) for item in value))


_SAME = _through(lambda value: value)
INVERSES: Mapping[str, Inverse] = {
    "coerce": _converted,
    "ToString": _converted,
    "ToDisplayString": _converted,
    "ToInt": _converted,
    "ToDecimal": _converted,
    "ToBool": _converted,
    "ToJson": _converted,
    "JsonParse": _parsed,
    "Lower": _SAME,
    "Upper": _SAME,
    "Trim": _SAME,
    "LTrim": _SAME,
    "RTrim": _SAME,
    "Floor": _SAME,
    "Ceiling": _SAME,
    "Round": _SAME,
    "RoundUp": _SAME,
    "+": _shifted(1),
    "-": _shifted(-1),
    "*": _scaled,
    "/": _scaled,
    "Append": _appended,
    "Length": _of_length,
    "Count": _counted,
    "GetAt": _item(0, 1),
    "[": _item(1, 0),
    ".": _property,
    "GetJsonObjectProperty": _json_property,
    "Left": _part(lambda value, at: value + "x" * max(at - len(value), 0)),
    "Right": _part(lambda value, at: "x" * max(at - len(value), 0) + value),
    "Substring": _part(lambda value, at: "x" * max(at, 0) + value),
    "FindString": _found_at,
    "FindFirst": _found_item,
    "Split": _listed,
}
