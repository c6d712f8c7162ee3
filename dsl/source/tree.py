"""The positioned tree that YAML and JSON are read into.

Own classes, not ``dict`` and ``str`` subclasses: every key and value knows its span, mappings keep their
order and their duplicates have been reported, and plain scalars keep the text they were written as (``lit:
030123`` loses nothing where a text is expected).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

from dsl.source.text import Span

Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"


class Scalar(msgspec.Struct, frozen=True, eq=False):
    """A leaf: its YAML 1.2 ``value``, the ``text`` as written, and ``style``: plain, single, double, literal
    or folded (JSON: plain or double).

    ``offsets`` maps each character of a multi-line or escaped text to its offset in the file, so that a
    position inside an expression can be shown where the author sees it; ``None`` where text and file run side
    by side from ``span.start`` (plus one for an opening quote). ``align`` holds them, or finds them when asked.
    """

    value: None | bool | int | float | str
    text: str
    style: str
    span: Span
    align: tuple[int, ...] | Callable[[], tuple[int, ...]] | None = None

    @property
    def offsets(self) -> tuple[int, ...] | None:
        """An offset in the file for each character; None where they run side by side."""
        return self.align() if callable(self.align) else self.align


class Key(msgspec.Struct, frozen=True):
    """A mapping key: always text, with its own span."""

    text: str
    span: Span


class Seq(msgspec.Struct, frozen=True, eq=False):
    """A list of nodes."""

    items: tuple[Node, ...]
    span: Span

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __bool__(self) -> bool:
        return True  # an empty list is there all the same; only None is absent

    def __len__(self) -> int:
        return len(self.items)


class Map(msgspec.Struct, frozen=True, eq=False):
    """A mapping in the order of the file; of two equal keys the last one counts."""

    items: tuple[tuple[Key, Node], ...]
    span: Span

    def get(self, name: str) -> Node | None:
        """The value under a key, or None."""
        found = None
        for key, node in self.items:
            if key.text == name:
                found = node
        return found

    def key(self, name: str) -> Key | None:
        """The key as written, for a finding that points at it."""
        found = None
        for key, _ in self.items:
            if key.text == name:
                found = key
        return found

    def __contains__(self, name: object) -> bool:
        return any(key.text == name for key, _ in self.items)

    def __iter__(self) -> Iterator[tuple[Key, Node]]:
        return iter(self.items)

    def __bool__(self) -> bool:
        return True  # an empty mapping is there all the same; only None is absent

    def __len__(self) -> int:
        return len(self.items)


Node: TypeAlias = Scalar | Seq | Map


def plain(node: Node) -> Plain:
    """The node as ordinary Python values, positions dropped."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Seq):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.items}


def scalars(node: Node) -> Iterator[Scalar]:
    """Every leaf below a node, in the order of the file."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Seq):
        for item in node.items:
            yield from scalars(item)
    else:
        for _, value in node.items:
            yield from scalars(value)
