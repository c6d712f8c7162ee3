"""The organisation as conversations see it."""

from __future__ import annotations

from collections.abc import Mapping

from contactcenter.conversations.lines import QueueFacts, UserFacts
from contactcenter.conversations.state import CallbackRules
from contactcenter.organisation import Organisation, Queue, ScheduleGroup
from contactcenter.routing.messages import MOST_DAYS_AHEAD

MOST_OWNED_AHEAD_H = 24 * MOST_DAYS_AHEAD


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
            callback=_callback(_part(_part(queue, "mediaSettings"), "callback")),
            callback_script=_name(_part(queue, "defaultScripts").get("CALLBACK")),
            owned_ahead_h=_owned(queue),
            callback_hours=self._hours(queue),
            wrapup_codes=self._codes(queue),
        )

    def user(self, name_or_id: str) -> UserFacts | None:
        """A user by e-mail address or id."""
        user = self.organisation.user(name_or_id)
        return UserFacts(user.id, user.name) if user else None

    def label(self, name_or_id: str) -> str | None:
        """The id of a utilisation label by name or id."""
        known = self.organisation.get("utilization-label", name_or_id)
        return known.id if known is not None else None

    def _hours(self, queue: Queue) -> ScheduleGroup | None:
        name = _part(queue, "x-callwright").get("callback_hours")
        return self.organisation.schedule_group(name) if isinstance(name, str) else None

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


def _callback(settings: Mapping[str, object]) -> CallbackRules:
    """``mediaSettings.callback`` with the vendor's names and defaults (routing.md §15)."""

    def number(name: str, default: float) -> float:
        given = settings.get(name)
        return given if isinstance(given, (int, float)) and not isinstance(given, bool) else default

    by_itself = settings.get("enableAutoDialAndEnd") is True
    return CallbackRules(
        customer_first=settings.get("mode") == "CustomerFirst",
        auto_answer=settings.get("enableAutoAnswer") is True,
        auto_dial_s=int(number("autoDialDelaySeconds", 300)) if by_itself else None,
        auto_end_s=int(number("autoEndDelaySeconds", 300)) if by_itself else None,
        pace=number("pacingModifier", 1.0),
        retries=int(number("maxRetryCount", 0)),
        retry_delay_s=int(number("retryDelaySeconds", 300)),
        live_voice=str(settings.get("liveVoiceReactionType") or "TransferToQueue"),
        live_voice_flow=_name(settings.get("liveVoiceFlow")),
        machine=str(settings.get("answeringMachineReactionType") or "HangUp"),
        machine_flow=_name(settings.get("answeringMachineFlow")),
    )


def _owned(queue: Queue) -> int | None:
    """How far ahead an agent may keep a callback, in hours; None where agents may not (routing.md §7)."""
    owned = _part(queue, "agentOwnedRouting")
    if owned.get("enableAgentOwnedCallbacks") is not True or not queue.settings.get("routingRules"):
        return None
    hours = owned.get("maxOwnedCallbackDelayHours")
    return hours if isinstance(hours, int) else MOST_OWNED_AHEAD_H


def _name(value: object) -> str | None:
    """A reference by name: a text, or ``{name: ...}``."""
    found = value.get("name") if isinstance(value, Mapping) else value
    return str(found) if found else None
