"""What an agent's desk shows of a conversation: the alert, the call, the wrap-up (desk.md §3.1).

Pure: from the conversation's state and what is known around it to plain data with stable field names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callwright.serving.foreign import Page
from contactcenter.conversations import RECORD, Conversation, Participant, shown_attributes
from contactcenter.conversations.lines import Directory
from web.desk.screenpop import Pop

MOST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What alerts show: the name of an attribute, ``framework.displayaddress`` or ``call.conversationid``; and what
    it is called."""

    name: str
    label: str


DEFAULT_SHOWN = (Shown("crm.tier", "Tier"), Shown("crm.name", "Name"))


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of an interaction beside the conversation itself."""

    number: str
    """As people write it."""

    why: str | None = None
    """Why this customer."""

    pop: Pop | None = None
    page: Page | None = None
    others: Sequence[Mapping[str, Any]] = ()
    """Other contacts who have the number."""

    wrapup_codes: Sequence[str] = ()
    transcript: Sequence[tuple[str, str]] = ()
    """Who said what."""

    callback: Mapping[str, Any] | None = None
    plan: Mapping[str, Any] | None = None
    """What a new callback for the customer begins with: number and zone; None where none can be planned."""


def stage_of(state: Conversation, agent: str) -> tuple[str, Participant] | None:
    """How a conversation stands for an agent: alerting, connected or acw, and the part the agent plays."""
    for participant in reversed(state.participants):
        if participant.user_id != agent:
            continue
        offer = state.offer
        if offer is not None and offer.participant_id == participant.id:
            return "alerting", participant
        if participant.living:
            return "connected", participant
        if participant.acw is not None and participant.acw.state == "pending":
            return "acw", participant
        return None
    return None


def interaction(
    state: Conversation, agent: str, around: Around, now: int, shown: Sequence[Shown] = DEFAULT_SHOWN
) -> dict[str, Any] | None:
    """What the desk shows an agent of a conversation at ``now`` (times are UTC ms); None when it is nothing of the
    agent's."""
    found = stage_of(state, agent)
    if found is None:
        return None
    stage, participant = found
    entry = state.queue_entry or state.last_place
    place = entry.place if entry is not None else None
    offer, leg, acw = state.offer, participant.leg, participant.acw
    data = shown_attributes(state.attributes)
    customer = state.customer
    name = data.get("crm.name") or (customer.name if customer and customer.external_contact_id else None)
    return {
        "interactionId": state.id,
        "participantId": participant.id,
        "rev": state.rev,
        "reservation": offer.reservation_id if offer is not None and stage == "alerting" else None,
        "state": stage,
        "queue": place.queue_name if place else "",
        "skills": [*(place.skill_names if place else ()), *_language(place)],
        "priority": place.priority if place else 0,
        "waitedMs": max(0, _answered(participant, now) - entry.enqueued_at) if entry else 0,
        "caller": {"name": _cut(name) if name else None, "display": around.number or None},
        "attributes": [
            {"name": one.name, "label": one.label, "value": _cut(value)}
            for one in shown
            if one.name != "crm.name" and (value := _value(one.name, data, state, around))
        ],
        "why": around.why,
        "expiresAt": offer.deadline if offer is not None and stage == "alerting" else None,
        "held": bool(leg and leg.held),
        "muted": bool(leg and leg.muted),
        "connectedAt": participant.connected,
        "acwUntil": acw.deadline if acw is not None and stage == "acw" else None,
        **_opened(around.pop, around.page),
        "others": list(around.others),
        "data": sorted((key, _cut(value)) for key, value in data.items()),
        "wrapupCodes": list(around.wrapup_codes),
        "wrapupRequired": participant.needs_code,
        "transcript": list(around.transcript),
        "media": state.media_type,
        "callback": around.callback,
        "plan": around.plan if stage != "alerting" else None,
    }


def _opened(pop: Pop | None, page: Page | None) -> dict[str, Any]:
    """Which record, page or search opens, and why."""
    return {
        "record": pop.target if pop is not None and pop.kind == "record" else None,
        "popReason": pop.reason if pop is not None else None,
        "popSteps": [[step.source, step.result, step.reason] for step in pop.steps] if pop is not None else [],
        "opens": {"url": page.url, "label": page.label} if page is not None else None,
        "search": pop.target if pop is not None and pop.kind in ("search", "page") else None,
    }


def _value(name: str, data: Mapping[str, str], state: Conversation, around: Around) -> str:
    """What stands under a name: exactly so, else whatever its case, since flows and configurations disagree (§3.1)."""
    if name == "framework.displayaddress":
        return around.number
    if name == "call.conversationid":
        return state.id
    folded = name.casefold()
    return data.get(name) or next((value for key, value in data.items() if key.casefold() == folded), "")


def _language(place: Any) -> tuple[str, ...]:
    return (place.language_name,) if place is not None and place.language_name else ()


def _answered(participant: Participant, now: int) -> int:
    return participant.connected or now


def _cut(text: str) -> str:
    """Caller-controlled text, short and without characters that turn the direction of what follows (§3.1)."""
    plain = "".join(character for character in text if character not in _BIDIRECTIONAL)
    return plain if len(plain) <= MOST_TEXT else plain[: MOST_TEXT - 1] + "…"


_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def why_this_record(data: Mapping[str, str], number: str, matches: int, linked_by: str | None) -> str | None:
    """Why this customer, in words for the agent who is alerted."""
    if linked_by == "agent":
        return "an agent has linked this call to the customer"
    record, lookup = data.get(RECORD), data.get("crm.lookup")
    if record and lookup == "several":
        return f"the first created of {matches} contacts with {number}" if matches > 1 else "the first of several"
    if record and matches == 1:
        return f"the only contact with {number}"
    if record:
        return "identified by what the caller entered"
    if lookup == "unreachable":
        return "the CRM did not answer"
    return "nobody is known by this number" if lookup == "unknown" else None


def directory_codes(directory: Directory, queue: str | None) -> list[str]:
    """The names of a queue's wrap-up codes, in its own order."""
    facts = directory.queue(queue) if queue else None
    return list(dict.fromkeys(name for _, name in facts.wrapup_codes.values())) if facts else []
