"""``callwright simulate``, as users call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callwright.cli import main
from callwright.commands.simulation_text import LEVELS, curve, writable

MORNING = str(Path(__file__).parents[2] / "flows/crm_welcome/morning.traffic.yaml")


def test_the_report_is_text_and_nothing_else_is_printed_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["simulate", MORNING]) == 0
    shown = capsys.readouterr()
    assert "queue Gold: " in shown.out
    assert shown.err == ""


def test_the_report_for_machines_states_seed_confidence_and_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", MORNING, "--seed", "3", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["schema"], report["seed"], report["confidence"]) == ("callwright.simulate/1", 3, 0.99)
    level = report["queues"][0]["service_level"]
    assert level["low"] <= level["value"] <= level["high"]


def test_a_mistake_in_the_file_is_shown_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.traffic.yaml"
    file.write_text(Path(MORNING).read_text(encoding="utf-8").replace("patience", "patiense"), encoding="utf-8")
    assert main(["simulate", str(file)]) == 1
    assert 'did you mean "patience"?' in capsys.readouterr().err


def test_queues_that_routing_does_not_take_are_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.traffic.yaml"
    text = Path(MORNING).read_text(encoding="utf-8").replace("{name: General}", "{name: General, bullseye: 3}")
    file.write_text(text, encoding="utf-8")
    assert main(["simulate", str(file)]) == 1
    assert "routing does not take this: " in capsys.readouterr().err


def test_the_report_shows_how_waits_were_spread_and_how_the_day_went(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", MORNING]) == 0
    lines = capsys.readouterr().out.splitlines()
    shares = [float(line.split()[-1].rstrip("%")) for line in lines if line.startswith(("    not at", "    up to"))]
    assert sum(shares) == pytest.approx(200, abs=1)  # two queues
    drawn = [line for line in lines if line.lstrip().startswith(("came ", "within 20 s ", "Floor ")) and "█" in line]
    assert {len([sign for sign in line if sign in LEVELS]) for line in drawn} == {48}


@pytest.mark.parametrize(
    ("values", "highest", "drawn"),
    [
        ((0, 1, 2, 7), None, "▁▂▃█"),
        ((0.5, None, 1.0), 1, "▅ █"),
        ((0, 0), None, "▁▁"),
        ((), None, ""),
        ((3.0,), 1, "█"),
    ],
)
def test_a_curve_goes_from_nothing_to_its_highest_point(
    values: tuple[float | None, ...], highest: float | None, drawn: str
) -> None:
    assert curve(values, highest) == drawn


def test_a_terminal_without_blocks_gets_plain_signs() -> None:
    assert writable("▁█", "utf-8") == "▁█"
    assert writable("▁█ ok", "latin-1") == "_# ok"
