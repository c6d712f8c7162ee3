"""Rules about the contract (data-actions.md §2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.contract import MAX_DEPTH, kind_of
from connectors.model import Schema, pointer_of
from dsl.source import Diagnostic, Map, Node, Scalar, Seq, Span, finding, plain

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
RESERVED = frozenset({"orgId", "integrationId", "rawRequest"})


def property_span(schema: Schema, name: str) -> Span:
    """Where a property of the root stands: its key, or the schema."""
    node = schema.node.get("properties") if isinstance(schema.node, Map) else None
    key = node.key(name) if isinstance(node, Map) else None
    return key.span if key else schema.span


def contract(inputs: Schema, outputs: Schema, *, may_be_open: bool = False) -> Iterator[Diagnostic]:
    """Findings of both sides; ``may_be_open`` for actions whose further outputs do reach the flow."""
    for schema, pointer in ((inputs, "/contract/input/inputSchema"), (outputs, "/contract/output/successSchema")):
        if schema.node is not None:
            yield from _everywhere(schema.node, pointer, 0)
    yield from _inputs(inputs)
    if outputs.node is not None:
        yield from _outputs(outputs.node, "/contract/output/successSchema", may_be_open)


def _inputs(schema: Schema) -> Iterator[Diagnostic]:
    element = "/contract/input/inputSchema"
    for name, inner in schema.properties.items():
        place, pointer = property_span(schema, name), element + pointer_of("properties", name)
        if not _NAME.match(name) or name in RESERVED:
            reason = "is reserved" if name in RESERVED else "is not letters, digits, _ and -, beginning with a letter"
            yield finding("bad-property-name", f'the input name "{name}" {reason}', place, element=pointer)
        if kind_of(inner) in ("object", "array"):
            message = f'the input "{name}" is an {kind_of(inner)}; inputs are texts, numbers and booleans'
            help_ = "pass it as JSON text"
            yield finding("unsupported-contract", message, place, help=help_, element=pointer)


def _outputs(node: Node, pointer: str, may_be_open: bool, within_list: bool = False) -> Iterator[Diagnostic]:
    if not isinstance(node, Map):
        return
    kind, properties, items = _kind(node), node.get("properties"), node.get("items")
    if kind == "array":
        inner = items.items[0] if isinstance(items, Seq) and len(items) else items
        if within_list:
            message = "a list directly inside a list has no place among the outputs"
            yield finding("unsupported-contract", message, node.span, element=pointer)
        if inner is not None:
            yield from _outputs(inner, pointer + "/items", may_be_open, within_list=True)
        return
    if kind != "object":
        return
    additional = node.get("additionalProperties")
    if isinstance(additional, Scalar) and additional.value is True and not may_be_open:
        message = "further properties are allowed, but flows do not see them"
        yield finding("open-output-object", message, additional.span, help="list what flows need", element=pointer)
    if not may_be_open and not (isinstance(properties, Map) and len(properties)):
        message = "this object has no properties: it gives flows nothing"
        yield finding("output-without-properties", message, node.span, help="list its properties", element=pointer)
    for key, value in properties if isinstance(properties, Map) else ():
        yield from _outputs(value, pointer + pointer_of("properties", key.text), may_be_open)


def _kind(node: Map) -> str:
    value = plain(node)
    return kind_of(value) if isinstance(value, dict) else ""


def _everywhere(node: Node, pointer: str, level: int) -> Iterator[Diagnostic]:
    if level > MAX_DEPTH:
        yield finding(
            "unsupported-contract", f"the schema is nested deeper than {MAX_DEPTH} levels", node.span, element=pointer
        )
        return
    if isinstance(node, Seq):
        for index, item in enumerate(node):
            yield from _everywhere(item, f"{pointer}/{index}", level + 1)
        return
    for key, value in node if isinstance(node, Map) else ():
        here = pointer + pointer_of(key.text)
        if key.text == "$ref" and isinstance(value, Scalar):
            yield finding(
                "unsupported-contract", "contracts have no $ref", key.span, help="write the schema out", element=here
            )
        elif key.text == "type" and isinstance(value, Scalar) and value.value is None:
            message = '"type": null is no JSON Schema; it is read as any type'
            yield finding(
                "null-type-in-schema", message, value.span, help='write "type": "null", or leave it out', element=here
            )
        yield from _everywhere(value, here, level + 1)
