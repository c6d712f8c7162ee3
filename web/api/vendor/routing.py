"""Queues and their members, skills, languages, wrap-up codes, waiting times, and what a waiting call asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contactcenter.conversations import Actor, Command, Refused
from contactcenter.organisation import Queue, User
from contactcenter.routing.messages import HIGHEST_SCORE
from web.api.vendor.directory import presence_of, routing_status_json, user_json
from web.api.vendor.message import ApiError, Call, PublicApi, named, not_found, page, thing_json

_MEDIA = {
    "call": "call",
    "voice": "call",
    "callback": "callback",
    "chat": "chat",
    "email": "email",
    "message": "message",
}


def queue_of(api: PublicApi, identity: str) -> Queue:
    """A queue by id; raises ``ApiError``."""
    found = api.organisation.queue(identity)
    if found is None:
        raise not_found(f"queue {identity}")
    return found


def queues_with(api: PublicApi, user: str) -> Iterator[Queue]:
    """The queues that a user is a member of."""
    for queue in api.organisation.all("queue"):
        if isinstance(queue, Queue) and any(member.user == user for member in queue.members):
            yield queue


def queue_json(api: PublicApi, queue: Queue) -> dict[str, Any]:
    """The vendor's queue: its settings as they stand in the organisation."""
    settings = {key: value for key, value in queue.settings.items() if key not in ("members", "wrapupCodes")}
    counts = {
        "memberCount": len(queue.members),
        "joinedMemberCount": sum(member.joined for member in queue.members),
    }
    return {**settings, **thing_json(api, queue, "routing/queues"), **counts}


def queues(api: PublicApi, call: Call) -> Any:
    """GET /routing/queues."""
    found = named(call, api.organisation.all("queue"))
    return page(call, (queue_json(api, queue) for queue in found if isinstance(queue, Queue)))


def queue(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /routing/queues/{id}."""
    return queue_json(api, queue_of(api, identity))


def members(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /routing/queues/{id}/members and /users, filtered as the query asks."""
    return page(call, _members(api, call, queue_of(api, identity)))


def _members(api: PublicApi, call: Call, found: Queue) -> Iterator[dict[str, Any]]:
    skills = {name.casefold() for name in call.words("skills")}
    statuses = {name.upper() for name in call.words("routingStatus")}
    presences = {name.upper() for name in call.words("presence")}
    name, joined = call.query.get("name", "").casefold(), call.query.get("joined")
    expand = {*call.words("expand"), "presence", "routingStatus"}
    joined_now = {agent["id"] for agent in api.routing.views.agents(found.id)}
    for member in found.members:
        person = api.organisation.user(member.user)
        if person is None or (joined is not None and (member.user in joined_now) != (joined.casefold() == "true")):
            continue
        status = routing_status_json(api, person.id)
        presence = presence_of(api, person.id).upper()
        if (statuses and status["status"] not in statuses) or (presences and presence not in presences):
            continue
        if not _has_skills(person, skills) or not person.name.casefold().startswith(name):
            continue
        user = user_json(api, person, expand)
        yield {
            "id": person.id,
            "name": person.name,
            "user": user,
            "joined": member.user in joined_now,
            "ringNumber": member.ring,
            "memberBy": "user",
            "routingStatus": status,
            "presence": user["presence"],
            "selfUri": f"{call.path}/{person.id}",
        }


def _has_skills(person: User, wanted: set[str]) -> bool:
    held = {text.casefold() for skill in person.skills for text in (skill.id, skill.name)}
    return wanted <= held


def wrapup_codes_of(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /routing/queues/{id}/wrapupcodes."""
    codes = (api.organisation.get("wrapup-code", code) for code in queue_of(api, identity).wrapup_codes)
    return page(call, (thing_json(api, code, "routing/wrapupcodes") for code in codes if code is not None))


def estimated_wait(api: PublicApi, call: Call, identity: str, media: str | None = None) -> Any:
    """GET /routing/queues/{id}[/mediatypes/{media}]/estimatedwaittime; for a waiting conversation with its id."""
    found, views = queue_of(api, identity), api.routing.views
    medium = None if media is None else _MEDIA.get(media.casefold())
    if media is not None and medium is None:
        raise ApiError(400, "bad.request", f'"{media}" is no media type.')
    waiting = call.query.get("conversationId")
    wait = views.estimated_wait(waiting) if waiting else None
    wait = wait or views.queue_wait(found.id, medium)
    result: dict[str, Any] = {"intent": (media or "ALL").upper(), "formula": "BEST"}
    if wait is not None and wait.ms is not None:
        result["estimatedWaitTimeSeconds"] = round(wait.ms / 1000)
    return {"results": [result]}


def listing(kind: str, path: str) -> Any:
    """A handler for ``GET`` of all things of a kind."""

    def handler(api: PublicApi, call: Call) -> Any:
        found = named(call, api.organisation.all(kind))
        return page(call, ({**thing_json(api, thing, path), "state": "active"} for thing in found))

    return handler


def single(kind: str, path: str) -> Any:
    """A handler for ``GET`` of one thing of a kind by id."""

    def handler(api: PublicApi, call: Call, identity: str) -> Any:
        thing = api.organisation.get(kind, identity)
        if thing is None:
            raise not_found(f"{kind.replace('-', ' ')} {identity}")
        return {**thing_json(api, thing, path), "state": "active"}

    return handler


async def change_waiting(api: PublicApi, call: Call, conversation: str) -> Any:
    """PATCH /routing/conversations/{id}: what a waiting conversation asks of an agent (routing.md §2).

    What is left out stays; ``[]`` and ``""`` take skills, expression, language, label or agents away.
    """
    body = call.fields
    if not body or set(body) - set(_WAITING):
        raise ApiError(400, "bad.request", f"What can be changed is {', '.join(sorted(_WAITING))}.")
    place = {}
    for name, value in body.items():
        if value is not None:
            key, read, wanted = _WAITING[name]
            place[key] = read(value)
            if place[key] is None:
                raise ApiError(400, "bad.request", f"{name} is {wanted}.")
    command = Command(
        command_id=f"api:{call.client}:{conversation}:{api.now()}",
        conversation=conversation,
        name="patch_routing",
        actor=Actor("client", call.client),
        args={"place": place},
    )
    answer = await api.conversations.send(command)
    if isinstance(answer, Refused):
        status = 404 if await api.conversations.read(conversation) is None else 409
        raise ApiError(status, "not.found" if status == 404 else "conflict", f"{answer.message}.")
    return {"conversationId": conversation, **body}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) and all(isinstance(one, str) for one in value) else None


def _scored(value: Any) -> tuple[tuple[str, int], ...] | None:
    if not isinstance(value, list) or not all(isinstance(one, dict) and _text(one.get("id")) for one in value):
        return None
    # Who is named without a score has the highest (routing.md §7).
    scores = [_whole(one.get("score", HIGHEST_SCORE)) for one in value]
    return None if None in scores else tuple((one["id"], score or 0) for one, score in zip(value, scores, strict=True))


_WAITING: Mapping[str, tuple[str, Callable[[Any], Any], str]] = {
    "priority": ("priority", _whole, "a whole number"),
    "skillIds": ("skills", _texts, "a list of ids"),
    "skillExpression": ("skill_expression", _text, "a text"),
    "languageId": ("language_id", _text, "an id"),
    "labelId": ("label_id", _text, "an id"),
    "requestScoredAgents": ("preferred", _scored, "a list of agents, each an id with a whole score"),
}
"""What may be changed, as a place has it: by which reader, and what it is in words."""
