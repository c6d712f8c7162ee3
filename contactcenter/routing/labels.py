"""Which queue and which agent is in which shard (routing.md §28.1): by the label on the queues, once it is safe.

Queues that share an agent stay together, so that nobody is offered two things at once by two shards. While anybody
waits in one of them, or one of their agents has something, they stay in the shard where they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contactcenter.routing.configuration import BAD_CONFIGURATION
from contactcenter.routing.organisation import Organisation, activated_groups, build


class TwoShards(ValueError):  # noqa: N818 - read as a sentence
    """Queues that share an agent carry two labels, or cannot leave two shards; the message names them."""


@dataclass(frozen=True, slots=True)
class Busy:
    """Where something is under way: the shard by queue with items in it, and by agent with something to do."""

    queues: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Division:
    """The shard of every queue and agent; ``pending`` are queues that wait to leave theirs, with their label."""

    queues: Mapping[str, str]
    agents: Mapping[str, str]
    pending: Mapping[str, str]

    def part(self, plain: Mapping[str, Any], shard: str) -> dict[str, Any]:
        """The plain configuration as this shard has it: its queues and agents, and all that is common."""
        queues = [queue for queue in plain.get("queues", ()) if self.queues[queue["id"]] == shard]
        agents = [agent for agent in plain.get("agents", ()) if self.agents[agent["id"]] == shard]
        return {**plain, "queues": queues, "agents": agents}


def labels_of(plain: Mapping[str, Any]) -> frozenset[str]:
    """Every label that a queue carries, or would."""
    organisation = build(plain)
    return frozenset(queue.knobs.shard for queue in organisation.queues.values()) or frozenset(
        {organisation.knobs.shard}
    )


def problem_with(plain: Mapping[str, Any]) -> str | None:
    """Why a configuration cannot be used, in words; None when it can."""
    try:
        divide(plain)
    except BAD_CONFIGURATION as error:
        return str(error)
    return None


def divide(plain: Mapping[str, Any], busy: Busy = Busy()) -> Division:
    """Put queues and agents into shards; raises ``TwoShards``."""
    organisation = build(plain)
    queues: dict[str, str] = {}
    agents: dict[str, str] = {}
    pending: dict[str, str] = {}
    usual = min({queue.knobs.shard for queue in organisation.queues.values()}, default=organisation.knobs.shard)
    for together, members in _together(organisation):
        label = _label(organisation, together, members)
        shard = _held({busy.queues[q] for q in together if q in busy.queues}, members, busy, organisation) or label
        queues |= dict.fromkeys(together, shard)
        agents |= dict.fromkeys(members, shard)
        if shard != label:
            pending |= dict.fromkeys(together, label)
    for agent in organisation.agents:
        agents.setdefault(agent, busy.agents.get(agent, usual))
    return Division(queues, agents, pending)


def _together(organisation: Organisation) -> Iterable[tuple[list[str], list[str]]]:
    """Queues that share agents, directly or by way of others, each time with all their agents."""
    members, queues_of = {}, defaultdict(list)
    for queue in organisation.queues.values():
        everybody = frozenset(activated_groups(queue.conditional_group_activation))
        members[queue.id] = sorted(organisation.members(queue, everybody))
        for agent in members[queue.id]:
            queues_of[agent].append(queue.id)
    seen: set[str] = set()
    for first in organisation.queues:
        queues, agents, open_ = [], set(), [first]
        while open_:
            queue_id = open_.pop()
            if queue_id not in seen:
                seen.add(queue_id)
                queues.append(queue_id)
                new = [agent for agent in members[queue_id] if agent not in agents]
                agents.update(new)
                open_ += [other for agent in new for other in queues_of[agent]]
        if queues:
            yield queues, sorted(agents)


def _label(organisation: Organisation, queues: list[str], members: list[str]) -> str:
    labels = {organisation.queues[queue].knobs.shard: queue for queue in reversed(queues)}
    if len(labels) > 1:
        (one, first), (other, second) = sorted(labels.items())[:2]
        names = [organisation.queues[queue].name or queue for queue in (first, second)]
        shared = ", ".join(organisation.agents[agent].name or agent for agent in members[:3])
        message = f'the queues "{names[0]}" and "{names[1]}" share agents ({shared}) and are in the shards'
        raise TwoShards(f'{message} "{one}" and "{other}"; give them one label, or agents of their own')
    return next(iter(labels))


def _held(shards: set[str], members: list[str], busy: Busy, organisation: Organisation) -> str | None:
    """The one shard that holds them back; None when nothing does."""
    shards |= {busy.agents[agent] for agent in members if agent in busy.agents}
    if len(shards) > 1:
        names = ", ".join(organisation.agents[agent].name or agent for agent in members[:3])
        both = " and ".join(f'"{shard}"' for shard in sorted(shards))
        raise TwoShards(
            f"queues that share agents ({names}) still have work in the shards {both}; wait until it is done"
        )
    return next(iter(shards), None)
