"""``when`` of a rule or skill as one expression (concise-actions.md §4, §7)."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.concise.build import At, Template, expression
from dsl.concise.read import Reader
from dsl.concise.record import NUMERIC_TYPES, Field, Record
from dsl.expressions.printing import quoted
from dsl.source.nearest import did_you_mean
from dsl.source.tree import Node, Scalar, Seq

_OPERATORS = ("contains", "atLeast", "atMost")


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: the value form that holds it, and its text for joining; ``always`` when it asks
    nothing."""

    value: Template
    text: str
    always: bool = False


def read_condition(node: Node, reader: Reader, record: Record) -> Condition | None:
    """The condition of ``{exp: Boolean}`` or of a mapping field -> condition; None when it cannot be read."""
    body = reader.mapping(node, '"when"')
    if body is None:
        return None
    written = body.get("exp")
    if isinstance(written, Scalar) and len(body) == 1:
        return Condition(body, written.text)
    parts = []
    for key, wanted in body:
        field = reader.field(key.text, record, key.span)
        text = _holds(field, wanted, reader) if field else None
        if text is not None:
            parts.append(text)
    if not len(body):
        return Condition(At(node.span, expression("true")), "true", always=True)
    if not parts:
        return None
    text = parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)
    return Condition(At(node.span, expression(text)), text)


def _holds(field: Field, node: Node, reader: Reader) -> str | None:
    if isinstance(node, Scalar):
        return _equals(field, node, reader)
    if isinstance(node, Seq):
        parts = [_equals(field, item, reader) for item in node.items if isinstance(item, Scalar)]
        return " or ".join(part for part in parts if part) or None
    tests = []
    for key, value in node:
        if key.text not in _OPERATORS or not isinstance(value, Scalar):
            message = f'a condition has no test "{key.text}"'
            reader.report("unknown-parameter", message, key.span, did_you_mean(key.text, _OPERATORS))
            continue
        test = _contains(field, value, reader) if key.text == "contains" else _limit(field, key.text, value, reader)
        tests.append(test)
    return " and ".join(test for test in tests if test) or None


def _equals(field: Field, node: Scalar, reader: Reader) -> str | None:
    if field.type == "string":
        return f"AreEqual(true, {field.variable}, {quoted(node.text)})"
    fits = {
        "boolean": isinstance(node.value, bool),
        "integer": isinstance(node.value, int) and not isinstance(node.value, bool),
        "decimal": isinstance(node.value, (int, float)) and not isinstance(node.value, bool),
    }.get(field.type)
    if fits:
        return f"{field.variable} == {node.text.lower()}"
    wanted = "contains" if field.is_collection else f"a {field.type} value"
    reader.report(
        "type-mismatch",
        f'"{field.name}" is {field.type}, "{node.text}" cannot be compared with it',
        node.span,
        f"use {wanted}",
    )
    return None


def _contains(field: Field, node: Scalar, reader: Reader) -> str | None:
    if field.type == "string":
        return f"If(IsSet({field.variable}), Contains({field.variable}, {quoted(node.text)}, true), false)"
    if field.is_collection:
        item = quoted(node.text) if field.type == "stringCollection" else node.text
        return f"FindFirst({field.variable}, {item}) >= 0"
    message = f'"contains" does not apply to "{field.name}", which is {field.type}'
    reader.report("type-mismatch", message, node.span, "it is for texts and collections")
    return None


def _limit(field: Field, test: str, node: Scalar, reader: Reader) -> str | None:
    if field.type not in NUMERIC_TYPES:
        message = f'"{test}" does not apply to "{field.name}", which is {field.type}'
        reader.report(
            "type-mismatch", message, node.span, "give the field a number type, such as {output: x, type: integer}"
        )
        return None
    if isinstance(node.value, bool) or not isinstance(node.value, (int, float)):
        reader.report("type-mismatch", f'"{test}" needs a number, not "{node.text}"', node.span)
        return None
    variable = field.variable + (".amount" if field.type == "currency" else "")
    sign = ">=" if test == "atLeast" else "<="
    return f"If(IsSet({variable}), {variable} {sign} {node.text}, false)"
