"""Routing methods as stages of a waiting item (routing.md §5 to §9).

Planners run in the order of ``PLANNERS``; each gives its stage of a step, or None when it has none (left). The last
one always has one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from contactcenter.routing.conditions import compare_metric
from contactcenter.routing.configuration import DirectRouting, Queue
from contactcenter.routing.messages import HIGHEST_SCORE, OWNED_CALLBACK, Requirement, Stage
from contactcenter.routing.state import HOUR_MS, WORKING, Item

if TYPE_CHECKING:
    from contactcenter.routing.core import Core

STANDARD = Stage("Standard", "group")
RETRY_MS = 30_000


def _direct(core: Core, item: Item, at: int, step: int) -> Stage | None:
    """The one agent, then the backup user, each for the same time."""
    target = item.requirement.direct
    if target is None:
        return None
    settings = direct_settings(core, item)
    wanted = (target, settings.user_id)[step] if step < 2 else None
    if wanted is None or (step == 1 and (wanted == target or wanted not in core.state.agents)):
        return None
    if wanted not in core.state.agents:  # left, or never there: on to the backup at once
        return Stage("Direct", "direct", step, at, agents=(), skills=False, members=False)
    wait = round((settings.agent_wait_seconds or 60) * 1000) if settings.wait_for_agent else 0
    return Stage("Direct", "direct", step, at + wait, agents=(wanted,), skills=False, members=False)


def direct_settings(core: Core, item: Item) -> DirectRouting:
    """The agent's own settings, else the queue's."""
    agent = core.organisation.agents.get(item.requirement.direct or "")
    own = agent.direct_routing_backup if agent else None
    return own or core.organisation.queues[item.queue].direct_routing or DirectRouting()


def _owned(core: Core, item: Item, at: int, step: int) -> Stage | None:
    """A callback that belongs to one agent for a while."""
    preferred = item.requirement.preferred
    if step or OWNED_CALLBACK not in item.requirement.flags:
        return None
    owned = core.organisation.queues[item.queue].agent_owned_routing
    if owned is None or not owned.enable_agent_owned_callbacks:
        return None
    if len(preferred) != 1 or preferred[0][1] != HIGHEST_SCORE:
        return None
    until = item.at + (owned.max_owned_callback_hours or 1) * HOUR_MS
    return Stage("Preferred", "owned", 0, max(at, until), agents=(preferred[0][0],), skills=False)


def _last(core: Core, item: Item, at: int, step: int) -> Stage | None:
    """Who served this customer in this queue before."""
    if step or not item.customer:
        return None
    queue = core.organisation.queues[item.queue]
    mode = queue.last_agent_routing_mode or "Disabled"
    if mode == "Disabled" and queue.predictive_routing is not None and item.media in ("email", "message"):
        mode = "QueueMembersOnly"  # who wrote before answers again
    known = core.state.last_agents.get(f"{item.queue}\n{item.customer}")
    if mode == "Disabled" or known is None:
        return None
    if queue.routing_rules and item.media in ("email", "message", "callback"):
        return None
    agent, when = known
    if agent not in core.state.agents or when < at - round(queue.knobs.last_agent_lookback_h * HOUR_MS):
        return None
    members = mode == "QueueMembersOnly"
    if members and item.queue not in core.state.agents[agent].queues:
        return None
    wait = round(queue.knobs.last_agent_wait_s * 1000)
    return Stage("Last", "last", 0, at + wait, agents=(agent,), skills=False, members=members)


def _preferred(core: Core, item: Item, at: int, step: int) -> Stage | None:
    """Agents by score; the pool only grows, and skills do not count."""
    if not item.requirement.preferred or OWNED_CALLBACK in item.requirement.flags:
        return None
    queue = core.organisation.queues[item.queue]
    rules = queue.routing_rules or ()
    for number in range(step, len(rules)):
        pool = tuple(
            agent
            for agent, score in item.requirement.preferred
            if any(rule.admits(score) for rule in rules[: number + 1])
        )
        working = (core.state.agents[a].status in WORKING for a in pool if a in core.state.agents)
        if queue.knobs.skip_empty_preferred_step and not any(working):
            continue
        until = at + round(rules[number].wait_seconds * 1000)
        return Stage("Preferred", "preferred", number, until, agents=pool, skills=False)
    return None


def _predictive(core: Core, item: Item, at: int, step: int) -> Stage | None:
    """Nobody until the scores are there (step 0), then the best ones, and more with every step."""
    queue = core.organisation.queues[item.queue]
    settings = queue.predictive_routing
    if settings is None:
        return None
    steps = queue.knobs.predictive_steps
    if step > steps or (step and not item.scores):
        return None
    whole = round(settings.timeout_seconds * 1000)
    least = HIGHEST_SCORE - HIGHEST_SCORE * step / steps
    pool = tuple(sorted(agent for agent, score in item.scores.items() if step and score >= least))
    until = at + (whole // steps if step else whole)
    return Stage("Predictive", "predictive", step, until, agents=pool, skills=settings.respect_skills)


def _steps(core: Core, item: Item, at: int, step: int) -> Stage | None:
    """Whom the queue asks for, step by step, whatever the item asks; after the last one anybody in the queue."""
    steps = core.organisation.queues[item.queue].knobs.steps
    if not steps:
        return None
    if step >= len(steps):
        return Stage("Standard", "steps", len(steps), skills=False)
    asked = steps[step]
    until = None if asked.wait_s is None else at + round(asked.wait_s * 1000)
    agents = asked.agents or None
    return Stage("Standard", "steps", step, until, agents=agents, skills=False, expression=asked.expression)


def _group(core: Core, item: Item, at: int, step: int) -> Stage:
    """Conditional groups, else bullseye rings, else everybody; it never ends."""
    queue = core.organisation.queues[item.queue]
    if queue.conditional_group_routing is not None:
        return _conditional(core, item, at, step)
    if not queue.rings:
        return STANDARD
    number = min(step, len(queue.rings) - 1)
    ends = queue.rings[number].ends_after_ms
    last = number == len(queue.rings) - 1
    return Stage("Bullseye", "group", number, None if last or ends is None else at + ends, ring=number + 1)


def _conditional(core: Core, item: Item, at: int, step: int) -> Stage:
    queue = core.organisation.queues[item.queue]
    rules = queue.conditional_group_routing.rules if queue.conditional_group_routing else ()
    stage = item.stage
    pool = stage.groups or () if stage.method == "Conditional" and step else ()
    for number in range(step, len(rules)):
        rule = rules[number]
        asked = rule.queue.id if rule.queue else queue.id
        if not compare_metric(core.state.metrics, asked, rule.metric, rule.operator, rule.condition_value):
            continue
        pool = (*pool, *(group.id for group in rule.groups or () if group.id not in pool))
        last = number == len(rules) - 1
        until = None if last else at + round(rule.wait_seconds * 1000)
        return Stage("Conditional", "group", number, until, groups=pool)
    if pool:
        return Stage("Conditional", "group", len(rules), groups=pool)
    if queue.knobs.cgr_exhausted == "retry":
        return Stage("Conditional", "group", -1, at + RETRY_MS, groups=())
    return Stage("Conditional", "group", len(rules), groups=() if queue.knobs.cgr_exhausted == "wait" else None)


Planner = Callable[["Core", Item, int, int], Stage | None]

PLANNERS: dict[str, Planner] = {
    "direct": _direct,
    "owned": _owned,
    "last": _last,
    "preferred": _preferred,
    "predictive": _predictive,
    "steps": _steps,
    "group": _group,
}
"""By ``Stage.rule``, in the order in which they run."""

_ORDER = tuple(PLANNERS)
_ALL = tuple(PLANNERS.values())


def begins_plainly(queue: Queue, asked: Requirement) -> bool:
    """Whether an item begins with STANDARD, whatever else is known of it: most do, and need not be planned for."""
    return queue.plain and asked.direct is None and not asked.preferred


def first_stage(core: Core, item: Item, at: int) -> Stage:
    """Where an item begins in its queue."""
    return _from(core, item, at, _ALL)


def next_stage(core: Core, item: Item, at: int) -> Stage:
    """Where an item goes when its stage's time is over."""
    rule = item.stage.rule
    following = PLANNERS[rule](core, item, at, item.stage.step + 1)
    if following is not None:
        return following
    return _from(core, item, at, _ALL[_ORDER.index(rule) + 1 :])


def replanned(core: Core, item: Item, at: int) -> Stage | None:
    """Another stage for an item that waits by a method or ring which its queue no longer has; None to stay."""
    stage, queue = item.stage, core.organisation.queues[item.queue]
    if stage.rule == "steps" or (stage.rule == "group" and queue.knobs.steps):
        asked = _steps(core, item, at, stage.step if stage.rule == "steps" else 0) or _group(core, item, at, 0)
        same = replace(asked, until=stage.until) == stage and (asked.until is None) == (stage.until is None)
        return None if same else asked
    if stage.rule != "group":
        return None  # it ends in its time
    method = "Conditional" if queue.conditional_group_routing else "Bullseye" if queue.rings else "Standard"
    if method != stage.method:
        return _group(core, item, at, 0)
    fresh = _group(core, item, at, stage.step) if method == "Bullseye" else None
    if fresh is None or (fresh.ring, fresh.until is None) == (stage.ring, stage.until is None):
        return None
    return fresh


def _from(core: Core, item: Item, at: int, planners: tuple[Planner, ...]) -> Stage:
    for planner in planners:
        stage = planner(core, item, at, 0)
        if stage is not None:
            return stage
    return STANDARD


def removed_on_leaving(queue: Queue, stage: Stage) -> tuple[str, ...]:
    """Skills that a bullseye ring takes off when it is left."""
    return queue.rings[stage.step].removes if stage.method == "Bullseye" else ()
