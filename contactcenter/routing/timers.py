"""Timers are data: what each kind means, and what it does when it fires (routing.md §20)."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from contactcenter.routing import messages as m
from contactcenter.routing.stages import direct_settings, first_stage, next_stage, removed_on_leaving
from contactcenter.routing.state import DAY_MS, NOT_RESPONDING, OFF_QUEUE, Item, Timer

if TYPE_CHECKING:
    from contactcenter.routing.core import Core


def means_something(core: Core, timer: Timer) -> bool:
    """Whether what the timer was armed for is still so; a timer that has fired means nothing any more.

    What means nothing never means anything again: it may be dropped at any time, and is at different times when a
    journal is replayed.
    """
    state = core.state
    if timer.kind == "offer":
        return timer.ref in state.reservations
    if timer.kind == "lapse":
        return timer.due == state.lapse
    item = state.items.get(timer.ref)
    if item is None:
        return False
    match timer.kind:
        case "stage":
            return timer.mark == item.entries and not item.paused
        case "due":
            return item.not_before == timer.due
        case "forward":
            return timer.mark == item.seq and not item.forward
        case "reoffer":
            return timer.due in item.excluded.values()
    return timer.mark == item.seq


def fire_due(core: Core, at: int) -> None:
    """Fire what is due at ``at``, in order of time and then of arming.

    What is armed meanwhile waits for the next ``Tick``, so that a stage without any time gets its chance.
    """
    newest = core.state.timer_number
    later: list[Timer] = []
    while core.state.timers and core.state.timers[0].due <= at:
        timer = heapq.heappop(core.state.timers)
        if timer.number > newest:
            later.append(timer)
        elif means_something(core, timer):
            FIRE[timer.kind](core, timer, at)
    for timer in later:
        heapq.heappush(core.state.timers, timer)


def next_due(core: Core) -> int | None:
    """When something is due next."""
    timers = core.state.timers
    while timers and not means_something(core, timers[0]):
        heapq.heappop(timers)
    return timers[0].due if timers else None


def _offer(core: Core, timer: Timer, at: int) -> None:
    reservation = core.state.reservations[timer.ref]
    core.emit(m.OfferTimedOut(reservation=reservation.id, item=reservation.item, agent=reservation.agent))
    set_not_responding(core, reservation.agent, at)
    resume_stage(core, reservation.item, reservation.since, at)


def set_not_responding(core: Core, agent_id: str, at: int) -> None:
    """The agent gets nothing more until the status is toggled."""
    agent = core.state.agents.get(agent_id)
    if agent is not None and agent.status != OFF_QUEUE and agent.status != NOT_RESPONDING:
        core.emit(m.AgentStatusChanged(agent=agent_id, status=NOT_RESPONDING, since=at))


def resume_stage(core: Core, item_id: str, offered: int, at: int) -> None:
    """Give a stage the time back that an offer took, where its clock stands still meanwhile (§6)."""
    item = core.state.items[item_id]
    stage = item.stage
    if stage.until is None or not item.paused:
        return
    later = msgspec.structs.replace(stage, until=stage.until + at - offered)
    core.emit(m.StageEntered(item=item_id, stage=later, why="offer not taken"))


def _stage(core: Core, timer: Timer, at: int) -> None:
    advance(core, core.state.items[timer.ref], at)


def advance(core: Core, item: Item, at: int, why: str = "time is over") -> None:
    """Go on to the next stage; after direct routing that may be one in the backup queue (§7)."""
    queue = core.organisation.queues[item.queue]
    stage = next_stage(core, item, at)
    if item.stage.rule == "direct" and stage.rule != "direct" and item.reservation is None:
        _leave_direct(core, item, at)
        stage = first_stage(core, item, at)
    elif item.stage.rule == "owned":
        why = "owner_expired"
    core.emit(m.StageEntered(item=item.id, stage=stage, removed=removed_on_leaving(queue, item.stage), why=why))


def _leave_direct(core: Core, item: Item, at: int) -> None:
    settings, own = direct_settings(core, item), core.organisation.queues[item.queue].direct_routing
    backup = settings.queue_id or (own.backup_queue_id if own else None) or item.queue
    requirement = msgspec.structs.replace(item.requirement, direct=None)
    if backup == item.queue or backup not in core.organisation.queues:
        core.emit(m.RoutingPatched(item=item.id, requirement=requirement, priority=item.priority, label=item.label))
        return
    keep = core.organisation.queues[backup].knobs.keep_wait_on_queue_change
    core.emit(
        m.ItemMoved(
            item=item.id,
            queue=backup,
            at=item.at if keep else at,
            seq=core.state.item_seq + 1,
            requirement=requirement,
        )
    )


def _forward(core: Core, timer: Timer, _at: int) -> None:
    core.emit(m.ItemBroughtForward(item=timer.ref))


def _expire(core: Core, timer: Timer, _at: int) -> None:
    leave(core, core.state.items[timer.ref], "expired", "cancelled")


def leave(core: Core, item: Item, reason: str, withdrawn: str) -> None:
    """The item leaves, an open offer first."""
    if item.reservation is not None:
        reservation = core.state.reservations[item.reservation]
        core.emit(m.OfferWithdrawn(reservation=reservation.id, item=item.id, agent=reservation.agent, reason=withdrawn))
    core.emit(m.ItemLeft(item=item.id, queue=item.queue, reason=reason))


def _due(core: Core, timer: Timer, at: int) -> None:
    core.emit(m.ItemDue(item=timer.ref))
    item = core.state.items[timer.ref]
    core.emit(m.StageEntered(item=item.id, stage=first_stage(core, item, at)))


def _reoffer(core: Core, timer: Timer, _at: int) -> None:
    core.emit(m.ExclusionsEnded(item=timer.ref))


def _lapse(core: Core, _timer: Timer, at: int) -> None:
    """Told also when nobody is forgotten: the next look is armed by it."""
    since = at - round(core.organisation.knobs.idle_lookback_days * DAY_MS)
    agents = core.state.agents.values()
    core.emit(m.IdleForgotten(agents=tuple(agent.id for agent in agents if 0 < agent.idle_at <= since)))


FIRE: Mapping[str, Callable[[Core, Timer, int], None]] = {
    "offer": _offer,
    "stage": _stage,
    "expire": _expire,
    "forward": _forward,
    "due": _due,
    "reoffer": _reoffer,
    "lapse": _lapse,
}
