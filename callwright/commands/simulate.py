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
    from simulator.traffic import Plan, Report

SCHEMA = "callwright.simulate/1"


@click.command("simulate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seed", type=int, help="Another chance than the file's.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="The report.")
@click.option(
    "--plots",
    metavar="DIRECTORY",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write pictures (SVG) of the figures with their intervals there.",
)
def command(file: Path, seed: int | None, format_: str, plots: Path | None) -> int:
    """Let calls arrive at the queues of FILE, routed by the real core in virtual time, and report how it went."""
    from callwright.commands.simulation_text import text_of, writable
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
    if format_ == "json":
        click.echo(json.dumps({"schema": SCHEMA, **asdict(report)}, indent=2))
    else:
        click.echo(writable(text_of(report), sys.stdout.encoding or "utf-8"))
    return _plot(report, plots) if plots is not None else 0


def _plot(report: Report, folder: Path) -> int:
    from callwright.commands.simulation_plots import write_plots

    try:
        written = write_plots(report, folder)
    except OSError as error:
        click.echo(f"{folder}: plots cannot be written there: {error.strerror}", err=True)
        return 1
    click.echo(f"{folder}: {', '.join(path.name for path in written)}", err=True)
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
