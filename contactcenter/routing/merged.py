"""The views of several shards as those of one (routing.md §28.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contactcenter.routing.estimate import Estimate
from contactcenter.routing.figures import Figures, figures_of
from contactcenter.routing.signature import Place
from contactcenter.routing.statistics import Switches
from contactcenter.routing.views import View, Views


class MergedViews(Views):
    """Each question goes to the shard that knows about it; lists are put together."""

    def __init__(self, parts: Sequence[Views]) -> None:
        first = parts[0]
        super().__init__(first.core, first.statistics, max(part.now for part in parts))
        self._parts = parts

    def _of_queue(self, queue: str) -> Views:
        return next((part for part in self._parts if queue in part.core.organisation.queues), self._parts[0])

    def _of_item(self, item: str) -> Views:
        return next((part for part in self._parts if item in part.core.state.items), self._parts[0])

    def _of_agent(self, agent: str) -> Views:
        return next((part for part in self._parts if agent in part.core.state.agents), self._parts[0])

    # Items.

    def position(self, item: str) -> int | None:
        """As of one shard."""
        return self._of_item(item).position(item)

    def estimated_wait(self, item: str, formula: str = "BEST") -> Estimate | None:
        """As of one shard."""
        return self._of_item(item).estimated_wait(item, formula)

    def item(self, item: str) -> View | None:
        """As of one shard."""
        return self._of_item(item).item(item)

    def explain(self, item: str) -> View | None:
        """As of one shard."""
        return self._of_item(item).explain(item)

    def waiting(self, queue: str | None = None) -> list[View]:
        """Waiting items, shard by shard in the order in which they will be served."""
        return [one for part in self._parts for one in part.waiting(queue)]

    def places(self, queue: str) -> list[Place]:
        """As of one shard."""
        return self._of_queue(queue).places(queue)

    def place(self, queue: str, at: int, priority: int) -> Place:
        """As of one shard."""
        return self._of_queue(queue).place(queue, at, priority)

    # Queues.

    def queue_wait(self, queue: str, media: str | None = None, formula: str = "BEST") -> Estimate | None:
        """As of one shard."""
        return self._of_queue(queue).queue_wait(queue, media, formula)

    def queues(self) -> list[View]:
        """Every queue with what happens in it now."""
        return [one for part in self._parts for one in part.queues()]

    def queue(self, queue_id: str) -> View | None:
        """As of one shard."""
        return self._of_queue(queue_id).queue(queue_id)

    def queue_figures(
        self, queue: str, since: int, until: int, media: str | None = None, switches: Switches | None = None
    ) -> Figures | None:
        """As of one shard: a queue that changed shards begins anew there."""
        return self._of_queue(queue).queue_figures(queue, since, until, media, switches)

    def switches(self, queue: str) -> Switches | None:
        """As of one shard."""
        return self._of_queue(queue).switches(queue)

    def queue_counts(self, queue: str) -> Mapping[str, int]:
        """As of one shard."""
        return self._of_queue(queue).queue_counts(queue)

    # Agents and skills.

    def agents(self, queue: str | None = None) -> list[View]:
        """Agents, those of one queue if asked."""
        return [one for part in self._parts for one in part.agents(queue)]

    def agent(self, agent_id: str) -> View | None:
        """As of one shard."""
        return self._of_agent(agent_id).agent(agent_id)

    def agent_figures(self, agent: str, since: int, until: int) -> Figures | None:
        """As of one shard."""
        return self._of_agent(agent).agent_figures(agent, since, until)

    def skill_figures(self, skill: str, since: int, until: int, media: str | None = None) -> Figures | None:
        """What asked for a skill in any shard."""
        known = self.core.organisation.skill_id(skill)
        if known is None:
            return None
        whole = self._parts[0].of_skill(known, since, until, media)
        for part in self._parts[1:]:
            whole.add(part.of_skill(known, since, until, media))
        return figures_of(whole, self.level_of_skill(whole))
