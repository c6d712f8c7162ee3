"""The few shapes of JSON Schema that all our schemas are made of.

Only keywords that mean the same in draft-07 and 2020-12 are used, and no ``oneOf``: editors complete from
``properties``, and a misspelt key is then reported where it stands (authoring.md §6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]  # a JSON Schema document or a part of one

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ANYTHING: Schema = {}
TEXT: Schema = {"type": ["string", "number", "boolean"]}
"""A text; YAML reads an unquoted number or true as something else, and the reader takes its text all the same."""

FLAG: Schema = {"type": "boolean"}


def titled(title: str, schema: Schema, description: str | None = None) -> Schema:
    """The schema under a name of its own, which editors show, with its description."""
    return {"title": title, **described(schema, description)}


def described(schema: Schema, description: str | None) -> Schema:
    """The schema with a description that editors show; none when there is nothing to say."""
    return {"description": description, **schema} if description else schema


def ref(name: str) -> Schema:
    """A reference to one of the document's definitions."""
    return {"$ref": f"#/$defs/{name}"}


def words(allowed: Iterable[str | bool]) -> Schema:
    """One of these words."""
    return {"enum": list(allowed)}


def whole(low: int | None = None, high: int | None = None) -> Schema:
    """A whole number within limits."""
    limits = {"minimum": low, "maximum": high}
    return {"type": "integer", **{name: limit for name, limit in limits.items() if limit is not None}}


def listed(items: Schema, *, least: int = 0) -> Schema:
    """A list of such items."""
    return {"type": "array", "items": items, **({"minItems": least} if least else {})}


def record(
    properties: Mapping[str, Schema],
    required: Iterable[str] = (),
    *,
    rest: Schema | bool = False,
    nullable: bool = False,
) -> Schema:
    """A mapping with these keys; ``rest`` is what any other key may hold (false: there is none)."""
    found: Schema = {"type": ["object", "null"] if nullable else "object", "properties": dict(properties)}
    found["additionalProperties"] = rest
    if needed := list(required):
        found["required"] = needed
    return found


def mapped(values: Schema) -> Schema:
    """A mapping from names of the author's own to such values."""
    return {"type": "object", "additionalProperties": values}


def one_key(entries: Mapping[str, Schema], *, rest: Schema | bool = False) -> Schema:
    """A mapping with exactly one key, as the items of Archy's lists are."""
    return {**at_most_one(record(entries, rest=rest)), "minProperties": 1}


def at_most_one(schema: Schema) -> Schema:
    """A mapping with no more than one key.

    The limit stands apart, because the YAML language server offers nothing in an empty mapping that has one itself.
    """
    return {**schema, "allOf": [{"maxProperties": 1}]}


def short(*types: str, schema: Schema) -> Schema:
    """A mapping that may also be written in short, as one of these simple types."""
    own = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": list(dict.fromkeys([*own, *types]))}


def document(name: str, title: str, root: Schema, definitions: Mapping[str, Schema] | None = None) -> Schema:
    """A whole schema document."""
    head: Schema = {"$schema": DIALECT, "$id": f"urn:callwright:schema:{name}", "title": title}
    return {**head, **root, **({"$defs": dict(definitions)} if definitions else {})}
