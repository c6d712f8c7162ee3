"""Why is nobody offered this? (routing.md §22)

The smallest sets of conditions that, relaxed one by one, would give an agent; and the rule that keeps idle agents
from a waiting item.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from contactcenter.routing.capacity import label_fits, media_with_room
from contactcenter.routing.signature import Signature, key_of, meets_expression
from contactcenter.routing.state import WORKING, AgentState, Item

if TYPE_CHECKING:
    from contactcenter.routing.core import Core

Explanation = Mapping[str, Any]  # JSON of several types

REFUSED = "did not take it a moment ago"
STAGE_REASONS = ("ring ", "not in the ")
"""What the stage and the loop guard say: it passes with time, and the agent needs nothing for it."""


def explain_item(core: Core, item_id: str, at: int) -> Explanation | None:
    """The record of a waiting item at a time (UTC ms); None when it does not wait.

    ``excluded`` counts agents by everything that stands in their way, ``single`` names the conditions each of which
    alone keeps at least one agent away, ``rule_that_delays`` the stage, the offer or the schedule that does.
    """
    item = core.state.items.get(item_id)
    if item is None:
        return None
    signature = core.waiting.signature(item)
    obstacles = {agent.id: _obstacles(core, item, signature, agent, at) for agent in core.state.agents.values()}
    excluded: dict[str, int] = {}
    single: dict[str, list[str]] = {}
    for agent, reasons in obstacles.items():
        for reason in reasons:
            excluded[reason] = excluded.get(reason, 0) + 1
        if len(reasons) == 1:
            single.setdefault(reasons[0], []).append(agent)
    return {
        "item": item.id,
        "queue": item.queue,
        "at": at,
        "enqueued_at": item.at,
        "position": None if item.not_before is not None else core.waiting.position(item),
        "key": key_of(item, core.organisation.queues[item.queue]),
        "requested_routing": item.requested,
        "stage": msgspec.to_builtins(item.stage),
        "requirement": msgspec.to_builtins(item.requirement),
        "removed_skills": item.removed,
        "eligible": [agent for agent, reasons in obstacles.items() if not reasons],
        "excluded": dict(sorted(excluded.items())),
        "single": {reason: agents[:10] for reason, agents in sorted(single.items())},
        "brought_forward": item.forward,
        "rule_that_delays": _delay(core, item, obstacles, at),
        "knobs": core.knobs_hash,
    }


def _obstacles(core: Core, item: Item, signature: Signature, agent: AgentState, at: int) -> tuple[str, ...]:
    found = []
    ring = agent.queues.get(signature.queue)
    groups = core.organisation.groups
    if ring is None and signature.members:
        found.append("not a member")
    if signature.agents is not None and agent.id not in signature.agents:
        found.append(f"not in the {item.stage.method} set")
    if signature.agents is None and ring is not None and ring > signature.ring:
        found.append(f"ring {ring}")
    if signature.groups is not None and not any(agent.id in groups.get(group, ()) for group in signature.groups):
        found.append("not in the activated groups")
    if agent.status not in WORKING:
        found.append(f"status {agent.status}")
    else:
        found += _no_room(core, item, agent)
    missing, step = _missing(core, signature, agent), item.stage.expression
    found += [f"not in the step {step}"] if missing and step is not None else missing
    if item.excluded.get(agent.id, 0) > at:
        found.append(REFUSED)
    return tuple(found)


def _no_room(core: Core, item: Item, agent: AgentState) -> list[str]:
    """The medium's limit, else the label's, where one is reached (§10)."""
    limits, knobs = core.organisation.limits[agent.id], core.organisation.knobs
    if label_fits(agent, item.media, item.label, limits, knobs):
        return []
    by_label = item.media in media_with_room(agent, limits, knobs)
    return [f"no capacity for label {item.label}" if by_label else f"no capacity for {item.media}"]


def _missing(core: Core, signature: Signature, agent: AgentState) -> list[str]:
    need = signature.need
    if need.expression is None:
        return [f"missing skill {skill}" for skill in need.skills if skill not in agent.held]
    met = meets_expression(need, agent.held, core.organisation)
    return [] if met else [f"skill expression {need.expression}"]


def _delay(core: Core, item: Item, obstacles: Mapping[str, tuple[str, ...]], at: int) -> str | None:
    """The rule that keeps an agent from the item who could take it otherwise."""
    if item.not_before is not None:
        return f"scheduled for {item.not_before}"
    if item.reservation is not None:
        reservation = core.state.reservations[item.reservation]
        return f"offered to {reservation.agent} until {reservation.deadline}"
    kept = [
        agent
        for agent, reasons in obstacles.items()
        if reasons and all(reason == REFUSED or reason.startswith(STAGE_REASONS) for reason in reasons)
    ]
    by_stage = [agent for agent in kept if obstacles[agent] != (REFUSED,)]
    if by_stage:
        until = "for good" if item.stage.until is None else f"for another {max(0, item.stage.until - at)} ms"
        return f"{item.stage.method} step {item.stage.step} {until}"
    if kept:
        again = min(item.excluded[agent] for agent in kept)
        return f"not offered again to who did not take it for another {again - at} ms"
    return None
