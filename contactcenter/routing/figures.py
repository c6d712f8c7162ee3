"""Figures that people read, from counters: of a queue, a skill, an agent, over any time (routing.md §18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contactcenter.routing.people import AgentCounters
from contactcenter.routing.statistics import Counters

Figures = Mapping[str, Any]  # JSON: counts, ms, percent; None where there is no value


def figures_of(counters: Counters, level: float | None) -> Figures:
    """Of a queue or skill; times in ms, ``service_level`` (which is ``level``) and ``abandon_rate`` in percent."""
    ended = counters.answered + counters.abandoned
    return {
        "offered": counters.offered,
        "answered": counters.answered,
        "abandoned": counters.abandoned,
        "flow_outs": counters.flow_outs,
        "expired": counters.expired,
        "cancelled": counters.cancelled,
        "alerts": counters.alerts,
        "not_answered": counters.not_answered,
        "handled": counters.handled,
        "service_level": level,
        "abandon_rate": 100 * counters.abandoned / ended if ended else None,
        "average_wait_ms": _mean(counters.waits.total_ms, counters.answered),
        "longest_wait_ms": counters.waits.longest_ms,
        "average_abandon_ms": _mean(counters.abandons.total_ms, counters.abandoned),
        "average_handle_ms": _mean(counters.handle_ms, counters.handled),
        "held_ms": counters.held_ms,
    }


def figures_of_agent(counters: AgentCounters) -> Figures:
    """Of an agent; times in ms, ``occupancy`` in percent of the time on queue."""
    occupancy = counters.occupancy
    return {
        "alerts": counters.alerts,
        "answered": counters.answered,
        "not_answered": counters.not_answered,
        "handled": counters.handled,
        "average_handle_ms": _mean(counters.handle_ms, counters.handled),
        "held_ms": counters.held_ms,
        "on_queue_ms": counters.on_queue_ms,
        "status_ms": dict(sorted(counters.status_ms.items())),
        "occupancy": None if occupancy is None else 100 * occupancy,
    }


def _mean(total: int, n: int) -> float | None:
    return total / n if n else None
