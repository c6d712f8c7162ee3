"""Who takes part in which queue, and with which skills: changed while the node runs, as routing keeps it.

It holds until the organisation itself is changed, then that counts again (routing.md §28.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contactcenter.organisation import Queue, User
from contactcenter.routing import messages as m
from web.api.vendor.directory import user_of
from web.api.vendor.message import Answer, ApiError, Call, PublicApi, not_found, page
from web.api.vendor.routing import queue_of

Held = dict[str, float]
"""Skill or language id to proficiency."""


async def change_member(api: PublicApi, call: Call, identity: str, member: str) -> Any:
    """PATCH /routing/queues/{id}/members/{member}: ``joined``, ``ringNumber``."""
    person, queue = user_of(api, member), queue_of(api, identity)
    await _take_part(api, call, person, queue, call.fields)
    return Answer(202)


async def change_queue(api: PublicApi, call: Call, identity: str, queue: str) -> Any:
    """PATCH /users/{id}/queues/{queue}: ``joined``."""
    person, found = user_of(api, identity), queue_of(api, queue)
    await _take_part(api, call, person, found, call.fields)
    return {"id": found.id, "name": found.name, "joined": call.fields.get("joined", True)}


async def _take_part(api: PublicApi, call: Call, person: User, queue: Queue, wanted: Mapping[str, Any]) -> None:
    joined, ring = wanted.get("joined", True), wanted.get("ringNumber")
    if not isinstance(joined, bool):
        raise ApiError(400, "bad.request", "joined is true or false.")
    if ring is not None and (not isinstance(ring, int) or isinstance(ring, bool) or not 1 <= ring <= 6):
        raise ApiError(400, "bad.request", "ringNumber is 1 to 6.")
    member = next((one for one in queue.members if one.user == person.id), None)
    if member is None and person.id not in {agent["id"] for agent in api.routing.views.agents(queue.id)}:
        raise not_found(f"member {person.id} of the queue {queue.name}")
    number = ring or (member.ring if member is not None else 1)
    command_id = f"api:{call.client}:{person.id}:{queue.id}:{api.now()}"
    await _send(
        api,
        m.JoinQueue(command_id=command_id, agent=person.id, queue=queue.id, ring=number)
        if joined
        else m.LeaveQueue(command_id=command_id, agent=person.id, queue=queue.id),
    )


def held_by(api: PublicApi, person: User) -> Held:
    """What an agent holds now, as routing knows it."""
    agent = api.routing.views.agent(person.id)
    return dict(agent["skills"]) if agent is not None else {}


def kind_held(api: PublicApi, person: User, kind: str) -> list[dict[str, Any]]:
    """The skills, or the languages, that an agent holds now; those that do not count stand as in the organisation."""
    held = held_by(api, person)
    things = [thing for thing in api.organisation.all(kind) if thing.id in held]
    idle = person.skills if kind == "skill" else person.languages
    return [
        *({"id": one.id, "name": one.name, "proficiency": held[one.id], "state": "active"} for one in things),
        *(
            {"id": one.id, "name": one.name, "proficiency": one.proficiency, "state": one.state}
            for one in idle
            if one.state != "active" and one.id not in held
        ),
    ]


def listing(kind: str) -> Any:
    """A handler for ``GET`` of what a user holds of a kind."""

    def handler(api: PublicApi, call: Call, identity: str) -> Any:
        return page(call, kind_held(api, user_of(api, identity), kind))

    return handler


def adding(kind: str) -> Any:
    """A handler for ``POST {id, proficiency}``, and for ``PATCH`` of a list of them: they are added, or changed."""

    async def handler(api: PublicApi, call: Call, identity: str) -> Any:
        person, single = user_of(api, identity), isinstance(call.body, Mapping)
        new = _read(api, kind, [call.fields] if single else call.body)
        await _set(api, call, person, {**held_by(api, person), **new})
        found = kind_held(api, person, kind)
        return next(one for one in found if one["id"] in new) if single else page(call, found)

    return handler


def replacing(kind: str) -> Any:
    """A handler for ``PUT`` of the whole list of a kind."""

    async def handler(api: PublicApi, call: Call, identity: str) -> Any:
        person = user_of(api, identity)
        others = {
            name: level for name, level in held_by(api, person).items() if api.organisation.get(kind, name) is None
        }
        await _set(api, call, person, {**others, **_read(api, kind, call.body)})
        return page(call, kind_held(api, person, kind))

    return handler


def changing(kind: str) -> Any:
    """A handler for ``PUT {proficiency}`` of one that is held."""

    async def handler(api: PublicApi, call: Call, identity: str, held: str) -> Any:
        person = user_of(api, identity)
        before = held_by(api, person)
        if held not in before:
            raise not_found(f"{kind.replace('-', ' ')} {held} of this user")
        await _set(api, call, person, {**before, **_read(api, kind, [{**call.fields, "id": held}])})
        return next(one for one in kind_held(api, person, kind) if one["id"] == held)

    return handler


def taking(kind: str) -> Any:
    """A handler for ``DELETE`` of one that is held."""

    async def handler(api: PublicApi, call: Call, identity: str, held: str) -> Any:
        person = user_of(api, identity)
        before = held_by(api, person)
        if before.pop(held, None) is None:
            raise not_found(f"{kind.replace('-', ' ')} {held} of this user")
        await _set(api, call, person, before)
        return Answer(204)

    return handler


def _read(api: PublicApi, kind: str, body: Any) -> Held:
    found: Held = {}
    for one in body if isinstance(body, list) else [None]:
        thing = api.organisation.get(kind, str(one.get("id"))) if isinstance(one, Mapping) else None
        level = one.get("proficiency", 0) if isinstance(one, Mapping) else None
        if not isinstance(one, Mapping) or not isinstance(level, (int, float)) or isinstance(level, bool):
            raise ApiError(400, "bad.request", "The body is {id, proficiency}, or a list of them.")
        if thing is None:
            raise not_found(f"{kind.replace('-', ' ')} {one.get('id')}")
        found[thing.id] = float(level)
    return found


async def _set(api: PublicApi, call: Call, person: User, held: Held) -> None:
    await _send(
        api, m.SetSkills(command_id=f"api:{call.client}:{person.id}:skills:{api.now()}", agent=person.id, skills=held)
    )


async def _send(api: PublicApi, command: m.Command) -> None:
    answer = await api.routing.send(command)
    if isinstance(answer, m.Refused):
        status = 400 if answer.code.startswith("bad_") else 409
        raise ApiError(status, "bad.request" if status == 400 else "conflict", f"{answer.message}.")
    await api.routing.fresh()
