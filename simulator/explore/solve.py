"""Finding answers for conditions: simple comparisons are turned around, and every answer found is tried out.

``solutions`` goes down from a demand to the sources in it. What it meets on the way (``and``, ``==``, ``Append``,
``Count`` ...) tells which values would do; whatever it cannot turn around it leaves to typical values of the source's
type. Nothing here has to be right: ``solve`` keeps the first answer under which all demands really hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from dsl.expressions.text_of import to_text
from dsl.expressions.tree import Node
from dsl.expressions.types import Type, is_collection, item_of
from dsl.expressions.values import Duration, Entity, Json, Structure
from simulator.explore.follow import Demand, holds_now
from simulator.explore.terms import Evaluator, Undefined, Values, has_source, is_source, sources

Answer = dict[str, Any]
"""Values of sources by name."""

MOST_TRIED = 400
_PER_OPERAND = 6
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
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


def solve(
    evaluator: Evaluator,
    kept: Sequence[Demand],
    wanted: Sequence[Demand],
    values: Values,
    realised: Callable[[Answer], Iterable[Answer]],
) -> Answer | None:
    """Values, over those that there are, under which what is wanted holds and what held before still does.

    None when none were found. ``realised`` gives the forms in which the world can give an answer, if it can at all.
    """
    unmet = [demand for demand in wanted if not holds_now(evaluator, demand, values)]
    for answer in islice(_joined(evaluator, unmet, values), MOST_TRIED):
        for whole in realised(answer):
            tried = {**values, **whole}
            touched = [demand for demand in kept if not whole.keys().isdisjoint(evaluator.reads(demand[0]))]
            if all(holds_now(evaluator, demand, tried) for demand in [*wanted, *touched]):
                return whole
    return _repaired(evaluator, kept, wanted, values, realised, unmet)


def _repaired(
    evaluator: Evaluator,
    kept: Sequence[Demand],
    wanted: Sequence[Demand],
    values: Values,
    realised: Callable[[Answer], Iterable[Answer]],
    unmet: Sequence[Demand],
) -> Answer | None:
    """The same, where an answer breaks what held before and that can be mended by other sources."""
    for first in islice(_joined(evaluator, unmet, values), _PER_OPERAND):
        now = {**values, **first}
        broken = [demand for demand in kept if not holds_now(evaluator, demand, now)]
        for mended in islice(_joined(evaluator, broken, now), _PER_OPERAND):
            for whole in realised({**first, **mended}):
                if all(holds_now(evaluator, demand, {**values, **whole}) for demand in [*kept, *wanted]):
                    return whole
    return None


def contradict(kept: Iterable[Demand], wanted: Iterable[Demand]) -> bool:
    """Whether it can be seen that no answer meets both: the same condition is to hold and not to hold."""
    demands = [*kept, *wanted]
    return any((term, not holds) in demands for term, holds in wanted if holds is not None)


def _joined(evaluator: Evaluator, demands: Sequence[Demand], values: Values) -> Iterator[Answer]:
    """Answers to all demands at once: each is solved where those before it hold."""
    if not demands:
        yield {}
        return
    (term, wanted), *further = demands
    for answer in _few(solutions(evaluator, term, wanted, values)):
        now = {**values, **answer}
        rest = [demand for demand in further if not holds_now(evaluator, demand, now)]
        for more in _joined(evaluator, rest, now):
            yield {**answer, **more}


def _few(answers: Iterator[Answer]) -> Iterator[Answer]:
    return islice(answers, _PER_OPERAND * 4)


def solutions(evaluator: Evaluator, term: Node, wanted: bool | None, values: Values) -> Iterator[Answer]:
    """Values of sources that may make a condition true, or anything but true."""
    operands = term.operands
    if wanted is None:
        yield from _readable(term)
    elif term.op == "!":
        yield from solutions(evaluator, operands[0], not wanted, values)
    elif term.op in ("and", "or"):
        if (term.op == "and") is wanted:
            yield from _joined(evaluator, [(operand, wanted) for operand in operands], values)
        else:
            for operand in operands:
                yield from _few(solutions(evaluator, operand, wanted, values))
    elif term.op in _OPPOSITE and len(operands) == 2:
        sign = term.op if wanted else _OPPOSITE[term.op]
        yield from _compared(evaluator, operands[0], sign, operands[1], values)
    elif term.op in _TESTS:
        yield from _TESTS[term.op](evaluator, term, wanted, values)
    elif term.op in ("If", "?"):
        yield from _either(evaluator, term, values, lambda side: solutions(evaluator, side, wanted, values))
    elif is_source(term) or term.op in (".", "[", "GetAt", "coerce", "ToBool"):
        yield from _such_that(evaluator, term, "==", wanted, values)
    yield from _typical(term, values)


def _compared(evaluator: Evaluator, left: Node, sign: str, right: Node, values: Values) -> Iterator[Answer]:
    for side, other, relation in ((left, right, sign), (right, left, _MIRRORED[sign])):
        if not has_source(side):
            continue
        try:
            value = evaluator.value(other, values)
        except Undefined:
            continue
        yield from _such_that(evaluator, side, relation, value, values)


def _either(
    evaluator: Evaluator, term: Node, values: Values, go_on: Callable[[Node], Iterator[Answer]]
) -> Iterator[Answer]:
    """Through a choice: as it stands, then with its condition turned."""
    condition, yes, no = term.operands
    for wanted, side in ((True, yes), (False, no)):
        for answer in [{}, *_few(solutions(evaluator, condition, wanted, values))]:
            if holds_now(evaluator, (condition, wanted), {**values, **answer}):
                if not has_source(side):
                    yield answer
                for more in _few(go_on(side)):
                    yield {**answer, **more}


# Turning functions around: a term such that ``term sign value``.


def _such_that(evaluator: Evaluator, term: Node, sign: str, value: Any, values: Values) -> Iterator[Answer]:
    for wished in _wishes(sign, value, term.type):
        yield from _becomes(evaluator, term, wished, values)


def _wishes(sign: str, value: Any, type_: str) -> Iterator[Any]:
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
        from datetime import timedelta

        yield from ([value + timedelta(hours=1)] if more else []) + ([value - timedelta(hours=1)] if less else [])
    elif isinstance(value, tuple):
        yield from ((), (*value, *value[:1]))


def _becomes(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """Values of sources that give a term a value."""
    if is_source(term):
        yield {term.name or "": value}
    elif term.op in _INVERSES:
        yield from _INVERSES[term.op](evaluator, term, value, values)
    elif term.op in ("If", "?"):
        yield from _either(evaluator, term, values, lambda side: _becomes(evaluator, side, value, values))


def _through(change: Callable[[Any], Any]) -> Any:
    """The inverse of a function of one operand that matters."""

    def inverse(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
        yield from _becomes(evaluator, term.operands[0], change(value), values)

    return inverse


def _converted(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """A conversion: the operand may be given as its own type would have it."""
    inner = term.operands[0]
    if value is None:
        yield from _becomes(evaluator, inner, None, values)
        return
    for wished in _as(inner.type, value):
        yield from _becomes(evaluator, inner, wished, values)


def _as(type_: str, value: Any) -> Iterator[Any]:
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

    def inverse(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
        if len(term.operands) != 2:
            return
        left, right = term.operands
        for side, other, is_left in ((left, right, True), (right, left, False)):
            if not has_source(side):
                continue
            try:
                known = evaluator.value(other, values)
                if isinstance(value, str) and isinstance(known, str):
                    cut = value.removesuffix(known) if is_left else value.removeprefix(known)
                    yield from _becomes(evaluator, side, cut, values)
                elif is_left:
                    yield from _becomes(evaluator, side, value - known if sign > 0 else value + known, values)
                else:
                    yield from _becomes(evaluator, side, value - known if sign > 0 else known - value, values)
            except (Undefined, TypeError):
                continue

    return inverse


def _appended(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """Append: what is left of the text when the parts around an operand are taken away."""
    if not isinstance(value, str):
        return
    for number, operand in enumerate(term.operands):
        if not has_source(operand):
            continue
        try:
            before = "".join(to_text(evaluator.value(o, values)) or "" for o in term.operands[:number])
            after = "".join(to_text(evaluator.value(o, values)) or "" for o in term.operands[number + 1 :])
        except Undefined:
            continue
        if value.startswith(before) and value.endswith(after) and len(before) + len(after) <= len(value):
            yield from _becomes(evaluator, operand, value[len(before) : len(value) - len(after)], values)


def _of_length(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """Length: digits, and what there is already, made longer or shorter."""
    if isinstance(value, int) and 0 <= value <= 1_000:
        digits = "1234567890" * (value // 10 + 1)
        given = _now(evaluator, term.operands[0], values)
        for text in (digits, given + digits if isinstance(given, str) else digits):
            yield from _becomes(evaluator, term.operands[0], text[:value], values)


def _now(evaluator: Evaluator, term: Node, values: Values) -> Any:
    """A term's value as things are; None where it has none."""
    try:
        return evaluator.value(term, values)
    except Undefined:
        return None


def _scaled(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """``*`` and ``/`` with one side known; a rest is rounded both ways."""
    left, right = term.operands
    for side, other in ((left, right), (right, left)):
        known = _now(evaluator, other, values) if has_source(side) else None
        if not isinstance(known, (int, Decimal)) or not isinstance(value, (int, Decimal)) or not known:
            continue
        wished = value * known if term.op == "/" else value // known
        for step in (0, 1, -1):
            yield from _becomes(evaluator, side, wished + step, values)


def _counted(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    inner = term.operands[0]
    if isinstance(value, int) and 0 <= value <= 100:
        try:
            given = tuple(evaluator.value(inner, values) or ())
        except Undefined:
            given = ()
        item = sample(item_of(Type(inner.type)))
        yield from _becomes(evaluator, inner, (given + (item,) * value)[:value], values)


def _item(collection: int, position: int) -> Any:
    """An item of a collection: the collection gets it at that place."""

    def inverse(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
        inner = term.operands[collection]
        try:
            at = evaluator.value(term.operands[position], values)
            given = list(evaluator.value(inner, values) or ())
        except Undefined:
            return
        if isinstance(at, int) and 0 <= at <= 100:
            given += [sample(item_of(Type(inner.type)))] * (at + 1 - len(given))
            given[at] = value
            yield from _becomes(evaluator, inner, tuple(given), values)

    return inverse


def _property(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """A property of an object or of a JSON document."""
    key, inner = term.operands
    name = str(key.value)
    try:
        given = evaluator.value(inner, values)
    except Undefined:
        given = None
    if inner.type == "jsn":
        document = dict(given.value) if isinstance(given, Json) and isinstance(given.value, dict) else {}
        document[name] = value.value if isinstance(value, Json) else value
        yield from _becomes(evaluator, inner, Json(document), values)
    elif name == "name" and isinstance(value, str):
        yield from _becomes(evaluator, inner, Entity(inner.type, None, value), values)
    elif inner.type.startswith("cpx_"):
        known = given.properties if isinstance(given, Structure) else {}
        yield from _becomes(evaluator, inner, Structure(inner.type, {**known, name: value}), values)


def _json_property(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    if len(term.operands) == 2 and term.operands[1].op == "lit":
        inner, key = term.operands
        yield from _property(evaluator, Node(".", 1, term.type, (key, inner)), value, values)


def _part(place: Callable[[str, int], str]) -> Any:
    """Left, Right, Substring: a text that has the part where it is looked for."""

    def inverse(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
        try:
            at = evaluator.value(term.operands[1], values)
        except Undefined:
            return
        if isinstance(value, str) and isinstance(at, int):
            yield from _becomes(evaluator, term.operands[0], place(value, at), values)

    return inverse


def _found_at(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """FindString: the text at that place, or nowhere."""
    inner, wanted = term.operands[:2]
    try:
        text = evaluator.value(wanted, values)
    except Undefined:
        return
    if isinstance(value, int) and isinstance(text, str):
        yield from _becomes(evaluator, inner, "x" * value + text if value >= 0 else "", values)


def _found_item(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """FindFirst: a collection with the item at that place, or without it."""
    inner, wanted = term.operands[:2]
    try:
        item = evaluator.value(wanted, values)
    except Undefined:
        return
    if isinstance(value, int):
        kept = (sample(item_of(Type(inner.type))),) * max(value, 0)
        yield from _becomes(evaluator, inner, (*kept, item) if value >= 0 else (), values)


def _parsed(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """JsonParse: the document as text."""
    import json

    if isinstance(value, Json):
        try:
            yield from _becomes(evaluator, term.operands[0], json.dumps(value.value), values)
        except TypeError:
            return


def _listed(evaluator: Evaluator, term: Node, value: Any, values: Values) -> Iterator[Answer]:
    """Split: the items with what separates them."""
    try:
        separator = evaluator.value(term.operands[1], values)
    except Undefined:
        return
    if isinstance(value, tuple) and isinstance(separator, str):
        yield from _becomes(evaluator, term.operands[0], separator.join(str(item) for item in value), values)


_SAME = _through(lambda value: value)
_INVERSES: Mapping[str, Callable[[Evaluator, Node, Any, Values], Iterator[Answer]]] = {
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


# Conditions that are functions.


def _set(empty_too: bool, negated: bool) -> Any:
    """IsSet, IsNotSetOrEmpty."""

    def test(evaluator: Evaluator, term: Node, wanted: bool, values: Values) -> Iterator[Answer]:
        inner = term.operands[0]
        if wanted is not negated:
            yield from _becomes(evaluator, inner, sample(inner.type), values)
            return
        yield from _becomes(evaluator, inner, () if is_collection(Type(inner.type)) else None, values)
        if empty_too:
            yield from _becomes(evaluator, inner, "", values)

    return test


def _equal(evaluator: Evaluator, term: Node, wanted: bool, values: Values) -> Iterator[Answer]:
    """AreEqual, with its optional first operand."""
    operands = [operand for operand in term.operands if operand.type != "bln" or len(term.operands) == 2]
    for other in operands[1:]:
        yield from _compared(evaluator, operands[0], "==" if wanted else "!=", other, values)


def _contains(evaluator: Evaluator, term: Node, wanted: bool, values: Values) -> Iterator[Answer]:
    """Contains, in a text."""
    inner, part = term.operands[:2]
    for searched, other in ((inner, part), (part, inner)):
        if not has_source(searched):
            continue
        try:
            value = evaluator.value(other, values)
        except Undefined:
            continue
        if not wanted:
            yield from _becomes(evaluator, searched, "" if searched is inner else f"{value}x", values)
        elif isinstance(value, str):
            given = _now(evaluator, searched, values)
            for text in (value, given + value if isinstance(given, str) else value):
                yield from _becomes(evaluator, searched, text, values)


def _is_object(evaluator: Evaluator, term: Node, wanted: bool, values: Values) -> Iterator[Answer]:
    yield from _becomes(evaluator, term.operands[0], Json({}) if wanted else Json([]), values)


_TESTS: Mapping[str, Callable[[Evaluator, Node, bool, Values], Iterator[Answer]]] = {
    "IsSet": _set(empty_too=False, negated=False),
    "IsNotSetOrEmpty": _set(empty_too=True, negated=True),
    "AreEqual": _equal,
    "Contains": _contains,
    "IsJsonObject": _is_object,
}


def _typical(term: Node, values: Values) -> Iterator[Answer]:
    """One source after the other gets typical values of its type, and those that the term itself speaks of."""
    spoken = list(_literals(term))
    for found in {node.name: node for node in sources(term)}.values():
        kind = found.type
        typical: list[Any] = [() if is_collection(Type(kind)) else None, sample(kind)]
        typical += [value for value in spoken if type(value) is type(sample(kind))]
        typical += ["tel:+4930123456"] if kind == "str" and (found.name or "").endswith("call.ani") else []
        typical += _EDGES.get(kind, ())
        for value in typical:
            if value != values.get(found.name or ""):
                yield {found.name or "": value}


def _readable(term: Node) -> Iterator[Answer]:
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
