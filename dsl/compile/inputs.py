"""Inputs of requests: settings of any shape as one Python mapping of run-time values by parameter name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from dsl.actions import ActionSpec, Parameter
from dsl.compile.compiler import Compiler
from dsl.expressions import annotate, parse
from dsl.expressions.scope import Declared, Scope
from dsl.expressions.types import Type
from dsl.model import Action, Form, Value
from dsl.source import Map, Node, Scalar, Seq

Shape = Callable[[Compiler, Any], ast.expr]


def _mapping(items: Iterable[tuple[str, ast.expr]]) -> ast.expr:
    listed = list(items)
    return ast.Dict([ast.Constant(name) for name, _ in listed], [value for _, value in listed])


def _tuple(items: Iterable[ast.expr]) -> ast.expr:
    return ast.Tuple(list(items), ast.Load())


def input_mapping(
    c: Compiler, spec: ActionSpec, action: Action, skip: Iterable[str] = (), optional: Iterable[str] = ()
) -> ast.expr:
    """What goes out: every setting that is no output; a required one that is NOT_SET is a flow error unless
    ``optional``."""
    pairs = []
    for name, setting in action.settings.items():
        parameter = spec.parameters.get(name)
        if parameter is None or parameter.is_output or parameter.kind == "bindings" or name in skip:
            continue
        source = _setting(c, parameter, setting)
        if parameter.required and isinstance(setting, Value) and name not in optional:
            source = c.b.call("required", source, f'"{name}"')
        pairs.append((name, source))
    return _mapping(pairs)


def _setting(c: Compiler, parameter: Parameter, setting: Any) -> ast.expr:
    shape = _SHAPES.get(parameter.kind)
    return shape(c, setting) if shape is not None else any_shape(c, setting)


def values(c: Compiler, given: Mapping[str, Value], *, secure: bool = False) -> ast.expr:
    """Values by name; ``noValue`` is left out, what reads a secure variable is wrapped."""
    pairs = []
    for name, value in given.items():
        if value.form in (Form.NO_VALUE, Form.NONE):
            continue
        source = c.b.value(value, secure=secure)
        pairs.append((name, c.b.call("secret", source) if secure and c.b.is_secret(value) else source))
    return _mapping(pairs)


def any_shape(c: Compiler, setting: Any) -> ast.expr:
    """Values are evaluated wherever they are, all else is what it is."""
    if isinstance(setting, Value):
        return c.b.value(setting)
    if isinstance(setting, (Scalar, Seq, Map)):
        return loose(c, setting)
    if isinstance(setting, Mapping):
        return _mapping((str(name), any_shape(c, item)) for name, item in setting.items())
    if isinstance(setting, (tuple, list)):
        return _tuple(any_shape(c, item) for item in setting)
    return ast.Constant(setting) if isinstance(setting, (str, int, bool)) else ast.Constant(None)


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
    return _mapping((key.text, loose(c, item)) for key, item in node)


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


def _schedule(c: Compiler, setting: Mapping[str, Any]) -> ast.expr:
    return _mapping(
        [
            ("kind", ast.Constant(setting["kind"])),
            ("selected", c.b.value(setting["selected"])),
            ("zone", c.b.value(setting["zone"])),
            ("at", _instant(c, setting["at"])),
        ]
    )


def _module(c: Compiler, setting: Mapping[str, Any]) -> ast.expr:
    return _mapping(
        [
            ("name", ast.Constant(setting["name"])),
            ("version", ast.Constant(setting["version"])),
            ("inputs", values(c, setting["inputs"])),
        ]
    )


def _screen_pop(c: Compiler, setting: Mapping[str, Any]) -> ast.expr:
    return _mapping([("script", ast.Constant(setting["script"])), ("inputs", values(c, setting["inputs"]))])


def _attributes(c: Compiler, pairs: Any) -> ast.expr:
    return _tuple(_tuple([c.b.value(name), c.b.value(value)]) for name, value in pairs)


def _names(c: Compiler, pairs: Any) -> ast.expr:
    return _tuple(c.b.value(name) for name, _ in pairs)


def _statements(c: Compiler, statements: Any) -> ast.expr:
    return _mapping((name, c.b.value(value)) for _, name, value in statements)


_SHAPES: Mapping[str, Shape] = {
    "inputs": values,
    "schedule": _schedule,
    "evaluate": _instant,
    "module": _module,
    "screenPop": _screen_pop,
    "setAttributes": _attributes,
    "getAttributes": _names,
    "statements": _statements,
    "dataTable": lambda c, table: _mapping([("table", ast.Constant(table["table"]))]),
}
