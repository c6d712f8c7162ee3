"""How a conversation begins, and what the legs report (conversations.md §2.1, §6; race 20)."""

from __future__ import annotations

from typing import Any

from contactcenter.conversations.deciding.callbacks import call_over, customer_answered, is_called_back
from contactcenter.conversations.deciding.connecting import connect, delivery_failed
from contactcenter.conversations.deciding.draft import Draft
from contactcenter.conversations.deciding.ending import close_transfer, end_consult, end_conversation, leave
from contactcenter.conversations.deciding.offering import offer_directly
from contactcenter.conversations.deciding.queueing import fall_back, start_execution
from contactcenter.conversations.deciding.talking import after_leaving, bridge_all
from contactcenter.conversations.messages import Refused
from contactcenter.conversations.state import PEOPLE_INSIDE, PEOPLE_OUTSIDE, Fallback, Participant


def start(draft: Draft) -> Refused | None:
    """``start {leg, ani, dnis, flow | user}``: a call has come; the same call again is the same conversation."""
    args = draft.args
    leg: dict[str, Any] = args.get("leg") or {}
    if draft.before is not None:
        known = draft.before.by_leg(leg.get("id"))
        return None if known is not None else draft.refuse("wrong_state", "the conversation has begun with another leg")
    flow: dict[str, Any] = args.get("flow") or {}
    user: dict[str, Any] = args.get("user") or {}
    if not flow and not user:
        return draft.refuse("unknown_target", f"no flow answers {args.get('dnis')}")
    fallback = draft.read("fallback", Fallback)
    draft.emit(
        "ConversationStarted",
        {
            "media_type": args.get("media_type", "call"),
            "direction": args.get("direction", "inbound"),
            "ani": args.get("ani"),
            "dnis": args.get("dnis"),
            "address": args.get("ani"),
        }
        | ({"fallback": fallback} if fallback else {})
        | draft.home,
    )
    answered = bool(args.get("answered"))
    ids = {"id": leg["id"], "adapter": leg.get("adapter", ""), "peer": leg.get("peer", "")}
    made = draft.new_leg("connected" if answered else "alerting", "inbound", **ids)
    draft.add_participant(
        "customer" if flow else "external",
        leg=made,
        name=args.get("ani_name"),
        address=args.get("ani"),
        ani=args.get("ani"),
        dnis=args.get("dnis"),
        connected=draft.at if answered else None,
        attributes=args.get("attributes") or {},
    )
    if flow:
        start_execution(draft, flow["name"], flow.get("kind", "inbound"), flow.get("version", ""))
    else:
        offer_directly(draft, user["id"], user.get("name"), "direct", draft.settings.direct_alert_s * 1000)
    return None


def leg_alerting(draft: Draft) -> Refused | None:
    """``leg_alerting``: the far end rings."""
    owner = draft.state.by_leg(draft.args.get("leg"))
    leg = owner.leg if owner else None
    if owner is not None and leg is not None and leg.state == "dialing":
        draft.emit("LegChanged", {"state": "contacting"}, participant=owner.id, leg=leg.id)
    return None


def leg_connected(draft: Draft) -> Refused | None:
    """``leg_connected {leg, attributes?}``: somebody is there. Of a leg that has ended it is stale."""
    owner = draft.state.by_leg(draft.args.get("leg"))
    leg = owner.leg if owner else None
    if owner is None or leg is None or not leg.living:
        return None
    if leg.lost_since is not None:
        draft.emit("LegChanged", {"lost_since": None}, participant=owner.id, leg=leg.id)
        bridge_all(draft)
        return None
    if leg.state == "connected":
        return None
    if owner.purpose == "customer":
        draft.emit("LegChanged", {"state": "connected"}, participant=owner.id, leg=leg.id)
        if draft.state.callback is not None:
            customer_answered(draft)
        return None
    accepted = draft.state.accepted
    if owner.purpose in PEOPLE_INSIDE and (accepted is None or accepted.participant_id != owner.id):
        return draft.refuse("wrong_state", "nobody has accepted this leg's offer")
    connect(draft, owner)
    return None


def leg_failed(draft: Draft) -> Refused | None:
    """``leg_failed {leg, reason}``: the leg could not be placed."""
    owner = draft.state.by_leg(draft.args.get("leg"))
    if owner is None or not owner.living:
        return None
    if owner.talking:
        return leg_gone(draft)
    reason = str(draft.args.get("reason") or "delivery_failed")
    if is_called_back(draft, owner):
        call_over(draft, owner, "uncallable", reason)
    else:
        delivery_failed(draft, owner, reason)
    return None


def leg_gone(draft: Draft) -> Refused | None:
    """``leg_gone {leg, lost?, error?, attributes?}``: final; what this leg says later is stale."""
    owner = draft.state.by_leg(draft.args.get("leg"))
    if owner is None or not owner.living:
        return None
    error = bool(draft.args.get("error"))
    if is_called_back(draft, owner) and draft.state.consult is None:
        call_over(draft, owner, "transport.failure" if error else "endpoint")
    elif owner.purpose in PEOPLE_OUTSIDE:
        outside_gone(draft, owner, "transport.failure" if error else "endpoint")
    elif not owner.talking:
        delivery_failed(draft, owner, "delivery_failed")
    elif draft.args.get("lost"):
        agent_lost(draft, owner)
    else:
        leave(draft, owner, "transport.failure" if error else "client")
        after_leaving(draft, owner)
    return None


def outside_gone(draft: Draft, owner: Participant, disconnect_type: str) -> None:
    """The customer or a third party has gone. Agents in a consultation talk on by themselves (race 11)."""
    state = draft.state
    others = [p for p in state.living(PEOPLE_OUTSIDE) if p.id != owner.id and p.talking]
    consult = state.consult
    if owner.purpose == "external" and not owner.talking:
        delivery_failed(draft, owner, "noanswer")
        return
    if consult is not None and consult.target == owner.id:
        leave(draft, owner, disconnect_type)
        after_leaving(draft, owner)
        return
    target = state.participant(consult.target) if consult else None
    if consult is not None and target is not None and target.talking and not others:
        draft.set_attributes(draft.args.get("attributes"))
        draft.end_leg(owner, disconnect_type)
        close_transfer(draft, "Canceled")
        end_consult(draft, "customer_gone")
        bridge_all(draft)
        return
    if others:
        draft.end_leg(owner, disconnect_type)
        bridge_all(draft)
        return
    end_conversation(draft, disconnect_type)


def agent_lost(draft: Draft, owner: Participant) -> None:
    """The agent's connection broke: hold audio for the customer while it may come back (race 15)."""
    leg = owner.leg
    if leg is None or leg.lost_since is not None:
        return
    draft.emit("LegChanged", {"lost_since": draft.at}, participant=owner.id, leg=leg.id)
    others = [p for p in draft.state.talking(PEOPLE_INSIDE) if p.id != owner.id]
    if not others:
        draft.emit("MediaHeld")


def not_answered(draft: Draft) -> None:
    """No flow has answered in time: the call is answered with the fallback."""
    customer = draft.state.customer
    leg = customer.leg if customer else None
    if customer is None or leg is None or leg.state != "alerting":
        return
    draft.emit("LegChanged", {"state": "connected"}, participant=customer.id, leg=leg.id)
    draft.end_execution("fault")
    fall_back(draft)
