"""Analytics queries: conversation details, what queues do now, and figures per interval."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contactcenter.conversations import Conversation, Participant
from contactcenter.organisation import Queue
from contactcenter.routing.state import MEDIA, WORKING
from web.api.vendor.conversations import state_of
from web.api.vendor.details import conversations_in, details_json, fits, interval_of, matches, media_of
from web.api.vendor.directory import PRESENCES, presence_of
from web.api.vendor.message import ApiError, Call, PublicApi

MOST_PER_PAGE = 100
ITEM_METRICS = ("oWaiting", "oInteracting", "oLongestWaiting")
USER_METRICS = ("oOnQueueUsers", "oUserRoutingStatuses", "oUserPresences", "oMemberUsers", "oActiveUsers")


async def details_query(api: PublicApi, call: Call) -> Any:
    """POST /analytics/conversations/details/query."""
    body = call.fields
    start, end = interval_of(body)
    paging = body.get("paging") or {}
    try:
        size, number = int(paging.get("pageSize") or 25), int(paging.get("pageNumber") or 1)
    except (TypeError, ValueError, AttributeError):
        raise ApiError(400, "bad.request", "paging is {pageSize, pageNumber}.") from None
    if not 1 <= size <= MOST_PER_PAGE or number < 1:
        raise ApiError(400, "bad.request", f"pageSize is 1 to {MOST_PER_PAGE}, pageNumber begins at 1.")
    states = await asyncio.to_thread(conversations_in, api, start, end)
    found = [details for state in states if matches(details := details_json(state), body)]
    key = "conversationEnd" if body.get("orderBy") == "conversationEnd" else "conversationStart"
    found.sort(key=lambda one: one.get(key, ""), reverse=str(body.get("order")).casefold() == "desc")
    shown = found[(number - 1) * size : number * size]
    return {**({"conversations": shown} if shown else {}), "totalHits": len(found)}


async def details(api: PublicApi, call: Call, conversation: str) -> Any:
    """GET /analytics/conversations/{id}/details."""
    return details_json(await state_of(api, conversation))


def queue_observations(api: PublicApi, call: Call) -> Any:
    """POST /analytics/queues/observations/query."""
    wanted, filter_ = _metrics(call, (*ITEM_METRICS, *USER_METRICS)), call.fields.get("filter") or {}
    results = []
    for queue in api.organisation.all("queue"):
        if not isinstance(queue, Queue):
            continue
        for media in MEDIA:
            group = {"queueId": queue.id, "mediaType": "voice" if media == "call" else media}
            if fits(filter_, {name.casefold(): value for name, value in group.items()}):
                data = list(_items(api, queue, media, wanted))
                if data and (_names_media(filter_) or any(one["stats"]["count"] for one in data)):
                    results.append({"group": group, "data": data})
        if fits(_without_media(filter_), {"queueid": queue.id}):
            data = list(_people(api, queue, wanted))
            if data:
                results.append({"group": {"queueId": queue.id}, "data": data})
    return {"results": results}


def _metrics(call: Call, served: Sequence[str]) -> list[str]:
    wanted = call.fields.get("metrics") or list(served)
    if not isinstance(wanted, list):
        raise ApiError(400, "bad.request", "metrics is a list of names.")
    unknown = [str(name) for name in wanted if name not in served]
    if unknown:
        message = f"The metric {unknown[0]} is not served; these are: {', '.join(served)}."
        raise ApiError(501, "not.implemented", message)
    return wanted


def _names_media(filter_: Mapping[str, Any]) -> bool:
    own = any(str(one.get("dimension")).casefold() == "mediatype" for one in filter_.get("predicates") or ())
    return own or any(_names_media(clause) for clause in filter_.get("clauses") or ())


def _without_media(filter_: Mapping[str, Any]) -> dict[str, Any]:
    """The filter for people, who belong to a queue whatever the medium."""
    predicates = filter_.get("predicates") or ()
    kept = [one for one in predicates if str(one.get("dimension")).casefold() != "mediatype"]
    clauses = [_without_media(clause) for clause in filter_.get("clauses") or ()]
    return {"type": filter_.get("type"), "predicates": kept, "clauses": clauses}


def _items(api: PublicApi, queue: Queue, media: str, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    waiting = [one for one in api.routing.views.waiting(queue.id) if one["media"] == media]
    for metric in wanted:
        if metric == "oWaiting":
            yield {"metric": metric, "stats": {"count": len(waiting)}}
        elif metric == "oLongestWaiting" and waiting:
            longest = max(one["waited_ms"] for one in waiting)
            yield {"metric": metric, "stats": {"count": len(waiting), "max": longest}}
        elif metric == "oInteracting":
            yield {"metric": metric, "stats": {"count": _interacting(api, queue.id, media)}}


def _interacting(api: PublicApi, queue: str, media: str) -> int:
    return sum(
        any(p.purpose == "agent" and p.queue_id == queue and p.talking for p in state.participants)
        for state in api.conversations.open()
        if state.media_type == media
    )


def _people(api: PublicApi, queue: Queue, wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
    joined = {agent["id"]: agent["status"] for agent in api.routing.views.agents(queue.id)}
    for metric in wanted:
        if metric == "oMemberUsers":
            yield {"metric": metric, "stats": {"count": len(queue.members)}}
        elif metric == "oActiveUsers":
            yield {"metric": metric, "stats": {"count": sum(status in WORKING for status in joined.values())}}
        elif metric in ("oOnQueueUsers", "oUserRoutingStatuses"):
            on_queue_only = metric == "oOnQueueUsers"
            counts = Counter(s for s in joined.values() if not (on_queue_only and s == "OFF_QUEUE"))
            for status, count in sorted(counts.items()):
                yield {"metric": metric, "qualifier": status, "stats": {"count": count}}
        elif metric == "oUserPresences":
            presences = Counter(PRESENCES[presence_of(api, member.user)] for member in queue.members)
            for presence, count in sorted(presences.items()):
                yield {"metric": metric, "qualifier": presence, "stats": {"count": count}}


AGGREGATES = ("nOffered", "nConnected", "tAnswered", "tAbandon", "tWait", "tTalk", "tHandle", "tAcw", "oServiceLevel")
GROUPS = ("queueId", "mediaType", "userId")


async def aggregates(api: PublicApi, call: Call) -> Any:
    """POST /analytics/conversations/aggregates/query: figures of waits and agents' parts that began in the interval."""
    body, wanted = call.fields, _metrics(call, AGGREGATES)
    start, end = interval_of(body)
    by = body.get("groupBy") or []
    if not isinstance(by, list) or any(name not in GROUPS for name in by):
        raise ApiError(501, "not.implemented", f"Figures can be grouped by {', '.join(GROUPS)}.")
    names = dict.fromkeys((*by, "mediaType"))  # the vendor tells the medium whether it was asked for or not
    states = await asyncio.to_thread(conversations_in, api, start, end)
    groups: dict[tuple[tuple[str, str], ...], list[tuple[str, int]]] = {}
    for state in states:
        for participant in state.participants:
            if not start <= participant.start < end or participant.purpose not in ("acd", "agent"):
                continue
            facts = {"queueId": participant.queue_id, "mediaType": media_of(state), "userId": participant.user_id}
            if not fits(body.get("filter") or {}, {name.casefold(): value for name, value in facts.items()}):
                continue
            group = tuple((name, str(facts[name])) for name in names if facts[name] is not None)
            if len(group) == len(names):
                groups.setdefault(group, []).extend(_figures(state, participant))
    interval = str(body["interval"])
    return {
        "results": [
            {
                "group": dict(group),
                "data": [{"interval": interval, "metrics": list(_summed(api, dict(group), figures, wanted))}],
            }
            for group, figures in sorted(groups.items())
        ]
    }


def _figures(state: Conversation, participant: Participant) -> Iterator[tuple[str, int]]:
    """The figures of one part: counts are 1, times are ms."""
    if participant.purpose == "acd":
        yield "nOffered", 1
        if participant.end is None:
            return
        waited = participant.end - participant.start
        yield "tWait", waited
        if participant.outcome == "answered":
            yield "tAnswered", waited
        elif participant.outcome == "abandoned":
            yield "tAbandon", waited
        return
    talk = sum(s.end - s.start for s in participant.segments if s.end is not None and s.type in ("Interact", "Hold"))
    acw = participant.acw
    after = acw.end - acw.start if acw is not None and acw.end is not None else 0
    if participant.connected is not None:
        yield "nConnected", 1
        yield "tTalk", talk
        yield "tHandle", talk + after
    if after:
        yield "tAcw", after


def _summed(
    api: PublicApi, group: Mapping[str, str], figures: Sequence[tuple[str, int]], wanted: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for metric in wanted:
        values = [value for name, value in figures if name == metric]
        if metric == "oServiceLevel":
            yield from _service_level(api, group, figures)
        elif metric.startswith("n"):
            yield {"metric": metric, "stats": {"count": len(values)}}
        elif values:
            stats = {"max": max(values), "min": min(values), "count": len(values), "sum": sum(values)}
            yield {"metric": metric, "stats": stats}


def _service_level(
    api: PublicApi, group: Mapping[str, str], figures: Sequence[tuple[str, int]]
) -> Iterator[dict[str, Any]]:
    """Answered in the time of the queue's target, of those who were answered or gave up (routing.md §18)."""
    queue = api.organisation.queue(group.get("queueId", ""))
    settings: Any = (queue.settings.get("mediaSettings") or {}) if queue is not None else {}
    target = ((settings.get("call") or {}).get("serviceLevel") or {}).get("durationMs", 20_000)
    answered = [value for name, value in figures if name == "tAnswered"]
    whole = len(answered) + sum(name == "tAbandon" for name, _ in figures)
    if whole:
        in_time = sum(value <= target for value in answered)
        ratio = {"ratio": in_time / whole, "numerator": in_time, "denominator": whole}
        yield {"metric": "oServiceLevel", "stats": ratio}
