"""The history record of a conversation (conversations.md §14): one row, recomputable from the events."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from contactcenter.conversations.state import PEOPLE_INSIDE, Conversation, Participant, shown_attributes

_COSTS = {"Delay": "wait_ms", "Ivr": "ivr_ms", "Interact": "talk_ms", "Hold": "hold_ms"}
"""Segments of the caller, by what they are summed up in."""


class QueueVisit(msgspec.Struct, frozen=True, omit_defaults=True):
    """A wait in a queue: answered, abandoned, flow_out ..."""

    id: str
    name: str
    entered: int
    left: int | None = None
    outcome: str | None = None


class AgentVisit(msgspec.Struct, frozen=True, omit_defaults=True):
    """An agent's part; one that never connected was missed."""

    id: str
    name: str | None
    alerted: int
    connected: int | None = None
    end: int | None = None
    held_ms: int = 0
    acw_ms: int = 0
    wrapup: str | None = None
    wrapup_name: str | None = None
    notes: str = ""


class Interaction(msgspec.Struct, frozen=True, omit_defaults=True):
    """The record; times UTC ms. ``closed`` is None in the preliminary one that is written when the last leg is gone.

    ``due`` and ``attempts`` are those of a callback.
    """

    conversation_id: str
    rev: int
    media: str
    direction: str
    start: int
    connected: int | None
    end: int | None
    closed: int | None
    customer_address: str | None
    ani: str | None
    dnis: str | None
    contact_id: str | None
    link_how: str | None
    flow_path: tuple[str, ...]
    queues: tuple[QueueVisit, ...]
    agents: tuple[AgentVisit, ...]
    outcome: str | None
    disconnect_type: str | None
    attributes: Mapping[str, str]
    crm_record: str | None
    transfers: int
    divisions: tuple[str, ...]
    cost: Mapping[str, int]
    due: int | None = None
    attempts: int = 0


def interaction_of(state: Conversation) -> Interaction:
    """The record of a conversation as it stands."""
    customer = state.customer
    agents = tuple(_agent(p) for p in state.participants if p.purpose in PEOPLE_INSIDE)
    answered = [visit.connected for visit in agents if visit.connected is not None]
    return Interaction(
        conversation_id=state.id,
        rev=state.rev,
        media=state.media_type,
        direction=state.direction,
        start=state.start,
        connected=min(answered, default=None),
        end=state.end,
        closed=state.closed,
        customer_address=customer.address if customer else state.address,
        ani=state.ani,
        dnis=state.dnis,
        contact_id=customer.external_contact_id if customer else None,
        link_how=customer.contact_linked_by if customer else None,
        flow_path=tuple(execution.flow for execution in state.executions),
        queues=tuple(
            QueueVisit(p.queue_id or "", p.name or "", p.start, p.end, p.outcome)
            for p in state.participants
            if p.purpose == "acd"
        ),
        agents=agents,
        outcome=state.outcome,
        disconnect_type=state.disconnect_type,
        attributes=shown_attributes(state.attributes),
        crm_record=state.crm_record,
        transfers=len(state.transfers),
        divisions=state.divisions,
        cost=_cost(state),
        due=state.callback.due if state.callback else None,
        attempts=state.callback.attempts if state.callback else 0,
    )


def _agent(participant: Participant) -> AgentVisit:
    wrapup, acw = participant.wrapup, participant.acw
    return AgentVisit(
        id=participant.user_id or "",
        name=participant.name,
        alerted=participant.start,
        connected=participant.connected,
        end=participant.leg.disconnected if participant.leg else None,
        held_ms=sum(leg.held_ms for leg in participant.legs),
        acw_ms=(acw.end or acw.start) - acw.start if acw else 0,
        wrapup=wrapup.code if wrapup else None,
        wrapup_name=wrapup.name if wrapup else None,
        notes=wrapup.notes if wrapup else "",
    )


def _cost(state: Conversation) -> dict[str, int]:
    """How long it took in ms, as the caller lived it; after-call work is the agents'."""
    cost = dict.fromkeys((*_COSTS.values(), "acw_ms"), 0)
    for segment in state.caller.segments if state.caller is not None else ():
        if segment.type in _COSTS and segment.end is not None:
            cost[_COSTS[segment.type]] += segment.end - segment.start
    for participant in state.participants:
        if participant.acw is not None and participant.acw.end is not None:
            cost["acw_ms"] += participant.acw.end - participant.acw.start
    return cost
