"""Callbacks for clients: created, looked at, put off, ended (desk.md §9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from contactcenter.conversations import (
    Actor,
    CallbackRequest,
    Conversation,
    Refused,
    asked_of_an_agent,
    create_callback,
)
from contactcenter.conversations.callbacks import DELIVERIES
from contactcenter.customers.wire import from_iso
from contactcenter.organisation import Thing
from contactcenter.routing.messages import HIGHEST_SCORE, OWNED_CALLBACK
from web.api.vendor.conversations import command, conversation_json, refusal, state_of
from web.api.vendor.message import API, Answer, ApiError, Call, PublicApi, not_found, page


async def create(api: PublicApi, call: Call) -> Any:
    """POST /conversations/callbacks: a conversation of its own."""
    return await create_by(api, call, call.fields)


async def create_by(api: PublicApi, call: Call, wanted: Mapping[str, Any]) -> Answer:
    """A callback as the body of a request wants it."""
    return await _create(api, call, _request(api, wanted))


async def create_for(api: PublicApi, call: Call, conversation: str, participant: str) -> Any:
    """POST /conversations/{id}/participants/{pid}/callbacks: with what this conversation knows.

    It takes over the participant data and the screen pop, and in the queue where the customer waits, the place.
    """
    origin = await state_of(api, conversation)
    if origin.participant(participant) is None:
        raise not_found(f"participant {participant} in this conversation")
    return await create_within(api, call, origin, call.fields)


async def create_within(api: PublicApi, call: Call, origin: Conversation, wanted: Mapping[str, Any]) -> Answer:
    """A callback that a conversation leads to, from the body of a request."""
    customer, entry = origin.customer, origin.queue_entry or origin.last_place
    number = origin.callback.number if origin.callback else (origin.ani or "").removeprefix("tel:")
    body = {"queueId": entry.place.queue_id if entry else None, "callbackNumbers": [number], **wanted}
    more: dict[str, Any] = {"origin": origin.id, "screen_pop": origin.screen_pop}
    waiting = origin.queue_entry
    if waiting is not None and _queue(body) == waiting.place.queue_id:
        more |= {"place": asked_of_an_agent(waiting.place), "keep_wait_of": waiting.enqueued_at}
    known = customer.name if customer is not None else None
    answer = await _create(api, call, _request(api, body, origin.attributes, known, **more))
    if origin.state == "open":
        await command(api, call, origin.id, "callback_created", {"callback": answer.body["conversation"]["id"]})
    return answer


async def _create(api: PublicApi, call: Call, request: CallbackRequest) -> Answer:
    identity = str(uuid4())
    actor, directory = Actor("client", call.client), api.conversations.around.directory
    made = create_callback(request, directory, identity, f"api:{identity}", actor, api.now())
    answer = made if isinstance(made, Refused) else await api.conversations.send(made)
    if isinstance(answer, Refused):
        raise refusal(answer)
    reference = {"id": identity, "selfUri": f"{API}/conversations/{identity}"}
    state = await state_of(api, identity)
    customer = state.customer
    legs = [{"id": leg.id, "type": "EXTERNAL"} for leg in (customer.legs if customer else ())]
    return Answer(201, {"conversation": reference, "callbackIdentifiers": legs})


def _queue(body: Mapping[str, Any]) -> str:
    routing = body.get("routingData")
    named = (routing.get("queueId") if isinstance(routing, Mapping) else None) or body.get("queueId")
    if not named:
        raise ApiError(400, "bad.request", "A callback needs queueId, or routingData with one.")
    return str(named)


def _request(
    api: PublicApi,
    body: Mapping[str, Any],
    attributes: Mapping[str, str] | None = None,
    name: str | None = None,
    **more: Any,
) -> CallbackRequest:
    """What a body asks for; raises ``ApiError``."""
    data = body.get("data") or {}
    numbers, delivery = body.get("callbackNumbers"), body.get("customerFirstCallbackDeliveryMode") or DELIVERIES[0]
    if not isinstance(data, Mapping):
        raise ApiError(400, "bad.request", "data is an object of texts.")
    if not isinstance(numbers, list) or not all(isinstance(number, str | int) for number in numbers):
        raise ApiError(400, "bad.request", "callbackNumbers is a list of telephone numbers.")
    if delivery not in DELIVERIES:
        raise ApiError(400, "bad.request", f"customerFirstCallbackDeliveryMode is one of {', '.join(DELIVERIES)}.")
    place, owner = _routing(api, body.get("routingData") or {})
    return CallbackRequest(
        queue=_queue(body),
        numbers=tuple(str(number) for number in numbers),
        name=_text(body, "callbackUserName") or name,
        scheduled=time_of(body),
        owner=owner,
        attributes={**(attributes or {}), **{str(key): _plain(value) for key, value in data.items()}},
        script_id=_text(body, "scriptId"),
        caller_id=_text(body, "callerId"),
        caller_id_name=_text(body, "callerIdName"),
        delivery=delivery,
        validate=body.get("validateCallbackNumbers") is True,
        country=_text(body, "countryCode"),
        **{**more, "place": {**more.get("place", {}), **place}},
    )


def _text(body: Mapping[str, Any], name: str) -> str | None:
    return str(body[name]) if body.get(name) else None


def _plain(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def time_of(body: Mapping[str, Any]) -> int | None:
    """``callbackScheduledTime`` in UTC ms; raises ``ApiError``."""
    text = body.get("callbackScheduledTime")
    if not text:
        return None
    try:
        return from_iso(str(text))
    except ValueError:
        message = f'callbackScheduledTime is a time such as 2026-06-01T10:00:00.000Z, not "{text}".'
        raise ApiError(400, "bad.request", message) from None


def _routing(api: PublicApi, data: Any) -> tuple[dict[str, Any], str | None]:
    """What ``routingData`` asks of an agent, and the agent whose callback it is."""
    if not isinstance(data, Mapping):
        raise ApiError(400, "bad.request", "routingData is an object.")
    place: dict[str, Any] = {}
    if data.get("priority") is not None:
        if not isinstance(data["priority"], int) or isinstance(data["priority"], bool):
            raise ApiError(400, "bad.request", "priority is a whole number.")
        place["priority"] = data["priority"]
    if data.get("skillIds"):
        skills = [_thing(api, "skill", skill) for skill in data["skillIds"]]
        place |= {"skills": tuple(one.id for one in skills), "skill_names": tuple(one.name for one in skills)}
    if data.get("languageId"):
        language = _thing(api, "language-skill", data["languageId"])
        place |= {"language_id": language.id, "language_name": language.name}
    scored = [_scored(one) for one in data.get("scoredAgents") or ()]
    scored += [(str(agent), HIGHEST_SCORE) for agent in data.get("preferredAgentIds") or ()]
    if OWNED_CALLBACK not in (data.get("routingFlags") or ()):
        return {**place, **({"preferred": tuple(scored)} if scored else {})}, None
    if len(scored) != 1 or scored[0][1] != HIGHEST_SCORE:
        raise ApiError(400, "bad.request", f"A callback that an agent owns names one agent with score {HIGHEST_SCORE}.")
    return place, _thing(api, "user", scored[0][0]).id


def _thing(api: PublicApi, kind: str, identity: Any) -> Thing:
    found = api.organisation.get(kind, str(identity))
    if found is None:
        raise not_found(f"{kind.replace('-', ' ')} {identity}")
    return found


def _scored(entry: Any) -> tuple[str, int]:
    agent = entry.get("agent") if isinstance(entry, Mapping) else None
    score = entry.get("score", 0) if isinstance(entry, Mapping) else None
    if not isinstance(agent, Mapping) or not agent.get("id") or not isinstance(score, int):
        raise ApiError(400, "bad.request", "scoredAgents is a list of {agent: {id}, score}.")
    return str(agent["id"]), score


async def callback(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /conversations/callbacks/{id}."""
    return conversation_json(api, await _callback(api, identity))


async def open_callbacks(api: PublicApi, call: Call) -> Any:
    """GET /conversations/callbacks: those that are not over, the one that is due first before the others."""
    found = [(state.callback.due, state) for state in api.conversations.open() if state.callback is not None]
    ordered = sorted(found, key=lambda pair: (pair[0], pair[1].id))
    return page(call, (conversation_json(api, state) for _, state in ordered))


async def change(api: PublicApi, call: Call, identity: str) -> Any:
    """PATCH /conversations/callbacks/{id}: ``state: disconnected`` ends it, ``callbackScheduledTime`` puts it off."""
    await _callback(api, identity)
    body = call.fields
    unknown = set(body) - {"state", "callbackScheduledTime", "callbackNumbers"}
    if not body or unknown or body.get("state") not in (None, "disconnected"):
        message = "What can be changed is state (to disconnected), callbackScheduledTime and callbackNumbers."
        raise ApiError(400, "bad.request", message)
    if body.get("state") == "disconnected":
        await command(api, call, identity, "disconnect", {})
    else:
        await _put_off(api, call, identity)
    return conversation_json(api, await state_of(api, identity))


async def put_off(api: PublicApi, call: Call) -> Any:
    """PATCH /conversations/callbacks: another time, and perhaps the agent who keeps it."""
    identity = call.fields.get("conversationId")
    if not identity:
        raise ApiError(400, "bad.request", "conversationId says which callback is meant.")
    await _put_off(api, call, str(identity))
    return conversation_json(api, await state_of(api, str(identity)))


async def _put_off(api: PublicApi, call: Call, identity: str) -> None:
    await _callback(api, identity)
    at, numbers, agent = time_of(call.fields), call.fields.get("callbackNumbers"), call.fields.get("agentId")
    if at is None:
        raise ApiError(400, "bad.request", "callbackScheduledTime says when the customer is to be called.")
    args: dict[str, Any] = {"at": at}
    if isinstance(numbers, list) and numbers:
        args["number"] = str(numbers[0])
    if agent:
        args["owner"] = str(agent)
    await command(api, call, identity, "reschedule", args)


async def _callback(api: PublicApi, identity: str) -> Conversation:
    state = await state_of(api, identity)
    if state.callback is None:
        raise not_found(f"callback {identity}")
    return state
