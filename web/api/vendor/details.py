"""Conversations as analytics tells them: participants, sessions, segments; and filters over those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from contactcenter.conversations import CLOSED, OPEN, Conversation, Participant, shown_attributes
from contactcenter.customers.wire import from_iso
from web.api.vendor.conversations import without_gaps
from web.api.vendor.message import ApiError, PublicApi, iso

MOST_DAYS = 31
DAY_MS = 86_400_000
Facts = Mapping[str, Any]


class _When(msgspec.Struct):
    start: int
    end: int | None = None


def interval_of(body: Mapping[str, Any]) -> tuple[int, int]:
    """``start/end`` of a query in UTC ms; raises ``ApiError``."""
    text = body.get("interval")
    try:
        start, end = (from_iso(part) for part in str(text).split("/"))
    except ValueError:
        raise ApiError(400, "bad.request", "interval is START/END, both ISO 8601.") from None
    if end <= start or end - start > MOST_DAYS * DAY_MS:
        raise ApiError(400, "bad.request", f"The interval ends after its start and spans at most {MOST_DAYS} days.")
    return start, end


def conversations_in(api: PublicApi, start: int, end: int) -> list[Conversation]:
    """Conversations that touch an interval; reads the store, so that it belongs into a thread."""
    found = []
    documents = (*api.store.documents_in(OPEN, start, end), *api.store.documents_in(CLOSED, start, end))
    for document in {one.id: one for one in documents}.values():  # one that closes meanwhile is in both
        when = msgspec.json.decode(document.body, type=_When)
        if when.start < end and (when.end is None or when.end >= start):
            found.append(msgspec.json.decode(document.body, type=Conversation))
    return found


def details_json(state: Conversation) -> dict[str, Any]:
    """A conversation with its participants, sessions and segments."""
    return without_gaps(
        conversationId=state.id,
        conversationStart=iso(state.start),
        conversationEnd=iso(state.end),
        originatingDirection=state.direction,
        externalTag=state.external_tag,
        divisionIds=list(state.divisions),
        participants=[_participant(state, participant) for participant in state.participants],
    )


def _participant(state: Conversation, participant: Participant) -> dict[str, Any]:
    session = without_gaps(
        sessionId=participant.leg.id if participant.leg else participant.execution_id or participant.id,
        mediaType=media_of(state),
        direction=participant.leg.direction if participant.leg else state.direction,
        ani=state.ani,
        dnis=state.dnis,
        remote=participant.address,
        segments=[_segment(participant, index) for index in range(len(participant.segments))],
        metrics=[],
    )
    return without_gaps(
        participantId=participant.id,
        participantName=participant.name,
        purpose=participant.purpose,
        userId=participant.user_id,
        externalContactId=participant.external_contact_id,
        attributes=shown_attributes(participant.attributes) or None,
        sessions=[session],
    )


def _segment(participant: Participant, index: int) -> dict[str, Any]:
    segment = participant.segments[index]
    wrapup = participant.wrapup if segment.type == "Wrapup" else None
    return without_gaps(
        segmentStart=iso(segment.start),
        segmentEnd=iso(segment.end),
        segmentType=segment.type.lower(),
        queueId=participant.queue_id,
        disconnectType=segment.disconnect_type,
        conference=False,
        wrapUpCode=wrapup.code if wrapup else None,
        wrapUpNote=wrapup.notes or None if wrapup else None,
    )


def media_of(state: Conversation) -> str:
    """The medium in the words of analytics."""
    return "voice" if state.media_type == "call" else state.media_type


def facts_of(conversation: Mapping[str, Any]) -> Iterator[Facts]:
    """Every segment with what its session and participant say, names in lower case, for segment filters."""
    for participant in conversation["participants"]:
        for session in participant["sessions"]:
            for segment in session["segments"]:
                merged = {**participant.get("attributes", {}), **participant, **session, **segment}
                yield {name.casefold(): value for name, value in merged.items() if not isinstance(value, list | dict)}


def fits(filter_: Any, facts: Facts) -> bool:
    """Whether a filter ``{type: and | or, predicates, clauses}`` holds; raises ``ApiError`` for what is none."""
    if not isinstance(filter_, Mapping):
        raise ApiError(400, "bad.request", "A filter is {type, predicates, clauses}.")
    parts = [fits(clause, facts) for clause in filter_.get("clauses") or ()]
    parts += [_holds(predicate, facts) for predicate in filter_.get("predicates") or ()]
    return any(parts) if str(filter_.get("type")).casefold() == "or" else all(parts)


def _holds(predicate: Any, facts: Facts) -> bool:
    if not isinstance(predicate, Mapping):
        raise ApiError(400, "bad.request", "A predicate is {dimension, operator, value}.")
    name = predicate.get("dimension") or predicate.get("property")
    if not isinstance(name, str):
        raise ApiError(501, "not.implemented", "Only predicates over a dimension or a property are served.")
    value = facts.get(name.casefold())
    operator = str(predicate.get("operator") or "matches").casefold()
    if operator == "exists":
        return value is not None
    if operator == "notexists":
        return value is None
    if operator != "matches":
        raise ApiError(400, "bad.request", f'The operator "{operator}" is not matches, exists or notExists.')
    return value is not None and _bare(value) == _bare(predicate.get("value"))


def _bare(value: Any) -> str:
    """A value as it is compared: without case, numbers without the scheme of their URI."""
    text = "true" if value is True else "false" if value is False else str(value)
    return text.casefold().removeprefix("tel:").removeprefix("sip:")


def matches(conversation: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether a conversation is asked for: every conversation filter holds, every segment filter for some segment."""
    own = {name.casefold(): value for name, value in conversation.items() if not isinstance(value, list | dict)}
    if not all(fits(filter_, own) for filter_ in _filters(body, "conversationFilters")):
        return False
    segment_filters = _filters(body, "segmentFilters")
    segments = list(facts_of(conversation)) if segment_filters else []
    return all(any(fits(filter_, facts) for facts in segments) for filter_ in segment_filters)


def _filters(body: Mapping[str, Any], name: str) -> Sequence[Any]:
    found = body.get(name) or ()
    if not isinstance(found, list | tuple):
        raise ApiError(400, "bad.request", f"{name} is a list of filters.")
    return found
