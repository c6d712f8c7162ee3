"""Every flow type, explored: messages and mails that come in, modules and bots that are called, places in a queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.explore import Bounds, explore
from tests.simulator.explore.exploring import load, play_back, taken, taken_by

FOLDER = Path(__file__).parent.parent / "flow_types"
FLOWS = sorted(path for path in FOLDER.glob("*.yaml") if not path.name.endswith(".test.yaml"))
MOST_PLAYED = 25
"""Of so many paths, spread over all of them, it is tried whether they play the same."""
FEW = Bounds(paths=300, steps=1_500)


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_all_of_it_is_reached_and_every_path_plays_the_same(path: Path) -> None:
    loaded, executable, index = load(path)
    report = explore(executable, index, FEW)
    assert report.internal_errors == ()
    assert [(spot.name, spot.note) for spot in (*report.missed, *report.dead)] == []
    playable = [way for way in report.paths if way.playable]
    for way in playable[:: 1 + len(playable) // MOST_PLAYED]:
        played = play_back(loaded, way)
        assert (taken_by(played), played.rehearsal.how) == (taken(way), way.end), way.case
