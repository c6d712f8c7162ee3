"""The report of a simulation as plots: all figures with their intervals, each queue over time, and the teams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from callwright.commands.chart import Curve, Figure, Panel, Rows, Shares, chart
from callwright.commands.simulation_text import percent, plain_number, seconds, wait_bands
from simulator.traffic import Estimate, QueueFigures, Report

FULL = 100.0


def write_plots(report: Report, folder: Path) -> list[Path]:
    """Write the charts as SVG into a folder, which is made; the files in the order of reading.

    Raises ``OSError`` where they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in charts(report).items():
        path = folder / f"{name}.svg"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def charts(report: Report) -> dict[str, str]:
    """The charts by their files' names without the ending; queues have numbers, as their names may hold anything."""
    note = (
        f"{report.hours:g} h simulated, the first {report.warm_up_s / 60:g} min not counted, seed {report.seed}; "
        f"orange: {report.confidence:.0%} interval over {report.batches} batches"
    )
    if models := {queue.theory.model for queue in report.queues if queue.theory}:
        note += f"; violet: {' and '.join(sorted(models))}"
    made = {"overview": chart("All queues and teams", note, list(_overview(report)))}
    for number, queue in enumerate(report.queues, 1):
        title = f"{queue.name}: {queue.offered} came, {queue.answered} answered, {queue.abandoned} gave up"
        made[f"queue-{number}"] = chart(title, note, list(_queue(queue, report.warm_up_s)))
    made["teams"] = chart("Occupancy of the teams", note, list(_teams(report)))
    return made


def _overview(report: Report) -> Iterator[Panel]:
    queues = report.queues
    levels = [(f"{queue.name}, {queue.target_s:g} s", _level(queue)) for queue in queues]
    yield Rows("answered in time", levels, " %", FULL)
    yield Rows("gave up", [(queue.name, _abandons(queue)) for queue in queues], " %")
    yield Rows("mean wait", [(queue.name, _wait(queue)) for queue in queues], " s")
    yield Rows("waiting on average", [(queue.name, _length(queue)) for queue in queues])
    yield Rows("occupancy", [(team.name, _share(team.occupancy)) for team in report.teams], " %", FULL)


def _queue(queue: QueueFigures, since_s: float) -> Iterator[Panel]:
    course, part_s = queue.course, queue.course.part_s
    yield Curve(f"came, in {part_s / 60:g} min each", course.offered, part_s, bars=True)
    level = [None if share is None else 100 * share for share in course.service_level]
    yield Curve(
        f"answered within {queue.target_s:g} s", level, part_s, " %", FULL, figure=_level(queue), since_s=since_s
    )
    yield Curve("mean wait", course.wait_s, part_s, " s", figure=_wait(queue), since_s=since_s)
    yield Curve("waiting", course.queue_length, part_s, figure=_length(queue), since_s=since_s)
    if bands := list(wait_bands(queue)):
        yield Shares("waited", bands)


def _teams(report: Report) -> Iterator[Panel]:
    part_s = 3600 * report.hours / max(1, len(report.teams[0].course)) if report.teams else 1.0
    for team in report.teams:
        course = [None if share is None else 100 * share for share in team.course]
        figure = _share(team.occupancy)
        title = f"{team.name}: {team.agents} agents, {team.handled} handled"
        yield Curve(title, course, part_s, " %", FULL, figure=figure, since_s=report.warm_up_s)


def _level(queue: QueueFigures) -> Figure:
    # Erlang C counts who is answered in time among all who come, and so does the service level where nobody gives up.
    return _share(queue.service_level, queue.theory.within if queue.theory else None)


def _abandons(queue: QueueFigures) -> Figure:
    return _share(queue.abandons, queue.theory.abandons if queue.theory else None)


def _wait(queue: QueueFigures) -> Figure:
    found = queue.wait_s
    return Figure(seconds(found), found.value, found.low, found.high, queue.theory.wait_s if queue.theory else None)


def _length(queue: QueueFigures) -> Figure:
    found = queue.queue_length
    return Figure(plain_number(found), found.value, found.low, found.high)


def _share(found: Estimate, theory: float | None = None) -> Figure:
    value, low, high, known = (
        None if part is None else 100 * part for part in (found.value, found.low, found.high, theory)
    )
    return Figure(percent(found), value, low, high, known)
