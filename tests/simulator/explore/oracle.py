"""A naive explorer: every sequence of events, every combination of a few values, no solving and no merging."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from interpreter import Executable, start, step
from interpreter.commands import End
from interpreter.events import Started
from interpreter.state import State
from simulator.explore import Index
from simulator.explore.beginning import ANONYMOUS, DIALLED, NOON
from simulator.explore.choices import HANG_UP, event_of, situation

Seen = tuple[frozenset[tuple[str, str]], frozenset[str]]
"""Outputs taken, and ways of ending."""


def everything(executable: Executable, index: Index, values: tuple[Any, ...], deepest: int = 12) -> Seen:
    """All outputs and ends of a flow, where answers have these values only."""
    taken: set[tuple[str, str]] = set()
    ends: set[str] = set()
    sites = executable.program.sites
    began = Started(seq=1, at=NOON, execution="e", ani=ANONYMOUS, dnis=DIALLED)
    further = [start(executable, began)]
    while further:
        result = further.pop()
        taken |= {(sites[s].element, d[0]) for kind, s, d in result.trace if kind == "done" and d[0]}
        ends |= {command.how for command in result.commands if isinstance(command, End)}
        if result.state.ended is None and result.state.seq < deepest:
            further += [
                step(executable, result.state, event) for event in _events(index, result.state, result.commands, values)
            ]
    return frozenset(taken), frozenset(ends)


def _events(index: Index, state: State, commands: Any, values: tuple[Any, ...]) -> Iterator[Any]:
    here = situation(index, state, commands, 1)
    for choice in here.choices:
        if choice.label == HANG_UP:
            continue
        names = [leaf.name or "" for _, leaf in choice.gives]
        for chosen in product(values, repeat=len(names)):
            event = event_of(choice, state, here.command, NOON, dict(zip(names, chosen, strict=True)))
            if event is not None:
                yield event
