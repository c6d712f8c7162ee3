"""Small flows, explored, and their paths played back by the rehearsal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import indent

from callwright.loading import Loaded, executable_of, linked_to, load_flow_file
from callwright.rehearsing import Caller, Played, Stage, play
from dsl.source import Source, has_errors
from interpreter import Executable
from simulator.explore import Bounds, Index, Report, explore, yaml_of
from simulator.explore import Path as Way
from simulator.testfile import check_test_file

HEAD = """\
inboundCall:
  name: Small
  defaultLanguage: en-us
  startUpRef: ./tasks/task[main]
  variables:
{variables}
  tasks:
  - task:
      name: Main
      refId: main
      actions:
{actions}
"""
STRING = "- stringVariable: {{name: Flow.{}, initialValue: {{noValue: true}}}}"


def small_flow(folder: Path, actions: str, variables: str = "- stringVariable: {name: Flow.x}", more: str = "") -> Path:
    """A flow with one task, or several."""
    path = folder / "small.yaml"
    text = HEAD.format(variables=indent(variables, "  "), actions=indent(actions.strip("\n"), "      "))
    path.write_text(text + indent(more.strip("\n"), "  ") + "\n", encoding="utf-8")
    return path


def load(path: Path) -> tuple[Loaded, Executable, Index]:
    """The flow, compiled; it must have no errors."""
    loaded = load_flow_file(path)
    assert not has_errors(loaded.findings), [f.message for f in loaded.findings]
    assert loaded.flow is not None
    executable = executable_of(loaded)
    return loaded, executable, Index(loaded.flow, executable.program, linked_to(loaded))


def explored(path: Path, bounds: Bounds | None = None) -> Report:
    """The report on a flow file."""
    _, executable, index = load(path)
    return explore(executable, index, bounds)


def play_back(loaded: Loaded, way: Way) -> Played:
    """The path's own case, read from its text and played."""
    text = yaml_of({"flow": "small.yaml", "calls": [way.case]})
    cases, findings = check_test_file(Source("explored.test.yaml", text))
    assert not findings, [f.message for f in findings]
    assert cases is not None
    case = cases.cases[0]
    caller = Caller(case.number, case.dialled, case.at, case.language, case.steps, case.opening)
    return play(loaded, caller, Stage(case.stubs, case.refusing, services=case.services))


def taken_by(played: Played) -> list[tuple[str, str]]:
    """The outputs that a rehearsed call took, in order."""
    return [(element["path"], element["out"]) for element in played.rehearsal.trace if element.get("out")]


def taken(way: Way) -> list[tuple[str, str]]:
    """The outputs that the explorer says are taken."""
    return [(place[place.index("/") :], out) for place, out in way.taken if out]


def endings(ways: Sequence[Way]) -> list[str]:
    """Names of paths without their numbers, sorted."""
    return sorted(way.name.partition(": ")[2] for way in ways)
