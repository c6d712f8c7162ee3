"""Variables of a flow and of its containers, and names that only outputs write (flow-format.md §5)."""

from __future__ import annotations

from dsl.expressions import Declared
from dsl.expressions.types import ANY, Type, type_of_variable
from dsl.load.binding import entries, flag
from dsl.load.reader import Reader
from dsl.load.values import read_value
from dsl.load.variable_types import check_name, is_variable_type, read_type
from dsl.model import Variable
from dsl.source import Map, Node, Note, Scalar, Seq

_KEYS = ("name", "description", "initialValue", "isInput", "isOutput", "isSecure")
_CREATED = frozenset("flow task state slot common session bot workflow".split())


def _said(body: Node) -> str:
    """The type that a variable says of itself, where its key should say it."""
    said = body.get("type") if isinstance(body, Map) else None
    return said.text[:1].lower() + said.text[1:] if isinstance(said, Scalar) else ""


def read_variables(node: Node | None, scope: str, reader: Reader) -> tuple[Variable, ...]:
    """The variables of a list, declared from here on; ``scope`` is the container's kind, or ``flow``."""
    found: dict[str, Variable] = {}
    for _, body, item in entries(node, reader, '"variables"'):
        key = item.items[0][0]
        type_ = read_type(key, "variable", reader, "Variable", _said(body) if key.text == "variable" else "")
        details = reader.mapping(body, "a variable")
        if details is None:
            continue
        reader.known_keys(details, _KEYS, "a variable", needed=("name",))
        place = reader.needed(details, "name", _KEYS, "a variable", item.items[0][0].span)
        name = reader.text(place, "a variable's name")
        if not name or place is None:
            continue
        check_name(name, scope, place, reader)
        previous = found.get(name.lower())
        if previous is not None:
            note = Note(previous.span, "first declared here")
            message = f'the variable "{name}" is declared twice'
            reader.report("duplicate-key", message, place.span, notes=(note,))
        initial = read_value(details.get("initialValue"), type_, reader, '"initialValue"')
        flags = {part: is_set(details, part, reader) for part in ("isInput", "isOutput", "isSecure")}
        found[name.lower()] = Variable(
            name, type_, place.span, initial, flags["isInput"], flags["isOutput"], flags["isSecure"]
        )
    reader.declare({key: Declared(v.name, v.type, v.is_secure) for key, v in found.items()})
    return tuple(found.values())


def is_set(body: Map, name: str, reader: Reader) -> bool:
    """Whether a flag is there and true."""
    node = body.get(name)
    return node is not None and flag(node, reader, f'"{name}"') is True


def declare_outputs(body: Map, reader: Reader) -> None:
    """Names that only outputs write exist all the same; they are declared as they are met (expressions.md
    §3.1)."""
    found: dict[str, Declared] = {}
    for name, type_ in _written_names(body):
        lowered = name.lower()
        scope = lowered.partition(".")[0]
        if "." not in name or scope not in _CREATED:
            continue
        if reader.scope.variable(name) is None and (lowered not in found or found[lowered].type == ANY):
            found[lowered] = Declared(name, type_)
    declared_locally = _declared_names(body) if found else set()
    created = {key: value for key, value in found.items() if key not in declared_locally}
    reader.declare(created)
    reader.created = frozenset(created)
    reader.undeclared = {key for key in created if not key.startswith(("slot.", "session."))}


def _written_names(node: Node) -> list[tuple[str, Type]]:
    """Every variable that an output binding or a statement writes, with the statement's type where there is
    one."""
    found: list[tuple[str, Type]] = []
    _collect_written(node, found)
    return found


def _collect_written(node: Node, found: list[tuple[str, Type]]) -> None:
    if isinstance(node, Map):
        for key, value in node.items:
            if isinstance(value, Scalar):
                if key.text == "var":
                    found.append((value.text.strip(), ANY))
                continue
            if isinstance(value, Map) and isinstance(target := value.get("variable"), Scalar):
                type_ = type_of_variable(key.text) if is_variable_type(key.text) else ANY
                found.append((target.text.strip(), type_))
            _collect_written(value, found)
    elif isinstance(node, Seq):
        for item in node.items:
            if not isinstance(item, Scalar):
                _collect_written(item, found)


def _declared_names(node: Node) -> set[str]:
    """Names that are declared anywhere below, in lower case."""
    found: set[str] = set()
    left = [node]
    while left:
        part = left.pop()
        if isinstance(part, Seq):
            left.extend(item for item in part.items if not isinstance(item, Scalar))
            continue
        for key, value in part.items if isinstance(part, Map) else ():
            if isinstance(value, Scalar):
                continue
            left.append(value)
            if key.text.endswith("Variable") and isinstance(value, Map):
                name = value.get("name")
                if isinstance(name, Scalar):
                    found.add(name.text.lower())
    return found
