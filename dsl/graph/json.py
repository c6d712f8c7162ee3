"""The picture as data, for tools that lay it out themselves."""

from __future__ import annotations

import json
from typing import Any

from dsl.graph.picture import Box, Node, Picture

SCHEMA = "callwright.graph/1"


def json_text(picture: Picture) -> str:
    """One JSON object: nodes, boxes within boxes, edges."""
    document = {
        "schema": SCHEMA,
        "flow": {"name": picture.title, "type": picture.flow_type},
        "nodes": [_node(node) for node in picture.nodes],
        "boxes": [_box(box) for box in picture.boxes],
        "edges": [
            {"from": edge.source, "to": edge.target, "label": edge.label, "faint": edge.faint} for edge in picture.edges
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _node(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "look": node.look.value,
        "title": node.title,
        "details": list(node.details),
        "element": node.element,
    }


def _box(box: Box) -> dict[str, Any]:
    nodes, boxes = [_node(node) for node in box.nodes], [_box(inner) for inner in box.boxes]
    return {"id": box.id, "title": box.title, "nodes": nodes, "boxes": boxes}
