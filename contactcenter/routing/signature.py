"""What decides which agents an item accepts, so that items alike wait in one line (routing.md §26.3)."""

from __future__ import annotations

import msgspec

from contactcenter.organisation.expressions import All, Not, Some, Tree, holds
from contactcenter.routing.configuration import Queue
from contactcenter.routing.organisation import OUTERMOST, Organisation
from contactcenter.routing.skills import Held, Holds, positive_skills
from contactcenter.routing.state import Item, Key

PRIORITY_MS = 60_000
"""A point of priority is worth so much waiting (§3)."""

Place = tuple[int, int, int]
"""A key but for its ``seq``, which nobody has who does not wait in the queue yet."""

Order = int
"""A key as ``order_of`` makes it."""


class Need(msgspec.Struct, frozen=True, gc=False):
    """What is asked of an agent: all of ``skills``, or an expression instead; ``removed`` count as held in it."""

    skills: tuple[str, ...] = ()
    expression: str | None = None
    removed: tuple[str, ...] = ()


class Signature(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """Items with the same one may be offered to the same agents, but for exclusions.

    Items with ``agents`` wait in those agents' own lines; ``members`` tells whether only members of the queue count.
    """

    queue: str
    media: str
    label: str | None
    ring: int
    groups: tuple[str, ...] | None
    agents: tuple[str, ...] | None
    members: bool
    need: Need


NOTHING_NEEDED = Need()


def place_of(queue: Queue, at: int, priority: int, forward: bool = False) -> Place:
    """Where somebody stands who came at ``at`` (UTC ms) among those who wait in a queue (§3), but for ties."""
    if forward:
        return (-1, at, 0)
    if queue.priority_only:
        return (0, -priority, at)
    return (1, at - PRIORITY_MS * priority, 0)


def key_of(item: Item, queue: Queue) -> Key:
    """The place of a waiting item; it changes only with the priority, the queue, and at ``max_wait_s``."""
    return (*place_of(queue, item.at, item.priority, item.forward), item.seq)


def order_of(item: Item, queue: Queue) -> Order:
    """The key as one integer in the same order, which compares in one go: exact for times within 17,000 years."""
    kind, place, tie = place_of(queue, item.at, item.priority, item.forward)
    return (((((kind << 50) + place) << 50) + tie) << 40) + item.seq


def rank(order: Order) -> float:
    """A number in the same order, but for ties."""
    return float(order >> 90)


def need_of(item: Item, queue: Queue) -> Need:
    """What the item asks for at its stage: nothing when the stage or the queue disregards skills."""
    if item.stage.expression is not None:
        return Need(expression=item.stage.expression)
    if not item.stage.skills or queue.evaluation == "NONE":
        return NOTHING_NEEDED
    requirement = item.requirement
    if requirement.expression:
        return Need(expression=requirement.expression, removed=item.removed)
    if requirement.language is None and not item.removed:
        return Need(skills=tuple(sorted(requirement.skills)))
    wanted = set(requirement.skills) | ({requirement.language} if requirement.language else set())
    return Need(skills=tuple(sorted(wanted - set(item.removed))))


def signature_of(item: Item, queue: Queue) -> Signature:
    """The line that the item waits in."""
    stage = item.stage
    ring = OUTERMOST if stage.ring is None else stage.ring
    need = need_of(item, queue)
    return Signature(queue.id, item.media, item.label, ring, stage.groups, stage.agents, stage.members, need)


def compared_skills(need: Need, organisation: Organisation) -> tuple[str, ...]:
    """Skills whose proficiency BEST averages (§4)."""
    if need.expression is None:
        return need.skills
    return tuple(sorted(positive_skills(organisation.expression(need.expression))))


def meets_expression(need: Need, held: Held, organisation: Organisation) -> bool:
    """Whether an agent who holds these skills meets the expression of a need that has one."""
    tree = without(organisation.expression(need.expression or ""), need.removed)
    return holds(tree, lambda leaf: leaf.true_for(held))


def without(tree: Tree[Holds], removed: tuple[str, ...]) -> Tree[Holds]:
    """The expression with removed skills given: each becomes a condition without parts, which is true."""
    if not removed:
        return tree
    match tree:
        case All(parts):
            return All(tuple(without(part, removed) for part in parts))
        case Some(parts):
            return Some(tuple(without(part, removed) for part in parts))
        case Not(part):
            return Not(without(part, removed))
    return All(()) if tree.skill in removed else tree
