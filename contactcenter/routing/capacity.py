"""Utilisation and routing status (routing.md §10, §11)."""

from __future__ import annotations

from collections.abc import Mapping

from contactcenter.organisation import Knobs
from contactcenter.routing.configuration import MediaUtilization
from contactcenter.routing.organisation import Limits
from contactcenter.routing.state import (
    ACW,
    ALERTING,
    COMMUNICATING,
    IDLE,
    INTERACTING,
    WORKING,
    AgentState,
    Unit,
)

_UNKNOWN_MEDIUM = MediaUtilization()
"""What is said of a medium that routing does not know: only whether its calls of an agent's own count."""


def status_of(agent: AgentState, wanted: str | None = None, *, taken: str = "", released: str = "") -> str:
    """The status that follows from what an agent has; ``wanted`` leaves OFF_QUEUE or NOT_RESPONDING.

    ``taken`` and ``released`` are reservations that are so in a moment.
    """
    if wanted is None and agent.status not in WORKING:
        return agent.status
    for reservation, unit in agent.units.items():
        if reservation == taken or (unit.state != ALERTING and reservation != released):
            return INTERACTING
    return COMMUNICATING if any(agent.non_acd.values()) else IDLE


def media_with_room(agent: AgentState, limits: Limits, knobs: Knobs) -> frozenset[str]:
    """Media of which the agent may be offered one more, labels left aside."""
    if agent.status not in WORKING:
        return frozenset()
    if not agent.units and not agent.non_acd:
        return limits.roomy
    load = media_load(agent, limits, knobs)
    known = limits.rooms.get(key := tuple(load.items()))
    if known is None:
        known = limits.rooms[key] = _room_beside(load, limits, knobs)
    return known


def media_load(agent: AgentState, limits: Limits, knobs: Knobs) -> dict[str, int]:
    """Occupied units by medium."""
    load: dict[str, int] = {}
    for unit in agent.units.values():
        if knobs.acw_occupies_capacity or unit.state != ACW:
            load[unit.media] = load.get(unit.media, 0) + 1
    for medium, count in agent.non_acd.items():
        if count and limits.media.get(medium, _UNKNOWN_MEDIUM).include_non_acd:
            load[medium] = load.get(medium, 0) + count
    return load


def _room_beside(load: Mapping[str, int], limits: Limits, knobs: Knobs) -> frozenset[str]:
    """Media that fit beside this load: each medium has its own limit, and must be one that interrupts the others."""
    room = limits.roomy
    for medium, count in load.items():
        if count and knobs.cross_media != "parallel":
            room &= limits.on_top_of(medium)
        if not limits.takes(medium, count):
            room -= {medium}
    return room


def label_fits(agent: AgentState, medium: str, label: str | None, limits: Limits, knobs: Knobs) -> bool:
    """Whether an item of this medium and label finds room: the medium's limit first, then the label's (§10)."""
    if agent.status not in WORKING:
        return False
    room = medium in media_with_room(agent, limits, knobs)
    labels = limits.utilization.label_utilizations or {}
    if label is None or not labels:
        return room
    if not room and not _may_interrupt(agent, medium, label, limits, knobs):
        return False
    limit = labels.get(label)
    carried = sum(
        unit.label == label and (knobs.acw_occupies_capacity or unit.state != ACW) for unit in agent.units.values()
    )
    return limit is None or carried < limit.maximum_capacity


def puts_aside(running: Unit, new: Unit, limits: Limits, knobs: Knobs) -> bool:
    """Whether an item that is taken interrupts one that runs, by its label or by its medium (§10)."""
    label = (limits.utilization.label_utilizations or {}).get(running.label or "")
    if label is not None and new.label in (label.interrupting_label_ids or ()):
        return True
    other_media = new.media != running.media and knobs.cross_media != "parallel"
    return other_media and new.media in limits.on_top_of(running.media)


def _may_interrupt(agent: AgentState, medium: str, label: str, limits: Limits, knobs: Knobs) -> bool:
    """Whether labels lift what blocks: every other running unit names this label among those that interrupt it."""
    labels = limits.utilization.label_utilizations or {}
    load: dict[str, int] = {}
    for unit in agent.units.values():
        theirs = labels.get(unit.label or "")
        if theirs is None or label not in (theirs.interrupting_label_ids or ()):
            load[unit.media] = load.get(unit.media, 0) + 1
    for other, count in agent.non_acd.items():
        if count and limits.media.get(other, _UNKNOWN_MEDIUM).include_non_acd:
            load[other] = load.get(other, 0) + count
    return medium in _room_beside(load, limits, knobs)
