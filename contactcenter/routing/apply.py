"""What events do to the state: the same when they are decided and when they are replayed (routing.md §28.1).

Handlers send nothing and decide nothing; they keep the index of the core in step.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from contactcenter.routing import messages as m
from contactcenter.routing.organisation import build
from contactcenter.routing.state import (
    ACW,
    CONNECTED,
    DAY_MS,
    HOUR_MS,
    OFF_QUEUE,
    WORKING,
    AgentState,
    Given,
    Item,
    Reservation,
    Timer,
    Unit,
)
from contactcenter.routing.timers import means_something

if TYPE_CHECKING:
    from contactcenter.routing.core import Core

ANSWERS_AT_LEAST = 100_000
NOTHING = msgspec.Raw(b"{}")

_ENCODER = msgspec.json.Encoder(order="sorted")
"""As the journal's: an answer is the same bytes whether it was decided or read."""


def set_timer(core: Core, due: int, kind: str, ref: str, mark: int = 0) -> None:
    """Arm a timer; what it means is checked when it fires (timers.py)."""
    state = core.state
    number = state.timer_number = state.timer_number + 1
    heapq.heappush(state.timers, Timer(due, number, kind, ref, mark))


def _configured(core: Core, event: m.ConfigChanged, at: int) -> None:
    state = core.state
    state.configuration = dict(event.configuration)
    core.organisation = organisation = build(event.configuration)
    state.on = {queue: groups for queue, groups in state.on.items() if queue in organisation.queues}
    for seq, (agent_id, agent) in enumerate(organisation.agents.items()):
        known = state.agents.setdefault(agent_id, AgentState(agent_id, seq, since=at))
        known.seq, known.held, known.queues = seq, agent.held(), {}
    for agent_id in [agent_id for agent_id in state.agents if agent_id not in organisation.agents]:
        del state.agents[agent_id]
    for queue_id in organisation.queues:
        _join_members(core, queue_id)
    core.reindex()


def _join_members(core: Core, queue_id: str) -> None:
    queue = core.organisation.queues[queue_id]
    members = core.organisation.members(queue, frozenset(core.state.on.get(queue_id, ())))
    for agent in core.state.agents.values():
        if agent.id in members:
            agent.queues[queue_id] = members[agent.id]
        else:
            agent.queues.pop(queue_id, None)


def _enqueued(core: Core, event: m.ItemEnqueued, _at: int) -> None:
    core.state.item_seq = event.seq
    item = Item(
        id=event.item,
        queue=event.queue,
        media=event.media,
        requirement=event.requirement,
        priority=event.priority,
        at=event.at,
        seq=event.seq,
        label=event.label,
        alert=event.alert,
        customer=event.customer,
        not_before=event.not_before,
    )
    core.state.items[item.id] = item
    if item.not_before is not None:
        set_timer(core, item.not_before, "due", item.id, item.seq)
        return
    core.waiting.entered(item)
    _limit_wait(core, item)
    if event.stage is not None:
        _enter(core, item, event.stage)


def _limit_wait(core: Core, item: Item) -> None:
    knobs = core.organisation.queues[item.queue].knobs
    set_timer(core, item.at + round(knobs.max_wait_days * DAY_MS), "expire", item.id, item.seq)
    if knobs.max_wait_s is not None:
        set_timer(core, item.at + round(knobs.max_wait_s * 1000), "forward", item.id, item.seq)


def _due(core: Core, event: m.ItemDue, _at: int) -> None:
    item = core.state.items[event.item]
    item.not_before = None
    core.waiting.entered(item)
    _limit_wait(core, item)


def _forward(core: Core, event: m.ItemBroughtForward, _at: int) -> None:
    item = core.state.items[event.item]
    core.waiting.remove(item)
    core.waiting.left(item)
    item.forward = True
    core.waiting.entered(item)
    if item.waits:
        core.waiting.add(item)


def _stage(core: Core, event: m.StageEntered, _at: int) -> None:
    item = core.state.items[event.item]
    core.waiting.remove(item)
    if event.removed:
        item.removed += tuple(skill for skill in event.removed if skill not in item.removed)
    _enter(core, item, event.stage)


def _enter(core: Core, item: Item, stage: m.Stage) -> None:
    if item.entries == 0:
        item.requested = stage.method
    item.stage = stage
    item.entries += 1
    item.paused = item.reservation is not None and _clock_stands_still(core, item)
    if stage.until is not None and not item.paused:
        set_timer(core, stage.until, "stage", item.id, item.entries)
    if item.waits:
        core.waiting.add(item)


def _clock_stands_still(core: Core, item: Item) -> bool:
    """Whether the stage's clock stops while an offer alerts (§6); what was so at the offer's begin counts."""
    if item.stage.until is None:
        return False
    return not core.organisation.queues[item.queue].knobs.ring_clock_runs_while_alerting


def _patched(core: Core, event: m.RoutingPatched, _at: int) -> None:
    item = core.state.items[event.item]
    core.waiting.remove(item)
    if item.not_before is None:
        core.waiting.left(item)
    added = set(event.requirement.asked) - set(item.requirement.asked)
    item.removed = tuple(skill for skill in item.removed if skill not in added)
    item.requirement, item.priority, item.label = event.requirement, event.priority, event.label
    if item.not_before is None:
        core.waiting.entered(item)
    if item.waits:
        core.waiting.add(item)


def _moved(core: Core, event: m.ItemMoved, _at: int) -> None:
    item = core.state.items[event.item]
    core.waiting.remove(item)
    core.waiting.left(item)
    core.state.item_seq = event.seq
    item.queue, item.at, item.seq, item.requirement = event.queue, event.at, event.seq, event.requirement
    item.removed, item.excluded, item.forward = (), {}, False
    core.waiting.entered(item)
    _limit_wait(core, item)
    if item.waits:
        core.waiting.add(item)


def _reserved(core: Core, event: m.ItemReserved, at: int) -> None:
    state = core.state
    item, agent = state.items[event.item], state.agents[event.agent]
    core.waiting.remove(item)
    item.reservation = event.reservation
    item.offers += 1
    item.paused = _clock_stands_still(core, item)
    state.reservations[event.reservation] = Reservation(
        event.reservation, event.item, event.agent, event.queue, at, event.deadline, event.method
    )
    agent.units[event.reservation] = Unit(event.reservation, event.item, event.media, event.label)
    set_timer(core, event.deadline, "offer", event.reservation)
    core.ready.room_changed(agent.id)
    if core.organisation.knobs.idle_reference == "last_offered":
        _idle_anew(core, agent, at)


def _accepted(core: Core, event: m.OfferAccepted, at: int) -> None:
    state = core.state
    del state.reservations[event.reservation]
    item = state.items[event.item]
    agent = state.agents.get(event.agent)
    if agent is not None:
        agent.units[event.reservation].state = CONNECTED
        if event.status is not None:
            agent.status, agent.since = event.status, at
    if event.queue is not None:
        _leave(core, item)
    if item.customer:
        name = f"{item.queue}\n{item.customer}"
        state.last_agents.pop(name, None)
        state.last_agents[name] = (event.agent, at)
        _forget_last_agents(core, at)


def _forget_last_agents(core: Core, at: int) -> None:
    known = core.state.last_agents
    kept = at - round(core.organisation.knobs.last_agent_lookback_h * HOUR_MS)
    while known:
        oldest = next(iter(known))
        if known[oldest][1] >= kept:
            return
        del known[oldest]


def _not_taken(core: Core, event: m.OfferDeclined | m.OfferTimedOut | m.OfferWithdrawn, at: int) -> None:
    state = core.state
    del state.reservations[event.reservation]
    agent = state.agents.get(event.agent)
    if agent is not None:
        agent.units.pop(event.reservation, None)
        core.ready.room_changed(agent.id)
    item = state.items[event.item]
    item.reservation = None
    until = at + _rest_ms(core, item, event)
    if until > at:
        item.excluded = {a: u for a, u in item.excluded.items() if u > at} | {event.agent: until}
        set_timer(core, until, "reoffer", item.id)
    core.waiting.add(item)


def _rest_ms(core: Core, item: Item, event: m.OfferDeclined | m.OfferTimedOut | m.OfferWithdrawn) -> int:
    """How long the agent is not offered the item again (§12): also one who goes off and on queue all the time."""
    knobs = core.organisation.queues[item.queue].knobs
    if not isinstance(event, m.OfferWithdrawn) or event.reason == "delivery_failed":
        return round(max(knobs.reoffer_after_s, knobs.offer_loop_guard_s) * 1000)
    return round(knobs.offer_loop_guard_s * 1000) if event.reason in ("off_queue", "desk_lost") else 0


def _included(core: Core, event: m.ExclusionsEnded, at: int) -> None:
    item = core.state.items[event.item]
    item.excluded = {agent: until for agent, until in item.excluded.items() if until > at}
    if item.waits:
        core.waiting.less_choosy(item)


def _left(core: Core, event: m.ItemLeft, _at: int) -> None:
    _leave(core, core.state.items[event.item])


def _leave(core: Core, item: Item) -> None:
    state = core.state
    core.waiting.remove(item)
    if item.not_before is None:
        core.waiting.left(item)
    del state.items[item.id]
    if len(state.timers) > 8 * (len(state.items) + len(state.reservations)) + 1000:
        _drop_dead_timers(core)


def _drop_dead_timers(core: Core) -> None:
    """Keep the heap in proportion to what waits: most timers die with their item, and snapshots hold live ones only."""
    state = core.state
    state.timers = [timer for timer in state.timers if means_something(core, timer)]
    heapq.heapify(state.timers)


def _status(core: Core, event: m.AgentStatusChanged, at: int) -> None:
    agent = core.state.agents[event.agent]
    before, agent.status, agent.since = agent.status, event.status, event.since
    if before in WORKING and event.status in WORKING:
        return
    if before in WORKING or event.status in WORKING:
        core.ready.room_changed(agent.id)
    knobs = core.organisation.knobs
    came = before == OFF_QUEUE and event.status != OFF_QUEUE
    went = before != OFF_QUEUE and event.status == OFF_QUEUE
    if (knobs.idle_reference == "on_queue_since" and came) or (knobs.reset_idle_on_presence_change and (came or went)):
        _idle_anew(core, agent, at)


def _unit(core: Core, event: m.UnitMoved, at: int) -> None:
    agent = core.state.agents[event.agent]
    unit = agent.units[event.reservation]
    knobs = core.organisation.knobs
    if event.unit == "released":
        del agent.units[event.reservation]
        handled = knobs.idle_from == "acw_end" or unit.state != ACW
    else:
        unit.state = CONNECTED if event.unit == "resumed" else event.unit
        handled = event.unit == ACW and knobs.idle_from == "leg_end"
    if event.status is not None:
        agent.status, agent.since = event.status, at
    if handled and knobs.idle_reference == "last_handled_end":
        _idle_anew(core, agent, at)
    core.ready.room_changed(agent.id)


def _idle_anew(core: Core, agent: AgentState, at: int) -> None:
    state = core.state
    agent.idle = state.idle_rank = state.idle_rank + 1
    agent.idle_at = at
    core.ready.idle_changed(agent.id)
    if not state.lapse:
        _look_again(core, at)


def _look_again(core: Core, oldest: int) -> None:
    """Arm the one timer that looks through the idle times, for when the oldest is too long ago."""
    back = round(core.organisation.knobs.idle_lookback_days * DAY_MS)
    core.state.lapse = oldest + back if back else 0
    if back:
        set_timer(core, core.state.lapse, "lapse", "")


def _forgotten(core: Core, event: m.IdleForgotten, _at: int) -> None:
    agents, core.state.lapse = core.state.agents, 0
    for name in event.agents:
        agents[name].idle = agents[name].idle_at = 0
        core.ready.idle_changed(name)
    times = [agent.idle_at for agent in agents.values() if agent.idle_at]
    if times:
        _look_again(core, min(times))


def _non_acd(core: Core, event: m.NonAcdChanged, _at: int) -> None:
    agent = core.state.agents[event.agent]
    if event.count:
        agent.non_acd[event.media] = event.count
    else:
        agent.non_acd.pop(event.media, None)
    core.ready.room_changed(agent.id)


def _joined(core: Core, event: m.AgentJoinedQueue, _at: int) -> None:
    core.state.agents[event.agent].queues[event.queue] = event.ring
    core.ready.profile_changed(event.agent)


def _left_queue(core: Core, event: m.AgentLeftQueue, _at: int) -> None:
    core.state.agents[event.agent].queues.pop(event.queue, None)
    core.ready.profile_changed(event.agent)


def _skilled(core: Core, event: m.AgentSkillsChanged, _at: int) -> None:
    core.state.agents[event.agent].held = dict(event.skills)
    core.ready.profile_changed(event.agent)


def _switched(core: Core, event: m.GroupActivated | m.GroupDeactivated, _at: int) -> None:
    queue = core.organisation.queues[event.queue]
    before = frozenset(core.state.on.get(event.queue, ()))
    after = before | {event.group} if isinstance(event, m.GroupActivated) else before - {event.group}
    core.state.on[event.queue] = sorted(after)
    were, are = core.organisation.members(queue, before), core.organisation.members(queue, after)
    for agent_id in sorted(were.keys() ^ are.keys()):
        queues = core.state.agents[agent_id].queues
        if agent_id in are:
            queues[event.queue] = are[agent_id]
        else:
            queues.pop(event.queue, None)
        core.ready.profile_changed(agent_id)


def _sampled(core: Core, event: m.MetricsSampled, _at: int) -> None:
    core.state.metrics = {queue: dict(values) for queue, values in event.values.items()}


def _scored(core: Core, event: m.ScoresReceived, _at: int) -> None:
    core.state.items[event.item].scores = dict(event.scores)


def remember(core: Core, command_id: str, data: Mapping[str, Any], at: int) -> None:
    """Keep the answer of a command for its repetitions: for a day, and longer while there are few."""
    answers, answered = core.state.answers, core.answered
    if command_id not in answers:
        answered.append(command_id)
    answers[command_id] = Given(at, msgspec.Raw(_ENCODER.encode(data)) if data else NOTHING)
    while len(answers) > ANSWERS_AT_LEAST and answers[answered[0]].at < at - DAY_MS:
        del answers[answered.popleft()]


def _answered(core: Core, event: m.Answered, at: int) -> None:
    remember(core, event.command_id, event.data, at)


APPLY: Mapping[type[msgspec.Struct], Callable[[Core, Any, int], None]] = {  # each handler knows its own event
    m.ConfigChanged: _configured,
    m.ItemEnqueued: _enqueued,
    m.ItemDue: _due,
    m.ItemBroughtForward: _forward,
    m.StageEntered: _stage,
    m.RoutingPatched: _patched,
    m.ItemMoved: _moved,
    m.ItemReserved: _reserved,
    m.OfferAccepted: _accepted,
    m.OfferDeclined: _not_taken,
    m.OfferTimedOut: _not_taken,
    m.OfferWithdrawn: _not_taken,
    m.ItemLeft: _left,
    m.AgentStatusChanged: _status,
    m.IdleForgotten: _forgotten,
    m.UnitMoved: _unit,
    m.NonAcdChanged: _non_acd,
    m.ExclusionsEnded: _included,
    m.AgentJoinedQueue: _joined,
    m.AgentLeftQueue: _left_queue,
    m.AgentSkillsChanged: _skilled,
    m.GroupActivated: _switched,
    m.GroupDeactivated: _switched,
    m.MetricsSampled: _sampled,
    m.ScoresReceived: _scored,
    m.Answered: _answered,
}
