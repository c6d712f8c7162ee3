"""Organisation look-ups, e-mail addresses, languages, agents (functions.md)."""

from __future__ import annotations

import re

from dsl.expressions.context import Context
from dsl.expressions.library.registry import implements
from dsl.expressions.problems import ExpressionError
from dsl.expressions.values import Duration, Entity, Structure

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_BY_NAME = {
    "FindLanguageSkill": "lac",
    "FindQueue": "que",
    "FindSkill": "skl",
    "FindUser": "usr",
    "FindGroup": "grp",
    "FindWrapupCode": "wrc",
    "FindSchedule": "cpx_schedule",
    "FindScheduleGroup": "cpx_scheduleGroup",
    "FindEmergencyGroup": "cpx_emergencyGroup",
    "FindUtilizationLabel": "cpx_utilizationLabel",
}


def find(ctx: Context, kind: str, text: str | None) -> Entity | None:
    """An object by id if the text looks like one, else by its unique name."""
    if not text:
        return None
    found = ctx.by_id(kind, text) if _GUID.match(text) and kind != "usr" else None
    return found or ctx.find(kind, text)


def _register_find(function: str, kind: str) -> None:
    @implements(function, context=True)
    def find_by_name(ctx: Context, name: str | None) -> Entity | None:
        return find(ctx, kind, name)


for _function, _kind in _BY_NAME.items():
    _register_find(_function, _kind)


@implements("FindUserPrompt", context=True)
def find_user_prompt(ctx: Context, name: str | None) -> Entity | None:
    """A prompt of the organisation."""
    return find(ctx, "pmt", "Prompt." + name.removeprefix("Prompt.")) if name else None


@implements("FindSystemPrompt", context=True)
def find_system_prompt(ctx: Context, name: str | None) -> Entity | None:
    """A prompt of the system."""
    return find(ctx, "pmt", "PromptSystem." + name.removeprefix("PromptSystem.")) if name else None


@implements("FindQueueById", context=True)
def find_queue_by_id(ctx: Context, identity: str | None) -> Entity | None:
    """A queue by its id only."""
    return ctx.by_id("que", identity) if identity else None


@implements("FindUserById", context=True)
def find_user_by_id(ctx: Context, identity: str | None) -> Entity | None:
    """A user by its id only."""
    return ctx.by_id("usr", identity) if identity else None


@implements("FindQueueEstimatedWaitTime", context=True)
def estimated_wait_by_name(ctx: Context, queue: str) -> Duration | None:
    """The estimated wait of a queue by name or id."""
    return ctx.estimated_wait(queue)


@implements("GetQueueEstimatedWaitTime", context=True)
def estimated_wait(ctx: Context, queue: Entity) -> Duration | None:
    """The estimated wait of a queue."""
    return ctx.estimated_wait(queue.id or queue.name)


@implements("MakeAgentScorePair")
def agent_score(user: Entity, score: int) -> Structure:
    """An agent with a score of 0 to 100."""
    return Structure("cpx_agentScorePair", {"agent": user, "score": score})


@implements("MakeListAgentScorePair")
def agent_scores(users: tuple[Entity, ...], scores: tuple[int, ...]) -> tuple[Structure, ...]:
    """Agents and scores, pairwise."""
    if len(users) != len(scores):
        raise ExpressionError(f"{len(users)} users and {len(scores)} scores make no pairs")
    if any(score is None or not 0 <= score <= 100 for score in scores):
        raise ExpressionError("a score is a whole number from 0 to 100")
    return tuple(agent_score(user, score) for user, score in zip(users, scores, strict=True))


@implements("GetDefaultLanguage", context=True)
def default_language(ctx: Context) -> str:
    """The flow's default language."""
    return ctx.default_language


@implements("GetSupportedLanguages", context=True)
def supported_languages(ctx: Context) -> tuple[str, ...]:
    """The flow's languages."""
    return tuple(ctx.supported_languages)


@implements("MakeEmailAddress")
def make_email_address(address: str, name: str | None = None) -> Structure:
    """An address with a name."""
    return Structure("cpx_emailAddress", {"id": address, "name": name})


def _split_address(address: Structure | str | None) -> tuple[str, str] | None:
    text = address.properties.get("id") if isinstance(address, Structure) else address
    local, at, domain = (text or "").rpartition("@")
    return (local, domain) if at and local and domain else None


@implements("EmailAddressDomainPart")
def domain_part(address: Structure | str | None) -> str | None:
    """What stands behind the last @."""
    parts = _split_address(address)
    return parts[1] if parts else None


@implements("EmailAddressLocalPart")
def local_part(address: Structure | str | None) -> str | None:
    """What stands before the last @."""
    parts = _split_address(address)
    return parts[0] if parts else None


@implements("ResolveSlot")
def resolve_slot(slot: object) -> object:
    """The value of a slot."""
    return slot
