"""Every published flow of the corpus is played: with a caller who is silent, presses 1, talks, or leaves at each wait.

Nothing of ours may break, and every play comes to an end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from callwright.loading import Loaded, load_flow_file
from callwright.rehearsing import Caller, Stage, play
from dsl.source import Span
from simulator.opening import Opening
from simulator.script import HangUp, Press, Speak, Step, Wait
from simulator.session import MOST_MS, Rehearsal

pytestmark = pytest.mark.corpus
HERE = Span.whole_file("script")
OPENING = Opening(message="I would like to book an appointment", mail={"subject": "Help", "body": "Please call me"})
WAYS: dict[str, list[Step]] = {
    "silent": [],
    "presses 1 at every chance": [Press("1", 120, HERE), Wait(5_000, None, HERE)] * 30,
    "talks": [Speak("yes, my address is ada@example.com", 1.0, HERE), Wait(5_000, None, HERE)] * 30,
}
MOST_WAITS = 12


def flows_of(corpus: Path) -> list[Path]:
    found = [path for pattern in ("*.yaml", "*.yml", "*.tftpl") for path in (corpus / "flows").rglob(pattern)]
    return sorted(path for path in found if not path.name.endswith((".subst.yaml", ".test.yaml")))


@pytest.fixture(scope="module")
def published(corpus: Path) -> list[Loaded]:
    return [loaded for path in flows_of(corpus) if (loaded := load_flow_file(path)).flow is not None]


def internal_errors(rehearsal: Rehearsal) -> list[Any]:
    """Errors that are our fault, not the author's."""
    told = [element.get("error") for element in rehearsal.trace if element.get("kind") == "fault"]
    codes = [e["error"] for e in rehearsal.trace if str((e.get("error") or {}).get("code", "")).startswith("internal")]
    unknown = [
        e["error"]
        for e in rehearsal.trace
        if (e.get("error") or {}).get("code") in ("unknown-action", "syntax-expression", "missing-parameter")
    ]
    return [*told, *codes, *unknown]


def play_out(loaded: Loaded, steps: list[Step]) -> Rehearsal:
    rehearsal = play(loaded, Caller(steps=steps, opening=OPENING), Stage()).rehearsal
    assert rehearsal.end is not None, f"{loaded.flow and loaded.flow.path} is open after {MOST_MS} ms"
    assert not internal_errors(rehearsal), loaded.flow and loaded.flow.path
    return rehearsal


def test_all_published_flows_are_flows(published: list[Loaded]) -> None:
    types = {loaded.flow.type for loaded in published if loaded.flow}
    assert len(published) > 50
    assert {"inboundCall", "inqueueCall", "workflow", "botFlow", "digitalBot", "inboundShortMessage"} <= types


@pytest.mark.parametrize("way", WAYS)
def test_every_published_flow_plays_to_an_end(published: list[Loaded], way: str) -> None:
    for loaded in published:
        play_out(loaded, list(WAYS[way]))


def test_a_caller_may_leave_at_every_wait(published: list[Loaded]) -> None:
    for loaded in published:
        quiet = play_out(loaded, [])
        moments = sorted({line.at for line in quiet.transcript if line.who != "caller"})[:MOST_WAITS]
        for moment in moments:
            left = play_out(loaded, [Wait(moment - quiet.started + 10, None, HERE), HangUp(HERE)])
            assert left.finished <= quiet.finished + 10_000
