"""Building blocks of an expansion: positioned nodes from plain values.

Generated nodes all carry the span of the concise key that they came from, so that a finding in expanded code
is shown where the author wrote it; nodes of the author's own (``{exp: ...}``) go in as they are and keep
their exact places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from dsl.model import Origin
from dsl.source.text import Span
from dsl.source.tree import Key, Map, Node, Scalar, Seq


@dataclass(frozen=True, slots=True)
class At:
    """A value that came from another place than its surroundings."""

    span: Span
    value: Template


@dataclass(frozen=True, slots=True)
class Act:
    """A generated action: its key, the step of the expansion that names it, and its settings."""

    key: str
    step: str
    settings: Mapping[str, Template]
    span: Span | None = None


Template: TypeAlias = "str | int | bool | Node | At | Act | Mapping[str, Template] | Sequence[Template]"

NO_VALUE: Mapping[str, Template] = {"noValue": True}


@dataclass(slots=True)
class Builder:
    """Turns templates of one concise action into nodes and remembers what each generated action came from."""

    concise: str
    name: str
    span: Span
    origins: dict[int, Origin] = field(default_factory=dict)

    def node(self, template: Template, span: Span | None = None) -> Node:
        """The positioned node of a template."""
        place = span or self.span
        if isinstance(template, (Scalar, Seq, Map)):
            return template
        if isinstance(template, At):
            return self.node(template.value, template.span)
        if isinstance(template, Act):
            return self.action(template, template.span or place)
        if isinstance(template, Mapping):
            return Map(tuple((Key(key, place), self.node(value, place)) for key, value in template.items()), place)
        if isinstance(template, (str, bool, int)):
            return scalar(template, place)
        return Seq(tuple(self.node(item, place) for item in template), place)

    def action(self, act: Act, span: Span) -> Map:
        """An action item; its origin is kept by the identity of its body."""
        body = self.node({"name": f"{self.name} - {act.step}", **act.settings}, span)
        assert isinstance(body, Map)
        self.origins[id(body)] = Origin(self.concise, self.name, act.step, span)
        return Map(((Key(act.key, span), body),), span)


def scalar(value: str | int | bool, span: Span) -> Scalar:
    """A generated scalar: every position inside it is shown as the place it came from."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    style = "double" if isinstance(value, str) else "plain"
    return Scalar(value, text, style, span, (span.start.offset,) * len(text))


def expression(text: str) -> Mapping[str, Template]:
    """An expression value."""
    return {"exp": text}


def literal(value: Template) -> Mapping[str, Template]:
    """A literal value."""
    return {"lit": value}


def assign(type_: str, variable: str, value: Template) -> Mapping[str, Template]:
    """One statement of an ``updateData``."""
    return {type_: {"variable": variable, "value": value}}
