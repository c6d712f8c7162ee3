"""The ports ``conversation`` and ``routing`` of an execution.

Each turns a request of the machine into a command from the execution's seat, and the answer into the Architect output.
Nothing here decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from contactcenter.conversations.callbacks import CallbackRequest, asked_of_an_agent, create_callback
from contactcenter.conversations.ids import derived
from contactcenter.conversations.messages import Actor, Answer, Command, Refused
from contactcenter.conversations.seat import Seat
from contactcenter.conversations.state import Conversation, QueuePlace
from contactcenter.routing.messages import HIGHEST_SCORE
from dsl.expressions.text_of import to_text
from dsl.expressions.values import Duration, Entity, PhoneNumber
from interpreter.commands import Request
from interpreter.ports import Answer as Reply
from interpreter.requests import MISSING_FLOW

_ERRORS = {"unknown_target": "InvalidQueue", "no_capacity": "Unavailable"}
"""Codes of a conversation's refusals that Architect has other words for."""


def _name(value: Any) -> str | None:
    """How a thing is asked for: by its id where it has one, else by name."""
    if isinstance(value, Entity):
        return value.id or value.username or value.name
    return None if value is None else str(value)


def _display(value: Any) -> str:
    return value.name if isinstance(value, Entity) else str(value)


def _failure(refused: Refused) -> dict[str, str]:
    return _problem(_ERRORS.get(refused.code, refused.code), refused.message)


def _problem(kind: str, message: str) -> dict[str, str]:
    """What an action's failure output tells."""
    return {"errorType": kind, "errorCode": kind, "errorMessage": message, "userMessage": message}


class RoutingRequests:
    """The port ``routing``: enqueue, and changes to what is asked of an agent while waiting."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    def request(self, execution: str, request: Request, answer: Reply) -> None:
        """Answer a request of the machine."""
        handler = {
            "enqueue": self._enqueue,
            "set_skills": self._set_skills,
            "set_priority": self._set_priority,
            "set_label": self._set_label,
            "clear_label": self._set_label,
            "set_wrapup_code": _granted,
        }.get(request.operation, _not_configured)
        handler(request, answer)

    def cancel(self, execution: str, request_id: str) -> None:
        """A queue place that nobody waits for any more ends with the conversation."""

    def _enqueue(self, request: Request, answer: Reply) -> None:
        inputs = request.inputs
        queue = self.seat.directory.queue(_name(inputs.get("queue")) or "")
        if queue is None:
            missing = Refused("unknown_target", f"there is no queue {_display(inputs.get('queue'))}")
            answer("refused", {}, _failure(missing))
            return
        place = queue.place(priority=inputs.get("priority") or 0, **_skills(inputs), **_preferred(inputs))
        former = self.seat.state().queue_entry or self.seat.state().last_place
        if inputs.get("append_skills") and former is not None:
            place = _appended(place, former.place)
        own_flow = _flow_name(inputs.get("in_queue_flow"))
        args = {
            "place": replace(place, flow=own_flow) if own_flow else place,
            "attributes": dict(inputs.get("attributes") or {}),
        }

        def answered(result: Answer) -> None:
            if isinstance(result, Refused):
                answer("refused", {}, _failure(result))
            else:
                answer("accepted", {"end": "queue"}, {})

        self.seat.send("enqueue", args, answered, request.id)

    def _set_skills(self, request: Request, answer: Reply) -> None:
        given = {"skills": request.inputs.get("acdSkills"), "language": request.inputs.get("languageSkill")}
        self._patch(_skills(given), request, answer)

    def _set_priority(self, request: Request, answer: Reply) -> None:
        self._patch({"priority": request.inputs.get("priority") or 0}, request, answer)

    def _set_label(self, request: Request, answer: Reply) -> None:
        wanted = request.inputs.get("utilizationLabel")
        label = self.seat.directory.label(_name(wanted) or "") if wanted is not None else None
        if wanted is not None and label is None:
            _fail(answer, "InvalidLabel", f"there is no utilisation label {_display(wanted)}")
            return
        self.seat.send("set_label", {"label": label}, _success_or_failure(answer), request.id)

    def _patch(self, place: Mapping[str, Any], request: Request, answer: Reply) -> None:
        self.seat.send("patch_routing", {"place": place}, _success_or_failure(answer), request.id)


def _flow_name(value: Any) -> str | None:
    """The name of a flow: a text, or ``{name: ...}``."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return next((str(v) for v in (value.get("name"), value.get("flow")) if v), None) or next(iter(value), None)
    return _display(value)


def _skills(inputs: Mapping[str, Any]) -> dict[str, Any]:
    skills = [skill for skill in inputs.get("skills") or () if skill is not None]
    language = inputs.get("language")
    return {
        "skills": tuple(_name(skill) or "" for skill in skills),
        "skill_names": tuple(_display(skill) for skill in skills),
        "language_id": _name(language),
        "language_name": None if language is None else _display(language),
    }


def _appended(place: QueuePlace, former: QueuePlace) -> QueuePlace:
    """The skills that the conversation has already, and after them the new ones (flow-format.md §9.2)."""
    named = {
        **dict(zip(former.skills, former.skill_names, strict=True)),
        **dict(zip(place.skills, place.skill_names, strict=True)),
    }
    return replace(place, skills=tuple(named), skill_names=tuple(named.values()))


def _preferred(inputs: Mapping[str, Any]) -> dict[str, Any]:
    pairs = []
    for item in inputs.get("preferred") or ():
        facts = getattr(item, "properties", None) or (item if isinstance(item, Mapping) else {})
        by_name = {str(key).casefold(): value for key, value in facts.items()}
        agent = _name(by_name.get("agent"))
        if agent:
            score = by_name.get("score")
            # Who is named without a score has the highest (routing.md §7).
            pairs.append((agent, HIGHEST_SCORE if score is None else int(score)))
    return {"preferred": tuple(pairs), "direct": _name(inputs.get("direct"))}


class ConversationRequests:
    """The port ``conversation``: screen pop, tag, data, transfers to users, numbers and flows."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat

    def request(self, execution: str, request: Request, answer: Reply) -> None:
        """Answer a request of the machine."""
        handler = {
            "screen_pop": self._screen_pop,
            "tag": self._tag,
            "callback": self._callback,
            "set_data": self._set_data,
            "get_data": self._get_data,
            "transfer_user": self._transfer_user,
            "transfer_number": self._transfer_number,
            "transfer_flow": self._transfer_flow,
        }.get(request.operation, _not_configured)
        handler(request, answer)

    def cancel(self, execution: str, request_id: str) -> None:
        """Nobody waits for this transfer any more; its end is the conversation's."""
        self.seat.transfers.pop(request_id, None)

    def _screen_pop(self, request: Request, answer: Reply) -> None:
        script = _readable(request.inputs.get("screenPopScript") or {})
        self.seat.send("set_screen_pop", {"script": script}, _success_or_failure(answer), request.id)

    def _tag(self, request: Request, answer: Reply) -> None:
        tag = request.inputs.get("externalTag")
        self.seat.send("set_tag", {"tag": tag}, _success_or_failure(answer), request.id)

    def _callback(self, request: Request, answer: Reply) -> None:
        """A callback of its own, with what the flow knows; a caller who waits keeps the place in that queue."""
        waiting = self.seat.state().queue_entry
        queue = _name(request.inputs.get("queue")) or (waiting.place.queue_id if waiting is not None else "")
        facts = self.seat.directory.queue(queue)
        if facts is None:
            missing = f"there is no queue {_display(request.inputs.get('queue'))} to call back from"
            _fail(answer, "InvalidQueue", missing)
            return
        identity = derived(self.seat.execution, "callback", request.id)
        actor, create = Actor("execution", self.seat.execution), derived(identity, "create")
        asked = _asked_callback(facts.id, request.inputs, self.seat.state())
        command = create_callback(asked, self.seat.directory, identity, create, actor, self.seat.now())
        if isinstance(command, Refused):
            answer("failure", {}, _failure(command))
            return

        def created(result: Answer) -> None:
            if isinstance(result, Refused):
                answer("failure", {}, _failure(result))
            else:
                self.seat.send("callback_created", {"callback": identity}, noted, request.id)

        def noted(result: Answer) -> None:
            if isinstance(result, Refused):  # an agent was faster (race 7): nobody needs to call back
                self.seat.post(_cancelled(identity), None)
            _success_or_failure(answer)(result)

        self.seat.post(command, created)

    def _set_data(self, request: Request, answer: Reply) -> None:
        inputs = request.inputs
        if inputs.get("conversationId") not in (None, self.seat.conversation):
            _not_configured(request, answer)
            return
        written = {name: value or "" for name, value in dict(inputs.get("attributes") or {}).items()}
        args = {"attributes": written, "participant": inputs.get("participantId")}
        self.seat.send("set_attributes", args, _success_or_failure(answer), request.id)

    def _get_data(self, request: Request, answer: Reply) -> None:
        if request.inputs.get("conversationId") not in (None, self.seat.conversation):
            answer("notFound", {}, {})
            return
        state = self.seat.state()
        owner = state.participant(request.inputs.get("participantId"))
        known = owner.attributes if owner else state.attributes
        found = {name: known[name] for name in request.inputs.get("attributes") or () if name in known}
        answer("found" if found else "notFound", found, {})

    def _transfer_user(self, request: Request, answer: Reply) -> None:
        user = self.seat.directory.user(_name(request.inputs.get("targetUser")) or "")
        if user is None:
            _refuse(answer, "InvalidUser", "there is no such user")
            return
        self._transfer({"user_id": user.id, "user_name": user.name}, "user", request, answer)

    def _transfer_number(self, request: Request, answer: Reply) -> None:
        text = _dialled(request.inputs.get("targetNumber"))
        if not text:
            _refuse(answer, "InvalidNumber", "there is no number to transfer to")
            return
        self._transfer({"number": text}, "number", request, answer)

    def _transfer_flow(self, request: Request, answer: Reply) -> None:
        flow = _flow_name(request.inputs.get("targetFlow"))
        if not flow:
            _refuse(answer, "InvalidFlow", "there is no flow to transfer to")
            return
        data = request.inputs.get("invocationData")
        invocation = {} if data is None else {"invocation": to_text(data) or ""}
        self._transfer({"flow": flow, **invocation}, "flow", request, answer)

    def _transfer(self, to: Mapping[str, str], end: str, request: Request, answer: Reply) -> None:
        """Accepted when the target is there, refused when the transfer has failed; until then the flow waits."""

        def over(state: str) -> None:
            if state == "Complete":
                answer("accepted", {"end": end}, {})
            else:
                _refuse(answer, "TransferFailed", f"the transfer ended as {state}")

        def answered(result: Answer) -> None:
            if isinstance(result, Refused) and end == "flow" and result.code == "unknown_target":
                _refuse(answer, MISSING_FLOW, result.message)
            elif isinstance(result, Refused):
                answer("refused", {}, _failure(result))
            elif "transfer" in result.data:
                over(str(result.data["transfer"]))
            else:
                self.seat.transfers[request.id] = over

        timeout = request.inputs.get("connectTimeout")
        patience = {"connect_ms": timeout.ms} if isinstance(timeout, Duration) else {}
        args = {"to": to, "attributes": dict(request.inputs.get("attributes") or {}), **patience}
        self.seat.send("transfer", args, answered, request.id)


def _success_or_failure(answer: Reply) -> Callable[[Answer], None]:
    def answered(result: Answer) -> None:
        if isinstance(result, Refused):
            answer("failure", {}, _failure(result))
        else:
            answer("success", {}, {})

    return answered


def _granted(request: Request, answer: Reply) -> None:
    """The machine keeps it and hands it over with its end."""
    answer("success", {}, {})


def _not_configured(request: Request, answer: Reply) -> None:
    message = f"{request.operation} is not available on this conversation"
    answer("failure", {}, {"errorCode": "NotConfigured", "errorType": "NotConfigured", "userMessage": message})


def _asked_callback(queue: str, inputs: Mapping[str, Any], state: Conversation) -> CallbackRequest:
    """What an action asks for in a queue, and what the conversation knows besides."""
    waiting = state.queue_entry
    kept = waiting if waiting is not None and waiting.place.queue_id == queue else None
    return CallbackRequest(
        queue=queue,
        numbers=(_dialled(inputs.get("callbackNumber")) or "",),
        name=inputs.get("calleeName") or (state.customer.name if state.customer else None),
        place=asked_of_an_agent(kept.place) if kept is not None else {},
        keep_wait_of=kept.enqueued_at if kept is not None else None,
        attributes={**state.attributes, **(inputs.get("attributes") or {})},
        screen_pop=_readable(inputs.get("screenPopScript") or {}) or state.screen_pop,
        validate=True,
        origin=state.id,
    )


def _cancelled(identity: str) -> Command:
    command_id = derived(identity, "connected_meanwhile")
    return Command(command_id=command_id, conversation=identity, name="cancel_callback", actor=Actor("client"))


def _dialled(number: Any) -> str | None:
    """A phone number or text as it is dialled."""
    found = (number.e164 or number.raw) if isinstance(number, PhoneNumber) else number
    return None if found is None else str(found)


def _fail(answer: Reply, kind: str, message: str) -> None:
    answer("failure", {}, _problem(kind, message))


def _refuse(answer: Reply, kind: str, message: str) -> None:
    answer("refused", {}, _problem(kind, message))


def _readable(value: Any) -> Any:
    """A value of the expression language as plain data: entities by name, everything else as text where it must."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Mapping):
        return {str(name): _readable(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_readable(item) for item in value]
    if isinstance(value, Entity):
        return value.name
    if isinstance(value, Duration):
        return value.ms
    return to_text(value)
