"""The positioned tree that YAML and JSON are read into.

Own classes, not ``dict`` and ``str`` subclasses: every key and value knows its span, mappings keep their
order and their duplicates have been reported, and plain scalars keep the text they were written as (``lit:
030123`` loses nothing where a text is expected).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

from dsl.source.substitute import Substituted
from dsl.source.text import Position, Source, Span


class Stretch(msgspec.Struct, frozen=True, eq=False, gc=False):
    """Where a node stands, as far as it is known without looking: of most nodes nobody ever asks.

    ``start`` and ``end`` are offsets in the text that was read; a node that ends with another one has that as its end.
    """

    substituted: Substituted
    source: Source
    start: int
    end: int | Node

    def span(self) -> Span:
        """The place in the file."""
        start = self.position(self.start)
        end = self.position(self.end) if isinstance(self.end, int) else self.end.span.end
        return Span(self.source.path, start, max(start, end))

    def position(self, offset: int) -> Position:
        """A place in the file by its offset in the text that was read."""
        return self.source.position(self.substituted.original(offset))


Place: TypeAlias = Span | Stretch
Plain: TypeAlias = "None | bool | int | float | str | list[Plain] | dict[str, Plain]"


class Scalar(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A leaf: its YAML 1.2 ``value``, the ``text`` as written, and ``style``: plain, single, double, literal
    or folded (JSON: plain or double).

    ``offsets`` maps each character of a multi-line or escaped text to its offset in the file, so that a
    position inside an expression can be shown where the author sees it; ``None`` where text and file run side
    by side from ``span.start`` (plus one for an opening quote). ``align`` holds them, or finds them when asked.
    """

    value: None | bool | int | float | str
    text: str
    style: str
    place: Place
    align: tuple[int, ...] | Callable[[], tuple[int, ...]] | None = None

    @property
    def span(self) -> Span:
        """Where it stands."""
        return _span(self.place)

    @property
    def offsets(self) -> tuple[int, ...] | None:
        """An offset in the file for each character; None where they run side by side."""
        return self.align() if callable(self.align) else self.align


class Key(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A mapping key: always text, with its own span."""

    text: str
    place: Place

    @property
    def span(self) -> Span:
        """Where it stands."""
        return _span(self.place)


class Seq(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A list of nodes."""

    items: tuple[Node, ...]
    place: Place

    @property
    def span(self) -> Span:
        """Where it stands."""
        return _span(self.place)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)

    def __bool__(self) -> bool:
        return True  # an empty list is there all the same; only None is absent

    def __len__(self) -> int:
        return len(self.items)


class Map(msgspec.Struct, frozen=True, eq=False, gc=False):
    """A mapping in the order of the file; of two equal keys the last one counts."""

    items: tuple[tuple[Key, Node], ...]
    place: Place

    @property
    def span(self) -> Span:
        """Where it stands."""
        return _span(self.place)

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


def _span(place: Place) -> Span:
    return place if isinstance(place, Span) else place.span()


def plain(node: Node) -> Plain:
    """The node as ordinary Python values, positions dropped."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Seq):
        return [plain(item) for item in node.items]
    return {key.text: plain(value) for key, value in node.items}


def written(node: Node) -> Plain:
    """The node as it is written, but for its places: texts with their style, keys in their order, equal ones too."""
    if isinstance(node, Scalar):
        return [node.style, node.text]
    if isinstance(node, Seq):
        return [written(item) for item in node.items]
    return {"": [[key.text, written(value)] for key, value in node.items]}


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
