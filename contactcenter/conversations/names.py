"""Names in commands become ids before anything is decided: queues, users, flows, wrap-up codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from contactcenter.conversations.lines import Directory, Programs
from contactcenter.conversations.messages import Command, Refused
from contactcenter.conversations.state import Conversation


class Names:
    """Looks names up; what does not exist is refused as ``unknown_target``."""

    def __init__(self, directory: Directory, programs: Programs) -> None:
        self.directory = directory
        self.programs = programs

    def resolve(self, command: Command, state: Conversation | None) -> Command | Refused:
        """The command with ids for names; unchanged when it names nothing."""
        if command.name in ("transfer", "consult", "conference") and isinstance(command.args.get("to"), Mapping):
            to = self._destination(command.args["to"])
            return to if isinstance(to, Refused) else replace(command, args={**command.args, "to": to})
        if command.name == "wrapup" and command.args.get("code") and state is not None:
            return self._wrapup(command, state)
        return command

    def _destination(self, to: Mapping[str, Any]) -> dict[str, Any] | Refused:
        """``{queue | queue_id | user | user_id | number | flow}``, queues and users by name or id."""
        queue = to.get("queue_id") or (to.get("queue") if isinstance(to.get("queue"), str) else None)
        user = to.get("user_id") or to.get("user")
        if queue:
            found = self.directory.queue(queue)
            return {"queue": found.place()} if found else Refused("unknown_target", f"there is no queue {queue}")
        if user:
            known = self.directory.user(user)
            if known is None:
                return Refused("unknown_target", f"there is no user {user}")
            return {"user_id": known.id, "user_name": known.name}
        if to.get("flow") and self.programs.named(to["flow"]) is None:
            return Refused("unknown_target", f'the flow "{to["flow"]}" is not published')
        return dict(to)

    def _wrapup(self, command: Command, state: Conversation) -> Command | Refused:
        """A code must be one of the agent's queue (routing.md §13); without a list any code is taken."""
        participant = state.participant(command.participant) or state.by_user(command.actor.id)
        queue = self.directory.queue(participant.queue_id) if participant is not None and participant.queue_id else None
        if queue is None or not queue.wrapup_codes:
            return command
        code = str(command.args["code"])
        found = queue.wrapup_codes.get(code) or queue.wrapup_codes.get(code.casefold())
        if found is None:
            return Refused("unknown_target", f'"{code}" is no wrap-up code of the queue {queue.name}', state.rev)
        return replace(command, args={**command.args, "code": found[0], "name": found[1]})
