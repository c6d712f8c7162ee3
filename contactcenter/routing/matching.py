"""Bring together who is free and what waits: greedily, in the order of the waiting items (routing.md §26.4).

Before a command nobody free could take anything that waits. So only the items and agents that it touched are looked
at, and the outcome is that of trying all pairs in key order.
"""

from __future__ import annotations

import hashlib
import heapq
from typing import TYPE_CHECKING, Any

from contactcenter.routing.messages import ItemReserved
from contactcenter.routing.ready import Choice
from contactcenter.routing.signature import key_of
from contactcenter.routing.state import Item
from contactcenter.routing.waiting import Entry

if TYPE_CHECKING:
    from contactcenter.routing.core import Core


_NAMES = hashlib.blake2b(digest_size=16, person=b"reservation")


def match(core: Core, at: int) -> None:
    """Offer until nothing more can be offered."""
    items, agents = core.waiting.fresh, core.ready.fresh
    if not items and not agents:
        return
    core.waiting.fresh, core.ready.fresh = {}, {}
    if not core.ready.free:
        return
    queue: list[Entry] = []
    for item_id in items:
        if (entry := core.waiting.entry(item_id)) is not None:
            queue.append(entry)
    wanted: dict[str, list[str]] = {}
    for agent in agents:
        if (found := _want(core, agent, at, wanted)) is not None:
            queue.append(found)
    heapq.heapify(queue)
    while queue:
        entry = heapq.heappop(queue)
        item, waiters = entry.item, wanted.pop(entry.item.id, [])
        if entry.signature is not None:
            choice = core.ready.choose(item, entry.signature, at, waiters)
            chosen = choice.agent
            if chosen is None:
                continue  # nobody at all: nor will those who looked for it find another reason
            reserve(core, item, chosen, at, item.stage.method, choice)
            if not core.ready.free:
                break
            if chosen in agents and chosen not in waiters:
                waiters.append(chosen)
        for agent in waiters:
            found = _want(core, agent, at, wanted)
            if found is not None:
                heapq.heappush(queue, found)
    core.waiting.fresh.clear()
    core.ready.fresh.clear()


def _want(core: Core, agent: str, at: int, wanted: dict[str, list[str]]) -> Entry | None:
    """The item that a free agent should have; ``wanted`` has who wants what."""
    found = core.waiting.choose(agent, at)
    if found is None:
        return None
    waiters = wanted.setdefault(found.item.id, [])
    if agent in waiters:
        return None
    waiters.append(agent)
    return found


def reserve(core: Core, item: Item, agent: str, at: int, method: str, choice: Choice) -> str:
    """Offer an item to an agent; the reservation's id follows from the item, its queue (each shard counts for itself)
    and the number of its offers."""
    organisation = core.organisation
    alerting_ms, auto_answer = organisation.queues[item.queue].offer(item.media)
    reservation = _derived_id(f"{item.id}:{item.queue}:{item.at}:{item.seq}:{item.offers + 1}")
    core.emit(
        ItemReserved(
            reservation=reservation,
            item=item.id,
            agent=agent,
            queue=item.queue,
            deadline=at + alerting_ms,
            method=method,
            media=item.media,
            label=item.label,
            auto_answer=auto_answer or agent in organisation.auto_answering,
            alert=item.alert,
            explain=_explain(core, item, agent, method, choice),
        )
    )
    return reservation


def _derived_id(name: str) -> str:
    """A UUID (version 8: of our own making) that follows from a name; as ``uuid5``, at a tenth of its price."""
    named = _NAMES.copy()
    named.update(name.encode())
    digits = named.hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _explain(core: Core, item: Item, agent: str, method: str, choice: Choice) -> dict[str, Any]:  # of several types
    """The record of a decision (§22); ``ring`` and ``score`` where the method knows any."""
    told: dict[str, Any] = {
        "requested_routing": item.requested,
        "used_routing": method,
        "step": item.stage.step,
        "key": key_of(item, core.organisation.queues[item.queue]),
        "considered": choice.counts,
        "order_used": choice.order,
        "knobs": core.knobs_hash,
    }
    if method == "Bullseye":
        told["ring"] = item.stage.ring
    elif method == "Preferred":
        told["score"] = dict(item.requirement.preferred).get(agent)
    elif method == "Predictive":
        told["score"] = item.scores.get(agent)
    return told
