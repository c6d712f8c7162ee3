"""A data action as callwright holds it: one request template, one response template, typed inputs and outputs
(data-actions.md §1, §2).

The same value comes from a JSON export and from Terraform. Every text that can be wrong knows where it stands, down
to the character, so that a finding inside a template points into the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.source import Key, Node, Position, Scalar, Span
from dsl.source.tree import Plain

DEFAULT_TIMEOUT = 60.0
"""Seconds that an action may take when nothing says less (data-actions.md §2.1)."""

MAX_RESPONSE = 2_097_152
"""Bytes of a response after decompression (data-actions.md §3)."""

FORBIDDEN_HEADERS = re.compile(r"(?i)(host|content-length|connection|proxy-.*)\Z")
"""Headers that an action may not set (data-actions.md §3.2)."""

REPLAY_ONLY = frozenset(
    {"aws-lambda-data-actions", "google-data-actions", "adobe-data-actions", "function-data-actions"}
)
"""Integration types that run only from a stub or a cassette (data-actions.md §1)."""

FUNCTIONS = frozenset({"aws-lambda-data-actions", "function-data-actions"})
"""Those of them whose request goes to a function by its name: a connection may give it an address (§3.1)."""

RUNNABLE = frozenset(
    {
        "callwright-crm",
        "custom-rest-actions",
        "generic-rest",
        "graph-rest",
        "graphql",
        "hubspot",
        "microsoft-dynamics-data-actions",
        "purecloud-data-actions",
        "salesforce-datadip",
        "servicenow",
        "zendesk-data-actions",
    }
)
"""Integration types that can call their system; any other one is loaded and replayed."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the action with its place: ``pointer`` is its JSON pointer (or Terraform path)."""

    value: str
    span: Span
    pointer: str
    offsets: tuple[int, ...] | None = field(default=None, repr=False, compare=False)
    inline: bool = field(default=False, repr=False, compare=False)
    """Whether text and file run side by side, one character each, behind an opening quote."""

    @classmethod
    def of(cls, scalar: Scalar, pointer: str) -> Text:
        """A scalar of a positioned tree."""
        offsets = scalar.offsets
        return cls(scalar.text, scalar.span, pointer, offsets, offsets is None and scalar.style == "double")

    def part(self, start: int, end: int) -> Span:
        """Where the characters ``start`` to ``end`` of the value stand in the file; the whole text where the form of
        the file does not tell."""
        first = self._offset(start)
        last = self._offset(max(start, end - 1))
        if first is None or last is None:
            return self.span
        return Span(self.span.path, self._position(first), self._position(last + 1))

    def _offset(self, index: int) -> int | None:
        if self.offsets is not None:
            if not self.offsets:
                return None
            return self.offsets[index] if index < len(self.offsets) else self.span.end.offset - 1
        return min(self.span.start.offset + 1 + index, self.span.end.offset - 1) if self.inline else None

    def _position(self, offset: int) -> Position:
        start = self.span.start
        return Position(start.line, start.column + offset - start.offset, offset)


@dataclass(frozen=True, slots=True)
class Header:
    """One request header; the value is a template."""

    name: str
    value: Text
    key_span: Span


@dataclass(frozen=True, slots=True)
class Request:
    """The request template: method, URL, headers, body. The body of a GET is ignored (§2.1)."""

    method: str
    url: Text
    headers: tuple[Header, ...] = ()
    body: Text | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """One variable of the translation map: its JSONPath and, where given, its default as raw JSON text."""

    name: str
    path: Text
    default: Text | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """The response template; ``stray_defaults`` are defaults for which there is no path."""

    translations: tuple[Translation, ...]
    success: Text
    stray_defaults: tuple[tuple[str, Text], ...] = ()


@dataclass(frozen=True, slots=True)
class Schema:
    """One side of the contract: the schema as plain values and, for findings, its positioned node."""

    document: Mapping[str, Plain]
    span: Span
    node: Node | None = field(default=None, repr=False, compare=False)

    @property
    def properties(self) -> Mapping[str, Mapping[str, Plain]]:
        """The properties of an object schema, or of the objects of a list schema."""
        document = self.document
        items = document.get("items")
        if document.get("type") == "array" and isinstance(items, dict):
            document = items
        found = document.get("properties")
        return {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}

    @property
    def required(self) -> frozenset[str]:
        """Names of the required properties."""
        required = self.document.get("required")
        return frozenset(str(name) for name in required) if isinstance(required, list) else frozenset()


@dataclass(frozen=True, slots=True)
class Caching:
    """How long answers may be kept, and how long those that found nothing (data-actions.md §8)."""

    ttl_s: float
    most: int = 1000
    negative_ttl_s: float = 5.0


@dataclass(frozen=True, slots=True)
class DataAction:
    """A data action by ``integration`` (the display name flows use) and ``name``.

    ``integration`` is what the file says: ``category``, or the folder below ``actions``, or else the
    integration type; a connection of that type lends it further names. ``idempotent`` requests may be
    repeated; ``extras`` are keys that callwright does not know and keeps.
    """

    name: str
    integration: str
    integration_type: str
    action_type: str
    secure: bool
    request: Request
    response: Response
    inputs: Schema
    outputs: Schema
    span: Span
    origin: Mapping[str, str] = field(default_factory=dict)
    """The keys by which the file says where it belongs: integrationType, or category and integrationId."""

    timeout_s: float | None = None
    idempotent: bool = False
    caching: Caching | None = None
    labels: Mapping[str, Plain] = field(default_factory=dict)
    extras: Mapping[str, Plain] = field(default_factory=dict)

    @property
    def reads_only(self) -> bool:
        """Whether sending it twice does no harm: a GET or HEAD, or marked idempotent."""
        return self.idempotent or self.request.method in ("GET", "HEAD")

    @property
    def key(self) -> tuple[str, str]:
        """Integration and name without regard to case."""
        return self.integration.casefold(), self.name.casefold()


def pointer_of(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def key_or_node(key: Key | None, node: Node) -> Span:
    """Where to point for a finding about an entry: its key when there is one."""
    return key.span if key is not None else node.span
