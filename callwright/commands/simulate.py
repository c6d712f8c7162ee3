"""``callwright simulate``: a contact centre in virtual time."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simulator.traffic import Estimate, Plan, QueueFigures, Report, TeamFigures

SCHEMA = "callwright.simulate/1"


@click.command("simulate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seed", type=int, help="Another chance than the file's.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="The report.")
def command(file: Path, seed: int | None, format_: str) -> int:
    """Let calls arrive at the queues of FILE, routed by the real core in virtual time, and report how it went."""
    from dsl.source import read_file
    from dsl.source.report import Report as Findings
    from dsl.source.report import pretty
    from simulator.traffic import BadPlan, read_plan, simulate

    source, unreadable = read_file(file)
    plan, findings = read_plan(source) if source is not None else (None, [])
    findings = [*unreadable, *findings]
    if findings:
        click.echo(pretty(Findings([], findings, {str(file): source} if source else {})), err=True, nl=False)
    if plan is None:
        return 1
    if seed is not None:
        plan = replace(plan, seed=seed)
    try:
        with _progress(plan) as tell:
            report = simulate(plan, tell)
    except BadPlan as error:
        click.echo(f"{file}: routing does not take this: {error}", err=True)
        return 1
    click.echo(json.dumps({"schema": SCHEMA, **asdict(report)}, indent=2) if format_ == "json" else _text(report))
    return 0


@contextmanager
def _progress(plan: Plan) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("simulating", total=plan.duration)
        yield lambda at: bar.update(task, completed=at)


def _text(report: Report) -> str:
    lines = [
        f"{report.hours:g} h simulated, the first {report.warm_up_s / 60:g} min not counted; seed {report.seed}",
        f"figures with {report.confidence:.0%} intervals over {report.batches} batches",
    ]
    for queue in report.queues:
        lines += ["", *_queue(queue)]
    lines += ["", f"{'team':<20}{'agents':>8}{'handled':>9}  {'occupancy':<24}{'least':>8}{'most':>8}"]
    return "\n".join([*lines, *map(_team, report.teams)])


def _queue(queue: QueueFigures) -> list[str]:
    head = f"queue {queue.name}: {queue.offered} came, {queue.answered} answered, {queue.abandoned} gave up"
    lines = [head + (f", {queue.still_waiting} wait at the end" if queue.still_waiting else "")]
    theory = queue.theory
    shown = {
        f"within {queue.target_s:g} s": _percent(queue.service_level),
        "gave up": _percent(queue.abandons) + (f"   {theory.model} {theory.abandons:.2%}" if theory else ""),
        "had to wait": _percent(queue.waits) + (f"   {theory.model} {theory.waits:.2%}" if theory else ""),
        "mean wait": _seconds(queue.wait_s) + (f"   {theory.model} {theory.wait_s:.2f} s" if theory else ""),
        "mean wait if answered": _seconds(queue.answer_s),
        "longest wait": f"{queue.longest_s:.1f} s",
        "waiting on average": _number(queue.queue_length, "", 1),
    }
    return lines + [f"  {name:<22} {value}" for name, value in shown.items()]


def _team(team: TeamFigures) -> str:
    occupancy = _percent(team.occupancy)
    return f"{team.name:<20}{team.agents:>8}{team.handled:>9}  {occupancy:<24}{team.least:>8.1%}{team.most:>8.1%}"


def _percent(figure: Estimate) -> str:
    return _number(figure, " %", 100)


def _seconds(figure: Estimate) -> str:
    return _number(figure, " s", 1)


def _number(figure: Estimate, unit: str, scale: float) -> str:
    if figure.value is None:
        return "-"
    value = f"{scale * figure.value:.2f}{unit}"
    if figure.low is None or figure.high is None:
        return value
    return f"{value} ({scale * max(0.0, figure.low):.2f} .. {scale * figure.high:.2f})"
