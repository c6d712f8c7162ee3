"""Graphviz text: ``callwright graph FLOW --format dot | dot -Tsvg``."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.graph.picture import Box, Edge, Look, Node, Picture

_SHAPES = {
    Look.START: "shape=oval",
    Look.ACTION: "shape=box",
    Look.QUESTION: "shape=parallelogram, margin=0",
    Look.BRANCH: "shape=hexagon",
    Look.DATA: "shape=component",
    Look.QUEUE: "shape=cylinder",
    Look.END: "shape=box, style=rounded",
}


def dot(picture: Picture) -> str:
    """The directed graph, top down."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield f"digraph {_quoted(picture.title)} {{"
    yield '  graph [fontname="sans-serif"]; node [fontname="sans-serif", fontsize=11]; edge [fontsize=10];'
    for node in picture.nodes:
        yield f"  {_node(node)}"
    for box in picture.boxes:
        yield from _box(box, "  ")
    for edge in picture.edges:
        yield f"  {_edge(edge)}"
    yield "}"


def _box(box: Box, margin: str) -> Iterator[str]:
    yield f"{margin}subgraph cluster_{box.id} {{"
    yield f"{margin}  label={_quoted(box.title)};"
    for node in box.nodes:
        yield f"{margin}  {_node(node)}"
    for inner in box.boxes:
        yield from _box(inner, margin + "  ")
    yield f"{margin}}}"


def _node(node: Node) -> str:
    return f"{node.id} [{_SHAPES[node.look]}, label={_quoted(chr(10).join([node.title, *node.details]))}];"


def _edge(edge: Edge) -> str:
    attributes = [f"label={_quoted(edge.label)}"] if edge.label else []
    attributes += ["style=dashed"] if edge.faint else []
    return f"{edge.source} -> {edge.target}" + (f" [{', '.join(attributes)}];" if attributes else ";")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
