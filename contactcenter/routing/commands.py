"""What each command leads to: one function per command, answering with data or refusing (routing.md §28.6, §30)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from contactcenter.organisation.expressions import BadExpression
from contactcenter.routing import messages as m
from contactcenter.routing.capacity import label_fits, puts_aside, status_of
from contactcenter.routing.conditions import activation
from contactcenter.routing.configuration import BAD_CONFIGURATION, Queue
from contactcenter.routing.matching import reserve
from contactcenter.routing.organisation import Organisation, build
from contactcenter.routing.ready import Choice
from contactcenter.routing.signature import NOTHING_NEEDED, Need, meets_expression
from contactcenter.routing.stages import STANDARD, begins_plainly, first_stage, replanned
from contactcenter.routing.state import (
    ALERTING,
    CONNECTED,
    HOUR_MS,
    INTERRUPTED,
    MEDIA,
    OFF_QUEUE,
    WORKING,
    AgentState,
    Item,
    Reservation,
    Unit,
)
from contactcenter.routing.timers import advance, fire_due, leave, resume_stage, set_not_responding

if TYPE_CHECKING:
    from contactcenter.routing.core import Core

Data = dict[str, Any]  # what a command asked for, as JSON

HIGHEST_PRIORITY = 25_000_000
MOST_SCORED_AGENTS = 20
HIGHEST_PROFICIENCY = 5
UNITS = ("connected", "held", "resumed", "interrupted", "acw", "released")


class Refusal(Exception):  # noqa: N818 - read as a sentence; it never leaves the core
    """A command that is not carried out; raised before its first event."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def _enqueue(core: Core, command: m.Enqueue, at: int) -> Data:
    queue = core.organisation.queues.get(command.queue)
    if queue is None:
        raise Refusal("unknown_queue", f"there is no queue {command.queue!r}")
    if queue.knobs.closed:
        raise Refusal("closed", f"the queue {queue.name or queue.id!r} is closed")
    if command.item in core.state.items:
        raise Refusal("duplicate", f"item {command.item} waits already")
    if command.media not in MEDIA:
        raise Refusal("unknown_media", f"there is no medium {command.media!r}")
    _check_priority(command.priority)
    requirement = _checked(core.organisation, queue, command.requirement)
    not_before = _schedule(command, queue, at)
    kept = command.waited_since if queue.knobs.keep_wait_on_queue_change else None
    kept = kept if command.keep_wait_of is None else command.keep_wait_of
    entered = not_before or (at if kept is None else min(at, kept))
    seq = core.state.item_seq + 1
    stage = STANDARD if not_before is None else None
    if stage is not None and not begins_plainly(queue, requirement):
        item = Item(command.item, queue.id, command.media, requirement, command.priority, entered, seq)
        item.customer = command.customer
        stage = first_stage(core, item, at)
    core.emit(
        m.ItemEnqueued(
            item=command.item,
            queue=command.queue,
            media=command.media,
            at=entered,
            seq=seq,
            requirement=requirement,
            priority=command.priority,
            label=_label(core.organisation, command.label),
            alert=command.alert,
            customer=command.customer,
            not_before=not_before,
            stage=stage,
        )
    )
    if not_before is not None:
        return {"enqueued_at": entered}
    return {"position": core.waiting.position(core.state.items[command.item]), "enqueued_at": entered}


def _schedule(command: m.Enqueue, queue: Queue, at: int) -> int | None:
    if m.OWNED_CALLBACK in command.requirement.flags:
        owned = queue.agent_owned_routing
        if owned is None or not owned.enable_agent_owned_callbacks or not queue.routing_rules:
            raise Refusal("not_allowed", "agent-owned callbacks need enableAgentOwnedCallbacks and a preferred rule")
        if len(command.requirement.preferred) != 1 or command.requirement.preferred[0][1] != m.HIGHEST_SCORE:
            raise Refusal("bad_score", f"an agent-owned callback names one agent with score {m.HIGHEST_SCORE}")
        most = (owned.max_owned_callback_delay_hours or 24 * m.MOST_DAYS_AHEAD) * HOUR_MS
    else:
        most = 24 * m.MOST_DAYS_AHEAD * HOUR_MS
    if command.not_before is None or command.not_before <= at:
        return None
    if command.not_before > at + most:
        raise Refusal("bad_schedule", f"at most {most // HOUR_MS} hours ahead")
    return command.not_before


def _check_priority(priority: int) -> None:
    if abs(priority) > HIGHEST_PRIORITY:
        raise Refusal("bad_priority", f"a priority lies within -{HIGHEST_PRIORITY:,} and {HIGHEST_PRIORITY:,}")


def _label(organisation: Organisation, name: str | None) -> str | None:
    """A utilisation label by id; empty is none."""
    if not name:
        return None
    found = organisation.label_id(name)
    if found is None:
        raise Refusal("unknown_label", f"there is no utilisation label {name!r}")
    return found


def _checked(organisation: Organisation, queue: Queue, asked: m.Requirement) -> m.Requirement:
    """The requirement by ids; refuses what does not exist, so that nobody waits for a misspelling."""
    if asked.expression:
        try:
            organisation.expression(asked.expression)
        except BadExpression as error:
            raise Refusal("bad_expression", str(error)) from error
    by_id = organisation.skills.get  # nearly always it is the id
    skills = tuple(dict.fromkeys([by_id(name) or _known(organisation.skill_id, name) for name in asked.skills]))
    if len(skills) > queue.knobs.max_skills_per_item:
        raise Refusal("too_many_skills", f"an item may ask for {queue.knobs.max_skills_per_item} skills at most")
    language = _known(organisation.language_id, asked.language) if asked.language else None
    preferred = asked.preferred[:MOST_SCORED_AGENTS]
    if preferred and any(not 0 <= score <= m.HIGHEST_SCORE for _, score in preferred):
        raise Refusal("bad_score", f"the score of a preferred agent lies within 0 and {m.HIGHEST_SCORE}")
    return m.Requirement(skills, language, asked.expression or None, preferred, asked.direct, asked.flags)


def _known(find: Callable[[str], str | None], name: str) -> str:
    found = find(name)
    if found is None:
        raise Refusal("unknown_skill", f"there is no skill or language {name!r}")
    return found


def _patch(core: Core, command: m.PatchRouting, at: int) -> Data:
    item = _item(core, command.item)
    queue = core.organisation.queues[item.queue]
    if command.priority is not None:
        _check_priority(command.priority)
    changes: dict[str, Any] = {  # fields of a requirement, of several types
        name: value
        for name in ("skills", "language", "expression", "preferred")
        if (value := getattr(command, name)) is not None
    }
    requirement = _checked(core.organisation, queue, msgspec.structs.replace(item.requirement, **changes))
    priority = item.priority if command.priority is None else command.priority
    label = item.label if command.label is None else _label(core.organisation, command.label)
    core.emit(m.RoutingPatched(item=item.id, requirement=requirement, priority=priority, label=label))
    if item.reservation is not None:
        _withdraw_if_unfit(core, item, queue, at)
    if command.preferred is not None and queue.routing_rules and item.not_before is None:
        core.emit(m.StageEntered(item=item.id, stage=first_stage(core, item, at), why="patched"))
    return {} if item.not_before is not None else {"position": core.waiting.position(item)}


def _withdraw_if_unfit(core: Core, item: Item, queue: Queue, at: int) -> None:
    reservation = core.state.reservations[item.reservation or ""]
    need = core.waiting.signature(item).need
    if reservation.method == "Manual" or _meets(core, need, reservation.agent):
        return
    _withdraw(core, reservation, "patched", at)


def _meets(core: Core, need: Need, agent_id: str) -> bool:
    agent = core.state.agents[agent_id]
    if need == NOTHING_NEEDED:
        return True
    if need.expression is None:
        return all(skill in agent.held for skill in need.skills)
    return meets_expression(need, agent.held, core.organisation)


def _withdraw(core: Core, reservation: Reservation, reason: str, at: int) -> None:
    core.emit(
        m.OfferWithdrawn(reservation=reservation.id, item=reservation.item, agent=reservation.agent, reason=reason)
    )
    resume_stage(core, reservation.item, reservation.since, at)


def _cancel(core: Core, command: m.Cancel, _at: int) -> Data:
    leave(core, _item(core, command.item), command.reason, "cancelled")
    return {}


def _customer_gone(core: Core, command: m.CustomerGone, _at: int) -> Data:
    leave(core, _item(core, command.item), "abandoned", "customer_gone")
    return {}


def _accept(core: Core, command: m.Accept, at: int) -> Data:
    reservation = _open(core, command.reservation, command.agent)
    _take(core, reservation, at)
    return {"reservation": reservation.id, "item": reservation.item}


def _take(core: Core, reservation: Reservation, at: int) -> None:
    agent = core.state.agents[reservation.agent]
    status = status_of(agent, taken=reservation.id)
    core.emit(
        m.OfferAccepted(
            reservation=reservation.id,
            item=reservation.item,
            agent=agent.id,
            queue=core.state.items[reservation.item].queue,
            status=None if status == agent.status else status,
        )
    )
    if len(agent.units) > 1:
        _interrupt(core, agent, agent.units[reservation.id])


def _interrupt(core: Core, agent: AgentState, new: Unit) -> None:
    """What the agent talks about is put aside for what may interrupt it (§10)."""
    limits, knobs = core.organisation.limits[agent.id], core.organisation.knobs
    for unit in agent.units.values():
        if unit.state == CONNECTED and unit is not new and puts_aside(unit, new, limits, knobs):
            _move(core, agent, unit, "interrupted")


def _go_on(core: Core, agent: AgentState) -> None:
    """What was put aside goes on, once nothing that has interrupted it is left."""
    limits, knobs = core.organisation.limits[agent.id], core.organisation.knobs
    running = [unit for unit in agent.units.values() if unit.state not in (ALERTING, INTERRUPTED)]
    for unit in agent.units.values():
        if unit.state == INTERRUPTED and not any(puts_aside(unit, other, limits, knobs) for other in running):
            _move(core, agent, unit, "resumed")


def _move(core: Core, agent: AgentState, unit: Unit, to: str) -> None:
    status = status_of(agent, released=unit.reservation if to == "released" else "")
    core.emit(
        m.UnitMoved(
            reservation=unit.reservation,
            item=unit.item,
            agent=agent.id,
            unit=to,
            status=None if status == agent.status else status,
        )
    )


def _decline(core: Core, command: m.Decline, at: int) -> Data:
    reservation = _open(core, command.reservation, command.agent)
    core.emit(m.OfferDeclined(reservation=reservation.id, item=reservation.item, agent=reservation.agent))
    if core.organisation.queues[reservation.queue].knobs.decline_sets_not_responding:
        set_not_responding(core, reservation.agent, at)
    resume_stage(core, reservation.item, reservation.since, at)
    return {}


def _delivery_failed(core: Core, command: m.DeliveryFailed, at: int) -> Data:
    reservation = _open(core, command.reservation, None)
    _withdraw(core, reservation, "delivery_failed", at)
    set_not_responding(core, reservation.agent, at)
    return {}


def _unit_changed(core: Core, command: m.UnitChanged, at: int) -> Data:
    agent = _agent(core, command.agent)
    if command.unit not in UNITS:
        raise Refusal("unknown_unit", f"a unit is one of {', '.join(UNITS)}")
    for unit in agent.units.values():
        if unit.item == command.item and unit.state != ALERTING:
            break
    else:
        raise Refusal("stale_reservation", f"agent {agent.id} has no unit of item {command.item}")
    _move(core, agent, unit, command.unit)
    if command.unit == "released" and agent.units:
        _go_on(core, agent)
    return {}


def _set_status(core: Core, command: m.SetStatus, at: int) -> Data:
    agent = _agent(core, command.agent)
    if command.status.lower() == "off_queue":
        _withdraw_all(core, agent, "off_queue", at)
        status = OFF_QUEUE
    elif command.status.lower() == "on_queue":
        status = status_of(agent, "on_queue")
    else:
        raise Refusal("unknown_status", "a status is on_queue or off_queue")
    _show(core, agent, status, at)
    return {"status": agent.status}


def _show(core: Core, agent: AgentState, status: str, at: int) -> None:
    """The agent's status from now on, where it is another."""
    if status != agent.status:
        core.emit(m.AgentStatusChanged(agent=agent.id, status=status, since=at))


def _desk_lost(core: Core, command: m.DeskLost, at: int) -> Data:
    agent = _agent(core, command.agent)
    _withdraw_all(core, agent, "desk_lost", at)
    set_not_responding(core, agent.id, at)
    return {}


def _withdraw_all(core: Core, agent: AgentState, reason: str, at: int) -> None:
    for unit in list(agent.units.values()):
        if unit.state == ALERTING:
            _withdraw(core, core.state.reservations[unit.reservation], reason, at)


def _heartbeat(core: Core, command: m.Heartbeat, _at: int) -> Data:
    _agent(core, command.agent)  # when it was, the service remembers
    return {}


def _non_acd(core: Core, command: m.NonAcd, at: int) -> Data:
    agent = _agent(core, command.agent)
    if command.media not in MEDIA:
        raise Refusal("unknown_media", f"there is no medium {command.media!r}")
    count = max(0, agent.non_acd.get(command.media, 0) + command.change)
    core.emit(m.NonAcdChanged(agent=agent.id, media=command.media, count=count))
    _show(core, agent, status_of(agent), at)
    return {}


def _assign(core: Core, command: m.Assign, at: int) -> Data:
    return {"reservation": _manual(core, command.item, command.agent, at)}


def _pull(core: Core, command: m.Pull, at: int) -> Data:
    reservation = _manual(core, command.item, command.agent, at)
    if core.organisation.queues[core.state.items[command.item].queue].knobs.pull_auto_accept:
        _take(core, core.state.reservations[reservation], at)
    return {"reservation": reservation}


def _manual(core: Core, item_id: str, agent_id: str, at: int) -> str:
    """A named agent, whatever ring, score or skill (§19)."""
    item, agent = _item(core, item_id), _agent(core, agent_id)
    organisation = core.organisation
    queue = organisation.queues[item.queue]
    if not queue.enable_manual_assignment:
        raise Refusal("not_allowed", f"the queue {queue.name or queue.id!r} has no manual assignment")
    if item.not_before is not None:
        raise Refusal("not_waiting", f"item {item.id} is scheduled for later")
    if agent.status not in WORKING:
        raise Refusal("not_on_queue", f"agent {agent.id} is {agent.status}")
    if item.reservation is not None and core.state.reservations[item.reservation].agent == agent.id:
        raise Refusal("duplicate", f"item {item.id} is being offered to {agent.id}")
    fits = label_fits(agent, item.media, item.label, organisation.limits[agent.id], organisation.knobs)
    if not fits and not queue.knobs.manual_ignores_capacity:
        raise Refusal("no_capacity", f"agent {agent.id} has no room for another {item.media}")
    if item.reservation is not None:
        _withdraw(core, core.state.reservations[item.reservation], "cancelled", at)
    return reserve(core, item, agent.id, at, "Manual", Choice(agent.id, "named"))


def _join(core: Core, command: m.JoinQueue, _at: int) -> Data:
    agent = _agent(core, command.agent)
    if command.queue not in core.organisation.queues:
        raise Refusal("unknown_queue", f"there is no queue {command.queue!r}")
    if command.ring < 1:
        raise Refusal("bad_ring", "rings are counted from 1")
    core.emit(m.AgentJoinedQueue(agent=agent.id, queue=command.queue, ring=command.ring))
    return {}


def _leave_queue(core: Core, command: m.LeaveQueue, _at: int) -> Data:
    agent = _agent(core, command.agent)
    core.emit(m.AgentLeftQueue(agent=agent.id, queue=command.queue))
    return {}


def _set_skills(core: Core, command: m.SetSkills, _at: int) -> Data:
    agent = _agent(core, command.agent)
    held = {}
    for name, proficiency in command.skills.items():
        skill = _known(core.organisation.skill_id, name)
        if not 0 <= proficiency <= HIGHEST_PROFICIENCY:  # so is what is not a number
            raise Refusal("bad_proficiency", f"a proficiency lies within 0 and {HIGHEST_PROFICIENCY}")
        held[skill] = round(proficiency * 100)
    core.emit(m.AgentSkillsChanged(agent=agent.id, skills=held))
    return {}


def _scores(core: Core, command: m.Scores, at: int) -> Data:
    item = _item(core, command.item)
    if item.stage.rule != "predictive":
        raise Refusal("not_waiting", f"item {item.id} does not wait for scores any more")
    core.emit(m.ScoresReceived(item=item.id, scores=command.scores))
    advance(core, item, at, "scores received" if command.scores else "scoring failed")
    return {}


def _metrics(core: Core, command: m.Metrics, _at: int) -> Data:
    if any(command.values.get(queue) != values for queue, values in core.state.metrics.items()) or (
        command.values.keys() - core.state.metrics.keys()
    ):
        core.emit(m.MetricsSampled(values=command.values))
    _activate(core)
    return {}


def _activate(core: Core) -> None:
    for queue in core.organisation.queues.values():
        for event in activation(queue, frozenset(core.state.on.get(queue.id, ())), core.state.metrics):
            core.emit(event)


def _configure(core: Core, command: m.Configure, at: int) -> Data:
    try:
        organisation = build(command.configuration)
    except BAD_CONFIGURATION as error:
        raise Refusal("bad_configuration", str(error)) from error
    if command.configuration == core.state.configuration:
        return {}
    for reservation in list(core.state.reservations.values()):
        if reservation.agent not in organisation.agents:
            _withdraw(core, reservation, "off_queue", at)
    for item in list(core.state.items.values()):
        if item.queue not in organisation.queues:
            leave(core, item, "queue_deleted", "cancelled")
    core.emit(m.ConfigChanged(configuration=command.configuration))
    for item in core.state.items.values():
        if item.not_before is None and (stage := replanned(core, item, at)) is not None:
            core.emit(m.StageEntered(item=item.id, stage=stage, why="configured"))
    _activate(core)
    return {}


def _tick(core: Core, _command: m.Tick, at: int) -> Data:
    fire_due(core, at)
    return {}


def _item(core: Core, item_id: str) -> Item:
    item = core.state.items.get(item_id)
    if item is None:
        raise Refusal("not_waiting", f"item {item_id} does not wait")
    return item


def _agent(core: Core, agent_id: str) -> AgentState:
    agent = core.state.agents.get(agent_id)
    if agent is None:
        raise Refusal("unknown_agent", f"there is no agent {agent_id!r}")
    return agent


def _open(core: Core, reservation_id: str, agent: str | None) -> Reservation:
    found = core.state.reservations.get(reservation_id)
    if found is None or (agent is not None and found.agent != agent):
        raise Refusal("stale_reservation", f"reservation {reservation_id} is not open for {agent or 'anybody'}")
    return found


DECIDE: Mapping[type[msgspec.Struct], Callable[[Core, Any, int], Data]] = {  # each function knows its own command
    m.Enqueue: _enqueue,
    m.PatchRouting: _patch,
    m.Cancel: _cancel,
    m.CustomerGone: _customer_gone,
    m.Accept: _accept,
    m.Decline: _decline,
    m.DeliveryFailed: _delivery_failed,
    m.UnitChanged: _unit_changed,
    m.SetStatus: _set_status,
    m.Heartbeat: _heartbeat,
    m.NonAcd: _non_acd,
    m.Assign: _assign,
    m.Pull: _pull,
    m.JoinQueue: _join,
    m.LeaveQueue: _leave_queue,
    m.SetSkills: _set_skills,
    m.DeskLost: _desk_lost,
    m.Scores: _scores,
    m.Metrics: _metrics,
    m.Configure: _configure,
    m.Tick: _tick,
}
