"""The organisation as conversations see it."""

from __future__ import annotations

from collections.abc import Mapping

from contactcenter.conversations.lines import QueueFacts, UserFacts
from contactcenter.organisation import Organisation, Queue


class OrganisationDirectory:
    """Queues and users of an organisation (``lines.Directory``)."""

    def __init__(self, organisation: Organisation) -> None:
        self.organisation = organisation

    def queue(self, name_or_id: str) -> QueueFacts | None:
        """A queue by name or id, with its in-queue flow and after-call work."""
        queue = self.organisation.queue(name_or_id)
        if queue is None:
            return None
        acw, call = _part(queue, "acwSettings"), _part(_part(queue, "mediaSettings"), "call")
        timeout = acw.get("timeoutMs")
        return QueueFacts(
            id=queue.id,
            name=queue.name,
            flow=_name(queue.settings.get("queueFlow")),
            hold_prompt=_name(queue.settings.get("onHoldPrompt")),
            wrapup_prompt=str(acw.get("wrapupPrompt") or "OPTIONAL"),
            wrapup_timeout_ms=timeout if isinstance(timeout, int) else None,
            auto_answer=call.get("enableAutoAnswer") is True,
            script=_name(_part(queue, "defaultScripts").get("CALL")),
            wrapup_codes=self._codes(queue),
        )

    def user(self, name_or_id: str) -> UserFacts | None:
        """A user by e-mail address or id."""
        user = self.organisation.user(name_or_id)
        return UserFacts(user.id, user.name) if user else None

    def _codes(self, queue: Queue) -> Mapping[str, tuple[str, str]]:
        found = {}
        for identity in queue.wrapup_codes:
            code = self.organisation.get("wrapup-code", identity)
            if code is not None:
                found[code.id] = found[code.name.casefold()] = (code.id, code.name)
        return found


def _part(holder: Queue | Mapping[str, object], key: str) -> Mapping[str, object]:
    value = (holder.settings if isinstance(holder, Queue) else holder).get(key)
    return value if isinstance(value, Mapping) else {}


def _name(value: object) -> str | None:
    """A reference by name: a text, or ``{name: ...}``."""
    found = value.get("name") if isinstance(value, Mapping) else value
    return str(found) if found else None
