"""What a command leads to: events, or a refusal that says why (conversations.md §3, §8, §9, §10).

Pure: the state, the command and the time go in. Whatever is decided together is one tuple of events and one commit. The order in which
commands arrive decides every race; each handler asks whether the command still applies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from contactcenter.conversations.apply import apply
from contactcenter.conversations.messages import Command, ConversationEvent, Refused
from contactcenter.conversations.state import Conversation, Leg, Participant

Decision = tuple[ConversationEvent, ...] | Refused

MAX_NAME, MAX_VALUE, MAX_NAMES, MAX_ALL = 200, 32_000, 200, 64_000
DEFAULT_ACW_MS = 300_000
TIMEOUT_CODE = "ININ-WRAP-UP-TIMEOUT"
SKIPPED_CODE = "callwright.skipped"


class _RefusedError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def decide(state: Conversation | None, command: Command, at: int) -> Decision:
    """The events of a command, in order, or why it does not apply. No event at all: it had taken effect already."""
    handler = _HANDLERS.get(command.name)
    if handler is None:
        return Refused("unknown_command", f"a conversation knows no command {command.name}")
    if state is None and command.name != "start":
        return Refused("unknown_target", "there is no such conversation")
    draft = _Draft(state, command, at)
    try:
        handler(draft, command.args)
    except _RefusedError as refusal:
        rev = state.rev if state is not None else 0
        return Refused(refusal.code, refusal.message, rev, state.state if state is not None else None)
    return tuple(draft.events)


class _Draft:
    """The conversation as it would be, while the events of one command are put together."""

    def __init__(self, state: Conversation | None, command: Command, at: int) -> None:
        self.before = state
        self.now = deepcopy(state)
        self.command = command
        self.at = at
        self.events: list[ConversationEvent] = []

    @property
    def state(self) -> Conversation:
        """The conversation after the events so far."""
        assert self.now is not None
        return self.now

    def emit(self, type_: str, *, participant: str | None = None, leg: str | None = None, **data: Any) -> None:
        """Add an event and apply it to the draft."""
        event = ConversationEvent(
            type=type_,
            conversation=self.command.conversation,
            rev=(self.now.rev if self.now is not None else 0) + 1,
            at=self.at,
            actor=self.command.actor,
            command_id=self.command.command_id,
            participant=participant,
            leg=leg,
            cause=self.command.name,
            data=data,
        )
        self.events.append(event)
        self.now = apply(self.now, event)

    def refuse(self, code: str, message: str) -> None:
        """The command does not apply."""
        raise _RefusedError(code, message)

    def require_open(self) -> None:
        """Nothing but wrap-up and the like happens to a conversation that has ended."""
        if self.state.state != "open":
            self.refuse("conversation_ended", "the conversation has ended")

    def require_holder(self) -> None:
        """Executions act under the epoch in which they hold the media (§4)."""
        holder = f"execution:{self.command.actor.id}"
        stale = self.command.epoch is not None and self.command.epoch != self.state.media.epoch
        if self.state.media.holder != holder or stale:
            self.refuse("not_holder", "the execution does not hold the media any more")

    def own_participant(self) -> Participant:
        """The agent's own participant in this conversation; the newest one."""
        wanted = self.command.participant
        for participant in reversed(self.state.participants):
            mine = participant.user_id == self.command.actor.id or self.command.actor.kind != "user"
            if participant.purpose in ("agent", "user") and mine and wanted in (None, participant.id):
                return participant
        raise _RefusedError("not_participant", "you take no part in this conversation")

    def hold_media(self, holder: str) -> None:
        """Hand the media over; a change of holder raises the epoch."""
        if self.state.media.holder != holder:
            self.emit("MediaHeld", holder=holder)


# The way of a call.


def _start(d: _Draft, args: Mapping[str, Any]) -> None:
    if d.before is not None:
        return  # the adapter told us twice: the same conversation (§10, race 20)
    customer, leg = args["participant"], args["leg"]
    d.emit("ConversationStarted", media_type=args.get("media", "call"), direction=args.get("direction", "inbound"))
    d.emit(
        "ParticipantAdded",
        participant=customer,
        id=customer,
        purpose="customer",
        name=args.get("name"),
        address=args.get("ani"),
        ani=args.get("ani"),
        dnis=args.get("dnis"),
    )
    d.emit(
        "LegAdded",
        participant=customer,
        leg=leg,
        id=leg,
        adapter=args.get("adapter", ""),
        peer=args.get("peer", ""),
        state="connected",
        connected=d.at,
        start_alerting=d.at,
    )
    execution = args.get("execution")
    if execution:
        _begin_execution(d, execution, args["flow"], "inbound", args["ivr"])


def _begin_execution(d: _Draft, execution: str, flow: str, kind: str, participant: str) -> None:
    if kind == "inbound":
        d.emit("ParticipantAdded", participant=participant, id=participant, purpose="ivr", name=flow)
    d.emit("ExecutionStarted", id=execution, flow=flow, kind=kind)
    d.hold_media(f"execution:{execution}")


def _start_execution(d: _Draft, args: Mapping[str, Any]) -> None:
    d.require_open()
    if d.state.execution is not None:
        d.refuse("wrong_state", "another execution is running")
    if args["kind"] == "inqueue" and d.state.queue_entry is None:
        d.refuse("wrong_state", "the conversation waits in no queue")
    _begin_execution(d, args["execution"], args["flow"], args["kind"], args.get("ivr", ""))


def _execution_ended(d: _Draft, args: Mapping[str, Any]) -> None:
    """An execution is over by itself: disconnect, error, or the end of an in-queue flow."""
    execution = d.state.execution
    if execution is None or execution.id != args["execution"]:
        return
    _flush(d, args.get("attributes") or {})
    how = args["how"]
    if how == "error":
        d.emit("ExecutionFaulted", id=execution.id, reason=args.get("reason"))
    d.emit("ExecutionEnded", id=execution.id, reason=how)
    _end_ivr(d)
    if d.state.state != "open":
        return
    if how in ("disconnect", "hangup"):
        _end_conversation(d, "flow_out" if execution.kind == "inqueue" else "self_service", "system")
    else:
        d.hold_media("hold")


def _end_ivr(d: _Draft) -> None:
    for participant in d.state.with_purpose("ivr"):
        participant.end = participant.end or d.at


# Attributes.


def _set_attributes(d: _Draft, args: Mapping[str, Any]) -> None:
    if d.command.actor.kind == "execution":
        d.require_holder()
    if d.state.state == "closed":
        d.refuse("conversation_ended", "the conversation is closed")
    _flush(d, args["attributes"], d.command.participant)


def _flush(d: _Draft, attributes: Mapping[str, str], participant: str | None = None) -> None:
    owner = d.state.participant(participant) if participant else d.state.customer
    if owner is None:
        raise _RefusedError("unknown_target", "there is no such participant")
    changed = {name: value for name, value in attributes.items() if owner.attributes.get(name) != value}
    if not changed:
        return
    merged = {**owner.attributes, **changed}
    total = sum(len(name.encode()) + len(value.encode()) for name, value in merged.items())
    too_long = any(not 1 <= len(n) <= MAX_NAME or len(v) > MAX_VALUE or "\0" in n + v for n, v in changed.items())
    if too_long or len(merged) > MAX_NAMES or total > MAX_ALL:
        raise _RefusedError("limit", "an attribute is too long, or there are too many")
    d.emit("AttributesSet", participant=owner.id, attributes=changed)


# Queue and offers.


def _enqueued(d: _Draft, args: Mapping[str, Any]) -> None:
    """Routing has taken the item: attributes, queue place and the end of the execution are one commit (§3.1)."""
    d.require_open()
    if d.command.actor.kind == "execution":
        d.require_holder()
    if d.state.queue_entry is not None:
        _leave_queue(d, "transferred")
    _flush(d, args.get("attributes") or {})
    acd = args["acd"]
    entry = args["entry"]
    d.emit(
        "ParticipantAdded", participant=acd, id=acd, purpose="acd", name=entry["queue_name"], queue_id=entry["queue_id"]
    )
    d.emit("QueueEntered", participant=acd, **entry)
    execution = d.state.execution
    if execution is not None:
        d.emit("ExecutionEnded", id=execution.id, reason="transferred")
        _end_ivr(d)
    d.hold_media("hold")


def _leave_queue(d: _Draft, outcome: str) -> None:
    _withdraw_offer(d, "withdrawn")
    if d.state.queue_entry is not None:
        d.emit("QueueLeft", outcome=outcome, entry_id=d.state.queue_entry.entry_id)


def _offer(d: _Draft, args: Mapping[str, Any]) -> None:
    d.require_open()
    if d.state.queue_entry is None:
        d.refuse("wrong_state", "the conversation waits in no queue")
    if d.state.offer is not None:
        if d.state.offer.reservation_id == args["reservation"]:
            return
        d.refuse("wrong_state", "another offer is open")
    participant, leg = args["participant"], args["leg"]
    d.emit(
        "ParticipantAdded",
        participant=participant,
        id=participant,
        purpose="agent",
        name=args.get("name"),
        user_id=args["agent"],
        queue_id=d.state.queue_entry.queue_id if d.state.queue_entry else None,
    )
    d.emit(
        "LegAdded",
        participant=participant,
        leg=leg,
        id=leg,
        adapter=args.get("adapter", "desk"),
        state="alerting",
        start_alerting=d.at,
    )
    d.emit(
        "OfferMade",
        participant=participant,
        reservation_id=args["reservation"],
        agent_id=args["agent"],
        participant_id=participant,
        deadline=args["deadline"],
    )


def _accept(d: _Draft, args: Mapping[str, Any]) -> None:
    if d.state.state != "open":
        d.refuse("conversation_ended", "the caller has hung up")
    offer = d.state.offer
    if offer is None or offer.reservation_id != args["reservation"]:
        raise _RefusedError("stale_reservation", "the offer is not open any more")
    if d.command.actor.kind == "user" and offer.agent_id != d.command.actor.id:
        d.refuse("not_participant", "the offer is another agent's")
    if offer.accepted:
        return
    participant = d.state.participant(offer.participant_id)
    assert participant is not None
    assert participant.leg is not None
    d.emit("OfferAccepted", participant=participant.id, reservation_id=offer.reservation_id, agent_id=offer.agent_id)
    d.emit("LegChanged", participant=participant.id, leg=participant.leg.id, state="contacting")


def _decline(d: _Draft, args: Mapping[str, Any]) -> None:
    offer = d.state.offer
    if offer is None or offer.reservation_id != args["reservation"] or offer.accepted:
        d.refuse("stale_reservation", "the offer is not open any more")
    _withdraw_offer(d, "declined")


def _offer_over(d: _Draft, args: Mapping[str, Any]) -> None:
    """Routing says that the offer has timed out or was withdrawn."""
    offer = d.state.offer
    if offer is None or offer.reservation_id != args["reservation"]:
        return
    if offer.accepted:
        d.refuse("wrong_state", "the offer was accepted")
    _withdraw_offer(d, args.get("how", "withdrawn"))


def _withdraw_offer(d: _Draft, how: str) -> None:
    offer = d.state.offer
    if offer is None:
        return
    participant = d.state.participant(offer.participant_id)
    if participant is not None and participant.leg is not None and participant.leg.is_live:
        d.emit(
            "LegChanged",
            participant=participant.id,
            leg=participant.leg.id,
            state="disconnected",
            disconnect_type="transfer.noanswer",
        )
    d.emit("OfferEnded", participant=offer.participant_id, how=how, reservation_id=offer.reservation_id)


# Legs.


def _leg_connected(d: _Draft, args: Mapping[str, Any]) -> None:
    found = d.state.leg(args["leg"])
    if found is None or not found[1].is_live:
        d.refuse("wrong_state", "the leg is over")
    participant, leg = found  # type: ignore[misc]  # refuse has raised
    if leg.state == "connected":
        return
    d.emit("LegChanged", participant=participant.id, leg=leg.id, state="connected")
    offer = d.state.offer
    if participant.purpose == "agent" and offer is not None and offer.participant_id == participant.id:
        _connect_agent(d, participant)


def _connect_agent(d: _Draft, agent: Participant) -> None:
    """The agent is there: the in-queue flow ends, the legs hear each other, the record pops (§3.1 row 8)."""
    execution = d.state.execution
    offer = d.state.offer
    if execution is not None:
        d.emit("ExecutionEnded", id=execution.id, reason="connected")
    d.hold_media(f"bridge:{agent.id}")
    d.emit("Bridged", participant=agent.id)
    if offer is not None:
        d.emit("OfferEnded", participant=agent.id, how="accepted", reservation_id=offer.reservation_id)
    if d.state.queue_entry is not None:
        d.emit("QueueLeft", outcome="answered", entry_id=d.state.queue_entry.entry_id)
    record = d.state.attributes().get("crm.record")
    d.emit("ScreenPop", participant=agent.id, record=record, reason="crm.record" if record else "nothing")


def _leg_failed(d: _Draft, args: Mapping[str, Any]) -> None:
    found = d.state.leg(args["leg"])
    if found is None or not found[1].is_live:
        return
    participant, leg = found
    offer = d.state.offer
    d.emit(
        "LegChanged",
        participant=participant.id,
        leg=leg.id,
        state="disconnected",
        disconnect_type=args.get("type", "transfer.notavailable"),
    )
    if offer is not None and offer.participant_id == participant.id:
        d.emit("OfferEnded", participant=participant.id, how="failed", reservation_id=offer.reservation_id)


def _leg_gone(d: _Draft, args: Mapping[str, Any]) -> None:
    """A leg has ended at its far end: final, whatever else is on the way (§10, race 20)."""
    found = d.state.leg(args["leg"])
    if found is None or not found[1].is_live:
        return
    participant, leg = found
    if participant.purpose in ("customer", "external"):
        _customer_gone(d, participant, leg)
    else:
        _agent_gone(d, participant, leg, args.get("type", "client"))


def _customer_gone(d: _Draft, customer: Participant, leg: Leg) -> None:
    execution = d.state.execution
    _flush(d, d.command.args.get("attributes") or {})
    if execution is not None:
        d.emit("ExecutionEnded", id=execution.id, reason="hangup")
    d.emit("LegChanged", participant=customer.id, leg=leg.id, state="disconnected", disconnect_type="endpoint")
    answered = any(p.purpose == "agent" and p.leg and p.leg.connected for p in d.state.participants)
    waiting = d.state.queue_entry is not None
    outcome = "answered" if answered else "abandoned" if waiting else "self_service"
    _end_conversation(d, outcome, "peer")


def _agent_gone(d: _Draft, agent: Participant, leg: Leg, how: str) -> None:
    was_connected = leg.connected is not None
    d.emit("LegChanged", participant=agent.id, leg=leg.id, state="disconnected", disconnect_type=how)
    if not was_connected:
        _withdraw_offer(d, "failed")
        return
    _start_acw(d, agent)
    if d.state.agent is None and d.state.open_transfer is None:
        _end_conversation(d, "answered", "peer")


def _end_conversation(d: _Draft, outcome: str, disconnect_type: str) -> None:
    """Everything that is open ends in the same step; agents who talked go into after-call work (I8, C4)."""
    _leave_queue(d, "abandoned" if outcome == "abandoned" else outcome)
    for transfer in [t for t in d.state.transfers if t.state in ("Pending", "Active")]:
        d.emit("TransferChanged", **{**_transfer_data(transfer), "state": "Canceled"})
    talked: list[Participant] = []
    for participant in d.state.participants:
        leg = participant.leg
        if leg is None or not leg.is_live:
            continue
        if participant.purpose == "agent" and leg.connected is not None:
            talked.append(participant)
        d.emit(
            "LegChanged", participant=participant.id, leg=leg.id, state="disconnected", disconnect_type=disconnect_type
        )
    if d.state.offer is not None:
        d.emit("OfferEnded", how="withdrawn", reservation_id=d.state.offer.reservation_id)
    d.hold_media("none")
    d.emit("ConversationEnded", outcome=outcome)
    for participant in talked:
        _start_acw(d, participant)
    _close_if_done(d)


def _start_acw(d: _Draft, agent: Participant) -> None:
    if agent.acw_start is not None:
        return
    settings = d.command.args.get("acw") or {}
    prompt = settings.get("prompt", "OPTIONAL")
    if prompt == "AGENT_REQUESTED" and not agent.wrapup_requested:
        return
    timeout = settings.get("timeout_ms", DEFAULT_ACW_MS) if "TIMEOUT" in prompt or prompt == "AGENT_REQUESTED" else None
    d.emit("AcwStarted", participant=agent.id, prompt=prompt, timeout_ms=timeout)


def _transfer_data(transfer: Any) -> dict[str, Any]:
    return {
        "id": transfer.id,
        "kind": transfer.kind,
        "state": transfer.state,
        "initiator": transfer.initiator,
        "to": transfer.to,
    }


def _close_if_done(d: _Draft) -> None:
    working = [p for p in d.state.participants if p.acw_start is not None and p.acw_end is None]
    if d.state.state == "closing" and not working:
        d.emit("ConversationClosed")


# What an agent does.


def _connected_leg(d: _Draft) -> tuple[Participant, Leg]:
    participant = d.own_participant()
    leg = participant.leg
    if leg is None or leg.state != "connected":
        raise _RefusedError("wrong_state", "your leg is not connected")
    return participant, leg


def _hold(d: _Draft, args: Mapping[str, Any]) -> None:
    participant, leg = _connected_leg(d)
    if not leg.held:
        d.emit("Held", participant=participant.id, leg=leg.id)


def _resume(d: _Draft, args: Mapping[str, Any]) -> None:
    participant, leg = _connected_leg(d)
    if leg.held:
        d.emit("Resumed", participant=participant.id, leg=leg.id)


def _mute(d: _Draft, args: Mapping[str, Any]) -> None:
    participant, leg = _connected_leg(d)
    muted = d.command.name == "mute"
    if leg.muted != muted:
        d.emit("Muted", participant=participant.id, leg=leg.id, muted=muted)


def _hangup(d: _Draft, args: Mapping[str, Any]) -> None:
    d.require_open()
    participant = d.own_participant()
    leg = participant.leg
    if leg is None or not leg.is_live:
        d.refuse("wrong_state", "your leg has ended already")
    assert leg is not None
    _agent_gone(d, participant, leg, "client")


def _end(d: _Draft, args: Mapping[str, Any]) -> None:
    """A supervisor or the API ends the whole conversation."""
    d.require_open()
    execution = d.state.execution
    if execution is not None:
        d.emit("ExecutionEnded", id=execution.id, reason="ended")
    talked = any(p.purpose == "agent" and p.leg and p.leg.connected for p in d.state.participants)
    _end_conversation(d, "answered" if talked else "failed", "system")


def _transfer(d: _Draft, args: Mapping[str, Any]) -> None:
    """A blind transfer: the agent leaves at once, the customer hears hold audio (§8)."""
    d.require_open()
    if d.state.open_transfer is not None:
        d.refuse("transfer_open", "another transfer is under way")
    participant, leg = _connected_leg(d)
    transfer = {"id": args["transfer"], "kind": "blind", "initiator": participant.id, "to": dict(args["to"])}
    d.emit("TransferChanged", **transfer, state="Pending")
    d.emit("LegChanged", participant=participant.id, leg=leg.id, state="disconnected", disconnect_type="transfer")
    d.hold_media("hold")
    _start_acw(d, participant)


def _transfer_done(d: _Draft, args: Mapping[str, Any]) -> None:
    transfer = d.state.open_transfer
    if transfer is None or transfer.id != args["transfer"]:
        raise _RefusedError("wrong_state", "the transfer is not open any more")
    d.emit("TransferChanged", **{**_transfer_data(transfer), "state": args["state"]})
    if args["state"] in ("Failed", "Timeout") and d.state.agent is None and d.state.queue_entry is None:
        _end_conversation(d, "failed", "transfer.notavailable")


def _wrapup(d: _Draft, args: Mapping[str, Any]) -> None:
    participant = d.own_participant()
    codes: Sequence[str] | None = args.get("codes")
    code = args.get("code")
    if code is not None and codes is not None and code not in codes:
        d.refuse("limit", f'the queue has no wrap-up code "{code}"')
    if participant.acw_end is not None and not args.get("correction"):
        d.refuse("wrong_state", "after-call work is over")
    provisional = bool(args.get("provisional"))
    d.emit("WrapupSaved", participant=participant.id, code=code, notes=args.get("notes", ""), provisional=provisional)
    if not provisional and participant.acw_start is not None and not args.get("keep_open"):
        _finish_acw(d, participant, early=True)


def _wrapup_done(d: _Draft, args: Mapping[str, Any]) -> None:
    participant = d.own_participant()
    if participant.acw_start is None or participant.acw_end is not None:
        d.refuse("wrong_state", "there is no after-call work to end")
    code = participant.wrapup.code if participant.wrapup else None
    if participant.wrapup_prompt in ("MANDATORY",) and code is None:
        d.refuse("wrong_state", "this queue asks for a wrap-up code first")
    if code is None:
        d.emit("WrapupSaved", participant=participant.id, code=SKIPPED_CODE, notes="")
    _finish_acw(d, participant, early=True)


def _finish_acw(d: _Draft, participant: Participant, *, early: bool) -> None:
    if participant.acw_end is not None:
        return
    if early and participant.wrapup_prompt == "MANDATORY_FORCED_TIMEOUT":
        return  # the code is saved, the time runs to its end (routing.md §13)
    live = d.state.participant(participant.id)
    code = live.wrapup.code if live is not None and live.wrapup is not None else None
    d.emit("AcwEnded", participant=participant.id, state="skipped" if code == SKIPPED_CODE else "complete")
    _close_if_done(d)


def _timer(d: _Draft, args: Mapping[str, Any]) -> None:
    """A deadline of §11 has passed."""
    if args["timer"] == "acw":
        participant = d.state.participant(args["participant"])
        if participant is None or participant.acw_start is None or participant.acw_end is not None:
            return
        draft = participant.wrapup
        if draft is None or draft.code is None:
            notes = draft.notes if draft is not None else ""
            d.emit("WrapupSaved", participant=participant.id, code=TIMEOUT_CODE, notes=notes)
        _finish_acw(d, participant, early=False)
    elif args["timer"] == "agent_leg":
        _leg_failed(d, {"leg": args["leg"]})


def _link(d: _Draft, args: Mapping[str, Any]) -> None:
    customer = d.state.customer
    if customer is None:
        raise _RefusedError("unknown_target", "there is no customer to link")
    by_agent = d.command.actor.kind == "user"
    if not by_agent and customer.contact_id is not None:
        return  # the agent's link wins whatever the order (§10, race 18)
    contact = args.get("contact")
    if contact is None:
        d.emit("ContactUnlinked", participant=customer.id)
    elif contact != customer.contact_id:
        d.emit("ContactLinked", participant=customer.id, contact=contact, how=args.get("how", "agent"))


def _set_screen_pop(d: _Draft, args: Mapping[str, Any]) -> None:
    customer = d.state.customer
    if customer is not None:
        d.emit("ScreenPop", participant=customer.id, script=args["script"])


def _set_tag(d: _Draft, args: Mapping[str, Any]) -> None:
    if d.state.external_tag != args["tag"]:
        d.emit("TagChanged", tag=args["tag"])


def _queue_gone(d: _Draft, args: Mapping[str, Any]) -> None:
    """Routing has given the item up: it waited too long, or its queue is gone."""
    d.require_open()
    if d.state.queue_entry is None:
        return
    execution = d.state.execution
    if execution is not None:
        d.emit("ExecutionEnded", id=execution.id, reason="expired")
    _end_conversation(d, "expired", "timeout")


_HANDLERS: Mapping[str, Callable[[_Draft, Mapping[str, Any]], None]] = {
    "start": _start,
    "start_execution": _start_execution,
    "execution_ended": _execution_ended,
    "set_attributes": _set_attributes,
    "enqueued": _enqueued,
    "offer": _offer,
    "accept": _accept,
    "decline": _decline,
    "offer_over": _offer_over,
    "leg_connected": _leg_connected,
    "leg_failed": _leg_failed,
    "leg_gone": _leg_gone,
    "hold": _hold,
    "resume": _resume,
    "mute": _mute,
    "unmute": _mute,
    "hangup": _hangup,
    "end": _end,
    "transfer": _transfer,
    "transfer_done": _transfer_done,
    "wrapup": _wrapup,
    "wrapup_done": _wrapup_done,
    "timer": _timer,
    "link": _link,
    "set_screen_pop": _set_screen_pop,
    "set_tag": _set_tag,
    "queue_gone": _queue_gone,
}
"""Every command that a conversation knows."""
