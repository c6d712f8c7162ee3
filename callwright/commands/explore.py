"""``callwright explore``: every path of a flow."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callwright.commands.options import FLOW, flow_options

if TYPE_CHECKING:
    from rich.console import Console

    from simulator.explore import Report, Spot

FORMATS = ("text", "json", "test")
_SHOWN = 20


@click.command("explore")
@click.argument("flow", type=FLOW)
@flow_options
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    help="A report, figures for machines, or a test file with a case for every path.",
)
@click.option("--paths", type=click.IntRange(min=1), help="Stop after so many paths (1000).")
@click.option("--steps", type=click.IntRange(min=1), help="Stop after so many steps of the machine (5000).")
def command(
    flow: Path, subst: Path | None, organisation: Path | None, format_: str, paths: int | None, steps: int | None
) -> int:
    """Walk every path of FLOW: what callers may do, what services may answer, what conditions ask for.

    Exit code 1 when a path never ends or a fault of callwright shows.
    """
    from callwright.loading import executable_of, linked_to, load_flow_or_complain
    from simulator.explore import Bounds, Index, as_json, explore

    loaded = load_flow_or_complain(flow, subst, organisation)
    if loaded is None or loaded.flow is None:
        return 1
    executable = executable_of(loaded)
    usual = Bounds()
    bounds = Bounds(paths or usual.paths, steps or usual.steps, usual.depth)
    report = explore(executable, Index(loaded.flow, executable.program, linked_to(loaded)), bounds)
    if format_ == "json":
        click.echo(json.dumps(as_json(report), ensure_ascii=False, indent=2))
    elif format_ == "test":
        click.echo(test_file(report, flow), nl=False)
    else:
        from rich.console import Console

        show(report, Console(highlight=False, soft_wrap=True))
    return 0 if report.is_sound else 1


def test_file(report: Report, flow: Path) -> str:
    """A test file with every path that a rehearsal can play."""
    from simulator.explore import yaml_of

    cases: list[Any] = [path.case for path in report.paths if path.playable]
    left_out = len(report.paths) - len(cases)
    note = f"# {left_out} paths need what no rehearsal can play and are left out\n" if left_out else ""
    return note + yaml_of({"flow": os.path.relpath(flow), "calls": cases})


def show(report: Report, console: Console) -> None:
    """The report for people."""
    from rich.markup import escape

    actions, outputs = report.actions, report.outputs
    console.print(f"[bold]{escape(report.flow)}[/]: {_count(len(report.paths), 'path')}")
    console.print(f"  actions reached   {actions.reached} of {actions.total}")
    console.print(f"  outputs taken     {outputs.reached} of {outputs.total}")
    if not report.complete:
        console.print("  a bound was met: there are more paths (see --paths and --steps)", style="yellow")
    sections = (
        ("Paths that never end", report.never_ends, "red"),
        ("Faults of callwright itself (please report them)", report.internal_errors, "red"),
        ("Dead: no path leads here", report.dead, "yellow"),
        ("Not reached: no answer was found that leads here", report.missed, "yellow"),
        ("Outputs never taken", report.outputs_missed, "yellow"),
        ("Flow errors on the way", report.errors, "yellow"),
        ("Modules and bots that are not here: the explorer has answered for them", report.absent, "yellow"),
        ("Dead ends: the conversation is cut off because nothing follows", report.dead_ends, "yellow"),
    )
    for title, spots, style in sections:
        if spots:
            console.print(f"\n{title}", style=style)
            for spot in spots:
                console.print("  " + escape(_line(spot)))
    _show_paths(report, console)


_BEGINNING = ("from", "to", "message", "mail", "inputs", "builtins")
"""What a path begins with, by the key of its case."""


def _show_paths(report: Report, console: Console) -> None:
    from rich.markup import escape

    from simulator.explore import yaml_of

    console.print("\nPaths (all of them, with what services answer: --format test)")
    told = [key for key in _BEGINNING if len({repr(path.case.get(key)) for path in report.paths}) > 1]
    for path in report.paths[:_SHOWN]:
        console.print(f"  {escape(path.name)}", style="bold")
        shown = {key: path.case[key] for key in (*told, "script") if path.case.get(key)}
        for line in yaml_of(shown).splitlines() if shown else ():
            console.print(f"      {escape(line)}")
    if len(report.paths) > _SHOWN:
        console.print(f"  ... and {len(report.paths) - _SHOWN} more")


def _line(spot: Spot) -> str:
    where = f"{spot.flow}, line {spot.line}" if spot.flow else f"line {spot.line}"
    return f"{where}: {spot.name}" + (f": {spot.note}" if spot.note else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")
