"""Conversations in the vendor's shape, and what a client may do to them (conversations.md §13)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from contactcenter.conversations import Actor, Command, Conversation, Participant, Refused, shown_attributes
from contactcenter.routing import messages as m
from web.api.vendor.message import API, Answer, ApiError, Call, PublicApi, iso, not_found, page, thing_json
from web.api.vendor.routing import queue_of
from web.sentences import sentence

MEDIA_LISTS = {"call": "calls", "callback": "callbacks", "chat": "chats", "email": "emails", "message": "messages"}
_ALIVE = tuple("connected alerting offering contacting dialing parked scheduled disconnected terminated".split())
_PROMPTS = {
    "OPTIONAL": "optional",
    "MANDATORY": "mandatory",
    "MANDATORY_TIMEOUT": "timeout",
    "MANDATORY_FORCED_TIMEOUT": "forcedTimeout",
    "AGENT_REQUESTED": "agentRequested",
}
_REFUSED = {"unknown_target": 404, "forbidden": 403, "not_participant": 403, "limit": 400}


async def state_of(api: PublicApi, identity: str) -> Conversation:
    """A conversation, open or stored; raises ``ApiError``."""
    found = await asyncio.to_thread(api.conversations.state, identity)
    if found is None:
        raise not_found(f"conversation {identity}")
    return found


def without_gaps(**values: Any) -> dict[str, Any]:
    """An object without its absent values."""
    return {name: value for name, value in values.items() if value is not None}


def conversation_json(api: PublicApi, state: Conversation) -> dict[str, Any]:
    """``GET /conversations/{id}`` (conversations.md §13.1)."""
    legs = [leg.state for participant in state.participants for leg in participant.legs]
    return without_gaps(
        id=state.id,
        startTime=iso(state.start),
        endTime=iso(state.end),
        address=state.address,
        state=next((name for name in _ALIVE if name in legs), "terminated"),
        externalTag=state.external_tag,
        recordingState=state.recording_state.upper(),
        securePause=state.secure_pause,
        divisions=[{"division": {"id": division}, "entities": [{"id": state.id}]} for division in state.divisions],
        recentTransfers=[],
        participants=[participant_json(state, p) for p in sorted(state.participants, key=lambda p: p.start)],
        selfUri=f"{API}/conversations/{state.id}",
    )


def participant_json(state: Conversation, participant: Participant) -> dict[str, Any]:
    """A participant with its legs under the list of its medium."""
    queue_id = participant.queue_id
    wrapup = participant.wrapup
    found = without_gaps(
        id=participant.id,
        purpose=participant.purpose,
        name=participant.name,
        startTime=iso(participant.start),
        connectedTime=iso(participant.connected),
        endTime=iso(participant.end),
        address=participant.address,
        ani=participant.ani,
        dnis=participant.dnis,
        userId=participant.user_id,
        user={"id": participant.user_id} if participant.user_id else None,
        queueId=queue_id,
        queue={"id": queue_id} if queue_id else None,
        queueName=participant.name if participant.purpose == "acd" else None,
        externalContactId=participant.external_contact_id,
        externalContactInitialDivisionId=participant.external_contact_division,
        attributes=shown_attributes(participant.attributes),
        scriptId=participant.script_id,
        conversationRoutingData=_routing_data(state, participant),
        wrapupRequired=participant.wrapup_prompt is not None,
        wrapupPrompt=_PROMPTS.get(participant.wrapup_prompt or ""),
        wrapupTimeoutMs=participant.wrapup_timeout_ms,
        alertingTimeoutMs=participant.alerting_timeout_ms,
    )
    if wrapup is not None:
        found["wrapup"] = without_gaps(
            code=wrapup.code,
            name=wrapup.name,
            notes=wrapup.notes,
            tags=list(wrapup.tags),
            durationSeconds=wrapup.duration_s,
            endTime=iso(wrapup.end),
            provisional=wrapup.provisional,
        )
    if participant.acw is not None:
        found |= without_gaps(startAcwTime=iso(participant.acw.start), endAcwTime=iso(participant.acw.end))
    return found | _by_medium(state, participant)


def _by_medium(state: Conversation, participant: Participant) -> dict[str, list[dict[str, Any]]]:
    """The legs under the lists of their media: a callback has calls too."""
    found: dict[str, list[dict[str, Any]]] = {MEDIA_LISTS.get(state.media_type, "calls"): []}
    media = [leg.media or state.media_type for leg in participant.legs] or [state.media_type]
    for medium, leg in zip(media, _legs(state, participant), strict=True):
        shown = leg | _callback(state, participant) if medium == "callback" else leg
        found.setdefault(MEDIA_LISTS.get(medium, "calls"), []).append(shown)
    return found


def _callback(state: Conversation, participant: Participant) -> dict[str, Any]:
    """What only a callback tells."""
    callback, customer = state.callback, state.customer
    if callback is None:
        return {}
    return without_gaps(
        callbackNumbers=list(callback.numbers),
        callbackUserName=customer.name if customer else None,
        callbackScheduledTime=iso(callback.due),
        timeoutSeconds=callback.rules.auto_dial_s or 0,
        skipEnabled=False,
        scriptId=callback.script_id,
        callerId=callback.caller_id,
        callerIdName=callback.caller_id_name,
    )


def _routing_data(state: Conversation, participant: Participant) -> dict[str, Any] | None:
    entry = state.queue_entry or state.last_place
    if participant.purpose != "acd" or entry is None or entry.entry_id != participant.entry_id:
        return None
    place = entry.place
    return without_gaps(
        queue={"id": place.queue_id, "name": place.queue_name},
        language={"id": place.language_id} if place.language_id else None,
        priority=place.priority,
        skills=[
            {"id": skill, "name": name} for skill, name in zip(place.skills, place.skill_names or (), strict=False)
        ],
        scoredAgents=[{"agent": {"id": agent}, "score": score} for agent, score in place.preferred],
    )


def _legs(state: Conversation, participant: Participant) -> list[dict[str, Any]]:
    segments = [
        without_gaps(startTime=iso(s.start), endTime=iso(s.end), type=s.type, disconnectType=s.disconnect_type)
        for s in participant.segments
    ]
    if not participant.legs:  # the flow and the queue have no line of their own; the vendor shows one all the same
        gone = participant.end is not None
        why = ("transfer" if participant.outcome not in ("abandoned", None) else "peer") if gone else None
        leg = without_gaps(
            id=participant.execution_id or participant.entry_id or participant.id,
            state="terminated" if gone else "connected",
            direction="inbound",
            provider="callwright",
            connectedTime=iso(participant.start),
            disconnectedTime=iso(participant.end),
            disconnectType=why,
            segments=segments,
        )
        return [leg]
    return [
        without_gaps(
            id=leg.id,
            state=leg.state,
            initialState=leg.initial_state,
            direction=leg.direction,
            held=leg.held,
            muted=leg.muted,
            confined=leg.confined,
            recording=state.recording_state == "active",
            recordingState=state.recording_state,
            securePause=state.secure_pause,
            provider="callwright",
            startAlertingTime=iso(leg.start_alerting),
            connectedTime=iso(leg.connected),
            disconnectedTime=iso(leg.disconnected),
            startHoldTime=iso(leg.hold_since),
            disconnectType=leg.disconnect_type,
            self={"addressNormalized": participant.address} if participant.address else None,
            segments=segments if leg is participant.leg else [],
            afterCallWorkRequired=participant.wrapup_prompt is not None,
            afterCallWork={"state": participant.acw.state} if participant.acw else None,
        )
        for leg in participant.legs
    ]


async def conversation(api: PublicApi, call: Call, identity: str) -> Any:
    """GET /conversations/{id} and, by medium, /conversations/calls/{id}."""
    return conversation_json(api, await state_of(api, identity))


async def open_conversations(api: PublicApi, call: Call) -> Any:
    """GET /conversations: those that are going on, the oldest first."""
    await api.conversations.fresh()
    found = sorted(api.conversations.open(), key=lambda state: state.start)
    return page(call, (conversation_json(api, state) for state in found))


async def command(
    api: PublicApi, call: Call, conversation: str, name: str, args: Mapping[str, Any], participant: str | None = None
) -> None:
    """Send a command as the client; what the conversation refuses is raised as ``ApiError``."""
    answer = await api.conversations.send(
        Command(
            command_id=f"api:{uuid4()}",
            conversation=conversation,
            name=name,
            actor=Actor("client", call.client),
            participant=participant,
            args=dict(args),
        )
    )
    if isinstance(answer, Refused):
        raise refusal(answer)


def refusal(answer: Refused) -> ApiError:
    """What a conversation refuses, as a client is told."""
    status = _REFUSED.get(answer.code, 409)
    code = {404: "not.found", 403: "forbidden", 400: "bad.request"}.get(status, answer.code.replace("_", "."))
    return ApiError(status, code, sentence(answer.message))


async def change_participant(api: PublicApi, call: Call, conversation: str, participant: str) -> Any:
    """PATCH /conversations/[calls/]{id}/participants/{pid}: held, muted, confined, wrapup, state in this order."""
    state = await state_of(api, conversation)
    part = state.participant(participant)
    if part is None:
        raise not_found(f"participant {participant} in this conversation")
    for name, args in _changes(call.fields, part, state):
        await command(api, call, conversation, name, args, participant)
    return Answer(202 if "/calls/" in call.path or "/callbacks/" in call.path else 200)


def _changes(body: Mapping[str, Any], part: Participant, state: Conversation) -> Iterable[tuple[str, dict[str, Any]]]:
    """The commands that a body means; raises ``ApiError`` before the first is sent."""
    unknown = set(body) - {"held", "muted", "confined", "wrapup", "state"}
    if not body or unknown:
        named = f' not "{sorted(unknown)[0]}"' if unknown else ""
        raise ApiError(400, "bad.request", f"What can be changed is held, muted, confined, wrapup and state,{named}.")
    found: list[tuple[str, dict[str, Any]]] = []
    for field, (on, off) in {
        "held": ("hold", "resume"),
        "muted": ("mute", "unmute"),
        "confined": ("confine", "unconfine"),
    }.items():
        if field in body:
            found.append((on if body[field] is True else off, {}))
    if "wrapup" in body:
        given = body["wrapup"]
        if not isinstance(given, Mapping):
            raise ApiError(400, "bad.request", "wrapup is {code, notes}.")
        found.append(("wrapup", {"code": given.get("code") or None, "notes": str(given.get("notes") or "")}))
    match body.get("state"):
        case None:
            pass
        case "connected":
            found.append(("accept", _reservation(state, part)))
        case "disconnected":
            alerting = part.leg is not None and part.leg.state == "alerting"
            found.append(("decline", _reservation(state, part)) if alerting else ("hangup", {}))
        case other:
            raise ApiError(400, "bad.request", f'A participant cannot be put into the state "{other}".')
    return found


def _reservation(state: Conversation, part: Participant) -> dict[str, Any]:
    offer = state.offer
    return {"reservation_id": offer.reservation_id} if offer is not None and offer.participant_id == part.id else {}


async def change_attributes(api: PublicApi, call: Call, conversation: str, participant: str) -> Any:
    """PATCH …/participants/{pid}/attributes: adds and overwrites, never removes."""
    attributes = call.fields.get("attributes")
    if not isinstance(attributes, Mapping):
        raise ApiError(400, "bad.request", "attributes is an object of texts.")
    await state_of(api, conversation)
    args = {"attributes": dict(attributes), "participant": participant}
    await command(api, call, conversation, "set_attributes", args, participant)
    state = await state_of(api, conversation)
    part = state.participant(participant)
    return {"attributes": dict(part.attributes) if part is not None else {}}


async def disconnect(api: PublicApi, call: Call, conversation: str) -> Any:
    """POST /conversations/{id}/disconnect: ends the whole conversation."""
    await state_of(api, conversation)
    await command(api, call, conversation, "disconnect", {})
    return Answer(202, {})


async def assign(api: PublicApi, call: Call, conversation: str) -> Any:
    """POST /conversations/{id}/assign {userId}: a waiting conversation to this agent, whatever their skills."""
    await state_of(api, conversation)
    user = api.organisation.user(str(call.fields.get("userId") or ""))
    if user is None:
        raise not_found("user with this userId")
    command = m.Assign(command_id=f"api:{uuid4()}", item=conversation, agent=user.id, by=call.client)
    answer = await api.routing.send(command)
    if isinstance(answer, m.Refused):
        raise ApiError(409, answer.code.replace("_", "."), sentence(answer.message))
    return Answer(202, {})


async def tag(api: PublicApi, call: Call, conversation: str) -> Any:
    """PUT /conversations/{id}/tags."""
    wanted = call.fields.get("externalTag")
    if wanted is not None and not isinstance(wanted, str):
        raise ApiError(400, "bad.request", "externalTag is a text.")
    await state_of(api, conversation)
    await command(api, call, conversation, "set_tag", {"tag": wanted or None})
    return {"externalTag": wanted} if wanted else {}


async def replace_participant(api: PublicApi, call: Call, conversation: str, participant: str) -> Any:
    """POST …/participants/{pid}/replace[/queue|/agent|/external]: transfer to exactly one target."""
    body = call.fields
    given = {name: body[name] for name in ("queueId", "userId", "address") if body.get(name)}
    if len(given) != 1:
        raise ApiError(400, "bad.request", "A transfer has exactly one target: queueId, userId or address.")
    name, value = next(iter(given.items()))
    kind = {"Attended": "attended", "Unattended": "blind"}.get(str(body.get("transferType") or "Unattended"))
    if kind is None:
        raise ApiError(400, "bad.request", "transferType is Attended or Unattended.")
    await state_of(api, conversation)
    target = {"queueId": "queue_id", "userId": "user_id", "address": "number"}[name]
    await command(api, call, conversation, "transfer", {"kind": kind, "to": {target: str(value)}}, participant)
    return Answer(202, {})


async def wrapup_codes(api: PublicApi, call: Call, conversation: str, participant: str) -> Any:
    """GET …/participants/{pid}/wrapupcodes: the codes of the participant's queue."""
    part = (await state_of(api, conversation)).participant(participant)
    if part is None:
        raise not_found(f"participant {participant} in this conversation")
    ids = queue_of(api, part.queue_id).wrapup_codes if part.queue_id else ()
    codes = (api.organisation.get("wrapup-code", code) for code in ids)
    return [thing_json(api, code, "routing/wrapupcodes") for code in codes if code is not None]


async def recordings(api: PublicApi, call: Call, conversation: str) -> Any:
    """GET /conversations/{id}/recordings: none are made."""
    await state_of(api, conversation)
    return []


async def summaries(api: PublicApi, call: Call, conversation: str) -> Any:
    """GET /conversations/{id}/summaries: none are written."""
    state = await state_of(api, conversation)
    return {"conversation": {"id": state.id}, "sessionSummaries": []}
