"""Who gets which call: queues, agents, offers (routing.md).

``RoutingService`` owns a shard and takes commands (``contactcenter.routing.messages``), ``SharedRouting`` finds it
among many nodes, ``Shards`` is all of them as one; ``Core`` is the pure part of it. ``Routed`` is a durable event as
listeners get it, ``decode`` makes one of what the store has.
"""

from __future__ import annotations

from contactcenter.routing.core import Core
from contactcenter.routing.journal import Routed, decode, stream_of
from contactcenter.routing.labels import labels_of, problem_with
from contactcenter.routing.service import Ownership, RoutingService
from contactcenter.routing.shards import Shards
from contactcenter.routing.shared import SharedRouting
from contactcenter.routing.statistics import Statistics
from contactcenter.routing.views import Views

__all__ = [
    "Core",
    "Ownership",
    "Routed",
    "RoutingService",
    "Shards",
    "SharedRouting",
    "Statistics",
    "Views",
    "decode",
    "labels_of",
    "problem_with",
    "stream_of",
]
