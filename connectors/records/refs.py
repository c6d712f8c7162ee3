"""References to records: ``connector:type:id``, the participant attribute ``crm.record`` (crm-apis.md §1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_APART = re.compile(r"[\s:]+")


@dataclass(frozen=True, slots=True)
class Ref:
    """A record: the connector that keeps it, the system's own name of its type, its id (which may hold colons)."""

    connector: str
    type: str
    id: str

    def __str__(self) -> str:
        return f"{self.connector}:{self.type}:{self.id}"


def read_ref(text: str) -> Ref | None:
    """The reference in a text, split at the first two colons; None when it is none."""
    parts = text.strip().split(":", 2)
    return Ref(*parts) if len(parts) == 3 and all(parts) else None


def connector_name(connection: str) -> str:
    """A connection's name as references write it: without blanks and colons."""
    return _APART.sub("-", connection.strip())
