"""The document of a record action as outputs that are the same for every CRM (crm-apis.md §1).

Hits are checked again here: one of their phone fields must be the caller's number. That protects against full-text
search, and against servers that ignore a filter they do not understand and answer with strangers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors.connections import Connection
from connectors.records.pages import pop_url
from connectors.records.phones import any_same
from connectors.records.prepare import Prepared
from connectors.records.refs import Ref
from connectors.records.systems import RecordType, system_of

MOST = 5
"""References given when there are several, where the action does not say ``limit``."""


class NoRecordError(Exception):
    """The one record that was asked for is none: a GraphQL system says null and no error."""


def shaped(prepared: Prepared, connection: Connection, document: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs of a translated document, by the ``answer`` that the action asks for. Raises ``NoRecordError``."""
    reader = _Reader(prepared, connection)
    answer = prepared.settings.get("answer", "matches")
    if answer == "matches":
        limit = inputs.get("limit")
        return reader.matches(document, limit if isinstance(limit, int) and limit > 0 else MOST)
    if answer == "list":
        return reader.listed(document)
    return reader.one(document)


def nobody() -> dict[str, Any]:
    """The answer for a number that belongs to nobody."""
    return {"outcome": "unknown", "refs": [], "dropped": 0}


class _Reader:
    def __init__(self, prepared: Prepared, connection: Connection) -> None:
        self.prepared, self.connection = prepared, connection
        self.within = system_of(connection).within

    def matches(self, document: Any, limit: int) -> dict[str, Any]:
        """found, several or unknown; of several none is chosen."""
        dropped = 0
        for name, type_ in self._groups():
            rows = self._rows(document, name)
            hits = {ref.id: (ref, row) for ref, row in self._checked(rows, type_)}
            dropped += len(rows) - len(hits)
            if len(hits) == 1:
                ((ref, row),) = hits.values()
                return {"outcome": "found", "refs": [str(ref)], "dropped": dropped, **self._record(ref, type_, row)}
            if hits:
                refs = [str(ref) for ref, _ in hits.values()][:limit]
                return {"outcome": "several", "refs": refs, "dropped": dropped}
        return {**nobody(), "dropped": dropped}

    def listed(self, document: Any) -> dict[str, Any]:
        """References and titles of a list."""
        type_ = self.prepared.type
        found = list(self._referenced(self._rows(document, "records"), type_)) if type_ else []
        names = [str(_named(type_, row).get("name") or "") for _, row in found] if type_ else []
        return {"count": len(found), "refs": [str(ref) for ref, _ in found], "names": names}

    def one(self, document: Any) -> dict[str, Any]:
        """The record that was asked for, made or changed; an answer without one is about the reference given."""
        answer: dict[str, Any] = document if isinstance(document, dict) else {}
        type_, row = self.prepared.type, answer.get("record", {})
        if row is None:
            raise NoRecordError
        row = self._unwrapped(row) if isinstance(row, dict) else {}
        if type_ is None:
            return row
        made = _read(row, type_.key) or answer.get("id")
        ref = self._ref(type_, made) if made is not None else self.prepared.ref
        return self._record(ref, type_, row) if ref is not None else row

    def _groups(self) -> Iterator[tuple[str, RecordType]]:
        groups = self.prepared.settings.get("groups")
        if isinstance(groups, dict):
            yield from ((name, self.prepared.types[kind]) for name, kind in groups.items())
        elif self.prepared.type is not None:
            yield "records", self.prepared.type

    def _rows(self, document: Any, name: str) -> list[dict[str, Any]]:
        rows = document.get(name) if isinstance(document, dict) else None
        return [self._unwrapped(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _unwrapped(self, row: dict[str, Any]) -> dict[str, Any]:
        """A record without the envelope and the notes of its protocol."""
        inner = row.get(self.within) if self.within else None
        if isinstance(inner, dict):
            row = {**{name: value for name, value in row.items() if name != self.within}, **inner}
        return {name: value for name, value in row.items() if "@" not in name and name != "attributes"}

    def _checked(self, rows: Iterable[dict[str, Any]], type_: RecordType) -> Iterator[tuple[Ref, dict[str, Any]]]:
        number = self.prepared.number
        for ref, row in self._referenced(rows, type_):
            if number is not None and type_.phones and not any_same([_read(row, n) for n in type_.phones], number):
                continue
            if self.prepared.wanted is not None and not _holds(row, *self.prepared.wanted):
                continue
            yield ref, row

    def _referenced(self, rows: Iterable[dict[str, Any]], type_: RecordType) -> Iterator[tuple[Ref, dict[str, Any]]]:
        for row in rows:
            ref = self._ref(type_, _read(row, type_.key))
            if ref is not None:
                yield ref, row

    def _ref(self, type_: RecordType, id_: Any) -> Ref | None:
        text = str(id_) if isinstance(id_, str | int) and not isinstance(id_, bool) else ""
        return Ref(self.prepared.connector, type_.object, text) if text else None

    def _record(self, ref: Ref, type_: RecordType, row: dict[str, Any]) -> dict[str, Any]:
        """Reference, page and usual names, and every field under its own name."""
        named = _named(type_, row)
        taken = {name.casefold() for name in named} | {"ref", "refs", "outcome", "popurl", "dropped"}
        others = {name: value for name, value in row.items() if name.casefold() not in taken}
        return {"ref": str(ref), "popUrl": pop_url(self.connection, type_, ref.id), **named, **others}


def _holds(row: Mapping[str, Any], field: str, value: str) -> bool:
    return str(_read(row, field) or "").casefold() == value.casefold()


def _named(type_: RecordType, row: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, fields in type_.names.items():
        parts = [value for field in fields.split() if (value := _read(row, field)) is not None]
        found[name] = parts[0] if len(parts) == 1 else " ".join(map(str, parts)) or None
    return found


def _read(row: Mapping[str, Any], path: str) -> Any:
    """A field by its name, or by the way to it through other records (``Contact.Phone``, ``customerid/telephone1``)."""
    if path in row:
        return row[path]
    value: Any = row
    for step in path.replace("/", ".").split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
