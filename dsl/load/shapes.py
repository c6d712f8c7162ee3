"""Shapes of parameters that are more than one value (flow-format.md §9), each as a small function.

What each gives is what ``Action.settings`` holds under the parameter's name:

==============  ======================================================================================
inputs          mapping name -> Value
bindings        mapping output path -> variable name
statements      tuple of (type code, variable name, Value)
setAttributes   tuple of (name Value, value Value)
getAttributes   tuple of (name Value, variable name)
skills          a Value (collection), or a tuple of Values
digits          (min, max, terminating keys), each an int or a Value; keys a text
dataAction      {integration, action, inputs, successOutputs, failureOutputs}
dataTable       {table, foundOutputs, failureOutputs}
module          {name, version, inputs, outputs}
screenPop       {script, inputs}
schedule        {kind: schedule | emergencyGroup, selected: Value, zone: Value | None, at: Value | None}
evaluate        Value of the instant, or None for now
named           the name as a text
playStyle       Value of the duration, or None for the whole prompt
results         mapping output -> variable name, in whatever form
any             the positioned node as it is
==============  ======================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from dsl.expressions import annotate, parse
from dsl.expressions.builtins import BUILTINS, READ_ONLY_SCOPES
from dsl.expressions.tree import Node as Expression
from dsl.expressions.types import ANY, Type, type_of_variable
from dsl.inventory import ActionContract, FlowInterface
from dsl.load.reader import MISSPELT, Reader, is_nothing
from dsl.load.values import left_over, literal_of, read_value
from dsl.load.variable_types import read_type
from dsl.model import Form, Value
from dsl.source import Diagnostic, Key, Map, Node, Scalar, Seq, Severity, Span, did_you_mean, nearest

Shape = Callable[[Node, Reader, str], Any]

FAILURE_FIELDS = (
    "errorCode status correlationId entityId entityName userMessage userParamsMessage userParams.key userParams.value "
    "details.errorCode details.fieldName details.entityId details.entityName errorType errorMessage"
).split()


def entries(node: Node | None, reader: Reader, what: str) -> list[tuple[str, Node, Map]]:
    """(key, value, item) of a list of single-key mappings."""
    if node is None or is_nothing(node):
        return []
    if not isinstance(node, Seq):
        reader.report("wrong-kind", f"{what} must be a list", node.span)
        return []
    found = []
    for item in node.items:
        if not isinstance(item, Map) or not len(item):
            reader.report("wrong-kind", f"an entry of {what} must be a mapping with one key", item.span)
        else:
            if len(item) > 1:
                keys = ", ".join(key.text for key, _ in item)
                reader.report("ambiguous-item", f"an entry of {what} has several keys: {keys}", item.span)
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
        given, declared = (types or {}).get(key.text.casefold(), ANY), reader.type_of(name)
        if not _fits(given, declared):
            message = f'"{key.text}" is {given}, the variable "{name}" is {declared}'
            reader.report("output-type", message, value.span, "let the variable have the output's type")
    return found


def _fits(given: Type, declared: Type) -> bool:
    """Whether a variable takes an output as it comes; whole numbers are decimals, too."""
    return ANY in (given, declared) or given == declared or (given, declared) in _WIDER


_WIDER = {("int", "dec"), ("int_coll", "dec_coll")}


_STATEMENT_KEYS = ("variable", "value")


def statements(node: Node, reader: Reader, what: str) -> tuple[tuple[Type, str, Value], ...]:
    """Assignments in order."""
    return tuple(_statements(node, reader, what, lambda key: read_type(key, "statement", reader)))


def attributes_or_types(node: Node, reader: Reader, what: str) -> tuple[tuple[Type, str, Value], ...]:
    """Statements of a work item, which may name an attribute in the type's place."""
    return tuple(_statements(node, reader, what, lambda key: type_of_variable(key.text)))


def _statements(
    node: Node, reader: Reader, what: str, type_named: Callable[[Key], Type]
) -> Iterator[tuple[Type, str, Value]]:
    for _, body, item in entries(node, reader, what):
        key = item.items[0][0]
        type_ = type_named(key)
        mapping = reader.mapping(body, "a statement")
        if mapping is None:
            continue
        reader.known_keys(mapping, _STATEMENT_KEYS, "a statement")
        place, given = (_part(mapping, name, key, reader) for name in _STATEMENT_KEYS)
        target = variable(place, reader, '"variable"')
        if target is None:
            continue
        declared = reader.type_of(target)
        if type_ != ANY and declared not in (ANY, type_):
            message = f'"{target}" is {declared}, the statement sets {type_}'
            reader.report(
                "type-mismatch", message, (place or mapping).span, "use the statement of the variable's own type"
            )
        value = read_value(given, type_, reader, f'the value of "{target}"')
        if value is not None:
            yield type_, target, value


def _part(statement: Map, name: str, key: Key, reader: Reader) -> Node | None:
    """A statement needs both of its parts."""
    given = statement.get(name)
    if given is None:
        reader.report("missing-parameter", f'a statement needs "{name}"', key.span)
        return reader.misspelt(statement, name, _STATEMENT_KEYS)
    return given


def _attribute_bodies(node: Node, reader: Reader, what: str) -> list[Map]:
    return [body for _, body, _ in entries(node, reader, what) if isinstance(body, Map)]


def set_attributes(node: Node, reader: Reader, what: str) -> tuple[tuple[Value, Value], ...]:
    """Names and values, both texts."""
    found = []
    for body in _attribute_bodies(node, reader, what):
        name = read_value(body.get("name"), Type("str"), reader, "an attribute's name")
        value = read_value(body.get("value"), Type("str"), reader, "an attribute's value")
        if name is not None and value is not None:
            found.append((name, value))
    return tuple(found)


def get_attributes(node: Node, reader: Reader, what: str) -> tuple[tuple[Value, str], ...]:
    """Names and the variables they are read into."""
    found = []
    for body in _attribute_bodies(node, reader, what):
        name = read_value(body.get("name"), Type("str"), reader, "an attribute's name")
        target = variable(body.get("variable"), reader, '"variable"')
        if name is not None and target is not None:
            found.append((name, target))
    return tuple(found)


def skills(node: Node, reader: Reader, what: str) -> Value | tuple[Value, ...] | None:
    """A collection value, or a list of single skills."""
    if not isinstance(node, Seq):
        whole = read_value(node, Type("skl_coll"), reader, what)
        if whole is not None and isinstance(whole.literal, tuple):
            _distinct([(skill, node.span) for skill in whole.literal], node.span, reader)
        return whole
    found: list[Value] = []
    listed = []
    for _, body, item in entries(node, reader, what):
        value = read_value(body, Type("skl"), reader, "a skill")
        if value is not None:
            found.append(value)
            listed.append((value.literal, item.span))
    _distinct(listed, node.span, reader)
    return tuple(found)


def _distinct(skills: list[tuple[Any, Span]], span: Span, reader: Reader) -> None:
    """Report a skill that a list names twice, and a list of more than routing is meant for."""
    seen: set[str] = set()
    for skill, place in skills:
        name = getattr(skill, "name", None)
        if name is not None and name.casefold() in seen:
            reader.report("duplicate-skill", f'the skill "{name}" stands here twice', place, "remove one")
        elif name is not None:
            seen.add(name.casefold())
    if len(skills) > 5:
        message = f"{len(skills)} skills are more than the five that routing is meant for"
        reader.report("too-many-skills", message, span, "leave some out", severity=Severity.WARNING)


FEWEST_DIGITS, MOST_DIGITS, LAST_KEY = 1, 20, "#"
"""An entry whose number of digits nobody gives, and the key that ends it earlier (flow-format.md §9.3)."""


def digits(node: Node, reader: Reader, what: str) -> tuple[Value | None, Value | None, str] | None:
    """``{exact: n}`` or ``{range: {min, max, terminatingDtmf}}``: the fewest and the most, None where it does not say,
    and the key that ends it earlier."""
    body = reader.mapping(node, what)
    if body is None:
        return None
    exact = body.get("exact")
    if exact is not None:
        number = _digit_count(exact, reader)
        return (number, number, "")
    inner = reader.mapping(body.get("range"), '"range"')
    if inner is None:
        return None
    low, high = _digit_count(inner.get("min"), reader), _digit_count(inner.get("max"), reader)
    fewest = FEWEST_DIGITS if low is None else literal_of(low)
    most = MOST_DIGITS if high is None else literal_of(high)
    if isinstance(fewest, int) and isinstance(most, int) and fewest > most:
        reader.report("out-of-range", f"at least {fewest} digits are more than the {most} at most", inner.span)
    key = inner.get("terminatingDtmf")
    terminator = LAST_KEY if key is None else phone_key(key, reader)
    return (low, high, terminator or "")


KEY_NAMES = {"star": "*", "pound": "#"}
"""Keys of the telephone that some files write as words: ``digit_star``."""


def phone_key(node: Node, reader: Reader) -> str | None:
    """A key of the telephone, ``digit_#`` or short ``#``; None for ``none``."""
    text = reader.text(node, "a key of the telephone")
    name = (text or "none").removeprefix("digit_")
    key = KEY_NAMES.get(name.casefold(), name)
    if key in set("0123456789*#"):
        return key
    if key != "none":
        help_ = "write digit_0 to digit_9, digit_* or digit_#"
        reader.report("bad-literal", f'"{text}" is no key of the telephone', node.span, help_)
    return None


def _digit_count(node: Node | None, reader: Reader) -> Value | None:
    """A number of digits: usually bare."""
    if node is None or isinstance(node, Map):
        return read_value(node, Type("int"), reader, "the number of digits")
    if isinstance(node, Scalar) and re.fullmatch(r"-?\d{1,9}", node.text.strip()):
        number = Expression("lit", 1, Type("int"), value=int(node.text))
        return Value(Form.LITERAL, node.span, Type("int"), literal=number.value, expression=number, node=node)
    reader.report("bad-literal", "the number of digits must be a whole number", node.span)
    return None


def data_action(node: Node, reader: Reader, what: str) -> dict[str, Any] | None:
    """``{<Integration>: {dataAction: {<Action>: {inputs, successOutputs, failureOutputs}}}}``."""
    category = reader.mapping(node, what)
    if category is None or not len(category):
        return None
    key, inner = category.items[0]
    body = reader.mapping(inner, f'"{key.text}"')
    actions = next((value for name, value in body or () if isinstance(value, Map)), None)
    if not isinstance(actions, Map) or not len(actions):
        reader.report("missing-parameter", f'"{key.text}" names no data action', key.span)
        return None
    action_key, settings = actions.items[0]
    for name in (key, action_key):
        if left_over(name.text):
            reader.report("leftover-placeholder", f'"{name.text}" was never filled in', name.span)
    details = settings if isinstance(settings, Map) else Map((), settings.span)
    contract = _contract(key.text, action_key.text, key.span, action_key.span, reader)
    types = {f.name.casefold(): Type(f.type) for f in contract.inputs} if contract else None
    results = {f.name.casefold(): Type(f.type) for f in contract.outputs} if contract else None
    given = inputs(details.get("inputs") or Map((), settings.span), reader, '"inputs"', types)
    found = {
        "integration": key.text,
        "action": action_key.text,
        "inputs": given,
        "successOutputs": bindings(
            details.get("successOutputs") or Map((), settings.span), reader, '"successOutputs"', results
        ),
        "failureOutputs": failures(details.get("failureOutputs") or Map((), settings.span), reader, '"failureOutputs"'),
    }
    if contract is not None:
        _against_contract(contract, details, reader)
    return found


def _contract(integration: str, action: str, place: Any, action_place: Any, reader: Reader) -> ActionContract | None:
    inventory = reader.inventory
    if inventory.actions is None:
        return None
    known = inventory.integrations
    if known is not None and integration.casefold() not in known:
        names = {contract.integration for contract in inventory.actions.values()}
        help_ = did_you_mean(integration, names)
        reader.report("unknown-integration", f'unknown integration "{integration}"', place, help_)
        return None
    contract = inventory.action(integration, action)
    if contract is None:
        names = {c.name for c in inventory.actions.values() if c.integration.casefold() == integration.casefold()}
        message = f'"{integration}" has no data action "{action}"'
        reader.report("unknown-data-action", message, action_place, did_you_mean(action, names))
    return contract


def _against_contract(contract: ActionContract, details: Map, reader: Reader) -> None:
    known = {f.name.casefold(): f for f in contract.inputs}
    for key, _ in reader.mapping(details.get("inputs"), '"inputs"') or ():
        if key.text.casefold() not in known:
            help_ = did_you_mean(key.text, [f.name for f in contract.inputs])
            reader.report("unknown-data-input", f'"{contract.name}" has no input "{key.text}"', key.span, help_)
    node = details.get("inputs")
    given = {key.text.casefold() for key, _ in (node if isinstance(node, Map) else ())}
    for field in contract.inputs:
        if field.required and field.name.casefold() not in given:
            message = f'"{contract.name}" needs the input "{field.name}"'
            reader.report("missing-input", message, details.span, f"add it under inputs: {field.name}")
    if contract.open_outputs:
        return
    outputs = {f.name.casefold() for f in contract.outputs}
    for key, _ in reader.mapping(details.get("successOutputs"), '"successOutputs"') or ():
        if key.text.casefold() not in outputs:
            help_ = did_you_mean(key.text, [f.name for f in contract.outputs])
            reader.report("unknown-data-output", f'"{contract.name}" has no output "{key.text}"', key.span, help_)


def failures(node: Node, reader: Reader, what: str) -> dict[str, str]:
    """Fields of a failure and the variables that they go into."""
    _failure_names(node, reader)
    return bindings(node, reader, what)


def _failure_names(node: Node | None, reader: Reader) -> None:
    for key, _ in node if isinstance(node, Map) else ():
        if key.text not in FAILURE_FIELDS:
            help_ = did_you_mean(key.text, FAILURE_FIELDS)
            reader.report("unknown-data-output", f'a failure has no field "{key.text}"', key.span, help_)


def data_table(node: Node, reader: Reader, what: str) -> dict[str, Any] | None:
    """``{<Table>: {foundOutputs, failureOutputs}}``."""
    body = reader.mapping(node, what)
    if body is None or not len(body):
        return None
    key, inner = body.items[0]
    details = inner if isinstance(inner, Map) else Map((), inner.span)
    tables = reader.inventory.data_tables
    columns = None
    if tables is not None:
        columns = next((c for name, c in tables.items() if name.casefold() == key.text.casefold()), None)
        if columns is None:
            help_ = did_you_mean(key.text, tables)
            reader.report("unknown-data-table", f'unknown data table "{key.text}"', key.span, help_)
    for column, _ in reader.mapping(details.get("foundOutputs"), '"foundOutputs"') or ():
        if columns is not None and column.text not in columns:
            message = f'the data table "{key.text}" has no column "{column.text}"'
            reader.report("unknown-data-table-column", message, column.span, did_you_mean(column.text, columns))
    empty = Map((), inner.span)
    return {
        "table": key.text,
        "foundOutputs": bindings(details.get("foundOutputs") or empty, reader, '"foundOutputs"'),
        "failureOutputs": failures(details.get("failureOutputs") or empty, reader, '"failureOutputs"'),
    }


_LATEST = "ver_latestPublished"


def module(node: Node, reader: Reader, what: str) -> dict[str, Any] | None:
    """``{<Name>: {ver_latestPublished: {inputs, outputs}}}``."""
    body = reader.mapping(node, what)
    if body is None or not len(body):
        return None
    key, versions = body.items[0]
    version_body = reader.mapping(versions, f'"{key.text}"')
    for part, _ in version_body or ():
        if not part.text.startswith("ver_") or nearest(part.text, (_LATEST,), cutoff=MISSPELT) not in (None, part.text):
            message = f'"{part.text}" is no version of "{key.text}"'
            reader.report("unknown-key", message, part.span, f"put it below {_LATEST}")
    version, details = version_body.items[0] if version_body is not None and len(version_body) else (None, None)
    inner = details if isinstance(details, Map) else Map((), body.span)
    known = _interface(key.text, reader)
    outputs = bindings(
        inner.get("outputs") or Map((), body.span), reader, '"outputs"', _types(known.outputs if known else None)
    )
    reason = variable(inner.get("exitReason"), reader, '"exitReason"')
    return {
        "name": key.text,
        "version": version.text if version else _LATEST,
        "inputs": inputs(
            inner.get("inputs") or Map((), body.span), reader, '"inputs"', _types(known.inputs if known else None)
        ),
        "outputs": outputs if reason is None else {**outputs, "exitReason": reason},
    }


def _interface(flow: str, reader: Reader) -> FlowInterface | None:
    """What another flow publishes, where it is known."""
    known = reader.inventory.flows or {}
    return next((interface for name, interface in known.items() if name.casefold() == flow.casefold()), None)


def _types(published: Mapping[str, str] | None) -> Mapping[str, Type] | None:
    return {name.casefold(): Type(code) for name, code in published.items()} if published else None


def screen_pop(node: Node, reader: Reader, what: str) -> dict[str, Any] | None:
    """``{<Script>: {inputs}}``."""
    body = reader.mapping(node, what)
    if body is None or not len(body):
        return None
    key, inner = body.items[0]
    known = reader.inventory.known("script")
    if known is not None and key.text.casefold() not in {name.casefold() for name in known}:
        reader.report("unknown-script", f'unknown script "{key.text}"', key.span, did_you_mean(key.text, known))
    given = inner.get("inputs") if isinstance(inner, Map) else None
    return {"script": key.text, "inputs": inputs(given or Map((), body.span), reader, '"inputs"')}


def evaluate_at(node: Node, reader: Reader, what: str) -> Value | None:
    """``{now: true}`` or ``{dateTime: V}``."""
    body = reader.mapping(node, what)
    return read_value(body.get("dateTime"), Type("dtm"), reader, '"dateTime"') if body is not None else None


def schedule(node: Node, reader: Reader, what: str) -> dict[str, Any] | None:
    """``{schedule: {selectedSchedule, scheduleTimeZone, evaluate}}`` or ``{emergencyGroup: {...}}``."""
    body = reader.mapping(node, what)
    if body is None or not len(body):
        return None
    key, inner = body.items[0]
    details = reader.mapping(inner, f'"{key.text}"') or Map((), body.span)
    emergency = key.text == "emergencyGroup"
    type_ = Type("cpx_emergencyGroup" if emergency else "cpx_schedule")
    selected = details.get("emergencyGroup" if emergency else "selectedSchedule") or details.get("emergencyGroup")
    evaluate = details.get("evaluate")
    return {
        "kind": key.text,
        "selected": read_value(selected, type_, reader, "the schedule"),
        "zone": read_value(details.get("scheduleTimeZone"), Type("str"), reader, '"scheduleTimeZone"'),
        "at": evaluate_at(evaluate, reader, '"evaluate"') if evaluate else None,
    }


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


def named(node: Node, reader: Reader, what: str) -> str | None:
    """``{name: X}`` or a bare name."""
    return reader.text(node, what)


def play_style(node: Node, reader: Reader, what: str) -> Value | None:
    """``{entirePrompt: true}`` or ``{duration: V}``."""
    body = reader.mapping(node, what)
    return read_value(body.get("duration"), Type("dur"), reader, '"duration"') if body is not None else None


def anything(node: Node, reader: Reader, what: str) -> Node:
    """The node as it is."""
    return node


def flag(node: Node, reader: Reader, what: str) -> bool | None:
    """A bare true or false; a ``lit`` is unwrapped."""
    inner = node.get("lit") if isinstance(node, Map) else node
    if isinstance(inner, Scalar) and isinstance(inner.value, bool):
        return inner.value
    if isinstance(node, Map) and "noValue" in node:
        return None
    reader.report("bad-literal", f"{what} must be true or false", node.span, "write true or false, without quotes")
    return None


SHAPES: Mapping[str, Shape] = {
    "inputs": inputs,
    "bindings": bindings,
    "failures": failures,
    "statements": statements,
    "workitemStatements": attributes_or_types,
    "setAttributes": set_attributes,
    "getAttributes": get_attributes,
    "skills": skills,
    "digits": digits,
    "dataAction": data_action,
    "dataTable": data_table,
    "module": module,
    "screenPop": screen_pop,
    "schedule": schedule,
    "evaluate": evaluate_at,
    "named": named,
    "playStyle": play_style,
    "results": results,
    "destination": anything,
    "any": anything,
    "flag": flag,
    "switch": anything,
    "untilCases": anything,
}
"""Every shape by the word that the catalogue uses."""
