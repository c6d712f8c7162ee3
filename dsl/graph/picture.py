"""What a picture of a flow shows: boxes (tasks, menus), nodes in the author's words, and edges between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Look(StrEnum):
    """What a node stands for; each language draws it in its own shape."""

    START = "start"
    ACTION = "action"
    QUESTION = "question"
    BRANCH = "branch"
    DATA = "data"
    QUEUE = "queue"
    END = "end"


@dataclass(frozen=True, slots=True)
class Node:
    """One node: the action's name, what it says or does below it, and its Architect path."""

    id: str
    look: Look
    title: str
    details: tuple[str, ...] = ()
    element: str | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another; ``faint`` ones are a return or an error path."""

    source: str
    target: str
    label: str = ""
    faint: bool = False


@dataclass(slots=True)
class Box:
    """A task or menu with its nodes, and the boxes inside it."""

    id: str
    title: str
    nodes: list[Node] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)


@dataclass(slots=True)
class Picture:
    """A whole flow; ``nodes`` are those outside every box."""

    title: str
    flow_type: str
    nodes: list[Node] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
