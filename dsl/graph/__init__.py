"""A flow as a picture: what is drawn (``picture``, ``draw``), and the languages it is drawn in.

``FORMATS`` maps the name of a format to a function from ``Picture`` to text.
"""

from __future__ import annotations

from collections.abc import Callable

from dsl.graph.dot import dot
from dsl.graph.draw import picture_of
from dsl.graph.json import json_text
from dsl.graph.mermaid import mermaid
from dsl.graph.picture import Box, Edge, Look, Node, Picture

FORMATS: dict[str, Callable[[Picture], str]] = {"mermaid": mermaid, "dot": dot, "json": json_text}
"""Every format by the name it has on the command line."""

__all__ = ["FORMATS", "Box", "Edge", "Look", "Node", "Picture", "picture_of"]
