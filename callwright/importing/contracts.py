"""Data actions that a native export names: it carries their contracts, though not what they ask of whom.

Architect keeps them under ``uiMetaData``. They become files with the contract and no request, and their integration a
connection in the mode ``stub``: the flow is checked against them and rehearsed, and a call takes its failure path.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import cast

from callwright.importing.plan import Plan
from dsl.source import Map, Node, Scalar, Seq, plain


def carry_contracts(tree: Map, plan: Plan, origin: str) -> None:
    """Plan a file for every data action of a native flow that has none yet, and a connection for its integration."""
    for integration, name, inputs, outputs in _contracts(tree):
        key = (integration.casefold(), name.casefold())
        if key not in plan.contracts:
            plan.contracts[key] = (integration, name, _export(integration, name, inputs, outputs), origin)


def write_contracts(plan: Plan) -> None:
    """Write those whose action came with no file of its own; a file that names no integration learns it here."""
    own = {_identity(text): path for path, text in plan.files.items() if path.startswith("actions/")}
    for key, (integration, name, export, origin) in plan.contracts.items():
        if key in own:
            continue
        connection: dict[str, object] = {"mode": "stub"}
        if ("", key[1]) in own:
            path = own["", key[1]]
            export = {**json.loads(plan.files[path]), "category": integration}
            plan.files[path] = _text_of(export)
            if "integrationType" in export:
                connection["type"] = export["integrationType"]
        else:
            plan.add("actions", name, ".json", _text_of(export), origin)
        plan.connections.setdefault(integration, connection)


def _text_of(export: dict[str, object]) -> str:
    return json.dumps(export, indent=2, ensure_ascii=False) + "\n"


def _identity(text: str) -> tuple[str, str]:
    export = json.loads(text)
    return str(export.get("category", "")).casefold(), str(export.get("name", "")).casefold()


def _contracts(tree: Map) -> Iterator[tuple[str, str, object, object]]:
    known = tree.get("uiMetaData")
    for group in ("actionServiceActions", "bridgeServerActions"):
        listed = known.get(group) if isinstance(known, Map) else None
        for one in listed if isinstance(listed, Seq) else ():
            if not isinstance(one, Map):
                continue
            integration, name, schemas = _text(one.get("category")), _text(one.get("name")), _schemas(one)
            inputs, outputs = schemas.get("inputSchema"), schemas.get("successSchema")
            if integration and name and isinstance(inputs, Map) and isinstance(outputs, Map):
                yield integration, name, plain(inputs), plain(outputs)


def _schemas(action: Map) -> Map:
    """Where the schemas of an action stand: a bridge action has them in its first request."""
    requests = action.get("requests")
    first = requests.items[0] if isinstance(requests, Seq) and requests.items else None
    return first if isinstance(first, Map) else action


def _text(node: Node | None) -> str:
    """A name, or the name of ``{id, name}``."""
    if isinstance(node, Map):
        node = node.get("name")
    return node.text if isinstance(node, Scalar) else ""


def _export(integration: str, name: str, inputs: object, outputs: object) -> dict[str, object]:
    return {
        "name": name,
        "category": integration,
        "actionType": "custom",
        "contract": {
            "input": {"inputSchema": _without_names(inputs)},
            "output": {"successSchema": _without_names(outputs)},
        },
        "config": {
            "request": {"requestUrlTemplate": "/", "requestType": "POST", "requestTemplate": "${input.rawRequest}"},
            "response": {"translationMap": {}, "translationMapDefaults": {}, "successTemplate": "${rawResult}"},
        },
    }


def _without_names(schema: object) -> object:
    """The schema as it was written: Architect adds to each property its own name, and whether it is required."""
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return schema
    properties = {
        name: {key: value for key, value in inner.items() if key not in ("name", "required")}
        for name, inner in cast("dict[str, dict[str, object]]", schema["properties"]).items()
        if isinstance(inner, dict)
    }
    return {**schema, "properties": properties}
