"""Users, their presence and routing status, search (users, SCIM)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contactcenter.organisation import Group, User
from contactcenter.routing import messages as m
from contactcenter.routing.state import WORKING
from web.api.vendor.message import API, ApiError, Call, PublicApi, iso, not_found, page, reference, thing_json

PRESENCES: Mapping[str, str] = {
    "Available": "6a3af858-942f-489d-9700-5f9bcdcdae9b",
    "Away": "5e5c5c66-ea97-4e7f-ac41-6424784829f2",
    "Busy": "31fe3bac-dea6-44b7-bed7-47f91660a1a0",
    "Meal": "3fd96123-badb-4f69-bc03-1b1ccc6d8014",
    "Offline": "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5",
    "On Queue": "e08eaf1b-ee47-4fa9-a231-1200e284798f",
    **{name: str(uuid5(NAMESPACE_URL, f"callwright:presence:{name}")) for name in ("Break", "Meeting", "Training")},
}
"""System presences and the ids of their definitions; public data actions name the first six by id."""


def user_of(api: PublicApi, identity: str) -> User:
    """A user by id or e-mail address; raises ``ApiError``."""
    found = api.organisation.user(identity)
    if found is None:
        raise not_found(f"user {identity}")
    return found


def presence_of(api: PublicApi, user: str) -> str:
    """On Queue while routing may offer work, else Available; Offline for whom routing does not know."""
    agent = api.routing.views.agent(user)
    if agent is None:
        return "Offline"
    return "On Queue" if agent["status"] != "OFF_QUEUE" else "Available"


def routing_status_json(api: PublicApi, user: str) -> dict[str, Any]:
    """``{userId, status, startTime}``."""
    agent = api.routing.views.agent(user)
    if agent is None:
        return {"userId": user, "status": "OFF_QUEUE"}
    return {"userId": user, "status": agent["status"], "startTime": iso(agent["since"])}


def presence_json(api: PublicApi, user: str, path: str | None = None) -> dict[str, Any]:
    """The presence of a user."""
    name = presence_of(api, user)
    agent = api.routing.views.agent(user)
    return {
        "id": user,
        "source": "PURECLOUD",
        "primary": True,
        "presenceDefinition": definition_json(name),
        "message": "",
        **({"modifiedDate": iso(agent["since"])} if agent else {}),
        "selfUri": path or f"{API}/users/{user}/presences/PURECLOUD",
    }


def definition_json(name: str) -> dict[str, Any]:
    """A presence definition."""
    identity = PRESENCES[name]
    return {"id": identity, "systemPresence": name, "selfUri": f"{API}/presence/definitions/{identity}"}


def user_json(api: PublicApi, user: User, expand: Iterable[str] = ()) -> dict[str, Any]:
    """The vendor's user with what ``expand`` asks for."""
    wanted = set(expand)
    found: dict[str, Any] = {
        **thing_json(api, user, "users"),
        "username": user.username,
        "email": user.username,
        "state": "active",
        "primaryContactInfo": [{"address": user.username, "mediaType": "EMAIL", "type": "PRIMARY"}],
        "addresses": user.data.get("addresses") or [],
        "acdAutoAnswer": user.data.get("acdAutoAnswer") is True,
    }
    for key in ("title", "department", "preferredName", "manager"):
        if user.data.get(key) is not None:
            found[key] = user.data[key]
    if "presence" in wanted:
        found["presence"] = presence_json(api, user.id)
    if "routingStatus" in wanted:
        found["routingStatus"] = routing_status_json(api, user.id)
    if "skills" in wanted:
        found["skills"] = [_held(one.id, one.name, one.proficiency, one.state) for one in user.skills]
    if "languages" in wanted:
        found["languages"] = [_held(one.id, one.name, one.proficiency, one.state) for one in user.languages]
    if "groups" in wanted:
        groups = (group for group in api.organisation.all("group") if isinstance(group, Group))
        found["groups"] = [reference(group.id, "groups") for group in groups if user.id in group.members]
    if "conversationSummary" in wanted:
        found["conversationSummary"] = _summary(api, user.id)
    return found


def _held(identity: str, name: str, proficiency: float, state: str) -> dict[str, Any]:
    return {"id": identity, "name": name, "proficiency": proficiency, "state": state}


def _summary(api: PublicApi, user: str) -> dict[str, Any]:
    agent = api.routing.views.agent(user)
    media: dict[str, dict[str, int]] = {}
    for unit in agent["units"] if agent else ():
        counts = media.setdefault(unit["media"], {"active": 0, "acw": 0})
        counts["acw" if unit["state"] == "acw" else "active"] += 1
    return {
        "userId": user,
        **{name: {"contactCenter": media.get(name, {"active": 0, "acw": 0})} for name in ("call", "callback", "email")},
    }


def users(api: PublicApi, call: Call) -> Any:
    """GET /users."""
    expand, ids = call.words("expand"), call.words("id")
    found = (user for user in api.organisation.all("user") if isinstance(user, User) and (not ids or user.id in ids))
    return page(call, (user_json(api, user, expand) for user in sorted(found, key=lambda user: user.name.casefold())))


def user(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /users/{id}."""
    return user_json(api, user_of(api, identity), call.words("expand"))


def queues_of(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /users/{id}/queues."""
    from web.api.vendor.routing import queue_json, queues_with

    return page(call, (queue_json(api, queue) for queue in queues_with(api, user_of(api, identity).id)))


def presence(api: PublicApi, call: Call, identity: str, source: str) -> Any:
    """GET /users/{id}/presences/{source}; there is one source."""
    if source.upper() != "PURECLOUD":
        raise not_found(f"presence source {source}")
    return presence_json(api, user_of(api, identity).id, call.path)


async def set_presence(api: PublicApi, call: Call, identity: str, source: str) -> Any:
    """PATCH /users/{id}/presences/{source}: On Queue and everything else, which is all that routing knows."""
    person = user_of(api, identity)
    wanted = (call.fields.get("presenceDefinition") or {}).get("id")
    name = next((name for name, known in PRESENCES.items() if known == wanted), None)
    if name is None:
        raise ApiError(400, "bad.request", "presenceDefinition.id is none of /api/v2/presence/definitions.")
    status = "on_queue" if name == "On Queue" else "off_queue"
    command = m.SetStatus(command_id=f"api:{call.client}:{person.id}:{api.now()}", agent=person.id, status=status)
    answer = await api.routing.send(command)
    if isinstance(answer, m.Refused):
        raise ApiError(409, "conflict", answer.message)
    return presence_json(api, person.id, call.path)


def presences(api: PublicApi, call: Call) -> Any:
    """GET /presence/definitions and the older /presencedefinitions."""
    return page(call, (definition_json(name) for name in PRESENCES))


def routing_status(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /users/{id}/routingstatus."""
    return routing_status_json(api, user_of(api, identity).id)


def out_of_office(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /users/{id}/outofoffice: nobody can say so here, hence never."""
    person = user_of(api, identity)
    return {"user": reference(person.id, "users"), "active": False, "indefinite": False, "selfUri": call.path}


def is_working(api: PublicApi, user: str) -> bool:
    """Whether routing may offer the user work."""
    agent = api.routing.views.agent(user)
    return agent is not None and agent["status"] in WORKING


def search_users(api: PublicApi, call: Call) -> Any:
    """POST /users/search."""
    found = _found(api, call.fields)
    expand = call.fields.get("expand") or ()
    return _results(call, [user_json(api, person, expand) for person in found])


def search(api: PublicApi, call: Call) -> Any:
    """POST /search, for users."""
    types = [str(type_).casefold() for type_ in call.fields.get("types") or ()]
    if types not in (["users"], ["user"]):
        raise ApiError(501, "not.implemented", "Only users can be searched here.")
    return _results(call, [{**user_json(api, person), "_type": "users"} for person in _found(api, call.fields)])


def _found(api: PublicApi, body: Mapping[str, Any]) -> list[User]:
    queries = body.get("query") or ()
    if not isinstance(queries, list) or not all(isinstance(query, Mapping) for query in queries):
        raise ApiError(400, "bad.request", '"query" is a list of {fields, value, type}.')
    people = (user for user in api.organisation.all("user") if isinstance(user, User))
    return [person for person in people if all(_fits(person, query) for query in queries)]


def _fits(person: User, query: Mapping[str, Any]) -> bool:
    value = str(query.get("value") or "").casefold()
    values = {value} | {str(one).casefold() for one in query.get("values") or ()} - {""}
    how = str(query.get("type") or "EXACT").upper()
    texts = [text.casefold() for name in query.get("fields") or ("name", "email") for text in _texts(person, name)]
    if how == "EXACT":
        return any(text in values for text in texts)
    if how in ("STARTS_WITH", "PREFIX"):
        return any(text.startswith(value) for text in texts)
    if how == "CONTAINS":
        return any(value in text for text in texts)
    raise ApiError(400, "bad.request", f'The search type "{how}" is not EXACT, STARTS_WITH or CONTAINS.')


def _texts(person: User, field: str) -> list[str]:
    """The texts of a searched field."""
    match field.casefold():
        case "email" | "workemail" | "username" | "primarycontactinfo":
            return [person.username]
        case "name" | "displayname":
            return [person.name]
        case "id" | "guid":
            return [person.id]
        case "addresses" | "extension":
            addresses = person.data.get("addresses")
            listed = [one for one in addresses if isinstance(one, Mapping)] if isinstance(addresses, list) else []
            given = [one.get(key) for one in listed for key in ("address", "extension")]
            return [str(text) for text in (*given, person.data.get("extension")) if text is not None]
        case known if known in ("title", "department", "state"):
            return [str(person.data[known])] if person.data.get(known) is not None else []
    return []


def _results(call: Call, results: list[Any]) -> dict[str, Any]:
    body = call.fields
    size, number = int(body.get("pageSize") or 25), int(body.get("pageNumber") or 1)
    if not 1 <= size <= 500 or number < 1:
        raise ApiError(400, "bad.request", "pageSize is 1 to 500, pageNumber begins at 1.")
    shown = results[(number - 1) * size : number * size]
    return {
        "total": len(results),
        "pageCount": -(-len(results) // size),
        "pageSize": size,
        "pageNumber": number,
        "types": ["users"],
        "results": shown,
    }


def scim_user(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /scim/users/{id} and /scim/v2/users/{id}."""
    person = user_of(api, identity)
    extension = "urn:ietf:params:scim:schemas:extension:genesys:purecloud:2.0:User"
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", extension],
        "id": person.id,
        "userName": person.username,
        "displayName": person.name,
        "active": True,
        "emails": [{"value": person.username, "type": "work", "primary": True}],
        extension: {"externalIds": []},
        "meta": {"resourceType": "User", "location": call.path},
    }
