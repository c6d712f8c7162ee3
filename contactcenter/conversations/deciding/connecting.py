"""Somebody is there, or is not: what becomes of an offer, a dial, a transfer, a consultation (conversations.md §8)."""

from __future__ import annotations

from msgspec.structs import replace

from contactcenter.conversations.deciding.callbacks import call_customer
from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import (
    close_transfer,
    end_consult,
    end_conversation,
    leave,
    leave_queue,
    withdraw_offer,
)
from contactcenter.conversations.deciding.queueing import back_to_queue, keep_company, start_execution
from contactcenter.conversations.deciding.talking import bridge_all, bridge_consult
from contactcenter.conversations.state import PEOPLE_INSIDE, PEOPLE_OUTSIDE, Participant, Transfer


def connect(draft: Draft, participant: Participant) -> None:
    """The leg of an accepted offer or of a dialled number is connected.

    The order is that of conversations.md §3.1, row 8: attributes are flushed and the execution ends before the bridge,
    so that no action of its flow runs after it (race 6).
    """
    leg = participant.leg
    assert leg is not None
    accepted = draft.state.accepted
    draft.emit("LegChanged", {"state": "connected"}, participant=participant.id, leg=leg.id)
    consult = draft.state.consult
    if consult is not None and consult.target == participant.id:
        _consult_connected(draft)
        return
    transfer = draft.state.open_transfer
    by_queue = accepted is not None and accepted.kind == "acd"
    draft.set_attributes(draft.args.get("attributes"))
    draft.end_execution("connected" if participant.purpose in PEOPLE_INSIDE else "transferred")
    _former_leave(draft, participant, transfer)
    bridge_all(draft)
    leave_queue(draft, "answered" if by_queue else "flow_out")
    close_transfer(draft, "Complete")
    pop(draft, participant, "accepted")
    callback, customer = draft.state.callback, draft.state.customer
    if callback is not None and callback.rules.reserve and customer is not None and not customer.talking:
        call_customer(draft)


def _former_leave(draft: Draft, participant: Participant, transfer: Transfer | None) -> None:
    """The initiator of an attended transfer goes; offers and dials that came second are withdrawn."""
    withdraw_offer(draft, "withdrawn", "transfer.notavailable")
    for other in tuple(draft.state.living(PEOPLE_OUTSIDE)):
        if other.purpose == "external" and not other.talking and other.id != participant.id:
            draft.end_leg(other, "transfer.notavailable")
    initiator = _transferring_agent(draft, transfer)
    if initiator is not None:
        leave(draft, initiator, "transfer")


def _transferring_agent(draft: Draft, transfer: Transfer | None) -> Participant | None:
    """The agent who began a transfer and still has the caller; None where a flow began it, or the agent has left."""
    initiator = draft.state.participant(transfer.initiator) if transfer is not None else None
    inside = initiator is not None and initiator.purpose in PEOPLE_INSIDE and initiator.talking
    return initiator if inside else None


def pop(draft: Draft, participant: Participant, moment: str) -> None:
    """The record that the flow used opens at the agent (desk.md §4.1)."""
    record = draft.state.crm_record
    if participant.purpose in PEOPLE_INSIDE and (record or draft.state.screen_pop):
        data: dict[str, object] = {"moment": moment, "agent": participant.user_id}
        if record:
            by = f' was set by flow "{draft.state.executions[0].flow}"' if draft.state.executions else ""
            data |= {"record": record, "reason": f"participant data crm.record{by}"}
        if draft.state.screen_pop:
            data["script"] = draft.state.screen_pop
        draft.emit("ScreenPop", data, participant=participant.id)


def _consult_connected(draft: Draft) -> None:
    consult = draft.state.consult
    assert consult is not None
    if consult.staying:
        end_consult(draft, "conference")
        bridge_all(draft)
        return
    draft.emit("ConsultChanged", replace(consult, connected=draft.at), participant=consult.initiator)
    bridge_consult(draft, consult.speak_to)


def unanswered(draft: Draft, how: str) -> None:
    """The open offer has ended without an accept: what happens depends on who made it."""
    offer = draft.state.offer
    if offer is None:
        return
    withdraw_offer(draft, how)
    if offer.kind == "direct":
        end_conversation(draft, "transfer.noanswer")
    elif offer.kind == "consult":
        _consult_failed(draft)
    elif offer.kind == "transfer":
        transfer_failed(draft, "Timeout" if how == "timed_out" else "Failed")
    elif how in ("declined", "timed_out"):
        _wait_anew(draft)


def _wait_anew(draft: Draft) -> None:
    """After an alert without an answer the in-queue flow begins again, where the setting says so (routing.md §16)."""
    running = draft.state.running
    if draft.settings.inqueue_on_unanswered == "restart" and running is not None and running.kind == "inqueue":
        draft.set_attributes(draft.args.get("attributes"))
        draft.end_execution("unanswered")
        start_execution(draft, running.flow, "inqueue")


def delivery_failed(draft: Draft, participant: Participant, reason: str) -> None:
    """A leg that was being placed did not come about (§11: 20 s for an agent, the dial time for a number)."""
    accepted = draft.state.accepted
    if draft.state.offer is not None and draft.state.offer.participant_id == participant.id:
        unanswered(draft, "failed")
        return
    draft.end_leg(participant, "transfer.noanswer", error=reason)
    consult = draft.state.consult
    if consult is not None and consult.target == participant.id:
        _consult_failed(draft)
    elif accepted is not None and accepted.participant_id == participant.id and accepted.kind == "direct":
        end_conversation(draft, "transfer.notavailable")
    elif accepted is None or accepted.kind == "transfer":
        transfer_failed(draft, "Failed")
    else:
        _wait_anew(draft)


def _consult_failed(draft: Draft) -> None:
    end_consult(draft, "noanswer")
    bridge_all(draft)


def transfer_failed(draft: Draft, state: str) -> None:
    """A transfer came to nothing: back to the flow, to the agent who still holds the caller, or to the last queue."""
    transfer = draft.state.open_transfer
    if transfer is None:
        return
    close_transfer(draft, state)
    if _transferring_agent(draft, transfer) is not None:
        bridge_all(draft)
        return
    if draft.state.running is not None:
        if transfer.kind == "flow_out":
            back_to_queue(draft, keep_wait=True)
        return
    if draft.settings.blind_unanswered != "queue" or not back_to_queue(draft):
        end_conversation(draft, "transfer.noanswer", "failed")


def hold_for(draft: Draft, participant: Participant) -> None:
    """The customer waits on hold while this agent arranges something."""
    leg = participant.leg
    if leg is not None and not leg.held:
        draft.emit("Held", participant=participant.id, leg=leg.id)
    keep_company(draft)
