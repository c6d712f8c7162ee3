"""What others may read of routing: places, waits, queues, agents, reasons (routing.md §17, §22)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from contactcenter.routing.configuration import Queue, ServiceLevel
from contactcenter.routing.core import Core
from contactcenter.routing.estimate import Estimate, Situation, estimate
from contactcenter.routing.explain import explain_item
from contactcenter.routing.figures import Figures, figures_of, figures_of_agent
from contactcenter.routing.signature import Place, place_of
from contactcenter.routing.state import DAY_MS, IDLE, MEDIA, WORKING, Item
from contactcenter.routing.statistics import Counters, Statistics, Switches, service_level

View = Mapping[str, Any]  # JSON of several types


class Views:
    """Views at one moment; times are UTC ms. Nothing here changes ``core`` and ``statistics``, they are only read."""

    def __init__(self, core: Core, statistics: Statistics, now: int) -> None:
        self.core, self.statistics, self._now = core, statistics, now

    def position(self, item: str) -> int | None:
        """The place in the queue, 1 is the first; None when the item does not wait."""
        found = self.core.state.items.get(item)
        return None if found is None or found.not_before is not None else self.core.waiting.position(found)

    def estimated_wait(self, item: str, formula: str = "BEST") -> Estimate | None:
        """How long a waiting item will probably wait; None when it does not."""
        found = self.core.state.items.get(item)
        position = self.position(item)
        if found is None or position is None:
            return None
        return self._estimate(self.core.organisation.queues[found.queue], found.media, position, formula, found)

    def queue_wait(self, queue: str, media: str | None = None, formula: str = "BEST") -> Estimate | None:
        """How long somebody would wait who came now; over all media without ``media``."""
        known = self.core.organisation.queues.get(queue)
        if known is None:
            return None
        position = 1 + self.core.waiting.in_queue(queue, media)
        return self._estimate(known, media, position, formula, None)

    def _estimate(self, queue: Queue, media: str | None, position: int, formula: str, item: Item | None) -> Estimate:
        core = self.core
        before = [
            self._now - other.at
            for other in core.state.items.values()
            if other.queue == queue.id
            and other.not_before is None
            and media in (None, other.media)
            and (item is None or core.waiting.order(other) < core.waiting.order(item))
        ]
        longest = max(before, default=None)
        idle = self._idle_eligible(queue.id, media, item) and not before
        situation = Situation(position, self._active_agents(queue, media), idle, longest)
        return estimate(situation, self.statistics.sample(queue.id, media, self._now), formula)

    def _idle_eligible(self, queue: str, media: str | None, item: Item | None) -> bool:
        core = self.core
        if item is not None:
            return item.waits and core.ready.choose(item, core.waiting.signature(item), self._now).agent is not None
        return any(
            queue in seat.agent.queues and (media in seat.room if media else bool(seat.room))
            for seat in core.ready.seats.values()
        )

    def _active_agents(self, queue: Queue, media: str | None) -> float:
        """Members at work who may have this medium, each shared among the queues joined when the knob says so."""
        total = 0.0
        for agent in self.core.state.agents.values():
            roomy = self.core.organisation.limits[agent.id].roomy
            if queue.id in agent.queues and agent.status in WORKING and (media in roomy if media else roomy):
                total += 1 / len(agent.queues) if queue.knobs.ewt_share_agents else 1
        return total

    def queues(self) -> list[View]:
        """Every queue with what happens in it now."""
        return [self.queue(queue) or {} for queue in self.core.organisation.queues]

    def queue(self, queue_id: str) -> View | None:
        """A queue: who waits, who works, how long it takes, how it went since midnight UTC."""
        core = self.core
        queue = core.organisation.queues.get(queue_id)
        if queue is None:
            return None
        items = [i for i in core.state.items.values() if i.queue == queue_id and i.not_before is None]
        agents = [agent for agent in core.state.agents.values() if queue_id in agent.queues]
        wait, midnight = self.queue_wait(queue_id), self._now - self._now % DAY_MS
        return {
            "id": queue_id,
            "name": queue.name,
            "waiting": sum(item.waits for item in items),
            "alerting": sum(not item.waits for item in items),
            "waiting_by_media": {m: n for m in MEDIA if (n := core.waiting.in_queue(queue_id, m))},
            "longest_wait_ms": max((self._now - item.at for item in items), default=0),
            "agents_on_queue": sum(agent.status in WORKING for agent in agents),
            "agents_idle": sum(agent.status == IDLE for agent in agents),
            "estimated_wait_ms": wait.ms if wait else None,
            "service_level": self._level(queue, lambda medium: self.statistics.total(queue_id, medium, midnight)),
        }

    def waiting(self, queue: str | None = None) -> list[View]:
        """Waiting items in the order in which they will be served, queue by queue."""
        core = self.core
        items = [i for i in core.state.items.values() if queue in (None, i.queue) and i.not_before is None]
        items.sort(key=core.waiting.order)
        return [self._item(item) for item in items]

    def places(self, queue: str) -> list[Place]:
        """Where those who wait in a queue stand, unordered; none in one that there is not."""
        known, items = self.core.organisation.queues.get(queue), self.core.state.items.values()
        waiting = [one for one in items if one.queue == queue and one.not_before is None]
        return [place_of(known, one.at, one.priority, one.forward) for one in waiting] if known else []

    def place(self, queue: str, at: int, priority: int) -> Place:
        """Where somebody would stand who had come into a queue at ``at`` (UTC ms). Raises ``KeyError``."""
        return place_of(self.core.organisation.queues[queue], at, priority)

    def item(self, item: str) -> View | None:
        """A waiting or scheduled item."""
        found = self.core.state.items.get(item)
        return None if found is None else self._item(found)

    def _item(self, item: Item) -> View:
        reservation = self.core.state.reservations.get(item.reservation or "")
        return {
            "item": item.id,
            "queue": item.queue,
            "media": item.media,
            "priority": item.priority,
            "skills": list(item.requirement.skills),
            "language": item.requirement.language,
            "enqueued_at": item.at,
            "waited_ms": self._now - item.at,
            "position": self.position(item.id),
            "stage": item.stage.method,
            "step": item.stage.step,
            "not_before": item.not_before,
            "offered_to": reservation.agent if reservation else None,
            "reservation": item.reservation,
            "deadline": reservation.deadline if reservation else None,
        }

    def agents(self, queue: str | None = None) -> list[View]:
        """Agents, those of one queue if asked."""
        agents = self.core.state.agents.values()
        return [self.agent(agent.id) or {} for agent in agents if queue is None or queue in agent.queues]

    def agent(self, agent_id: str) -> View | None:
        """An agent's status and load."""
        agent = self.core.state.agents.get(agent_id)
        if agent is None:
            return None
        return {
            "id": agent.id,
            "name": self.core.organisation.agents[agent.id].name,
            "status": agent.status,
            "since": agent.since,
            "queues": sorted(agent.queues),
            "skills": {skill: level / 100 for skill, level in agent.held.items()},
            "room": sorted(self.core.ready.seats[agent.id].room),
            "units": [
                {"reservation": u.reservation, "item": u.item, "media": u.media, "label": u.label, "state": u.state}
                for u in agent.units.values()
            ],
        }

    def explain(self, item: str) -> View | None:
        """Why nobody is offered a waiting item (§22)."""
        return explain_item(self.core, item, self._now)

    # -- figures

    def _level(
        self, queue: Queue, total: Callable[[str], Counters], media: str | None = None, switches: Switches | None = None
    ) -> float | None:
        """The service level of a medium, or of all together, of what ``total`` gives for each."""
        media_asked = MEDIA if media is None else (media,)
        counted = [(total(one), queue.media(one).service_level or ServiceLevel()) for one in media_asked]
        return service_level(counted, switches or _switches(queue))

    def queue_figures(
        self, queue: str, since: int, until: int, media: str | None = None, switches: Switches | None = None
    ) -> Figures | None:
        """What happened in a queue in the half-hours that begin in [since, until); None when there is no such queue.

        ``switches`` say what the service level counts, in place of the queue's own.
        """
        known, statistics = self.core.organisation.queues.get(queue), self.statistics
        if known is None:
            return None
        level = self._level(known, lambda medium: statistics.total(queue, medium, since, until), media, switches)
        return figures_of(statistics.total(queue, media, since, until), level)

    def switches(self, queue: str) -> Switches | None:
        """What the service level of a queue counts (§18); None when there is no such queue."""
        known = self.core.organisation.queues.get(queue)
        return None if known is None else _switches(known)

    def queue_counts(self, queue: str) -> Mapping[str, int]:
        """How often what happened in a queue, ever (counters for monitoring)."""
        return self.statistics.counts(queue)

    def skill_figures(self, skill: str, since: int, until: int, media: str | None = None) -> Figures | None:
        """What happened to what asked for a skill or language (id or name); None when there is no such skill."""
        known = self.core.organisation.skill_id(skill)
        if known is None:
            return None
        found = self.of_skill(known, since, until, media)
        return figures_of(found, self.level_of_skill(found))

    def of_skill(self, skill: str, since: int, until: int, media: str | None = None) -> Counters:
        """Counters of what asked for a skill or language, by its id; the caller's own."""
        return self.statistics.of_skill(skill, media, since, until)

    @staticmethod
    def level_of_skill(found: Counters) -> float | None:
        """The service level of what asked for a skill: by the usual target, for queues have their own."""
        return service_level([(found, ServiceLevel())])

    def agent_figures(self, agent: str, since: int, until: int) -> Figures | None:
        """What an agent did; None when there is no such agent."""
        if agent not in self.core.state.agents:
            return None
        return figures_of_agent(self.statistics.people.total(agent, since, min(until, self._now)))

    def skills(self) -> list[View]:
        """Skills and languages that may be asked for: id and name."""
        configuration = self.core.organisation.configuration
        known = (*configuration.skills, *configuration.languages)
        return [{"id": skill.id, "name": skill.name or skill.id} for skill in known]

    @property
    def now(self) -> int:
        """The moment that the views show, UTC ms."""
        return self._now

    def asks_for_metrics(self) -> bool:
        """Whether any queue's routing depends on figures."""
        queues = self.core.organisation.queues.values()
        return any(queue.conditional_group_routing or queue.conditional_group_activation for queue in queues)

    def metrics(self) -> dict[str, dict[str, float]]:
        """The figures that conditions may ask for (§8); what has too few samples is left out."""
        found = {}
        for queue in self.core.organisation.queues.values():
            values: dict[str, float] = {}
            wait = self.queue_wait(queue.id)
            if wait is not None and wait.ms is not None:
                values["EstimatedWaitTime"] = wait.ms / 1000
            level = self._recent_level(queue)
            if level is not None:
                values["ServiceLevel"] = level
            agents = self.core.state.agents.values()
            values["IdleAgentCount"] = sum(agent.status == IDLE and queue.id in agent.queues for agent in agents)
            found[queue.id] = values
        return found

    def _recent_level(self, queue: Queue) -> float | None:
        """The service level of the last while (``metric_window_s``), all media together; None with too few samples."""
        since, recent = self._now - round(queue.knobs.metric_window_s * 1000), self.statistics.recent
        found = {medium: recent.total((queue.id, medium), since) for medium in MEDIA}
        samples = sum(counters.answered + counters.abandoned for counters in found.values())
        return self._level(queue, found.__getitem__) if samples >= queue.knobs.metric_min_samples else None


def _switches(queue: Queue) -> Switches:
    knobs = queue.knobs
    return Switches(
        include_flow_outs=knobs.sl_include_flow_outs,
        exclude_short_abandons=knobs.sl_exclude_short_abandons,
        exclude_abandons=knobs.sl_exclude_abandons,
        short_abandon_ms=knobs.short_abandon_ms,
    )
