"""Nothing waits for ever: the owner and the deadline of everything that is open, as data (conversations.md §11)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from contactcenter.conversations.settings import DEFAULTS, Settings
from contactcenter.conversations.state import PEOPLE_INSIDE, PEOPLE_OUTSIDE, Conversation, Participant
from contactcenter.organisation import Knobs
from contactcenter.routing.state import DAY_MS

MAX_WAIT_MS = round(Knobs().max_wait_days * DAY_MS)
"""As long as routing lets anything wait, where a queue says nothing else."""

OWN = "conversation"


class Deadline(msgspec.Struct, frozen=True):
    """Who has to do something, until when (UTC ms; None: the owner keeps its own time), and for which participant.

    Only those owned by ``conversation`` are armed here; they fire as the command ``timer {name, participant}``.
    """

    name: str
    owner: str
    at: int | None = None
    participant: str | None = None


def deadlines(state: Conversation, settings: Settings = DEFAULTS) -> tuple[Deadline, ...]:
    """Everything that is open, in no particular order; empty only for a closed conversation."""
    if state.state == "closed":
        return ()
    return tuple(_all(state, settings))


def next_deadline(state: Conversation, settings: Settings = DEFAULTS) -> Deadline | None:
    """The first one that the conversation itself has to see to."""
    own = [found for found in deadlines(state, settings) if found.owner == OWN and found.at is not None]
    return min(own, key=lambda found: (found.at or 0, found.name, found.participant or ""), default=None)


def _all(state: Conversation, settings: Settings) -> Iterator[Deadline]:
    if state.state == "open":
        yield from _of_callback(state, settings) if state.callback is not None else _of_call(state.start, settings)
    if state.running is not None:
        yield Deadline("execution", "execution")
    entry, offer, accepted, consult = state.queue_entry, state.offer, state.accepted, state.consult
    if entry is not None:
        yield Deadline("queue", "routing", entry.enqueued_at + MAX_WAIT_MS, entry.participant_id)
    if offer is not None:
        owner = "routing" if offer.kind == "acd" else OWN
        yield Deadline("offer", owner, offer.deadline, offer.participant_id)
    if accepted is not None:
        yield Deadline("agent_leg", OWN, accepted.since + settings.agent_leg_timeout_s * 1000, accepted.participant_id)
    if consult is not None and consult.connected is None:
        yield Deadline("consult", OWN, consult.deadline, consult.target)
    for participant in state.participants:
        yield from _of_leg(participant, settings)
        yield from _of_wrapup(participant, settings)


def _of_call(begun: int, settings: Settings) -> Iterator[Deadline]:
    yield Deadline("max_call", OWN, begun + settings.max_call_hours * 3_600_000)


def _of_callback(state: Conversation, settings: Settings) -> Iterator[Deadline]:
    """A callback waits for its time, for the pace, for an agent; what an agent has, ends like a call."""
    callback, customer = state.callback, state.customer
    if callback is None or customer is None or customer.leg is None:
        return
    agent = next(state.talking(PEOPLE_INSIDE), None)
    begun = agent.connected if agent is not None else None
    calls = customer.leg.media == "call"
    if begun is not None:
        yield from _of_call(begun, settings)
    elif calls:
        yield from _of_call(callback.called or callback.due, settings)
    elif customer.leg.state == "scheduled":
        yield Deadline("callback_due", OWN, callback.due, customer.id)
    else:
        yield Deadline("callback_expiry", OWN, callback.due + MAX_WAIT_MS, customer.id)
    if begun is None or calls or callback.rules.customer_first:
        return
    called, left = callback.called or 0, callback.left or 0
    if callback.rules.auto_dial_s is not None and called < begun:
        yield Deadline("auto_dial", OWN, begun + callback.rules.auto_dial_s * 1000)
    if callback.rules.auto_end_s is not None and left >= begun:
        yield Deadline("auto_end", OWN, left + callback.rules.auto_end_s * 1000)


def _of_leg(participant: Participant, settings: Settings) -> Iterator[Deadline]:
    leg = participant.leg
    if leg is None or not leg.living:
        return
    if leg.state == "alerting" and participant.purpose in PEOPLE_OUTSIDE:
        yield Deadline("answer", OWN, participant.start + settings.answer_s * 1000, participant.id)
    if leg.direction == "outbound" and leg.state in ("dialing", "contacting"):
        dialled = leg.start_dialing or participant.start
        yield Deadline("dial", OWN, dialled + _dial_ms(participant, settings), participant.id)
    if leg.lost_since is not None:
        yield Deadline("agent_lost", OWN, leg.lost_since + settings.agent_lost_s * 1000, participant.id)
    if leg.hold_since is not None:
        period = settings.hold_alarm_s * 1000
        yield Deadline("hold_alarm", OWN, leg.hold_since + period * (participant.alarms + 1), participant.id)
    if leg.state == "connected":
        yield Deadline("adapter", "adapter", participant=participant.id)


def _dial_ms(participant: Participant, settings: Settings) -> int:
    """How long a number may ring: the smaller of the house's setting and the flow's (flow-format.md §9.2)."""
    longest, wanted = settings.dial_timeout_s * 1000, participant.alerting_timeout_ms
    return longest if wanted is None else min(longest, wanted)


def _of_wrapup(participant: Participant, settings: Settings) -> Iterator[Deadline]:
    acw = participant.acw
    if acw is None or acw.state != "pending":
        return
    if acw.deadline is not None:
        yield Deadline("wrapup", OWN, acw.deadline, participant.id)
    else:
        period = settings.acw_alarm_s * 1000
        yield Deadline("wrapup_alarm", OWN, acw.start + period * (participant.alarms + 1), participant.id)
