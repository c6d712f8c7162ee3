"""What every organisation object has, and the plain ones that have nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from contactcenter.organisation.kinds import KINDS, Kind
from contactcenter.organisation.reading import Reader
from dsl.source import Map, Scalar, Seq, Span, plain
from dsl.source.tree import Node, Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """An organisation object: its ``id`` is given or derived from kind and name, ``data`` is its entry as written."""

    kind: str
    id: str
    name: str
    span: Span
    division: str | None = None
    data: Mapping[str, Plain] = field(default_factory=dict, repr=False)


AnyThing = TypeVar("AnyThing", bound=Thing)


def extended(thing: Thing, kind: type[AnyThing], **more: Any) -> AnyThing:  # the fields of that kind
    """The same thing with the fields of its kind."""
    shared = {part.name: getattr(thing, part.name) for part in fields(Thing)}
    return kind(**{**shared, **more})


def common(body: Map, kind: str, name: str, identity: str, reader: Reader) -> Thing:
    """The fields that all kinds share."""
    return Thing(
        kind=kind,
        id=identity,
        name=name,
        span=body.span,
        division=reader.reference(body.get("division"), "division"),
        data={key.text: plain(value) for key, value in body},
    )


METADATA = (
    "id",
    "name",
    "division",
    "description",
    "dateCreated",
    "dateModified",
    "modifiedBy",
    "createdBy",
    "selfUri",
)
"""Keys that the vendor's API gives every object."""

EXTRA_KEYS: Mapping[str, Sequence[str]] = {
    "division": ("homeDivision",),
    "skill": ("state", "version"),
    "language-skill": ("state", "version"),
    "wrapup-code": (),
    "script": ("inputs", "pages", "features", "variables", "publishedDate", "versionId", "file"),
    "flow-outcome": (),
    "utilization-label": ("maximumCapacity", "interruptingLabelIds"),
    "grammar": ("languages",),
}


def read_plain(body: Map, thing: Thing, reader: Reader) -> Thing:
    """A kind without rules of its own."""
    reader.keys(body, (*METADATA, *EXTRA_KEYS.get(thing.kind, ())), f'the {KINDS[thing.kind].label} "{thing.name}"')
    return thing


def name_of(node: Node, row: Kind) -> tuple[str, Map | None] | None:
    """The name of an entry, which may be a mapping or, in short, just the name."""
    if isinstance(node, Scalar):
        return (node.text, None) if node.value is not None and node.text.strip() else None
    if isinstance(node, Seq):
        return None
    named = node.get(row.key) or node.get("name")
    if isinstance(named, Scalar) and named.value is not None and named.text.strip():
        return named.text.strip(), node
    return None
