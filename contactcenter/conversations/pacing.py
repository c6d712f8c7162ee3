"""Which customers are called now, where they are called before an agent is taken (routing.md §15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contactcenter.conversations.state import Conversation
from contactcenter.routing.signature import PRIORITY_MS

Place = tuple[int, int]
"""An order of who waits: priority counts as so much waiting (``PRIORITY_MS``); then whoever came first."""


def place_of(priority: int, since: int) -> Place:
    """The place in the order of a queue; ``since`` is UTC ms."""
    return since - priority * PRIORITY_MS, since


@dataclass(frozen=True, slots=True)
class Line:
    """A queue now: places of those who wait in it, its free agents, and whether any agent is on queue at all."""

    waiting: Sequence[Place]
    free: int
    staffed: bool


def to_dial(callbacks: Iterable[Conversation], line: Line) -> list[str]:
    """The callbacks of one queue that are to be dialled now, in order.

    At most ``max(1, floor(free · pace))`` customers are called at once, and only those who are that near the front;
    nobody is called while no agent is on queue.
    """
    dialling, ready = [], []
    for state in callbacks:
        callback, customer = state.callback, state.customer
        if callback is None or customer is None or customer.leg is None or state.queue_entry is not None:
            continue
        if customer.leg.media == "call" and not customer.talking:
            dialling.append(state)
        elif customer.leg.state == "offering" and callback.rules.customer_first and not callback.rules.reserve:
            ready.append((place_of(callback.place.priority, callback.waits_since), state.id, callback.rules.pace))
    if not line.staffed:
        return []
    found: list[str] = []
    for place, identity, pace in sorted(ready):
        most = max(1, int(line.free * pace))
        ahead = sum(other < place for other in line.waiting) + len(dialling) + len(found)
        if ahead >= most:
            break
        found.append(identity)
    return found
