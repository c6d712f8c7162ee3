"""Value forms: ``lit``, ``exp``, ``var``, ``noValue``, ``tts``, ``prompt`` and their tolerated variants
(flow-format.md §4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from dsl.actions import Parameter
from dsl.expressions import Problem, annotate, parse
from dsl.expressions.builtins import PROPERTIES
from dsl.expressions.conversions import read_any
from dsl.expressions.problems import ExpressionError
from dsl.expressions.text_of import read_decimal
from dsl.expressions.tree import Node as Expression
from dsl.expressions.types import ANY, Type, is_collection, item_of
from dsl.expressions.values import MAX_INT, Currency, Duration, Entity, Json, Structure
from dsl.load.reader import MISSPELT, Reader
from dsl.model import Form, Value
from dsl.source import Map, Node, Scalar, Seq, Severity, did_you_mean, nearest, plain

_GLUED = re.compile(r"(tts|exp|lit|prompt|var):(?=\S)")
"""A form whose colon lacks its blank: YAML reads all of it as a text."""
_FORMS = ("lit", "exp", "var", "tts", "prompt", "noValue", "none")
DURATION_UNITS = {"days": 86_400_000, "hours": 3_600_000, "minutes": 60_000, "seconds": 1000, "ms": 1}
ENTITY_KINDS = {
    "que": "queue",
    "skl": "skill",
    "lac": "language-skill",
    "usr": "user",
    "grp": "group",
    "wrc": "wrapup-code",
    "pmt": "prompt",
    "cpx_schedule": "schedule",
    "cpx_scheduleGroup": "schedule-group",
    "cpx_emergencyGroup": "emergency-group",
}
"""Types of organisation objects and the kind under which an inventory lists their names."""

_WORDS = {"true": True, "false": False}


def read_value(node: Node | None, type_: Type, reader: Reader, what: str) -> Value | None:
    """The value in a setting of a type; None when the key is absent.

    What is wrong with it has been reported.
    """
    if node is None:
        return None
    if isinstance(node, Map):
        forms = [key.text for key, _ in node if key.text in _FORMS]
        if not forms:
            return _formless(node, type_, reader, what)
        if len(forms) > 1:
            message = f"{what} has {len(forms)} forms of a value: {', '.join(forms)}"
            reader.report("bad-value", message, node.span, "keep exactly one of them")
        form = min(forms, key=_FORMS.index)
        inner = node.get(form)
        assert inner is not None
        for key, _ in node:
            if key.text not in _FORMS and key.text != "name":
                message = f'{what} has no key "{key.text}" beside "{form}"'
                reader.report("unknown-key", message, key.span, did_you_mean(key.text, _FORMS))
        return _form(Form(form), inner, node, type_, reader, what)
    if isinstance(node, Seq) and is_collection(type_):
        return _literal(node, node, type_, reader, what)
    if isinstance(node, Scalar):
        if type_ == "aud" or type_ == "com":
            form = "tts" if type_ == "aud" else "lit"
            glued = _GLUED.match(node.text) if node.style == "plain" else None
            help_ = f"write {glued[1]}: and a blank" if glued is not None else f"write {{{form}: ...}}"
            reader.report("bare-value", f"{what} is written without {form}", node.span, help_)
            return _tts(node, node, type_, reader)
        severity = None if type_ not in ("lac",) else Severity.WARNING
        help_ = f"write {{lit: {node.text}}}" if node.text else "write noValue: true"
        reader.report("bare-value", f"{what} is written without lit", node.span, help_, severity=severity)
        return _literal(node, node, type_, reader, what)
    reader.report("wrong-kind", f"{what} cannot be a list", node.span)
    return None


def _formless(node: Map, type_: Type, reader: Reader, what: str) -> Value | None:
    keys = [key.text for key, _ in node]
    if keys and all(key in DURATION_UNITS for key in keys) and type_ == "dur":
        return _literal(node, node, type_, reader, what)
    if "name" in node and type_ in ENTITY_KINDS:
        return _literal(node, node, type_, reader, what)
    if not keys:
        return Value(Form.NO_VALUE, node.span, type_, expression=_nothing(type_), node=node)
    reader.report("bad-value", f"{what} has no form of a value", node.span, _form_wanted(node, type_))
    return None


def _form_wanted(node: Map, type_: Type) -> str:
    """How a value is written that was put below a key of the author's own."""
    key, inner = node.items[0]
    if nearest(key.text, _FORMS, cutoff=MISSPELT):
        return did_you_mean(key.text, _FORMS) or ""
    if isinstance(inner, Map) and len(inner) == 1 and inner.items[0][0].text in _FORMS:
        return f'leave "{key.text}" out: its "{inner.items[0][0].text}" takes its place'
    given = inner.text if isinstance(inner, Scalar) and inner.text else "..."
    if type_ in ENTITY_KINDS:
        return f"write {{lit: {{name: {given}}}}}"
    form = "tts" if type_ == "aud" else "lit"
    return f"write {{{form}: {given}}} for a fixed value, {{exp: ...}} for one that is worked out"


def _form(form: Form, inner: Node, node: Map, type_: Type, reader: Reader, what: str) -> Value | None:
    if form in (Form.NO_VALUE, Form.NONE):
        return Value(Form.NO_VALUE, node.span, type_, expression=_nothing(type_), node=node)
    if form is Form.LITERAL:
        return _literal(inner, node, type_, reader, what)
    if not isinstance(inner, Scalar):
        if form is Form.PROMPT and isinstance(inner, Map):
            return read_value(inner, type_, reader, what)
        reader.report("wrong-kind", f'"{form.value}" of {what} must be a text', inner.span)
        return None
    if form is Form.TTS:
        return _tts(inner, node, type_, reader)
    return _expression(form, inner, node, type_, reader)


def _expression(form: Form, inner: Scalar, node: Map, type_: Type, reader: Reader) -> Value:
    """``exp``; ``prompt`` and ``var`` name one thing and parse as one reference."""
    tree, problems = parse(inner.text)
    typed, more = annotate(tree, reader.scope, expected=type_) if not problems else (tree, ())
    for problem in (*problems, *more, *(_unknown_names(typed, reader) if not problems else ())):
        reader.problem(_in_organisation(problem), inner)
    return Value(form, node.span, type_, text=inner.text, expression=None if problems else typed, node=node)


def _unknown_names(tree: Expression, reader: Reader) -> Iterator[Problem]:
    """Names that are looked up as they are written, and that the organisation does not have."""
    known = reader.inventory.known(ENTITY_KINDS.get(tree.type, "")) if tree.op.startswith(("Find", "To")) else None
    name = tree.operands[0] if len(tree.operands) == 1 else None
    if known is not None and name is not None and name.op == "lit" and not tree.op.endswith("ById"):
        found = _stranger(str(name.value), tree.type, known)
        if found is not None:
            yield Problem(*found, name.pos, did_you_mean(str(name.value), known), len(str(name.value)) + 2, "warning")
    for operand in tree.operands:
        yield from _unknown_names(operand, reader)


def _stranger(name: str, type_: str, known: Collection[str]) -> tuple[str, str] | None:
    """Code and message where an organisation does not have an object of a type."""
    if name.casefold() in {one.casefold() for one in known}:
        return None
    kind = ENTITY_KINDS[type_]
    return f"unknown-{kind}", f'unknown {kind.replace("-", " ")} "{name}"'


def _in_organisation(problem: Problem) -> Problem:
    return replace(problem, severity="warning") if problem.code == "unknown-prompt" else problem


def _tts(inner: Scalar, node: Node, type_: Type, reader: Reader) -> Value:
    literal = Expression("lit", 1, Type("str"), value=inner.text)
    typed, _ = annotate(literal, reader.scope, expected=type_)
    return Value(Form.TTS, node.span, type_, text=inner.text, expression=typed, node=node)


def _nothing(type_: Type) -> Expression:
    return Expression("nul", 1, type_)


def within(value: Any, parameter: Parameter, reader: Reader) -> None:
    """Report a literal number, or duration, outside the parameter's range; what is no such literal is not looked at."""
    message = parameter.beyond(literal_of(value)) if isinstance(value, Value) else None
    if message is not None:
        inner = value.node.get("lit") if isinstance(value.node, Map) else None
        reader.report("out-of-range", message, (inner or value).span)


def literal_of(value: Value) -> Any:
    """What a value is whatever happens: a duration by its milliseconds; None where that is known at run time only."""
    expression = value.expression
    literal = expression.value if expression is not None and expression.op == "lit" else None
    return literal.ms if isinstance(literal, Duration) else literal


# Literals.


def _literal(inner: Node, node: Node, type_: Type, reader: Reader, what: str) -> Value | None:
    try:
        value = _literal_value(inner, type_, reader, what)
    except (ValueError, ExpressionError) as error:
        reason = error.message if isinstance(error, ExpressionError) else str(error)
        is_number = type_ == "dur" and isinstance(inner, Scalar) and inner.text.isdecimal()
        help_ = f"write {{seconds: {plain(inner)}}}" if is_number else None
        reader.report("bad-literal", f"{what}: {reason}", inner.span, help_)
        return None
    expression = _literal_expression(value, type_, reader)
    return Value(Form.LITERAL, node.span, type_, literal=value, expression=expression, node=node)


def _literal_expression(value: Any, type_: Type, reader: Reader) -> Expression:
    if type_ in ("aud", "com") and isinstance(value, (str, Entity)):
        kind = Type("str") if isinstance(value, str) else Type("pmt")
        leaf = Expression("lit", 1, kind, value=value)
        return annotate(leaf, reader.scope, expected=type_)[0]
    return Expression("nul", 1, type_) if value is None else Expression("lit", 1, type_, value=value)


def _literal_value(node: Node, type_: Type, reader: Reader, what: str) -> Any:
    if is_collection(type_):
        return _literal_collection(node, type_, reader, what)
    if type_ == "dur":
        return _duration(node)
    if type_ in ENTITY_KINDS or type_ == "pmt":
        return _entity(node, type_, reader)
    if type_ == "cur" and isinstance(node, Map):
        return _currency(node)
    if type_ in ("aud", "com") and isinstance(node, Map) and "name" in node:
        return _entity(node, Type("pmt"), reader)
    if isinstance(node, Map) and "name" in node and (type_ == ANY or type_.startswith("cpx_")):
        name = node.get("name")
        return Entity(type_, None, name.text if isinstance(name, Scalar) else "")
    if isinstance(node, Map) and type_ in PROPERTIES and (found := _structure(node, type_, reader, what)) is not None:
        return found
    if not isinstance(node, Scalar):
        if type_ in ("jsn", ANY) or type_.startswith("cpx_") or type_ == "com":
            return Json(plain(node))
        raise ValueError("a single value belongs here")
    return _scalar(node, type_, reader, what)


def _structure(node: Map, type_: Type, reader: Reader, what: str) -> Structure | None:
    """A structured value by its properties, such as ``{agent: {name: X}, score: 90}``; None where one is not known."""
    known = PROPERTIES[type_]
    found = {}
    for key, inner in node:
        name, property_type = known.get(key.text.lower(), ("", ANY))
        value = inner.get("lit") if isinstance(inner, Map) and "lit" in inner else inner
        if not name or value is None:
            return None
        found[name] = _literal_value(value, property_type, reader, f'"{key.text}" of {what}')
    return Structure(type_, found)


def _scalar(node: Scalar, type_: Type, reader: Reader, what: str) -> Any:
    if type_ in ("str", "aud", "com"):
        return node.text
    if type_ == ANY and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return read_any(node.text, "dec" if isinstance(node.value, float) else "int")
    if type_ == ANY:
        return node.value
    if node.style != "plain" and type_ in ("bln", "int", "dec"):
        reader.report("deprecated-form", f"{what} is a quoted text", node.span, "write it without quotes")
    if node.value is None and not node.text.strip():
        return None
    if type_ == "bln" and node.text.strip().lower() in _WORDS:
        return _WORDS[node.text.strip().lower()]
    if type_.startswith("cpx_"):
        return Entity(type_, None, node.text)
    return read_any(node.text, type_)


def _literal_collection(node: Node, type_: Type, reader: Reader, what: str) -> tuple[Any, ...]:
    if not isinstance(node, Seq):
        raise ValueError("a list belongs here")
    items = []
    for item in node.items:
        inner = item.get("lit") if isinstance(item, Map) and "lit" in item else item
        if isinstance(item, Map) and inner is item and any(key.text in _FORMS for key, _ in item):
            raise ValueError("a list holds literals only; compute one with {exp: MakeList(...)}")
        items.append(None if inner is None else _literal_value(inner, item_of(type_), reader, what))
    return tuple(items)


def _duration(node: Node) -> Duration:
    if isinstance(node, Scalar):
        found = read_any(node.text, "dur")
        if not isinstance(found, Duration):
            raise ValueError("a duration belongs here, such as {seconds: 10}")
        return found
    if not isinstance(node, Map):
        raise ValueError("a duration is a mapping such as {seconds: 10}")
    total = 0
    for key, value in node:
        if key.text not in DURATION_UNITS:
            raise ValueError(f'"{key.text}" is no part of a duration; {did_you_mean(key.text, DURATION_UNITS) or ""}')
        if not isinstance(value, Scalar) or isinstance(value.value, bool) or not isinstance(value.value, (int, float)):
            raise ValueError(f'"{key.text}" must be a number')
        part = value.value * DURATION_UNITS[key.text]
        if not abs(total + part) <= MAX_INT:
            raise ValueError("that is longer than any duration can be")
        total += round(part)
    return Duration(total)


def _currency(node: Map) -> Currency:
    amount, code = node.get("amount"), node.get("code")
    number = read_decimal(amount.text) if isinstance(amount, Scalar) else None
    return Currency(number, code.text if isinstance(code, Scalar) else None)


def _entity(node: Node, type_: Type, reader: Reader) -> Entity | None:
    inner = node
    if isinstance(node, Map):
        found = node.get("name") or node.get("id")
        if found is None:
            raise ValueError("an object is named by {name: ...}")
        inner = found
    if not isinstance(inner, Scalar):
        raise ValueError("an object is named by a text")
    if inner is node:
        reader.report("bare-value", f'"{inner.text}" is written without name', inner.span, "write {name: ...}")
    if isinstance(node, Map) and "name" not in node:
        return Entity(type_, inner.text, inner.text)
    known_entity(type_, inner, reader)
    username = inner.text if type_ == "usr" else None
    return Entity(type_, None, inner.text, username)


def known_entity(type_: str, name: Scalar, reader: Reader) -> None:
    """Report a name that the organisation does not have, where it is known, and one that was never filled in."""
    if left_over(name.text):
        reader.report("leftover-placeholder", f'"{name.text}" was never filled in', name.span)
        return
    known = reader.inventory.known(ENTITY_KINDS.get(type_, ""))
    wanted = name.text.removeprefix("Prompt.")
    if known is None or name.text.startswith("PromptSystem."):
        return
    found = _stranger(wanted, type_, known)
    if found is not None:
        reader.report(*found, name.span, did_you_mean(wanted, known))


def left_over(name: str) -> bool:
    """Whether a name is a template's placeholder (``<queueName>``)."""
    return len(name) > 2 and name.startswith("<") and name.endswith(">")
