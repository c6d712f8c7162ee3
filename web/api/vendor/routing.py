"""Queues and their members, skills, languages, wrap-up codes, waiting times, and what a waiting call asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from contactcenter.conversations import Actor, Command, Refused
from contactcenter.organisation import Queue, User
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
    """PATCH /routing/conversations/{id}: priority, skills and language of a waiting conversation."""
    body = call.fields
    known = {"priority", "skillIds", "languageId"}
    if not body or set(body) - known:
        raise ApiError(400, "bad.request", f"What can be changed is {', '.join(sorted(known))}.")
    if not isinstance(body.get("priority", 0), int) or isinstance(body.get("priority"), bool):
        raise ApiError(400, "bad.request", "priority is a whole number.")
    skills = tuple(str(one) for one in body["skillIds"]) if isinstance(body.get("skillIds"), list) else None
    language = str(body["languageId"]) if body.get("languageId") is not None else None
    place = {"priority": body.get("priority"), "skills": skills, "language_id": language}
    command = Command(
        command_id=f"api:{call.client}:{conversation}:{api.now()}",
        conversation=conversation,
        name="patch_routing",
        actor=Actor("client", call.client),
        args={"place": {name: value for name, value in place.items() if value is not None}},
    )
    answer = await api.conversations.send(command)
    if isinstance(answer, Refused):
        status = 404 if api.conversations.state(conversation) is None else 409
        raise ApiError(status, "not.found" if status == 404 else "conflict", f"{answer.message}.")
    return {"conversationId": conversation, **body}
