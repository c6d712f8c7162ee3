"""Transfers: blind, attended, and those of a flow (conversations.md §8; races 8 and 9)."""

from __future__ import annotations

from msgspec.structs import replace

from contactcenter.conversations.deciding.connecting import hold_for
from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import close_transfer, leave, leave_queue
from contactcenter.conversations.deciding.offering import offer_directly
from contactcenter.conversations.deciding.queueing import enter_queue, keep_company, like, start_execution
from contactcenter.conversations.messages import Refused
from contactcenter.conversations.state import Destination, Transfer


def transfer(draft: Draft) -> Refused | None:
    """``transfer {kind: blind | attended, to}`` by an agent, ``transfer {to, attributes, connect_ms}`` by a flow."""
    to = draft.read("to", Destination)
    if to is None or sum(part is not None for part in (to.queue, to.user_id, to.number, to.flow)) != 1:
        return draft.refuse("unknown_target", "a transfer has exactly one target: a queue, a user, a number or a flow")
    if draft.state.open_transfer is not None or draft.state.consult is not None:
        return draft.refuse("transfer_open", "another transfer or consultation is open")
    return _by_flow(draft, to) if draft.command.actor.kind == "execution" else _by_agent(draft, to)


def _by_agent(draft: Draft, to: Destination) -> Refused | None:
    participant = draft.state.participant(draft.command.participant)
    kind = str(draft.args.get("kind") or "blind")
    if participant is None or not participant.talking:
        return draft.refuse("wrong_state", "only a connected agent can transfer")
    if to.user_id == participant.user_id and to.user_id is not None:
        return draft.refuse("unknown_target", "an agent cannot transfer to oneself")
    if kind == "attended" and to.flow is not None:
        return draft.refuse("wrong_state", "a flow has nobody who could accept: transfer to it blindly")
    opened = _open(draft, kind, participant.id, to)
    if kind == "attended":
        hold_for(draft, participant)
    else:
        leave(draft, participant, "transfer")
    _go(draft, opened)
    return None


def _open(draft: Draft, kind: str, initiator: str, to: Destination) -> Transfer:
    opened = Transfer(
        id=draft.new_id("transfer"),
        kind=kind,
        state="Pending",
        initiator=initiator,
        destination=to,
        issued=draft.at,
        command_id=draft.command.command_id,
    )
    draft.emit("TransferChanged", opened, participant=initiator)
    return opened


def _go(draft: Draft, opened: Transfer) -> None:
    """On the way: into the queue, to the user's offer, to the dialled number, into the flow."""
    to = opened.destination
    if to.queue is not None:
        former = draft.state.last_place.place if draft.state.last_place else None
        place = like(to.queue, former, strip_skills=draft.settings.strip_skills_on_blind_transfer)
        # While the agent keeps the caller on hold no in-queue flow speaks.
        enter_queue(draft, replace(place, flow=None) if opened.kind == "attended" else place)
    elif to.flow is not None:
        start_execution(draft, to.flow, "inbound")
        close_transfer(draft, "Complete")
        return
    else:
        call_out(draft, to, "transfer")
    if draft.state.running is None:
        keep_company(draft)


def call_out(draft: Draft, to: Destination, kind: str, connect_ms: int | None = None) -> str:
    """Offer to a user, or dial a number; gives the participant. ``connect_ms`` is how long a flow lets it ring."""
    if to.user_id is not None:
        seconds = draft.settings.transfer_alert_s if kind == "transfer" else draft.settings.consult_timeout_s
        return offer_directly(draft, to.user_id, to.user_name, kind, connect_ms or seconds * 1000)
    leg = draft.new_leg("dialing", "outbound")
    facts = {"address": to.number, "name": to.number, "alerting_timeout_ms": connect_ms}
    return draft.add_participant("external", leg=leg, **facts)


def _by_flow(draft: Draft, to: Destination) -> Refused | None:
    """A flow keeps the media until the target is there; refused or unanswered, it goes on by its failure output."""
    running = draft.state.running
    if draft.state.accepted is not None:
        return draft.refuse("not_holder", "an agent has accepted the call")
    if to.user_id is not None and draft.state.offer is not None:
        return draft.refuse("no_capacity", "the call is being offered to an agent")
    holder = next((p for p in draft.state.participants if running and p.execution_id == running.id), None)
    draft.set_attributes(draft.args.get("attributes"))
    if to.flow is not None:
        leave_queue(draft, "flow_out")
        _open(draft, "flow", holder.id if holder else "", to)
        draft.end_execution("transferred")
        start_execution(draft, to.flow, "inbound", invocation=to.invocation)
        close_transfer(draft, "Complete")
        return None
    waits = draft.state.queue_entry is not None and to.user_id is not None
    if waits:
        leave_queue(draft, "flow_out")
    opened = _open(draft, "flow_out" if waits else "flow", holder.id if holder else "", to)
    participant = call_out(draft, to, "transfer", draft.args.get("connect_ms"))
    draft.emit("TransferChanged", replace(opened, participant_id=participant), participant=opened.initiator)
    return None
