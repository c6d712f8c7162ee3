"""Inputs of requests: settings of any shape as one Python mapping of run-time values by parameter name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dsl.actions import ActionSpec, Parameter
from dsl.compile.compiler import Compiler
from dsl.compile.settings import flow_default, setting
from dsl.expressions import annotate, parse
from dsl.expressions.scope import Declared, Scope
from dsl.expressions.types import Type
from dsl.model import Action, Form, Value
from dsl.source import Map, Node, Scalar, Seq

Shape = Callable[[Compiler, Any], ast.expr]


def mapping(items: Iterable[tuple[str, ast.expr]]) -> ast.expr:
    """A mapping by name."""
    listed = list(items)
    return ast.Dict([ast.Constant(name) for name, _ in listed], [value for _, value in listed])


def _tuple(items: Iterable[ast.expr]) -> ast.expr:
    return ast.Tuple(list(items), ast.Load())


_BOUND = ("bindings", "failures", "results")
"""Kinds of parameters that take what comes back."""


def input_mapping(c: Compiler, spec: ActionSpec, action: Action) -> ast.expr:
    """What goes out, by name."""
    return mapping(input_pairs(c, spec, action))


def input_pairs(
    c: Compiler, spec: ActionSpec, action: Action, skip: Iterable[str] = (), optional: Iterable[str] = ()
) -> list[tuple[str, ast.expr]]:
    """What goes out: every setting that is no output; a required one that is NOT_SET is a flow error unless
    ``optional``."""
    pairs = []
    unsaid = [name for name, parameter in spec.parameters.items() if _has_default(c, action, parameter)]
    for name in dict.fromkeys((*action.settings, *unsaid)):
        parameter = spec.parameters.get(name)
        if parameter is None or parameter.is_output or parameter.kind in _BOUND or name in skip:
            continue
        given = action.settings.get(name)
        source = _setting(c, action, parameter, given)
        if parameter.required and isinstance(given, Value) and name not in optional:
            source = c.b.call("required", source, f'"{name}"')
        pairs.append((name, source))
    return pairs


def _has_default(c: Compiler, action: Action, parameter: Parameter) -> bool:
    return parameter.default is not None or flow_default(c.b, action, parameter.name) is not None


def _setting(c: Compiler, action: Action, parameter: Parameter, given: Any) -> ast.expr:
    shape = _SHAPES.get(parameter.kind)
    if shape is not None:
        return shape(c, given)
    if parameter.words:
        return ast.Constant(given or parameter.default)
    if given is None or isinstance(given, Value):
        return setting(c.b, action, parameter.name)
    return any_shape(c, given)


def values(c: Compiler, given: Mapping[str, Value], *, secure: bool = False) -> ast.expr:
    """Values by name; ``noValue`` is left out, what reads a secure variable is wrapped."""
    pairs = []
    for name, value in given.items():
        if value.form in (Form.NO_VALUE, Form.NONE):
            continue
        source = c.b.value(value, secure=secure)
        pairs.append((name, c.b.call("secret", source) if secure and c.b.is_secret(value) else source))
    return mapping(pairs)


def any_shape(c: Compiler, given: Any) -> ast.expr:
    """Values are evaluated wherever they are, all else is what it is."""
    if isinstance(given, Value):
        return c.b.value(given)
    if isinstance(given, (Scalar, Seq, Map)):
        return loose(c, given)
    if isinstance(given, Mapping):
        return mapping((str(name), any_shape(c, item)) for name, item in given.items())
    if isinstance(given, (tuple, list)):
        return _tuple(any_shape(c, item) for item in given)
    return ast.Constant(given) if isinstance(given, (str, int, bool)) else ast.Constant(None)


def loose(c: Compiler, node: Node) -> ast.expr:
    """A part of the file that the catalogue gives no types for: value forms are read, the rest is kept as it stands."""
    if isinstance(node, Scalar):
        return ast.Constant(node.text if isinstance(node.value, float) else node.value)
    if isinstance(node, Seq):
        return _tuple(loose(c, item) for item in node.items)
    form = next((name for name in ("lit", "exp", "tts", "prompt", "noValue", "none") if name in node), None)
    inner = node.get(form) if form is not None else None
    if form in ("noValue", "none"):
        return ast.Constant(None)
    if form == "lit" and inner is not None:
        return loose(c, inner)
    if form is not None and isinstance(inner, Scalar):
        return ast.Constant(inner.text) if form == "tts" else _expression(c, inner)
    return mapping((key.text, loose(c, item)) for key, item in node)


def _expression(c: Compiler, scalar: Scalar) -> ast.expr:
    """An expression that nobody has typed yet."""
    tree, problems = parse(scalar.text)
    if problems:
        return c.b.call("fail", problems[0].message, problems[0].code)
    declared = {}
    for number, name in enumerate(c.b.names):
        owner, _, plain = name.rpartition("|")
        if owner in (c.b.prefix, c.b.scope):
            declared[plain.lower()] = Declared(plain, Type(c.b.types[number]), number in c.b.secure)
    typed, _ = annotate(tree, Scope(declared, c.b.flow.type, open=True))
    return c.b.value(Value(Form.EXPRESSION, scalar.span, typed.type, scalar.text, expression=typed, node=scalar))


# Shapes (dsl.load.shapes) that are more than their values.


def _instant(c: Compiler, at: Value | None) -> ast.expr:
    """The time of evaluation: now, unless one is given, which must be set then."""
    if at is None:
        return c.b.call("now")
    return c.b.call("required", c.b.value(at), "the time of evaluation")


def _schedule(c: Compiler, given: Mapping[str, Any]) -> ast.expr:
    return mapping(
        [
            ("kind", ast.Constant(given["kind"])),
            ("selected", c.b.value(given["selected"])),
            ("zone", c.b.value(given["zone"])),
            ("at", _instant(c, given["at"])),
        ]
    )


def _module(c: Compiler, given: Mapping[str, Any]) -> ast.expr:
    return mapping(
        [
            ("name", ast.Constant(given["name"])),
            ("version", ast.Constant(given["version"])),
            ("inputs", values(c, given["inputs"])),
        ]
    )


def _screen_pop(c: Compiler, given: Mapping[str, Any]) -> ast.expr:
    return mapping([("script", ast.Constant(given["script"])), ("inputs", values(c, given["inputs"]))])


def _attributes(c: Compiler, pairs: Any) -> ast.expr:
    return _tuple(_tuple([c.b.value(name), c.b.value(value)]) for name, value in pairs)


def _names(c: Compiler, pairs: Any) -> ast.expr:
    return _tuple(c.b.value(name) for name, _ in pairs)


def _statements(c: Compiler, statements: Any) -> ast.expr:
    return mapping((name, c.b.value(value)) for _, name, value in statements)


_SHAPES: Mapping[str, Shape] = {
    "inputs": values,
    "schedule": _schedule,
    "evaluate": _instant,
    "module": _module,
    "screenPop": _screen_pop,
    "setAttributes": _attributes,
    "getAttributes": _names,
    "statements": _statements,
    "workitemStatements": _statements,
    "dataTable": lambda c, table: mapping([("table", ast.Constant(table["table"]))]),
}
