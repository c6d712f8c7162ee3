"""What queueing theory says of a simple queue: Erlang B, C and A (routing.md §27)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theory:
    """Long-run figures of a queue: shares 0..1, ``wait_s`` the mean wait of everybody who comes.

    ``within`` is the share answered at once or within the target; only Erlang C gives it.
    """

    model: str
    waits: float
    wait_s: float
    abandons: float = 0.0
    within: float | None = None


def erlang_b(agents: int, load: float) -> float:
    """The share of calls that find all agents busy when nobody waits; ``load`` in erlang."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(agents: int, per_s: float, handle_s: float, target_s: float = 20) -> Theory | None:
    """Patient callers (M/M/n); None when more comes than can be handled."""
    load = per_s * handle_s
    if load >= agents:
        return None
    blocked = erlang_b(agents, load)
    waits = agents * blocked / (agents - load * (1 - blocked))
    spare = agents / handle_s - per_s
    return Theory("Erlang C", waits, waits / spare, 0.0, 1 - waits * math.exp(-spare * target_s))


def erlang_a(agents: int, per_s: float, handle_s: float, patience_s: float) -> Theory:
    """Callers who give up after an exponential time (M/M/n+M), as a birth-and-death chain."""
    logs = [0.0]  # of the chain's weights, which would overflow
    while True:
        n = len(logs)
        leaving = min(n, agents) / handle_s + max(0, n - agents) / patience_s
        logs.append(logs[-1] + math.log(per_s / leaving))
        if n > agents and logs[-1] < max(logs) - 50:
            break
    top = max(logs)
    weights = [math.exp(log - top) for log in logs]
    whole = math.fsum(weights)
    waits = math.fsum(weights[agents:]) / whole
    waiting = math.fsum(weight * (n - agents) for n, weight in enumerate(weights) if n > agents) / whole
    return Theory("Erlang A", waits, waiting / per_s, waiting / patience_s / per_s)
