"""What each participant is doing, and since when: gapless by construction (conversations.md §2, C5).

A segment is never written by a command. After every event the activity of each participant is read off the new
state; where it differs from the open segment, that one ends and the next begins at the same millisecond.
"""

from __future__ import annotations

from msgspec.structs import replace

from contactcenter.conversations.state import PEOPLE_OUTSIDE, Conversation, Leg, Participant, Segment

_BEFORE = {"alerting": "Alert", "offering": "Alert", "dialing": "Dialing", "contacting": "Contacting", "parked": "Hold"}


def activity(state: Conversation, participant: Participant) -> str | None:
    """What the participant is doing; None when it is gone."""
    if participant.purpose == "ivr":
        running = state.running
        return "Ivr" if running is not None and running.id == participant.execution_id else None
    if participant.purpose == "acd":
        entry = state.queue_entry
        return "Delay" if entry is not None and entry.entry_id == participant.entry_id else None
    leg = participant.leg
    if leg is not None and leg.living and leg.media == "callback":
        return "Scheduled" if leg.state == "scheduled" else "Callback" if state.has_agent else "Delay"
    if leg is not None and leg.living:
        return _BEFORE.get(leg.state) or _connected(state, participant, leg)
    return "Wrapup" if participant.acw is not None and participant.acw.state == "pending" else None


def _connected(state: Conversation, participant: Participant, leg: Leg) -> str:
    if leg.held or leg.lost_since is not None:
        return "Hold"
    if participant.purpose not in PEOPLE_OUTSIDE:
        return "Interact"
    if state.media.bridge is not None:
        return "Interact"
    if state.queue_entry is not None:
        return "Delay"
    if state.media.execution is not None:
        return "Ivr"
    return "Hold" if state.media.holder == "hold" else "System"


def settle(state: Conversation, at: int) -> Conversation:
    """The state with every participant's segments brought up to what it is doing now."""
    participants = tuple(_settled(state, participant, at) for participant in state.participants)
    if all(new is old for new, old in zip(participants, state.participants, strict=True)):
        return state
    return replace(state, participants=participants)


def _settled(state: Conversation, participant: Participant, at: int) -> Participant:
    doing = activity(state, participant)
    segments = participant.segments
    if doing == _running(segments):
        return participant
    leg = participant.leg
    why = leg.disconnect_type if leg is not None and doing in (None, "Wrapup") else None
    segments = _closed(segments, at, why)
    if doing is None:
        return replace(participant, segments=segments, end=at)
    if segments and segments[-1].type == doing and segments[-1].end == at:
        again = replace(segments[-1], end=None, disconnect_type=None)
        return replace(participant, segments=(*segments[:-1], again), end=None)
    return replace(participant, segments=(*segments, Segment(type=doing, start=at)), end=None)


def _running(segments: tuple[Segment, ...]) -> str | None:
    return segments[-1].type if segments and segments[-1].end is None else None


def _closed(segments: tuple[Segment, ...], at: int, why: str | None) -> tuple[Segment, ...]:
    """The segments with the open one ended; one that lasted no time (a step inside one commit) is dropped."""
    if not segments or segments[-1].end is not None:
        return segments
    if segments[-1].start == at:
        return segments[:-1]
    return (*segments[:-1], replace(segments[-1], end=at, disconnect_type=why))
