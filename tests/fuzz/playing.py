"""Checking a flow as its author would, and, where it may run, playing it: every way within bounds, then by chance."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from callwright.inventory import surroundings_of
from callwright.loading import Loaded, executable_of
from callwright.project import Project
from callwright.rehearsing import Caller, Stage, play
from dsl import check_flow
from dsl.source import Severity, Source, Span
from dsl.source.report import Report, pretty
from interpreter import Executable, start, step
from interpreter.events import Started
from interpreter.snapshot import pack, unpack
from simulator.explore import Bounds, Index, explore
from simulator.explore.beginning import ANONYMOUS, DIALLED, NOON
from simulator.explore.choices import event_of, situation
from simulator.opening import Opening
from simulator.script import HangUp, Press, Speak, Step, Wait

PATH = "nowhere/flow.yaml"
HERE = Span.whole_file("by chance")
MOST_WAITS = 12
FEW = Bounds(paths=40, steps=120, depth=40)
TEXTS = ("yes", "no", "I would like to book an appointment", "ada@example.com", "42", "", "tomorrow at 9:30", "\x00é漢")
MAIL = {"subject": "Help", "body": "Please call me"}


class Broken(Exception):  # noqa: N818  (what a fuzzer looks for)
    """Something of ours that went wrong, with what it was doing."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a flow: whether it checked clean, and how many ways of it were walked."""

    is_clean: bool
    paths: int = 0


def check_and_play(text: str, chance: random.Random) -> Tried:
    """Check a flow and play it where it has no errors. Raises whatever is wrong with us."""
    source = Source(PATH, text)
    checked = check_flow(source, substitutions={})
    pretty(Report([PATH], checked.findings, {PATH: source}))
    if checked.flow is None or any(found.severity is Severity.ERROR for found in checked.findings):
        return Tried(is_clean=False)
    project = Project(Path(PATH).parent)
    loaded = Loaded(checked.flow, source, checked.findings, surroundings_of(project, None))
    executable = executable_of(loaded)
    index = Index(checked.flow, executable.program)
    report = explore(executable, index, FEW)
    if report.internal_errors:
        raise Broken("; ".join(spot.note for spot in report.internal_errors))
    _play(loaded, chance)
    _park(executable, index, chance)
    return Tried(is_clean=True, paths=len(report.paths))


def _play(loaded: Loaded, chance: random.Random) -> None:
    """One conversation with somebody who does anything at all."""
    opening = Opening(message=chance.choice(TEXTS), mail=MAIL)
    rehearsal = play(loaded, Caller(steps=by_chance(chance), opening=opening), Stage()).rehearsal
    for element in rehearsal.trace:
        error = element.get("error") or {}
        if element.get("kind") == "fault" or str(error.get("code", "")).startswith("internal"):
            raise Broken(str(element))


def _park(executable: Executable, index: Index, chance: random.Random) -> None:
    """One way of the machine, packed and taken up again at every wait."""
    program = executable.program
    result = start(executable, Started(seq=1, at=NOON, execution="parked", ani=ANONYMOUS, dnis=DIALLED))
    for _ in range(MOST_WAITS):
        state = result.state
        if state.ended is not None:
            return
        packed = pack(state, program)
        if pack(unpack(packed, program), program) != packed:
            raise Broken("the snapshot is another one after it has been read")
        here = situation(index, state, result.commands, 1)
        choice = chance.choice(here.choices)
        values = {leaf.name or "": choice.defaults.get(leaf.name or "") for _, leaf in choice.gives}
        event = event_of(choice, state, here.command, NOON, values)
        if event is None:
            return
        result = step(executable, unpack(packed, program), event)


def by_chance(chance: random.Random) -> list[Step]:
    steps: list[Step] = []
    for _ in range(chance.randrange(12)):
        steps.append(
            chance.choice(
                (
                    Press(chance.choice("0123456789*#") * chance.randrange(1, 5), 120, HERE),
                    Speak(chance.choice(TEXTS), chance.random(), HERE),
                    Wait(chance.choice((10, 3_000, 90_000)), None, HERE),
                )
            )
        )
    return [*steps, HangUp(HERE)] if chance.random() < 0.7 else steps
