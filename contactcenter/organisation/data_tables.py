"""Data tables: rows under a key, in typed columns (flow-format.md §9.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeAlias

from contactcenter.organisation.reading import Reader
from contactcenter.organisation.things import METADATA, Thing, extended
from dsl.source import Map, Node, Scalar, did_you_mean

MAX_COLUMNS = 50
KEY = "key"
TYPES = {"string": "str", "integer": "int", "number": "dec", "boolean": "bln"}
"""Column types of the file and their codes in the expression language."""

Cell: TypeAlias = "str | int | Decimal | bool"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: type code, and what an absent cell holds."""

    name: str
    type: str
    default: Cell | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTable(Thing):
    """A table; ``rows`` are by key (case-sensitive), an empty cell is not in its row, ``key`` names the key column."""

    key: str = KEY
    columns: Mapping[str, Column] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)

    def types(self) -> dict[str, str]:
        """Type codes by column, the key's own column first."""
        return {self.key: "str", **{column.name: column.type for column in self.columns.values()}}


def read_data_table(body: Map, thing: Thing, reader: Reader) -> DataTable:
    """``columns: {name: type}`` or the vendor's JSON ``schema``; ``rows`` as a list with ``key``, or by key."""
    what = f'the data table "{thing.name}"'
    reader.keys(body, (*METADATA, "columns", "schema", "rows", KEY), what)
    named = reader.text(body.get(KEY), '"key"') or KEY
    columns = _columns(body, named, what, reader)
    rows: dict[str, dict[str, Cell]] = {}
    for key, row in _rows(body.get("rows"), named, what, reader):
        if key.text in rows:
            reader.report("duplicate-key", f'{what} holds the key "{key.text}" twice', key.span)
        rows[key.text] = _row(row, columns, named, what, reader)
    return extended(thing, DataTable, key=named, columns=columns, rows=rows)


def _columns(body: Map, key_column: str, what: str, reader: Reader) -> dict[str, Column]:
    schema = reader.mapping(body.get("schema"), f'"schema" of {what}')
    listed = reader.mapping(body.get("columns") or (schema.get("properties") if schema else None), f"columns of {what}")
    columns = {}
    for key, node in listed or ():
        details = node if isinstance(node, Map) else None
        word = reader.one_of(details.get("type") if details else node, f'the column "{key.text}"', TYPES)
        title = reader.text(details.get("title"), '"title"') if details and schema else None
        name = title or key.text
        if word is None or name == key_column:
            continue
        default = cell(details.get("default"), Column(name, TYPES[word]), reader) if details else None
        columns[name] = Column(name, TYPES[word], default)
    if len(columns) > MAX_COLUMNS:
        message = f"{what} has {len(columns)} columns; {MAX_COLUMNS} are possible besides the key"
        reader.report("out-of-range", message, body.span)
    return columns


def _rows(node: Node | None, key_column: str, what: str, reader: Reader) -> list[tuple[Scalar, Map]]:
    found = []
    if isinstance(node, Map):
        for key, value in node:
            row = reader.mapping(value, f'the row "{key.text}"')
            if row is not None:
                found.append((Scalar(key.text, key.text, "plain", key.span), row))
        return found
    for item in reader.items(node, f'"rows" of {what}'):
        row = reader.mapping(item, "a row")
        named = row.get(key_column) if row is not None else None
        if isinstance(named, Scalar) and named.value is not None and row is not None:
            found.append((named, row))
        elif row is not None:
            reader.report("missing-parameter", f'a row of {what} has no "{key_column}"', row.span)
    return found


def _row(body: Map, columns: Mapping[str, Column], key_column: str, what: str, reader: Reader) -> dict[str, Cell]:
    cells = {name: column.default for name, column in columns.items()}
    for key, node in body:
        if key.text == key_column:
            continue
        column = columns.get(key.text)
        if column is None:
            message = f'{what} has no column "{key.text}"'
            reader.report("unknown-data-table-column", message, key.span, did_you_mean(key.text, columns))
            continue
        cells[key.text] = cell(node, column, reader)
    return {name: value for name, value in cells.items() if value is not None}


def cell(node: Node | None, column: Column, reader: Reader) -> Cell | None:
    """The value of a cell in its column's type; what does not fit is reported and left empty."""
    if node is None or (isinstance(node, Scalar) and node.value is None):
        return None
    value = node.value if isinstance(node, Scalar) else None
    text = node.text if isinstance(node, Scalar) else ""
    if isinstance(value, bool) and column.type == "bln":
        return value
    if column.type == "str" and isinstance(node, Scalar):
        return text
    if isinstance(value, int) and not isinstance(value, bool) and column.type in ("int", "dec"):
        return value if column.type == "int" else Decimal(value)
    if isinstance(value, float) and column.type == "dec":
        return Decimal(text)
    reader.report("bad-literal", f'"{text}" does not fit the column "{column.name}"', node.span)
    return None
