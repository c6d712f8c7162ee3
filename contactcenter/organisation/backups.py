"""Who stands in for an agent to whom a call is routed directly (routing.md §7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contactcenter.organisation.people import User
from contactcenter.organisation.reading import Reader
from dsl.source import Map


def check_backups(users: Sequence[User], entries: Mapping[str, Map], reader: Reader) -> None:
    """Backups that lead back to who is backed up; ``entries`` are the users as written, by id."""
    next_of = {user.id: user.backup.get("userId") for user in users}
    for user in users:
        seen, at = [user.id], next_of[user.id]
        while isinstance(at, str) and at not in seen:
            seen.append(at)
            at = next_of.get(at)
        if at == user.id:
            way = " -> ".join(f'"{reader.names.name("user", one)}"' for one in (*seen[1:], user.id))
            message = f'the backups of "{user.username}" lead back to it: {way}'
            backup = entries[user.id].get("directRoutingBackup")
            span = backup.span if backup is not None else user.span
            reader.report("bad-value", message, span, "let one of them be backed up by a queue")
