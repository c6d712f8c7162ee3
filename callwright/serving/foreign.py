"""What opens outside the desk: the page of a record that another CRM keeps, or a flow's own address (desk.md §4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from callwright.serving.cards import BUILT_IN
from connectors.connections import Connection
from connectors.records import connector_name, pop_url, read_ref, types_of
from web.desk.screenpop import Pop


@dataclass(frozen=True, slots=True)
class Page:
    """What opens outside the desk: its address, None where there is none, and what an agent reads on the link."""

    url: str | None
    label: str


class ForeignPages:
    """Addresses of records, from the connections of a project."""

    def __init__(self, connections: Iterable[Connection]) -> None:
        self._connections = {connector_name(one.name).casefold(): one for one in connections}

    def page(self, pop: Pop) -> Page | None:
        """What a pop opens outside the desk: a flow's address, or a record that another CRM keeps."""
        if pop.kind == "url":
            return Page(pop.target, pop.target)
        ref = read_ref(pop.target) if pop.kind == "record" else None
        if ref is None or ref.connector == BUILT_IN:
            return None
        connection = self._connections.get(ref.connector.casefold())
        if connection is None:
            return Page(None, str(ref))
        label = f"{connection.name}: {ref.type} {ref.id}"
        types = types_of(connection)
        by_object = {one.object.casefold(): one for one in types.values()}
        type_ = by_object.get(ref.type.casefold()) or types.get(ref.type)
        return Page(pop_url(connection, type_, ref.id) if type_ is not None else None, label)
