"""Reading a native export piece by piece: what is taken, what is noise, what is left over.

Each object of the export is a ``Piece``: it remembers its JSON path and which of its keys were asked for. Whatever
nobody asked for and is not the editor's own bookkeeping is reported when the piece is done, with its path, and
kept for the comment at the head of the flow: nothing is dropped in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl.source import Diagnostic, Map, Node, Scalar, Seq, finding, plain

BOOKKEEPING = frozenset(
    (
        "id trackingId uiMetaData metaData version outOfService isInternal deprecatedName reconfigure facets result "
        "nextAction paths __type reusable"
    ).split()
)
"""Keys of the editor's own: where things are drawn, how they were numbered, how they are linked."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something of the export that has no place in Archy's form: its JSON path and its content."""

    path: str
    content: str


@dataclass(slots=True)
class Notes:
    """What was found on the way, in order."""

    findings: list[Diagnostic] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)

    def leave(self, path: str, node: Node, message: str) -> None:
        """Report something that is not carried over and keep it."""
        self.findings.append(finding("not-imported", message, node.span, element=path))
        self.leftovers.append(Leftover(path, json.dumps(plain(node), ensure_ascii=False)))

    def say(self, code: str, path: str, node: Node, message: str, help_: str | None = None) -> None:
        """Report something that needs the author's eyes."""
        self.findings.append(finding(code, message, node.span, element=path, help=help_))


class Piece:
    """One object of the export."""

    def __init__(self, node: Node | None, path: str, notes: Notes, at: Node) -> None:
        self.given = node
        self.node = node if isinstance(node, Map) else Map((), (node or at).span)
        self.path, self.notes = path, notes
        self.taken: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self.node

    def take(self, *names: str) -> Node | None:
        """The value of the first of these keys that is there; all of them count as read."""
        self.taken.update(names)
        return next((node for name in names if (node := self.node.get(name)) is not None), None)

    def text(self, *names: str) -> str:
        """A text; empty when absent."""
        node = self.take(*names)
        if isinstance(node, Map):
            node = node.get("text")
        return node.text if isinstance(node, Scalar) and node.value is not None else ""

    def flag(self, *names: str) -> bool:
        """A truth; false when absent."""
        node = self.take(*names)
        if isinstance(node, Map):
            node = node.get("text")
        return isinstance(node, Scalar) and node.text.casefold() == "true"

    def piece(self, *names: str) -> Piece:
        """A nested object; an empty one when absent."""
        name = next((name for name in names if name in self.node), names[0])
        return Piece(self.take(*names), f"{self.path}.{name}", self.notes, self.node)

    def pieces(self, *names: str) -> list[Piece]:
        """A list of objects."""
        name = next((name for name in names if name in self.node), names[0])
        found = self.take(*names)
        items = found.items if isinstance(found, Seq) else ()
        return [Piece(item, f"{self.path}.{name}[{index}]", self.notes, self.node) for index, item in enumerate(items)]

    def rest(self) -> Iterator[tuple[str, Node]]:
        """What nobody asked for, bookkeeping and empty values aside."""
        for key, node in self.node:
            if key.text not in self.taken and key.text not in BOOKKEEPING and not _is_blank(node):
                yield key.text, node

    def leave_rest(self, what: str) -> None:
        """Report what is left of this object."""
        for name, node in self.rest():
            self.notes.leave(f"{self.path}.{name}", node, f'"{name}" of {what} has no place in Archy YAML')


def _is_blank(node: Node) -> bool:
    """Whether a value says nothing: null, empty, false, or an expression that was not entered."""
    if isinstance(node, Scalar):
        return node.value is None or node.value is False or node.text == ""
    if isinstance(node, Seq):
        return all(map(_is_blank, node.items))
    config = node.get("config")
    if isinstance(config, Map):
        text = node.get("text")
        return "emp" in config and not (isinstance(text, Scalar) and text.text.strip())
    if "defaultAudio" in node:
        audio = node.get("defaultAudio")
        return audio is None or _is_blank(audio)
    return all(_is_blank(value) for _, value in node)
