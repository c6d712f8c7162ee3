"""Which customers are called now, where they are called before an agent is taken (routing.md §15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from contactcenter.conversations.state import Conversation
from contactcenter.routing.signature import Place


@dataclass(frozen=True, slots=True)
class Line:
    """A queue now: where those stand who wait in it, and where somebody would with ``place(since, priority)`` (UTC ms);
    its free agents, and whether any agent is on queue at all."""

    waiting: Sequence[Place]
    place: Callable[[int, int], Place]
    free: int
    staffed: bool


def to_dial(callbacks: Iterable[Conversation], line: Line) -> list[str]:
    """The callbacks of one queue that are to be dialled now, in order.

    At most ``max(1, floor(free · pace))`` customers are called at once, and only those who are that near the front;
    nobody is called while no agent is on queue.
    """
    if not line.staffed:
        return []
    dialling, ready = [], []
    for state in callbacks:
        callback, customer = state.callback, state.customer
        if callback is None or customer is None or customer.leg is None or state.queue_entry is not None:
            continue
        if customer.leg.media == "call" and not customer.talking:
            dialling.append(state)
        elif customer.leg.state == "offering" and callback.rules.customer_first and not callback.rules.reserve:
            ready.append((line.place(callback.waits_since, callback.place.priority), state.id, callback.rules.pace))
    found: list[str] = []
    for place, identity, pace in sorted(ready):
        most = max(1, int(line.free * pace))
        ahead = sum(other < place for other in line.waiting) + len(dialling) + len(found)
        if ahead >= most:
            break
        found.append(identity)
    return found
