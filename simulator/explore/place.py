"""Where a walk through a flow has come to, and what it has seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dsl.expressions.tree import Node
from interpreter.commands import End
from interpreter.machine import TraceEntry
from interpreter.state import State
from simulator.explore.choices import Choice, Situation
from simulator.explore.follow import Branch, Memory
from simulator.explore.index import Index, Way
from simulator.explore.terms import Demand, Values

END = "end"
"""What stands for every end among the states that lead to one another."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far the walk goes: paths that end, steps of the machine, waits on one path."""

    paths: int = 1_000
    steps: int = 5_000
    depth: int = 120


@dataclass(slots=True)
class Place:
    """Where a path has come to; ``situation`` is None when the flow is over."""

    state: State
    at: int
    values: Values
    demands: tuple[Demand, ...]
    memory: Memory
    trace: tuple[TraceEntry, ...]
    branches: tuple[Branch, ...]
    forks: int
    """How many forks lie on the path before this step."""

    number: int
    situation: Situation | None
    end: End | None
    parent: Place | None = None
    choice: Choice | None = None
    key: Any = None

    def path(self) -> list[Place]:
        """The places on the way, the first one first."""
        found: list[Place] = []
        place: Place | None = self
        while place is not None:
            found.append(place)
            place = place.parent
        return found[::-1]


@dataclass(slots=True)
class Found:
    """What the walk has seen."""

    ends: list[Place] = field(default_factory=list)
    reached: set[str] = field(default_factory=set)
    taken: set[Way] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    """Actions that some path has got behind it."""

    tried: set[Way] = field(default_factory=set)
    unsolved: set[Way] = field(default_factory=set)
    endless: dict[str, Place] = field(default_factory=dict)
    errors: dict[tuple[str, str], Place] = field(default_factory=dict)
    """Flow errors by (element, message)."""

    internal: dict[str, Place | None] = field(default_factory=dict)
    merged: int = 0
    steps: int = 0
    complete: bool = True
    edges: dict[Any, set[Any]] = field(default_factory=dict)
    """Which states lead to which; ``END`` stands for every end."""

    waits: dict[Any, Place] = field(default_factory=dict)


def key_of(index: Index, place: Place) -> Any:
    """What the rest of the path can depend on: places with the same key need be gone on from only once."""
    state, waiting, terms = place.state, place.state.waiting, place.memory.terms
    assert waiting is not None
    slots = index.live(waiting)
    return (
        (waiting.kind, waiting.block, waiting.resume, state.language, state.next_language, state.in_error),
        tuple(repr(state.variables[slot]) for slot in slots),
        tuple(_shape(terms[slot]) for slot in slots if slot in terms),
        tuple((f.back, *(repr(v) for s, v in zip(f.slots, f.values, strict=True) if s in slots)) for f in state.frames),
        tuple(state.menus),
        bool(state.audio),
        tuple(sorted(state.attributes.items())) if index.reads_attributes else (),
        tuple((site, turn) for site, (turn, _) in sorted(place.memory.turns.items())),
        tuple(repr(state.builtins.get(name)) for name in _OF_BOTS) if index.program.bots else (),
    )


_OF_BOTS = ("session.activeintent", "bot.$exit", "bot.$said")


def _shape(term: Node) -> Any:
    """A term without the numbers of its sources: the same question asked later is the same."""
    name = term.name or ""
    plain = name.partition(".")[2] if name.startswith("?") else name
    value = repr(term.value) if term.value is not None else None
    return (term.op, plain, value, *(_shape(operand) for operand in term.operands))
