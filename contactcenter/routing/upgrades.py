"""Old events made current when they are read (routing.md §28.2); types are never used again for something else.

To change an event's form: raise its number in ``VERSIONS``, and add what makes the former form the new one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from store.contract import StoredEvent, Unavailable

Body = dict[str, Any]  # an event as JSON
Upgrade = Callable[[Body], Body]

SECOND = 2
"""The version of all events since their last one carries the answer, which was an event of its own before, and since
``ItemEnqueued`` carries its first stage. Nothing was taken away: what is of the first version reads as it is."""

VERSIONS: dict[str, int] = {}
"""The current version of each type of event whose form has changed since; all others are at the second."""

UPGRADES: dict[tuple[str, int], Upgrade] = {}
"""By type and version: what makes an event one version newer."""


def version_of(kind: str) -> int:
    """The version that events of a type are written with."""
    return VERSIONS.get(kind, SECOND)


def current_body(stored: StoredEvent) -> bytes:
    """The event in its current form; raises ``Unavailable`` for one that a newer callwright has written."""
    newest, version = version_of(stored.type), max(stored.version, SECOND)
    if version == newest:
        return stored.body
    if version > newest:
        raise Unavailable(
            f"event {stored.seq} of {stored.stream} ({stored.type}, version {stored.version}) was written by a newer "
            "callwright; upgrade this node"
        )
    body: Body = msgspec.json.decode(stored.body)
    for former in range(version, newest):
        body = UPGRADES[stored.type, former](body)
    return msgspec.json.encode(body)
