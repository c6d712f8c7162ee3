"""An organisation: its things by name and by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contactcenter.organisation.kinds import KINDS
from dsl.expressions.values import Duration, Entity
from dsl.source import Node, Span


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: its type code in expressions, section, id, name, and all settings as they were written."""

    kind: str
    section: str
    id: str
    name: str
    username: str | None
    settings: Mapping[str, Any]
    span: Span = field(compare=False, repr=False)

    @property
    def entity(self) -> Entity:
        """The value that expressions see."""
        return Entity(self.kind, self.id, self.name, self.username)


_SECTION_OF = {kind.code: section for section, kind in KINDS.items()}


class Organisation:
    """Everything an organisation has; a ``Directory`` for programs (interpreter.directory)."""

    def __init__(self, things: Mapping[str, Mapping[str, Thing]], others: Mapping[str, Node] | None = None) -> None:
        self.things = things
        self.others = others or {}
        self._by_id = {(t.kind, t.id): t for section in things.values() for t in section.values()}

    def section(self, name: str) -> tuple[Thing, ...]:
        """All things of a section, in the order of the file."""
        return tuple(self.things.get(name, {}).values())

    def thing(self, kind: str, name: str) -> Thing | None:
        """A thing by type code and name, without regard to case; users by e-mail address."""
        return self.things.get(_SECTION_OF.get(kind, ""), {}).get(name.casefold())

    def find(self, kind: str, name: str) -> Entity | None:
        """The one object by name."""
        if kind == "pmt":
            return self._prompt(name)
        found = self.thing(kind, name)
        return found.entity if found else None

    def by_id(self, kind: str, identity: str) -> Entity | None:
        """The object by id."""
        found = self._by_id.get((kind, identity))
        return found.entity if found else None

    def _prompt(self, name: str) -> Entity | None:
        scope, _, rest = name.partition(".")
        if scope.casefold() == "promptsystem":
            return Entity("pmt", None, f"PromptSystem.{rest}")
        found = self.thing("pmt", rest)
        return Entity("pmt", found.id, f"Prompt.{found.name}") if found else None

    def prompt_text(self, name: str, language: str) -> str | None:
        """The words of a prompt in a language, else in any."""
        found = self.thing("pmt", name.partition(".")[2])
        if found is None:
            return None
        texts = found.settings.get("texts")
        if isinstance(texts, Mapping):
            by_tag = {str(tag).casefold(): str(text) for tag, text in texts.items()}
            base = language.partition("-")[0].casefold()
            return by_tag.get(language.casefold()) or by_tag.get(base) or next(iter(by_tag.values()), None)
        text = found.settings.get("text")
        return str(text) if text is not None else None

    def estimated_wait(self, queue: str) -> Duration | None:
        """Not known here: routing's projection answers where there is one."""
        return None

    def inventory_names(self) -> Mapping[str, frozenset[str]]:
        """Names by kind, for ``dsl.Inventory``; kinds that the files say nothing about are left out."""
        found = {}
        for section, kind in KINDS.items():
            names = frozenset(thing.username or thing.name for thing in self.section(section))
            if names:
                found[kind.inventory] = names
        return found

    def data_table_columns(self) -> Mapping[str, Mapping[str, str]] | None:
        """Columns and their type codes by table; None when there are no tables."""
        tables = self.section("dataTables")
        if not tables:
            return None
        return {table.name: _columns(table.settings) for table in tables}

    def data_table_row(self, table: str, key: str) -> Mapping[str, Any] | None:
        """A row by its exact key; None when there is none. Raises ``KeyError`` for an unknown table."""
        found = self.things["dataTables"][table.casefold()]
        key_column = str(found.settings.get("key") or "key")
        for row in found.settings.get("rows") or ():
            if str(row.get(key_column)) == key:
                return dict(row)
        return None


_COLUMN_TYPES = {"string": "str", "integer": "int", "number": "dec", "decimal": "dec", "boolean": "bln"}


def _columns(settings: Mapping[str, Any]) -> dict[str, str]:
    found = {str(settings.get("key") or "key"): "str"}
    columns = settings.get("columns") or {}
    pairs = columns.items() if isinstance(columns, Mapping) else ((c.get("name"), c.get("type")) for c in columns)
    for name, type_ in pairs:
        found[str(name)] = _COLUMN_TYPES.get(str(type_), "str")
    return found
