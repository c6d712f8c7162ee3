"""What a walk has found, for people and machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from interpreter.step import Executable
from simulator.explore.choices import ENTERED
from simulator.explore.follow import SAID
from simulator.explore.index import Index, Way
from simulator.explore.place import Bounds, Found, Place
from simulator.explore.script import Case, case_of
from simulator.explore.walk import Walk

SCHEMA = "callwright.explore/1"
_ENDING = frozenset("disconnect endWorkflow endState exitBotFlow exitWorkitemFlow returnToAgent endTask".split())


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the flow: an action or menu, and what is to be said about it.

    ``flow`` names the module or bot that it stands in, where that is not the flow itself.
    """

    path: str
    name: str
    line: int
    note: str = ""
    flow: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """A way through the flow: how it ends, the case that plays it, and the outputs that it takes, in order."""

    name: str
    end: str
    case: Case
    playable: bool
    taken: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many there are, and how many some path comes by."""

    reached: int
    total: int


@dataclass(frozen=True, slots=True)
class Report:
    """What came of exploring a flow.

    ``dead`` can be reached by no path; what is ``missed`` was only not reached: a bound was met before, no answer
    was found under which its condition holds, or an action could never be carried out. ``dead_ends`` are calls that
    end because the flow runs out, ``errors`` flow errors that a path meets, ``absent`` modules and bots that are not
    here, for which the explorer has answered.
    """

    flow: str
    paths: tuple[Path, ...]
    actions: Coverage
    outputs: Coverage
    never_ends: tuple[Spot, ...]
    internal_errors: tuple[Spot, ...]
    dead: tuple[Spot, ...]
    missed: tuple[Spot, ...]
    outputs_missed: tuple[Spot, ...]
    dead_ends: tuple[Spot, ...]
    errors: tuple[Spot, ...]
    absent: tuple[Spot, ...]
    complete: bool

    @property
    def is_sound(self) -> bool:
        """Whether every path ends, and none shows a fault of ours."""
        return not self.never_ends and not self.internal_errors


def explore(executable: Executable, index: Index, bounds: Bounds | None = None) -> Report:
    """Walk every path of a flow within bounds."""
    walk = Walk(executable, index, bounds or Bounds())
    found = walk.go()
    describe = _Describer(index)
    unreached = [element for element in index.all_actions if element not in found.reached]
    sure = found.complete and all(element in found.done for element, _ in found.errors)
    dead = set(unreached) - _behind_open(index, found) if sure else set()
    never = {index.by_place[element].chosen for element in unreached}  # a choice is told with its action
    ways = [way for way in index.all_outputs if way not in found.taken and way[0] not in unreached and way not in never]
    return Report(
        flow=index.flow.name,
        paths=tuple(_path(index, place, number) for number, place in enumerate(found.ends, 1)),
        actions=Coverage(len(index.all_actions) - len(unreached), len(index.all_actions)),
        outputs=Coverage(sum(way in found.taken for way in index.all_outputs), len(index.all_outputs)),
        never_ends=describe.never_ends(found, walk.caught()),
        internal_errors=tuple(describe.spot("", note) for note in found.internal),
        dead=tuple(describe.spot(element) for element in unreached if element in dead),
        missed=tuple(describe.spot(element) for element in unreached if element not in dead),
        outputs_missed=tuple(describe.spot(element, label) for element, label in ways),
        dead_ends=describe.dead_ends(found.ends),
        errors=tuple(describe.spot(element, message) for element, message in found.errors),
        absent=tuple(describe.spot(item.place, f'"{name}"') for name, item in index.absent.items()),
        complete=found.complete,
    )


def _behind_open(index: Index, found: Found) -> set[str]:
    """Actions that could be reached if there were an answer for a condition that has none yet."""
    unanswered = found.unsolved - found.taken
    behind = {element for element, item in index.by_place.items() if item.behind in unanswered}
    further = list(behind)
    while further:
        target = index.by_place[further[-1]].target
        leading = further.pop()
        for element, item in index.by_place.items():
            inside = item.behind is not None and item.behind[0] == leading
            if element not in behind and (inside or (target and item.owner == target)):
                behind.add(element)
                further.append(element)
    return behind


def _path(index: Index, place: Place, number: int) -> Path:
    sites, menus = index.program.sites, index.program.menus
    taken: list[Way] = []
    for step in place.path():
        for kind, site, data in step.trace:
            if kind == "done":
                taken.append((sites[site].place, data[0] or ""))
            elif kind == "chosen":
                taken.append((menus[site].element, data))
    labels = [_what_happens(step) for step in place.path()[1:]]
    name = ", ".join(label for label in labels if label not in ("done", "time passes", "go on")) or "nothing happens"
    end = place.end.how if place.end is not None else ""
    case, playable = case_of(index, place, f"{number}: {name} -> {end}")
    return Path(case["name"], end, case, playable, tuple(taken))


def _what_happens(step: Place) -> str:
    """What has led to a step, in a few words: what was entered or said in place of the word for it."""
    choice = step.choice
    if choice is None:
        return "done"
    given = {output: step.values.get(leaf.name or "") for output, leaf in choice.gives}
    if ENTERED in given:
        return f"press {given[ENTERED]}"
    return f'say "{given[SAID]}"' if SAID in given else choice.label


@dataclass(frozen=True, slots=True)
class _Describer:
    index: Index

    def spot(self, element: str, note: str = "") -> Spot:
        """A place by its element."""
        item = self.index.by_place.get(element)
        if item is not None:
            return Spot(element, item.action.name, item.action.span.start.line, note, item.prefix.removesuffix(":"))
        menu = next((menu for menu in self.index.menus if menu.element == element), None)
        if menu is not None:
            return Spot(element, menu.name, menu.span.start.line, note)
        return Spot(element, self.index.flow.name, self.index.flow.span.start.line, note)

    def never_ends(self, found: Found, caught: Iterable[Place]) -> tuple[Spot, ...]:
        """Circles that nothing leaves, with and without a wait in them."""
        spots = [self.spot(element, "runs in a circle until its actions are used up") for element in found.endless]
        for place in caught:
            element = place.situation.element if place.situation is not None else ""
            spot = self.spot(element, "whatever happens here, the call never ends but by hanging up")
            if spot not in spots:
                spots.append(spot)
        return tuple(spots)

    def dead_ends(self, ends: Iterable[Place]) -> tuple[Spot, ...]:
        """Last actions of calls that are cut off because nothing follows."""
        spots: dict[str, Spot] = {}
        sites = self.index.program.sites
        for place in ends:
            if place.end is None or place.end.how != "disconnect":
                continue
            over = ((site, data) for kind, site, data in reversed(place.trace) if kind in ("done", "chosen"))
            last, data = next(over, (None, None))
            kinds = {kind for kind, _, _ in place.trace}
            if last is not None and data and "chosen" not in kinds and sites[last].kind not in _ENDING:
                spots.setdefault(sites[last].place, self.spot(sites[last].place, data[0] or ""))
        return tuple(spots.values())


def as_json(report: Report) -> Mapping[str, Any]:
    """The document of ``--format json`` (DESIGN.md, What machines read)."""
    return {
        "schema": SCHEMA,
        "paths": len(report.paths),
        "actions": {"reached": report.actions.reached, "total": report.actions.total},
        "outputs": {"reached": report.outputs.reached, "total": report.outputs.total},
        "never_ends": [_object(spot) for spot in report.never_ends],
        "internal_errors": [_object(spot) for spot in report.internal_errors],
        "dead": [_object(spot) for spot in report.dead],
        "absent": [_object(spot) for spot in report.absent],
    }


def _object(spot: Spot) -> Mapping[str, Any]:
    made: dict[str, Any] = {"path": spot.path, "name": spot.name, "line": spot.line}
    more = {"flow": spot.flow, "message": spot.note}
    return {**made, **{key: value for key, value in more.items() if value}}
