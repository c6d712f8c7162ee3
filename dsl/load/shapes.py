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
from typing import Any

from dsl.expressions.tree import Node as Expression
from dsl.expressions.types import ANY, Type, type_of_variable
from dsl.inventory import ActionContract, FlowInterface
from dsl.load.binding import bindings, entries, failures, flag, inputs, results, variable
from dsl.load.reader import MISSPELT, Reader, slip_of
from dsl.load.structure import VERSION
from dsl.load.values import left_over, literal_of, read_value
from dsl.load.variable_types import read_type
from dsl.model import Form, Value
from dsl.source import Key, Map, Node, Scalar, Seq, Severity, Span, did_you_mean, nearest

Shape = Callable[[Node, Reader, str], Any]

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
        reader.known_keys(mapping, _STATEMENT_KEYS, "a statement", needed=_STATEMENT_KEYS)
        place, given = (
            reader.needed(mapping, name, _STATEMENT_KEYS, "a statement", key.span) for name in _STATEMENT_KEYS
        )
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
    if exact is not None and "range" in body:
        reader.report("bad-value", f"{what} are given twice, by exact and by range", node.span, "keep one of them")
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
    names = [field.name for field in contract.inputs]
    known = {name.casefold() for name in names}
    body = reader.mapping(details.get("inputs"), '"inputs"') or Map((), details.span)
    given = {key.text.casefold() for key, _ in body}
    strangers = Map(tuple(item for item in body if item[0].text.casefold() not in known), body.span)
    slips = []
    for field in contract.inputs:
        if not field.required or field.name.casefold() in given:
            continue
        message = f'"{contract.name}" needs the input "{field.name}"'
        slip = slip_of(field.name, strangers, names)
        if slip is None:
            reader.report("missing-input", message, details.span, f"add it under inputs: {field.name}")
        else:
            slips.append(slip)
            reader.report("missing-input", f'{message}, not "{slip.text}"', slip.span, f'write "{field.name}"')
    for key, _ in strangers:
        if key not in slips:
            message = f'"{contract.name}" has no input "{key.text}"'
            reader.report("unknown-data-input", message, key.span, did_you_mean(key.text, names))
    if contract.open_outputs:
        return
    outputs = {f.name.casefold() for f in contract.outputs}
    for key, _ in reader.mapping(details.get("successOutputs"), '"successOutputs"') or ():
        if key.text.casefold() not in outputs:
            help_ = did_you_mean(key.text, [f.name for f in contract.outputs])
            reader.report("unknown-data-output", f'"{contract.name}" has no output "{key.text}"', key.span, help_)


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
        "foundOutputs": bindings(details.get("foundOutputs") or empty, reader, '"foundOutputs"', _types(columns)),
        "failureOutputs": failures(details.get("failureOutputs") or empty, reader, '"failureOutputs"'),
    }


_LATEST = "ver_latestPublished"


def module(node: Node, reader: Reader, what: str) -> dict[str, Any] | None:
    """``{<Name>: {ver_latestPublished: {inputs, outputs}}}``."""
    body = reader.mapping(node, what)
    if body is None or not len(body):
        return None
    key, versions = body.items[0]
    version_body = reader.mapping(versions, f'"{key.text}"') or Map((), versions.span)
    version, inner = _version(key.text, version_body, reader)
    known = _interface(key.text, reader)
    outputs = bindings(
        inner.get("outputs") or Map((), body.span), reader, '"outputs"', _types(known.outputs if known else None)
    )
    reason = variable(inner.get("exitReason"), reader, '"exitReason"')
    return {
        "name": key.text,
        "version": version,
        "inputs": inputs(
            inner.get("inputs") or Map((), body.span), reader, '"inputs"', _types(known.inputs if known else None)
        ),
        "outputs": outputs if reason is None else {**outputs, "exitReason": reason},
    }


def _version(flow: str, versions: Map, reader: Reader) -> tuple[str, Map]:
    """The version that is called, and what it is given; where its level has been left out, the newest."""
    named = [(part, node) for part, node in versions if part.text.startswith(VERSION)]
    strangers = [part for part, _ in versions if not part.text.startswith(VERSION)]
    for part, _ in named:
        if nearest(part.text, (_LATEST,), cutoff=MISSPELT) not in (None, part.text):
            message = f'"{part.text}" is no version of "{flow}"'
            reader.report("unknown-key", message, part.span, f'did you mean "{_LATEST}"?')
    if strangers:
        told = " and ".join(f'"{part.text}"' for part in strangers)
        several = len(strangers) > 1
        message = f'{told} {"are no versions" if several else "is no version"} of "{flow}"'
        help_ = f"put {'them' if several else 'it'} below {_LATEST}"
        reader.report("unknown-key", message, strangers[0].span, help_)
    if not named:
        return _LATEST, versions
    version, details = named[0]
    return version.text, details if isinstance(details, Map) else Map((), versions.span)


_CALLABLE = frozenset({"commonModule", "botFlow", "digitalBot", "voice"})


def _interface(flow: str, reader: Reader) -> FlowInterface | None:
    """What another flow publishes, where it is known."""
    return reader.inventory.flow(flow, _CALLABLE)


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
