"""The organisation as it is now: what its files say, and what was changed since through the API.

Changes are rows of data tables and the switches of emergency groups, which the vendor too lets data actions write. They
are kept in the store and stand over the files until they are changed again; a stream of the journal tells them to the
other nodes.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

from contactcenter.organisation.data_tables import Cell, DataTable
from contactcenter.organisation.organisation import Organisation
from contactcenter.organisation.schedules import EmergencyGroup
from contactcenter.organisation.things import Thing
from store import Append, Conflict, NewEvent, Save, Store

ROW, SWITCH = "data-table-row", "emergency-switch"
STREAM = "organisation"
TRIES = 20
Listener = Callable[[Organisation], None]


class LiveOrganisation:
    """``current`` is never changed in place: whoever holds one sees a whole state."""

    def __init__(self, organisation: Organisation, store: Store) -> None:
        self.current = organisation
        self._store = store
        self._listeners: list[Listener] = []
        self._changing = threading.Lock()
        self._read = store.last(STREAM)
        for kind in (ROW, SWITCH):
            for document in store.documents(kind):
                self._apply(kind, document.body)

    def subscribe(self, listener: Listener) -> None:
        """Be told of every change; told at once of what is."""
        self._listeners.append(listener)
        listener(self.current)

    def write_row(self, table: DataTable, key: str, cells: Mapping[str, Cell]) -> None:
        """Put a row in the place of the one with this key."""
        self._keep(ROW, f"{table.id}/{key}", {"table": table.id, "key": key, "cells": dict(cells)})

    def delete_row(self, table: DataTable, key: str) -> None:
        """Take a row away, also one of the files."""
        self._keep(ROW, f"{table.id}/{key}", {"table": table.id, "key": key, "cells": None})

    def switch(self, group: EmergencyGroup, *, enabled: bool) -> None:
        """Throw the switch of an emergency group."""
        self._keep(SWITCH, group.id, {"group": group.id, "enabled": enabled})

    def _keep(self, kind: str, identity: str, change: dict[str, Any]) -> None:
        body = json.dumps(change, default=_number).encode()
        for _ in range(TRIES - 1):
            with suppress(Conflict):
                self._write(kind, identity, body)
                break
        else:
            self._write(kind, identity, body)
        self.read_along()

    def _write(self, kind: str, identity: str, body: bytes) -> None:
        """Raises ``Conflict`` when another node wrote at the same time."""
        known = self._store.load(kind, identity)
        rev = known.rev if known is not None else 0
        told = Append(STREAM, self._store.last(STREAM), (NewEvent(kind, 0, body),))  # nobody asks when
        self._store.commit(told, Save(kind, identity, rev, rev + 1, body)).result()

    def read_along(self) -> None:
        """Take in what was changed since, on any node. Blocks shortly; from any thread."""
        with self._changing:
            news = self._store.read(STREAM, self._read)
            for stored in news:
                self._apply(stored.type, stored.body)
                self._read = stored.seq
        for listener in self._listeners if news else ():
            listener(self.current)

    def _apply(self, kind: str, body: bytes) -> None:
        (self._apply_row if kind == ROW else self._apply_switch)(json.loads(body, parse_float=Decimal))

    def _apply_row(self, change: Mapping[str, Any]) -> None:
        table = self.current.data_table(change["table"])
        if table is None:
            return  # its table is no longer in the files
        rows = {key: row for key, row in table.rows.items() if key != change["key"]}
        if change["cells"] is not None:
            typed = {name: _typed(value, table.types().get(name)) for name, value in change["cells"].items()}
            rows[change["key"]] = {name: value for name, value in typed.items() if name in table.columns}
        self._replace(table, replace(table, rows=rows))

    def _apply_switch(self, change: Mapping[str, Any]) -> None:
        group = self.current.emergency_group(change["group"])
        if group is not None:
            self._replace(group, replace(group, enabled=change["enabled"]))

    def _replace(self, old: Thing, new: Thing) -> None:
        of_kind = tuple(new if thing is old else thing for thing in self.current.all(old.kind))
        self.current = replace(self.current, things={**self.current.things, old.kind: of_kind})


def _typed(value: Any, type_: str | None) -> Cell:
    """A cell as it is kept: decimals stay decimals when they are whole."""
    return Decimal(value) if type_ == "dec" and isinstance(value, int) else value


def _number(value: Any) -> float | int:
    assert isinstance(value, Decimal)
    return int(value) if value == value.to_integral_value() else float(value)
