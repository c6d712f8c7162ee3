"""The sample project and published flows, explored."""

from __future__ import annotations

from pathlib import Path

import pytest

from callwright.loading import Loaded, executable_of, linked_to, load_flow_file
from callwright.samples import sample
from simulator.explore import Bounds, Index, Report, explore
from tests.simulator.explore.exploring import load, play_back, taken, taken_by

WELCOME = sample("crm_welcome") / "flows/crm_welcome.yaml"
pytestmark = pytest.mark.xdist_group("explored")
BOTS = ("botFlow", "digitalBot")
"""Bots ask until they have understood, so that a bound may be met first."""
FEW = Bounds(steps=1_500)
MOST_PLAYED = 25
"""Of so many paths of a flow, spread over all of them, it is tried whether they play the same."""
FLOOR_ACTIONS, FLOOR_OUTPUTS = 0.96, 0.94
"""The least coverage over all published flows. The rest is menus that nothing leads to, a flow that cannot calculate
with its own text, and a loop of 99 questions."""


@pytest.fixture(scope="module")
def welcome() -> tuple[Loaded, Report]:
    loaded, executable, index = load(WELCOME)
    return loaded, explore(executable, index, Bounds(steps=2_500))


def test_every_action_and_output_of_the_sample_flow_is_reached(welcome: tuple[Loaded, Report]) -> None:
    _, report = welcome
    assert report.actions.reached == report.actions.total >= 50
    assert report.outputs.reached == report.outputs.total >= 44
    assert report.is_sound


def test_paths_of_the_sample_flow_are_the_same_when_they_are_played(welcome: tuple[Loaded, Report]) -> None:
    loaded, report = welcome
    for way in report.paths:
        assert way.playable
        played = play_back(loaded, way)
        assert (taken_by(played), played.rehearsal.how) == (taken(way), way.end), way.case


def published(corpus: Path) -> list[Path]:
    return [path for path in sorted((corpus / "flows").rglob("*.y*ml")) if ".subst." not in path.name]


@pytest.mark.corpus
def test_published_flows_end_without_a_fault_and_are_covered(corpus: Path) -> None:
    reached, total, outputs, all_outputs = 0, 0, 0, 0
    for path in published(corpus):
        loaded = load_flow_file(path)
        assert loaded.flow is not None, path
        executable = executable_of(loaded)
        report = explore(executable, Index(loaded.flow, executable.program, linked_to(loaded)), FEW)
        assert report.internal_errors == (), path
        assert report.never_ends == (), path
        assert report.complete or loaded.flow.type in BOTS, path
        reached, total = reached + report.actions.reached, total + report.actions.total
        outputs, all_outputs = outputs + report.outputs.reached, all_outputs + report.outputs.total
    assert reached / total >= FLOOR_ACTIONS, f"{reached} of {total} actions"
    assert outputs / all_outputs >= FLOOR_OUTPUTS, f"{outputs} of {all_outputs} outputs"


@pytest.mark.corpus
def test_paths_of_published_flows_are_the_same_when_they_are_played(corpus: Path) -> None:
    played = 0
    for path in published(corpus):
        loaded = load_flow_file(path)
        assert loaded.flow is not None, path
        executable = executable_of(loaded)
        report = explore(executable, Index(loaded.flow, executable.program, linked_to(loaded)), FEW)
        playable = [way for way in report.paths if way.playable]
        for way in playable[:: 1 + len(playable) // MOST_PLAYED]:
            call = play_back(loaded, way)
            assert (taken_by(call), call.rehearsal.how) == (taken(way), way.end), (path, way.case)
            played += 1
    assert played >= 350
