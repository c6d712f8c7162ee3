"""What agents did, counted from the journal alone: offers, calls, and the time in each routing status (routing.md §11).

As the queues' figures, these are fed event by event, live and when they are recomputed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from contactcenter.routing import messages as m
from contactcenter.routing.halfhours import HALF_HOUR_MS, HalfHours
from contactcenter.routing.state import INTERACTING, OFF_QUEUE

FINE_DAYS, KEPT_DAYS = 2, 100
"""Agents' half-hours and days reach back so far: they are many more than queues."""


@dataclass(slots=True)
class AgentCounters:
    """Figures of one agent in one half-hour; ``status_ms`` is the time in each routing status but OFF_QUEUE."""

    alerts: int = 0
    answered: int = 0
    not_answered: int = 0
    handled: int = 0
    handle_ms: int = 0
    held_ms: int = 0
    status_ms: dict[str, int] = field(default_factory=dict)

    def add(self, other: AgentCounters) -> None:
        """Sum up."""
        for name in ("alerts", "answered", "not_answered", "handled", "handle_ms", "held_ms"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for status, ms in other.status_ms.items():
            self.status_ms[status] = self.status_ms.get(status, 0) + ms

    @property
    def on_queue_ms(self) -> int:
        """Time on queue, in whatever status."""
        return sum(self.status_ms.values())

    @property
    def occupancy(self) -> float | None:
        """The part of the time on queue that was spent on interactions and after-call work, 0..1."""
        whole = self.on_queue_ms
        return self.status_ms.get(INTERACTING, 0) / whole if whole else None


class People:
    """Counters by half-hour and agent; whoever feeds it lets ``counters`` age."""

    def __init__(
        self, statuses: dict[str, tuple[str, int]] | None = None, handling: dict[str, int] | None = None
    ) -> None:
        self.counters: HalfHours[str, AgentCounters] = HalfHours(
            AgentCounters, fine_days=FINE_DAYS, kept_days=KEPT_DAYS
        )
        self.statuses = statuses or {}
        """Agents on queue: the status and since when."""
        self.handling = handling or {}
        """When reservations that are being worked on were accepted."""

    def apply(self, event: m.Event, at: int) -> None:
        """Count an event of the journal."""
        match event:
            case m.ItemReserved():
                self._slot(event.agent, at).alerts += 1
            case m.OfferDeclined() | m.OfferTimedOut():
                self._slot(event.agent, at).not_answered += 1
            case m.OfferAccepted():
                self._slot(event.agent, at).answered += 1
                self.handling[event.reservation] = at
            case m.UnitMoved(unit="released") if event.reservation in self.handling:
                slot = self._slot(event.agent, at)
                slot.handled += 1
                slot.handle_ms += at - self.handling.pop(event.reservation)
            case m.ConfigChanged():
                there = {agent.get("id") for agent in event.configuration.get("agents", ())}
                for agent in [agent for agent in self.statuses if agent not in there]:
                    self._leave_status(agent, at)
        if isinstance(event, m.TellsStatus) and event.status is not None:
            self._leave_status(event.agent, at)
            if event.status != OFF_QUEUE:
                self.statuses[event.agent] = (event.status, at)

    def held(self, agent: str, at: int, ms: int) -> None:
        """An interaction of the agent was on hold, or put aside, for so long until now."""
        self._slot(agent, at).held_ms += ms

    def _leave_status(self, agent: str, at: int) -> None:
        if agent in self.statuses:
            status, since = self.statuses.pop(agent)
            for start, ms in _spread(since, at):
                times = self._slot(agent, start).status_ms
                times[status] = times.get(status, 0) + ms

    def _slot(self, agent: str, at: int) -> AgentCounters:
        return self.counters.slot(agent, at)

    def total(self, agent: str, since: int, until: int) -> AgentCounters:
        """The sum over half-hours that begin in [since, until), with the status that lasts up to ``until``."""
        whole = self.counters.total((agent,), since, until)
        if agent in self.statuses:
            status, began = self.statuses[agent]
            running = sum(ms for start, ms in _spread(began, until) if start >= since)
            whole.add(AgentCounters(status_ms={status: running}))
        return whole


def _spread(since: int, until: int) -> Iterator[tuple[int, int]]:
    """The half-hours that a time reaches over, with the part in each."""
    while since < until:
        end = min(until, since - since % HALF_HOUR_MS + HALF_HOUR_MS)
        yield since - since % HALF_HOUR_MS, end - since
        since = end
