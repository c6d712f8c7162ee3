"""Names in commands become ids before anything is decided: queues, users, flows, wrap-up codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from contactcenter.conversations.callbacks import owned
from contactcenter.conversations.lines import Directory, Programs
from contactcenter.conversations.messages import Command, Refused
from contactcenter.conversations.state import Callback, Conversation
from dsl.expressions.phone import country_of, valid_number


class Names:
    """Looks names up; what does not exist is refused as ``unknown_target``."""

    def __init__(self, directory: Directory, programs: Programs, now: Callable[[], int]) -> None:
        self.directory = directory
        self.programs = programs
        self.now = now

    def resolve(self, command: Command, state: Conversation | None) -> Command | Refused:
        """The command with ids for names; unchanged when it names nothing."""
        if command.name in ("transfer", "consult", "conference") and isinstance(command.args.get("to"), Mapping):
            to = self._destination(command.args["to"])
            return to if isinstance(to, Refused) else replace(command, args={**command.args, "to": to})
        if command.name == "reschedule" and state is not None and state.callback is not None:
            return self._reschedule(command, state.callback)
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

    def _reschedule(self, command: Command, callback: Callback) -> Command | Refused:
        """Another number in E.164, and with ``owner`` the place that is kept for this agent."""
        args = {**command.args}
        if args.get("number"):
            args["number"] = valid_number(str(args["number"]), country_of(callback.number))
            if args["number"] is None:
                number = command.args["number"]
                return Refused("limit", f"{number} is no telephone number; write it like +49 30 901820")
        owner = args.pop("owner", None)
        queue = self.directory.queue(callback.place.queue_id) if owner else None
        if owner and queue is not None and isinstance(args.get("at"), int):
            place = owned(callback.place, queue, str(owner), args["at"], self.now())
            if isinstance(place, Refused):
                return place
            args["place"] = place
        return replace(command, args=args)

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
