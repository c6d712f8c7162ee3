"""Mermaid flowchart text, which code hosts show as a picture."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.graph.picture import Box, Edge, Look, Node, Picture

_SHAPES = {
    Look.START: ("([", "])"),
    Look.ACTION: ("[", "]"),
    Look.QUESTION: ("[/", "/]"),
    Look.BRANCH: ("{{", "}}"),
    Look.DATA: ("[[", "]]"),
    Look.QUEUE: ("[(", ")]"),
    Look.END: ("(", ")"),
}
_ESCAPES = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\\": "#92;"}


def mermaid(picture: Picture) -> str:
    """The flowchart, top down."""
    return "\n".join(_lines(picture)) + "\n"


def _lines(picture: Picture) -> Iterator[str]:
    yield "flowchart TD"
    for node in picture.nodes:
        yield f"  {_node(node)}"
    for box in picture.boxes:
        yield from _box(box, "  ")
    for edge in picture.edges:
        yield f"  {_edge(edge)}"


def _box(box: Box, margin: str) -> Iterator[str]:
    yield f'{margin}subgraph {box.id}["{_text(box.title)}"]'
    for node in box.nodes:
        yield f"{margin}  {_node(node)}"
    for inner in box.boxes:
        yield from _box(inner, margin + "  ")
    yield f"{margin}end"


def _node(node: Node) -> str:
    before, after = _SHAPES[node.look]
    lines = [f"<b>{_text(node.title)}</b>" if node.details else _text(node.title), *map(_text, node.details)]
    return f'{node.id}{before}"{"<br>".join(lines)}"{after}'


def _edge(edge: Edge) -> str:
    arrow = "-.->" if edge.faint else "-->"
    label = f'|"{_text(edge.label)}"|' if edge.label else ""
    return f"{edge.source} {arrow}{label} {edge.target}"


def _text(text: str) -> str:
    return "".join(_ESCAPES.get(char, char) for char in text)
