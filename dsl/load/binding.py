"""What shapes of parameters are made of: lists of single keys, values and variables by name, flags
(flow-format.md §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dsl.expressions import annotate, parse
from dsl.expressions.builtins import BUILTINS, READ_ONLY_SCOPES
from dsl.expressions.types import ANY, Type
from dsl.load.reader import MISSPELT, Reader, is_nothing
from dsl.load.values import read_value
from dsl.model import Value
from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Severity, did_you_mean, nearest

FAILURE_FIELDS = (
    "errorCode status correlationId entityId entityName userMessage userParamsMessage userParams.key userParams.value "
    "details.errorCode details.fieldName details.entityId details.entityName errorType errorMessage"
).split()


def entries(node: Node | None, reader: Reader, what: str) -> list[tuple[str, Node, Map]]:
    """(key, value, item) of a list of single-key mappings."""
    if node is None or is_nothing(node):
        return []
    if not isinstance(node, Seq):
        kind = node.items[0][0].text if isinstance(node, Map) and node.items else ""
        is_entry = f'"{kind}s"' == what or kind.endswith("Variable")
        help_ = f'begin each entry with a dash: "- {kind}:"' if is_entry else None
        reader.report("wrong-kind", f"{what} must be a list", node.span, help_)
        return []
    found = []
    for item in node.items:
        if not isinstance(item, Map) or not len(item):
            reader.report("wrong-kind", f"an entry of {what} must be a mapping with one key", item.span)
        else:
            if len(item) > 1:
                keys = ", ".join(key.text for key, _ in item)
                message, place = f"an entry of {what} has several keys: {keys}", item.items[1][0].span
                reader.report(
                    "ambiguous-item", message, place, "a new entry begins with a dash; its parts stand in further"
                )
            found.append((item.items[0][0].text, item.items[0][1], item))
    return found


def variable(node: Node | None, reader: Reader, what: str) -> str | None:
    """The variable that a result goes into: ``{var: X}``, a bare name, or None for ``noValue``."""
    if isinstance(node, Map):
        if "noValue" in node:
            return None
        inner = node.get("var") or node.get("exp")
        if inner is None:
            reader.report("bad-value", f"{what} must name a variable", node.span, "write {var: Flow.name}")
            return None
        node = inner
    if isinstance(node, Scalar) and node.text:
        return _target(node, node.text.strip(), reader)
    if node is not None:
        reader.report("bad-value", f"{what} must name a variable", node.span, "write {var: Flow.name}")
    return None


_DECLARE = "declare it under variables"


def _target(node: Scalar, name: str, reader: Reader) -> str:
    """The name in its declared spelling; built-ins cannot be written, and undeclared names are told once."""
    declared = reader.scope.variable(name)
    lowered = name.lower()
    if declared is None and (lowered in BUILTINS or lowered.partition(".")[0] in READ_ONLY_SCOPES):
        reader.report("read-only-variable", f'"{name}" is built in, nothing can be written into it', node.span)
    elif declared is None:
        tree, problems = parse(name)
        for problem in problems or annotate(tree, reader.scope)[1]:
            reader.problem(problem, node)
    elif lowered in reader.undeclared:
        reader.undeclared.discard(lowered)
        message = f'"{name}" is declared nowhere, this creates it'
        meant = nearest(name, reader.declared_names(), cutoff=MISSPELT)
        help_ = f'did you mean "{meant}"? Otherwise declare it under variables' if meant else _DECLARE
        reader.report("undeclared-variable", message, node.span, help_)
    return declared.name if declared else name


def inputs(node: Node, reader: Reader, what: str, types: Mapping[str, Type] | None = None) -> dict[str, Value]:
    """Values by name; ``types`` are those of a contract, where it is known."""
    found = {}
    before = len(reader.findings)
    for key, value in reader.mapping(node, what) or ():
        type_ = (types or {}).get(key.text.casefold(), ANY)
        read = read_value(value, type_, reader, f'"{key.text}"')
        if read is not None:
            found[key.text] = read
    if types is not None:
        reader.findings[before:] = [_as_input(found) for found in reader.findings[before:]]
    return found


def _as_input(found: Diagnostic) -> Diagnostic:
    """A value of the wrong type is a warning where only a contract asks for the type."""
    if found.code not in ("type-mismatch", "bad-literal"):
        return found
    return replace(found, code="input-type", severity=Severity.WARNING)


def bindings(node: Node, reader: Reader, what: str, types: Mapping[str, Type] | None = None) -> dict[str, str]:
    """Output paths and the variables they go into; ``types`` are those of a contract, where it is known."""
    found = {}
    for key, value in reader.mapping(node, what) or ():
        name = variable(value, reader, f'"{key.text}"')
        if name is None:
            continue
        found[key.text] = name
        _told_to_fit((types or {}).get(key.text.casefold(), ANY), name, value, reader, f'"{key.text}"')
    return found


def result(node: Node, type_: Type, reader: Reader, what: str) -> str | None:
    """The variable that an action's result of a type goes into."""
    name = variable(node, reader, what)
    if name is not None:
        _told_to_fit(type_, name, node, reader, what)
    return name


def _told_to_fit(given: Type, name: str, place: Node, reader: Reader, what: str) -> None:
    declared = reader.type_of(name)
    if not _fits(given, declared):
        message = f'{what} is {given}, the variable "{name}" is {declared}'
        reader.report("output-type", message, place.span, "let the variable have the output's type")


def _fits(given: Type, declared: Type) -> bool:
    """Whether a variable takes an output as it comes; whole numbers are decimals, too."""
    return ANY in (given, declared) or given == declared or (given, declared) in _WIDER


_WIDER = {("int", "dec"), ("int_coll", "dec_coll")}


def failures(node: Node, reader: Reader, what: str) -> dict[str, str]:
    """Fields of a failure and the variables that they go into."""
    _failure_names(node, reader)
    return bindings(node, reader, what)


def _failure_names(node: Node | None, reader: Reader) -> None:
    for key, _ in node if isinstance(node, Map) else ():
        if key.text not in FAILURE_FIELDS:
            help_ = did_you_mean(key.text, FAILURE_FIELDS)
            reader.report("unknown-data-output", f'a failure has no field "{key.text}"', key.span, help_)


def results(node: Node, reader: Reader, what: str) -> dict[str, str]:
    """Whatever is bound to a variable below a node that nobody has described: by the key that it stands under, or the
    name that stands beside it."""
    found: dict[str, str] = {}
    if isinstance(node, Seq):
        for item in node.items:
            found.update(results(item, reader, what))
    elif isinstance(node, Map):
        name, target = node.get("name"), node.get("variable")
        if isinstance(name, Scalar) and target is not None and (taken := variable(target, reader, what)):
            found[name.text] = taken
        for key, inner in node:
            if isinstance(inner, Map) and "var" in inner:
                label = name.text if isinstance(name, Scalar) and key.text == "value" else key.text
                if taken := variable(inner, reader, f'"{label}"'):
                    found[label] = taken
            elif key.text not in ("actions", "name", "variable"):
                found.update(results(inner, reader, what))
    return found


def flag(node: Node, reader: Reader, what: str) -> bool | None:
    """A bare true or false; a ``lit`` is unwrapped."""
    inner = node.get("lit") if isinstance(node, Map) else node
    if isinstance(inner, Scalar) and isinstance(inner.value, bool):
        return inner.value
    if isinstance(node, Map) and "noValue" in node:
        return None
    reader.report("bad-literal", f"{what} must be true or false", node.span, "write true or false, without quotes")
    return None
