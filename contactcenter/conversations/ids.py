"""Ids that are derived, never drawn (docs/decisions/007-ids.md)."""

from __future__ import annotations

from uuid import NAMESPACE_OID, uuid5


def derived(*parts: object) -> str:
    """The UUID that belongs to these parts: the same on every machine and after every restart."""
    return str(uuid5(NAMESPACE_OID, "/".join(str(part) for part in parts)))
