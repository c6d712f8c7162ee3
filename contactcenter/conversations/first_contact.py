"""First-contact resolution: whether customers had to come again (routing.md §18).

An answered inbound interaction is *first* when its contact had none in the days before, and *resolved* when none
follows in the days after its end. It is worked out from history rows alone, so that a merge of two contacts, or its
undoing, changes the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from contactcenter.conversations.history import Interaction

DAY_MS = 24 * 3_600_000

HeadOf = Callable[[str], str]
"""The contact that answers for a contact: itself, or the one that it was merged into."""


@dataclass(slots=True)
class Counts:
    """First contacts whose days have passed, those of them that were resolved, and those that it is too early for."""

    first: int = 0
    resolved: int = 0
    pending: int = 0

    def figures(self) -> dict[str, Any]:
        """As JSON; ``percent`` is None where there is nothing to divide by."""
        percent = 100 * self.resolved / self.first if self.first else None
        return {"first": self.first, "resolved": self.resolved, "pending": self.pending, "percent": percent}


@dataclass(slots=True)
class FirstContacts:
    """All together, and by what the first contact went through; ``unknown`` had no contact and are left out."""

    whole: Counts = field(default_factory=Counts)
    unknown: int = 0
    queues: dict[str, Counts] = field(default_factory=dict)
    agents: dict[str, Counts] = field(default_factory=dict)
    codes: dict[str, Counts] = field(default_factory=dict)
    flows: dict[str, Counts] = field(default_factory=dict)

    def _of(self, one: Interaction) -> Iterable[Counts]:
        """Where an interaction counts."""
        yield self.whole
        for groups, names in (
            (self.queues, _queues(one)[-1:]),
            (self.agents, tuple(agent.id for agent in one.agents if agent.connected is not None)),
            (self.codes, _codes(one)),
            (self.flows, one.flow_path[:1]),
        ):
            for name in dict.fromkeys(names):
                yield groups.setdefault(name, Counts())

    def count(self, one: Interaction, *, resolved: bool, pending: bool) -> None:
        """A first contact and what became of it."""
        for counts in self._of(one):
            counts.first += not pending
            counts.resolved += resolved and not pending
            counts.pending += pending

    def figures(self) -> dict[str, Any]:
        """As JSON, names as ids."""
        groups = {"queues": self.queues, "agents": self.agents, "wrapup_codes": self.codes, "flows": self.flows}
        by = {name: {key: counts.figures() for key, counts in found.items()} for name, found in groups.items()}
        return {**self.whole.figures(), "without_contact": self.unknown, **by}


def first_contacts(
    interactions: Sequence[Interaction],
    head_of: HeadOf,
    since: int,
    until: int,
    now: int,
    *,
    days: int = 7,
    scope: str = "any",
) -> FirstContacts:
    """What became of the first contacts that began in [since, until) (UTC ms).

    ``interactions`` reach ``days`` further on both sides. With the scope ``queue`` or ``wrapup`` only what comes to the
    same queue, or ends with the same code, is a repeat.
    """
    found, span = FirstContacts(), days * DAY_MS
    by_contact: dict[str, list[Interaction]] = {}
    for one in interactions:
        if one.direction == "inbound" and one.media != "workitem" and one.contact_id is not None:
            by_contact.setdefault(head_of(one.contact_id), []).append(one)
    for one in interactions:
        if not (one.direction == "inbound" and one.outcome == "answered" and since <= one.start < until):
            continue
        if one.contact_id is None:
            found.unknown += 1
            continue
        if one.end is None:
            continue
        others = [other for other in by_contact[head_of(one.contact_id)] if other is not one]
        if any(_order(other) < _order(one) and other.start >= one.start - span for other in others):
            continue
        repeats = [other for other in others if _order(other) > _order(one) and other.start <= one.end + span]
        again = any(_in_scope(one, other, scope) for other in repeats)
        found.count(one, resolved=not again, pending=now < one.end + span)
    return found


def _order(one: Interaction) -> tuple[int, str]:
    return one.start, one.conversation_id


def _in_scope(one: Interaction, other: Interaction, scope: str) -> bool:
    if scope == "queue":
        return bool({*_queues(one)} & {*_queues(other)})
    if scope == "wrapup":
        return bool({*_codes(one)} & {*_codes(other)})
    return True


def _queues(one: Interaction) -> tuple[str, ...]:
    return tuple(visit.id for visit in one.queues)


def _codes(one: Interaction) -> tuple[str, ...]:
    return tuple(agent.wrapup for agent in one.agents if agent.wrapup)
