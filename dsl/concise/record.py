"""The record of a flow: which fields the caller look-up keeps, and how a field is written in expressions and
texts (concise-actions.md §1, §4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl.concise.build import Template
from dsl.source.text import Span

_FIELD = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
NUMERIC_TYPES = frozenset({"integer", "decimal", "currency"})


@dataclass(frozen=True, slots=True)
class Field:
    """A kept field: the output it comes from and its variable type (``string``, ``integer``,
    ``stringCollection`` ...)."""

    name: str
    output: str
    type: str
    span: Span

    @property
    def variable(self) -> str:
        """The flow variable that holds it."""
        return "Flow.record" + self.name[:1].upper() + self.name[1:]

    @property
    def is_collection(self) -> bool:
        """Whether it holds several values."""
        return self.type.endswith("Collection")

    @property
    def as_text(self) -> str:
        """The expression of its value as text; NOT_SET stays NOT_SET, collections are joined."""
        if self.type == "string":
            return self.variable
        return f'ToString({self.variable}, ", ")' if self.is_collection else f"ToString({self.variable})"

    @property
    def is_known(self) -> str:
        """The condition that it has a value."""
        return f"Count({self.variable}) > 0" if self.is_collection else f"IsSet({self.variable})"

    @property
    def reset(self) -> Template:
        """The value that takes it back."""
        if not self.is_collection:
            return {"noValue": True}
        item = self.type.removesuffix("Collection")
        return {"exp": f"MakeEmptyList({_EMPTY_ITEM.get(item, 'To' + item[:1].upper() + item[1:])}(NOT_SET))"}


_EMPTY_ITEM = {"string": "ToString", "integer": "ToInt", "decimal": "ToDecimal", "boolean": "ToBool"}


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of the record in this flow."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    is_identified: bool = False
    """Whether the flow has an ``identifyCaller``."""

    has_prompts: bool = False

    def get(self, name: str) -> Field | None:
        """A field by name."""
        return self.fields.get(name)


def fields_in(text: str) -> list[str]:
    """The names of the ``{field}`` places of a plain text, in order."""
    return _FIELD.findall(text)


def pieces_of(text: str) -> list[tuple[str, bool]]:
    """A plain text as pieces in order; ``True`` marks a field's name."""
    parts = _FIELD.split(text)
    return [(part, bool(index % 2)) for index, part in enumerate(parts) if part or index % 2]
