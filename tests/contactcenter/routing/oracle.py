"""The naive router: every item against every agent, by the rules as they are written down.

It shares the state, the events and the stages with the product, and nothing of its index or its matching; the tests
compare decisions, the benchmark compares speed.
"""

from __future__ import annotations

from typing import Any

from contactcenter.organisation.expressions import holds
from contactcenter.routing.capacity import label_fits, media_load
from contactcenter.routing.core import Core
from contactcenter.routing.matching import reserve
from contactcenter.routing.ready import Choice
from contactcenter.routing.signature import signature_of, without
from contactcenter.routing.skills import positive_skills
from contactcenter.routing.state import AgentState, Item


class Nothing:
    """An index that has nothing to keep."""

    def __init__(self, core: NaiveCore) -> None:
        self.core = core
        self.fresh: dict[str, None] = {}

    def keep(self, *_: Any) -> None:
        """Nothing to do."""

    add = remove = entered = left = room_changed = profile_changed = idle_changed = less_choosy = keep

    def key(self, item: Item) -> tuple[int, ...]:
        """§3, as in the table, and who has waited for ``max_wait_s`` before all."""
        if item.forward:
            return (-1, item.at, 0, item.seq)
        if self.core.organisation.queues[item.queue].scoring_method == "PriorityOnly":
            return (0, -item.priority, item.at, item.seq)
        return (1, item.at - 60_000 * item.priority, 0, item.seq)

    def signature(self, item: Item) -> Any:
        """What patches ask about the requirement."""
        return signature_of(item, self.core.organisation.queues[item.queue])

    def position(self, item: Item) -> int:
        """1 + items of the queue, and of the medium unless the knob says otherwise, with a smaller key."""
        whole = self.core.organisation.queues[item.queue].knobs.piq_scope == "queue"
        return 1 + sum(
            other.not_before is None
            and other.queue == item.queue
            and (whole or other.media == item.media)
            and self.key(other) < self.key(item)
            for other in self.core.state.items.values()
        )


class NaiveCore(Core):
    """The same commands and events, matched by trying all pairs in key order."""

    def reindex(self) -> None:
        """No index."""
        self.ready = self.waiting = Nothing(self)  # type: ignore[assignment]
        self.knobs_hash = ""

    def match(self, at: int) -> None:
        """Offer the first item in key order that somebody may have, until there is none."""
        while self.match_one(at):
            pass

    def match_one(self, at: int) -> bool:
        """One offer, if any is possible."""
        pair = self.best_pair(at)
        if pair is not None:
            item, agent = pair
            reserve(self, item, agent.id, at, item.stage.method, Choice(agent.id, "naive"))
        return pair is not None

    def best_pair(self, at: int) -> tuple[Item, AgentState] | None:
        """The first item in key order that somebody may have, and who gets it."""
        waiting = sorted((item for item in self.state.items.values() if item.waits), key=self.waiting.key)
        for item in waiting:
            eligible = [agent for agent in self.state.agents.values() if self.eligible(item, agent, at)]
            if eligible:
                return item, min(self.considered(item, eligible), key=lambda agent: self.order(item, agent))
        return None

    def considered(self, item: Item, eligible: list[AgentState]) -> list[AgentState]:
        """§4: with ``candidate_cap`` BEST looks at those who have been idle longest only."""
        queue = self.organisation.queues[item.queue]
        cap = queue.knobs.candidate_cap
        if cap is None or queue.skill_evaluation_method != "BEST" or self.scored(item) or not self.compared(item):
            return eligible
        return sorted(eligible, key=lambda agent: (agent.idle, agent.seq))[:cap]

    def eligible(self, item: Item, agent: AgentState, at: int) -> bool:
        """§4, the five conditions."""
        stage, organisation = item.stage, self.organisation
        ring = agent.queues.get(item.queue)
        if ring is None and stage.members:
            return False
        if stage.agents is not None and agent.id not in stage.agents:
            return False
        if stage.ring is not None and (ring is None or ring > stage.ring):
            return False
        if stage.groups is not None and not any(
            agent.id in organisation.groups.get(group, ()) for group in stage.groups
        ):
            return False
        if not label_fits(agent, item.media, item.label, organisation.limits[agent.id], organisation.knobs):
            return False
        if item.excluded.get(agent.id, 0) > at:
            return False
        return self.meets(item, agent)

    def meets(self, item: Item, agent: AgentState) -> bool:
        """The requirement under the queue's evaluation method."""
        requirement = item.requirement
        if item.stage.expression is not None:
            tree = self.organisation.expression(item.stage.expression)
            return holds(tree, lambda leaf: leaf.true_for(agent.held))
        if not item.stage.skills or self.organisation.queues[item.queue].skill_evaluation_method == "NONE":
            return True
        if requirement.expression:
            tree = without(self.organisation.expression(requirement.expression), item.removed)
            return holds(tree, lambda leaf: leaf.true_for(agent.held))
        return all(skill in agent.held for skill in self.asked(item))

    def asked(self, item: Item) -> set[str]:
        """Skills and language that still count."""
        asked = {*item.requirement.skills, item.requirement.language} - {None, *item.removed}
        return {skill for skill in asked if skill is not None}

    def scored(self, item: Item) -> bool:
        """Whether a scorer's answer decides."""
        return bool(item.scores) and item.stage.method == "Predictive"

    def compared(self, item: Item) -> frozenset[str]:
        """Skills whose proficiencies BEST adds up."""
        if not item.stage.skills and item.stage.expression is None:
            return frozenset()
        expression = item.stage.expression or item.requirement.expression
        return positive_skills(self.organisation.expression(expression)) if expression else frozenset(self.asked(item))

    def order(self, item: Item, agent: AgentState) -> tuple[float, int, int]:
        """The smallest gets it."""
        return (self.before_idle(item, agent), agent.idle, agent.seq)

    def before_idle(self, item: Item, agent: AgentState) -> float:
        """What counts more than having been idle for long."""
        queue = self.organisation.queues[item.queue]
        if self.scored(item):
            return -item.scores.get(agent.id, 0)
        if queue.skill_evaluation_method == "BEST" and self.compared(item):
            return -sum(agent.held.get(skill, 0) for skill in self.compared(item))
        if queue.knobs.agent_tiebreak == "least_loaded_then_idle":
            knobs = self.organisation.knobs
            return media_load(agent, self.organisation.limits[agent.id], knobs).get(item.media, 0)
        return len(agent.held) if queue.knobs.agent_tiebreak == "least_versatile_then_idle" else 0
