"""Contracts: the JSON Schema dialect of data actions, and what a flow sees of it (data-actions.md §2.3, §7.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from connectors.model import DataAction, Schema
from dsl.inventory import ActionContract, Field
from dsl.source.tree import Plain

MAX_DEPTH = 50
"""Levels of any JSON document (data-actions.md §2.3)."""

TYPE_CODES: Mapping[str, str] = {"string": "str", "integer": "int", "number": "dec", "boolean": "bln"}


@dataclass(frozen=True, slots=True)
class Slot:
    """One output: its dotted ``name``, the way to it, its schema type, and whether it is a collection.

    The way is a sequence of member names; ``ITEMS`` stands for "each element".
    """

    name: str
    way: tuple[str, ...]
    type: str
    is_collection: bool
    sensitive: bool = False


ITEMS = "[]"
"""A step of a way: every element of the list."""


def contract_of(action: DataAction, integration: str | None = None) -> ActionContract:
    """The contract as flows are checked against, under the action's own integration or another one of its type."""
    return ActionContract(
        integration=integration or action.integration,
        name=action.name,
        inputs=tuple(
            Field(
                name,
                type_code(kind_of(schema)),
                name in action.inputs.required,
                str(schema.get("description") or ""),
                schema.get("sensitive") is True,
            )
            for name, schema in action.inputs.properties.items()
        ),
        outputs=tuple(
            Field(slot.name, type_code(slot.type) + ("_coll" if slot.is_collection else ""), sensitive=slot.sensitive)
            for slot in slots_of(action.outputs)
        ),
        secure=action.secure,
        open_outputs=has_open_outputs(action),
        span=action.span,
    )


def has_open_outputs(action: DataAction) -> bool:
    """Whether outputs beyond the listed ones reach the flow: an open object in an action that says so.

    Vendor exports say ``additionalProperties: true`` nearly always, and there extra data is invisible to flows.
    """
    return action.labels.get("openOutputs") is True and action.outputs.document.get("additionalProperties") is not False


def type_code(schema_type: str) -> str:
    """The expression language's code of a schema type; ``any`` where the schema leaves it open."""
    return TYPE_CODES.get(schema_type, "any")


def kind_of(schema: Mapping[str, Plain]) -> str:
    """The type a schema means: the first that is not null of several, ``object`` where there are properties."""
    given = schema.get("type")
    if isinstance(given, list):
        given = next((name for name in given if name not in (None, "null")), None)
    if isinstance(given, str):
        return given
    return "object" if "properties" in schema else "array" if "items" in schema else ""


def slots_of(schema: Schema) -> tuple[Slot, ...]:
    """The flattened outputs: dotted names, parallel collections below lists, bare names for a list at the root.

    Found once per loaded action.
    """
    return _found_slots(_Same(schema))


@lru_cache(maxsize=1024)
def _found_slots(same: _Same) -> tuple[Slot, ...]:
    document = same.schema.document
    if kind_of(document) == "array":
        items = _items(document)
        if kind_of(items) not in ("object", "array"):
            return (Slot("items", (ITEMS,), kind_of(items), True),)
        return tuple(_slots(items, (), (ITEMS,), within_list=True))
    return tuple(_slots(document, (), (), within_list=False))


def _slots(
    schema: Mapping[str, Any], names: tuple[str, ...], way: tuple[str, ...], *, within_list: bool
) -> Iterator[Slot]:
    properties = schema.get("properties")
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        if not isinstance(inner, dict):
            continue
        kind, path, to = kind_of(inner), (*names, name), (*way, name)
        items = _items(inner)
        if kind == "object":
            yield from _slots(inner, path, to, within_list=within_list)
        elif kind == "array" and kind_of(items) == "object":
            yield from _slots(items, path, (*to, ITEMS), within_list=True)
        elif kind == "array":
            yield Slot(".".join(path), (*to, ITEMS), kind_of(items), True, inner.get("sensitive") is True)
        else:
            yield Slot(".".join(path), to, kind, within_list, inner.get("sensitive") is True)


def _items(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the elements; of the older list form the first one."""
    items = schema.get("items")
    if isinstance(items, list):
        items = items[0] if items else None
    return items if isinstance(items, dict) else {}


def without_null_types(schema: Any) -> Any:
    """The schema without ``"type": null``, which is no JSON Schema and stops the validator."""
    if isinstance(schema, dict):
        return {k: without_null_types(v) for k, v in schema.items() if not (k == "type" and v is None)}
    return [without_null_types(item) for item in schema] if isinstance(schema, list) else schema


_PLAIN: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_ANNOTATIONS = frozenset({"type", "title", "description", "default", "sensitive"})
_OBJECT_KEYS = frozenset({"$schema", "id", "type", "title", "description", "properties", "required"})


@dataclass(frozen=True, slots=True)
class PlainObject:
    """What nearly all input contracts are: an object of scalars, each with one type and nothing else to hold.

    It accepts at once what is surely valid; whatever it does not accept the validator judges, and explains.
    """

    types: Mapping[str, tuple[type, ...]]
    required: tuple[str, ...]
    is_open: bool

    @classmethod
    def of(cls, schema: Mapping[str, Any]) -> PlainObject | None:
        """The plain form of a schema, None where there is more to it."""
        more = schema.get("additionalProperties", True)
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if schema.get("type") != "object" or schema.keys() - _OBJECT_KEYS - {"additionalProperties"}:
            return None
        if not isinstance(more, bool) or not isinstance(properties, dict) or not isinstance(required, list):
            return None
        types = {}
        for name, inner in properties.items():
            kind = inner.get("type") if isinstance(inner, dict) else None
            if not isinstance(kind, str) or kind not in _PLAIN or inner.keys() - _ANNOTATIONS:
                return None
            types[name] = _PLAIN[kind]
        return cls(types, tuple(required), more)

    def accepts(self, document: Any) -> bool:
        """Whether the document is surely valid."""
        if type(document) is not dict:
            return False
        types = self.types
        for name, value in document.items():
            wanted = types.get(name)
            if type(value) not in wanted if wanted is not None else not self.is_open:
                return False
        return all(name in document for name in self.required)


class Validator:
    """A compiled schema: draft 4 where the schema says so or says nothing (data-actions.md §2.3)."""

    def __init__(self, schema: Mapping[str, Plain]) -> None:
        import jsonschema

        document = without_null_types(dict(schema))
        declared = str(document.get("$schema", ""))
        kind: Any = jsonschema.Draft4Validator
        if declared and "draft-04" not in declared:
            kind = jsonschema.validators.validator_for(document, default=kind)
        self._validator = kind(document)
        self._plain = PlainObject.of(document)

    def problem(self, document: Any) -> str | None:
        """The first problem in one sentence, naming the property and never its value; None when all is well."""
        if self._plain is not None and self._plain.accepts(document):
            return None
        for error in self._validator.iter_errors(document):
            place = ".".join(str(part) for part in error.absolute_path)
            return _sentence(error, f'"{place}"' if place else "the value")
        return None


def _sentence(error: Any, place: str) -> str:
    if error.validator == "required":
        missing = next((name for name in error.validator_value if name not in error.instance), "?")
        return f'"{missing}" is required'
    if error.validator == "type":
        return f"{place} is not of type {error.validator_value}"
    if error.validator == "additionalProperties":
        return f"{place} has a property that the contract does not know"
    return f"{place} does not fit {error.validator}: {error.validator_value}"


@dataclass(frozen=True, slots=True, eq=False)
class _Same:
    """A schema compared by identity: schemas hold mappings, which have no hash."""

    schema: Schema

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.schema is other.schema

    def __hash__(self) -> int:
        return id(self.schema)


@lru_cache(maxsize=1024)
def _compiled(same: _Same) -> Validator:
    return Validator(same.schema.document)


def validator_of(schema: Schema) -> Validator:
    """The validator of a schema, compiled once per loaded action."""
    return _compiled(_Same(schema))


def integral(value: Any) -> Any:
    """Integral floats as integers all the way down: draft 4 says that ``5.0`` is none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: integral(item) for key, item in value.items()}
    return [integral(item) for item in value] if isinstance(value, list) else value


def depth(value: Any) -> int:
    """Levels of nesting; a scalar has none."""
    level, level_values = 0, [value]
    while level_values:
        inner = [item for item in level_values if isinstance(item, dict | list)]
        if not inner or level > MAX_DEPTH:
            return level
        level += 1
        level_values = [child for item in inner for child in (item.values() if isinstance(item, dict) else item)]
    return level
