"""The plots of a simulation: what is drawn is what the report says."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as some

from callwright.cli import main
from callwright.commands.chart import ACROSS, LEFT, Curve, Figure, Rows, chart, ticks
from callwright.commands.simulation_plots import charts
from dsl.source import Source
from simulator.traffic import read_plan, simulate

MORNING = Path(__file__).parents[2] / "flows/crm_welcome/morning.traffic.yaml"
SIMPLE = """
seed: 3
duration: 4h
queues: [{name: "A <B> & C"}]
agents: [{name: Desk, count: 5, queues: ["A <B> & C"]}]
calls: [{queue: "A <B> & C", per_hour: 60, handle: 4m, patience: 2m}]
"""


def drawn(text: str, look: str) -> list[dict[str, str]]:
    """What has a look, in the order it is drawn."""
    return [dict(one.attrib) for one in ElementTree.fromstring(text).iter() if one.get("class") == look]


def words(text: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}text")]


def test_the_command_writes_an_overview_a_chart_of_each_queue_and_one_of_the_teams(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / "plots"
    assert main(["simulate", str(MORNING), "--format", "json", "--plots", str(folder)]) == 0
    shown = capsys.readouterr()
    json.loads(shown.out)
    assert sorted(path.name for path in folder.iterdir()) == ["overview.svg", "queue-1.svg", "queue-2.svg", "teams.svg"]
    assert shown.err == f"{folder}: overview.svg, queue-1.svg, queue-2.svg, teams.svg\n"


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["simulate", str(MORNING), "--plots", str(tmp_path / "file" / "plots")]) == 1
    assert "plots cannot be written there: Not a directory" in capsys.readouterr().err


def test_every_figure_of_the_overview_lies_within_its_interval_at_its_place() -> None:
    plan, _ = read_plan(Source(str(MORNING), MORNING.read_text(encoding="utf-8")))
    assert plan is not None
    report = simulate(plan)
    overview = charts(report)["overview"]
    level = report.queues[0].service_level
    assert level.value is not None
    assert level.low is not None
    point, whisker = drawn(overview, "point")[0], drawn(overview, "whisker")[0]
    assert float(point["cx"]) == pytest.approx(LEFT + ACROSS * level.value, abs=0.1)
    assert float(whisker["x1"]) == pytest.approx(LEFT + ACROSS * level.low, abs=0.1)
    assert len(drawn(overview, "point")) == 4 * len(report.queues) + len(report.teams)


def test_the_interval_lies_behind_the_course_from_the_end_of_the_warm_up() -> None:
    plan, _ = read_plan(Source(str(MORNING), MORNING.read_text(encoding="utf-8")))
    assert plan is not None
    bands = drawn(charts(simulate(plan))["queue-1"], "interval")
    begins = LEFT + ACROSS * plan.warm_up / plan.duration
    assert [float(band["x"]) for band in bands] == pytest.approx([begins] * 3, abs=0.1)
    assert all(float(band["height"]) > 0 for band in bands)


def test_theory_is_drawn_and_named_where_the_queue_is_as_simple_and_names_may_hold_any_sign() -> None:
    plan, findings = read_plan(Source("x.traffic.yaml", SIMPLE))
    assert plan is not None, findings
    made = charts(simulate(plan))
    assert len(drawn(made["queue-1"], "theory")) == 1  # of the mean wait
    assert any("violet: Erlang A" in said for said in words(made["queue-1"]))
    assert any(said.startswith("A <B> & C: ") for said in words(made["queue-1"]))


def test_a_hole_in_a_course_is_a_hole_in_its_curve_and_a_lone_value_a_dot() -> None:
    text = chart("x", "", [Curve("y", (1.0, 2.0, None, 3.0, None, 2.0, 1.0), 600)])
    assert [len(line["points"].split()) for line in drawn(text, "curve")] == [2, 2]
    assert len(drawn(text, "lone")) == 1


def test_a_figure_without_data_is_a_row_without_a_point() -> None:
    text = chart("x", "", [Rows("y", [("Gold", Figure("-", None))])])
    assert drawn(text, "point") == []
    assert "-" in words(text)


@given(some.floats(1e-6, 1e9), some.integers(2, 12))
def test_a_scale_has_few_round_steps_and_holds_the_highest_value(top: float, most: int) -> None:
    steps = ticks(top, most)
    assert steps[0] == 0
    assert len(steps) <= most + 1
    assert steps[-1] >= top * (1 - 1e-6)
