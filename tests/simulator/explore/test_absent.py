"""A flow whose modules and bots are not among the files: the explorer answers for them, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from callwright.cli import main
from simulator.explore import explore
from tests.simulator.explore.exploring import explored, load, play_back, small_flow, taken, taken_by

VARIABLES = """\
- booleanVariable: {name: Flow.known, initialValue: {noValue: true}}
- integerVariable: {name: Flow.age, initialValue: {noValue: true}}
- dateTimeVariable: {name: Flow.since, initialValue: {noValue: true}}
- stringCollectionVariable: {name: Flow.orders}
- skillCollectionVariable: {name: Flow.skills}
- queueVariable: {name: Flow.queue, initialValue: {noValue: true}}
"""
RESOLVE = """\
- callCommonModule:
    name: Resolve
    commonModule:
      Resolve Contact:
        ver_latestPublished:
          inputs: {Common.number: {exp: Call.Ani}}
          outputs:
            Common.known: {var: Flow.known}
            Common.age: {var: Flow.age}
            Common.since: {var: Flow.since}
            Common.orders: {var: Flow.orders}
            Common.skills: {var: Flow.skills}
            Common.queue: {var: Flow.queue}
    outputs:
      Found: {actions: [{playAudio: {name: Found, audio: {tts: Found}}}]}
      failure: {actions: [{playAudio: {name: Failed, audio: {tts: Failed}}}]}
      error: {actions: [{playAudio: {name: Broken, audio: {tts: Broken}}}]}
      timeout: {actions: [{playAudio: {name: Late, audio: {tts: Late}}}]}
"""
BEHIND = """\
- decision:
    name: Old
    condition: {exp: Flow.known and Flow.age > 65 and Count(Flow.orders) > 1}
    outputs:
      yes: {actions: [{disconnect: {name: Bye}}]}
- decision:
    name: Loyal
    condition: {exp: 'Flow.since < MakeDateTime(2020, 1, 1)'}
    outputs:
      yes: {actions: [{transferToAcd: {name: To them, targetQueue: {exp: Flow.queue}, acdSkills: {exp: Flow.skills}}}]}
- disconnect: {name: End}
"""


def test_what_lies_behind_a_module_that_is_not_here_is_reached_by_each_of_its_outputs(tmp_path: Path) -> None:
    report = explored(small_flow(tmp_path, RESOLVE + BEHIND, VARIABLES))
    assert report.actions.reached == report.actions.total
    assert [(spot.name, spot.note) for spot in (*report.outputs_missed, *report.errors)] == []
    taken_by_module = {out for path in report.paths for place, out in path.taken if place.endswith("]/actions[0]")}
    assert taken_by_module == {"default", "Found", "failure", "error", "timeout"}


def test_every_path_through_it_is_played_the_same_by_a_rehearsal_with_its_answers(tmp_path: Path) -> None:
    loaded, executable, index = load(small_flow(tmp_path, RESOLVE + BEHIND, VARIABLES))
    for path in explore(executable, index).paths:
        assert path.playable
        played = play_back(loaded, path)
        assert (taken_by(played), played.rehearsal.how) == (taken(path), path.end), path.case


def test_the_report_names_each_module_and_bot_that_is_not_here_once(tmp_path: Path) -> None:
    bot = "- callBotFlow: {name: Ask, inputText: {lit: hi}, botFlow: {Helper: {ver_latestPublished: {}}}}\n"
    report = explored(small_flow(tmp_path, RESOLVE + RESOLVE + bot, VARIABLES))
    assert [(spot.name, spot.note) for spot in report.absent] == [("Resolve", '"Resolve Contact"'), ("Ask", '"Helper"')]


def test_a_module_beside_the_flow_answers_for_itself(tmp_path: Path) -> None:
    module = """\
commonModule:
  name: Resolve Contact
  variables:
    - booleanVariable: {name: Common.known, isOutput: true, initialValue: {lit: true}}
  startUpTaskActions: [{endTask: {name: Back, outputPath: {name: Found}}}]
"""
    (tmp_path / "resolve.yaml").write_text(module, encoding="utf-8")
    report = explored(small_flow(tmp_path, RESOLVE, VARIABLES))
    assert report.absent == ()
    assert "failure" in [spot.note for spot in report.outputs_missed]


def test_a_bot_that_is_called_as_the_flow_is_linked_all_the_same(tmp_path: Path) -> None:
    bot = """\
digitalBot:
  name: Small
  defaultLanguage: en-us
  startUpRef: ./bots/bot[main]
  bots: [{bot: {name: Main, refId: main, actions: [{exitBotFlow: {name: Leave}}]}}]
"""
    (tmp_path / "a_bot.yaml").write_text(bot, encoding="utf-8")
    call = "- callDigitalBotFlow: {name: Ask, digitalBotFlow: {Small: {ver_latestPublished: {}}}}\n"
    report = explored(small_flow(tmp_path, call))
    assert (report.absent, report.actions.total) == ((), 2)


@pytest.mark.parametrize("path", ["Found", "failure"])
def test_a_run_goes_on_by_the_output_that_a_stub_gives(
    path: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow = small_flow(tmp_path, RESOLVE + BEHIND, VARIABLES)
    (tmp_path / "stubs.yaml").write_text(
        f"services: {{callCommonModule: {{{path}: {{Common.known: true, Common.age: 70, Common.orders: [a, b]}}}}}}\n",
        encoding="utf-8",
    )
    assert main(["run", str(flow), "--press", "1", "--trace", "--stubs", str(tmp_path / "stubs.yaml")]) == 0
    shown = capsys.readouterr().out
    assert f"Resolve: -> {path}" in shown
    assert "ended: disconnect" in shown


def test_a_run_without_a_stub_says_that_the_module_is_missing_and_where_it_belongs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(small_flow(tmp_path, RESOLVE, VARIABLES)), "--press", "1"]) == 0
    missing = 'there is no module "Resolve Contact": its file belongs beside the flow, or into the project'
    assert f"flow error: {missing}" in capsys.readouterr().out
