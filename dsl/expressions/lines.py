"""Lines of ``callwright eval -``: a JSON object in, a JSON object out (corpus README of expressions)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from dsl.expressions.evaluate import Surroundings, evaluate
from dsl.expressions.forms import to_form, type_name, written
from dsl.expressions.problems import ExpressionError, Problem
from dsl.expressions.reading import from_form
from dsl.expressions.runtime import COERCIONS, coerce
from dsl.expressions.speech import plain_text
from dsl.expressions.text_of import checked_date_time, to_text
from dsl.expressions.tree import Node
from dsl.expressions.types import CODE_OF_VARIABLE, is_collection, is_type
from dsl.expressions.values import DECIMAL_DIGITS, Audio, Communication, Entity
from dsl.source.nearest import did_you_mean

_KINDS = {
    "vars": dict,
    "types": dict,
    "expect": str,
    "flowType": str,
    "language": str,
    "now": str,
    "seed": int,
}
_KEYS = frozenset({"expr", *_KINDS})
_RUNNING_LANGUAGE = ("call.language", "interaction.language", "email.language", "message.language")
"""Built-ins that are the tag of the running language, unless a line says otherwise."""
_SPOKEN = {dict: "an object", str: "a text", int: "a whole number"}


class Refused(Exception):  # noqa: N818  (becomes an answer)
    """A line has no value: why, where in its expression (1-based), and what to do."""

    def __init__(self, code: str, message: str, column: int | None = None, help_: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.column, self.help = code, message, column, help_


def answer_line(line: str, now: datetime, *, tree: bool = False, entities: Sequence[Entity] | None = None) -> str:
    """One line in, one line out; whatever is wrong with it is its answer. ``now`` stands where the line has none."""
    try:
        found = answer(read_line(line), now, tree=tree, entities=entities)
    except Refused as refused:
        message = f"{refused.message}; {refused.help}" if refused.help else refused.message
        found = _error(refused.code, message, refused.column)
    except Exception as error:  # a fault of ours ends no stream of lines
        found = _error("internal-error", f"{type(error).__name__}: {error}", None)
    return written(found).encode("utf-8", "replace").decode()


def _error(code: str, message: str, column: int | None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "column": column}}


def read_line(line: str) -> dict[str, Any]:
    """The object of a line."""
    try:
        request = json.loads(line, parse_float=_exact, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused("syntax-json", f"the line is not JSON: {error}") from None
    if not isinstance(request, dict):
        raise Refused("wrong-kind", "a line is an object", help_='write {"expr": "1 + 1"}')
    return request


def answer(
    request: Mapping[str, Any],
    now: datetime,
    *,
    tree: bool = False,
    entities: Sequence[Entity] | None = None,
    warn: Callable[[Problem], None] | None = None,
) -> dict[str, Any]:
    """The answer to the object of a line: type, value and text, or the tree; ``warn`` is told what checking would warn
    of. Raises ``Refused``."""
    _check(request)
    context = _context(request, now, entities)
    types: dict[str, str] = dict(request.get("types") or {})
    values = _variables(request, types, context)
    result = evaluate(
        request["expr"],
        context,
        variables=values,
        types=types,
        expect=request.get("expect"),
        flow_type=_flow_type(request),
        only_tree=tree,
    )
    if warn is not None:
        for warning in result.warnings:
            warn(warning)
    if result.problem is not None:
        problem = result.problem
        raise Refused(problem.code, problem.message, problem.pos, problem.help)
    if tree:
        assert result.tree is not None
        return tree_object(result.tree)
    return {
        "type": public_code(result.type),
        "value": to_form(result.value, result.type, context.language),
        "text": _text(result.value, context.language),
    }


def _text(value: Any, language: str) -> str | None:
    """What ``ToString`` would give."""
    if isinstance(value, Communication):
        return plain_text(value.parts, language)
    return None if isinstance(value, Audio) else to_text(value)


def _check(request: Mapping[str, Any]) -> None:
    unknown = sorted(set(request) - _KEYS)
    if unknown:
        raise Refused("unknown-key", f'a line has no key "{unknown[0]}"', help_=_nearest_key(unknown[0]))
    if not isinstance(request.get("expr"), str):
        raise Refused("missing-parameter", 'a line is an object with an "expr", the text of the expression')
    for key, kind in _KINDS.items():
        value = request.get(key)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise Refused("wrong-kind", f'"{key}" must be {_SPOKEN[kind]}')
    for name, code in (request.get("types") or {}).items():
        if not isinstance(code, str):
            raise Refused("wrong-kind", f'the type of "{name}" is a type code such as str or int_coll')
        _known_type(code)
    if request.get("expect") is not None:
        _known_type(request["expect"])


def _nearest_key(name: str) -> str:
    return did_you_mean(name, _KEYS) or f"known: {', '.join(sorted(_KEYS))}"


def _known_type(code: str) -> None:
    if not is_type(code):
        full = CODE_OF_VARIABLE.get(code[:1].lower() + code[1:])
        help_ = f"write {full}" if full else did_you_mean(code, CODE_OF_VARIABLE.values())
        raise Refused("unknown-type", f'there is no type "{code}"', help_=help_ or "type codes are str, int, que ...")


def _flow_type(request: Mapping[str, Any]) -> str | None:
    from dsl.actions import FLOW_TYPES

    asked = request.get("flowType")
    if asked is None:
        return None
    known = {name.casefold(): name for name in FLOW_TYPES}
    if asked.casefold() not in known:
        raise Refused("unknown-flow-type", f'"{asked}" is no flow type', help_=did_you_mean(asked, FLOW_TYPES))
    return known[asked.casefold()]


def _variables(request: Mapping[str, Any], types: dict[str, str], context: Surroundings) -> dict[str, Any]:
    """The values of ``vars``; the type that a form has is written into ``types``, as far as none is declared."""
    values: dict[str, Any] = dict.fromkeys(_RUNNING_LANGUAGE, context.language)
    _distinct(types)
    _distinct(request.get("vars") or {})
    declared = {name.lower(): name for name in types}
    for name, form in (request.get("vars") or {}).items():
        spelled = declared.get(name.lower(), name)
        try:
            value, code = from_form(form, types.get(spelled), context.find)
            values[name.lower()], types[spelled] = coerce(value, code), code
        except (ValueError, ExpressionError) as error:
            raise Refused("bad-literal", f'the value of "{name}" cannot be read: {error}') from None
        except (KeyError, TypeError, AttributeError):
            raise Refused("bad-literal", f'the value of "{name}" has not the form of any value') from None
    return values


def _distinct(names: Iterable[str]) -> None:
    """Names have a scope, and do not differ by case alone (expressions.md §3)."""
    seen: dict[str, str] = {}
    for name in names:
        if "." not in name:
            raise Refused("unknown-scope", f'"{name}" has no scope', help_='write it as in "Flow.name"')
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise Refused("duplicate-key", f'"{other}" and "{name}" are one variable', help_="leave out one of them")


def _exact(text: str) -> Decimal:
    number = Decimal(text)
    if number.adjusted() >= DECIMAL_DIGITS:
        raise ValueError(f"{text} is beyond the range of Decimal")
    return number


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _context(request: Mapping[str, Any], now: datetime, entities: Sequence[Entity] | None) -> Surroundings:
    moment = now
    if request.get("now"):
        try:
            moment = datetime.fromisoformat(request["now"])
            if moment.tzinfo is None:
                raise ValueError
            moment = checked_date_time(moment.astimezone(UTC))
        except (ValueError, OverflowError, ExpressionError):
            message = f'"{request["now"][:40]}" is no time for "now"'
            raise Refused("bad-literal", message, help_="write one such as 2026-03-02T09:15:00Z") from None
    language = (request.get("language") or "en-us").lower()
    return Surroundings(
        moment,
        language,
        default_language=language,
        supported_languages=(language,),
        seed=request.get("seed") or 0,
        entities=entities,
    )


def public_code(code: str) -> str:
    """A type code as tools see it; the kinds of constants are one."""
    return "cst" if code.startswith("cst_") else code


def tree_object(node: Node) -> dict[str, Any]:
    """A node as the JSON of the corpus README."""
    if node.op == "coerce" and is_collection(node.type):  # there is no function for it
        return tree_object(node.operands[0])
    op = COERCIONS.get(node.type, f"To{type_name(node.type)}") if node.op == "coerce" else node.op
    shown: dict[str, Any] = {"op": op, "type": public_code(node.type), "pos": node.pos}
    if node.op == "lit":
        shown["value"] = "" if node.value is None else to_text(node.value)
    if node.name is not None:
        shown["name"] = node.name
    if node.implicit:
        shown["implicit"] = True
    if node.operands:
        shown["operands"] = [tree_object(operand) for operand in node.operands]
    return shown
